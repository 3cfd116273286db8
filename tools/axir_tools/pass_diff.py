"""What each pass does to a program: a diff with colours, time, and number of ops."""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from axir_compiler.ir.listing import Line, pretty_lines
from axir_compiler.mlir import context, ir
from axir_compiler.passes.base import Pass
from axir_compiler.pipeline import run_passes
from axir_tools.console import styled

__all__ = ["Step", "coloured", "count_ops", "diff_lines", "run_in_steps"]


class Step(NamedTuple):
    """A pass that ran: seconds, number of ops before and after, the diff."""

    name: str
    seconds: float
    before: int
    after: int
    diff: list[str]


def run_in_steps(module: ir.Module, passes: Sequence[Pass], context_lines: int = 2) -> Iterator[Step]:
    """Run passes one after the other; the module is rewritten in place."""
    with context():
        before = pretty_lines(module)
        for one in passes:
            start = time.perf_counter()
            run_passes(module, [one])
            seconds = time.perf_counter() - start
            after = pretty_lines(module)
            yield Step(
                str(one),
                seconds,
                count_ops(before),
                count_ops(after),
                diff_lines(before, after, context_lines),
            )
            before = after


def count_ops(lines: Sequence[Line]) -> int:
    """Number of ops in a listing, terminators aside."""
    return sum(bool(line.op) and line.op != "return" for line in lines)


_DEFINED = re.compile(r"\b[a-z]+: ")


def _keys(lines: Sequence[Line]) -> list[tuple[str, ...]]:
    """What is compared of each line: not names, which change with every op before, but where operands come from."""
    sources: dict[tuple[int, str], str] = {}
    keys: list[tuple[str, ...]] = []
    for line in lines:
        head = line.text.removesuffix(" ".join(line.uses))
        own = [sources.get((line.function, x), x) for x in line.uses]
        keys.append((_DEFINED.sub("_: ", head), *own))
        for number, name in enumerate(line.defines):
            sources[line.function, name] = f"{line.op} {number}"
    return keys


def diff_lines(before: Sequence[Line], after: Sequence[Line], context_lines: int = 2) -> list[str]:
    """A unified diff that takes lines for equal which differ in names of values only."""
    matcher = difflib.SequenceMatcher(None, _keys(before), _keys(after), autojunk=False)
    found: list[str] = []
    for group in matcher.get_grouped_opcodes(context_lines):
        if found:
            found.append("@@")
        for kind, i, j, k, m in group:
            if kind == "equal":
                found += [f"  {line.text}" for line in after[k:m]]
            else:
                found += [f"- {line.text}" for line in before[i:j]]
                found += [f"+ {line.text}" for line in after[k:m]]
    return found


_COLOURS = {"-": "red", "+": "green", "@": "cyan"}


def coloured(line: str) -> str:
    """A line of a diff in its colour, on a terminal."""
    return styled(line, _COLOURS.get(line[:1]))
