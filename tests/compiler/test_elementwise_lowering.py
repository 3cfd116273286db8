"""Scalar functions on arrays (vector code) and on single numbers (scalar code) against ``scalar_reference``.

The functions of a dtype share a few kernels with many results, which compile as fast as single functions.
"""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np
import pytest
from iree_runner import Program, Suite
from scalar_reference import (
    BOOL,
    COMPARISONS,
    FLOATING,
    HALF,
    INTEGER,
    UNARY,
    convert,
    is_float,
    oracles,
    samples,
)
from scipy import special

from axir_compiler.lowering import builders, scalar
from axir_compiler.lowering.emit import signless
from axir_compiler.mlir import ir

DTYPES = [BOOL, *INTEGER, *FLOATING]
Results = dict[str, np.ndarray]


def _functions(dtype: np.dtype) -> dict[str, tuple[Any, np.dtype]]:
    """Scalar functions of ``(x, y)`` by name, with their result dtypes."""

    def unary(name: str) -> Any:
        return lambda x, y: getattr(scalar, name)(dtype, x)

    def binary(name: str) -> Any:
        return lambda x, y: getattr(scalar, name)(dtype, x, y)

    found = {name: ((unary if name in UNARY else binary)(name), dtype) for name in oracles(dtype)}
    if "is_finite" in found:
        found["is_finite"] = (found["is_finite"][0], BOOL)
    for direction in COMPARISONS:
        found[direction] = (functools.partial(_compare, dtype, direction), BOOL)
    for target in DTYPES:
        if target == dtype:
            continue
        found[f"to {target}"] = (lambda x, y, d=target: scalar.convert(dtype, d, x), target)
    found["select"] = (lambda x, y: scalar.select(_compare(dtype, "lt", x, y), x, y), dtype)
    return found


def _compare(dtype: np.dtype, direction: str, x: ir.Value, y: ir.Value) -> ir.Value:
    return scalar.compare(dtype, direction, x, y)


def _expected(dtype: np.dtype, x: np.ndarray, y: np.ndarray) -> Results:
    with np.errstate(all="ignore"):
        results = {n: f(x) if n in UNARY else f(x, y) for n, f in oracles(dtype).items()}
        results |= {n: f(x, y) for n, f in COMPARISONS.items()}
        results |= {f"to {d}": convert(x, d) for d in DTYPES if d != dtype}
        results["select"] = np.where(x < y, x, y)
    return results


def _program(dtype: np.dtype, shape: tuple[int, ...]) -> tuple[Program, list[str]]:
    functions = _functions(dtype)

    # A kernel has at most 32 buffers. Functions that coincide, as and / min of bools, must not share one.
    together = 1 if dtype == BOOL else 20
    rows = list(functions.values())
    groups = [rows[i : i + together] for i in range(0, len(rows), together)]

    def build(x: ir.Value, y: ir.Value) -> list[ir.Value]:
        return [value for group in groups for value in _kernel(group, x, y)]

    suite = Suite()
    empty = np.zeros(shape, dtype)
    suite.add(str(dtype), build, [empty, empty], *(d for _, d in functions.values()))
    return suite.program(), list(functions)


def _kernel(group: list[tuple[Any, np.dtype]], x: ir.Value, y: ir.Value) -> list[ir.Value]:
    def body(a: ir.Value, b: ir.Value) -> list[ir.Value]:
        return [function(a, b) for function, _ in group]

    return builders.elementwise_multi(body, [x, y], [signless(d) for _, d in group])


def _assert_same(dtype: np.dtype, expected: Results, actual: Results, x: np.ndarray, y: np.ndarray) -> None:
    wrong = []
    for name, wanted in expected.items():
        got = actual[name]
        assert got.dtype == wanted.dtype, name
        bits = f"u{got.dtype.itemsize}"
        same = got.view(bits) == wanted.view(bits)
        if is_float(got.dtype):
            same |= np.isnan(got) & np.isnan(wanted)
        wrong += [f"{name}({x[i]}, {y[i]}) = {got[i]}, not {wanted[i]}" for i in np.flatnonzero(~same)[:3]]
    assert not wrong, f"{dtype}: " + "; ".join(wrong)


