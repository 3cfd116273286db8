"""``axir compile``, ``axir run``, ``axir inspect``: functions compiled ahead of time.

    $ axir compile model.py:predict 'f32[8,16]' -o model.axir --target cpu:x86-64-v3 --target vulkan
    $ axir run model.axir predict --input x.npy --output y.npy
    $ axir inspect model.axir

``run`` and ``inspect`` need the runtime only.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import numpy as np
import typer

from axir_runtime import (
    Archive,
    ArgumentError,
    DamagedError,
    Function,
    RuntimeFailure,
    binaries,
    cpu_features,
    load,
    machine,
    parse_array,
    read_manifest,
    signature_of,
)
from axir_runtime.manifest import Manifest, Variant
from axir_runtime.trees import flatten, unflatten

__all__ = ["compile_", "inspect", "run"]


class _UsageError(ValueError):
    """What was given on the command line cannot be used."""


def _reported(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Turn the errors that a user can cause into one line and exit code 1."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> None:
            try:
                function(*args, **kwargs)
            except (RuntimeFailure, DamagedError, ArgumentError, _UsageError, OSError) as error:
                typer.echo(f"axir {name}: {error}", err=True)
                raise typer.Exit(1) from None

        return wrapped

    return decorate


# Compile. -------------------------------------------------------------------------------------------

_Program = Annotated[str, typer.Argument(help="Functions: file.py:name, or file.py:name,other.")]
_Specs = Annotated[list[str] | None, typer.Argument(help="Types of the arguments: f32[8,16], i32[], ...")]
_Output = Annotated[Path, typer.Option("-o", "--output", help="The artifact to write.")]
_Targets = Annotated[list[str], typer.Option("--target", help="What to compile for; may be repeated.")]
_Name = Annotated[str, typer.Option(help="What the artifact is called.")]
_From = Annotated[str, typer.Option(help="Name of a tuple of arguments in the file, in place of types.")]
_Separate = Annotated[bool, typer.Option("--separate-weights", help="Put weights into a file beside it.")]
_Include = Annotated[bool, typer.Option("--include-ir", help="Put the programs into the artifact.")]


@_reported("compile")
def compile_(
    program: _Program,
    specs: _Specs = None,
    output: _Output = Path("out.axir"),
    target: _Targets = ["cpu"],  # noqa: B006  (typer reads it)
    name: _Name = "",
    args_from: _From = "",
    separate_weights: _Separate = False,
    include_ir: _Include = False,
) -> None:
    """Compile functions into an artifact that runs without axir."""
    from axir import aot
    from axir.errors import AxirError

    place, colon, names = program.rpartition(":")
    if not colon:
        raise _UsageError(f"a function is given as file.py:name; got {program!r}.")
    module = _imported(place)
    functions = {n: _attribute(module, n) for n in names.split(",")}
    given: Any = _attribute(module, args_from) if args_from else tuple(specs or ())
    given = given() if callable(given) else given
    try:
        exported = aot.export(
            functions,
            *given,
            targets=target,
            name=name or (names if len(functions) == 1 else None),
            weights="separate" if separate_weights else "inside",
            include_ir=include_ir,
        )
    except AxirError as error:
        raise _UsageError(str(error)) from None
    path = exported.save(output)
    typer.echo(f"{path}: {path.stat().st_size} bytes\n{exported!r}")


def _imported(place: str) -> ModuleType:
    path = Path(place)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise _UsageError(f"there is no Python file {place}.")
    sys.path.insert(0, str(path.resolve().parent))
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _attribute(module: ModuleType, name: str) -> Any:
    if not hasattr(module, name):
        raise _UsageError(f"{module.__file__} has no {name!r}.")
    return getattr(module, name)


# Run. -----------------------------------------------------------------------------------------------

_Artifact = Annotated[Path, typer.Argument(help="The artifact.")]
_Function = Annotated[str, typer.Argument(help="Its function; may be left out if there is only one.")]
_Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input", help="Arrays in order: x.npy, 'f32[4]=1,2,3,4', or 'f32[4]=0' for equal elements."
    ),
]
_Outputs = Annotated[
    list[Path] | None, typer.Option("--output", help="Files for the resulting arrays, in order.")
]
_Target = Annotated[str, typer.Option(help="Which of its modules to run; by default the best for this CPU.")]


@_reported("run")
def run(
    artifact: _Artifact,
    function: _Function = "",
    input: _Inputs = None,
    output: _Outputs = None,
    target: _Target = "",
) -> None:
    """Call a function of an artifact; prints the results, or writes them."""
    loaded = load(artifact, target=target or None)
    called = _chosen(loaded.functions, function)
    results = called(*_arguments(called, [_array(text) for text in input or ()]))
    arrays = flatten(called.entry.results, results, "the result")
    paths = output or []
    if len(paths) > len(arrays):
        raise _UsageError(f"{called.entry.name} gives {len(arrays)} arrays; got {len(paths)} files for them.")
    for array, path in zip(arrays, paths, strict=False):
        np.save(path, array)
    for array, spec in zip(arrays[len(paths) :], called.entry.result_specs[len(paths) :], strict=True):
        typer.echo(f"{spec}\n{array}")


def _chosen(functions: dict[str, Function], name: str) -> Function:
    if not name and len(functions) == 1:
        return next(iter(functions.values()))
    if name not in functions:
        raise _UsageError(f"name one of its functions: {', '.join(functions)}.")
    return functions[name]


def _arguments(function: Function, arrays: list[np.ndarray]) -> list[Any]:
    """The arguments of a function from the arrays in them."""
    parameters = function.entry.parameters
    wanted = sum(len(p.specs) for p in parameters)
    if len(arrays) != wanted:
        raise _UsageError(f"{function.signature} takes {wanted} arrays; got {len(arrays)} inputs.")
    left = iter(arrays)
    return [unflatten(p.tree, left) for p in parameters]


def _array(text: str) -> np.ndarray:
    if "=" in text:
        try:
            return parse_array(text)
        except ValueError as error:
            raise _UsageError(str(error)) from None
    try:
        return np.load(text, allow_pickle=False)
    except ValueError as error:
        raise _UsageError(f"{text}: {error}") from None


# Inspect. -------------------------------------------------------------------------------------------

_Json = Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")]
_Extract = Annotated[Path | None, typer.Option(help="Folder to write the members of the artifact to.")]


@_reported("inspect")
def inspect(artifact: _Artifact, json_: _Json = False, extract: _Extract = None) -> None:
    """Say what is in an artifact: functions, targets, machine code, parameters."""
    manifest, archive = read_manifest(artifact)
    if extract is not None:
        _unpack(archive, extract)
    if json_:
        typer.echo(json.dumps(archive.manifest, indent=1))
        return
    typer.echo("\n".join(_description(artifact, manifest, archive.member)))


def _unpack(archive: Archive, folder: Path) -> None:
    for name in archive.manifest["members"]:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise _UsageError(f"the artifact has a member outside of its folder: {name!r}.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(archive.member(name))


def _description(path: Path, manifest: Manifest, member: Callable[[str], memoryview]) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in manifest.versions.items())
    lines = [f"{path}: {manifest.name!r}, {path.stat().st_size} bytes, made with {versions}", "functions"]
    lines += [f"  {signature_of(entry)}" for entry in manifest.functions]
    lines.append("targets")
    for variant in manifest.variants:
        lines += _target_lines(variant, member(variant.member))
    if manifest.weights is not None:
        weights = manifest.weights
        where = "inside" if weights.inside else f"beside, in {weights.file}"
        lines.append(f"parameters: {weights.size} bytes, {where}")
        lines += [f"  {key}: {spec}" for key, spec in weights.specs.items()]
    return lines


def _target_lines(variant: Variant, module: memoryview) -> list[str]:
    here = "runs here" if variant.platform == "cpu" and _runs(variant) else "does not run here"
    cores = "all cores" if variant.parallel else "one core"
    lines = [f"  {variant.name}: {variant.member}, {len(module)} bytes, {cores}, {here}"]
    if variant.features:
        lines.append(f"    needs {' '.join(sorted(variant.features))}")
    return [*lines, *(f"    {b.name}: {b.format} for {b.arch}, {b.size} bytes" for b in binaries(module))]


def _runs(variant: Variant) -> bool:
    return variant.arch == machine() and variant.features <= cpu_features()
