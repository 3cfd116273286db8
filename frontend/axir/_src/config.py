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


class Config:
    """Holds the value of every option; reading and changing it is thread-safe.

    ``with config.override(...)`` changes an option for the current thread only.
    """

    def __init__(self) -> None:
        self._options = {o.name: o for o in OPTIONS}
        self._lock = threading.Lock()
        self._local = threading.local()
        self.values: dict[str, Any] = {o.name: self._initial(o) for o in OPTIONS}

    @staticmethod
    def _initial(option: Option) -> Any:
        text = os.environ.get(option.name.upper())
        return option.default if text is None else option.read(text)

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
        before = getattr(self._local, name, None)
        setattr(self._local, name, value)
        try:
            yield
        finally:
            if before is None:
                delattr(self._local, name)
            else:
                setattr(self._local, name, before)

    @property
    def x64_enabled(self) -> bool:
        """Whether 64-bit dtypes are kept."""
        return self.get("axir_enable_x64")

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("axir_", "jax_")):
            return self.read(name)
        raise AttributeError(f"config: there is no option {name!r}.")


config = Config()


def enable_x64(enabled: bool = True) -> Any:
    """Keep 64-bit dtypes within a block: ``with axir.enable_x64(): ...``."""
    return config.override("axir_enable_x64", enabled)
