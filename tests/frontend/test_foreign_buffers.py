"""Loops of no turns: what they start from belongs to the caller, or to the program for all of its calls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax

N = 300  # rows and columns: more elements than a program of the calling thread has


def _halved(n, x):
    return lax.fori_loop(0, n, lambda _, s: s * 0.5 + 1, x)


def _noted(x):
    axir.debug.callback(lambda _: None, x)


@pytest.mark.parametrize("note", [lambda x: None, _noted], ids=["asynchronous", "synchronous"])
def test_constants(note: Callable[..., None]) -> None:
    """The program computes complex zeros once, when it is loaded."""

    @axir.jit
    def filled(n, x):
        note(n)
        return 2 * lax.fori_loop(0, n, lambda i, s: s.at[i].set(x), np.zeros((N, N), "complex64"))

    row = onp.arange(N).astype(onp.complex64)
    for n in (0, 2, 0, 0, 3):
        expected = onp.zeros((N, N), onp.complex64)
        expected[:n] = 2 * row
        onp.testing.assert_array_equal(filled(n, row), expected)


@pytest.mark.parametrize("size", [N, 8], ids=["all cores", "calling thread"])
def test_arguments(size: int) -> None:
    """Results of other programs, which are IREE's memory."""
    loop = axir.jit(_halved)
    summed = axir.jit(lambda n, x: _halved(n, x).sum(0)[None] + x[:1] * 0)
    x = loop(2, np.full((size, size), 4.0, "float32"))
    for n, each in ((0, 2.5), (2, 2.125), (0, 2.5), (0, 2.5)):
        onp.testing.assert_array_equal(summed(n, x), onp.full((1, size), size * each, onp.float32))
        others = [loop(0, np.full((size, size), -1.0, "float32")) for _ in range(5)]
        onp.testing.assert_array_equal(x * 1, onp.full((size, size), 2.5, onp.float32))
        assert all((other.to_numpy() == -1).all() for other in others)
