"""``axir golden``: draft a golden test from an MLIR file, to be read, understood and trimmed by hand.

    $ axir golden sine.mlir --passes 'jvp{func=f}' > tests/golden/passes/sine.mlir

The draft checks every function that the passes added or changed, op by op; names of values are captured where
they are defined, so that it does not depend on numbering. Types of results are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

import typer
from axir_compiler.errors import AxirError
from axir_compiler.pipeline import parse_pipeline

from axir_tools.opt import read_input, transform

__all__ = ["draft", "golden"]

_VALUE = re.compile(r"%([a-z]*)(\d+)")
_LEAD = ("RUN:", "CHECK")


def draft(text: str, passes: str, *, name: str = "<stdin>") -> str:
    """The text with a RUN line and CHECK lines for what the passes make of it.

    Raises:
        AxirError: the pipeline, the module or a pass fails.
    """
    body = "\n".join(line for line in text.splitlines() if not _is_test_comment(line)).strip()
    before, _ = transform(body, [], name=name)
    after, _ = transform(body, parse_pipeline(passes), name=name)
    known = set(_functions(before))
    lines = [f"// RUN: axir opt %s --passes '{passes}' | filecheck %s", ""]
    for function in _functions(after):
        if function not in known:
            lines += [*_checks(function), ""]
    return "\n".join([*lines, body, ""])


def _is_test_comment(line: str) -> bool:
    return line.startswith("//") and line.removeprefix("//").strip().startswith(_LEAD)


def _functions(text: str) -> list[str]:
    """The text of each function in a printed module."""
    return re.findall(r"^  func\.func .*?^  }$", text, re.MULTILINE | re.DOTALL)


def _checks(function: str) -> Iterator[str]:
    head, *ops = [line.strip() for line in function.splitlines()[:-1]]
    start, _, signature = head.partition("(")
    seen: set[str] = set()
    yield f"// CHECK-LABEL: {start}("
    yield f"// CHECK-SAME:    {_captured(signature.removesuffix(' {'), seen)}"
    for op in ops:
        # A type that is spelt "(operands) -> results" follows the last colon outside of attributes.
        short = re.sub(r" : \([^)]*\) -> .*$| : [^:{}]*$", "", op)
        yield f"// CHECK-NEXT:    {_captured(short, seen)}"


def _captured(text: str, seen: set[str]) -> str:
    """The text with values captured where they first appear, and by their names afterwards."""

    def replace(match: re.Match[str]) -> str:
        name = f"{match[1][:1].upper() or 'V'}{match[2]}"
        if name in seen:
            return f"%[[{name}]]"
        seen.add(name)
        return f"%[[{name}:[a-z0-9_]+]]"

    return _VALUE.sub(replace, text)


def golden(
    file: Annotated[str, typer.Argument(help="MLIR file; '-' reads standard input.")],
    passes: Annotated[str, typer.Option(help="Pipeline that the test runs.")],
) -> None:
    """Print a draft of a golden test for the module in FILE."""
    try:
        text, name = read_input(file)
        typer.echo(draft(text, passes, name=name), nl=False)
    except (AxirError, OSError, UnicodeDecodeError) as error:
        typer.echo(f"axir golden: {error}", err=True)
        raise typer.Exit(1) from None
