"""Compiled elementwise functions of f32 and f64 against exact values."""

from __future__ import annotations

import functools
import math
import zlib
from dataclasses import dataclass
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from accuracy_tools import BINARY, EXACT, UNARY, call, compile_all, exact_values, flush, ulps

FLOAT32, FLOAT64 = np.dtype("float32"), np.dtype("float64")
DTYPES = (FLOAT32, FLOAT64)
# Not a multiple of any vector length.
LENGTH = 4003


@dataclass(frozen=True)
class Case:
    """A function, the error it may have in ulp, and where to look besides the whole range of numbers.

    The limits are a little above the largest errors found in sweeps over 17 million f32 and 1.5 million f64
    arguments. ``dense``: intervals with uniform samples; ``points``: breakpoints, looked at from both sides."""

    name: str
    limit: float
    dense: tuple[tuple[float, float], ...] = ((-4.0, 4.0),)
    points: tuple[float, ...] = ()

    def __str__(self) -> str:
        return self.name


LN_MAX, LN_TINY = (88.72283, 709.782712893384), (-87.33654, -708.3964185322641)
PI = math.pi

CASES = (
    Case("exp", 1.2, ((-90, 90), (-1, 1)), (*LN_MAX, *LN_TINY)),
    Case("exp2", 1.3, ((-130, 130), (-1, 1)), (-126, 128, -1022, 1024, 0.5, -0.5)),
    Case("expm1", 2.0, ((-2, 2), (-40, 90)), (*LN_MAX, -17.5, -38, 0.3466)),
    Case("log", 1.0, ((0.5, 2), (0, 1e3))),
    Case("log1p", 1.7, ((-1, 1), (-0.01, 0.01)), (-1, 0.41421356, -0.29289322)),
    Case("logistic", 2.7, ((-100, 100), (-4, 4)), (*LN_MAX, *LN_TINY)),
    Case("sqrt", 0.5, ((0, 4),)),
    Case("rsqrt", 1.5, ((0, 4),)),
    Case("cbrt", 1.2, ((-8, 8),), (8, 64)),
    Case(
        "sin",
        3.0,
        ((-7, 7), (-2e5, 2e5), (-2e9, 2e9)),
        (PI, PI / 2, PI / 4, 2.0**17, 2.0**30, 2.0**72 * 16367173),
    ),
    Case(
        "cos",
        3.0,
        ((-7, 7), (-2e5, 2e5), (-2e9, 2e9)),
        (PI, PI / 2, PI / 4, 2.0**17, 2.0**30, 2.0**72 * 16367173),
    ),
    Case("tan", 2.8, ((-7, 7), (-2e5, 2e5), (-2e9, 2e9)), (PI, PI / 2, PI / 4, 2.0**17, 2.0**30, 90397.76)),
    Case("tanh", 2.8, ((-1, 1), (-25, 25)), (9, 20)),
    Case("asin", 2.6, ((-1, 1), (0.4, 0.6)), (0.5, 1)),
    Case("acos", 1.5, ((-1, 1), (0.4, 0.6), (0.99, 1)), (0.5, 1)),
    Case("atan", 2.5, ((-3, 3),), (1, 0.41421356, 2.41421356)),
    Case("sinh", 1.8, ((-2, 2), (-90, 90)), (1, 89.4159, 710.4758600739439)),
    Case("cosh", 1.7, ((-2, 2), (-90, 90)), (89.4159, 710.4758600739439)),
    Case("asinh", 2.2, ((-2, 2),), (2.0**26, 2.0**55)),
    Case("acosh", 2.7, ((1, 3), (1, 1.01)), (1, 2.0**26, 2.0**55)),
    Case("atanh", 2.4, ((-1, 1), (0.99, 1)), (1,)),
    Case("erf", 2.8, ((-1.2, 1.2), (-7, 7)), (1, 3.92)),
    Case("erfc", 3.8, ((-1.2, 1.2), (-7, 7), (3, 28)), (0.5, 9.2, 26.5)),
    Case("erf_inv", 3.5, ((-1, 1), (0.8, 1), (0.999, 1)), (0.85, 1)),
    Case("lgamma", 3.5, ((-9, 9), (0.7, 1.3), (1.7, 2.3)), (0.75, 1, 2, 3, 8, 10.5, 17.5)),
    Case("digamma", 2.0, ((-9, 9), (0.7, 1.3), (1.4, 1.5)), (1, 1.4616321449683623, 8)),
)


