"""Interleaved timing: machines are shared and noisy, so that ratios within one run count, not single times."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Row", "compare", "interleaved", "print_rows", "time_text", "times"]


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
    return _row(name, [(times(ours, 1, calls)[0], times(theirs, 1, calls)[0]) for _ in range(repeat)])


def interleaved(
    name: str, ours: Callable[[], Any], theirs: Callable[[], Any], *, seconds: float, least: int = 7
) -> Row:
    """Time two functions in turns for about so many seconds; short ones are called several times in a turn."""
    once = max(times(ours, 1)[0], times(theirs, 1)[0])
    calls = max(1, min(1000, round(5e-4 / once)))
    pairs: list[tuple[float, float]] = []
    end = time.perf_counter() + seconds
    while len(pairs) < least or (time.perf_counter() < end and len(pairs) < 300):
        pairs.append((times(ours, 1, calls)[0], times(theirs, 1, calls)[0]))
    return _row(name, pairs)


def _row(name: str, pairs: list[tuple[float, float]]) -> Row:
    first, second, third = statistics.quantiles([a / b for a, b in pairs], n=4)
    left, right = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Row(name, left, right, (first, second, third))


def time_text(seconds: float | None) -> str:
    """A time for people."""
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
        print(f"| {row.name:44} | {time_text(row.ours):>8} | {time_text(row.theirs):>8} | {ratio} |")
