"""What each elementwise op gives, in Python integers or NumPy, written independently of the compiler."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ml_dtypes
import numpy as np

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
BOOL = np.dtype(bool)
SIGNED = [np.dtype(f"i{n}") for n in (1, 2, 4, 8)]
UNSIGNED = [np.dtype(f"u{n}") for n in (1, 2, 4, 8)]
INTEGER = SIGNED + UNSIGNED
HALF = [np.dtype("f2"), BFLOAT16]
FLOATING = [*HALF, np.dtype("f4"), np.dtype("f8")]
Oracle = Callable[..., Any]


def width(dtype: np.dtype) -> int:
    return dtype.itemsize * 8


def is_float(dtype: np.dtype) -> bool:
    return dtype in FLOATING


def wrap(value: int, dtype: np.dtype) -> int:
    """The integer of the dtype with the low bits of ``value``."""
    bits = value & ((1 << width(dtype)) - 1)
    return bits - (1 << width(dtype)) if dtype in SIGNED and bits >> (width(dtype) - 1) else bits


def _quotient(x: int, y: int) -> int:
    if y == 0:
        return -1
    return abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)


def _remainder(x: int, y: int) -> int:
    return x if y == 0 else x - y * _quotient(x, y)


def _power(x: int, y: int, dtype: np.dtype) -> int:
    if y >= 0:
        return pow(x, y, 1 << width(dtype))
    return {1: 1, -1: 1 if y % 2 == 0 else -1}.get(x, 0)


def _shift(x: int, y: int, dtype: np.dtype, shifted: Callable[[int, int], int], overflow: int) -> int:
    return shifted(x, y) if 0 <= y < width(dtype) else overflow


def _bits(x: int, dtype: np.dtype) -> int:
    return x & ((1 << width(dtype)) - 1)


def _as_signed(x: int, dtype: np.dtype) -> int:
    bits = _bits(x, dtype)
    return bits - (1 << width(dtype)) if bits >> (width(dtype) - 1) else bits


# Functions of Python integers and the dtype; the result is wrapped.
ON_INTEGERS: dict[str, Oracle] = {
    "neg": lambda x, d: -x,
    "abs": lambda x, d: abs(x),
    "sign": lambda x, d: (x > 0) - (x < 0),
    "not": lambda x, d: ~x,
    "popcnt": lambda x, d: _bits(x, d).bit_count(),
    "clz": lambda x, d: width(d) - _bits(x, d).bit_length(),
    "add": lambda x, y, d: x + y,
    "sub": lambda x, y, d: x - y,
    "mul": lambda x, y, d: x * y,
    "div": lambda x, y, d: _quotient(x, y),
    "rem": lambda x, y, d: _remainder(x, y),
    "pow": _power,
    "max": lambda x, y, d: max(x, y),
    "min": lambda x, y, d: min(x, y),
    "and": lambda x, y, d: x & y,
    "or": lambda x, y, d: x | y,
    "xor": lambda x, y, d: x ^ y,
    "shift_left": lambda x, y, d: _shift(x, y, d, lambda a, b: a << b, 0),
    "shift_right_logical": lambda x, y, d: _shift(_bits(x, d), y, d, lambda a, b: a >> b, 0),
    "shift_right_arithmetic": lambda x, y, d: _as_signed(x, d) >> (y if 0 <= y < width(d) else width(d) - 1),
}


def _wide(function: Oracle) -> Oracle:
    """16-bit floats through float32, rounded once."""

    def call(*xs: np.ndarray) -> np.ndarray:
        dtype = xs[0].dtype
        return function(*(x.astype(np.float32) for x in xs)).astype(dtype) if dtype in HALF else function(*xs)

    return call


def _sign(x: np.ndarray) -> np.ndarray:
    return np.where((x == 0) | np.isnan(x), x, np.copysign(1, x))


def _half_away(x: np.ndarray) -> np.ndarray:
    whole = np.trunc(x)
    return np.where(np.abs(x - whole) >= 0.5, whole + np.copysign(1, x), whole).astype(x.dtype)


def _max(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    zeros = (x == 0) & (y == 0)
    return np.where(zeros, np.where(np.signbit(x), y, x), np.maximum(x, y))


def _min(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    zeros = (x == 0) & (y == 0)
    return np.where(zeros, np.where(np.signbit(x), x, y), np.minimum(x, y))


def _nextafter(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """C's rule; for 16-bit floats through the sorted list of all of them."""
    if x.dtype not in HALF:
        return np.where(x == y, y, np.nextafter(x, y))
    every = np.arange(65536, dtype=np.uint32).astype(np.uint16).view(x.dtype)
    order = np.unique(every[~np.isnan(every)].astype(np.float64))
    a, b = x.astype(np.float64), y.astype(np.float64)
    known = np.searchsorted(order, np.where(np.isnan(a), 0, a))
    step = order[np.clip(known + np.where(b > a, 1, -1), 0, len(order) - 1)]
    step = np.where(step == 0, np.copysign(0, a), step)
    result = np.where(a == b, b, step)
    return np.where(np.isnan(a) | np.isnan(b), np.nan, result).astype(x.dtype)


