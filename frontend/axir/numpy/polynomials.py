"""Polynomials as vectors of coefficients, that of the highest power first."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.axes import static_int
from axir._src.convert import ArrayLike, asarray, convert, to_array
from axir._src.elementwise import broadcast_shapes, broadcast_to, promoted
from axir._src.messages import located
from axir._src.remember import remembered
from axir._src.scalar_types import finfo
from axir.numpy import linalg
from axir.numpy.arithmetic import power
from axir.numpy.blocks import trim_zeros
from axir.numpy.contractions import diag, dot, outer
from axir.numpy.creation import ones, zeros
from axir.numpy.elementwise import multiply, true_divide
from axir.numpy.logic import choose_by
from axir.numpy.reductions import all as all_of
from axir.numpy.reductions import argmin
from axir.numpy.reductions import sum as sum_of
from axir.numpy.shapes import atleast_1d, roll, transpose
from axir.numpy.signals import convolve
from axir.numpy.sorting import argsort
from axir_compiler.errors import DTypeError, ShapeError

__all__ = [
    "poly",
    "polyadd",
    "polyder",
    "polydiv",
    "polyfit",
    "polyint",
    "polymul",
    "polysub",
    "polyval",
    "roots",
    "vander",
]


def vander(x: ArrayLike, N: int | None = None, increasing: bool = False) -> Array:
    """Matrix whose columns are powers of a vector.

    Args:
        x: Vector of ``n`` numbers.
        N: Static number of columns, ``n`` by default.
        increasing: Whether the powers begin with 0 rather than end with it.

    Raises: ShapeError if ``x`` is no vector or ``N`` negative.
    """
    v = to_array(x)
    count = v.size if N is None else static_int(N, "vander")
    if v.ndim != 1 or count < 0:
        raise located(ShapeError(f"vander: needs a vector and N >= 0; got {v.aval} and {count}."))
    powers = lax.iota(v.dtype, count)
    powers = powers if increasing else lax.rev(powers, (0,))
    return power(lax.expand_dims(v, (1,)), lax.expand_dims(powers, (0,)))


def _vectors(where: str, *args: ArrayLike, to_float: bool = False) -> list[Array]:
    """Coefficients in a common dtype."""
    arrays = promoted(*args, to_float=to_float)[0]
    for a in arrays:
        if a.ndim != 1:
            raise located(ShapeError(f"{where}: coefficients are vectors; got {a.aval}."))
    return arrays


def polyadd(a1: ArrayLike, a2: ArrayLike) -> Array:
    """Sum of two polynomials.

    Raises: ShapeError if an operand is no vector.
    """
    x, y = _vectors("polyadd", a1, a2)
    size = max(x.size, y.size)
    x, y = (lax.pad(v, lax.full((), 0, v.dtype), [(size - v.size, 0, 0)]) for v in (x, y))
    return lax.add(x, y)


def polysub(a1: ArrayLike, a2: ArrayLike) -> Array:
    """Difference of two polynomials; see ``polyadd``."""
    x, y = _vectors("polysub", a1, a2)
    return polyadd(x, lax.neg(y))


def polymul(a1: ArrayLike, a2: ArrayLike, *, trim_leading_zeros: bool = False) -> Array:
    """Product of two polynomials.

    Args:
        a1, a2: Coefficients.
        trim_leading_zeros: Whether leading zeros of the operands are dropped; they must not be traced then.

    Raises: ShapeError if an operand is no vector.
    """
    x, y = _vectors("polymul", a1, a2, to_float=True)
    if trim_leading_zeros and (x.size > 1 or y.size > 1):
        x, y = trim_zeros(x, "f"), trim_zeros(y, "f")
    x, y = (v if v.size else zeros((1,), v.dtype) for v in (x, y))
    return convolve(x, y)


def polydiv(u: ArrayLike, v: ArrayLike, *, trim_leading_zeros: bool = False) -> tuple[Array, Array]:
    """Quotient and remainder of two polynomials.

    The remainder keeps the length of ``u`` unless ``trim_leading_zeros`` drops what is zero within the square root of
    the machine epsilon; it must not be traced then.

    Raises: ShapeError if an operand is no vector or empty.
    """
    left, y = _vectors("polydiv", u, v, to_float=True)
    if not left.size or not y.size:
        raise located(ShapeError(f"polydiv: operands must not be empty; got {left.aval} and {y.aval}."))
    steps = left.size - y.size + 1
    scale = 1.0 / lax.index_in_dim(y, 0, keepdims=False)
    quotient = []
    for k in range(steps):
        factor = scale * lax.index_in_dim(left, k, keepdims=False)
        quotient.append(lax.reshape(factor, (1,)))
        left = left.at[k : k + y.size].add(-factor * y)
    found = lax.concatenate(quotient, 0) if quotient else zeros((1,), left.dtype)
    return found, _without_tiny(left) if trim_leading_zeros else left


def _without_tiny(x: Array) -> Array:
    bound = math.sqrt(float(finfo(x.dtype).eps))
    value = np.abs(x.to_numpy("the leading coefficients, which give the size of the result"))
    large = np.flatnonzero(value > bound)
    return x[int(large[0]) if large.size else x.size :]


@remembered
def polyval(p: ArrayLike, x: ArrayLike, *, unroll: int = 16) -> Array:
    """Value of a polynomial at each element of ``x``, by Horner's rule.

    Args:
        p: Coefficients along the first axis; other axes broadcast with ``x``.
        x: Where to evaluate, array of any shape.
        unroll: How many steps of the loop are written out at once.
    """
    coefficients, points = promoted(p, x)[0]
    if not coefficients.ndim:
        raise located(ShapeError(f"polyval: coefficients lie along an axis; got {coefficients.aval}."))
    shape = broadcast_shapes(coefficients.shape[1:], points.shape, where="polyval")
    start = lax.full(shape, 0, points.dtype)
    points = broadcast_to(points, shape)
    if coefficients.shape[0] <= unroll:
        for k in range(coefficients.shape[0]):
            start = start * points + lax.index_in_dim(coefficients, k, keepdims=False)
        return start
    step = lambda y, c: (y * points + c, None)  # noqa: E731
    return lax.scan(step, start, coefficients, unroll=unroll)[0]


def polyder(p: ArrayLike, m: int = 1) -> Array:
    """Derivative of order ``m`` of a polynomial.

    Raises: ShapeError if ``m`` is negative or ``p`` no vector.
    """
    (x,) = _vectors("polyder", p, to_float=True)
    order = _order(m, "polyder")
    if order == 0:
        return x
    kept = max(x.size - order, 0)
    factors = [math.perm(k, order) for k in range(x.size - 1, order - 1, -1)]
    return multiply(lax.slice_in_dim(x, 0, kept), asarray(np.asarray(factors, np.float64), x.dtype))


def polyint(p: ArrayLike, m: int = 1, k: ArrayLike | None = None) -> Array:
    """Integral of order ``m`` of a polynomial.

    Args:
        p: Coefficients.
        m: Static order.
        k: Constants of integration, ``m`` of them or one for all; 0 by default.

    Raises: ShapeError if ``m`` is negative, or shapes do not fit.
    """
    order = _order(m, "polyint")
    x, constants = promoted(p, 0 if k is None else k, to_float=True)[0]
    constants = lax.reshape(constants, (constants.size,))
    if constants.size == 1:
        constants = broadcast_to(constants, (order,))
    if x.ndim != 1 or constants.shape != (order,):
        raise located(
            ShapeError(f"polyint: needs a vector and {order} constants; got {x.aval}, {constants.aval}.")
        )
    if order == 0:
        return x
    total = x.size + order
    # The constant of step i is divided by what the later steps bring, as if it were a coefficient itself.
    divisors = [math.perm(n, min(n, order)) for n in range(total - 1, -1, -1)]
    joined = lax.concatenate([x, convert(constants, x.dtype)], 0)
    return true_divide(joined, asarray(np.asarray(divisors, np.float64), x.dtype))


def _order(m: int, where: str) -> int:
    order = static_int(m, where)
    if order < 0:
        raise located(ShapeError(f"{where}: the order must not be negative; got {order}."))
    return order


def poly(seq_of_zeros: ArrayLike) -> Array:
    """The polynomial with given roots and leading coefficient 1, or the characteristic one of a matrix.

    Raises: ShapeError if the argument is neither a vector nor a square matrix.
    """
    (given,) = promoted(seq_of_zeros, to_float=True)[0]
    zeros_of = atleast_1d(given)
    if zeros_of.ndim == 2 and zeros_of.shape[0] == zeros_of.shape[1] != 0:
        zeros_of = _eigenvalues(zeros_of)
    if zeros_of.ndim != 1:
        raise located(ShapeError(f"poly: needs a vector of roots or a square matrix; got {given.aval}."))
    if not zeros_of.size:
        return ones((), zeros_of.dtype)
    found, zero = ones((1,), zeros_of.dtype), lax.full((), 0, zeros_of.dtype)
    for k in range(zeros_of.size):
        root = lax.slice_in_dim(zeros_of, k, k + 1)
        found = lax.pad(found, zero, [(0, 1, 0)]) - root * lax.pad(found, zero, [(1, 0, 0)])
    return found


def roots(p: ArrayLike, *, strip_zeros: bool = True) -> Array:
    """Roots of a polynomial, as eigenvalues of its companion matrix.

    Args:
        p: Coefficients.
        strip_zeros: Whether leading zeros are dropped, for which ``p`` must not be traced. If not, each of them
            gives a root NaN at the end.

    Returns: Vector of complex numbers.
    Raises: ShapeError if ``p`` is no vector.
    """
    x = atleast_1d(promoted(p, to_float=True)[0][0])
    if x.ndim != 1:
        raise located(ShapeError(f"roots: coefficients are a vector; got {x.aval}."))
    if x.size < 2:
        return zeros((0,), _complex_of(x.dtype))
    if strip_zeros:
        value = x.to_numpy("the leading coefficients, which give the number of roots")
        filled = np.flatnonzero(value)
        return _roots(x[int(filled[0]) if filled.size else x.size :])
    is_zero = lax.eq(x, lax.full_like(x, 0))
    leading = choose_by(all_of(is_zero), x.size, argmin(is_zero))
    found = _roots(roll(choose_by(lax.eq(leading, x.size), 1, x), lax.neg(leading)))
    # Zeros that were rolled to the end have the root 0; behind the others they become NaN.
    found = found[argsort(lax.eq(found, lax.full_like(found, 0)))]
    return choose_by(lax.iota("int32", found.size) < found.size - leading, found, complex(math.nan, math.nan))


def _complex_of(dtype: np.dtype) -> np.dtype:
    return np.result_type(dtype, np.complex64) if dtype.itemsize > 2 else np.dtype("complex64")


def _roots(p: Array) -> Array:
    if p.size < 2:
        return zeros((0,), _complex_of(p.dtype))
    companion = diag(ones((p.size - 2,), p.dtype), -1)
    return _eigenvalues(companion.at[0, :].set(-p[1:] / p[0]))


def _eigenvalues(matrix: Array) -> Array:
    """Eigenvalues of a general matrix; those of half precision are computed in float32."""
    wide = matrix if matrix.dtype.itemsize > 2 else convert(matrix, np.dtype("float32"))
    return linalg.eigvals(wide)


def polyfit(
    x: ArrayLike,
    y: ArrayLike,
    deg: int,
    rcond: float | None = None,
    full: bool = False,
    w: ArrayLike | None = None,
    cov: bool | str = False,
) -> Any:
    """Polynomial that fits points best in the sense of least squares.

    Args:
        x: Vector of ``n`` points.
        y: Values, ``[n]`` or ``[n, k]`` for ``k`` fits at once.
        deg: Static degree.
        rcond: Singular values below ``rcond`` times the largest count as 0; ``n`` times the machine epsilon by default.
        full: Whether to give residuals, rank, singular values and ``rcond`` too.
        w: Weights of the residuals, not of their squares.
        cov: Whether to give the covariance of the coefficients too; ``"unscaled"`` takes the weights as given.

    Returns: Coefficients ``[deg + 1]`` or ``[deg + 1, k]``, and what is asked for.
    Raises: ShapeError if ``deg`` is negative or there are too few points for ``cov``; DTypeError if shapes do not fit.
    """
    points, values = to_array(x), to_array(y)
    order = _order(deg, "polyfit") + 1
    _check_fit(points, values)
    bound = points.size * float(finfo(_float_of(points)).eps) if rcond is None else float(rcond)
    left, right = vander(promoted(points, to_float=True)[0][0], order), values
    if w is not None:
        (weights,) = promoted(w, to_float=True)[0]
        if weights.shape != values.shape[:1]:
            raise located(DTypeError(f"polyfit: needs {values.shape[0]} weights; got {weights.aval}."))
        left = left * lax.expand_dims(weights, (1,))
        right = right * lax.reshape(weights, (weights.size, *(1,) * (right.ndim - 1)))
    scale = lax.sqrt(sum_of(left * left, 0))
    left = left / scale
    found, residuals, rank, singular = linalg.lstsq(left, right, bound)
    found = transpose(transpose(found) / scale)
    if full:
        return found, residuals, rank, singular, to_array(bound)
    return (found, _covariance(left, scale, residuals, values, cov)) if cov else found


def _float_of(x: Array) -> np.dtype:
    return promoted(x, to_float=True)[0][0].dtype


def _check_fit(x: Array, y: Array) -> None:
    if x.ndim != 1 or not x.size or y.ndim not in (1, 2) or x.shape[0] != y.shape[0]:
        raise located(
            DTypeError(
                f"polyfit: needs points [n], n > 0, and values [n] or [n, k]; got {x.aval} and {y.aval}."
            )
        )


def _covariance(left: Array, scale: Array, residuals: Array, y: Array, cov: bool | str) -> Array:
    base = linalg.inv(dot(transpose(left), left)) / outer(scale, scale)
    count, order = left.shape
    if cov == "unscaled":
        factor: Any = ones((1,), base.dtype)
    elif count <= order:
        raise located(
            ShapeError(
                f"polyfit: a covariance needs more than {order} points; got {count}. Use cov='unscaled'."
            )
        )
    else:
        factor = atleast_1d(residuals / (count - order))
    if y.ndim == 1:
        return base * lax.expand_dims(factor, (0,))
    return lax.expand_dims(base, (2,)) * lax.expand_dims(factor, (0, 1))
