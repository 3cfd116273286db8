"""What a pass is, and how its options read as text."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from axir_compiler.errors import VerificationError
from axir_compiler.mlir import ir

__all__ = ["Pass"]


@dataclass(frozen=True)
class Pass(ABC):
    """A named rewrite of a module. The dataclass fields of a subclass are its options.

    In text a pass reads ``name{option=value,...}``; option names use dashes. The docstring documents it:
    a summary line, then why it exists.
    """

    name: ClassVar[str]

    @abstractmethod
    def run(self, module: ir.Module) -> None:
        """Rewrite the module in place."""

    def __str__(self) -> str:
        options = [
            f"{f.name.replace('_', '-')}={_option_text(getattr(self, f.name))}"
            for f in dataclasses.fields(self)
            if getattr(self, f.name) != f.default
        ]
        return f"{self.name}{{{','.join(options)}}}" if options else self.name

    @classmethod
    def option_names(cls) -> list[str]:
        """The options as they are written in a pipeline."""
        return [f.name.replace("_", "-") for f in dataclasses.fields(cls)]

    @classmethod
    def parse_options(cls, options: dict[str, str]) -> Pass:
        """The pass with options given as text.

        Raises:
            VerificationError: an option is unknown or its value cannot be read.
        """
        fields = {f.name: f for f in dataclasses.fields(cls)}
        values: dict[str, Any] = {}
        for key, text in options.items():
            field = fields.get(key.replace("-", "_"))
            if field is None:
                known = ", ".join(cls.option_names()) or "none"
                raise VerificationError(f"{cls.name}: there is no option {key!r}; its options are: {known}.")
            values[field.name] = _parse_option(cls.name, key, str(field.type), text)
        missing = [n for n, f in fields.items() if n not in values and f.default is dataclasses.MISSING]
        if missing:
            raise VerificationError(f"{cls.name}: the option {missing[0]!r} must be given.")
        return cls(**values)


def _option_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ":".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _parse_option(owner: str, key: str, kind: str, text: str) -> Any:
    try:
        if kind == "bool":
            return {"true": True, "false": False}[text]
        if kind == "int":
            return int(text)
        if kind == "tuple[int, ...]":
            return tuple(int(t) for t in text.split(":")) if text else ()
    except (KeyError, ValueError):
        raise VerificationError(f"{owner}: option {key} must be of type {kind}; got {text!r}.") from None
    return text
