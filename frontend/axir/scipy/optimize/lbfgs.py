"""BFGS with a limited memory: the inverse Hessian as a product of the last steps.

Algorithms 7.4 and 7.5 of J. Nocedal, S. Wright, "Numerical Optimization", 2006.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.autodiff import value_and_grad
from axir.scipy.optimize.line_search import integer, line_search, logical

__all__ = ["Lbfgs", "minimize_lbfgs"]


class Lbfgs(NamedTuple):
    """Where the method is: place, value, gradient, and the last steps with the changes of the gradient."""

    converged: Array
    failed: Array
    iteration: Array
    evaluations: Array
    x: Array
    value: Array
    gradient: Array
    steps: Array
    changes: Array
    scales: Array
    gamma: Array
    status: Array


def minimize_lbfgs(
    function: Callable[[Array], Array],
    x: Array,
    maxiter: float | None = None,
    norm: Any = np.inf,
    maxcor: int = 10,
    ftol: float = 2.220446049250313e-09,
    gtol: float = 1e-5,
    maxfun: float | None = None,
    maxgrad: float | None = None,
    maxls: int = 20,
) -> Lbfgs:
    """The state when the gradient is smaller than ``gtol``, or the method cannot go on."""
    if maxiter is None:
        maxiter = 200 * x.size if maxfun is None and maxgrad is None else math.inf
    limits = (maxiter, *(math.inf if n is None else n for n in (maxfun, maxgrad)))
    value, gradient = value_and_grad(function)(x)

    def body(state: Lbfgs) -> Lbfgs:
        direction = _direction(state)
        found = line_search(function, state.x, direction, state.value, state.gradient, maxiter=maxls)
        step = found.step
        converged = anp.linalg.norm(step.gradient, ord=norm) < gtol
        status = _status(state, step.value, ftol, limits, found.failed)
        moved = anp.multiply(step.size.astype(direction.dtype), direction)
        return _remembered(state, moved, step.gradient - state.gradient)._replace(
            converged=converged,
            failed=(status > 0) & ~converged,
            iteration=state.iteration + 1,
            evaluations=state.evaluations + found.evaluations,
            x=state.x + moved,
            value=step.value,
            gradient=step.gradient,
            status=anp.where(converged, integer(0), status),
        )

    real = value.dtype
    state = Lbfgs(
        converged=logical(False),
        failed=logical(False),
        iteration=integer(0),
        evaluations=integer(1),
        x=x,
        value=value,
        gradient=gradient,
        steps=anp.zeros((maxcor, x.size), x.dtype),
        changes=anp.zeros((maxcor, x.size), x.dtype),
        scales=anp.zeros((maxcor,), real),
        gamma=anp.ones((), real),
        status=integer(0),
    )
    return lax.while_loop(lambda s: ~s.converged & ~s.failed, body, state)


def _direction(state: Lbfgs) -> Array:
    """Minus the inverse Hessian times the gradient; places of the history that are empty change nothing."""

    def backward(q: Array, item: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        step, change, scale = item
        factor = scale * anp.real(anp.vdot(step, q))
        return q - factor * anp.conj(change), factor

    def forward(q: Array, item: tuple[Array, Array, Array, Array]) -> tuple[Array, None]:
        step, change, scale, factor = item
        return q + (factor - scale * anp.real(anp.dot(change, q))) * step, None

    history = (state.steps, state.changes, state.scales)
    q, factors = lax.scan(backward, -anp.conj(state.gradient), history, reverse=True)
    return lax.scan(forward, state.gamma * q, (*history, factors))[0]


def _remembered(state: Lbfgs, moved: Array, change: Array) -> Lbfgs:
    """The state with a step in its history in place of the oldest."""
    product = anp.real(anp.dot(change, moved))
    return state._replace(
        steps=anp.concatenate([state.steps[1:], moved[None]]),
        changes=anp.concatenate([state.changes[1:], change[None]]),
        scales=anp.concatenate([state.scales[1:], (1 / product)[None]]),
        gamma=product / anp.real(anp.vdot(change, change)),
    )


def _status(state: Lbfgs, value: Array, ftol: float, limits: tuple[float, ...], failed: Array) -> Array:
    """Why to stop, 0 for going on."""
    reasons = [(4, state.value - value < ftol)]
    counts = (state.iteration, state.evaluations, state.evaluations)
    reasons += [(i + 1, counts[i] >= limits[i]) for i in (2, 1, 0) if math.isfinite(limits[i])]
    status = integer(0)
    for number, condition in [*reasons, (5, failed)]:
        status = anp.where(condition, integer(number), status)
    return status
