"""What this machine can do at best: operations, functions and bytes in a second, measured once and kept in a file.

The roofline model: S. Williams, A. Waterman, D. Patterson, "Roofline: an insightful visual performance model for
multicore architectures", Communications of the ACM 52 (4), 2009.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from axir_compiler.analysis.cost import Cost
from axir_runtime import DiskCache, cpu_features

__all__ = ["Roofline", "roofline"]


class Roofline(NamedTuple):
    """Limits of a machine, each in units per second.

    Attributes:
        flops: float32 operations in a large product of matrices.
        transcendentals: float32 exponentials of numbers in a cache.
        bytes: Read and written while a large array is copied.
    """

    flops: float
    transcendentals: float
    bytes: float

    def seconds(self, cost: Cost) -> float:
        """The least time that something of this cost can take."""
        return max(self.compute_seconds(cost), cost.fused_bytes / self.bytes)

    def compute_seconds(self, cost: Cost) -> float:
        """The part of it that is computing."""
        return cost.flops / self.flops + cost.transcendentals / self.transcendentals

    def bound(self, cost: Cost) -> str:
        """What that time is spent on: ``compute`` or ``memory``."""
        return "compute" if self.compute_seconds(cost) > cost.fused_bytes / self.bytes else "memory"


def roofline(*, measure: bool = False) -> Roofline:
    """The limits of this machine, from the file of an earlier call unless ``measure`` asks for new ones."""
    path = _path()
    if path is not None and not measure:
        try:
            return Roofline(**{k: float(v) for k, v in json.loads(path.read_text()).items()})
        except (OSError, ValueError, TypeError, AttributeError):
            pass  # not there, or not ours: measure
    found = _measured()
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(found._asdict()))
        except OSError:
            pass  # a cache that cannot be written is no error
    return found


def _path() -> Path | None:
    directory = DiskCache.from_environment().directory
    if directory is None:
        return None
    machine = hashlib.sha256(" ".join([*sorted(cpu_features()), str(os.cpu_count())]).encode()).hexdigest()
    return directory / f"roofline-{machine[:16]}.json"


def _measured() -> Roofline:
    n, count, size = 1024, 1 << 14, 1 << 24
    matrix = np.ones((n, n), np.float32)
    numbers, result = np.linspace(-1, 1, count, dtype=np.float32), np.empty(count, np.float32)
    source, target = np.ones(size, np.float32), np.empty(size, np.float32)
    return Roofline(
        flops=2 * n**3 / _best(lambda: matrix @ matrix),
        transcendentals=count / _best(lambda: np.exp(numbers, out=result)),
        bytes=2 * source.nbytes / _best(lambda: np.copyto(target, source)),
    )


def _best(function: Callable[[], object], seconds: float = 0.2) -> float:
    """The shortest of the runs that fit into some time, at least 5, in seconds: other programs may run besides."""
    function()
    found: list[float] = []
    end = time.perf_counter() + seconds
    while len(found) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        function()
        found.append(time.perf_counter() - start)
    return min(found)