def _pairs(dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.meshgrid(samples(dtype), samples(dtype))
    return x.ravel(), y.ravel()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_vector_code(dtype: np.dtype) -> None:
    x, y = _pairs(dtype)
    program, names = _program(dtype, x.shape)
    actual = dict(zip(names, program(x, y), strict=True))
    _assert_same(dtype, _expected(dtype, x, y), actual, x, y)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_scalar_code(dtype: np.dtype) -> None:
    x, y = _pairs(dtype)
    program, names = _program(dtype, ())
    rows = [program(a.reshape(()), b.reshape(())) for a, b in zip(x, y, strict=True)]
    actual = {name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    _assert_same(dtype, _expected(dtype, x, y), actual, x, y)


REAL = {
    "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x), "cbrt": np.cbrt, "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh,
    "tanh": np.tanh, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh, "erf": special.erf,
    "erfc": special.erfc, "erf_inv": special.erfinv, "lgamma": special.gammaln, "digamma": special.digamma,
    "logistic": special.expit,
}  # fmt: skip
REAL_BINARY = {"pow": np.power, "atan2": np.arctan2, "rem": np.fmod}


@pytest.mark.parametrize("dtype", FLOATING, ids=str)
def test_real_functions_are_the_right_ones(dtype: np.dtype) -> None:
    """Each name gives its own function in each dtype; ``test_accuracy`` tells how accurately."""
    x = np.array([0.0625, 0.5, 0.875, 1.5, 2.25, 7.0, -0.25, -0.875, -3.5]).astype(dtype)
    y = np.array([2.0, 0.5, -1.0, 0.75, 3.0, -0.5, 2.0, -3.0, 1.0]).astype(dtype)
    suite, expected = Suite(), {}
    with np.errstate(all="ignore"):
        for name, function in (REAL | REAL_BINARY).items():
            inputs = [x, y] if name in REAL_BINARY else [x]
            suite.add(name, _lowered(name, dtype), inputs, dtype)
            expected[name] = function(*(a.astype(np.float64) for a in inputs)).astype(dtype)
    results = suite.run()
    tolerance = {2: 2.0**-7 if dtype == HALF[1] else 2.0**-10, 4: 1e-6, 8: 1e-14}[dtype.itemsize]
    for name, wanted in expected.items():
        np.testing.assert_allclose(
            results[name].astype(np.float64), wanted.astype(np.float64), tolerance, err_msg=name
        )


def _lowered(name: str, dtype: np.dtype, **attrs: Any) -> Any:
    function = functools.partial(getattr(scalar, name), dtype, **attrs)
    return lambda *v: builders.elementwise(function, v, signless(dtype))


@pytest.mark.parametrize(("dtype", "ulps"), [(np.dtype("f4"), 4), (np.dtype("f8"), 4)], ids=str)
def test_polygamma(dtype: np.dtype, ulps: int) -> None:
    x = np.concatenate([np.geomspace(1e-6, 1e8, 60), np.linspace(0.1, 25, 80)]).astype(dtype)
    edges = np.array([0.0, -1.0, -0.5, np.nan, np.inf], dtype)
    suite = Suite()
    for order in (1, 2, 3):
        suite.add(str(order), _lowered("polygamma", dtype, order=order), [np.concatenate([x, edges])], dtype)
    for order, result in suite.run().items():
        exact = [mpmath.polygamma(int(order), mpmath.mpf(float(v))) for v in x]
        spacing = np.spacing(np.abs(np.array(exact, np.float64)).astype(dtype))
        error = [
            abs(mpmath.mpf(float(r)) - e) / float(s) for r, e, s in zip(result, exact, spacing, strict=False)
        ]
        assert max(error) <= ulps, f"order {order} at {x[int(np.argmax(error))]}"
        np.testing.assert_array_equal(result[len(x) :], [np.nan] * 4 + [0])


def test_integer_pow() -> None:
    suite, expected = Suite(), {}
    # 5 ** 11 overflows float16.
    for dtype in (np.dtype("f4"), np.dtype("f2"), np.dtype("i4"), np.dtype("u1")):
        x = np.array([1, 2, 3, 5], dtype)
        for n in (0, 1, 2, 3, 7, 11, -1, -3):
            if n < 0 and not is_float(dtype):
                continue
            name = f"{dtype} ** {n}"
            suite.add(name, _integer_power(dtype, n), [x], dtype)
            wide = x.astype(np.float32) if dtype in HALF else x
            expected[name] = _rounded(_repeated_product(wide, n), dtype)
    actual = suite.run()
    for name, wanted in expected.items():
        np.testing.assert_array_equal(actual[name], wanted, err_msg=name)


def _integer_power(dtype: np.dtype, n: int) -> Any:
    return lambda v: builders.elementwise(
        lambda x: scalar.integer_pow(dtype, x, exponent=n), [v], signless(dtype)
    )


def _repeated_product(x: np.ndarray, n: int) -> np.ndarray:
    product = np.ones_like(x)
    for _ in range(abs(n)):
        product = product * x
    return product if n >= 0 else (1 / product).astype(x.dtype)


def _rounded(x: np.ndarray, dtype: np.dtype) -> np.ndarray:
    with np.errstate(over="ignore"):
        return x.astype(dtype)


def test_clamp() -> None:
    suite = Suite()
    nan = np.nan
    lower = np.array([0, 0, 0, nan, 0, 2, -0.0], np.float32)
    x = np.array([-1, 0.5, 3, 1, nan, 1.5, 0.0], np.float32)
    upper = np.array([1, 1, 1, 1, 1, 1, 1], np.float32)
    dtype = np.dtype("f4")
    suite.add(
        "clamp",
        lambda *v: builders.elementwise(lambda *e: scalar.clamp(dtype, *e), v, signless(dtype)),
        [lower, x, upper],
        dtype,
    )
    np.testing.assert_array_equal(suite.run()["clamp"], np.array([0, 0.5, 1, nan, nan, 1, 0], np.float32))


def test_threefry_known_answers() -> None:
    """The published test vectors of Threefry-2x32 with 20 rounds."""
    keys = np.array([[0, 0], [0xFFFFFFFF, 0xFFFFFFFF], [0x13198A2E, 0x03707344]], np.uint32)
    counters = np.array([[0, 0], [0xFFFFFFFF, 0xFFFFFFFF], [0x243F6A88, 0x85A308D3]], np.uint32)
    wanted = np.array(
        [[0x6B200159, 0x99BA4EFE], [0x1CB996FC, 0xBB002BE7], [0xC4923A9C, 0x483DF7A0]], np.uint32
    )
    kind = signless(np.dtype("u4"))
    suite = Suite()
    suite.add(
        "threefry",
        lambda *v: builders.elementwise_multi(scalar.threefry2x32, v, (kind, kind)),
        [keys[:, 0], keys[:, 1], counters[:, 0], counters[:, 1]],
        "u4",
        "u4",
    )
    np.testing.assert_array_equal(np.stack(suite.run()["threefry"], axis=1), wanted)
