"""Compiles elementwise functions, and exact values to compare them with."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import iree.runtime
import mpmath as mp
import numpy as np
from scipy import special

from axir_compiler.lowering.scalar import (
    error_function,
    exponential,
    gamma,
    inverse_trigonometry,
    logarithm,
    power,
    remainder,
    root,
    trigonometry,
)
from axir_compiler.lowering.scalar.expression import Real, real
from axir_compiler.mlir import Output, Session, func, ir, linalg, tensor

FLAGS = (
    "--iree-hal-target-device=local",
    "--iree-hal-local-target-device-backends=llvm-cpu",
    "--iree-llvmcpu-target-cpu=host",
    "--iree-opt-level=O3",
    "--iree-input-demote-f64-to-f32=false",
)
MODULES = {
    exponential: "exp exp2 expm1 logistic sinh cosh tanh",
    logarithm: "log log1p asinh acosh atanh",
    root: "sqrt rsqrt cbrt",
    trigonometry: "sin cos tan",
    inverse_trigonometry: "asin acos atan",
    error_function: "erf erfc erf_inv",
    gamma: "lgamma digamma",
}
UNARY: dict[str, Callable[..., Real]] = {
    name: getattr(module, name) for module, names in MODULES.items() for name in names.split()
}
BINARY: dict[str, Callable[..., Real]] = {
    "atan2": inverse_trigonometry.atan2,
    "pow": power.power,
    "fmod": remainder.fmod,
}
# mpmath has no types: an mpf.
Number = Any
# Enough for the cancellation in any reference below.
mp.mp.prec = 200


def compile_all(dtype: np.dtype, length: int) -> Any:
    """A loaded module with all functions."""
    return compile_functions([*UNARY, *BINARY], dtype, length)


def compile_functions(names: Sequence[str], dtype: np.dtype, length: int) -> Any:
    """A loaded module with one function per name, each on arrays of the given length."""
    session = Session()
    session.set_flags(*FLAGS)
    context = session.context
    context.load_all_available_dialects()
    with context, ir.Location.unknown():
        module = ir.Module.create()
        with ir.InsertionPoint(module.body):
            for name in names:
                _emit(name, dtype, length)
        invocation = session.invocation()
        invocation.import_module(module.operation)
        assert invocation.execute()
        output = Output.open_membuffer()
        invocation.output_vm_bytecode(output)
        return _load(bytes(output.map_memory()))


def _emit(name: str, dtype: np.dtype, length: int) -> None:
    element = ir.F32Type.get() if dtype.itemsize == 4 else ir.F64Type.get()
    array, count = ir.RankedTensorType.get([length], element), 2 if name in BINARY else 1
    algorithm = BINARY[name] if name in BINARY else UNARY[name]
    function = func.FuncOp(name, ([array] * count, [array]))
    block = function.add_entry_block()
    with ir.InsertionPoint(block):
        empty = tensor.empty([length], element)
        maps = [ir.AffineMapAttr.get(ir.AffineMap.get_identity(1))] * (count + 1)
        parallel = ir.Attribute.parse("#linalg.iterator_type<parallel>")
        generic = linalg.GenericOp(
            [array], list(block.arguments), [empty], ir.ArrayAttr.get(maps), ir.ArrayAttr.get([parallel])
        )
        body = generic.regions[0].blocks.append(*[element] * (count + 1))
        with ir.InsertionPoint(body):
            linalg.YieldOp([algorithm(*map(real, list(body.arguments)[:count])).value])
        func.ReturnOp([generic.results[0]])


def _load(bytecode: bytes) -> Any:
    config = iree.runtime.Config("local-sync")
    context = iree.runtime.SystemContext(config=config)
    context.add_vm_module(iree.runtime.VmModule.copy_buffer(config.vm_instance, bytecode))
    return context.modules.module


def call(module: Any, name: str, *arrays: np.ndarray) -> np.ndarray:
    """The result of one of the module's functions."""
    return np.asarray(getattr(module, name)(*arrays))


def flush(x: np.ndarray) -> np.ndarray:
    """Denormal numbers as zeros, which is what a kernel sees."""
    return np.where(np.abs(x) < np.finfo(x.dtype).tiny, np.copysign(x.dtype.type(0), x), x)


# --- exact values ---


def _real_or_nan(function: Callable[..., Any]) -> Callable[..., Any]:
    """Outside its real domain a function of mpmath is complex or raises."""

    @functools.wraps(function)
    def call_real(*xs: Number) -> Number:
        if any(mp.isnan(x) for x in xs):
            return mp.nan
        try:
            result = function(*xs)
        except (ValueError, ZeroDivisionError):
            return mp.nan
        return mp.nan if isinstance(result, mp.mpc) else result

    return call_real


