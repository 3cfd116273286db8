"""``axir compile``: functions compiled ahead of time.

$ axir compile model.py:predict 'f32[8,16]' -o model.axir --target cpu:x86-64-v3 --target vulkan
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Annotated

import typer

from axir import aot
from axir_tools.console import CommandError, command
from axir_tools.programs import ArgsFrom, Specs, arguments_for, load, run_user_code

__all__ = ["compile_"]

_Program = Annotated[str, typer.Argument(help="Functions: file.py:name, or file.py:name,other.")]
_Output = Annotated[Path, typer.Option("-o", "--output", help="The artifact to write.")]
_Targets = Annotated[
    list[str],
    typer.Option(
        "--target", help="What to compile for: cpu, cpu:aarch64, vulkan, cuda:sm_80, ...; may be repeated."
    ),
]


def _list_targets(wanted: bool) -> None:
    if wanted:
        typer.echo("\n".join(aot.TARGETS))
        raise typer.Exit


_List = Annotated[
    bool,
    typer.Option(
        "--list-targets", callback=_list_targets, is_eager=True, help="Print the names of all targets."
    ),
]
_Dims = Annotated[
    list[str] | None,
    typer.Option("--dim", help="Bounds of a size that types name: 'batch=1..4096'; may be repeated."),
]
_Name = Annotated[str, typer.Option(help="What the artifact is called.")]
_Separate = Annotated[bool, typer.Option("--separate-weights", help="Put weights into a file beside it.")]
_Include = Annotated[bool, typer.Option("--include-ir", help="Put the programs into the artifact.")]


@command("compile")
def compile_(
    program: _Program,
    specs: Specs = None,
    output: _Output = Path("out.axir"),
    target: _Targets = ["cpu"],  # noqa: B006  (typer reads it)
    name: _Name = "",
    args_from: ArgsFrom = "",
    separate_weights: _Separate = False,
    include_ir: _Include = False,
    dim: _Dims = None,
    list_targets: _List = False,
) -> None:
    """Compile functions into an artifact that runs without axir."""
    place, _, names = program.rpartition(":")
    functions = {n: load(f"{place}:{n}") for n in names.split(",")}
    if args_from and specs:
        raise CommandError("give the types of the arguments, or --args-from, not both.")
    args, kwargs = arguments_for(None, args_from) if args_from else (tuple(specs or ()), {})
    export = functools.partial(
        aot.export,
        functions,
        *args,
        targets=target,
        name=name or (names if len(functions) == 1 else None),
        weights="separate" if separate_weights else "inside",
        include_ir=include_ir,
        dims=[_dim(text) for text in dim or ()],
        **kwargs,
    )
    exported = run_user_code(program, export)
    path = exported.save(output)
    typer.echo(f"{path}: {path.stat().st_size} bytes\n{exported!r}")


def _dim(text: str) -> aot.Dim:
    """A size with its bounds, from ``name=min..max``."""
    found = re.fullmatch(r"\s*(\w+)\s*=\s*(\d*)\s*\.\.\s*(\d*)\s*", text)
    if found is None:
        raise CommandError(f"--dim takes bounds such as 'batch=1..4096'; got {text!r}.")
    name, least, most = found.groups()
    bounds = {key: int(value) for key, value in (("min", least), ("max", most)) if value}
    return aot.Dim(name, **bounds)
