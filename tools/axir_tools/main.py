"""The ``axir`` command: one module for each subcommand."""

from __future__ import annotations

import typer

from axir_tools.artifacts import compile_, inspect, run
from axir_tools.bench import bench
from axir_tools.cache import cache
from axir_tools.console import quiet_signals
from axir_tools.diff import diff
from axir_tools.doctor import doctor
from axir_tools.golden import golden
from axir_tools.ir import ir
from axir_tools.opt import opt
from axir_tools.serve import serve
from axir_tools.stats import stats
from axir_tools.viz import viz

__all__ = ["app", "main"]

app = typer.Typer(
    name="axir",
    help="Look at axir's programs and change them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("ir")(ir)
app.command("opt")(opt)
app.command("diff")(diff)
app.command("stats")(stats)
app.command("viz")(viz)
app.command("bench")(bench)
app.add_typer(cache)
app.command("doctor")(doctor)
app.command("golden")(golden)
app.command("compile")(compile_)
app.command("run")(run)
app.command("inspect")(inspect)
app.registered_commands += serve.registered_commands


def main() -> None:
    """Entry point of the command."""
    quiet_signals()
    app()
