"""Minimization of a function of a vector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from axir import lax
from axir._src.array import Array
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.messages import located
from axir._src.promotion import inexact
from axir.scipy.optimize.bfgs import minimize_bfgs
from axir.scipy.optimize.lbfgs import minimize_lbfgs
from axir_compiler.errors import ShapeError

__all__ = ["OptimizeResults", "minimize"]

_LBFGS = "l-bfgs-experimental-do-not-rely-on-this"


class OptimizeResults(NamedTuple):
    """What ``minimize`` found.

    Attributes:
        x: The place.
        success: Whether the gradient is as small there as was asked for.
        status: 0 for success. BFGS: 1 if the iterations are used up, 3 or 5 if the line search failed. L-BFGS: 1, 2, 3
            if the iterations, evaluations or gradients are used up, 4 if the value does not get smaller, 5 if the line
            search failed.
        fun: The value there.
        jac: The gradient there.
        hess_inv: Estimate of the inverse of the Hessian; ``None`` for L-BFGS.
        nfev, njev, nit: Numbers of evaluations, gradients and iterations.
    """

    x: Array
    success: Array
    status: Array
    fun: Array
    jac: Array
    hess_inv: Array | None
    nfev: Array
    njev: Array
    nit: Array


def minimize(
    fun: Callable[..., ArrayLike],
    x0: ArrayLike,
    args: tuple[Any, ...] = (),
    *,
    method: str,
    tol: float | None = None,
    options: Mapping[str, Any] | None = None,
) -> OptimizeResults:
    """A place where a function of a vector is smallest in its neighbourhood.

    Args:
        fun: Function of a vector and ``args``, differentiable, with a scalar result.
        x0: Where to start: a vector.
        args: Further arguments of ``fun``.
        method: ``"BFGS"`` or ``"l-bfgs-experimental-do-not-rely-on-this"``.
        tol: Has no effect; give ``gtol`` in ``options``.
        options: Keyword arguments of the method: ``maxiter``, ``gtol`` (bound of the gradient), ``norm`` (of the
            gradient; by default its largest element); for BFGS ``line_search_maxiter``, for L-BFGS ``maxcor`` (length
            of the history), ``ftol``, ``maxfun``, ``maxgrad``, ``maxls``.

    Raises: ValueError for another method, TypeError if ``args`` is no tuple or an option is unknown, ShapeError if
        ``x0`` is no vector.

    >>> import axir.numpy as np
    >>> from axir.scipy.optimize import minimize
    >>> minimize(lambda x: np.sum((x - 3.0) ** 2), np.zeros(2), method="BFGS").x
    Array([3., 3.], dtype=float32)
    """
    if not isinstance(args, tuple):
        raise TypeError(f"minimize: args must be a tuple; got {args!r}. Write (x,) for one argument.")
    x = to_array(x0)
    if x.ndim != 1:
        raise located(ShapeError(f"minimize: x0 must be a vector; got {x.aval}."))
    start = convert(x, inexact(x.dtype))
    given = dict(options or {})

    def value(x: Array) -> Array:
        return to_array(fun(x, *args))

    if method.lower() == "bfgs":
        found = minimize_bfgs(value, start, **given)
        inverse = found.inverse
    elif method.lower() == _LBFGS:
        found = minimize_lbfgs(value, start, **given)
        inverse = None
    else:
        raise ValueError(f"minimize: the method must be 'BFGS' or {_LBFGS!r}; got {method!r}.")
    return OptimizeResults(
        x=found.x,
        success=lax.bitwise_and(found.converged, lax.bitwise_not(found.failed)),
        status=found.status,
        fun=found.value,
        jac=found.gradient,
        hess_inv=inverse,
        nfev=found.evaluations,
        njev=found.evaluations,
        nit=found.iteration,
    )