def numbers(dtype: np.dtype, *values: float) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.array(values, np.float64).astype(dtype)


def with_neighbours(x: np.ndarray) -> np.ndarray:
    """Also the two numbers next to each."""
    infinity = x.dtype.type(np.inf)
    with np.errstate(over="ignore", under="ignore"):
        return np.concatenate([x, np.nextafter(x, infinity), np.nextafter(x, -infinity)])


def specials(dtype: np.dtype) -> np.ndarray:
    info = np.finfo(dtype)
    values = (0.0, 1.0, 2.0, 3.0, 0.5, 0.1, 10.0, 1e3, math.inf, float(info.max), float(info.tiny))
    positive = np.concatenate([numbers(dtype, *values), numbers(dtype, float(info.eps), float(info.eps) / 4)])
    return np.concatenate([positive, -positive, numbers(dtype, math.nan)])


def generator(name: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(name.encode()))


def log_uniform(rng: np.random.Generator, dtype: np.dtype, count: int) -> np.ndarray:
    """Numbers of both signs, over the whole range of the format."""
    info = np.finfo(dtype)
    exponents = rng.integers(int(info.minexp), int(info.maxexp), count)
    return np.ldexp(rng.uniform(1, 2, count) * rng.choice([-1, 1], count), exponents).astype(dtype)


def samples(case: Case, dtype: np.dtype) -> np.ndarray:
    """`LENGTH` arguments: special values, breakpoints, the case's intervals and the whole range."""
    rng = generator(case.name)
    points = numbers(dtype, *case.points)
    fixed = np.concatenate([with_neighbours(np.concatenate([points, -points])), specials(dtype)])
    ranges = [rng.uniform(low, high, 800).astype(dtype) for low, high in case.dense]
    wide = log_uniform(rng, dtype, LENGTH)
    # mpmath has no negative zero: that has a test of its own.
    return flush(np.concatenate([fixed, *ranges, wide])[:LENGTH]) + dtype.type(0)


@functools.cache
def module(dtype: np.dtype) -> Any:
    return compile_all(dtype, LENGTH)


@functools.cache
def single_module(dtype: np.dtype) -> Any:
    return compile_all(dtype, 1)


def largest_error(name: str, dtype: np.dtype, arrays: tuple[np.ndarray, ...]) -> tuple[float, str]:
    """The largest error in ulp and where it is."""
    got = call(module(dtype), name, *arrays)
    exact = exact_values(name, arrays)
    errors = [ulps(float(a), b, dtype) for a, b in zip(got, exact, strict=True)]
    i = int(np.argmax(errors))
    return errors[i], f"{name}{tuple(a[i] for a in arrays)} = {got[i]}, not {exact[i]}"


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_error_in_ulp(case: Case, dtype: np.dtype) -> None:
    x = samples(case, dtype)
    error, where = largest_error(case.name, dtype, (x,))
    assert error <= case.limit, f"{error:.3g} ulp: {where}"


@functools.cache
def negative_zeros(name: str) -> np.ndarray:
    """The zeros of lgamma that numbers can be close to; of digamma the first 60 and some far out."""
    if name == "lgamma":
        whole = [n for n in range(5, 18) for _ in "+-"]
        starts = [-n + (-1) ** i / math.factorial(n) for i, n in enumerate(whole)]
        starts += [-2.457, -2.748, -3.144, -3.955, -4.039]
    else:
        far = np.exp(generator(name).uniform(4.1, 14, 60)).astype(int)
        starts = [
            -n + math.atan(math.pi / math.log(n + 0.5)) / math.pi for n in [*range(1, 61), *far.tolist()]
        ]
    return np.array([zero_near(name, start) for start in starts])


def zero_near(name: str, start: float) -> float:
    """By the secant method, with a first step that is small against the distance to the pole."""
    step = 1e-6 * abs(start - round(start))
    return float(mp.findroot(EXACT[name], (mp.mpf(start), mp.mpf(start) + step)))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", ["lgamma", "digamma"])
