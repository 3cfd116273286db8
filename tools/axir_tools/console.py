"""What all subcommands share: output, tables, colours on terminals, errors of one line."""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

import typer

from axir_compiler.errors import AxirError

__all__ = [
    "CommandError",
    "command",
    "human_bytes",
    "human_number",
    "human_time",
    "on_terminal",
    "print_json",
    "print_table",
    "quiet_signals",
    "styled",
]

P = ParamSpec("P")
R = TypeVar("R")


class CommandError(AxirError):
    """What the user gave cannot be used; the message says why."""


def command(name: str, code: int = 1) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Turn the exceptions of a subcommand into one line on standard error and an exit code.

    ``AXIR_TRACEBACK=1`` lets them through.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except (typer.Exit, typer.Abort, BrokenPipeError):
                raise
            except Exception as error:
                if os.environ.get("AXIR_TRACEBACK"):
                    raise
                typer.echo(f"axir {name}: {_one_line(error)}", err=True)
                raise typer.Exit(code) from None

        return run

    return decorate


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{os.fspath(error.filename)}: {error.strerror}"
    text = " ".join(line.strip() for line in str(error).splitlines() if line.strip())
    if isinstance(error, AxirError | OSError | ValueError | TypeError):
        return text or type(error).__name__
    return f"{type(error).__name__}: {text}. Set AXIR_TRACEBACK=1 to see where."


def quiet_signals() -> None:
    """Let a closed pipe and Ctrl-C end the process without a word."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, lambda *_: sys.exit(130))


def on_terminal() -> bool:
    """Whether standard output is a terminal that shows colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def styled(text: str, colour: str | None = None, *, bold: bool = False, dim: bool = False) -> str:
    """Text in a colour, on a terminal."""
    return typer.style(text, fg=colour, bold=bold or None, dim=dim or None) if on_terminal() else text


def print_json(value: Any) -> None:
    """A value as JSON on standard output."""
    typer.echo(json.dumps(value, indent=2, default=str))


def print_table(
    columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, title: str = "", right: Sequence[str] = ()
) -> None:
    """Rows as a table; columns in ``right`` are numbers."""
    rows = list(rows)
    if not on_terminal():
        _print_plain(columns, rows, title, right)
        return
    # Most runs print no table to a terminal, and rich takes a while to import.
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        # Only text gives way on a narrow terminal.
        if column in right:
            width = max(len(str(text)) for text in (column, *(row.get(column, "") for row in rows)))
            table.add_column(column, justify="right", no_wrap=True, min_width=width)
        else:
            table.add_column(column, no_wrap=True, overflow="ellipsis", min_width=8)
    for row in rows:
        table.add_row(*(escape(str(row.get(c, ""))) for c in columns))
    Console().print(table)


def _print_plain(
    columns: Sequence[str], rows: list[Mapping[str, Any]], title: str, right: Sequence[str]
) -> None:
    cells = [list(columns), *([str(row.get(c, "")) for c in columns] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    if title:
        typer.echo(title)
    for line in cells:
        parts = [
            text.rjust(width) if column in right else text.ljust(width)
            for text, width, column in zip(line, widths, columns, strict=True)
        ]
        typer.echo("  ".join(parts).rstrip())


def human_number(value: float) -> str:
    """A number with a suffix: 1.5k, 20M, 3.2G."""
    for suffix in ("", "k", "M", "G", "T"):
        if abs(value) < 1000:
            return f"{value:.3g}{suffix}"
        value /= 1000
    return f"{value:.3g}P"


def human_bytes(value: float) -> str:
    """A number of bytes: 512 B, 1.5 KiB, 20 MiB."""
    for suffix in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{value:.4g} {suffix}"
        value /= 1024
    return f"{value:.4g} TiB"


def human_time(seconds: float) -> str:
    """A duration with a unit: 1.5 ms."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
