"""Integrals of waves and of normal densities in ``axir.scipy.special``: ``dawsn``, ``fresnel``, ``sici``, ``wofz``."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.custom import custom_jvp
from axir._src.elementwise import promoted
from axir.scipy._special_more import floats

__all__ = ["dawsn", "fresnel", "sici", "wofz"]

_EULER: Final = 0.5772156649015329
_NARROW: Final = ("float16", "bfloat16")


def widened(where: str, *xs: ArrayLike) -> tuple[list[Array], Callable[[Array], Array]]:
    """Real operands in one dtype of at least 32 bits, and what takes results back to their dtype."""
    found = floats(where, *xs)
    dtype = found[0].dtype
    if dtype.name not in _NARROW:
        return found, lambda y: y
    return [x.astype("float32") for x in found], lambda y: convert(y, dtype)


def horner(x: Array, coefficients: Sequence[float]) -> Array:
    """Polynomial of ascending coefficients."""
    total = lax.full_like(x, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        total = total * x + c
    return total


# The sine and cosine integrals.

# x f(x) and x**2 g(x) as quotients of polynomials in (4/x)**2 for x >= 4, where f and g are the auxiliary functions of
# DLMF 6.2.17: interpolated in 60 digits at Chebyshev points of 4/x. The relative error is at most 2e-16.
_F_ABOVE: Final = (
    *(1.0, 60.146020840950358, 1297.9260008238594, 13047.80341767489, 66511.155460849381, 175659.49568892266),
    *(235942.59118294642, 151790.27038645687, 41301.812189159741, 3636.9078948979008, 45.515777800719573),
)
_F_BELOW: Final = (
    *(1.0, 60.271020840950357, 1305.3661284289793, 13205.499556773436, 68049.444112375023),
    *(183123.49931750435, 254151.60372151798, 173349.53964031948, 52639.803390380887, 5840.3683585903102),
    *(146.39666095462245,),
)
_G_ABOVE: Final = (
    *(1.0, 79.984468145816434, 2360.1976191488308, 33512.050922435233, 250777.10762319402),
    *(1019856.8313332332, 2245211.861368615, 2585779.4678768393, 1448557.9726763321, 343053.60933789021),
    *(25278.606736328482, 178.50292396964101),
)
_G_BELOW: Final = (
    *(1.0, 80.359468145816434, 2389.8636697035131, 34371.811766628768, 262639.63114646053),
    *(1104768.6670282818, 2568136.2578789135, 3229837.896464212, 2091410.7695221994, 635713.69860670468),
    *(76013.664510165954, 2363.9941027608976),
)
_SI: Final = tuple((-1) ** k / ((2 * k + 1) * math.factorial(2 * k + 1)) for k in range(18))
_CI: Final = tuple((-1) ** k / (2 * k * math.factorial(2 * k)) for k in range(1, 19))


def _sici_value(x: Array) -> tuple[Array, Array]:
    """The power series DLMF 6.6.5 and 6.6.6 up to 4, the auxiliary functions DLMF 6.2.19 and 6.2.20 from there on."""
    size = lax.abs(x)
    large, infinite = lax.gt(size, 4.0), lax.eq(size, math.inf)
    near = anp.where(large, 1.0, size)
    square = near * near
    si, ci = near * horner(square, _SI), (lax.log(near) + _EULER) + square * horner(square, _CI)
    far = anp.where(infinite, 4.0, anp.where(large, size, 4.0))
    inverse = 4.0 / far
    u = inverse * inverse
    f = 0.25 * inverse * (horner(u, _F_ABOVE) / horner(u, _F_BELOW))
    g = 0.0625 * u * (horner(u, _G_ABOVE) / horner(u, _G_BELOW))
    sine, cosine = lax.sin(far), lax.cos(far)
    si_far, ci_far = 0.5 * math.pi - (f * cosine + g * sine), f * sine - g * cosine
    si = anp.where(infinite, 0.5 * math.pi, anp.where(large, si_far, si))
    end = anp.where(lax.lt(x, 0.0), math.nan, 0.0)
    return lax.sign(x) * si, anp.where(infinite, end, anp.where(large, ci_far, ci))


@custom_jvp
def _sici(x: Array) -> tuple[Array, Array]:
    return _sici_value(x)


@_sici.defjvp
def _sici_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    return _sici(x), (anp.sinc(x / math.pi) * dx, lax.cos(x) / x * dx)


def sici(x: ArrayLike) -> tuple[Array, Array]:
    """Sine and cosine integral: that of ``sin(t)/t`` from 0, and ``euler + log|x|`` plus that of ``(cos(t) - 1)/t``.

    Args:
        x: Real array. The cosine integral is even, -inf at 0, and NaN at -inf.
    """
    (value,), back = widened("sici", x)
    si, ci = _sici(value)
    return back(si), back(ci)


# The Fresnel integrals.

_TURN: Final = 0.5 * math.pi
_FRESNEL_C: Final = tuple(
    (-1) ** n * _TURN ** (2 * n) / (math.factorial(2 * n) * (4 * n + 1)) for n in range(16)
)
_FRESNEL_S: Final = tuple(
    (-1) ** n * _TURN ** (2 * n + 1) / (math.factorial(2 * n + 1) * (4 * n + 3)) for n in range(16)
)


def _phase(x: Array) -> tuple[Array, Array]:
    """Sine and cosine of ``pi x**2 / 2``, also where the square has no digits left behind the point.

    With an even n close to x and ``r = x - n`` the angle is ``n r + r**2 / 2`` half turns, and whole turns.
    """
    even = lax.stop_gradient(2.0 * anp.round(0.5 * x))
    rest = x - even
    angle = even * rest + 0.5 * rest * rest
    angle = math.pi * (angle - lax.stop_gradient(2.0 * anp.round(0.5 * angle)))
    return lax.sin(angle), lax.cos(angle)


def _fresnel_value(x: Array) -> tuple[Array, Array]:
    """The power series DLMF 7.6.4 and 7.6.6 up to 1.6; from there on by the auxiliary functions.

    Those are, up to factors, integrals of ``t**2 exp(-t**2) / (t**4 + q**2)`` and ``exp(-t**2) / (t**4 + q**2)`` over
    all t, with ``q = pi x**2 / 2`` (DLMF 7.7.10, 7.7.11 with t for its root), for which the midpoint rule of step h has
    an error of about ``exp(-5.6 / h)``: L. N. Trefethen, J. A. C. Weideman, "The exponentially convergent trapezoidal
    rule", 2014.
    """
    size = lax.abs(x)
    large = lax.gt(size, 1.6)
    near = anp.where(large, 1.0, size)
    square = near * near
    fourth = square * square
    low = square * near * horner(fourth, _FRESNEL_S), near * horner(fourth, _FRESNEL_C)
    far = lax.clamp(1.6, anp.where(large, size, 1.6), 1e18)
    inverse = (2.0 / math.pi) / far / far
    step, count = (0.22, 29) if x.dtype == "float64" else (0.44, 10)
    even = odd = lax.full_like(x, 0.0)
    for k in range(count):
        node = ((k + 0.5) * step) ** 2
        term = math.exp(-node) / (1.0 + lax.square(node * inverse))
        even, odd = even + node * inverse * term, odd + term
    scale = (step / math.sqrt(math.pi)) * (far * inverse)
    even, odd = scale * even, scale * odd
    sine, cosine = _phase(far)
    high = 0.5 - (sine * even + cosine * odd), 0.5 - (cosine * even - sine * odd)
    s, c = (lax.sign(x) * anp.where(large, h, v) for h, v in zip(high, low, strict=True))
    return s, c


@custom_jvp
def _fresnel(x: Array) -> tuple[Array, Array]:
    return _fresnel_value(x)


@_fresnel.defjvp
def _fresnel_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    sine, cosine = _phase(x)
    return _fresnel(x), (sine * dx, cosine * dx)


def fresnel(x: ArrayLike) -> tuple[Array, Array]:
    """Fresnel integrals S and C: those of ``sin(pi t**2 / 2)`` and ``cos(pi t**2 / 2)`` from 0 to real ``x``."""
    (value,), back = widened("fresnel", x)
    s, c = _fresnel(value)
    return back(s), back(c)


# The Faddeeva function.

_STEP: Final = math.sqrt(math.pi / 12)
_RATE: Final = math.pi / _STEP
_ROOT_PI: Final = math.sqrt(math.pi)


def _nodes(shift: float) -> list[float]:
    return [(k + shift) * _STEP for k in range(12)]


def _rule_sum(x: Array, y: Array, nodes: Sequence[float]) -> tuple[Array, Array]:
    """``2 i h z / pi`` times the sum of ``exp(-t**2) / (z**2 - t**2)``, ``z = x + i y``: real and imaginary part."""
    real = imaginary = lax.full_like(x, 0.0)
    cross = 2.0 * x * y
    square = cross * cross
    for t in nodes:
        a = (x - t) * (x + t) - y * y
        scaled = math.exp(-t * t) / (a * a + square)
        real, imaginary = real + a * scaled, imaginary - cross * scaled
    scale = 2.0 * _STEP / math.pi
    return -scale * (x * imaginary + y * real), scale * (x * real - y * imaginary)


def _pole(x: Array, y: Array, sign: float) -> tuple[Array, Array]:
    """``2 exp(-z**2) / (1 + sign exp(-2 i H z))``, both halves times ``exp(-2 H y)``, so that neither overflows."""
    decay = lax.exp(-2.0 * _RATE * y)
    turn = 2.0 * _RATE * x
    a, b = decay + sign * lax.cos(turn), -sign * lax.sin(turn)
    size = 2.0 * lax.exp((y - x) * (y + x) - 2.0 * _RATE * y) / (a * a + b * b)
    cosine, sine = lax.cos(2.0 * x * y), lax.sin(2.0 * x * y)
    return size * (a * cosine - b * sine), -size * (a * sine + b * cosine)


def _quadrant(x: Array, y: Array) -> tuple[Array, Array]:
    """w(x + i y) for x and y that are not negative: real and imaginary part.

    The trapezoidal and the midpoint rule with 12 nodes, whose poles are taken out, whichever has none close to x:
    M. Al Azah, S. N. Chandler-Wilde, "Computation of the complex error function using modified trapezoidal rules",
    2021. Far from zero it is ``i / (sqrt(pi) z)``.
    """
    far = lax.gt(anp.maximum(x, y), 1e8)
    u, v = anp.where(far, 1.0, x), anp.where(far, 1.0, y)
    part = u / _STEP
    part = part - lax.floor(part)
    trapezoidal = anp.logical_and(lax.lt(v, u), anp.logical_and(lax.ge(part, 0.25), lax.le(part, 0.75)))
    inside = lax.lt(v, anp.maximum(u, _RATE))
    # Each rule where it has no pole close by, at another place elsewhere.
    mu = anp.where(trapezoidal, 0.1, u)
    m_sum, m_pole = _rule_sum(mu, v, _nodes(0.5)), _pole(mu, anp.where(inside, v, 1.0), 1.0)
    tu = anp.where(trapezoidal, u, 0.5 * _STEP)
    t_sum, t_pole = _rule_sum(tu, v, _nodes(0.0)[1:]), _pole(tu, anp.where(trapezoidal, v, 0.0), -1.0)
    center = (_STEP / math.pi) / (tu * tu + v * v)
    t_all = (t_sum[0] + t_pole[0] + center * v, t_sum[1] + t_pole[1] + center * tu)
    m_all = [s + anp.where(inside, p, 0.0) for s, p in zip(m_sum, m_pole, strict=True)]
    near = [anp.where(trapezoidal, t, m) for t, m in zip(t_all, m_all, strict=True)]
    size = anp.where(far, anp.maximum(x, y), 1.0)
    p, q = anp.where(lax.eq(size, x), 1.0, x / size), anp.where(lax.eq(size, y), 1.0, y / size)
    scale = 1.0 / (_ROOT_PI * (p * p + q * q)) / size
    real, imaginary = (anp.where(far, f * scale, n) for f, n in zip((q, p), near, strict=True))
    return real, imaginary


def _falling(squared: Any) -> Any:
    """``1 + 3 q + 15 q**2 + 105 q**3`` for ``q = 1 / (2 z**2)``: the derivative of w times ``i sqrt(pi) z**2``."""
    return 1.0 + squared * (3.0 + squared * (15.0 + squared * 105.0))


def _far(dtype: np.dtype) -> float:
    """From where on the asymptotic derivative is better than the formula, which cancels."""
    return 100.0 if dtype.name in ("float64", "complex128") else 10.0


_DAWSON: Final = tuple(1.0 / (math.factorial(k) * (2 * k + 1)) for k in range(24))


@custom_jvp
def _dawsn(x: Array) -> Array:
    """Below 1.5 the integral by its power series of positive terms; from there on what `wofz` is."""
    size = lax.abs(x)
    small = lax.lt(size, 1.5)
    square = lax.square(anp.where(small, size, 0.0))
    series = size * lax.exp(-square) * horner(square, _DAWSON)
    above = (0.5 * _ROOT_PI) * _quadrant(anp.where(small, 1.5, size), lax.full_like(x, 0.0))[1]
    return lax.sign(x) * anp.where(small, series, above)


@_dawsn.defjvp
def _dawsn_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    y = _dawsn(x)
    large = lax.gt(lax.abs(x), _far(x.dtype))
    q = 0.5 * lax.square(1.0 / anp.where(large, x, 1.0))
    return y, anp.where(large, -q * _falling(q), 1.0 - 2.0 * x * y) * dx


def dawsn(x: ArrayLike) -> Array:
    """Dawson's integral: ``exp(-x**2)`` times that of ``exp(t**2)`` from 0 to real ``x``."""
    (value,), back = widened("dawsn", x)
    return back(_dawsn(value))


