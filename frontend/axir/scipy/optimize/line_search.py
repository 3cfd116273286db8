"""A step along a direction that satisfies the strong Wolfe conditions.

Algorithms 3.5 (bracketing) and 3.6 (zoom) of J. Nocedal, S. Wright, "Numerical Optimization", 2006; zoom tries the
minimum of a cubic, then that of a parabola, then the middle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src import pytree
from axir._src.array import Array
from axir._src.autodiff import value_and_grad
from axir._src.convert import constant, convert

__all__ = ["Search", "integer", "line_search", "logical"]

_DECREASE = 1e-4
_FLATTENING = 0.9
_ZOOMS = 30


class Step(NamedTuple):
    """A place on the line: how far it is, and value, slope along the line and gradient there."""

    size: Array
    value: Array
    slope: Array
    gradient: Array


class Search(NamedTuple):
    """What was found: the step, whether it is none, why (0 good, 1 zoom failed, 3 too many steps), evaluations."""

    step: Step
    failed: Array
    status: Array
    evaluations: Array


class _Zoom(NamedTuple):
    done: Array
    failed: Array
    count: Array
    low: Step
    high: Step
    old_size: Array
    old_value: Array
    best: Step


class _Bracket(NamedTuple):
    done: Array
    failed: Array
    count: Array
    last: Step
    best: Step
    evaluations: Array


class _Line(NamedTuple):
    """The function on the line, and the two conditions."""

    evaluate: Callable[[Array], Step]
    too_high: Callable[[Step], Array]
    flat: Callable[[Step], Array]


def integer(value: int) -> Array:
    """A counter of a loop."""
    return constant(value, np.dtype("int32"), False)


def logical(value: bool) -> Array:
    """A flag of a loop."""
    return constant(value, np.dtype(bool), False)


def _choose(condition: Array, first: Any, second: Any) -> Any:
    """One of two pytrees."""
    return pytree.map_tree(lambda x, y: anp.where(condition, x, y), first, second)


def line_search(
    function: Callable[[Array], Array],
    x: Array,
    direction: Array,
    value: Array,
    gradient: Array,
    before: Array | None = None,
    maxiter: int = 20,
) -> Search:
    """A step from ``x`` along ``direction``.

    Args:
        function: Function of a vector with a scalar result.
        x, direction: Vectors of one dtype.
        value, gradient: Those of the function at ``x``.
        before: The value one iteration earlier, which says how far to go first; 1 otherwise.
        maxiter: At most how many steps, each twice as far as the last.
    """
    real = value.dtype

    def evaluate(size: Array) -> Step:
        found, slope = value_and_grad(function)(lax.add(x, anp.multiply(convert(size, x.dtype), direction)))
        return Step(
            size, convert(found, real), _along(slope, direction, real), convert(slope, gradient.dtype)
        )

    start = Step(constant(0.0, real, False), value, _along(gradient, direction, real), gradient)
    line = _Line(
        evaluate,
        lambda s: s.value > value + _DECREASE * s.size * start.slope,
        lambda s: anp.abs(s.slope) <= -_FLATTENING * start.slope,
    )
    state = _bracketed(line, start, _first_size(start, before), maxiter)
    failed = state.failed | ~state.done
    status = anp.where(state.failed, integer(1), anp.where(state.count > maxiter, integer(3), integer(0)))
    return Search(_not_too_small(state.best), failed, status, state.evaluations)


def _along(gradient: Array, direction: Array, dtype: np.dtype) -> Array:
    return convert(anp.real(anp.dot(gradient, direction)), dtype)


def _first_size(start: Step, before: Array | None) -> Array:
    """As far as the last decrease of the value would be repeated, at most 1."""
    one = constant(1.0, start.value.dtype, False)
    if before is None:
        return one
    expected = 1.01 * 2 * (start.value - before) / start.slope
    return anp.where((expected > 1) | (expected <= 0), one, expected)


def _not_too_small(step: Step) -> Step:
    """In 32 bits a step of less than 1e-8 becomes that long."""
    if step.size.dtype.itemsize == 8:
        return step
    raised = anp.sign(step.size) * 1e-8
    return step._replace(size=anp.where(anp.abs(step.size) < 1e-8, raised, step.size))


def _bracketed(line: _Line, start: Step, first: Array, maxiter: int) -> _Bracket:
    """Longer and longer steps until one is good, or there is a good one between the last two."""

    def body(state: _Bracket) -> _Bracket:
        first_time = state.count == 1
        here = line.evaluate(anp.where(first_time, first, state.last.size * 2))
        above = line.too_high(here) | ((here.value >= state.last.value) & ~first_time)
        good = line.flat(here) & ~above
        between = above | ((here.slope >= 0) & ~good)
        low, high = _choose(above, (state.last, here), (here, state.last))
        zoom = _zoomed(line, low, high, between)
        best = _choose(between, _choose(zoom.done, zoom.best, zoom.low), state.best)
        return _Bracket(
            done=state.done | good | between,
            failed=state.failed | (between & zoom.failed),
            count=state.count + 1,
            last=here,
            best=_choose(good, here, best),
            evaluations=state.evaluations + 1 + zoom.count,
        )

    state = _Bracket(logical(False), logical(False), integer(1), start, start, integer(0))
    return lax.while_loop(lambda s: ~s.done & ~s.failed & (s.count <= maxiter), body, state)


def _zoomed(line: _Line, low: Step, high: Step, wanted: Array) -> _Zoom:
    """Smaller and smaller intervals that hold a good step, ``low`` being the better end."""
    threshold = 1e-10 if low.size.dtype.itemsize == 8 else 1e-5

    def body(state: _Zoom) -> _Zoom:
        narrow = anp.abs(state.high.size - state.low.size) <= threshold
        here = line.evaluate(_trial(state))
        high_here = line.too_high(here) | (here.value >= state.low.value)
        good = line.flat(here) & ~high_here
        low_here = ~high_here & ~good
        turned = low_here & (here.slope * (state.high.size - state.low.size) >= 0)
        replaced = _choose(low_here & ~turned, state.low, state.high)
        return _Zoom(
            done=state.done | good,
            failed=state.failed | narrow | (state.count + 1 >= _ZOOMS),
            count=state.count + 1,
            low=_choose(low_here, here, state.low),
            high=_choose(high_here, here, _choose(turned, state.low, state.high)),
            old_size=anp.where(good, state.old_size, replaced.size),
            old_value=anp.where(good, state.old_value, replaced.value),
            best=_choose(good, here, state.best),
        )

    middle, mean = (low.size + high.size) / 2, (low.value + high.value) / 2
    state = _Zoom(logical(False), logical(False), integer(0), low, high, middle, mean, low)
    return lax.while_loop(lambda s: wanted & ~s.done & ~s.failed, body, state)


def _trial(state: _Zoom) -> Array:
    """Where to look in the interval: not too close to its ends."""
    low, high = state.low, state.high
    left, right = anp.minimum(low.size, high.size), anp.maximum(low.size, high.size)
    cubic = _cubic_minimum(state)
    margin = 0.2 * (right - left)
    use_cubic = (state.count > 0) & (cubic > left + margin) & (cubic < right - margin)
    parabola = _parabola_minimum(low, high)
    margin = 0.1 * (right - left)
    use_parabola = (parabola > left + margin) & (parabola < right - margin)
    middle = (low.size + high.size) / 2
    return anp.where(use_cubic, cubic, anp.where(use_parabola, parabola, middle))


def _cubic_minimum(state: _Zoom) -> Array:
    """Minimum of the cubic with value and slope of ``low``, and the values of ``high`` and of an older place."""
    low, db, dc = state.low, state.high.size - state.low.size, state.old_size - state.low.size
    rest_b = state.high.value - low.value - low.slope * db
    rest_c = state.old_value - low.value - low.slope * dc
    scale = (db * dc) ** 2 * (db - dc)
    third = (dc**2 * rest_b - db**2 * rest_c) / scale
    second = (db**3 * rest_c - dc**3 * rest_b) / scale
    return low.size + (anp.sqrt(second * second - 3 * third * low.slope) - second) / (3 * third)


def _parabola_minimum(low: Step, high: Step) -> Array:
    """Minimum of the parabola with value and slope of ``low`` and the value of ``high``."""
    width = high.size - low.size
    second = (high.value - low.value - low.slope * width) / width**2
    return low.size - low.slope / (2 * second)
