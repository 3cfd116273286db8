"""Compiled programs: kernels, loops and whole programs, call by call against JAX in one process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import axir
from bench import kernels, loops, programs
from bench.cases import Case
from bench.measure import interleaved
from bench.report import Entry, Report

try:
    import jax  # pyright: ignore[reportMissingImports]  (an extra)
except ImportError:
    jax: Any = None

__all__ = ["SUITES", "run"]

SUITES: dict[str, Callable[[], Iterable[Case]]] = {
    "kernels": kernels.cases,
    "loops": loops.cases,
    "programs": programs.cases,
}


def run(suite: str, only: str = "", seconds: float = 0.5) -> Report:
    """Measure the cases of a suite whose name holds ``only``, each for about ``seconds``."""
    if jax is None:
        raise SystemExit(f"bench: {suite} compares with JAX, which is not installed. Run `make bench`.")
    report = Report(suite)
    for case in SUITES[suite]():
        if only in case.name:
            report.add(_measured(case, seconds))
    return report


def _measured(case: Case, seconds: float) -> Entry:
    with axir.enable_x64(case.double), jax.enable_x64(case.double):
        theirs, expected, their_first = _side(jax, case)
        try:
            ours, found, our_first = _side(axir, case)
        except Exception as error:
            return Entry(case.name, problem=f"{type(error).__name__}: {str(error).splitlines()[0]}")
        problem = None if case.tolerance is None else _difference(found, expected, case.tolerance)
        row = interleaved(case.name, ours, theirs, seconds=seconds)
    return Entry(case.name, row.ours, row.theirs, row.quartiles, our_first, their_first, problem)


def _side(lib: Any, case: Case) -> tuple[Callable[[], Any], Any, float]:
    """A call of the compiled case, its result, and the seconds that the first call took."""
    args = lib.tree_util.tree_map(lib.numpy.asarray, case.args)
    compiled = lib.jit(lambda *args: case.function(lib, *args))

    def call() -> Any:
        return lib.block_until_ready(compiled(*args))

    start = time.perf_counter()
    result = call()
    first = time.perf_counter() - start
    return call, lib.tree_util.tree_map(np.asarray, result), first


def _difference(found: Any, expected: Any, tolerance: float) -> str | None:
    """Where two results are not the same, in words."""
    pairs = zip(axir.tree_util.tree_leaves(found), jax.tree_util.tree_leaves(expected), strict=True)
    for number, (a, b) in enumerate(pairs):
        if a.shape != b.shape:
            return f"result {number} has shape {a.shape}, JAX's {b.shape}"
        scale = np.max(np.abs(b), initial=1.0)
        error = np.max(np.abs(a.astype(complex) - b.astype(complex)), initial=0.0)
        if not error <= tolerance * scale:
            return f"result {number} differs from JAX's by {error:.2g} of {scale:.2g}"
    return None
