"""The names of the batch axes in force where a function is traced."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Hashable, Iterator
from typing import NamedTuple

from axir._src.messages import located
from axir_compiler.errors import UnboundAxisError

__all__ = ["Axis", "axes_in_force", "named_axis", "size_of_axis"]


class Axis(NamedTuple):
    """A named batch axis: the user's name, the label that stands for it in the IR, and its size."""

    name: Hashable
    label: str
    size: int


class _State(threading.local):
    axes: tuple[Axis, ...] = ()


_state = _State()


def axes_in_force() -> tuple[Axis, ...]:
    """The named axes around the code that is being traced, the innermost last."""
    return _state.axes


@contextlib.contextmanager
def named_axis(name: Hashable, size: int) -> Iterator[str]:
    """Put a name in force; gives its label, which is empty for ``None``."""
    if name is None:
        yield ""
        return
    outer = _state.axes
    # Names are told apart by a number: an inner axis may have the name of an outer one.
    label = f"{name}_{len(outer)}"
    _state.axes = (*outer, Axis(name, label, size))
    try:
        yield label
    finally:
        _state.axes = outer


def size_of_axis(name: Hashable) -> Axis:
    """The innermost axis of a name.

    Raises:
        UnboundAxisError: there is none.
    """
    for axis in reversed(_state.axes):
        if axis.name == name:
            return axis
    known = ", ".join(repr(a.name) for a in _state.axes) or "none"
    raise located(
        UnboundAxisError(
            f"unbound axis name {name!r}; the names here are: {known}. Name a batch axis by "
            f"vmap(..., axis_name={name!r})."
        )
    )
