"""Transposition: ``<ct, linear(t)> = <transpose(ct), t>``, on the linear part of each op's derivative."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from harness import SYMBOL, assert_close, evaluate, function_of, inner, normal, tangents_for
from test_jvp import DIFFERENTIABLE, STEP, active_sets, moved, rounding

from axir_compiler.ir.module import body_of, lookup, signature
from axir_compiler.ir.op import OPS
from axir_compiler.ops.collective import CollectiveOp
from axir_compiler.transforms.jvp import Linearizer
from axir_compiler.transforms.transpose import Transposer
from samples import Case


class Reverse:
    """Forward, linear and transposed part of ``@f`` with respect to some operands."""

    def __init__(self, case: Case, dtype: np.dtype, wrt: tuple[int, ...]):
        self.wrt = wrt
        self.module = function_of(case, dtype)
        self.arrays = case.arrays(dtype, derivative=True)
        self.linearizer = Linearizer(self.module)
        self.rule = self.linearizer.linearize(SYMBOL, wrt)

    def linear(self, tangents: list[np.ndarray]) -> list[np.ndarray]:
        return evaluate(self.module, self.rule.linear, [*self._residuals(), *tangents])

    def cotangents(self, cts: list[np.ndarray]) -> list[np.ndarray]:
        """Cotangents of the operands ``wrt``, zeros where there are none."""
        first = self.rule.residuals
        linear = tuple(range(first, first + len(self.wrt)))
        turned = Transposer(self.module).transpose(self.rule.linear, linear, tuple(range(len(cts))))
        found = evaluate(self.module, turned.symbol, [*self._residuals(), *cts])
        by_argument = dict(zip(turned.nonzero, found, strict=True))
        zeros = [np.zeros_like(self.arrays[i]) for i in self.wrt]
        return [by_argument.get(i, zero) for i, zero in zip(linear, zeros, strict=True)]

    def _residuals(self) -> list[np.ndarray]:
        found = evaluate(self.module, self.rule.forward, self.arrays)
        return found[len(found) - self.rule.residuals :]


def _cotangents(case: Case, dtype: np.dtype, nonzero: Sequence[int], seed: int) -> list[np.ndarray]:
    results = case.results(case.arrays(dtype), dtype)
    rng = np.random.default_rng(seed)
    return [normal(rng, results[i].shape, results[i].dtype) for i in nonzero]


@pytest.mark.parametrize(("case", "dtype"), DIFFERENTIABLE)
def test_dot_product_identity(case: Case, dtype: np.dtype) -> None:
    for wrt in active_sets(case, dtype):
        parts = Reverse(case, dtype, wrt)
        tangents = tangents_for(parts.arrays, wrt, seed=3)
        found = parts.linear(tangents)
        rule = parts.linearizer.jvp(SYMBOL, wrt)
        expected = evaluate(parts.module, rule.symbol, [*parts.arrays, *tangents])
        expected = expected[len(expected) - len(rule.nonzero) :]
        assert len(found) == len(expected)
        for actual, wanted in zip(found, expected, strict=True):
            assert_close(actual, wanted, 1e-14, f"linear part of {case.op} for operands {wrt}")
        cts = _cotangents(case, dtype, rule.nonzero, 4)
        back = parts.cotangents(cts)
        assert [b.shape for b in back] == [parts.arrays[i].shape for i in wrt]
        what = f"<ct, linear(t)> and <transpose(ct), t> of {case.op} for operands {wrt}"
        assert_close(inner(cts, found), inner(back, tangents), max(1e-12, 4 * rounding(case, dtype)), what)


@pytest.mark.parametrize(("case", "dtype"), DIFFERENTIABLE)
def test_gradients_can_be_differentiated(case: Case, dtype: np.dtype) -> None:
    """``<u, d vjp(x; ct)>`` along ``t`` against differences: jvp of what transposition made."""
    wrt = case.active(dtype)
    parts = Reverse(case, dtype, wrt)
    if not parts.rule.nonzero:
        return
    t, u = tangents_for(parts.arrays, wrt, 5), tangents_for(parts.arrays, wrt, 6)
    cts = _cotangents(case, dtype, parts.rule.nonzero, 7)

    def gradient(step: float) -> float:
        parts.arrays = moved(start, wrt, t, step)
        return inner(u, parts.cotangents(cts))

    start = parts.arrays
    differences = (gradient(STEP) - gradient(-STEP)) / (2 * STEP)
    # By symmetry this is <cts, second derivative along t and u>, from forward mode alone.
    first = parts.linearizer.jvp(SYMBOL, wrt)
    second = parts.linearizer.jvp(first.symbol, wrt)
    results = evaluate(parts.module, second.symbol, [*start, *u, *t])
    outputs = len(results) - len(second.nonzero)
    slopes = dict(zip(second.nonzero, results[outputs:], strict=True))
    first_tangent = outputs - len(first.nonzero)
    found = sum(
        inner([ct], [slopes[first_tangent + j]]) for j, ct in enumerate(cts) if first_tangent + j in slopes
    )
    assert_close(found, differences, 1e-6, f"derivative of the gradient of {case.op}")


def test_linear_ops_have_a_transpose_rule() -> None:
    """Every op that claims to be linear appears in the linear part of its own derivative."""
    named = {name for name, op in OPS.items() if issubclass(op, CollectiveOp)}  # without a value outside vmap
    # Linear by convention only: rounding has no derivative that differences would show.
    named.add("reduce_precision")
    claimed = {name for name, op in OPS.items() if op.linear_in or op.multilinear_in} - named
    transposed = set()
    for parameter in DIFFERENTIABLE:
        case, dtype = parameter.values
        assert isinstance(case, Case) and isinstance(dtype, np.dtype)
        if case.op in claimed and case.op not in transposed:
            parts = Reverse(case, dtype, case.active(dtype))
            linear = lookup(parts.module, parts.rule.linear)
            names = {op.OPERATION_NAME.removeprefix("axir.") for op in body_of(linear).operations}
            transposed |= names & claimed
            assert signature(linear)[1], case.op
    assert claimed <= transposed
