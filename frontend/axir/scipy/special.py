"""Special functions. Integers and bools are taken to the default float dtype."""

from __future__ import annotations

import math
from collections.abc import Callable

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.axes import Axes
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.custom import custom_jvp
from axir._src.elementwise import apply_unary, broadcast, promoted
from axir._src.messages import located
from axir._src.promotion import inexact
from axir.nn import log_softmax as _log_softmax
from axir.nn import logsumexp
from axir.nn import softmax as _softmax
from axir.scipy import (
    _special_hypergeometric,
    _special_integrals,
    _special_more,
    _special_orders,
    _special_waves,
)
from axir.scipy._special_hypergeometric import *  # noqa: F403
from axir.scipy._special_integrals import *  # noqa: F403
from axir.scipy._special_more import *  # noqa: F403
from axir.scipy._special_orders import *  # noqa: F403
from axir.scipy._special_waves import *  # noqa: F403
from axir_compiler.errors import MissingRuleError
from axir_compiler.ir.op import OPS

__all__ = [
    "beta",
    "betaln",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfinv",
    "expit",
    "factorial",
    "gamma",
    "gammaln",
    "gammasgn",
    "kl_div",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "rel_entr",
    "softmax",
    "xlog1py",
    "xlogy",
]
__all__ += _special_integrals.__all__
__all__ += _special_more.__all__
__all__ += _special_orders.__all__
__all__ += _special_hypergeometric.__all__
__all__ += _special_waves.__all__


def _unary(name: str, op: str, doc: str) -> Callable[[ArrayLike], Array]:
    cls = OPS[op]

    def function(x: ArrayLike) -> Array:
        return apply_unary(cls, x, True)

    function.__name__ = function.__qualname__ = name
    function.__module__ = "axir.scipy.special"
    function.__doc__ = doc
    return function


erf = _unary("erf", "erf", "Error function.")
erfc = _unary("erfc", "erfc", "Complementary error function ``1 - erf(x)``, accurate for large ``x``.")
erfinv = _unary("erfinv", "erf_inv", "Inverse of ``erf``; infinite at -1 and 1, NaN outside.")
expit = _unary("expit", "logistic", "``1 / (1 + exp(-x))``.")
gammaln = _unary("gammaln", "lgamma", "Logarithm of ``|gamma(x)|``; infinite at 0, -1, -2, ...")
digamma = _unary("digamma", "digamma", "Derivative of ``log(gamma(x))``; NaN at 0, -1, -2, ...")


def _real(x: ArrayLike) -> Array:
    array = to_array(x)
    return convert(array, inexact(array.dtype), array.weak_type)


def softmax(x: ArrayLike, /, *, axis: Axes = None) -> Array:
    """``exp(x)`` along axes, by default all, scaled so that the sum is 1."""
    return _softmax(x, axis)


def log_softmax(x: ArrayLike, /, *, axis: Axes = None) -> Array:
    """``log(softmax(x))`` without underflow."""
    return _log_softmax(x, axis)


def polygamma(n: ArrayLike, x: ArrayLike) -> Array:
    """Derivative number ``n`` of ``digamma``, for integers ``n``.

    Raises: DTypeError, ValueError if ``n`` is no integer.
    """
    if isinstance(n, int):
        return lax.polygamma(n, _real(x))
    if not anp.issubdtype(anp.result_type(n), anp.integer):
        raise ValueError(f"polygamma: the order must be an integer; got {anp.result_type(n)}.")
    (order, value), _ = promoted(n, _real(x), to_float=True)
    return lax.polygamma(*broadcast((order, value), "polygamma"))


def gammasgn(x: ArrayLike) -> Array:
    """Sign of ``gamma(x)``; NaN at negative integers and -inf."""
    value = _real(x)
    whole = lax.floor(value)
    even = lax.eq(lax.rem(whole, 2.0), 0.0)
    one = lax.full_like(value, 1.0)
    negative = lax.select(even, one, lax.neg(one))
    undefined = anp.logical_and(lax.lt(value, 0.0), lax.eq(whole, value))
    found = lax.select(lax.lt(value, 0.0), negative, anp.copysign(one, value))
    found = anp.where(anp.logical_or(undefined, lax.ne(value, value)), math.nan, found)
    return anp.where(lax.eq(value, 0.0), anp.copysign(1.0, value), found)


