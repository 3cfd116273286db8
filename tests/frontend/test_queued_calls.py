"""Calls of large compiled functions on the CPU, which return before the work is done."""

from __future__ import annotations

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax

LARGE = 300  # rows and columns: more elements than a function of the calling thread has


def matrix(rows: int = LARGE) -> onp.ndarray:
    return onp.random.default_rng(rows).normal(size=(rows, rows)).astype(onp.float32) / rows**0.5


def test_a_chain_is_queued_while_it_is_computed() -> None:
    square = axir.jit(lambda x: np.tanh(x @ x))
    x = np.asarray(matrix(512))
    square(x).block_until_ready()

    def is_ready_when_queued() -> bool:
        chain = [x]
        for _ in range(100):
            chain.append(square(chain[-1]))
        ready = chain[-1].is_ready()
        assert chain[-1].block_until_ready() is chain[-1]
        assert all(y.is_ready() for y in chain)
        return ready

    # A busy machine may stop this thread until the work is done, but not time and again.
    assert not all(is_ready_when_queued() for _ in range(10))


def test_results_are_those_of_numpy() -> None:
    step = axir.jit(lambda x, y: (np.sin(x) + y, np.sum(x)))
    x, y = (np.asarray(matrix()) for _ in range(2))
    wanted, total = x.to_numpy(), 0.0
    for _ in range(20):
        total, wanted = wanted.sum(), onp.sin(wanted) + y.to_numpy()
        x, found = step(x, y)
    onp.testing.assert_allclose(x, wanted, rtol=1e-4, atol=1e-5)
    onp.testing.assert_allclose(found, total, rtol=1e-3)


def test_arguments_of_numpy_may_be_changed_after_the_call() -> None:
    double = axir.jit(lambda x, y: x + y)
    x, y = onp.ones((1000, 1000), onp.float32), np.ones((1000, 1000), "float32")
    for n in range(1, 10):
        y = double(x, y)
        x += 1
        assert y.is_ready()
        assert (y.to_numpy() == 1 + sum(range(1, n + 1))).all()


def test_loops_of_a_length_known_when_they_run() -> None:
    loop = axir.jit(lambda n, x: lax.fori_loop(0, n, lambda _, y: 0.5 * y + x, x))
    x = np.asarray(matrix())
    found = [loop(n, loop(n, x)) for n in (0, 1, 5)]
    for n, y in zip((0, 1, 5), found, strict=True):
        factor = (2 - 0.5**n) ** 2
        onp.testing.assert_allclose(y, factor * matrix(), rtol=1e-4)


def test_results_pass_to_small_functions_and_operations() -> None:
    large, small = axir.jit(lambda x: (x + 1, x.sum())), axir.jit(lambda s: s * 2)
    x = np.asarray(matrix())
    y, total = large(x)
    assert float(small(total)) == 2 * float(total)
    onp.testing.assert_array_equal((y - 1)[:2], (matrix() + 1 - 1)[:2])
    onp.testing.assert_allclose(axir.grad(lambda x: large(x)[0].sum())(x), onp.ones_like(matrix()))


def test_nans_are_found() -> None:
    f = axir.jit(np.log)
    with axir.debug_nans(True), pytest.raises(FloatingPointError):
        f(np.asarray(-onp.ones((LARGE, LARGE), onp.float32)))


def test_calls_of_python_happen_in_the_call() -> None:
    seen: list[float] = []

    @axir.jit
    def noted(x):
        axir.debug.callback(lambda s: seen.append(float(s)), x.sum())
        return x + 1

    y = noted(np.ones((LARGE, LARGE), "float32"))
    assert seen == [LARGE * LARGE]
    assert y.is_ready()
