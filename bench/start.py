"""The first call: import, trace, rewrite, lower, compile, load; cold, and from the disk cache in a new process."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile

_CHILD = """
import json, time
start = time.perf_counter()
import axir, axir.numpy as np
imported = time.perf_counter()
f = axir.jit(axir.grad(lambda w, x, y: np.mean((np.tanh(x @ w) - y) ** 2)))
w, x, y = np.ones((16, 4)), np.ones((32, 16)), np.zeros((32, 4))
begin = time.perf_counter()
f(w, x, y).block_until_ready()
first = time.perf_counter()
phases = f.traced(w, x, y).compiled.phases
again = axir.jit(lambda x: np.tanh(x) * 2)
second = time.perf_counter()
again(x).block_until_ready()
third = time.perf_counter()
print(json.dumps({
    "import": imported - start, "first call": first - begin, "trace": phases.trace, "rewrite": phases.rewrite,
    "lower": phases.lower, "IREE": phases.compile, "load": phases.load, "next function": third - second,
}))
"""

_JAX_CHILD = """
import json, time
start = time.perf_counter()
import jax, jax.numpy as np
imported = time.perf_counter()
f = jax.jit(jax.grad(lambda w, x, y: np.mean((np.tanh(x @ w) - y) ** 2)))
w, x, y = np.ones((16, 4)), np.ones((32, 16)), np.zeros((32, 4))
begin = time.perf_counter()
f(w, x, y).block_until_ready()
first = time.perf_counter()
again = jax.jit(lambda x: np.tanh(x) * 2)
second = time.perf_counter()
again(x).block_until_ready()
third = time.perf_counter()
print(json.dumps({"import": imported - start, "first call": first - begin, "next function": third - second}))
"""


def _run(code: str, **environment: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def _median(runs: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(r[key] for r in runs) for key in runs[0]}


def run() -> None:
    """Print the table."""
    cold, warm, theirs, theirs_warm = [], [], [], []
    with_jax = True
    for _ in range(5):
        with tempfile.TemporaryDirectory() as directory:
            cold.append(_run(_CHILD, AXIR_CACHE_DIR=directory))
            warm.append(_run(_CHILD, AXIR_CACHE_DIR=directory))
            if not with_jax:
                continue
            cache = {
                "JAX_COMPILATION_CACHE_DIR": directory,
                "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
                "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
            }
            try:
                theirs.append(_run(_JAX_CHILD, **cache))
                theirs_warm.append(_run(_JAX_CHILD, **cache))
            except subprocess.CalledProcessError:
                with_jax = False
    columns = {"axir, cold": _median(cold), "axir, from the disk cache": _median(warm)}
    if theirs:
        columns |= {"JAX, cold": _median(theirs), "JAX, from its disk cache": _median(theirs_warm)}
    print("\nThe first call of a process (milliseconds)\n")
    print("| phase | " + " | ".join(columns) + " |")
    print("|---" + "|---:" * len(columns) + "|")
    for phase in columns["axir, cold"]:
        cells = [f"{c[phase] * 1e3:.1f}" if phase in c else "" for c in columns.values()]
        print(f"| {phase} | " + " | ".join(cells) + " |")
