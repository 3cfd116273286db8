"""What was measured: printed as a table, kept as JSON, drawn, and compared with earlier runs."""

from __future__ import annotations

import datetime
import json
import math
import platform
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.measure import time_text

__all__ = ["HISTORY", "Entry", "Report", "regressions"]

HISTORY = Path(__file__).parent / "history.jsonl"
OUTPUT = Path(__file__).parents[1] / "build" / "bench"

# Interleaved medians of two runs on a shared machine differ by less than this factor, as a rule.
_NOISE = 1.3


class Entry(NamedTuple):
    """One case: median seconds a call, quartiles of the ratio to JAX, seconds of each first call, or what is wrong."""

    name: str
    ours: float | None = None
    theirs: float | None = None
    quartiles: tuple[float, float, float] | None = None
    first: float | None = None
    their_first: float | None = None
    problem: str | None = None

    @property
    def ratio(self) -> float:
        """axir's time over JAX's; infinite if there is none."""
        return math.inf if self.quartiles is None else self.quartiles[1]


class Report:
    """The entries of a suite, printed as they come."""

    def __init__(self, suite: str):
        self.suite = suite
        self.entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """Add an entry and print its line."""
        self.entries.append(entry)
        print(_line(entry), flush=True)

    def mean_ratio(self) -> float:
        """Geometric mean of the ratios of all entries that ran."""
        logs = [math.log(e.ratio) for e in self.entries if e.quartiles is not None]
        return math.exp(sum(logs) / len(logs)) if logs else math.nan

    def table(self) -> str:
        """All entries as Markdown, worst first."""
        lines = ["| | axir | JAX | axir / JAX | first call | JAX's |", "|---|---:|---:|---|---:|---:|"]
        lines += [_line(e) for e in sorted(self.entries, key=lambda e: -e.ratio)]
        return "\n".join(lines)

    def summary(self) -> str:
        """How the suite stands."""
        slower = sum(e.ratio > 1.2 for e in self.entries)
        wrong = sum(e.problem is not None for e in self.entries)
        return (
            f"{self.suite}: geometric mean of axir / JAX {self.mean_ratio():.2f} over {len(self.entries)} entries, "
            f"{slower} above 1.2, {wrong} with a problem"
        )

    def save(self, record: bool) -> None:
        """Write JSON and a plot to ``build/bench``; if asked for, a line to the history."""
        OUTPUT.mkdir(parents=True, exist_ok=True)
        (OUTPUT / f"{self.suite}.json").write_text(json.dumps(self._form(), indent=1))
        (OUTPUT / f"{self.suite}.md").write_text(self.table() + "\n")
        _plot(self, OUTPUT / f"{self.suite}.svg")
        if record:
            with HISTORY.open("a") as file:
                file.write(json.dumps(self._record()) + "\n")

    def _form(self) -> dict[str, Any]:
        return {**self._origin(), "entries": [e._asdict() for e in self.entries]}

    def _record(self) -> dict[str, Any]:
        return {**self._origin(), "ratios": {e.name: round(e.ratio, 3) for e in self.entries if e.quartiles}}

    def _origin(self) -> dict[str, Any]:
        words = ["git", "describe", "--always", "--dirty"]
        commit = subprocess.run(words, capture_output=True, text=True, cwd=HISTORY.parent, check=False)
        return {
            "suite": self.suite,
            "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M"),
            "commit": commit.stdout.strip(),
            "machine": _machine(),
        }


def regressions(report: Report) -> list[str]:
    """Entries that are slower, against JAX, than in the last run on such a machine that the history holds."""
    last = None
    for earlier in _history():
        if earlier["suite"] == report.suite and earlier["machine"] == _machine():
            last = earlier
    if last is None:
        return []
    before = last["ratios"]
    return [
        f"{e.name}: {before[e.name]:.2f} of JAX's time on {last['date']} ({last['commit']}), now {e.ratio:.2f}"
        for e in report.entries
        if e.name in before and e.ratio > _NOISE * before[e.name]
    ]


def _history() -> Iterator[dict[str, Any]]:
    if HISTORY.exists():
        yield from map(json.loads, HISTORY.read_text().splitlines())


def _machine() -> str:
    """The processor, by the most telling of its instruction sets."""
    try:
        flags = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        flags = set()
    level = next((name for name in ("avx512f", "avx2", "neon") if name in flags), "")
    return " ".join(filter(None, (platform.machine(), level)))


def _line(entry: Entry) -> str:
    if entry.quartiles is None:
        return f"| {entry.name} | | | {entry.problem} | | |"
    low, middle, high = entry.quartiles
    ratio = f"{middle:.2f} ({low:.2f} to {high:.2f})" + (f"; {entry.problem}" if entry.problem else "")
    cells: Sequence[str] = [
        entry.name,
        time_text(entry.ours),
        time_text(entry.theirs),
        ratio,
        time_text(entry.first),
        time_text(entry.their_first),
    ]
    return f"| {' | '.join(cells)} |"


def _plot(report: Report, path: Path) -> None:
    """The ratios as bars on a logarithmic axis, worst on top."""
    from matplotlib.figure import Figure  # pyright: ignore[reportMissingImports]  (an extra)

    entries = sorted((e for e in report.entries if e.quartiles), key=lambda e: e.ratio)
    figure = Figure(figsize=(9, 1 + 0.22 * len(entries)), layout="constrained")
    axes = figure.subplots()
    colors = ["tab:red" if e.ratio > 1.2 else "tab:orange" if e.ratio > 1 else "tab:green" for e in entries]
    axes.barh([e.name for e in entries], [math.log2(e.ratio) for e in entries], color=colors)
    ticks = axes.get_xticks()
    axes.set_xticks(ticks, [f"{2**t:.3g}" for t in ticks])
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel("axir's time / JAX's")
    axes.margins(y=0.01)
    figure.savefig(path)
