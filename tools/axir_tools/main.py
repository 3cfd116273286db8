"""The ``axir`` command: one module for each subcommand, which is imported when it is chosen."""

from __future__ import annotations

import importlib.util
import runpy
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from axir_tools.console import quiet_signals

__all__ = ["SUBCOMMANDS", "Subcommand", "app", "main"]


class Subcommand(NamedTuple):
    """Where a subcommand is, and the line that ``axir --help`` shows for it."""

    place: str
    help: str


# axir and its compiler take several times as long to import as small commands take to run, so that even the list
# of commands is made without them. Tests compare these lines with the commands' own.
SUBCOMMANDS = {
    "ir": Subcommand("ir:ir", "Print the program of a function."),
    "opt": Subcommand("opt:opt", "Run passes over a module and print the result."),
    "diff": Subcommand("diff:diff", "Compare two modules by structure."),
    "stats": Subcommand(
        "stats:stats", "Count operations, bytes and memory of a program, and estimate its time."
    ),
    "viz": Subcommand("viz:viz", "Draw the program of a function."),
    "bench": Subcommand("bench:bench", "Measure time, throughput and memory of a function, compiled."),
    "cache": Subcommand("cache:cache", "List or remove compiled modules that are kept on disk."),
    "doctor": Subcommand("doctor:doctor", "Show versions, the machine, and whether its devices work."),
    "golden": Subcommand("golden:golden", "Print a draft of a golden test for the module in FILE."),
    "compile": Subcommand("compile:compile_", "Compile functions into an artifact that runs without axir."),
    "run": Subcommand("artifacts:run", "Call a function of an artifact; prints the results, or writes them."),
    "inspect": Subcommand(
        "artifacts:inspect", "Say what is in an artifact: functions, targets, code, parameters."
    ),
    "serve": Subcommand("serve:serve", "Serve the functions of an artifact over HTTP."),
}


class _Commands(TyperGroup):
    """The subcommands: names and first lines of help; the one that is chosen is imported."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name, one in SUBCOMMANDS.items():
            self.add_command(TyperCommand(name, help=one.help))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        """The command that is meant, and the words after its name."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, found and _loaded(str(found.name)), rest


def _loaded(name: str) -> Any:
    """A subcommand with its options."""
    module, _, attribute = SUBCOMMANDS[name].place.partition(":")
    found = getattr(importlib.import_module(f"axir_tools.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        only = typer.Typer(add_completion=False)
        only.command(name)(found)
        found = only
    return typer.main.get_command(found)


app = typer.Typer(
    name="axir",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"axir {_version()}")
        raise typer.Exit


def _version() -> str:
    """The version of axir, which is not imported for it."""
    package = importlib.util.find_spec("axir")
    assert package is not None and package.origin is not None
    return runpy.run_path(str(Path(package.origin).parent / "_src" / "version.py"))["__version__"]


_Version = Annotated[
    bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version of axir.")
]


@app.callback()
def _root(version: _Version = False) -> None:
    """Look at the programs of functions, measure them, and compile them into files that run without axir."""


def main() -> None:
    """Entry point of the command."""
    quiet_signals()
    app()
