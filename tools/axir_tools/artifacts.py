"""``axir run``, ``axir inspect``: functions that were compiled ahead of time; needs no more than ``axir_runtime``.

$ axir run model.axir predict --input x.npy --output y.npy
$ axir inspect model.axir
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from axir_runtime import (
    Archive,
    Function,
    VulkanNeeds,
    binaries,
    load,
    parse_array,
    read_manifest,
    signature_of,
)
from axir_runtime.manifest import Manifest, Variant
from axir_runtime.trees import flatten, unflatten
from axir_tools.console import CommandError, command

__all__ = ["inspect", "run"]


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


@command("run")
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
        raise CommandError(
            f"{called.entry.name} gives {len(arrays)} arrays; got {len(paths)} files for them."
        )
    for array, path in zip(arrays, paths, strict=False):
        np.save(path, array)
    for array, spec in zip(arrays[len(paths) :], called.entry.result_specs[len(paths) :], strict=True):
        typer.echo(f"{spec}\n{array}")


def _chosen(functions: dict[str, Function], name: str) -> Function:
    if not name and len(functions) == 1:
        return next(iter(functions.values()))
    if name not in functions:
        raise CommandError(f"name one of its functions: {', '.join(functions)}.")
    return functions[name]


def _arguments(function: Function, arrays: list[np.ndarray]) -> list[Any]:
    """The arguments of a function from the arrays in them."""
    parameters = function.entry.parameters
    wanted = sum(len(p.specs) for p in parameters)
    if len(arrays) != wanted:
        raise CommandError(
            f"{function.signature} takes {wanted} arrays; got {len(arrays)}. Give each by --input."
        )
    left = iter(arrays)
    return [unflatten(p.tree, left) for p in parameters]


def _array(text: str) -> np.ndarray:
    if "=" in text:
        try:
            return parse_array(text)
        except ValueError as error:
            raise CommandError(str(error)) from None
    try:
        return np.load(text, allow_pickle=False)
    except ValueError as error:
        raise CommandError(f"{text}: {error}") from None


# Inspect. -------------------------------------------------------------------------------------------

_Json = Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")]
_Extract = Annotated[Path | None, typer.Option(help="Folder to write the members of the artifact to.")]


@command("inspect")
def inspect(artifact: _Artifact, json_: _Json = False, extract: _Extract = None) -> None:
    """Say what is in an artifact: functions, targets, code, parameters."""
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
            raise CommandError(f"the artifact has a member outside of its folder: {name!r}.")
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
    reasons = variant.reasons_not_to_run
    here = "does not run here" if reasons else "runs here"
    cores = "all cores, " if variant.parallel else "one core, "
    where = cores if variant.platform == "cpu" else ""
    lines = [f"  {variant.name}: {variant.member}, {len(module)} bytes, {where}{here}"]
    needs = [*sorted(variant.features), *(_of_devices(variant.needs) if variant.needs else ())]
    if needs:
        lines.append(f"    needs {' '.join(needs)}")
    lines += [f"    {reason}" for reason in reasons]
    return [*lines, *(f"    {b.name}: {b.format} for {b.arch}, {b.size} bytes" for b in binaries(module))]


def _of_devices(needs: VulkanNeeds) -> list[str]:
    """What not every Vulkan device has."""
    found = sorted(needs.capabilities - {"Matrix", "Shader"})
    return [*found, f"subgroups of {needs.subgroup_size}"] if needs.subgroup_size else found