def _odd(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: -function(-x) if x < 0 else function(x)


def _erf_inv(x: Number) -> Number:
    """Newton's iteration on erfc from SciPy's value."""
    if x >= 1:
        return mp.inf if x == 1 else mp.nan
    if x < mp.mpf("1e-30"):
        return x * mp.sqrt(mp.pi) / 2
    y = mp.mpf(float(special.erfcinv(float(1 - x))) if x > 0.5 else float(special.erfinv(float(x))))
    for _ in range(3):
        error = (1 - x) - mp.erfc(y) if x > 0.5 else mp.erf(y) - x
        y -= error * mp.sqrt(mp.pi) / 2 * mp.exp(y * y)
    return y


def _is_pole(x: Number) -> bool:
    return bool(x <= 0 and x == mp.floor(x))


def _lgamma(x: Number) -> Number:
    if mp.isinf(x) or _is_pole(x):
        return mp.inf
    if x > 1e15:
        # Stirling's series is exact here.
        return x * (mp.log(x) - 1) - mp.log(x) / 2 + mp.log(2 * mp.pi) / 2
    if x > 0:
        return mp.loggamma(x)
    return mp.log(mp.pi / abs(x * mp.sinpi(x))) - _lgamma(-x)


def _digamma(x: Number) -> Number:
    if mp.isinf(x):
        return mp.inf if x > 0 else mp.nan
    if _is_pole(x):
        return mp.nan
    if x < 0:
        return _digamma(-x) - 1 / x - mp.pi * mp.cospi(x) / mp.sinpi(x)
    return mp.log(x) - 1 / (2 * x) - 1 / (12 * x * x) if x > 1e20 else mp.digamma(x)


def _infinite_at(function: Callable[[Any], Any], point: float, value: float) -> Callable[[Any], Any]:
    return lambda x: mp.mpf(value) if x == point else function(x)


EXACT: dict[str, Callable[..., Any]] = {
    name: _real_or_nan(function)
    for name, function in {
        "exp": mp.exp,
        "exp2": lambda x: mp.power(2, x),
        "expm1": mp.expm1,
        "log": _infinite_at(mp.log, 0.0, -np.inf),
        "log1p": _infinite_at(mp.log1p, -1.0, -np.inf),
        "logistic": lambda x: 1 / (1 + mp.exp(-x)),
        "sqrt": mp.sqrt,
        "rsqrt": _infinite_at(lambda x: 1 / mp.sqrt(x), 0.0, np.inf),
        "cbrt": _odd(mp.cbrt),
        "sin": mp.sin,
        "cos": mp.cos,
        "tan": lambda x: mp.nan if mp.isinf(x) else mp.tan(x),
        "tanh": mp.tanh,
        "asin": mp.asin,
        "acos": mp.acos,
        "atan": mp.atan,
        "sinh": mp.sinh,
        "cosh": mp.cosh,
        "asinh": _odd(mp.asinh),
        "acosh": mp.acosh,
        "atanh": lambda x: x * mp.inf if abs(x) == 1 else mp.atanh(x),
        "erf": mp.erf,
        "erfc": lambda x: mp.mpf(0) if x > 40 else mp.erfc(x),
        "erf_inv": _odd(_erf_inv),
        "lgamma": _lgamma,
        "digamma": _digamma,
        "atan2": mp.atan2,
        "pow": mp.power,
        "fmod": lambda x, y: mp.mpf(math.fmod(float(x), float(y))),
    }.items()
}


def ulps(got: float, exact: Number, dtype: np.dtype) -> float:
    """The error in units of the last place of the exact value.

    Infinity counts as the number after the largest one. Zero is right for anything below the normal numbers,
    which kernels flush; there, the unit is the smallest normal number."""
    info = np.finfo(dtype)
    if mp.isnan(exact) or np.isnan(got):
        return 0.0 if mp.isnan(exact) and np.isnan(got) else np.inf
    top = mp.mpf(2) ** int(info.maxexp)
    value = mp.sign(got) * top if np.isinf(got) else mp.mpf(float(got))
    clipped = max(-top, min(top, exact))
    size = abs(clipped)
    if size < info.tiny:
        return float(abs(value - clipped) / mp.mpf(float(info.tiny))) if got else 0.0
    exponent = min(mp.frexp(size)[1] - 1, int(info.maxexp) - 1)
    return float(abs(value - clipped) / mp.mpf(2) ** (exponent - int(info.nmant)))


def exact_values(name: str, arrays: Iterable[np.ndarray]) -> list[Number]:
    """The exact results for the given arguments."""
    return [EXACT[name](*(mp.mpf(float(x)) for x in xs)) for xs in zip(*arrays, strict=True)]