@custom_jvp
def _wofz(z: Array) -> Array:
    x, y = lax.real(z), lax.imag(z)
    real, imaginary = _quadrant(lax.abs(x), lax.abs(y))
    imaginary = anp.where(lax.lt(x, 0.0), -imaginary, imaginary)
    # w(z) = 2 exp(-z**2) - w(-z), where w(-z) is the conjugate of w at the mirror image below the real axis.
    below = lax.lt(y, 0.0)
    size = 2.0 * lax.exp(anp.where(below, (y - x) * (y + x), 0.0))
    turn = 2.0 * x * y
    sine = lax.sin(turn)
    lower = size * lax.cos(turn) - real, anp.where(lax.eq(sine, 0.0), 0.0, -size * sine) + imaginary
    return lax.complex(anp.where(below, lower[0], real), anp.where(below, lower[1], imaginary))


@_wofz.defjvp
def _wofz_jvp(primals: Any, tangents: Any) -> Any:
    (z,), (dz,) = primals, tangents
    w = _wofz(z)
    large = lax.gt(lax.abs(z), _far(z.dtype))
    inverse = 1.0 / anp.where(large, z, 1.0)
    above = (-1j / _ROOT_PI) * (inverse * inverse) * _falling(0.5 * inverse * inverse)
    # Below the real axis exp(-z**2) is not small.
    large = anp.logical_and(large, lax.gt(lax.imag(z), 0.0))
    return w, anp.where(large, above, -2.0 * z * w + 2j / _ROOT_PI) * dz


def wofz(z: ArrayLike) -> Array:
    """Faddeeva function ``exp(-z**2) erfc(-i z)`` of real or complex numbers; the result is complex."""
    (value,), _ = promoted(to_array(z), to_float=True)
    wide = "complex128" if value.dtype.name in ("float64", "complex128") else "complex64"
    return _wofz(value.astype(wide))
