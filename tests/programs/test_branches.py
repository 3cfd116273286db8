"""Branches and loops whose results are equal: each must come out of the compiled program."""

from __future__ import annotations

from typing import Any

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax

X, Y = onp.arange(4, dtype=onp.float32), onp.ones(4, onp.float32)


def branches(x: Any, y: Any, p: Any) -> list[Any]:
    """Branches that give the same value two to seven times, in different places."""
    found = []
    for k in range(6):

        def yes(k: int = k) -> Any:
            s, c = np.sin(x + k), np.cos(y + k)
            return (s,) * (k + 2) + (c, c)

        def no(k: int = k) -> Any:
            s, c = np.exp(-x - k), np.tanh(y)
            return (x, c) + (s,) * (k + 2)

        found += [2 * r for r in lax.cond(p, yes, no)]
    return found


def loops(x: Any, y: Any, p: Any) -> list[Any]:
    """Loops that start from the same value several times and swap what they carry."""

    def step(carry: Any, _: Any) -> Any:
        a, b, c, d = carry
        return (b, a + 1, d, d), (a, a, c)

    carry, stacked = lax.scan(step, (x, x, y, x), None, length=3)
    a, b, c, _ = lax.while_loop(lambda s: s[3] < 5, lambda s: (s[1], s[1], s[0] + 1, s[3] + 1), (x, y, x, 0))
    return [*carry, *stacked, a, b, c]


@pytest.mark.parametrize("p", [True, False])
def test_equal_results(p: bool) -> None:
    def program(x: Any, y: Any, p: Any) -> list[Any]:
        return [2 * r for r in branches(x, y, p) + loops(x, y, p)]

    for found, expected in zip(axir.jit(program)(X, Y, p), program(X, Y, p), strict=True):
        onp.testing.assert_allclose(found, expected, rtol=1e-5)
