"""``axir bench``: how long a function takes, compiled.

$ axir bench prog.py:loss 'f32[512,256]' 'f32[1024,512]' --transform grad
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
import typer

import axir
from axir.stages import Compiled, Traced
from axir_compiler.analysis.cost import total_cost
from axir_tools.console import command, human_bytes, human_number, human_time, print_json, styled
from axir_tools.machine import roofline
from axir_tools.programs import ArgsFrom, Program, Specs, Transform, arguments_for, trace
from axir_tools.stats import analyse

__all__ = ["bench", "random_like", "time_calls"]


def random_like(spec: Any, rng: np.random.Generator) -> np.ndarray:
    """Numbers of a shape and dtype: normal ones, small integers, or bools."""
    shape, dtype = spec.shape, np.dtype(spec.dtype)
    if dtype == np.dtype(bool):
        return rng.integers(0, 2, shape).astype(bool)
    if dtype.kind in "iu":
        return rng.integers(0, 8, shape).astype(dtype)
    values = rng.standard_normal(shape)
    return np.asarray(values + 1j * rng.standard_normal(shape) if dtype.kind == "c" else values, dtype)


def time_calls(function: Callable[[], object], seconds: float) -> list[float]:
    """Durations of repeated calls for about so many seconds, at least 5 of them."""
    function()
    found: list[float] = []
    end = time.perf_counter() + seconds
    while len(found) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        function()
        found.append(time.perf_counter() - start)
    return found


def _arguments(
    traced: Traced, specs: list[str] | None, args_from: str
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arrays for the arguments: random ones for types, the user's own otherwise."""
    given = arguments_for(specs, args_from)
    rng = np.random.default_rng(0)
    kinds = iter(axir.tree.leaves(traced.args_info))

    def filled(leaf: Any) -> Any:
        info = next(kinds)
        value = random_like(info, rng) if isinstance(leaf, axir.ShapeDtypeStruct) else leaf
        return axir.numpy.asarray(value, dtype=info.dtype)

    with axir.enable_x64():  # keeps dtypes as they were traced
        return axir.tree.map(filled, (given.args, given.kwargs))


def measure(
    compiled: Compiled, args: tuple[Any, ...], kwargs: dict[str, Any], seconds: float
) -> dict[str, Any]:
    """Statistics of calls, in seconds."""
    times = sorted(time_calls(lambda: axir.block_until_ready(compiled(*args, **kwargs)), seconds))
    return {
        "calls": len(times),
        "min": times[0],
        "median": statistics.median(times),
        "mean": statistics.fmean(times),
        "p95": times[min(round(0.95 * len(times)), len(times) - 1)],
        "max": times[-1],
    }


_Seconds = Annotated[float, typer.Option(help="How long to measure.", min=0.01)]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@command("bench")
def bench(
    program: Program,
    specs: Specs = None,
    args_from: ArgsFrom = "",
    transform: Transform = "",
    seconds: _Seconds = 1.0,
    json: _Json = False,
) -> None:
    """Measure time, throughput and memory of a function, compiled."""
    traced = trace(program, specs, args_from, transform)
    start = time.perf_counter()
    compiled = traced.lower().compile()
    compile_seconds = time.perf_counter() - start
    args, kwargs = _arguments(traced, specs, args_from)
    times = measure(compiled, args, kwargs, seconds)
    found = {
        "function": traced.fun_name,
        "compile seconds": compile_seconds,
        "seconds": times,
        **_throughput(traced, times["median"]),
        "memory": {**vars(compiled.memory_analysis()), "resident_size_in_bytes": _resident()},
    }
    if json:
        print_json(found)
    else:
        _print(found)


def _resident() -> int | None:
    """The most memory that this process had, compiler included; ``None`` where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _throughput(traced: Traced, seconds: float) -> dict[str, Any]:
    """Operations and bytes in a second, and how near that is to what the machine can do."""
    ops, _ = analyse(traced.compiler_ir("axir"))
    cost, machine = total_cost(ops), roofline()
    return {
        "flops per second": (cost.flops + cost.transcendentals) / seconds,
        "bytes per second": cost.fused_bytes / seconds,
        "share of roofline": sum(machine.seconds(c.cost) for c in ops) / seconds,
        "unbounded loops": cost.unbounded_loops,
    }


def _print(found: dict[str, Any]) -> None:
    times, memory = found["seconds"], found["memory"]
    lines = {
        "time": f"{human_time(times['median'])} median of {times['calls']} calls "
        f"(min {human_time(times['min'])}, p95 {human_time(times['p95'])}, max {human_time(times['max'])})",
        "compiled": f"in {human_time(found['compile seconds'])}, caches included",
        "throughput": f"{human_number(found['flops per second'])} operations/s, "
        f"{human_bytes(found['bytes per second'])}/s, {100 * found['share of roofline']:.0f}% of the estimate for "
        "this machine",
        "memory": f"{human_bytes(memory['peak_memory_in_bytes'])} at the peak, by the program's IR; the process had "
        f"{human_bytes(memory['resident_size_in_bytes'] or 0)}, compiler included",
    }
    if found["unbounded loops"]:
        lines["throughput"] = "unknown: loops of unknown length"
    typer.echo(styled(found["function"], bold=True))
    for name, text in lines.items():
        typer.echo(f"{name.rjust(12)}  {text}")
