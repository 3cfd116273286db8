"""What ``export`` gives: an artifact that is not a file yet."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from axir_compiler.errors import AxirError
from axir_compiler.mlir import context, ir
from axir_compiler.stages import check_stage, lowered_text
from axir_compiler.targets import Target
from axir_runtime import (
    PARAMETERS,
    Member,
    Module,
    digest,
    loads,
    parameter_archive,
    parse_manifest,
    signature_of,
    write_archive,
)

__all__ = ["Exported", "Part"]


class Part(NamedTuple):
    """The program of one function at two stages."""

    name: str
    trace: str
    rewritten: str


class Exported:
    """Functions compiled ahead of time, to be saved, sent or called.

    Attributes:
        name: what the artifact is called.
        functions: names of the functions.
        targets: names of the targets that there is a module for.
    """

    def __init__(
        self,
        manifest: Mapping[str, Any],
        modules: Mapping[str, bytes],
        parameters: Mapping[str, np.ndarray],
        weights: str,
        parts: Sequence[Part],
        library: ir.Module,
        target: Target,
        include_ir: bool,
    ):
        self.name: str = manifest["name"]
        self.functions = tuple(p.name for p in parts)
        self.targets = tuple(modules)
        self._manifest = dict(manifest)
        self._modules = dict(modules)
        self._arrays = dict(parameters)
        self._separate = weights == "separate"
        self._parts = {p.name: p for p in parts}
        self._library = library
        self._first_target = target
        self._include_ir = include_ir

    def __repr__(self) -> str:
        entries = parse_manifest({**self._manifest, "parameters": None}, self.name).functions
        lines = [f"<axir module {self.name!r} for {', '.join(self.targets)}"]
        return "\n    ".join([*lines, *map(signature_of, entries)]) + ">"

    @functools.cached_property
    def parameters(self) -> bytes | None:
        """The arrays that the functions use besides their arguments, as an archive of IREE's (``.irpa``)."""
        return parameter_archive(self._arrays) if self._arrays else None

    def serialize(self, parameters_file: str | None = None) -> bytes:
        """The contents of the artifact's file.

        Args:
            parameters_file: what the file beside it is called, if parameters are separate.
        """
        members = [Member(self._path_of(name), data) for name, data in self._modules.items()]
        if self._include_ir:
            members += [Member(f"ir/{p.name}.mlir", p.rewritten.encode()) for p in self._parts.values()]
        if self.parameters is not None and not self._separate:
            members.append(Member(PARAMETERS, self.parameters))
        weights = self._weights(parameters_file or f"{self.name}.irpa")
        return write_archive(members, {**self._manifest, "parameters": weights})

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the artifact, and beside it a file ``.irpa`` if parameters are separate; gives its path.

        Files are written aside and renamed, so that nobody sees half of one.
        """
        target = Path(path)
        if self._separate and self.parameters is not None:
            beside = target.with_suffix(".irpa")
            if beside == target:
                raise AxirError(f"save: {target} is where the parameters go. Let the name end in .axir.")
            _write(beside, self.parameters)
            _write(target, self.serialize(beside.name))
        else:
            _write(target, self.serialize())
        return target

    def call(self, *args: Any, function: str | None = None, **kwargs: Any) -> Any:
        """Call a function as the artifact has it, through ``axir_runtime``: NumPy arrays in and out.

        Args:
            *args, **kwargs: its arguments.
            function: its name; may be left out if there is only one.

        Raises:
            AxirError: there is no such function.
            RuntimeFailure: the artifact has no module for this machine.
        """
        return self.loaded.functions[self._named(function)](*args, **kwargs)

    @functools.cached_property
    def loaded(self) -> Module:
        """The artifact, loaded from its own bytes."""
        return loads(self.serialize(), parameters=self.parameters)

    def as_text(self, stage: str = "trace", function: str | None = None) -> str:
        """The program at a stage of its way.

        Args:
            stage: as of ``jit(f).trace(...).as_text``: ``trace``, as it was written; ``rewritten``, after
                transformations and simplification; the stages from ``linalg`` to ``asm`` show all functions at once,
                for the first of the targets.
            function: which function, of the first two; may be left out if there is only one.

        Raises:
            ValueError: there is no such stage.
            AxirError: there is no such function, or the target's kernels have no such form (Vulkan's no ``llvm``).
        """
        check_stage("as_text", stage)
        if stage in ("trace", "rewritten"):
            part = self._parts[self._named(function)]
            return part.trace if stage == "trace" else part.rewritten
        with context():
            return lowered_text(self._library, stage, self._first_target)

    def _named(self, function: str | None) -> str:
        if function is None and len(self.functions) == 1:
            return self.functions[0]
        if function not in self.functions:
            raise AxirError(
                f"{self.name}: name one of its functions, {', '.join(self.functions)}; got {function!r}."
            )
        return function

    def _path_of(self, target: str) -> str:
        return next(t["module"] for t in self._manifest["targets"] if t["name"] == target)

    def _weights(self, file: str) -> dict[str, Any] | None:
        """What the manifest says about the parameters."""
        contents = self.parameters
        if contents is None:
            return None
        arrays = {k: {"shape": list(x.shape), "dtype": str(x.dtype)} for k, x in self._arrays.items()}
        return {
            "scope": self.name,
            "inside": not self._separate,
            "file": file if self._separate else PARAMETERS,
            "size": len(contents),
            "blake2b": digest(contents),
            "arrays": arrays,
        }


def _write(path: Path, data: bytes) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_bytes(data)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
