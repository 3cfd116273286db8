"""What the ops compute, written a second time and differently, for comparison.

Real functions are computed in a wider float (or by mpmath, or by the C library behind ``math``) and rounded
once; integer functions on Python integers, which then wrap around; ops that move or combine elements by
their index formulas, one element at a time.
"""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np

from axir_compiler.ir.types import UNSIGNED, is_complex, is_float, is_inexact, real_dtype

Array = np.ndarray


# Elements. ----------------------------------------------------------------------------------------------


_WIDE: dict[np.dtype, Any] = {
    np.dtype("float64"): np.longdouble,
    np.dtype("complex64"): np.complex128,
    np.dtype("complex128"): np.clongdouble,
}


def real(function: Callable[..., Any]) -> Callable[..., Array]:
    """A function of wide floats or complex numbers, rounded to the dtype of the first operand or of its parts."""

    def call(*xs: Array, **attrs: Any) -> Array:
        dtype = xs[0].dtype
        with np.errstate(all="ignore"):
            found = np.asarray(function(*(x.astype(_WIDE.get(dtype, np.float64)) for x in xs), **attrs))
            return found.astype(dtype if np.iscomplexobj(found) else real_dtype(dtype))

    return call


def each(function: Callable[..., float]) -> Callable[..., Array]:
    """A function of Python floats, applied to each element."""
    return real(
        lambda *xs, **attrs: _map(lambda *v: function(*map(float, v), **attrs), *xs).astype(np.float64)
    )


def whole(function: Callable[..., Any]) -> Callable[..., Array]:
    """A function of Python integers, wrapped around to the dtype of the first operand."""

    def call(*xs: Array, **attrs: Any) -> Array:
        return wrap(_map(lambda *v: function(*map(int, v), **attrs), *xs), xs[0].dtype)

    return call


def sized(function: Callable[..., Any]) -> Callable[..., Array]:
    """As ``whole``, for functions that need the width of the dtype in bits, which comes first."""

    def call(*xs: Array, **attrs: Any) -> Array:
        return whole(functools.partial(function, xs[0].dtype.itemsize * 8))(*xs, **attrs)

    return call


def numeric(real_function: Any, whole_function: Any) -> Callable[..., Array]:
    """One reference for floats and complex numbers, another for integers."""

    def call(*xs: Array, **attrs: Any) -> Array:
        return (real_function if is_inexact(xs[0].dtype) else whole_function)(*xs, **attrs)

    return call


def _map(function: Callable[..., Any], *xs: Array) -> Array:
    result: Array = np.empty(xs[0].shape, object)
    for i in np.ndindex(xs[0].shape):
        result[i] = function(*(x[i] for x in xs))
    return result


def wrap(values: Array, dtype: np.dtype) -> Array:
    """Integers of any size, modulo the range of a dtype."""
    if dtype == np.dtype(bool):
        return values.astype(bool)
    mask = (1 << dtype.itemsize * 8) - 1
    bits = _map(lambda v: int(v) & mask, values).astype(f"u{dtype.itemsize}")
    return bits.view(dtype)


