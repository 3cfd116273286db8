"""Incomplete gamma and beta functions, Bessel functions, and what is composed of them in ``axir.scipy.special``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike
from axir._src.custom import custom_jvp
from axir._src.elementwise import broadcast, promoted
from axir._src.messages import located
from axir_compiler.errors import DTypeError
from axir_compiler.lowering.scalar.series import bernoulli as _bernoulli

__all__ = [
    "bernoulli",
    "betainc",
    "boxcox",
    "boxcox1p",
    "comb",
    "gammainc",
    "gammaincc",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "loggamma",
    "owens_t",
    "poch",
    "zeta",
]


def floats(where: str, *xs: ArrayLike) -> list[Array]:
    """Operands in their common float dtype and shape."""
    found, _ = promoted(*xs, to_float=True)
    if any(np.issubdtype(x.dtype, np.complexfloating) for x in found):
        given = ", ".join(str(x.aval) for x in found)
        raise located(DTypeError(f"{where}: operands must be real; got {given}. Take real parts."))
    return broadcast(found, where)


def gammainc(a: ArrayLike, x: ArrayLike) -> Array:
    """Regularized lower incomplete gamma function."""
    return lax.igamma(*floats("gammainc", a, x))


def gammaincc(a: ArrayLike, x: ArrayLike) -> Array:
    """Regularized upper incomplete gamma function."""
    return lax.igammac(*floats("gammaincc", a, x))


def betainc(a: ArrayLike, b: ArrayLike, x: ArrayLike) -> Array:
    """Regularized incomplete beta function; differentiable in ``x`` only.

    Args:
        a, b: Positive numbers.
        x: Numbers from 0 to 1; all broadcast, integers become floats.

    Raises: ShapeError if the shapes do not broadcast.
    """
    return lax.betainc(*floats("betainc", a, b, x))


def zeta(x: ArrayLike, q: ArrayLike | None = None) -> Array:
    """Hurwitz zeta function, Riemann's for ``q = None``; differentiable in ``q`` only."""
    return lax.zeta(*floats("zeta", x, 1.0 if q is None else q))


def i0e(x: ArrayLike) -> Array:
    """Modified Bessel function of order 0 times ``exp(-|x|)``."""
    return lax.bessel_i0e(*floats("i0e", x))


def i1e(x: ArrayLike) -> Array:
    """Modified Bessel function of order 1 times ``exp(-|x|)``."""
    return lax.bessel_i1e(*floats("i1e", x))


def i0(x: ArrayLike) -> Array:
    """Modified Bessel function of order 0."""
    (value,) = floats("i0", x)
    return lax.mul(lax.exp(lax.abs(value)), lax.bessel_i0e(value))


def i1(x: ArrayLike) -> Array:
    """Modified Bessel function of order 1."""
    (value,) = floats("i1", x)
    return lax.mul(lax.exp(lax.abs(value)), lax.bessel_i1e(value))


def loggamma(x: ArrayLike) -> Array:
    """Logarithm of the gamma function of a real number: NaN where ``gamma`` is negative.

    Raises: DTypeError for complex numbers.
    """
    (value,) = floats("loggamma", x)
    below = anp.logical_and(lax.lt(value, 0.0), lax.ne(lax.floor(value), value))
    return anp.where(below, math.nan, lax.lgamma(value))


def boxcox(x: ArrayLike, lmbda: ArrayLike) -> Array:
    """``(x**lmbda - 1) / lmbda``, ``log(x)`` where ``lmbda`` is 0."""
    return _box_cox("boxcox", x, lmbda, lax.log)


def boxcox1p(x: ArrayLike, lmbda: ArrayLike) -> Array:
    """``((1 + x)**lmbda - 1) / lmbda``, ``log(1 + x)`` where ``lmbda`` is 0."""
    return _box_cox("boxcox1p", x, lmbda, lax.log1p)


def _box_cox(where: str, x: ArrayLike, lmbda: ArrayLike, log: Callable[[Array], Array]) -> Array:
    value, power = floats(where, x, lmbda)
    zero = lax.eq(power, 0.0)
    safe = anp.where(zero, 1.0, power)
    logarithm = log(value)
    return anp.where(zero, logarithm, lax.div(lax.expm1(lax.mul(safe, logarithm)), safe))