def test_error_next_to_negative_zeros(name: str, dtype: np.dtype) -> None:
    """The three numbers next to each zero, and others nearby."""
    zeros = negative_zeros(name)
    nearby = np.concatenate(
        [zeros * (1 + sign * 10.0**-k) for sign in (1, -1) for k in (2, 3, 4, 6, 8, 11, 14)]
    )
    x = np.concatenate([with_neighbours(zeros.astype(dtype)), nearby.astype(dtype)])
    error, where = largest_error(name, dtype, (padded(x),))
    assert error <= 4, f"{error:.3g} ulp: {where}"


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", ["lgamma", "digamma"])
def test_error_on_the_negative_axis(name: str, dtype: np.dtype) -> None:
    """Everywhere, next to the poles, and where few or no numbers are left between them."""
    rng = generator(name)
    near_poles = rng.integers(1, 40, 900) + rng.choice([-1, 1], 900) * 10.0 ** rng.uniform(-15, -1, 900)
    large = np.exp2(rng.uniform(10, np.finfo(dtype).nmant, 900))
    parts = [rng.uniform(0, 30, 1303), near_poles, large, np.exp(rng.uniform(-60, 12, 900))]
    error, where = largest_error(name, dtype, (-np.concatenate(parts).astype(dtype),))
    assert error <= (1.6 if name == "lgamma" else 1.0), f"{error:.3g} ulp: {where}"


def test_number_closest_to_a_zero_of_digamma() -> None:
    """Of all numbers of f32 this one needs more than twice the digits: see the docstring of the module."""
    x = padded(numbers(FLOAT32, -66.79590606689453))
    got, exact = call(module(FLOAT32), "digamma", x)[0], exact_values("digamma", (x[:1],))[0]
    assert got == np.float32(float(exact))


