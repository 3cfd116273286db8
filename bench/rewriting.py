"""Processor time to trace and rewrite programs, before IREE sees them: for each op of the original, at several lengths.

Each rewrite takes the program that is traced; reverse mode is linearize followed by transpose. Times per op that grow
with the length would mean that a rewrite is not linear. (On a shared machine the time on the clock says little.)
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import axir.numpy as np
from axir._src.jit import trace_for_specs
from axir_compiler.collector import collector_paused
from axir_compiler.ir.module import lookup
from axir_compiler.mlir import context, ir
from axir_compiler.transforms.jvp import Linearizer
from axir_compiler.transforms.transpose import Transposer
from axir_compiler.transforms.vmap import Vectorizer

LENGTHS = (100, 1_000, 10_000)
COLUMNS = ("trace", "jvp", "linearize", "transpose", "vmap")


def program(count: int) -> Callable[[Any], Any]:
    """The sum of a function of about ``count`` elementwise ops."""

    def function(x: Any) -> Any:
        for _ in range(count // 3):
            x = np.sin(x) * x + x
        return np.sum(x)

    return function


def rewrites(module: ir.Module, symbol: str) -> Iterator[None]:
    """The rewrites of ``COLUMNS``, one after the other."""
    linearizer = Linearizer(module)
    linearizer.jvp(symbol, (0,))
    yield
    found = linearizer.linearize(symbol, (0,))
    yield
    count = len(lookup(module, found.linear).type.inputs)
    Transposer(module).transpose(found.linear, (count - 1,), (0,))
    yield
    Vectorizer(module).vectorize(symbol, (0,), 2)
    yield


def once(count: int) -> list[float]:
    """Processor seconds for each of ``COLUMNS``."""
    times = [time.process_time()]
    traced, _ = trace_for_specs(program(count), (np.arange(8.0),), {})
    times.append(time.process_time())
    with context(), collector_paused():  # As `run_passes` has it.
        for _ in rewrites(traced.program.module, traced.symbol):
            times.append(time.process_time())
    return [b - a for a, b in itertools.pairwise(times)]


def run() -> None:
    """Print the table."""
    print("\nTrace and rewrite, in us for each op\n")
    print(f"| ops | {' | '.join(COLUMNS)} | all |")
    print("|---:|" + "---:|" * (len(COLUMNS) + 1))
    for count in LENGTHS:
        rounds = [once(count) for _ in range(7 if count < LENGTHS[-1] else 3)]
        each = [statistics.median(column) / count * 1e6 for column in zip(*rounds, strict=True)]
        print(f"| {count:,} | {' | '.join(f'{t:.1f}' for t in (*each, sum(each)))} |")
