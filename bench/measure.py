"""Interleaved timing: machines are shared and noisy, so that ratios within one run count, not single times."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Row", "compare", "print_rows", "times"]


class Row(NamedTuple):
    """A measurement: median seconds of each side, and quartiles of their ratio pair by pair."""

    name: str
    ours: float
    theirs: float | None = None
    quartiles: tuple[float, float, float] | None = None


def times(function: Callable[[], Any], repeat: int, calls: int = 1) -> list[float]:
    """Seconds for one call, for each of ``repeat`` rounds of ``calls`` calls."""
    found = []
    for _ in range(repeat):
        start = time.perf_counter()
        for _ in range(calls):
            function()
        found.append((time.perf_counter() - start) / calls)
    return found


def compare(
    name: str, ours: Callable[[], Any], theirs: Callable[[], Any] | None, *, repeat: int = 30, calls: int = 1
) -> Row:
    """Time two functions in turns."""
    if theirs is None:
        return Row(name, statistics.median(times(ours, repeat, calls)))
    ours()
    theirs()
    pairs = [(times(ours, 1, calls)[0], times(theirs, 1, calls)[0]) for _ in range(repeat)]
    first, second, third = statistics.quantiles([a / b for a, b in pairs], n=4)
    left, right = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Row(name, left, right, (first, second, third))


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if seconds * scale >= 1:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def print_rows(title: str, rows: list[Row]) -> None:
    """A table: axir, JAX, and the ratio axir/JAX as median with quartiles."""
    print(f"\n{title}\n")
    print(f"| {'':44} | {'axir':>8} | {'JAX':>8} | axir / JAX |")
    print(f"|{'-' * 46}|{'-' * 9}:|{'-' * 9}:|---|")
    for row in rows:
        ratio = "" if row.quartiles is None else "{1:.2f} ({0:.2f} to {2:.2f})".format(*row.quartiles)
        print(f"| {row.name:44} | {_time(row.ours):>8} | {_time(row.theirs):>8} | {ratio} |")
