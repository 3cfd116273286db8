"""Counts and distributions in the text format of Prometheus."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
POWERS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)

Labels = tuple[tuple[str, str], ...]


class Counter:
    """Numbers that only grow, one for each set of labels."""

    kind = "counter"

    def __init__(self, name: str, words: str) -> None:
        self.name, self.words = name, words
        self._values: dict[Labels, float] = {}
        self._lock = threading.Lock()

    def add(self, amount: float = 1, **labels: str) -> None:
        """Count something."""
        key = tuple(labels.items())
        with self._lock:
            self._values[key] = self._values.get(key, 0) + amount

    def lines(self) -> Iterator[str]:
        """The samples."""
        with self._lock:
            values = list(self._values.items())
        yield from (_sample(self.name, labels, value) for labels, value in values)


class Gauge:
    """A number that is asked for when it is shown."""

    kind = "gauge"

    def __init__(self, name: str, words: str, value: Callable[[], float]) -> None:
        self.name, self.words, self._value = name, words, value

    def lines(self) -> Iterator[str]:
        """The sample."""
        yield _sample(self.name, (), self._value())


class Histogram:
    """How many observations were at most each of some bounds, one distribution for each function."""

    kind = "histogram"

    def __init__(self, name: str, words: str, bounds: Sequence[float]) -> None:
        self.name, self.words = name, words
        self._bounds = bounds
        self._counts: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}
        self._lock = threading.Lock()

    def observe(self, function: str, value: float) -> None:
        """Count an observation."""
        with self._lock:
            counts = self._counts.setdefault(function, [0] * (len(self._bounds) + 1))
            counts[bisect_left(self._bounds, value)] += 1
            self._sums[function] = self._sums.get(function, 0.0) + value

    def lines(self) -> Iterator[str]:
        """The samples: running counts by bound, the sum, the count."""
        with self._lock:
            found = [(f, list(counts), self._sums[f]) for f, counts in self._counts.items()]
        for function, counts, total in found:
            label = ("function", function)
            below = 0
            for bound, count in zip([*map(_number, self._bounds), "+Inf"], counts, strict=True):
                below += count
                yield _sample(f"{self.name}_bucket", (label, ("le", bound)), below)
            yield _sample(f"{self.name}_sum", (label,), total)
            yield _sample(f"{self.name}_count", (label,), below)


class Metrics:
    """All that a server counts."""

    def __init__(self, in_flight: Callable[[], float], waiting: Callable[[], float]) -> None:
        self.requests = Counter("axir_requests_total", "Requests by function and status of the answer.")
        self.errors = Counter("axir_errors_total", "Requests that were answered with an error, by status.")
        self.latency = Histogram("axir_request_seconds", "From request to answer.", SECONDS)
        self.run = Histogram("axir_run_seconds", "Time that a call of the module took.", SECONDS)
        self.batch_requests = Histogram("axir_batch_requests", "Requests that ran together.", POWERS)
        self.batch_rows = Histogram("axir_batch_rows", "Rows of the requests that ran together.", POWERS)
        self.in_flight = Gauge("axir_requests_in_flight", "Requests that have no answer yet.", in_flight)
        self.waiting = Gauge("axir_requests_waiting", "Requests that wait for a thread.", waiting)

    def text(self) -> str:
        """All samples."""
        lines: list[str] = []
        for metric in vars(self).values():
            lines += [f"# HELP {metric.name} {metric.words}", f"# TYPE {metric.name} {metric.kind}"]
            lines += metric.lines()
        return "\n".join(lines) + "\n"


def _sample(name: str, labels: Labels, value: float) -> str:
    # Functions are identifiers, so that nothing needs to be escaped.
    inner = ",".join(f'{key}="{text}"' for key, text in labels)
    return f"{name}{{{inner}}} {_number(value)}" if inner else f"{name} {_number(value)}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
