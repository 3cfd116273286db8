"""``axir serve``: the functions of an artifact over HTTP.

$ axir serve model.axir --port 8000

The server itself is ``axir_runtime.serve``, which needs no compiler. The command becomes that program, so that
nothing of the compiler stays in memory.
"""

from __future__ import annotations

import os
import subprocess
import sys

import typer

from axir_tools.console import CommandError, command

__all__ = ["CONTEXT", "serve"]

CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""Typer leaves the options to the server, which knows them."""

_PROGRAM = (
    "import sys; from axir_runtime.serve.__main__ import main; sys.exit(main(sys.argv[1:], 'axir serve'))"
)


@command("serve")
def serve(context: typer.Context) -> None:
    """Serve the functions of an artifact over HTTP, without the compiler."""
    try:
        from axir_runtime.serve import parse
    except ModuleNotFoundError as error:
        raise CommandError(str(error)) from None
    parse(context.args, "axir serve")
    words = [sys.executable, "-c", _PROGRAM, *context.args]
    if os.name == "nt":  # Where a process cannot become another program.
        raise typer.Exit(subprocess.call(words))
    os.execv(sys.executable, words)
