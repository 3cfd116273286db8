"""``axir ir``: the program of a Python function, at any stage.

$ axir ir examples/tutorial.py:loss 'f32[3]' 'f32[8,3]' --transform grad --pretty
$ axir ir prog.py:fn 'f32[1000]' --stage asm
$ axir ir prog.py:fn 'f32[1000]' --stage asm --target cuda:sm_80
$ axir ir prog.py:fn --args-from prog.py:example_args --pass-by-pass
"""

from __future__ import annotations

import linecache
import os
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from axir.stages import Traced
from axir_compiler import pipeline
from axir_compiler.ir.listing import Line, Place, pretty_lines, selected, text_lines
from axir_compiler.ir.module import copy_module
from axir_compiler.mlir import context
from axir_compiler.stages import check_stage
from axir_tools.console import CommandError, command, print_json, styled
from axir_tools.pass_diff import coloured, run_in_steps
from axir_tools.programs import ArgsFrom, Program, Specs, Transform, trace

__all__ = ["ir", "with_places"]

_PRETTY = ("trace", "rewritten")
_NOT_MLIR = ("llvm", "asm")

_Stage = Annotated[
    str,
    typer.Option(help="trace, rewritten, linalg, flow, stream, executables, hal, vm, llvm or asm."),
]
_Target = Annotated[
    str,
    typer.Option(
        help="What the stages from linalg on are for: vulkan, cuda:sm_80, ... (axir compile --list-targets has all); "
        "by default where the function runs."
    ),
]
_Steps = Annotated[bool, typer.Option(help="Show what each pass changes, with its time and numbers of ops.")]
_Only = Annotated[str, typer.Option(help="Show only ops of this name.")]
_Around = Annotated[str, typer.Option(help="Show ops of this name, what they use and what uses them.")]
_Locations = Annotated[bool, typer.Option("--locations", help="Show the user's line beside each op.")]
_BySource = Annotated[bool, typer.Option("--by-source", help="Show the source with the ops of each line.")]
_Pretty = Annotated[bool, typer.Option("--pretty", help="Short form, 'c: f32[8] = mul a b'.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@command("ir")
def ir(
    program: Program,
    specs: Specs = None,
    args_from: ArgsFrom = "",
    transform: Transform = "",
    stage: _Stage = "trace",
    target: _Target = "",
    pass_by_pass: _Steps = False,
    only: _Only = "",
    around: _Around = "",
    locations: _Locations = False,
    by_source: _BySource = False,
    pretty: _Pretty = False,
    json: _Json = False,
) -> None:
    """Print the program of a function."""
    check_stage("--stage", stage)
    chosen = {"--pretty": pretty, "--only": only, "--around": around}
    chosen |= {"--locations": locations, "--by-source": by_source}
    _check_options([name for name, value in chosen.items() if value], stage, target, pass_by_pass)
    traced = trace(program, specs, args_from, transform)
    if pass_by_pass:
        _print_steps(traced, json)
        return
    if not (json or any(chosen.values())):
        typer.echo(traced.as_text(stage, target=target or None).rstrip())
        return
    lines = _lines(traced, stage, pretty, target)
    if only or around:
        lines = selected(lines, only or around, around=bool(around))
        if not any(line.op for line in lines):
            raise CommandError(f"there is no op {only or around!r} at stage {stage}.")
    if json:
        print_json({"function": traced.fun_name, "stage": stage, "lines": [_as_json(x) for x in lines]})
    elif by_source:
        typer.echo("\n".join(_by_source(lines)))
    else:
        typer.echo("\n".join(with_places(lines) if locations else [x.text for x in lines]))


def _check_options(chosen: Sequence[str], stage: str, target: str, pass_by_pass: bool) -> None:
    """Refuse options that would be without effect.

    Raises:
        CommandError: names the first.
    """
    if pass_by_pass and (chosen or target or stage != "trace"):
        other = [*chosen, *(["--target"] if target else []), "--stage"][0]
        raise CommandError(f"--pass-by-pass shows the passes from trace to rewritten; leave {other} out.")
    if "--only" in chosen and "--around" in chosen:
        raise CommandError("give --only or --around, not both.")
    if "--locations" in chosen and "--by-source" in chosen:
        raise CommandError("give --locations or --by-source, not both.")
    if "--pretty" in chosen and stage not in _PRETTY:
        raise CommandError(f"--pretty shows the stages {' and '.join(_PRETTY)}; got --stage {stage}.")
    if target and stage in _PRETTY:
        raise CommandError(f"--target shows in the stages from linalg on; got --stage {stage}.")
    if chosen and stage in _NOT_MLIR:
        raise CommandError(f"{chosen[0]} is for MLIR, which the stage {stage} is not. Choose another stage.")


def _lines(traced: Traced, stage: str, pretty: bool, target: str) -> list[Line]:
    if not pretty:
        return text_lines(traced.as_text(stage, debug_info=stage not in _NOT_MLIR, target=target or None))
    with context():
        module = copy_module(traced.ir.module)
        if stage == "rewritten":
            pipeline.run_passes(module, pipeline.REWRITES)
        return pretty_lines(module)


def _print_steps(traced: Traced, json: bool) -> None:
    with context():
        module = copy_module(traced.ir.module)
    rows = []
    for step in run_in_steps(module, pipeline.REWRITES):
        if json:
            rows.append({**step._asdict(), "milliseconds": step.seconds * 1e3})
            continue
        count = f"{step.before} ops" if step.before == step.after else f"{step.before} -> {step.after} ops"
        typer.echo(styled(f"{step.name}: {step.seconds * 1e3:.2f} ms, {count}", bold=True))
        for line in step.diff:
            typer.echo(coloured(line))
    if json:
        print_json(rows)


def _as_json(line: Line) -> dict[str, Any]:
    place = line.place._asdict() if line.place else None
    return {
        "text": line.text,
        "op": line.op or None,
        "defines": list(line.defines),
        "uses": list(line.uses),
        "place": place,
    }


def with_places(lines: Sequence[Line]) -> list[str]:
    """Lines with the user's source behind them, in a comment."""
    width = min(max((len(x.text) for x in lines if x.place), default=0), 80)
    return [
        f"{x.text.ljust(width)}  {styled(f'// {_described(x.place)}', dim=True)}" if x.place else x.text
        for x in lines
    ]


def _described(place: Place) -> str:
    source = linecache.getline(place.file, place.line).strip()
    inside = f" in {place.function}" if place.function else ""
    return f"{os.path.basename(place.file)}:{place.line}{inside}: {source}".removesuffix(": ")


def _by_source(lines: Sequence[Line]) -> list[str]:
    """The source of each function that ops come from, with the ops of each line below it."""
    found: list[str] = []
    places: dict[tuple[str, int], list[str]] = {}
    for line in lines:
        if line.place and line.op:
            places.setdefault((line.place.file, line.place.line), []).append(line.text.strip())
    for file in dict.fromkeys(f for f, _ in places):
        numbers = [n for f, n in places if f == file]
        found.append(styled(file, bold=True))
        for number in range(min(numbers), max(numbers) + 1):
            source = linecache.getline(file, number).rstrip("\n")
            found.append(f"{number:5}  {source}")
            found += [" " * 12 + styled(f"| {text}", "cyan") for text in places.get((file, number), ())]
    rest = [x.text.strip() for x in lines if x.place is None and x.op not in ("", "return", "func.func")]
    if rest:
        found += [styled("no place", bold=True), *(" " * 12 + f"| {text}" for text in rest)]
    return found
