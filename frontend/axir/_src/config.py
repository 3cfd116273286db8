"""Configuration: one object, changed by ``axir.config.update``, by environment variables, or for a block of code.

Each option has an environment variable of its own name in capitals (``AXIR_ENABLE_X64=1``). JAX's spelling
of an option is accepted too (``jax_enable_x64``).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

__all__ = ["Config", "Option", "config", "enable_x64"]


@dataclass(frozen=True)
class Option:
    """An option: its type is that of its default."""

    name: str
    default: Any
    documentation: str

    def read(self, text: str) -> Any:
        """The value that a text stands for.

        Raises:
            ValueError: the text is not a value of the option's type.
        """
        if isinstance(self.default, bool):
            lowered = text.strip().lower()
            if lowered in ("1", "true", "yes", "on"):
                return True
            if lowered in ("0", "false", "no", "off", ""):
                return False
            raise ValueError(f"config: {self.name} must be true or false; got {text!r}.")
        return type(self.default)(text)


OPTIONS = (
    Option("axir_enable_x64", False, "Keep 64-bit dtypes instead of making them 32 bits wide."),
    Option("axir_log_compiles", False, "Log each compilation and its cause."),
    Option("axir_disable_jit", False, "Run functions under jit eagerly, for debugging."),
)


class _Local(threading.local):
    """Overrides of this thread. ``mode`` is what a compiled call depends on: (x64 enabled, jit disabled).

    It is an attribute of the class, so that reading it costs one look-up; a thread with overrides has its own.
    """

    mode: tuple[bool, bool] = (False, False)


class Config:
    """Holds the value of every option; reading and changing it is thread-safe.

    ``with config.override(...)`` changes an option for the current thread only.
    """

    def __init__(self) -> None:
        self._options = {o.name: o for o in OPTIONS}
        self._lock = threading.Lock()
        self._local = _Local()
        self.values: dict[str, Any] = {o.name: self._initial(o) for o in OPTIONS}
        _Local.mode = self._mode(self.values)

    @staticmethod
    def _initial(option: Option) -> Any:
        text = os.environ.get(option.name.upper())
        return option.default if text is None else option.read(text)

    @staticmethod
    def _mode(values: dict[str, Any]) -> tuple[bool, bool]:
        return values["axir_enable_x64"], values["axir_disable_jit"]

    @property
    def mode(self) -> tuple[bool, bool]:
        """Whether x64 is enabled and jit disabled, in this thread."""
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
            TypeError: the value is not of the option's type.
        """
        name = self._name(name)
        with self._lock:
            self.values[name] = self._checked(name, value)
            _Local.mode = self._mode(self.values)

    def _checked(self, name: str, value: Any) -> Any:
        kind = type(self._options[name].default)
        if not isinstance(value, kind):
            raise TypeError(f"config: {name} takes a {kind.__name__}; got {value!r}.")
        return value

    def get(self, name: str) -> Any:
        """The value of an option in this thread, by its full name; for places where time counts."""
        return getattr(self._local, name, self.values[name])

    def read(self, name: str) -> Any:
        """The value of an option in this thread, by any spelling of its name."""
        return self.get(self._name(name))

    @contextmanager
    def override(self, name: str, value: Any) -> Iterator[None]:
        """Set an option for a block of code in this thread."""
        name = self._name(name)
        value = self._checked(name, value)
        before = dict(self._local.__dict__)
        setattr(self._local, name, value)
        self._local.mode = self._mode({n: self.get(n) for n in self._options})
        try:
            yield
        finally:
            self._local.__dict__.clear()
            self._local.__dict__.update(before)

    @property
    def x64_enabled(self) -> bool:
        """Whether 64-bit dtypes are kept."""
        return self._local.mode[0]

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("axir_", "jax_")):
            return self.read(name)
        raise AttributeError(f"config: there is no option {name!r}.")


config = Config()


def enable_x64(enabled: bool = True) -> Any:
    """Keep 64-bit dtypes within a block: ``with axir.enable_x64(): ...``."""
    return config.override("axir_enable_x64", enabled)
