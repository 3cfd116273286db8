"""Incomplete gamma and beta functions, the zeta function and Bessel functions of ``axir.lax``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special

import axir
from axir import lax
from axir.errors import NonDifferentiableError

POINTS = [(0.3, 0.2), (0.7, 2.5), (3.0, 1.0), (5.0, 9.0), (40.0, 42.0), (900.0, 870.0)]


@pytest.fixture(autouse=True)
def _wide() -> Any:
    with axir.enable_x64(True):
        yield


def difference(f: Callable[..., Any], xs: tuple[float, ...], i: int, step: float = 1e-5) -> float:
    """Fourth-order central difference in operand i."""
    h = step * max(1.0, abs(xs[i]))

    def at(k: int) -> float:
        moved = list(xs)
        moved[i] += k * h
        return float(f(*moved))

    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)


@pytest.mark.parametrize(("a", "x"), POINTS)
def test_derivatives_of_the_incomplete_gamma_functions(a: float, x: float) -> None:
    for f, exact in ((lax.igamma, scipy.special.gammainc), (lax.igammac, scipy.special.gammaincc)):
        found = axir.grad(f, argnums=(0, 1))(a, x)
        for i in range(2):
            np.testing.assert_allclose(found[i], difference(exact, (a, x), i), rtol=1e-6, atol=1e-10)
    mixed = axir.grad(lax.igamma_grad_a, argnums=1)(a, x)
    np.testing.assert_allclose(mixed, difference(lax.igamma_grad_a, (a, x), 1), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("a", "x"), POINTS)
def test_random_gamma_grad_moves_samples_at_constant_probability(a: float, x: float) -> None:
    p = scipy.special.gammainc(a, x)
    slope = difference(lambda s: scipy.special.gammaincinv(s, p), (a,), 0)
    np.testing.assert_allclose(lax.random_gamma_grad(a, x), slope, rtol=1e-6)


def test_derivatives_of_the_other_functions() -> None:
    with_respect_to_x = axir.grad(lax.betainc, argnums=2)(2.0, 3.5, 0.3)
    expected = difference(functools.partial(scipy.special.betainc, 2.0, 3.5), (0.3,), 0)
    np.testing.assert_allclose(with_respect_to_x, expected, rtol=1e-8)
    expected = difference(functools.partial(scipy.special.zeta, 2.5), (1.7,), 0)
    np.testing.assert_allclose(axir.grad(lax.zeta, argnums=1)(2.5, 1.7), expected, rtol=1e-8)
    np.testing.assert_allclose(axir.grad(lax.bessel_i1e)(0.0), 0.5)


@pytest.mark.parametrize(
    ("f", "args", "i"),
    [
        (lax.betainc, (2.0, 3.0, 0.5), 0),
        (lax.betainc, (2.0, 3.0, 0.5), 1),
        (lax.zeta, (2.0, 3.0), 0),
        (lax.igamma_grad_a, (2.0, 3.0), 0),
        (lax.random_gamma_grad, (2.0, 3.0), 1),
    ],
)
def test_what_has_no_derivative_says_so(f: Any, args: tuple[float, ...], i: int) -> None:
    with pytest.raises(NonDifferentiableError):
        axir.grad(f, argnums=i)(*args)


def test_compiled_functions_are_accurate_where_scipy_is() -> None:
    """Log-uniform operands over many orders of magnitude and around the diagonal, in one program."""
    rng = np.random.default_rng(5)
    a = 10 ** rng.uniform(-6, 4, 2000)
    x = np.abs(
        np.concatenate(
            [a[:1000] * 10 ** rng.uniform(-2, 1, 1000), (a + 2 * rng.normal(size=2000) * a**0.5)[1000:]]
        )
    )
    b, t = 10 ** rng.uniform(-1, 3, 2000), rng.uniform(size=2000)
    s = 1 + 10 ** rng.uniform(-3, 2, 2000)

    @axir.jit
    def program(a: Any, x: Any, b: Any, t: Any, s: Any) -> Any:
        narrow = [v.astype("float32") for v in (a, x)]
        values = lax.igamma(a, x), lax.igammac(a, x), lax.betainc(b, x, t), lax.zeta(s, x)
        return *values, lax.bessel_i0e(x), lax.bessel_i1e(x), lax.igamma(*narrow)

    found = [np.asarray(v) for v in program(a, x, b, t, s)]
    special = scipy.special
    expected = special.gammainc(a, x), special.gammaincc(a, x), special.betainc(b, x, t), special.zeta(s, x)
    narrow = special.gammainc(a.astype("f4").astype("f8"), x.astype("f4").astype("f8"))
    for got, wanted, least in zip(
        found,
        (*expected, special.i0e(x), special.i1e(x), narrow),
        (1e-290, 1e-290, 1e-3, 1e-290, 0, 0, 1e-30),
        strict=True,
    ):
        counts = wanted > least
        rtol = 2e-7 if got.dtype == np.float32 else 3e-11
        np.testing.assert_allclose(got[counts], wanted[counts], rtol=rtol)
        np.testing.assert_allclose(got, wanted, atol=1e-13 if got.dtype == np.float64 else 2e-7, rtol=rtol)


def test_vmap_broadcasts_and_half_types_compute_in_float32() -> None:
    x = np.linspace(0.1, 3, 5)
    np.testing.assert_allclose(
        axir.vmap(lax.igamma, in_axes=(None, 0))(2.0, x), scipy.special.gammainc(2.0, x), rtol=1e-12
    )
    half = lax.zeta(axir.numpy.asarray(2.0, "float16"), axir.numpy.asarray(1.5, "float16"))
    assert half.dtype == np.float16
    np.testing.assert_allclose(half, scipy.special.zeta(2.0, 1.5), rtol=1e-3)
