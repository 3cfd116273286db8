"""``axir viz``: the program of a function as a picture.

    $ axir viz prog.py:loss 'f32[3,2]' 'f32[4,3]' --transform grad -o loss.html
    $ axir viz prog.py:loss 'f32[3,2]' 'f32[4,3]' -o loss.svg

The page shows the program after each pass and needs no network.
"""

from __future__ import annotations

import html
import json
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import typer

from axir.stages import Traced
from axir_compiler import pipeline
from axir_compiler.ir.listing import Line, number_ops, pretty_lines
from axir_compiler.ir.module import copy_module
from axir_compiler.mlir import context
from axir_tools.console import CommandError, command
from axir_tools.graph import COLOURS, as_json, build_graph, to_dot, to_svg
from axir_tools.pass_diff import count_ops
from axir_tools.programs import ArgsFrom, Program, Specs, Transform, trace

__all__ = ["page", "snapshots", "viz"]

_FORMATS = ("html", "svg", "dot")


def snapshots(traced: Traced) -> list[tuple[str, list[Line]]]:
    """The program as traced and after each pass, ops numbered by what they were made from."""
    with context():
        module = copy_module(traced.ir.module)
        number_ops(module)
        found = [("trace", pretty_lines(module))]
        for one in pipeline.REWRITES:
            pipeline.run_passes(module, [one])
            found.append((str(one), pretty_lines(module)))
    return found


def page(title: str, stages: list[tuple[str, list[Line]]]) -> str:
    """A page with the program at each stage, which stands alone."""
    data = {
        "colours": COLOURS,
        "stages": [
            {"name": name, "ops": count_ops(lines), "graph": as_json(build_graph(lines))}
            for name, lines in stages
        ],
    }
    # Within a script element nothing is escaped, and only its end tag must not appear.
    text = json.dumps(data, separators=(",", ":")).replace("</", "<\\/")
    folder = resources.files("axir_tools") / "page"
    parts = {
        "@@TITLE@@": html.escape(title),
        "@@SCRIPT@@": (folder / "viz.js").read_text(),
        "@@DATA@@": text,
    }
    result = (folder / "viz.html").read_text()
    for name, value in parts.items():
        result = result.replace(name, value)
    return result


_Output = Annotated[str, typer.Option("--output", "-o", help="File; its ending says html, svg or dot.")]
_Format = Annotated[
    str, typer.Option("--format", help="html, svg or dot; by default what the file's name says.")
]
_Stage = Annotated[str, typer.Option(help="What svg and dot show: trace or rewritten.")]


@command("viz")
def viz(
    program: Program,
    specs: Specs = None,
    output: _Output = "-",
    format: _Format = "",
    args_from: ArgsFrom = "",
    transform: Transform = "",
    stage: _Stage = "trace",
) -> None:
    """Draw the program of a function."""
    kind = format or Path(output).suffix.removeprefix(".") or "html"
    if kind not in _FORMATS:
        raise CommandError(f"--format must be one of {', '.join(_FORMATS)}; got {kind!r}.")
    if stage not in ("trace", "rewritten"):
        raise CommandError(f"--stage must be trace or rewritten; got {stage!r}.")
    traced = trace(program, specs, args_from, transform)
    stages = snapshots(traced)
    text = page(traced.fun_name, stages) if kind == "html" else _drawing(kind, stages, stage)
    if output == "-":
        typer.echo(text, nl=False)
    else:
        Path(output).write_text(text)
        typer.echo(f"wrote {output}", err=True)


def _drawing(kind: str, stages: list[tuple[str, list[Line]]], stage: str) -> str:
    chosen: Any = stages[0] if stage == "trace" else stages[-1]
    graph = build_graph(chosen[1])
    return to_svg(graph) if kind == "svg" else to_dot(graph)
