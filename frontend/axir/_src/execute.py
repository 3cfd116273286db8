"""Running traced functions: evaluated with NumPy, or compiled by IREE."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from axir._src import remember
from axir._src.array import Array, ConcreteArray
from axir._src.config import config
from axir._src.device_targets import target_of
from axir._src.log import logger
from axir._src.nan_checks import check_call
from axir._src.placement import Placement, buffer_on, common_placement, on_host, placed_value
from axir._src.profile import span
from axir._src.progress import progress
from axir._src.trace import Frame, Function, Origin, Program, Spec, Tracer, current_frame
from axir_compiler import pipeline
from axir_compiler.analysis.threads import gains_from_threads
from axir_compiler.identity import source_hash
from axir_compiler.ir.evaluate import Plan, make_plan
from axir_compiler.ir.host_functions import HostFunction, host_object
from axir_compiler.ir.module import lookup, signature
from axir_compiler.ir.types import Aval
from axir_compiler.later import backend
from axir_compiler.mlir import context, ir
from axir_compiler.ops.callback import number_callbacks
from axir_compiler.refine import refined
from axir_runtime import (
    CpuFeatureError,
    Device,
    DiskCache,
    Executable,
    LruCache,
    check_cpu,
    cpu_features,
    devices,
)

__all__ = ["Compiled", "Phases", "compile_function", "run_eagerly", "stored_code", "text_key", "transform"]


_plans: LruCache[Any, Plan] = LruCache(4096)
_executables: LruCache[tuple[str, tuple[int, ...], Device], Compiled] = LruCache(1024)
_on_devices: LruCache[Any, Compiled] = LruCache(1024)


@functools.cache
def disk_cache() -> DiskCache:
    """Where compiled modules are kept, by ``AXIR_CACHE_DIR`` and ``AXIR_CACHE_MAX_BYTES``."""
    return DiskCache.from_environment()


def clear_caches() -> None:
    """Forget every plan and executable that is kept in memory."""
    _plans.clear()
    _executables.clear()
    _on_devices.clear()
    remember.forget()


@dataclass
class Phases:
    """Seconds that the phases of a first call took."""

    trace: float = 0.0
    rewrite: float = 0.0
    lower: float = 0.0
    compile: float = 0.0
    load: float = 0.0
    from_disk: bool = False

    @property
    def total(self) -> float:
        """All phases together, in seconds."""
        return self.trace + self.rewrite + self.lower + self.compile + self.load


@dataclass
class Compiled:
    """A function compiled for a device; ``executable`` takes and gives buffers."""

    executable: Executable
    phases: Phases = field(default_factory=Phases)
    code_bytes: int = 0


def text_key(module: ir.Module, fingerprint: str) -> str:
    """Content address of a compiled program: its IR without locations, the target and the versions."""
    text = module.operation.get_asm(enable_debug_info=False)
    return hashlib.sha256(f"{fingerprint}\n{source_hash()}\n{text}".encode()).hexdigest()


def compile_symbol(module: ir.Module, symbol: str, device: Device | None = None) -> Compiled:
    """Compile a function of a module for a device, by default the first CPU, through the caches in memory and on disk.

    Raises:
        CompileError: IREE refuses the program, or the device cannot compute it.
    """
    with context():
        wanted = _wanted(module, symbol, devices("cpu")[0] if device is None else device)
        return _known(wanted) or _built(wanted)


def load_symbol(module: ir.Module, symbol: str, device: Device) -> Compiled | None:
    """As ``compile_symbol``, if the function is in one of the caches."""
    with context():
        return _known(_wanted(module, symbol, device))


class _Wanted(NamedTuple):
    """A function to compile, and what it is known by in the caches."""

    program: ir.Module
    symbol: str
    inputs: Sequence[Aval]
    outputs: Sequence[Aval]
    callbacks: tuple[int, ...]
    device: Device
    key: str

    @property
    def executable_key(self) -> tuple[str, tuple[int, ...], Device]:
        # What is compiled, and kept on disk, knows Python functions by their positions; an executable has its own.
        return (self.key, self.callbacks, self.device)


def _wanted(module: ir.Module, symbol: str, device: Device) -> _Wanted:
    inputs, outputs = signature(lookup(module, symbol))
    program = pipeline.extract(module, symbol, "main")
    pipeline.settle(program)
    callbacks = number_callbacks(program)
    # Whether it is for all cores is known when it has been rewritten, and kept with what is compiled.
    target = target_of(device, asynchronous=not callbacks, parallel=False)
    key = text_key(program, target.fingerprint())
    return _Wanted(program, symbol, inputs, outputs, callbacks, device, key)


def _known(wanted: _Wanted) -> Compiled | None:
    found = _executables.get(wanted.executable_key)
    if found is not None:
        return found
    code = stored_code(wanted.key)
    return None if code is None else _loaded(wanted, code, Phases(from_disk=True))


class Code(NamedTuple):
    """A compiled module, and whether it is for all cores."""

    binary: bytes
    parallel: bool


def _built(wanted: _Wanted) -> Compiled:
    symbol, phases = wanted.symbol, Phases()
    with progress(f"Compiling {symbol}"), span(f"compile {symbol}", "compile"):
        code = _compile(wanted, phases)
    features = sorted(cpu_features()) if wanted.device.is_host else []
    meta = {"function": symbol, "cpu_features": features, "parallel": code.parallel}
    disk_cache().put(wanted.key, code.binary, meta)
    return _loaded(wanted, code, phases)


def _loaded(wanted: _Wanted, code: Code, phases: Phases) -> Compiled:
    start = time.perf_counter()
    with span(f"load {wanted.symbol}", "compile", from_disk=phases.from_disk):
        executable = Executable(
            wanted.device,
            code.binary,
            arguments=[(a.shape, a.dtype) for a in wanted.inputs],
            results=[(a.shape, a.dtype) for a in wanted.outputs],
            parallel=code.parallel,
            callbacks=[host_object(n, HostFunction).call for n in wanted.callbacks],
            title=wanted.symbol,
        )
    phases.load = time.perf_counter() - start
    found = Compiled(executable, phases, len(code.binary))
    _executables.put(wanted.executable_key, found)
    return found


def stored_code(key: str) -> Code | None:
    """A compiled module from the disk cache, unless it needs a CPU that this one is not."""
    found = disk_cache().load(key)
    if found is None:
        return None
    binary, meta = found
    try:
        check_cpu(meta.get("cpu_features", ()))
    except CpuFeatureError:
        return None
    return Code(binary, meta["parallel"])


def _compile(wanted: _Wanted, phases: Phases) -> Code:
    times = [time.perf_counter()]
    with span("rewrite", "compile"):
        form = pipeline.rewritten_form(wanted.program, "main")
        parallel = wanted.device.is_host and gains_from_threads(form, "main")
    times.append(time.perf_counter())
    target = target_of(wanted.device, asynchronous=not wanted.callbacks, parallel=parallel)
    with span("lower to linalg", "compile"):
        pipeline.LowerToLinalgPass(result_storage=parallel, kernels=target.kernels).run(form)
    times.append(time.perf_counter())
    with span("IREE", "compile"):
        binary = backend.compile_module(form, target)
    times.append(time.perf_counter())
    phases.rewrite, phases.lower, phases.compile = np.diff(times).tolist()
    if config.get("axir_log_compiles"):
        logger.warning("compiled %s in %.3f s", wanted.symbol, times[-1] - times[0])
    return Code(binary, parallel)


def compile_function(function: Function, device: Device | None = None) -> Compiled:
    """Compile a traced function; see ``compile_symbol``."""
    return compile_symbol(function.program.module, function.symbol, device)


def _plan_of(function: Function) -> Plan:
    found = _plans.get(function.key)
    if found is None:
        with context():
            module = pipeline.extract(function.program.module, function.symbol, "main")
            pipeline.run_passes(module, pipeline.EVALUATION)
            found = refined(make_plan(module, "main", lambda symbol: _compiled_call(module, symbol)))
        _plans.put(function.key, found)
    return found


def _compiled_call(module: ir.Module, symbol: str) -> Callable[..., Sequence[np.ndarray]]:
    compiled = compile_symbol(module, symbol)
    # NumPy gives scalars where a result has rank 0.
    return lambda *arrays: [b.array for b in compiled.executable([np.asarray(x) for x in arrays])]


def run_eagerly(
    name: str, run: Callable[[Frame, list[Tracer]], Sequence[Array]], arrays: Sequence[Array]
) -> list[Array]:
    """Trace a function of concrete arrays, then evaluate it with NumPy.

    The rewrites are looked up by the structure of what was traced and done once for the same program.
    """
    with context(), Frame(Program(), name, [Spec.of(x) for x in arrays], staged=False) as frame:
        for tracer, x in zip(frame.arguments, arrays, strict=True):
            tracer.set_known(Origin(x.to_numpy))
        function = frame.finish(run(frame, frame.arguments))
    given = [*arrays, *function.concrete_captures]
    placement = common_placement(name, given)
    if placement is not None and not placement.device.is_host:
        return _run_on(placement, function, given)
    values = [x.to_numpy() for x in (*arrays, *function.captures)]
    found = _plan_of(function)(*values)
    if config.mode.checked:
        check_call(name, function.program.module, function.symbol, values, found, config.mode)
    return [on_host(v, s.weak, placement) for v, s in zip(found, function.outputs, strict=True)]


def _run_on(placement: Placement, function: Function, arrays: Sequence[Array]) -> list[Array]:
    """Run a traced function, whose captures are the last of its arguments, on a device; compiled once."""
    key = (function.key, placement.device)
    compiled = _on_devices.get(key)
    if compiled is None:
        compiled = compile_function(function, placement.device)
        _on_devices.put(key, compiled)
    given = [buffer_on(x, placement.device) for x in arrays if isinstance(x, ConcreteArray)]
    found = compiled.executable(given)
    return [placed_value(b, s.aval, s.weak, placement) for b, s in zip(found, function.outputs, strict=True)]


def transform(
    name: str, run: Callable[[Frame, Sequence[Array]], Sequence[Array]], arrays: Sequence[Array]
) -> Sequence[Array]:
    """Apply a transformation: within the program that is being traced, or eagerly in one made for it."""
    frame = current_frame()
    return run_eagerly(name, run, arrays) if frame is None else run(frame, arrays)