def pow_samples(dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """Bases of all sizes and next to 1, exponents that use the whole range of results; negative bases."""
    rng = generator("pow")
    near_one = 1 + rng.uniform(-1, 1, 1503) * 10.0 ** rng.uniform(-6, -0.3, 1503)
    x = np.concatenate([np.abs(log_uniform(rng, dtype, 2000)), near_one.astype(dtype)])
    logarithm = np.log(x.astype(np.float64))
    largest = math.log(float(np.finfo(dtype).max))
    y = rng.uniform(-1.02, 1.02, x.size) * largest / np.where(logarithm == 0, 1, logarithm)
    y = y.astype(dtype)
    negative, whole = -rng.uniform(0, 30, 500).astype(dtype), rng.integers(-20, 20, 500).astype(dtype)
    return np.concatenate([x, negative]), flush(np.concatenate([y, whole]))


def atan2_samples(dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """All quadrants: any two numbers, and two of similar size."""
    rng = generator("atan2")
    x = log_uniform(rng, dtype, LENGTH)
    with np.errstate(over="ignore"):
        similar = (x[:3003] * np.exp(rng.uniform(-3, 3, 3003)) * rng.choice([-1, 1], 3003)).astype(dtype)
    return flush(np.concatenate([similar, log_uniform(rng, dtype, 1000)])) + dtype.type(0), x


def fmod_samples(dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """Quotients from below 1 to the largest there are."""
    rng = generator("fmod")
    x, y = log_uniform(rng, dtype, LENGTH), log_uniform(rng, dtype, LENGTH)
    x[:100], y[:100] = np.arange(-50, 50) * dtype.type(1.5), dtype.type(3)
    x[100:103], y[100:103] = np.finfo(dtype).max, (np.finfo(dtype).tiny, 3, np.pi)
    return x, y


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(
    ("name", "arguments", "limit"),
    [("pow", pow_samples, 1.4), ("atan2", atan2_samples, 2.6), ("fmod", fmod_samples, 0.0)],
)
def test_error_of_two_arguments(name: str, arguments: Any, limit: float, dtype: np.dtype) -> None:
    error, where = largest_error(name, dtype, arguments(dtype))
    assert error <= limit, f"{error:.3g} ulp: {where}"


def padded(x: np.ndarray) -> np.ndarray:
    """The numbers over and over, up to `LENGTH`."""
    return np.resize(x, LENGTH)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(("name", "reference"), [("atan2", np.arctan2), ("pow", np.power), ("fmod", np.fmod)])
def test_special_values_of_two_arguments(name: str, reference: Any, dtype: np.dtype) -> None:
    """C99, annex F: zeros, infinities, NaN, integral and broken exponents, all signs."""
    positive = numbers(dtype, 0, 0.5, 1, 1.5, 2, 3, 4, 2.0**30, 2.0**60, math.inf)
    values = np.concatenate([positive, -positive, numbers(dtype, math.nan)])
    x, y = np.meshgrid(values, values)
    with np.errstate(all="ignore"):
        wanted = reference(x.ravel(), y.ravel())
    got = call(module(dtype), name, padded(x.ravel()), padded(y.ravel()))[: wanted.size]
    np.testing.assert_allclose(got, wanted, rtol=2e-7 if dtype == FLOAT32 else 4e-16)
    zero = wanted == 0
    np.testing.assert_array_equal(np.signbit(got[zero]), np.signbit(wanted[zero]))


ODD = "expm1 log1p cbrt sin tan tanh asin atan sinh asinh atanh erf erf_inv sqrt"


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", ODD.split())
def test_negative_zero_is_kept(name: str, dtype: np.dtype) -> None:
    got = call(module(dtype), name, padded(numbers(dtype, -0.0, 0.0)))
    np.testing.assert_array_equal(np.signbit(got[:2]), [True, False])
    np.testing.assert_array_equal(got[:2], 0)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_poles(dtype: np.dtype) -> None:
    inf, nan = math.inf, math.nan
    table = {
        ("rsqrt", -0.0): -inf,
        ("log", -0.0): -inf,
        ("lgamma", -0.0): inf,
        ("lgamma", -3.0): inf,
        ("lgamma", -1e30): inf,
        ("lgamma", -inf): inf,
        ("digamma", -0.0): nan,
        ("digamma", -2.0): nan,
        ("digamma", -1e30): nan,
        ("digamma", -inf): nan,
        ("digamma", inf): inf,
    }
    for (name, x), wanted in table.items():
        got = call(module(dtype), name, padded(numbers(dtype, x)))
        np.testing.assert_array_equal(got, padded(numbers(dtype, wanted)), err_msg=f"{name}({x})")


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_exact_results(dtype: np.dtype) -> None:
    """What users expect to be exact."""
    twos = np.arange(-120, 120).astype(dtype)
    whole = np.arange(0, 100).astype(dtype)
    checks = {
        "exp2": (twos, np.exp2(twos)),
        "cbrt": (whole**3, whole),
        "exp": (numbers(dtype, 0.0), numbers(dtype, 1.0)),
        "cos": (numbers(dtype, 0.0), numbers(dtype, 1.0)),
        "logistic": (numbers(dtype, 0.0), numbers(dtype, 0.5)),
    }
    for name, (x, wanted) in checks.items():
        got = call(module(dtype), name, padded(x))[: wanted.size]
        np.testing.assert_array_equal(got, wanted.astype(dtype), err_msg=name)
    x, y = (v.ravel().astype(dtype) for v in np.meshgrid(np.arange(-9, 10), np.arange(0, 7)))
    np.testing.assert_array_equal(call(module(dtype), "pow", padded(x), padded(y))[: x.size], x**y)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", ["sin", "cos", "tanh", "erf", "logistic"])
def test_bounds_are_not_exceeded(name: str, dtype: np.dtype) -> None:
    for x in np.split(np.linspace(-20, 20, 20 * LENGTH).astype(dtype), 20):
        assert np.abs(call(module(dtype), name, x)).max() <= 1


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_denormal_numbers_count_as_zero(dtype: np.dtype) -> None:
    x = padded(numbers(dtype, np.finfo(dtype).tiny / 4, -np.finfo(dtype).tiny / 4))
    # A result that is its argument is passed on as it is.
    assert np.abs(call(module(dtype), "sin", x)).max() <= np.finfo(dtype).tiny
    np.testing.assert_array_equal(call(module(dtype), "exp", x), 1)
    np.testing.assert_array_equal(call(module(dtype), "log", x), -np.inf)
    low = -math.log(float(np.finfo(dtype).max)) - 1
    np.testing.assert_array_equal(call(module(dtype), "exp", padded(numbers(dtype, low))), 0)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_scalar_code_gives_the_same_numbers(name: str, dtype: np.dtype) -> None:
    """A single element compiles to scalar instructions."""
    rng = generator(name)
    values = [specials(dtype), rng.uniform(-4, 4, 10).astype(dtype), log_uniform(rng, dtype, 10)]
    x = flush(np.concatenate(values))
    arrays = [x, np.roll(x, 7)][: 2 if name in BINARY else 1]
    vector = call(module(dtype), name, *map(padded, arrays))[: x.size]
    single = [call(single_module(dtype), name, *(a[i : i + 1] for a in arrays))[0] for i in range(x.size)]
    np.testing.assert_array_equal(np.array(single), vector)
    np.testing.assert_array_equal(np.signbit(single)[vector == 0], np.signbit(vector)[vector == 0])