def gamma(x: ArrayLike) -> Array:
    """Gamma function."""
    value = _real(x)
    return lax.mul(gammasgn(value), lax.exp(lax.lgamma(value)))


def factorial(n: ArrayLike, exact: bool = False) -> Array:
    """``gamma(n + 1)``; 0 for negative ``n``.

    Raises: MissingRuleError (a NotImplementedError) for ``exact``, whose results would be integers of any size.
    """
    if exact:
        raise located(
            MissingRuleError("factorial: exact must be False. Use math.factorial for Python integers.")
        )
    value = _real(n)
    return anp.where(lax.lt(value, 0.0), 0.0, lax.exp(lax.lgamma(lax.add(value, 1.0))))


def betaln(a: ArrayLike, b: ArrayLike) -> Array:
    """Logarithm of ``|beta(a, b)|``."""
    (x, y), _ = promoted(a, b, to_float=True)
    x, y = broadcast((x, y), "betaln")
    return lax.sub(lax.add(lax.lgamma(x), lax.lgamma(y)), lax.lgamma(lax.add(x, y)))


def beta(a: ArrayLike, b: ArrayLike) -> Array:
    """``gamma(a) gamma(b) / gamma(a + b)``."""
    (x, y), _ = promoted(a, b, to_float=True)
    x, y = broadcast((x, y), "beta")
    sign = lax.mul(lax.mul(gammasgn(x), gammasgn(y)), gammasgn(lax.add(x, y)))
    return lax.mul(sign, lax.exp(betaln(x, y)))


def multigammaln(a: ArrayLike, d: int) -> Array:
    """Logarithm of the gamma function of dimension ``d``, a static Python integer."""
    value = _real(a)
    total = lax.full_like(value, 0.25 * d * (d - 1) * math.log(math.pi))
    for j in range(int(d)):
        total = lax.add(total, lax.lgamma(lax.sub(value, j / 2)))
    return total


def logit(x: ArrayLike) -> Array:
    """``log(x / (1 - x))``."""
    value = _real(x)
    return lax.sub(lax.log(value), lax.log1p(lax.neg(value)))