def quotient(x: int, y: int) -> int:
    """Toward zero; -1 for a zero divisor."""
    return -1 if y == 0 else (abs(x) // abs(y)) * (1 if (x < 0) == (y < 0) else -1)


def remainder(x: int, y: int) -> int:
    """With the sign of ``x``; ``x`` for a zero divisor."""
    return x if y == 0 else x - quotient(x, y) * y


def power(width: int, x: int, y: int) -> int:
    """Modulo the range; the reciprocal of a power is rounded toward zero."""
    if y >= 0:
        return pow(x, y, 1 << width)
    return x ** (-y % 2) if abs(x) == 1 else 0


def to_signed(width: int, x: int) -> int:
    """The bits of an integer as a signed number."""
    x &= (1 << width) - 1
    return x - (1 << width) if x >> (width - 1) else x


def shifted(width: int, x: int, amount: int, *, kind: str) -> int:
    """``x`` shifted by ``amount``; every bit goes out if that is negative or too large."""
    amount = amount if 0 <= amount < width else width
    if kind == "left":
        return x << amount
    return (x & ((1 << width) - 1)) >> amount if kind == "logical" else to_signed(width, x) >> amount


def half_away(x: Array) -> Array:
    """Nearest integer, ties away from zero; adding 0.5 is exact for all but huge numbers."""
    large = np.abs(x) >= 2**52
    return np.where(large, x, np.copysign(np.floor(np.abs(x) + np.where(large, 0, 0.5)), x))


def log_gamma(x: float) -> float:
    if math.isinf(x) or x > 1e305 or (x <= 0 and x == math.floor(x)):
        return math.inf
    return math.lgamma(x)


def digamma(x: float) -> float:
    if not math.isfinite(x) or (x <= 0 and x == math.floor(x)):
        return math.inf if x == math.inf else math.nan
    # Near a pole or far out mpmath needs digits for the reflection formula.
    with mpmath.workdps(60 + int(max(0.0, math.log10(abs(x) + 1)))):
        return float(mpmath.digamma(mpmath.mpf(x))) if abs(x) < 1e40 or x > 0 else math.nan


def erf_inverse(x: float) -> float:
    if abs(x) >= 1 or math.isnan(x):
        return math.copysign(math.inf, x) if abs(x) == 1 else math.nan
    with mpmath.workdps(40):
        return math.copysign(float(mpmath.erfinv(mpmath.mpf(x))), x)


def polygamma(x: float, *, order: int) -> float:
    if not 0 < x < math.inf:
        return (0.0 if order % 2 else -0.0) if x == math.inf else math.nan
    with mpmath.workdps(30):
        return float(mpmath.polygamma(order, mpmath.mpf(x)))


def extremum(largest: bool) -> Callable[..., Array]:
    """Larger or smaller of two; NaN wins, and -0 is below 0."""
    return by_kind(functools.partial(_complex_extremum, largest), _real_extremum(largest))


def _real_extremum(largest: bool) -> Callable[..., Array]:
    return lambda x, y: _map(lambda a, b: fold_extremum([a, b], largest), x, y).astype(x.dtype)


def _complex_extremum(largest: bool, x: Array, y: Array) -> Array:
    """By Python's order of pairs, in which NaN is neither above nor below anything."""

    def pick(a: Any, b: Any) -> Any:
        low, high = (a, b) if largest else (b, a)
        if low.real != high.real:
            return a if high.real < low.real else b
        return a if high.imag < low.imag else b

    return by_index(x.shape, x.dtype, lambda i: pick(x[i], y[i]))


def fold_extremum(values: Sequence[Any], largest: bool) -> Any:
    """Largest or smallest of some values, NaN if there is one, with -0 below 0."""
    nan = [v for v in values if v != v]
    if any(map(np.iscomplexobj, values)):
        pick = max if largest else min
        return nan[0] if nan else pick(values, key=lambda v: (v.real, v.imag))
    ordered = sorted(values, key=lambda v: (v, not np.signbit(np.float64(v))))
    return nan[0] if nan else ordered[-1 if largest else 0]


def clamp(lower: Array, x: Array, upper: Array) -> Array:
    return extremum(False)(extremum(True)(x, lower), upper)


def convert(x: Array, *, dtype: np.dtype) -> Array:
    """Saturating from floats to integers, wrapping between integers; only real parts go to real dtypes."""
    if dtype == np.dtype(bool):
        return _map(lambda v: v != 0, x).astype(bool)
    if is_complex(dtype):
        return from_parts(*(convert(part, dtype=real_dtype(dtype)) for part in parts(x)))
    if is_complex(x.dtype):
        return convert(parts(x)[0], dtype=dtype)
    if is_float(dtype):
        source = x.astype(np.longdouble) if x.dtype != np.dtype(bool) else x.astype(int)
        with np.errstate(all="ignore"):
            return source.astype(np.float64 if dtype.itemsize == 2 else dtype).astype(dtype)
    return wrap(_map(functools.partial(_to_integer, dtype), x), dtype)


def _to_integer(dtype: np.dtype, value: Any) -> int:
    if not is_float(np.asarray(value).dtype):
        return int(value)
    info, number = np.iinfo(dtype), float(value)
    if math.isnan(number):
        return 0
    return int(info.max if number >= info.max else info.min if number <= info.min else int(number))


def parts(x: Array) -> tuple[Array, Array]:
    """Real and imaginary parts, by the layout of complex numbers in memory."""
    if not is_complex(x.dtype):
        return x, np.zeros(x.shape, x.dtype)
    pairs = np.frombuffer(x.tobytes(), real_dtype(x.dtype)).reshape(*x.shape, 2)
    return pairs[..., 0], pairs[..., 1]


def from_parts(re: Array, im: Array) -> Array:
    kind = {np.dtype("float32"): np.complex64, np.dtype("float64"): np.complex128}.get(
        re.dtype, np.clongdouble
    )
    result = np.empty(re.shape, kind)
    for i in np.ndindex(re.shape):
        result.real[i], result.imag[i] = re[i], im[i]
    return result


def conjugate(x: Array) -> Array:
    re, im = parts(x)
    return from_parts(re, -im)


def unit(x: Array) -> Array:
    """``x / |x|`` part by part, zeros as they are."""
    size = np.abs(x)
    with np.errstate(all="ignore"):
        return np.where(x == 0, x, from_parts(x.real / size, x.imag / size))


def product(x: Array, y: Array) -> Array:
    """Products of complex numbers, part by part."""
    return from_parts(x.real * y.real - x.imag * y.imag, x.real * y.imag + x.imag * y.real)


def over(x: Array, y: Array) -> Array:
    """Quotients of floats or complex numbers."""
    return complex_quotient(x, y) if np.iscomplexobj(y) else x / y


def raised(x: Array, *, exponent: int) -> Array:
    """Complex numbers to an integer power, by halving the exponent."""
    if exponent < 0:
        return complex_quotient(np.ones_like(x), raised(x, exponent=-exponent))
    if exponent == 0:
        return np.ones_like(x)
    half = raised(x, exponent=exponent // 2) if exponent > 1 else None
    square = x if half is None else product(half, half)
    return product(square, x) if half is not None and exponent % 2 else square


def complex_quotient(x: Array, y: Array) -> Array:
    """Quotients of complex numbers as in the example of C99, Annex G.5.1, element by element in wide floats.

    A divisor of zero counts as positive.
    """
    return _map(_quotient_of_one, x, y).astype(x.dtype)


def _quotient_of_one(x: Any, y: Any) -> Any:
    a, b, c, d = x.real, x.imag, y.real, y.imag
    size = np.maximum(np.abs(c), np.abs(d))
    scale = np.frexp(size)[1] if np.isfinite(size) else 0
    c, d = np.ldexp(c, -scale), np.ldexp(d, -scale)
    denominator = c * c + d * d
    re, im = np.ldexp((a * c + b * d) / denominator, -scale), np.ldexp((b * c - a * d) / denominator, -scale)
    if np.isnan(re) and np.isnan(im):
        infinite = [np.isinf(v) for v in (a, b, c, d)]
        if denominator == 0:
            re, im = a / denominator, b / denominator
        elif any(infinite[:2]) and np.isfinite(c) and np.isfinite(d):
            a, b = np.copysign(np.float64(infinite[0]), a), np.copysign(np.float64(infinite[1]), b)
            re, im = np.inf * (a * c + b * d), np.inf * (b * c - a * d)
        elif any(infinite[2:]) and np.isfinite(a) and np.isfinite(b):
            c, d = np.copysign(np.float64(infinite[2]), c), np.copysign(np.float64(infinite[3]), d)
            re, im = 0.0 * (a * c + b * d), 0.0 * (b * c - a * d)
    result = np.empty((), np.result_type(re, np.complex64))
    result.real, result.imag = re, im
    return result[()]


def complex_expm1(x: Array) -> Array:
    """By way of the real functions near 0, else ``exp(x) - 1`` with the real part alone changed."""
    whole = np.exp(x)
    near = np.expm1(x.real) * np.cos(x.imag) - (1 - np.cos(x.imag))
    small = (np.abs(x.real) < 1) & np.isfinite(x.imag)
    return from_parts(np.where(small, near, whole.real - 1), whole.imag)


def complex_power(x: Array, y: Array) -> Array:
    """``exp(y log(x))``; ``x**0`` is 1, a power of 0 is 0 for positive real exponents, else NaN."""
    general = np.exp(y * np.log(np.where(x == 0, 1, x)))
    of_zero = np.where((y.real > 0) & (y.imag == 0), 0, complex(np.nan, np.nan))
    return np.where(y == 0, 1, np.where(x == 0, of_zero, general))


def complex_sigmoid(x: Array) -> Array:
    left = x.real < 0
    e = np.exp(np.where(left, x, -x))
    denominator = from_parts(e.real + 1, e.imag)
    return complex_quotient(np.where(left, e, np.ones_like(x)), denominator)


def by_kind(on_complex: Callable[..., Array], on_others: Callable[..., Array]) -> Callable[..., Array]:
    """One reference for complex numbers, another for the rest."""
    return lambda *xs, **attrs: (on_complex if np.iscomplexobj(xs[0]) else on_others)(*xs, **attrs)


def is_finite(x: Array) -> Array:
    return np.all([np.abs(part) < np.inf for part in parts(x)], axis=0)


def bitcast(x: Array, *, dtype: np.dtype) -> Array:
    return np.frombuffer(x.tobytes(), dtype).reshape(x.shape)


def select(predicate: Array, x: Array, y: Array) -> Array:
    return _map(lambda p, a, b: a if p else b, predicate, x, y).astype(x.dtype)


def compare(x: Array, y: Array, *, direction: str) -> Array:
    return _map(getattr(operator, direction), x, y).astype(bool)


def next_after(x: Array, y: Array) -> Array:
    """One step in the order of bit patterns: sign and magnitude, both zeros in the middle."""
    bits = np.dtype(f"i{x.dtype.itemsize}")

    def step(a: Any, b: Any) -> Any:
        if a != a or b != b or a == b:
            return a + b if (a != a or b != b) else b
        word = int(np.asarray(a).view(bits)) & ((1 << (bits.itemsize * 8 - 1)) - 1)
        sign = bool(np.signbit(np.float64(a)))
        if a == 0:
            word, sign = 1, bool(b < 0)
        else:
            word += 1 if (b < a) == sign else -1
        return (
            np.asarray(word | (sign << (bits.itemsize * 8 - 1))).astype(f"u{bits.itemsize}").view(x.dtype)[()]
        )

    return _map(step, x, y).astype(x.dtype)


def threefry(key0: Array, key1: Array, x0: Array, x1: Array) -> tuple[Array, Array]:
    """Threefry-2x32-20 on Python integers."""
    pairs = _map(lambda *v: _threefry_block(*map(int, v)), key0, key1, x0, x1)
    return tuple(_map(operator.itemgetter(i), pairs).astype(np.uint32) for i in (0, 1))  # pyright: ignore


def _threefry_block(k0: int, k1: int, c0: int, c1: int) -> tuple[int, int]:
    mask = 0xFFFFFFFF
    keys = [k0, k1, k0 ^ k1 ^ 0x1BD11BDA]
    c0, c1 = (c0 + k0) & mask, (c1 + k1) & mask
    for r in range(20):
        c0 = (c0 + c1) & mask
        amount = (13, 15, 26, 6, 17, 29, 16, 24)[r % 8]
        c1 = ((c1 << amount | c1 >> (32 - amount)) & mask) ^ c0
        if r % 4 == 3:
            n = r // 4 + 1
            c0, c1 = (c0 + keys[n % 3]) & mask, (c1 + keys[(n + 1) % 3] + n) & mask
    return c0, c1


# Movement of elements. ----------------------------------------------------------------------------------


def by_index(shape: Sequence[int], dtype: np.dtype, rule: Callable[[tuple[int, ...]], Any]) -> Array:
    """The array whose element at each index is given by a rule."""
    result = np.empty(shape, dtype)
    for i in np.ndindex(*shape):
        result[i] = rule(i)
    return result


def constant(*, value: Any) -> Array:
    return np.frombuffer(value.value.tobytes(), value.dtype).reshape(())


def iota(*, shape: tuple[int, ...], dimension: int, dtype: np.dtype) -> Array:
    return by_index(shape, dtype, lambda i: i[dimension])


def broadcast(x: Array, *, shape: tuple[int, ...], dimensions: tuple[int, ...]) -> Array:
    def rule(i: tuple[int, ...]) -> Any:
        return x[tuple(0 if n == 1 else i[d] for n, d in zip(x.shape, dimensions, strict=True))]

    return by_index(shape, x.dtype, rule)


def reshape(x: Array, *, shape: tuple[int, ...]) -> Array:
    elements = iter([x[i] for i in np.ndindex(x.shape)])
    return by_index(shape, x.dtype, lambda i: next(elements))


def transpose(x: Array, *, permutation: tuple[int, ...]) -> Array:
    def rule(i: tuple[int, ...]) -> Any:
        source = dict(zip(permutation, i, strict=True))
        return x[tuple(source[d] for d in range(x.ndim))]

    return by_index([x.shape[p] for p in permutation], x.dtype, rule)


def reverse(x: Array, *, dimensions: tuple[int, ...]) -> Array:
    def rule(i: tuple[int, ...]) -> Any:
        return x[tuple(x.shape[d] - 1 - n if d in dimensions else n for d, n in enumerate(i))]

    return by_index(x.shape, x.dtype, rule)


def concatenate(*xs: Array, dimension: int) -> Array:
    sources = [(x, n) for x in xs for n in range(x.shape[dimension])]
    shape = list(xs[0].shape)
    shape[dimension] = len(sources)

    def rule(i: tuple[int, ...]) -> Any:
        x, n = sources[i[dimension]]
        return x[(*i[:dimension], n, *i[dimension + 1 :])]

    return by_index(shape, xs[0].dtype, rule)


def pad(x: Array, value: Array, *, low: Any, high: Any, interior: Any) -> Array:
    sides = list(zip(x.shape, low, high, interior, strict=True))
    result = by_index([a + b + n + k * max(n - 1, 0) for n, a, b, k in sides], x.dtype, lambda i: value[()])
    for i in np.ndindex(x.shape):
        target = tuple(a + j * (k + 1) for j, (_, a, _, k) in zip(i, sides, strict=True))
        if all(0 <= t < n for t, n in zip(target, result.shape, strict=True)):
            result[target] = x[i]
    return result


def window(x: Array, *, start: Any, limit: Any, stride: Any) -> Array:
    ranges = [list(range(a, b, s)) for a, b, s in zip(start, limit, stride, strict=True)]
    return by_index(
        [len(r) for r in ranges], x.dtype, lambda i: x[tuple(r[n] for r, n in zip(ranges, i, strict=True))]
    )


def _clamped(x: Array, starts: Sequence[Array], sizes: Sequence[int]) -> list[int]:
    return [max(0, min(int(s), n - m)) for s, n, m in zip(starts, x.shape, sizes, strict=True)]


def dynamic_window(x: Array, *starts: Array, sizes: tuple[int, ...]) -> Array:
    at = _clamped(x, starts, sizes)
    return by_index(sizes, x.dtype, lambda i: x[tuple(a + n for a, n in zip(at, i, strict=True))])


def dynamic_update(x: Array, update: Array, *starts: Array) -> Array:
    at = _clamped(x, starts, update.shape)
    result = by_index(x.shape, x.dtype, lambda i: x[i])
    for i in np.ndindex(update.shape):
        result[tuple(a + n for a, n in zip(at, i, strict=True))] = update[i]
    return result


# Reductions and products. -------------------------------------------------------------------------------


def _lines(x: Array, axes: tuple[int, ...]) -> tuple[tuple[int, ...], Callable[[tuple[int, ...]], list[Any]]]:
    """Shape of a reduction, and the elements that go into each of its results."""
    kept = [d for d in range(x.ndim) if d not in axes]

    def line(i: tuple[int, ...]) -> list[Any]:
        ranges = [range(x.shape[d]) if d in axes else (i[kept.index(d)],) for d in range(x.ndim)]
        return [x[j] for j in itertools.product(*ranges)]

    return tuple(x.shape[d] for d in kept), line


def reduced(combine: Callable[[Any, Any], Any], identity: Any) -> Callable[..., Array]:
    """Elements combined one after the other, in Python numbers, starting from an identity."""

    def call(x: Array, *, axes: tuple[int, ...]) -> Array:
        shape, line = _lines(x, axes)
        kind = complex if is_complex(x.dtype) else float if is_float(x.dtype) else int
        found = by_index(
            shape, np.dtype(object), lambda i: functools.reduce(combine, map(kind, line(i)), identity)
        )
        if is_complex(x.dtype):
            return found.astype(x.dtype)
        return found.astype(np.float64).astype(x.dtype) if is_float(x.dtype) else wrap(found, x.dtype)

    return call


def reduced_extremum(largest: bool) -> Callable[..., Array]:
    def call(x: Array, *, axes: tuple[int, ...]) -> Array:
        shape, line = _lines(x, axes)
        if is_inexact(x.dtype):
            identity: Any = -math.inf if largest else math.inf
        else:
            identity = np.iinfo(x.dtype).min if largest else np.iinfo(x.dtype).max
        return by_index(shape, x.dtype, lambda i: fold_extremum([identity, *line(i)], largest))

    return call


def position(largest: bool) -> Callable[..., Array]:
    """Index of the first extreme element; the first NaN wins."""

    def call(x: Array, *, axis: int, index_dtype: np.dtype) -> Array:
        shape, line = _lines(x, (axis,))

        def rule(i: tuple[int, ...]) -> int:
            values = line(i)
            nan = [n for n, v in enumerate(values) if v != v]
            return nan[0] if nan else values.index((max if largest else min)(values))

        return by_index(shape, index_dtype, rule)

    return call


def dot_general(
    x: Array,
    y: Array,
    *,
    lhs_contract: Any,
    rhs_contract: Any,
    lhs_batch: Any,
    rhs_batch: Any,
    dtype: np.dtype,
) -> Array:
    """By ``einsum``, one letter for each axis."""
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    left = [next(letters) for _ in range(x.ndim)]
    right = [next(letters) for _ in range(y.ndim)]
    for a, b in (*zip(lhs_contract, rhs_contract, strict=True), *zip(lhs_batch, rhs_batch, strict=True)):
        right[b] = left[a]
    shared = {left[a] for a in lhs_batch}
    out = [left[a] for a in lhs_batch]
    out += [c for c in left if c not in right and c not in shared]
    out += [c for c in right if c not in left and c not in shared]
    formula = f"{''.join(left)},{''.join(right)}->{''.join(out)}"
    kind: Any = np.int64 if dtype not in UNSIGNED else np.uint64
    if is_inexact(dtype):
        kind = np.complex128 if is_complex(dtype) else np.float64
    found = np.einsum(formula, x.astype(kind), y.astype(kind))
    return np.asarray(found).astype(dtype)


def fourier(x: Array, *, kind: str, lengths: tuple[int, ...]) -> Array:
    """Sums over roots of unity along one axis after the other, in wide complex numbers."""
    first = x.ndim - len(lengths)
    values = x.astype(np.clongdouble)
    if kind == "irfft":
        length, last = lengths[-1], values.shape[-1]
        mirrored = np.conj(values[..., length - last : 0 : -1])
        for axis in range(first, x.ndim - 1):
            # The mirrored half belongs to the opposite frequencies of the other axes.
            mirrored = np.roll(np.flip(mirrored, axis), 1, axis)
        values = np.concatenate([values, mirrored], -1)
    sign = -1 if kind in ("fft", "rfft") else 1
    for axis, length in enumerate(lengths, first):
        steps = np.outer(np.arange(length), np.arange(length)) % length
        turns = steps.astype(np.longdouble) * (2 * np.arctan2(np.longdouble(0), np.longdouble(-1)) / length)
        matrix = np.cos(turns) + sign * 1j * np.sin(turns)
        values = np.moveaxis(np.tensordot(matrix, values, (1, axis)), 0, axis)
        values = values / (length if sign > 0 else 1)
    dtype = x.dtype if is_complex(x.dtype) else np.dtype(f"c{2 * x.dtype.itemsize}")
    if kind == "irfft":
        # The imaginary parts of the first and of the middle element do not count.
        return values.real.astype(real_dtype(dtype))
    return (values[..., : lengths[-1] // 2 + 1] if kind == "rfft" else values).astype(dtype)
