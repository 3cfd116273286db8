"""Integrals of waves, Bessel and hypergeometric functions, spherical harmonics of ``axir.scipy.special``."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special

import axir
from axir.scipy import special

REFERENCE: Any = scipy.special
RNG = np.random.default_rng(6)
REALS = np.concatenate([[0.0, 1e-9, 0.02], np.linspace(0.1, 12, 60), [40.0, 900.0, 3e4, np.inf]])
REALS = np.concatenate([-REALS, REALS, [np.nan]])
COMPLEX = np.concatenate(
    [
        RNG.uniform(-9, 9, 300) + 1j * RNG.uniform(-1, 9, 300),
        np.linspace(0, 8, 60) + 1e-6j,
        [0, 1e-12j, 3e9 + 1j, 1e9j, -1e5 + 2e5j],
    ]
)


@pytest.fixture(params=["float32", "float64"])
def dtype(request: Any) -> Any:
    with axir.enable_x64(request.param == "float64"):
        yield np.dtype(request.param)


def _eps(dtype: Any) -> float:
    return float(np.finfo(dtype).eps)


@pytest.mark.parametrize("name", ["dawsn", "fresnel", "sici"])
def test_real_integrals(name: str, dtype: Any) -> None:
    x = REALS.astype(dtype)
    found = getattr(special, name)(x)
    # SciPy's in float64; its Fresnel integrals are good to 1e-13.
    expected = getattr(REFERENCE, name)(x.astype("float64"))
    for ours, theirs in zip(
        axir.tree_util.tree_leaves(found), axir.tree_util.tree_leaves(expected), strict=True
    ):
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, theirs, rtol=max(20 * _eps(dtype), 2e-13), atol=4 * _eps(dtype))


def test_dawson_is_good_to_the_last_digits(dtype: Any) -> None:
    x = np.linspace(0.01, 12, 500).astype(dtype)
    np.testing.assert_allclose(
        special.dawsn(x), REFERENCE.dawsn(x.astype("float64")), rtol=max(5 * _eps(dtype), 1e-14)
    )


def test_fresnel_keeps_the_phase_of_large_arguments() -> None:
    """``x**2`` has no digits behind the point in float32."""
    x = np.array([5e3 + 0.5, 1e4 + 0.25], "float32")
    s, c = special.fresnel(x)
    wide = x.astype("float64")
    angle = 0.5 * np.pi * (wide**2 % 4.0)
    np.testing.assert_allclose(np.asarray(s) - 0.5, -np.cos(angle) / (np.pi * wide), atol=6e-8)
    np.testing.assert_allclose(np.asarray(c) - 0.5, np.sin(angle) / (np.pi * wide), atol=6e-8)


def test_faddeeva(dtype: Any) -> None:
    z = COMPLEX.astype("complex64" if dtype == "float32" else "complex128")
    found, expected = special.wofz(z), REFERENCE.wofz(z.astype("complex128"))
    assert found.dtype == z.dtype
    np.testing.assert_array_less(np.abs(found - expected), 150 * _eps(dtype) * np.abs(expected) + 1e-300)
    real = special.wofz(np.array([0.5, -2.0], dtype))
    assert real.dtype == z.dtype
    np.testing.assert_allclose(real, REFERENCE.wofz(np.array([0.5, -2.0])), rtol=5 * _eps(dtype))


def test_half_precision() -> None:
    x = np.array([0.3, 2.0, 7.0], "float16")
    for found, expected in (
        (special.dawsn(x), REFERENCE.dawsn(x)),
        (special.sici(x)[1], REFERENCE.sici(x)[1]),
        (special.bessel_jn(x, v=2), REFERENCE.jv(np.arange(3)[:, None], x)),
    ):
        assert found.dtype == "float16"
        np.testing.assert_allclose(found, expected, rtol=2e-3)


@pytest.mark.parametrize("order", [0, 1, 7, 30])
def test_bessel(order: int, dtype: Any) -> None:
    z = np.concatenate([RNG.uniform(-20, 20, 100), [0.0, 1e-3, 24.9, 25.1, 30.1, 300.0, -1e3]]).astype(dtype)
    found = special.bessel_jn(z, v=order)
    assert found.shape == (order + 1, z.size)
    expected = REFERENCE.jv(np.arange(order + 1)[:, None], z.astype("float64"))
    np.testing.assert_allclose(found, expected, rtol=0, atol=60 * _eps(dtype))
    np.testing.assert_array_equal(special.bessel_jn(np.array([np.inf, np.nan], dtype), v=0), [[0.0, np.nan]])


def test_spherical_harmonics(dtype: Any) -> None:
    degree = RNG.integers(0, 20, 60)
    order = np.array([RNG.integers(-n, n + 1) for n in degree])
    polar, azimuth = RNG.uniform(0, np.pi, 60).astype(dtype), RNG.uniform(0, 6, 60).astype(dtype)
    expected = REFERENCE.sph_harm_y(degree, order, polar.astype("float64"), azimuth.astype("float64"))
    np.testing.assert_allclose(
        special.sph_harm_y(degree, order, polar, azimuth), expected, atol=60 * _eps(dtype)
    )
    clipped = special.sph_harm_y(np.array([9]), np.array([2]), polar[:1], azimuth[:1], n_max=4)
    np.testing.assert_allclose(clipped, special.sph_harm_y(4, 2, polar[:1], azimuth[:1]))
    assert special.sph_harm_y(np.array([[2], [3]]), np.array([1, -1]), 0.3, 0.4).shape == (2, 2)
    assert special.sph_harm_y(2, 3, 0.3, 0.4) == 0


KUMMER = [
    (0.5, 1.5, 2.0),
    (5.3, 8.5, 45.0),
    (2.0, 0.3, -9.0),
    (1.5, 2.5, -3000.0),
    (0.7, 3.0, 650.0),
    (-3.0, 1.2, 4.0),
    (-3.0, 1.2, -4.0),
    (-2.4, 0.6, 7.0),
    (0.0, 2.0, 5.0),
    (3.0, 3.0, 1.0),
    (1.0, -2.0, 0.5),
    (-1.0, -2.0, 0.5),
    (2.0, 1.0, 0.0),
    (3.0, 2.0, -1.0),
]
GAUSS = [
    (0.5, 1.5, 2.5, 0.3),
    (7.8, 8.5, 5.2, 0.89),
    (1.5, 0.5, 3.0, 0.999999),
    (1.0, 1.0, 2.0, 0.97),
    (2.1, 3.3, 1.4, 0.995),
    (1.2, 0.4, 2.0, -0.7),
    (1.2, 0.4, 2.0, -3e4),
    (-3.0, 2.0, 1.5, 4.0),
    (-3.0, 2.0, 1.5, -4.0),
    (0.5, 0.25, 1.5, 1.0),
    (1.5, 0.25, 0.5, 1.0),
    (0.0, 2.0, 1.5, 0.5),
    (2.0, 0.7, 2.0, 0.95),
    (1.0, 2.0, -2.0, 0.5),
    (1.0, 2.0, 3.0, 0.0),
]


def test_hypergeometric(dtype: Any) -> None:
    for name, rows in (("hyp1f1", KUMMER), ("hyp2f1", GAUSS)):
        columns = np.transpose(rows).astype(dtype)
        with np.errstate(all="ignore"):
            expected = getattr(REFERENCE, name)(*columns.astype("float64")).astype(dtype)
        np.testing.assert_allclose(
            getattr(special, name)(*columns), expected, rtol=200 * _eps(dtype), err_msg=name
        )


SLOPES = [
    ("hyp1f1", (0.5, 1.5, 2.0)),
    ("hyp1f1", (2.0, 1.3, -3.0)),
    ("hyp1f1", (-3.0, 1.2, -4.0)),
    ("hyp1f1", (1.5, 2.5, -900.0)),
    ("hyp1f1", (0.0, 2.0, 3.0)),
    ("hyp2f1", (0.5, 1.5, 2.5, 0.3)),
    ("hyp2f1", (1.5, 0.5, 3.0, 0.97)),
    ("hyp2f1", (1.2, 0.4, 2.0, -0.7)),
    ("hyp2f1", (-3.0, 2.0, 1.5, -0.4)),
]


@pytest.mark.parametrize(("name", "at"), SLOPES)
def test_derivatives_of_hypergeometric_functions(name: str, at: Any) -> None:
    """In all arguments, polynomials, vanishing terms and negative arguments included."""
    ours, theirs, count = getattr(special, name), getattr(REFERENCE, name), len(at)
    with axir.enable_x64(True):
        slopes = axir.grad(ours, tuple(range(count)))(*at)
        for i in range(count):
            step = 1e-5 * max(abs(at[i]), 1.0) * np.eye(count)[i]
            expected = (theirs(*(at + step)) - theirs(*(at - step))) / (2 * step[i])
            np.testing.assert_allclose(slopes[i], expected, rtol=1e-6, atol=1e-9)


def test_more_derivatives_of_hypergeometric_functions() -> None:
    with axir.enable_x64(True):
        # A polynomial beyond the circle of convergence, in a parameter that leaves it one.
        found = axir.grad(special.hyp2f1, 1)(-2.0, 2.0, 1.5, 4.0)
        np.testing.assert_allclose(found, -2 * 4 / 1.5 + 5 * 16 / (1.5 * 2.5), rtol=1e-12)
        assert np.isnan(axir.grad(special.hyp2f1, 0)(-2.0, 2.0, 1.5, 4.0))
        # Forward over reverse mode in a parameter, twice reverse mode in the argument.
        found = axir.jvp(lambda b: axir.grad(special.hyp1f1, 0)(0.5, b, 2.0), (1.5,), (1.0,))[1]
        corner = sum(
            p * q * REFERENCE.hyp1f1(0.5 + 1e-4 * p, 1.5 + 1e-4 * q, 2.0) for p in (1, -1) for q in (1, -1)
        )
        np.testing.assert_allclose(found, corner / 4e-8, rtol=1e-5)
        found = axir.grad(axir.grad(special.hyp1f1, 2), 2)(0.5, 1.5, 2.0)
        np.testing.assert_allclose(found, 0.5 * 1.5 / (1.5 * 2.5) * REFERENCE.hyp1f1(2.5, 3.5, 2.0))


def test_derivatives_of_integrals() -> None:
    x = np.array([-7.5, -0.4, 0.01, 0.9, 3.0, 5.5, 60.0, 800.0])
    table: list[tuple[Callable[[Any], Any], Callable[[Any], Any]]] = [
        (special.dawsn, lambda v: 1 - 2 * v * REFERENCE.dawsn(v)),
        (lambda v: special.sici(v)[0], lambda v: np.sinc(v / np.pi)),
        (lambda v: special.sici(v)[1], lambda v: np.cos(v) / v),
        (lambda v: special.fresnel(v)[0], lambda v: np.sin(np.pi * v**2 / 2)),
        (lambda v: special.fresnel(v)[1], lambda v: np.cos(np.pi * v**2 / 2)),
        (lambda v: special.bessel_jn(v, v=3)[3], lambda v: REFERENCE.jvp(3, v)),
        (lambda v: special.bessel_jn(v, v=0)[0], lambda v: -REFERENCE.j1(v)),
    ]
    with axir.enable_x64(True):
        for ours, slope in table:
            np.testing.assert_allclose(axir.vmap(axir.grad(ours))(x), slope(x), rtol=1e-9, atol=1e-10)
        # 1 - 2 x F(x) cancels where its series does not.
        np.testing.assert_allclose(axir.grad(special.dawsn)(1e4), -1 / (2e8 - 3), rtol=1e-12)
        z = np.array([0.3 + 0.2j, -2 + 1j, 150 + 3j])
        _, found = axir.jvp(special.wofz, (z,), (np.ones(3) + 0j,))
        step = 1e-5 * np.maximum(abs(z), 1)
        expected = (REFERENCE.wofz(z + step) - REFERENCE.wofz(z - step)) / (2 * step)
        np.testing.assert_allclose(found, expected, rtol=1e-8)
        slope = axir.grad(lambda t: special.sph_harm_y(5, 2, t, 0.3).real, argnums=0)(0.8)
        high, low = (REFERENCE.sph_harm_y(5, 2, t, 0.3).real for t in (0.8 + 1e-6, 0.8 - 1e-6))
        np.testing.assert_allclose(slope, (high - low) / 2e-6, rtol=1e-8)


def test_compiled_and_mapped() -> None:
    x, z = REALS[np.isfinite(REALS)].astype("float32"), COMPLEX[:50].astype("complex64")
    columns = np.transpose(KUMMER[:6]).astype("float32")
    others = np.transpose(GAUSS[:7]).astype("float32")

    def compute(x: Any, z: Any, columns: Any, others: Any) -> Any:
        return (
            special.sici(x),
            special.fresnel(x),
            axir.vmap(special.dawsn)(x),
            special.wofz(z),
            axir.vmap(lambda v: special.bessel_jn(v, v=4))(x),
            axir.vmap(special.hyp1f1)(*columns),
            special.hyp2f1(*others),
            axir.grad(special.hyp1f1, 0)(0.5, 1.5, 2.0),
            special.sph_harm_y(np.arange(4), np.array([0, 1, -1, 2]), x[0], x[1]),
        )

    found = axir.tree_util.tree_leaves(axir.jit(compute)(x, z, columns, others))
    expected = axir.tree_util.tree_leaves(compute(x, z, columns, others))
    for ours, eager in zip(found, expected, strict=True):
        assert ours.dtype == eager.dtype
        np.testing.assert_allclose(ours, eager, rtol=1e-4, atol=1e-5)


ERRORS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: special.dawsn(1j), TypeError, "must be real"),
    (lambda: special.bessel_jn(1.0, v=-1), ValueError, "must not be negative"),
    (lambda: special.bessel_jn(1j, v=1), TypeError, "must be real"),
    (lambda: special.sph_harm_y(1.5, 1, 0.1, 0.1), TypeError, "must be integers"),
    (lambda: special.sph_harm_y(1, 1, 0.1, 0.1, diff_n=1), NotImplementedError, "diff_n"),
    (lambda: axir.jit(lambda n: special.sph_harm_y(n, 1, 0.1, 0.1))(2), TypeError, "n_max"),
    (lambda: special.factorial(3, exact=True), NotImplementedError, "math.factorial"),
]


@pytest.mark.parametrize(("call", "error", "message"), ERRORS)
def test_bad_input(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
