"""Time and peak memory against the size of a problem, and memory over a million calls.

Each measurement is a process of its own: what it needs at most is read off when it ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from bench.measure import time_text

_CHILD = """
import json, resource, sys, time
import numpy
lib = __import__(sys.argv[1])
np = __import__(sys.argv[1] + ".numpy").numpy
size = int(sys.argv[3])

def products(x):
    for _ in range(4):
        x = np.tanh(x @ x)
    return x.sum()

def bodies(x):
    apart = x[:, None] - x[None]
    return (apart / (1 + (apart**2).sum(-1, keepdims=True)) ** 1.5).sum(1)

def running(x):
    return lib.lax.scan(lambda c, r: (np.tanh(c + r), (c * r).sum()), x[0], x)

programs = {
    "products": (lib.jit(lib.grad(products)), lambda n: (n, n)),
    "bodies": (lib.jit(bodies), lambda n: (n, 3)),
    "running": (lib.jit(running), lambda n: (n, 64)),
    "calls": (lib.jit(lambda x: x * 2 + 1), lambda n: (8,)),
}
f, shape = programs[sys.argv[2]]
x = np.asarray(numpy.random.default_rng(0).normal(size=shape(size)).astype("f4") * 0.1)

def once():
    start = time.perf_counter()
    lib.block_until_ready(f(x))
    return time.perf_counter() - start

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

def peak():
    with open("/proc/self/status") as file:
        return 1024 * int(next(line for line in file if line.startswith("VmHWM")).split()[1])

once()
if sys.argv[2] == "calls":
    for _ in range(10_000):
        f(x)
    before = resident()
    start = time.perf_counter()
    for _ in range(size):
        y = f(x)
    lib.block_until_ready(y)
    found = {"seconds": (time.perf_counter() - start) / size, "bytes": resident() - before}
else:
    found = {
        "seconds": sorted(once() for _ in range(9))[4],
        "bytes": peak(),
    }
print(json.dumps(found))
"""

_SIZES = {
    "products": (256, 512, 1024, 2048),
    "bodies": (500, 1000, 2000, 4000),
    "running": (1000, 10_000, 100_000, 1_000_000),
}
_TITLES = {
    "products": "gradient through four products of n x n",
    "bodies": "forces between n bodies",
    "running": "scan over n rows of 64",
}
_MANY = 1_000_000


def _measured(library: str, program: str, size: int) -> dict[str, Any] | None:
    """Seconds and bytes, or ``None`` if the library is not there."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, library, program, str(size)], capture_output=True, text=True
    )
    if done.returncode and library != "axir":
        return None
    done.check_returncode()
    return json.loads(done.stdout)


def run() -> None:
    """Print the tables. Memory is read as Linux tells it."""
    print("\nTime, and peak memory of the process\n")
    print("| program | n | axir | JAX | axir | JAX |")
    print("|---|---:|---:|---:|---:|---:|")
    for program, sizes in _SIZES.items():
        for size in sizes:
            ours, theirs = (_measured(library, program, size) for library in ("axir", "jax"))
            seconds = [time_text(x["seconds"] if x else None) for x in (ours, theirs)]
            peak = [f"{x['bytes'] / 1e6:.0f} MB" if x else "-" for x in (ours, theirs)]
            print(f"| {_TITLES[program]} | {size:,} | " + " | ".join((*seconds, *peak)) + " |")
    for library in ("axir", "jax"):
        if found := _measured(library, "calls", _MANY):
            grown, each = found["bytes"] / 1e6, time_text(found["seconds"])
            print(f"\n{library}: {_MANY:,} calls grow the process by {grown:.1f} MB, {each} each")
