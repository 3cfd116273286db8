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

_VALUE = re.compile(r"%([\w-]+)")
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
    remark, body = _split_remark(body)
    lines = [*remark, f"// RUN: axir opt %s --passes '{passes}' | filecheck %s", ""]
    for function in _functions(after):
        if function not in known:
            lines += [*_checks(function), ""]
    return "\n".join([*lines, body, ""])


def _is_test_comment(line: str) -> bool:
    return line.startswith("//") and line.removeprefix("//").strip().startswith(_LEAD)


def _split_remark(text: str) -> tuple[list[str], str]:
    """The comment at the top of a file, which says what it tests, and the rest."""
    lines = text.splitlines()
    count = next((i for i, line in enumerate(lines) if not line.startswith("//")), len(lines))
    return lines[:count], "\n".join(lines[count:]).strip()


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
    """The text with values captured where they are defined, and by their names where they are used."""
    defined, equals, used = text.partition(" = ") if text.startswith("%") else ("", "", text)
    if text.startswith("^"):
        defined, used = text, ""
    # Regions beside each other reuse names, so that a definition always captures.
    return (
        _VALUE.sub(lambda m: _capture(m[1], seen), defined)
        + equals
        + _VALUE.sub(lambda m: f"%[[{_name(m[1])}]]" if m[1] in seen else _capture(m[1], seen), used)
    )


def _capture(value: str, seen: set[str]) -> str:
    seen.add(value)
    return f"%[[{_name(value)}:.+]]"


def _name(value: str) -> str:
    """``A0`` for ``%arg0``, ``V0`` for ``%0``, ``C1_I8`` for ``%c1_i8``."""
    if value.isdigit():
        return f"V{value}"
    return value.replace("arg", "A").replace("-", "M").upper()


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
