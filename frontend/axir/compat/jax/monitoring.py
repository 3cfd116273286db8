"""``jax.monitoring``: listeners that hear of what programs record. axir itself records nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = [
    "clear_event_listeners",
    "record_event",
    "record_event_duration_secs",
    "record_event_time_span",
    "record_scalar",
    "register_event_duration_secs_listener",
    "register_event_listener",
    "register_event_time_span_listener",
    "register_scalar_listener",
    "unregister_event_duration_listener",
    "unregister_event_listener",
    "unregister_event_time_span_listener",
    "unregister_scalar_listener",
]

Listener = Callable[..., Any]


class _Kind:
    """Events of one kind, and who listens to them."""

    def __init__(self, name: str):
        self._name = name
        self._listeners: list[Listener] = []

    def register(self, callback: Listener) -> None:
        """Call a function with each event of this kind: its name, its values, and what else it carries by name."""
        self._listeners.append(callback)

    def unregister(self, callback: Listener) -> None:
        """Call it no more.

        Raises:
            ValueError: it was not registered.
        """
        if callback not in self._listeners:
            raise ValueError(f"monitoring: {callback!r} does not listen to {self._name}.")
        self._listeners.remove(callback)

    def record(self, *values: Any, **more: str | int) -> None:
        """Tell the listeners of an event."""
        for listener in list(self._listeners):
            listener(*values, **more)

    def clear(self) -> None:
        """Forget all listeners."""
        self._listeners.clear()


_events, _durations, _spans, _scalars = _KINDS = tuple(
    map(_Kind, ("events", "durations", "time spans", "scalars"))
)

register_event_listener = _events.register
unregister_event_listener = _events.unregister
register_event_duration_secs_listener = _durations.register
unregister_event_duration_listener = _durations.unregister
register_event_time_span_listener = _spans.register
unregister_event_time_span_listener = _spans.unregister
register_scalar_listener = _scalars.register
unregister_scalar_listener = _scalars.unregister


def record_event(event: str, **kwargs: str | int) -> None:
    """Say that something happened."""
    _events.record(event, **kwargs)


def record_event_duration_secs(event: str, duration: float, **kwargs: str | int) -> None:
    """Say how many seconds something took."""
    _durations.record(event, duration, **kwargs)


def record_event_time_span(event: str, start_time: float, end_time: float, **kwargs: str | int) -> None:
    """Say when something began and ended."""
    _spans.record(event, start_time, end_time, **kwargs)


def record_scalar(event: str, value: float, **kwargs: str | int) -> None:
    """Give a number."""
    _scalars.record(event, value, **kwargs)


def clear_event_listeners() -> None:
    """Forget all listeners."""
    for kind in _KINDS:
        kind.clear()
