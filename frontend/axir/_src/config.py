"""Configuration: one object, changed by ``axir.config.update``, by environment variables, or for a block of code.

Each option has an environment variable of its own name in capitals (``AXIR_ENABLE_X64=1``) and, where that helps, a
context manager (``with axir.enable_x64(): ...``). JAX's spelling of an option is accepted too (``jax_enable_x64``).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from axir._src.options import OPTIONS, Option
from axir_runtime import Device, devices

__all__ = ["Config", "Mode", "config", "context_manager"]


class Mode:
    """The options that a call of a function depends on. Equal ones are one object, so that look-ups are quick.

    Attributes:
        x64, disable_jit, dtype_promotion, rank_promotion, nans, infs, profiled: Values of the options.
        placed: Whether arrays are made elsewhere than on the first CPU.
        checked: Whether results are searched for nan or inf.
        careful: Whether eager operations need more than to be evaluated.
        watched: Whether calls need more than to run.
        tracing: What traced programs depend on.
    """

    __slots__ = (
        "_device",
        "_wanted",
        "careful",
        "checked",
        "disable_jit",
        "dtype_promotion",
        "infs",
        "nans",
        "placed",
        "profiled",
        "rank_promotion",
        "tracing",
        "watched",
        "x64",
    )

    def __init__(
        self,
        x64: bool,
        disable_jit: bool,
        dtype_promotion: str,
        rank_promotion: str,
        nans: bool,
        infs: bool,
        profiled: bool,
        device: Device | str | None,
        *platforms: str | None,
    ):
        self.x64, self.disable_jit = x64, disable_jit
        self.dtype_promotion, self.rank_promotion = dtype_promotion, rank_promotion
        self.nans, self.infs, self.profiled = nans, infs, profiled
        self.checked = nans or infs
        self._wanted = device if device is not None else preferred_platform(platforms)
        self._device: Device | None = None
        self.placed = self._wanted is not None and self._wanted not in ("cpu", host_device())
        self.careful = self.checked or rank_promotion != "allow" or self.placed
        self.watched = self.checked or profiled or disable_jit
        self.tracing = x64, dtype_promotion, rank_promotion

    @property
    def device(self) -> Device | None:
        """The default device, found when it is first asked for; ``None`` for the first CPU.

        Raises:
            PlatformError: the platform that was asked for has no device here.
        """
        if not self.placed:
            return None
        if self._device is None:
            wanted = self._wanted
            self._device = devices(wanted)[0] if isinstance(wanted, str) else wanted
        return self._device


def host_device() -> Device:
    """The first CPU."""
    return devices("cpu")[0]


def preferred_platform(names: Sequence[str | None]) -> str | None:
    """The first platform that options name, each with one or several (``cuda,cpu``)."""
    named = [n.strip() for text in names if text for n in text.split(",") if n.strip()]
    return named[0] if named else None


_MODE_OPTIONS = (
    "axir_enable_x64",
    "axir_disable_jit",
    "axir_numpy_dtype_promotion",
    "axir_numpy_rank_promotion",
    "axir_debug_nans",
    "axir_debug_infs",
    "axir_profiling",
    "axir_default_device",
    "axir_platform",
    "axir_platforms",
    "axir_platform_name",
)
_modes: dict[tuple[Any, ...], Mode] = {}


def _mode(get: Callable[[str], Any]) -> Mode:
    values = tuple(map(get, _MODE_OPTIONS))
    return _modes.setdefault(values, Mode(*values))


class _Local(threading.local):
    """What one thread has overridden.

    ``mode`` is an attribute of the class, so that reading it costs one look-up; a thread with overrides has its own.
    """

    mode: Mode
    overrides: dict[str, Any]


_Local.mode = _mode(lambda name: next(o.default for o in OPTIONS if o.name == name))
_Local.overrides = {}


class Config:
    """Holds the value of every option; reading and changing it is thread-safe.

    ``with config.override(...)`` changes an option for the current thread only. A change for the process by ``update``
    reaches other threads at once, those that are in such a block when it ends.
    """

    def __init__(self) -> None:
        self._options = {o.name: o for o in OPTIONS}
        self._lock = threading.Lock()
        self._local = _Local()
        self.values: dict[str, Any] = {o.name: self._initial(o) for o in OPTIONS}
        """The value of each option for the process, by its full name."""
        _Local.mode = _mode(self.values.__getitem__)

    @staticmethod
    def _initial(option: Option) -> Any:
        text = os.environ.get(option.name.upper())
        return option.default if text is None else option.read(text)

    @property
    def mode(self) -> Mode:
        """What calls depend on, in this thread."""
        return self._local.mode

    def _name(self, name: str) -> str:
        ours = "axir_" + name.removeprefix("jax_").removeprefix("axir_")
        if ours not in self._options:
            known = ", ".join(self._options)
            raise AttributeError(f"config: there is no option {name!r}; the options are {known}.")
        return ours

    def update(self, name: str, value: Any) -> None:
        """Set an option for the whole process.

        Raises:
            AttributeError: there is no such option.
            TypeError, ValueError: the value is not of the option's type, or not one of its values.
        """
        name = self._name(name)
        value = self._options[name].checked(value)
        with self._lock:
            self.values[name] = value
            _Local.mode = _mode(self.values.__getitem__)
        self._set_overrides(self._local.overrides)

    def get(self, name: str) -> Any:
        """The value of an option in this thread, by its full name; for places where time counts."""
        overrides = self._local.overrides
        return overrides[name] if name in overrides else self.values[name]

    def read(self, name: str) -> Any:
        """The value of an option in this thread, by any spelling of its name."""
        return self.get(self._name(name))

    @contextmanager
    def override(self, name: str, value: Any) -> Iterator[None]:
        """Set an option for a block of code in this thread."""
        name = self._name(name)
        value = self._options[name].checked(value)
        with self.overridden({**self._local.overrides, name: value}):
            yield

    @property
    def overrides(self) -> dict[str, Any]:
        """What this thread has overridden, by full names."""
        return self._local.overrides

    @contextmanager
    def overridden(self, overrides: dict[str, Any]) -> Iterator[None]:
        """Override for a block of code what another thread has overridden."""
        before = self._local.overrides
        self._set_overrides(overrides)
        try:
            yield
        finally:
            self._set_overrides(before)

    def _set_overrides(self, overrides: dict[str, Any]) -> None:
        local = self._local
        if overrides:
            local.overrides = overrides
            local.mode = _mode(self.get)
        else:  # what is the class's holds again
            local.__dict__.clear()

    @property
    def x64_enabled(self) -> bool:
        """Whether 64-bit dtypes are kept."""
        return self._local.mode.x64

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("axir_", "jax_")):
            return self.read(name)
        raise AttributeError(f"config: there is no option {name!r}.")


config = Config()


def context_manager(name: str) -> Callable[..., AbstractContextManager[None]]:
    """A function that gives the context manager which sets an option; bool options are turned on by default."""
    option = next(o for o in OPTIONS if o.name == f"axir_{name}")

    if isinstance(option.default, bool):

        def manager(new_val: Any = True) -> AbstractContextManager[None]:
            return config.override(option.name, new_val)

    else:

        def manager(new_val: Any) -> AbstractContextManager[None]:
            return config.override(option.name, new_val)

    manager.__name__ = manager.__qualname__ = name
    manager.__module__ = "axir"
    manager.__doc__ = f"{option.documentation}\n\nFor a block of code: ``with axir.{name}(...): ...``."
    return manager