ON_FLOATS: dict[str, Oracle] = {
    "neg": np.negative,
    "abs": np.abs,
    "sign": _wide(_sign),
    "is_finite": np.isfinite,
    "floor": _wide(np.floor),
    "ceil": _wide(np.ceil),
    "round_half_even": _wide(np.rint),
    "round_half_away": _wide(_half_away),
    "add": _wide(np.add),
    "sub": _wide(np.subtract),
    "mul": _wide(np.multiply),
    "div": _wide(np.divide),
    "rem": _wide(np.fmod),
    "max": _wide(_max),
    "min": _wide(_min),
    "nextafter": _nextafter,
}
ON_BOOLS: dict[str, Oracle] = {
    "not": np.logical_not,
    "and": np.logical_and,
    "or": np.logical_or,
    "xor": np.logical_xor,
    "max": np.logical_or,
    "min": np.logical_and,
}
UNARY = {"neg", "abs", "sign", "not", "popcnt", "clz", "is_finite", "floor", "ceil"} | {
    "round_half_even",
    "round_half_away",
}
COMPARISONS: dict[str, Oracle] = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}


def oracles(dtype: np.dtype) -> dict[str, Oracle]:
    """The functions of arrays that are defined for a dtype."""
    if dtype == BOOL:
        return ON_BOOLS
    if is_float(dtype):
        return ON_FLOATS
    return {name: _on_arrays(function) for name, function in ON_INTEGERS.items()}


def _on_arrays(function: Oracle) -> Oracle:
    def call(*xs: np.ndarray) -> np.ndarray:
        dtype = xs[0].dtype
        values = [wrap(function(*map(int, args), dtype), dtype) for args in zip(*xs, strict=True)]
        return np.array(values, dtype)

    return call


def convert(x: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Conversion that saturates floats to integers; NaN gives 0."""
    if x.dtype == np.dtype("f8") and dtype == BFLOAT16:
        # ml_dtypes rounds to float32 first and to bfloat16 then; rounded here at once to 8 significant bits.
        fraction, exponent = np.frexp(x)
        return np.ldexp(np.rint(fraction * 256) / 256, exponent).astype(dtype)
    if not is_float(x.dtype) or dtype not in INTEGER:
        return x.astype(dtype)
    info = np.iinfo(dtype)

    def number(value: float) -> int:
        if np.isnan(value):
            return 0
        return int(info.max if value > info.max else info.min if value < info.min else value)

    return np.array([number(float(v)) for v in x.astype(np.float64)], dtype)


def samples(dtype: np.dtype) -> np.ndarray:
    """Edges of a dtype; no denormal numbers, which IREE's kernels flush to zero."""
    if dtype == BOOL:
        return np.array([False, True])
    if is_float(dtype):
        return np.array(list(_float_samples(dtype))).astype(dtype)
    info = np.iinfo(dtype)
    low, high = int(info.min), int(info.max)
    small = [0, 1, 2, 3, 5, 7, 8, 31, 32, 33, 63, 64, 100, -1, -2, -3, -7, -8, -100]
    edges = [low, low + 1, high, high - 1, high // 2, high // 2 + 1]
    return np.array(sorted({v for v in [*small, *edges] if low <= v <= high}), dtype=dtype)


def _float_samples(dtype: np.dtype) -> Iterator[float]:
    yield from (
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -0.5,
        0.49,
        1.5,
        2.5,
        -2.5,
        3.0,
        0.3,
        -0.7,
        1e-3,
        7.25,
        100.5,
        -1e4,
    )
    yield from (np.inf, -np.inf, np.nan, 6e4, 127.5, 255.5, -128.9, -0.9, 32767.6)
    if dtype != np.dtype("f2"):
        yield from (1e30, -3e30, 2.0**31, 2.0**32, 2.0**63, 2.0**64, -(2.0**31), -(2.0**63), 2.0**31 - 128)
    if dtype == np.dtype("f8"):
        # Halfway between neighbouring float16 (and bfloat16) numbers, and a little to each side.
        for near in (1 + 2.0**-11, 1 + 2.0**-8, 65520.0, 2.0**-24 * 1.5, -(3 + 2.0**-10)):
            yield from (near, near * (1 + 2.0**-40), near * (1 - 2.0**-40))
        yield from (1e300, -1e300, 2147483646.5, 9007199254740993.0)
