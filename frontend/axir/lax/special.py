"""Special functions of two and three operands, and Bessel functions; no promotion, scalars are broadcast."""

from __future__ import annotations

import numpy as np

from axir._src.array import Array
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.trace import bind
from axir.lax._operands import call, same_dtype
from axir.lax.elementwise import add, digamma, eq, exp, lgamma, mul, rem, select, stop_gradient, sub
from axir.lax.shapes import full_like
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import BFLOAT16

__all__ = [
    "bessel_i0e",
    "bessel_i1e",
    "betainc",
    "igamma",
    "igamma_grad_a",
    "igammac",
    "polygamma",
    "random_gamma_grad",
    "regularized_incomplete_beta",
    "zeta",
]


_HALF = frozenset({np.dtype("float16"), BFLOAT16})


def _call(name: str, op: str, xs: tuple[ArrayLike, ...]) -> Array:
    """The op on float32 or float64; half types are widened and the result rounded."""
    arrays, _ = same_dtype(name, xs)
    dtype = arrays[0].dtype
    if dtype not in _HALF:
        return call(name, op, xs)
    wide = [convert(x, np.dtype("float32"), x.weak_type) for x in arrays]
    return convert(call(name, op, wide), dtype)


def igamma(a: ArrayLike, x: ArrayLike) -> Array:
    """Regularized lower incomplete gamma function: the integral of ``t**(a-1) exp(-t) / Gamma(a)`` up to ``x``.

    Args:
        a, x: Floats of one dtype and shape, or scalars. NaN where one is negative and at (0, 0).

    Differentiable once in ``a``, any number of times in ``x``. Raises: DTypeError, ShapeError.
    """
    return _call("igamma", "igamma", (a, x))


def igammac(a: ArrayLike, x: ArrayLike) -> Array:
    """``1 - igamma(a, x)``, accurate where it is small."""
    return _call("igammac", "igammac", (a, x))


def igamma_grad_a(a: ArrayLike, x: ArrayLike) -> Array:
    """Derivative of ``igamma`` in ``a``; itself differentiable in ``x`` only."""
    return _call("igamma_grad_a", "igamma_grad_a", (a, x))


def random_gamma_grad(a: ArrayLike, x: ArrayLike) -> Array:
    """Derivative of a sample ``x`` of the gamma distribution of shape ``a`` in ``a``: ``-(dP/da) / (dP/dx)``.

    M. Figurnov, S. Mohamed, A. Mnih, "Implicit reparameterization gradients", NeurIPS 2018. Not differentiable.
    """
    return _call("random_gamma_grad", "random_gamma_grad", (a, x))


def betainc(a: ArrayLike, b: ArrayLike, x: ArrayLike) -> Array:
    """Regularized incomplete beta function ``I_x(a, b)``, differentiable in ``x`` only.

    Args:
        a, b: Floats of one dtype, not negative.
        x: Between 0 and 1, else the result is NaN.

    Raises: DTypeError, ShapeError; NonDifferentiableError for derivatives in ``a`` or ``b``.
    """
    return _call("betainc", "regularized_incomplete_beta", (a, b, x))


def regularized_incomplete_beta(a: ArrayLike, b: ArrayLike, x: ArrayLike) -> Array:
    """Regularized incomplete beta function, under XLA's name for `betainc`.

    Args:
        a, b: Floats of one dtype, not negative.
        x: Between 0 and 1, else the result is NaN.
    """
    return betainc(a, b, x)


def polygamma(m: ArrayLike, x: ArrayLike) -> Array:
    """Derivative number ``m >= 0`` of ``digamma`` for ``x > 0``.

    ``m`` is a Python number, or an array of whole numbers with the shape and dtype of ``x``; then derivatives are
    those of ``(-1)**(m + 1) gamma(m + 1) zeta(m + 1, x)``, and there are none with respect to ``m``.
    """
    if isinstance(m, int | float):
        order = int(m)
        return digamma(x) if order == 0 else bind(OPS["polygamma"], to_array(x), order=order)
    orders, value = stop_gradient(to_array(m)), to_array(x)
    following = add(orders, 1.0)
    # zeta has a pole where the order is 0: digamma is taken there.
    safe = select(eq(orders, 0.0), full_like(following, 2.0), following)
    sign = sub(mul(rem(orders, 2.0), 2.0), 1.0)
    found = mul(mul(sign, exp(lgamma(following))), zeta(safe, value))
    return select(eq(orders, 0.0), digamma(value), found)


def zeta(x: ArrayLike, q: ArrayLike) -> Array:
    """Hurwitz zeta function ``sum_k (q + k)**-x`` for ``x > 1``, differentiable in ``q`` only.

    Infinite at ``x = 1`` and ``q = 0, -1, ...``; NaN below 1, for other negative ``q`` unless ``x`` is an integer, and
    for ``q`` below -65536 but at poles.
    """
    return _call("zeta", "zeta", (x, q))


def bessel_i0e(x: ArrayLike) -> Array:
    """Modified Bessel function of order 0 times ``exp(-|x|)``."""
    return bind(OPS["bessel_i0e"], to_array(x))


def bessel_i1e(x: ArrayLike) -> Array:
    """Modified Bessel function of order 1 times ``exp(-|x|)``."""
    return bind(OPS["bessel_i1e"], to_array(x))
