"""Derivative rules against central differences in float64."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from harness import SYMBOL, assert_close, evaluate, function_of, resolution, tangents_for

from axir_compiler.ir.types import is_float
from axir_compiler.transforms.jvp import Linearizer
from cases import TRANSFORMED
from samples import FLOAT64, Case

STEP = 6e-6
FLAT = ("sign", "floor", "ceil", "round_half_even", "round_half_away")
"""Ops whose derivative is zero, as their values show."""


def _float_cases() -> list[Case]:
    return [c for c, d in TRANSFORMED if d == FLOAT64 and c.active(d)]


def _is_differentiable(case: Case) -> bool:
    results = case.results(case.arrays(FLOAT64), FLOAT64)
    return not case.op_class.zero_tangent and is_float(results[0].dtype)


def _parameters(cases: Iterable[Case]) -> list[Any]:
    return [pytest.param(c, id=c.name(FLOAT64)) for c in cases]


DIFFERENTIABLE = _parameters(c for c in _float_cases() if _is_differentiable(c))
CONSTANT = _parameters(c for c in _float_cases() if not _is_differentiable(c))


def active_sets(case: Case) -> Iterator[tuple[int, ...]]:
    """All non-empty sets of operands that carry tangents."""
    active = case.active(FLOAT64)
    for count in range(1, len(active) + 1):
        yield from itertools.combinations(active, count)


def rounding(case: Case) -> float:
    """Relative rounding error of the result: a conversion may give less than float64."""
    return float(resolution(case.results(case.arrays(FLOAT64), FLOAT64)[0].dtype).eps)


def moved(
    arrays: Sequence[np.ndarray], wrt: Sequence[int], tangents: Sequence[np.ndarray], step: float
) -> list:
    """Arrays with a multiple of the tangents added."""
    result = list(arrays)
    for i, t in zip(wrt, tangents, strict=True):
        result[i] = result[i] + step * t
    return result


@pytest.mark.parametrize("case", DIFFERENTIABLE)
def test_jvp_equals_central_differences(case: Case) -> None:
    module = function_of(case, FLOAT64)
    arrays = case.arrays(FLOAT64, derivative=True)
    linearizer = Linearizer(module)
    # The step balances the truncation error, of order step**2, and rounding, of order eps / step.
    eps = rounding(case)
    step, tolerance = eps ** (1 / 3), max(1e-7, 4 * eps ** (2 / 3))
    for wrt in active_sets(case):
        tangents = tangents_for(arrays, wrt, seed=len(wrt))
        rule = linearizer.jvp(SYMBOL, wrt)
        found = evaluate(module, rule.symbol, [*arrays, *tangents])
        (value,) = evaluate(module, SYMBOL, arrays)
        assert_close(found[0], value, 0, f"value of the jvp of {case.op}")
        ahead, behind = (evaluate(module, SYMBOL, moved(arrays, wrt, tangents, s))[0] for s in (step, -step))
        slope = np.zeros(value.shape)
        np.subtract(ahead, behind, out=slope, where=ahead != behind, dtype=FLOAT64)
        slope /= 2 * step
        tangent = found[1] if rule.nonzero else np.zeros_like(value)
        assert_close(tangent, slope, tolerance, f"tangent of {case.op} for operands {wrt}")


@pytest.mark.parametrize("case", CONSTANT)
def test_ops_without_derivative_have_no_tangent(case: Case) -> None:
    module = function_of(case, FLOAT64)
    rule = Linearizer(module).jvp(SYMBOL, case.active(FLOAT64))
    assert rule.nonzero == ()


@pytest.mark.parametrize("case", _parameters(c for c in _float_cases() if c.op in FLAT))
def test_flat_ops_do_not_change_near_a_point(case: Case) -> None:
    arrays = case.arrays(FLOAT64, derivative=True)
    module = function_of(case, FLOAT64)
    above, below = (evaluate(module, SYMBOL, [arrays[0] + s]) for s in (STEP, -STEP))
    np.testing.assert_array_equal(above, below)


@pytest.mark.parametrize("case", DIFFERENTIABLE)
def test_second_derivative_equals_differences_of_the_first(case: Case) -> None:
    """``d/ds jvp(x + s u; t)`` at 0, and its symmetry in ``t`` and ``u``."""
    module = function_of(case, FLOAT64)
    arrays = case.arrays(FLOAT64, derivative=True)
    wrt = case.active(FLOAT64)
    t, u = tangents_for(arrays, wrt, seed=1), tangents_for(arrays, wrt, seed=2)
    linearizer = Linearizer(module)
    first = linearizer.jvp(SYMBOL, wrt)
    if not first.nonzero:
        return
    second = linearizer.jvp(first.symbol, wrt)

    def twice(along: list[np.ndarray], then: list[np.ndarray]) -> np.ndarray:
        """Second derivative: the tangent of the tangent, zero where it is not represented."""
        results = evaluate(module, second.symbol, [*arrays, *along, *then])
        return results[2 + second.nonzero.index(1)] if 1 in second.nonzero else np.zeros_like(results[0])

    above, below = (evaluate(module, first.symbol, [*moved(arrays, wrt, u, s), *t])[1] for s in (STEP, -STEP))
    found = twice(t, u)
    assert_close(found, (above - below) / (2 * STEP), 1e-6, f"second derivative of {case.op}")
    assert_close(found, twice(u, t), 1e-12, f"symmetry of the second derivative of {case.op}")
