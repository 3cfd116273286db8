"""Functions of ``axir.scipy.special`` against SciPy's, and their derivatives against differences."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import pytest
import scipy.special

import axir
from axir.errors import AxirError
from axir.scipy import special

WIDE = np.array([0.05, 0.37, 0.9, 1.6, 2.5, 4.0, 9.0, 30.0])
BOTH = np.concatenate([-WIDE[:6], WIDE])
UNIT = np.array([0.02, 0.3, 0.5, 0.77, 0.99])

TABLE: list[tuple[str, tuple[Any, ...], str]] = [
    ("gammainc", (WIDE, 1.5), "x"),
    ("gammaincc", (WIDE, WIDE[::-1].copy()), "ax"),
    ("betainc", (2.5, 1.5, UNIT), "..x"),
    ("zeta", (2.5, WIDE), ".x"),
    ("i0", (BOTH,), "x"),
    ("i1", (BOTH,), "x"),
    ("i0e", (BOTH,), "x"),
    ("i1e", (BOTH,), "x"),
    ("loggamma", (WIDE,), "x"),
    ("boxcox", (WIDE, 0.7), "xx"),
    ("boxcox", (WIDE, 0.0), "x."),
    ("boxcox1p", (WIDE, -0.4), "xx"),
    ("comb", (np.arange(8.0), 3.0), ".."),
    ("poch", (WIDE, 2.5), "xx"),
    ("owens_t", (np.array([-2.0, -0.3, 0.4, 1.0, 3.0]), np.array([0.5, 4.0, -3.0, 1.0, 2.0])), "xx"),
    ("exp1", (WIDE,), "x"),
    ("expi", (np.concatenate([BOTH, [41.0, 60.0]]),), "x"),
    ("erfcx", (BOTH[1:],), "x"),
    ("spence", (WIDE,), "x"),
]


@pytest.fixture(autouse=True)
def _wide() -> Any:
    with axir.enable_x64(True):
        yield


@pytest.mark.parametrize(("name", "args", "active"), TABLE, ids=[f"{t[0]}{i}" for i, t in enumerate(TABLE)])
def test_values_and_slopes_are_scipys(name: str, args: tuple[Any, ...], active: str) -> None:
    f, g = getattr(special, name), getattr(scipy.special, name)
    np.testing.assert_allclose(f(*args), g(*args), rtol=1e-12, atol=1e-14)
    args = tuple(np.asarray(x) for x in np.broadcast_arrays(*args))
    for i, kind in enumerate(active):
        if kind == ".":
            continue
        tangents = [np.ones_like(x) if j == i else np.zeros_like(x) for j, x in enumerate(args)]
        _, slope = axir.jvp(lambda x, i=i: f(*args[:i], x, *args[i + 1 :]), (args[i],), (tangents[i],))
        h = 1e-4 * np.maximum(np.abs(args[i]), 0.05)

        def at(k: float, i: int = i, h: Any = h) -> Any:
            return g(*args[:i], args[i] + k * h, *args[i + 1 :])

        expected = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)
        np.testing.assert_allclose(slope, expected, rtol=1e-7, atol=1e-9 * np.max(np.abs(expected)))


def test_compiled_functions_equal_evaluated_ones() -> None:
    rows = [
        (getattr(special, n), a) for n, a, _ in TABLE if n in ("poch", "owens_t", "expi", "spence", "erfcx")
    ]
    compiled = axir.jit(lambda: [f(*a) for f, a in rows])()
    for (f, a), found in zip(rows, compiled, strict=True):
        np.testing.assert_allclose(found, f(*a), rtol=1e-12)


@pytest.mark.parametrize("n", range(5))
def test_expn(n: int) -> None:
    np.testing.assert_allclose(special.expn(n, WIDE), scipy.special.expn(n, WIDE), rtol=1e-12)
    if n:
        slope = axir.grad(functools.partial(special.expn, n))(1.3)
        np.testing.assert_allclose(slope, -scipy.special.expn(n - 1, 1.3), rtol=1e-12)


def test_edges() -> None:
    for f, x, y in (
        (special.exp1, [0.0, -1.0, np.inf], [np.inf, np.nan, 0.0]),
        (special.expi, [0.0, -np.inf, np.inf], [-np.inf, 0.0, np.inf]),
        (special.spence, [0.0, 1.0, -1.0], [np.pi**2 / 6, 0.0, np.nan]),
        (special.loggamma, [-0.5, 3.0], [np.nan, np.log(2.0)]),
        (special.erfcx, [np.inf, 1e8], [0.0, 1e-8 / np.sqrt(np.pi)]),
    ):
        np.testing.assert_allclose(f(np.array(x)), y, rtol=1e-13)
    np.testing.assert_allclose(special.expn(3, np.array([0.0, -1.0])), [0.5, np.nan])
    np.testing.assert_allclose(special.zeta(3.0), scipy.special.zeta(3.0))
    np.testing.assert_allclose(special.bernoulli(12), scipy.special.bernoulli(12), rtol=1e-11, atol=1e-17)


def test_bad_operands_are_refused() -> None:
    with pytest.raises(AxirError, match="real"):
        special.gammainc(1j, 2.0)
    with pytest.raises(ValueError, match="negative"):
        special.expn(-1, 2.0)
    with pytest.raises(ValueError, match="negative"):
        special.bernoulli(-1)


@pytest.mark.parametrize("wrap", [lambda f: f, axir.jit], ids=["eager", "jit"])
def test_products_with_logarithms_have_the_derivative_of_the_product_at_zero(wrap: Any) -> None:
    for function, y, slopes in [
        (special.xlogy, 2.0, (math.log(2.0), 0.0, 0.0, 0.5, 0.5, 0.0)),
        (special.xlog1py, 1.0, (math.log(2.0), 0.0, 0.0, 0.5, 0.5, 0.0)),
        (special.xlogy, 0.0, (-math.inf, math.nan, math.nan, math.inf, math.nan, math.nan)),
    ]:
        first = wrap(axir.grad(function, (0, 1)))(0.0, y)
        second = [x for row in wrap(axir.hessian(function, (0, 1)))(0.0, y) for x in row]
        np.testing.assert_allclose([*first, *second], slopes, rtol=1e-6)
    np.testing.assert_allclose(wrap(axir.grad(special.entr))(0.0), math.inf)
    np.testing.assert_allclose(wrap(axir.grad(special.entr))(2.0), -math.log(2.0) - 1, rtol=1e-6)
