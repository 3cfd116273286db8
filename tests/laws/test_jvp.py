"""Derivative rules against central differences in float64 and complex128."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from harness import SYMBOL, assert_close, evaluate, function_of, resolution, tangents_for

from axir_compiler.ir.types import is_inexact
from axir_compiler.transforms.jvp import Linearizer
from cases import TRANSFORMED
from samples import COMPLEX128, FLOAT64, Case

STEP = 6e-6
FLAT = ("sign", "floor", "ceil", "round_half_even", "round_half_away")
"""Ops whose derivative is zero, as their values show."""


Run = tuple[Case, np.dtype]


def _inexact_cases() -> list[Run]:
    return [(c, d) for c, d in TRANSFORMED if d in (FLOAT64, COMPLEX128) and c.active(d)]


def _is_differentiable(case: Case, dtype: np.dtype) -> bool:
    results = case.results(case.arrays(dtype), dtype)
    flat = case.op_class.zero_tangent or (case.op in FLAT and dtype == FLOAT64)
    return not flat and any(is_inexact(r.dtype) for r in results)


def _parameters(cases: Iterable[Run]) -> list[Any]:
    return [pytest.param(c, d, id=c.name(d)) for c, d in cases]


DIFFERENTIABLE = _parameters(run for run in _inexact_cases() if _is_differentiable(*run))
CONSTANT = _parameters(run for run in _inexact_cases() if not _is_differentiable(*run))


def active_sets(case: Case, dtype: np.dtype) -> Iterator[tuple[int, ...]]:
    """All non-empty sets of operands that carry tangents."""
    active = case.active(dtype)
    for count in range(1, len(active) + 1):
        yield from itertools.combinations(active, count)


def rounding(case: Case, dtype: np.dtype) -> float:
    """Relative rounding error of the results: a conversion may give less than float64."""
    results = case.results(case.arrays(dtype), dtype)
    return max(float(resolution(r.dtype).eps) for r in results if is_inexact(r.dtype))


def moved(
    arrays: Sequence[np.ndarray], wrt: Sequence[int], tangents: Sequence[np.ndarray], step: float
) -> list:
    """Arrays with a multiple of the tangents added."""
    result = list(arrays)
    for i, t in zip(wrt, tangents, strict=True):
        result[i] = result[i] + step * t
    return result


@pytest.mark.parametrize(("case", "dtype"), DIFFERENTIABLE)
def test_jvp_equals_central_differences(case: Case, dtype: np.dtype) -> None:
    module = function_of(case, dtype)
    arrays = case.arrays(dtype, derivative=True)
    linearizer = Linearizer(module)
    # The step balances the truncation error, of order step**2, and rounding, of order eps / step.
    eps = rounding(case, dtype)
    step, tolerance = eps ** (1 / 3), max(1e-7, 4 * eps ** (2 / 3))
    for wrt in active_sets(case, dtype):
        tangents = tangents_for(arrays, wrt, seed=len(wrt))
        rule = linearizer.jvp(SYMBOL, wrt)
        found = evaluate(module, rule.symbol, [*arrays, *tangents])
        values = evaluate(module, SYMBOL, arrays)
        moving = dict(zip(rule.nonzero, found[len(values) :], strict=True))
        ahead, behind = (evaluate(module, SYMBOL, moved(arrays, wrt, tangents, s)) for s in (step, -step))
        for i, value in enumerate(values):
            assert_close(found[i], value, 0, f"value {i} of the jvp of {case.op}")
            wide = np.result_type(value, FLOAT64)
            slope = np.zeros(value.shape, wide)
            np.subtract(ahead[i], behind[i], out=slope, where=ahead[i] != behind[i], dtype=wide)
            slope /= 2 * step
            tangent = moving.get(i, np.zeros_like(value))
            assert_close(tangent, slope, tolerance, f"tangent {i} of {case.op} for operands {wrt}")


@pytest.mark.parametrize(("case", "dtype"), CONSTANT)
def test_ops_without_derivative_have_no_tangent(case: Case, dtype: np.dtype) -> None:
    module = function_of(case, dtype)
    rule = Linearizer(module).jvp(SYMBOL, case.active(dtype))
    assert rule.nonzero == ()


@pytest.mark.parametrize(
    ("case", "dtype"), _parameters((c, d) for c, d in _inexact_cases() if c.op in FLAT and d == FLOAT64)
)
def test_flat_ops_do_not_change_near_a_point(case: Case, dtype: np.dtype) -> None:
    arrays = case.arrays(dtype, derivative=True)
    module = function_of(case, dtype)
    above, below = (evaluate(module, SYMBOL, [arrays[0] + s]) for s in (STEP, -STEP))
    np.testing.assert_array_equal(above, below)


@pytest.mark.parametrize(("case", "dtype"), DIFFERENTIABLE)
def test_second_derivative_equals_differences_of_the_first(case: Case, dtype: np.dtype) -> None:
    """``d/ds jvp(x + s u; t)`` at 0, and its symmetry in ``t`` and ``u``."""
    module = function_of(case, dtype)
    arrays = case.arrays(dtype, derivative=True)
    wrt = case.active(dtype)
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
