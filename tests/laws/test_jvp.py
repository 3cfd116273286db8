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
    return not case.op_class.zero_tangent and any(is_float(r.dtype) for r in results)


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
    """Relative rounding error of the results: a conversion may give less than float64."""
    results = case.results(case.arrays(FLOAT64), FLOAT64)
    return max(float(resolution(r.dtype).eps) for r in results if is_float(r.dtype))


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
        values = evaluate(module, SYMBOL, arrays)
        moving = dict(zip(rule.nonzero, found[len(values) :], strict=True))
        ahead, behind = (evaluate(module, SYMBOL, moved(arrays, wrt, tangents, s)) for s in (step, -step))
        for i, value in enumerate(values):
            assert_close(found[i], value, 0, f"value {i} of the jvp of {case.op}")
            slope = np.zeros(value.shape)
            np.subtract(ahead[i], behind[i], out=slope, where=ahead[i] != behind[i], dtype=FLOAT64)
            slope /= 2 * step
            tangent = moving.get(i, np.zeros_like(value))
            assert_close(tangent, slope, tolerance, f"tangent {i} of {case.op} for operands {wrt}")


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
    count = len(evaluate(module, SYMBOL, arrays))
    second = linearizer.jvp(first.symbol, wrt)

    def twice(along: list[np.ndarray], then: list[np.ndarray]) -> list[np.ndarray]:
        """Second derivatives: the tangents of the tangents, zero where they are not represented."""
        results = evaluate(module, second.symbol, [*arrays, *along, *then])
        outputs = count + len(first.nonzero)
        found = dict(zip(second.nonzero, results[outputs:], strict=True))
        return [found.get(i, np.zeros_like(results[i])) for i in range(count, outputs)]

    above, below = (
        evaluate(module, first.symbol, [*moved(arrays, wrt, u, s), *t])[count:] for s in (STEP, -STEP)
    )
    for found, turned, plus, minus in zip(twice(t, u), twice(u, t), above, below, strict=True):
        assert_close(found, (plus - minus) / (2 * STEP), 1e-6, f"second derivative of {case.op}")
        assert_close(found, turned, 1e-12, f"symmetry of the second derivative of {case.op}")