def comb(N: ArrayLike, k: ArrayLike, *, repetition: bool = False) -> Array:
    """Number of ways to choose ``k`` of ``N`` things, as a float; 0 unless ``0 <= k <= N``.

    Args:
        N, k: Numbers that broadcast; integers become floats.
        repetition: Whether a thing may be chosen again.
    """
    n, chosen = floats("comb", N, k)
    if repetition:
        n = lax.sub(lax.add(n, chosen), 1.0)
    valid = anp.logical_and(lax.ge(chosen, 0.0), anp.logical_and(lax.ge(n, chosen), lax.ge(n, 0.0)))
    n, chosen = anp.where(valid, n, 1.0), anp.where(valid, chosen, 0.0)
    rest = lax.sub(n, chosen)
    parts = lax.add(lax.lgamma(lax.add(chosen, 1.0)), lax.lgamma(lax.add(rest, 1.0)))
    found = lax.exp(lax.sub(lax.lgamma(lax.add(n, 1.0)), parts))
    return anp.where(valid, found, 0.0)


def bernoulli(n: int) -> Array:
    """The Bernoulli numbers ``B_0`` to ``B_n``, exactly rounded, with ``B_1 = -1/2``; ``n`` is a static integer.

    Raises: ValueError for a negative ``n``.
    """
    count = int(n)
    if count < 0:
        raise ValueError(f"bernoulli: n must not be negative; got {n}.")
    return anp.array([_rounded(k) for k in range(count + 1)])


def _rounded(k: int) -> float:
    try:
        return float(_bernoulli(k))
    except OverflowError:
        return math.copysign(math.inf, _bernoulli(k))


def poch(z: ArrayLike, m: ArrayLike) -> Array:
    """Rising factorial ``gamma(z + m) / gamma(z)``; 1 for ``m = 0``."""
    from axir.scipy.special import gammasgn

    value, rise = floats("poch", z, m)
    none = lax.eq(rise, 0.0)
    end = lax.add(value, rise)
    size = lax.exp(lax.sub(lax.lgamma(end), lax.lgamma(value)))
    return anp.where(none, 1.0, lax.mul(size, lax.mul(gammasgn(end), gammasgn(value))))


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)


def _integral(f: Callable[[Array], Array], upper: Array) -> Array:
    """Integral of a smooth function from 0 to ``upper`` by Gauss and Legendre's rule."""
    total = lax.full_like(upper, 0.0)
    half = lax.mul(upper, 0.5)
    for node, weight in zip(_NODES.tolist(), _WEIGHTS.tolist(), strict=True):
        total = lax.add(total, lax.mul(f(lax.mul(half, 1.0 + node)), weight))
    return lax.mul(half, total)


@custom_jvp
def _owens_t(h: Array, a: Array) -> Array:
    size = lax.abs(h)
    large = lax.gt(lax.abs(a), 1.0)
    slope = anp.where(large, lax.reciprocal(anp.where(large, lax.abs(a), 1.0)), lax.abs(a))
    height = anp.where(large, lax.mul(size, lax.abs(a)), size)
    exponent = lax.mul(lax.square(height), -0.5)

    def integrand(t: Array) -> Array:
        square = lax.add(lax.square(t), 1.0)
        return lax.div(lax.exp(lax.mul(exponent, square)), square)

    inner = lax.mul(_integral(integrand, slope), 0.5 / math.pi)
    # T(h, a) = N(h)/2 + N(ah)/2 - N(h) N(ah) - T(ah, 1/a), in upper tails, which do not cancel.
    p, q = (lax.mul(lax.erfc(lax.mul(v, math.sqrt(0.5))), 0.5) for v in (size, height))
    outer = lax.sub(lax.sub(lax.mul(lax.add(p, q), 0.5), lax.mul(p, q)), inner)
    return lax.mul(lax.sign(a), anp.where(large, outer, inner))


@_owens_t.defjvp
def _owens_t_jvp(primals: Any, tangents: Any) -> tuple[Array, Array]:
    """D. B. Owen, "Tables for computing bivariate normal probabilities", 1956."""
    h, a = primals
    dh, da = tangents
    half_square = lax.mul(lax.square(h), -0.5)
    by_h = lax.mul(lax.exp(half_square), lax.erf(lax.mul(lax.mul(a, h), math.sqrt(0.5))))
    by_h = lax.mul(by_h, -0.5 / math.sqrt(2 * math.pi))
    square = lax.add(lax.square(a), 1.0)
    by_a = lax.mul(lax.div(lax.exp(lax.mul(half_square, square)), square), 0.5 / math.pi)
    return _owens_t(h, a), lax.add(lax.mul(by_h, dh), lax.mul(by_a, da))


def owens_t(h: ArrayLike, a: ArrayLike) -> Array:
    """Owen's T: ``1/(2 pi)`` times the integral of ``exp(-h**2 (1+t**2)/2) / (1+t**2)`` from 0 to ``a``."""
    return _owens_t(*floats("owens_t", h, a))
