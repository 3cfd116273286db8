"""Vectorization: a batched op against a Python loop over the items, and against differentiation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from harness import SYMBOL, assert_agree, assert_close, batch_axes, evaluate, function_of, tangents_for
from test_jvp import DIFFERENTIABLE

from axir_compiler.ir.module import lookup, signature
from axir_compiler.ir.types import INEXACT, is_inexact
from axir_compiler.transforms.jvp import Linearizer
from axir_compiler.transforms.vmap import UNBATCHED, Vectorizer
from cases import TRANSFORMED
from samples import Case

SIZE = 3
BATCHED = [pytest.param(c, d, id=c.name(d)) for c, d in TRANSFORMED if c.args]


def _batch(case: Case, arrays: Sequence[np.ndarray], axes: Sequence[int], size: int) -> list[np.ndarray]:
    """Arrays with ``size`` different items along the given axes."""
    rng = np.random.default_rng(0)
    return [
        x if axis < 0 else np.stack(_multiples(x, size) if arg.rigid else _items(x, size, rng), axis)
        for arg, x, axis in zip(case.args, arrays, axes, strict=True)
    ]


def _multiples(x: np.ndarray, size: int) -> list[np.ndarray]:
    return [np.asarray(x * (1 + 0.25 * k), x.dtype) for k in range(size)]


def _items(x: np.ndarray, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """The array itself, then others with its elements in other places; scalars become other numbers."""
    if x.size > 1:
        return [x, *(rng.permutation(x.ravel()).reshape(x.shape) for _ in range(size - 1))]
    steps = [0.05 * k if x.dtype in INEXACT else k for k in range(size)]
    return [
        (x ^ bool(k % 2) if x.dtype == bool else x + np.array(s).astype(x.dtype)) for k, s in enumerate(steps)
    ]


def _item(x: np.ndarray, axis: int, k: int) -> np.ndarray:
    return x if axis < 0 else np.take(x, k, axis)


@pytest.mark.parametrize(("case", "dtype"), BATCHED)
def test_batching_equals_a_loop(case: Case, dtype: np.dtype) -> None:
    module = function_of(case, dtype)
    arrays = case.arrays(dtype)
    vectorizer = Vectorizer(module)
    for axes in batch_axes(case, arrays):
        batched = _batch(case, arrays, axes, SIZE)
        rule = vectorizer.vectorize(SYMBOL, axes, SIZE)
        found = evaluate(module, rule.symbol, batched)
        for k in range(SIZE):
            expected = evaluate(module, SYMBOL, [_item(x, a, k) for x, a in zip(batched, axes, strict=True)])
            for actual, wanted, axis in zip(found, expected, rule.out_axes, strict=True):
                what = f"item {k} of {case.op} batched along {axes}"
                if case.outcome is None:
                    assert_agree(_item(actual, axis, k), wanted, 4, what)
                else:
                    assert_close(_item(actual, axis, k), wanted, 1e-12, what)


@pytest.mark.parametrize(("case", "dtype"), BATCHED)
@pytest.mark.parametrize("size", [0, 1])
def test_batches_of_no_and_one_item(case: Case, dtype: np.dtype, size: int) -> None:
    module = function_of(case, dtype)
    arrays = case.arrays(dtype)
    axes = (0,) * len(arrays)
    rule = Vectorizer(module).vectorize(SYMBOL, axes, size)
    found = evaluate(module, rule.symbol, [np.repeat(x[None], size, 0) for x in arrays])
    expected = evaluate(module, SYMBOL, arrays)
    for actual, wanted, axis in zip(found, expected, rule.out_axes, strict=True):
        assert axis != UNBATCHED
        assert actual.shape == (*wanted.shape[:axis], size, *wanted.shape[axis:])
        for k in range(size):
            assert_agree(np.take(actual, k, axis), wanted, 4, f"{case.op} in a batch of one")


@pytest.mark.parametrize(("case", "dtype"), BATCHED)
def test_what_is_not_batched_stays_as_it_is(case: Case, dtype: np.dtype) -> None:
    module = function_of(case, dtype)
    axes = (UNBATCHED,) * len(case.args)
    rule = Vectorizer(module).vectorize(SYMBOL, axes, SIZE)
    assert set(rule.out_axes) == {UNBATCHED}
    assert signature(lookup(module, rule.symbol)) == signature(lookup(module, SYMBOL))


@pytest.mark.parametrize(("case", "dtype"), DIFFERENTIABLE)
def test_jvp_and_batching_commute(case: Case, dtype: np.dtype) -> None:
    module = function_of(case, dtype)
    arrays = case.arrays(dtype, derivative=True)
    wrt = case.active(dtype)
    axes = tuple(0 if is_inexact(x.dtype) else UNBATCHED for x in arrays)
    batched = _batch(case, arrays, axes, SIZE)
    tangents = tangents_for(batched, wrt, seed=8)
    linearizer, vectorizer = Linearizer(module), Vectorizer(module)

    outer = vectorizer.vectorize(SYMBOL, axes, SIZE)
    first = linearizer.jvp(outer.symbol, wrt)
    found = evaluate(module, first.symbol, [*batched, *tangents])

    second = linearizer.jvp(SYMBOL, wrt)
    whole = vectorizer.vectorize(second.symbol, (*axes, *(0 for _ in wrt)), SIZE)
    expected = evaluate(module, whole.symbol, [*batched, *tangents])

    assert first.nonzero == second.nonzero
    places = [*outer.out_axes, *(outer.out_axes[i] for i in first.nonzero)]
    for actual, wanted, place, axis in zip(found, expected, places, whole.out_axes, strict=True):
        assert_close(
            np.moveaxis(actual, place, 0), np.moveaxis(wanted, axis, 0), 1e-12, f"jvp of vmap of {case.op}"
        )
