"""The method of Broyden, Fletcher, Goldfarb and Shanno.

Algorithm 6.1 of J. Nocedal, S. Wright, "Numerical Optimization", 2006.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.autodiff import value_and_grad
from axir.scipy.optimize.line_search import Search, integer, line_search, logical

__all__ = ["Bfgs", "minimize_bfgs"]


class Bfgs(NamedTuple):
    """Where the method is: place, value, gradient and the estimate of the inverse Hessian."""

    converged: Array
    failed: Array
    iteration: Array
    evaluations: Array
    x: Array
    value: Array
    gradient: Array
    inverse: Array
    before: Array
    status: Array


def minimize_bfgs(
    function: Callable[[Array], Array],
    x: Array,
    maxiter: int | None = None,
    norm: Any = np.inf,
    gtol: float = 1e-5,
    line_search_maxiter: int = 10,
) -> Bfgs:
    """The state when the gradient is smaller than ``gtol``, or the method cannot go on."""
    limit = 200 * x.size if maxiter is None else maxiter
    value, gradient = value_and_grad(function)(x)

    def small(gradient: Array) -> Array:
        return anp.linalg.norm(gradient, ord=norm) < gtol

    def body(state: Bfgs) -> Bfgs:
        direction = -anp.dot(state.inverse, state.gradient)
        found = line_search(
            function, state.x, direction, state.value, state.gradient, state.before, line_search_maxiter
        )
        return _advanced(state, direction, found, small(found.step.gradient))

    state = Bfgs(
        converged=small(gradient),
        failed=logical(False),
        iteration=integer(0),
        evaluations=integer(1),
        x=x,
        value=value,
        gradient=gradient,
        inverse=anp.eye(x.size, dtype=x.dtype),
        before=value + anp.linalg.norm(gradient) / 2,
        status=integer(0),
    )
    state = lax.while_loop(lambda s: ~s.converged & ~s.failed & (s.iteration < limit), body, state)
    unfinished = anp.where(state.iteration == limit, integer(1), 2 + state.status)
    return state._replace(status=anp.where(state.converged, integer(0), unfinished))


def _advanced(state: Bfgs, direction: Array, found: Search, converged: Array) -> Bfgs:
    """The state after a step."""
    step = found.step
    moved = anp.multiply(step.size.astype(direction.dtype), direction)
    return Bfgs(
        converged=converged,
        failed=found.failed,
        iteration=state.iteration + 1,
        evaluations=state.evaluations + found.evaluations,
        x=state.x + moved,
        value=step.value,
        gradient=step.gradient,
        inverse=_updated(state.inverse, moved, step.gradient - state.gradient),
        before=state.value,
        status=found.status,
    )


def _updated(inverse: Array, moved: Array, change: Array) -> Array:
    """The estimate that maps the change of the gradient to the step; the old one if that is not possible."""
    scale = 1 / anp.dot(change, moved)
    left = anp.eye(moved.size, dtype=moved.dtype) - scale * anp.outer(moved, change)
    product = anp.matmul(anp.matmul(left, inverse), left.T) + scale * anp.outer(moved, moved)
    return anp.where(anp.isfinite(scale), product, inverse)