def _times_log(
    name: str, log: Callable[[Array], Array], slope: Callable[[Array], Array]
) -> Callable[[ArrayLike, ArrayLike], Array]:
    """``x * log(y)``, 0 where ``x`` is 0 unless ``y`` is NaN; ``slope`` is the derivative of ``log``.

    The rule is that of the product, with nothing set to 0 where ``x`` is: the derivative in ``x`` there is ``log(y)``.
    """

    @custom_jvp
    def times_log(x: Array, y: Array) -> Array:
        nothing = anp.logical_and(lax.eq(x, 0.0), lax.eq(y, y))
        return anp.where(nothing, 0.0, lax.mul(x, log(anp.where(nothing, 1.0, y))))

    @times_log.defjvp
    def rule(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
        (x, y), (dx, dy) = primals, tangents
        return times_log(x, y), lax.add(lax.mul(dx, log(y)), lax.mul(dy, lax.mul(x, slope(y))))

    def called(x: ArrayLike, y: ArrayLike) -> Array:
        (a, b), _ = promoted(x, y, to_float=True)
        return times_log(*broadcast((a, b), name))

    return called


_xlogy = _times_log("xlogy", lax.log, lambda y: lax.div(1.0, y))
_xlog1py = _times_log("xlog1py", lax.log1p, lambda y: lax.div(1.0, lax.add(y, 1.0)))


def xlogy(x: ArrayLike, y: ArrayLike) -> Array:
    """``x * log(y)``, 0 where ``x`` is 0 and ``y`` is not NaN.

    The derivatives are ``log(y)`` and ``x / y``, also where ``x`` is 0.

    Args:
        x, y: Arrays of real numbers whose shapes broadcast; integers become floats.

    Raises: ShapeError if the shapes do not broadcast.
    """
    return _xlogy(x, y)


def xlog1py(x: ArrayLike, y: ArrayLike) -> Array:
    """``x * log(1 + y)``, 0 where ``x`` is 0 and ``y`` is not NaN; accurate for small ``y``.

    The derivatives are ``log(1 + y)`` and ``x / (1 + y)``, also where ``x`` is 0.

    Args:
        x, y: Arrays of real numbers whose shapes broadcast; integers become floats.

    Raises: ShapeError if the shapes do not broadcast.
    """
    return _xlog1py(x, y)


@custom_jvp
def _xlogx(x: Array) -> Array:
    return _xlogy(x, x)


@_xlogx.defjvp
def _xlogx_rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (dx,) = primals, tangents
    return _xlogx(x), lax.mul(dx, lax.add(lax.log(x), 1.0))


def entr(x: ArrayLike) -> Array:
    """``-x * log(x)``; 0 at 0, where the derivative is infinite, and -inf below."""
    value = _real(x)
    return anp.where(lax.lt(value, 0.0), -math.inf, lax.neg(_xlogx(value)))


def rel_entr(p: ArrayLike, q: ArrayLike) -> Array:
    """``p * log(p / q)``; 0 where ``p`` is 0 and ``q`` is not negative, else infinite outside of both positive."""
    (x, y), _ = promoted(p, q, to_float=True)
    x, y = broadcast((x, y), "rel_entr")
    both = anp.logical_and(lax.gt(x, 0.0), lax.gt(y, 0.0))
    none = anp.logical_and(lax.eq(x, 0.0), lax.ge(y, 0.0))
    above, below = (anp.where(both, v, 1.0) for v in (x, y))
    found = anp.where(both, lax.mul(above, lax.log(lax.div(above, below))), math.inf)
    found = anp.where(none, 0.0, found)
    return anp.where(anp.logical_or(lax.ne(x, x), lax.ne(y, y)), math.nan, found)


def kl_div(p: ArrayLike, q: ArrayLike) -> Array:
    """``p * log(p / q) - p + q``."""
    (x, y), _ = promoted(p, q, to_float=True)
    return anp.add(anp.subtract(rel_entr(x, y), x), y)


def ndtr(x: ArrayLike) -> Array:
    """Normal distribution function."""
    return lax.mul(lax.erfc(lax.mul(_real(x), -math.sqrt(0.5))), 0.5)


def log_ndtr(x: ArrayLike, series_order: int = 3) -> Array:
    """Logarithm of the normal distribution function, accurate in both tails.

    ``series_order``, from 0 to 30, changes nothing: there are always as many terms as the dtype has use for.

    Below -10 it is the asymptotic series of the Mills ratio, above 5 that of ``log(1 - small)``: M. Abramowitz,
    I. A. Stegun, "Handbook of mathematical functions", 26.2.12.
    """
    if not isinstance(series_order, int):
        raise TypeError(f"log_ndtr: series_order must be a Python integer; got {series_order!r}.")
    if not 0 <= series_order <= 30:
        raise ValueError(f"log_ndtr: series_order must be from 0 to 30; got {series_order}.")
    value = _real(x)
    low, high = lax.lt(value, -10.0), lax.gt(value, 5.0)
    middle = lax.log(ndtr(lax.clamp(-10.0, value, 5.0)))
    tail = anp.where(low, value, -10.0)
    inverse = lax.div(1.0, lax.integer_pow(tail, 2))
    series = lax.full_like(value, 1.0)
    # 1 - 1/x**2 + 3/x**4 - 15/x**6 + ..., from the last term inward.
    for n in range(19, 0, -2):
        series = lax.sub(1.0, lax.mul(lax.mul(inverse, float(n)), series))
    scale = lax.sub(lax.mul(lax.integer_pow(tail, 2), -0.5), lax.log(lax.neg(tail)))
    lower = lax.add(lax.sub(scale, 0.5 * math.log(2 * math.pi)), lax.log(series))
    upper = lax.log1p(lax.neg(ndtr(lax.neg(anp.where(high, value, 5.0)))))
    return anp.where(low, lower, anp.where(high, upper, middle))


def ndtri(p: ArrayLike) -> Array:
    """Inverse of the normal distribution function."""
    return lax.mul(lax.erf_inv(lax.sub(lax.mul(_real(p), 2.0), 1.0)), math.sqrt(2))
