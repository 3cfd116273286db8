"""The ``axir`` command: one module for each subcommand."""

from __future__ import annotations

import typer

from axir_tools.artifacts import compile_, inspect, run
from axir_tools.golden import golden
from axir_tools.opt import opt

__all__ = ["app", "main"]

app = typer.Typer(
    name="axir",
    help="Look at axir's programs and change them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("opt")(opt)
app.command("golden")(golden)
app.command("compile")(compile_)
app.command("run")(run)
app.command("inspect")(inspect)


def main() -> None:
    """Entry point of the command."""
    app()
