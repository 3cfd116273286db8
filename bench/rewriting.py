"""Time to trace and rewrite programs, before IREE sees them."""

from __future__ import annotations

import statistics
import time
from typing import Any

import axir
import axir.numpy as np
from axir._src.jit import trace_for_specs
from axir_compiler import pipeline
from axir_compiler.mlir import context


def _program(count: int) -> Any:
    """The sum of a function of ``count`` elementwise ops."""

    def function(x: Any) -> Any:
        for _ in range(count // 3):
            x = np.sin(x) * x + x
        return np.sum(x)

    return function


def _once(function: Any, x: Any) -> tuple[float, float]:
    start = time.perf_counter()
    traced, _ = trace_for_specs(function, (x,), {})
    middle = time.perf_counter()
    with context():
        pipeline.rewritten_form(traced.program.module, traced.symbol)
    return middle - start, time.perf_counter() - middle


def run() -> None:
    """Print the table."""
    print("\nTrace and rewrite\n")
    print("| program | trace | rewrite | per op of the original |")
    print("|---|---:|---:|---:|")
    x = np.arange(8.0)
    for count in (99, 300, 999):
        for name, transform in (("grad", axir.grad), ("vmap of grad", lambda f: axir.vmap(axir.grad(f)))):
            argument = x if name == "grad" else np.stack([x, x])
            pairs = [_once(transform(_program(count)), argument) for _ in range(7)]
            trace, rewrite = (statistics.median(side) for side in zip(*pairs, strict=True))
            each = (trace + rewrite) / count
            print(
                f"| {name}, {count} ops | {trace * 1e3:.1f} ms | {rewrite * 1e3:.1f} ms | {each * 1e6:.0f} us |"
            )
