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

__all__ = ["serve"]

serve = typer.Typer(add_completion=False)
"""The command, with what typer is told to leave to the server, which knows its options."""

_CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
_PROGRAM = (
    "import sys; from axir_runtime.serve.__main__ import main; sys.exit(main(sys.argv[1:], 'axir serve'))"
)


@serve.command("serve", context_settings=_CONTEXT)
@command("serve")
def _serve(context: typer.Context) -> None:
    """Serve the functions of an artifact over HTTP."""
    try:
        from axir_runtime.serve import parse
    except ModuleNotFoundError as error:
        raise CommandError(str(error)) from None
    parse(context.args, "axir serve")
    words = [sys.executable, "-c", _PROGRAM, *context.args]
    if os.name == "nt":  # Where a process cannot become another program.
        raise typer.Exit(subprocess.call(words))
    os.execv(sys.executable, words)
