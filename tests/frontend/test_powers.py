"""Powers with exponents that the program tells: products and square roots instead of a logarithm."""

from __future__ import annotations

import numpy as onp
import pytest

import axir
import axir.numpy as np

EXPONENTS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, -0.5, -1.0, -1.5, -2.0, -2.5, -3.0)
SPECIAL = [0.0, -0.0, 1, -1, -2.5, onp.inf, -onp.inf, onp.nan]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_powers_by_products(dtype: str) -> None:
    """C99's special cases included, which NumPy's square root does not keep."""
    with axir.enable_x64(True):
        x = onp.array([*SPECIAL, *onp.geomspace(1e-8, 1e8, 33)], dtype)
        program = axir.jit(lambda x: np.stack([x**e for e in EXPONENTS]))
        assert "axir.pow" in program.lower(x).as_text("rewritten")
        assert "math.log" not in program.lower(x).as_text("linalg")
        found = onp.asarray(program(x))
        with onp.errstate(all="ignore"):
            exponents = onp.array(EXPONENTS)[:, None] * onp.ones(len(x))
            wanted = onp.power(onp.broadcast_to(x, exponents.shape).astype("f8"), exponents)
        onp.testing.assert_allclose(found, wanted, 4 * onp.finfo(dtype).eps)
        onp.testing.assert_array_equal(onp.signbit(found[wanted == 0]), onp.signbit(wanted[wanted == 0]))


def test_slopes_of_powers() -> None:
    x = onp.linspace(0.5, 3, 9, dtype="f4")
    for e in (0.5, 1.5, -0.5, 2.5):
        slope = axir.jit(axir.vmap(axir.grad(lambda x, e=e: x**e)))(x)
        onp.testing.assert_allclose(onp.asarray(slope), e * x ** (e - 1), 1e-6)


def test_other_exponents_are_as_before() -> None:
    x = onp.linspace(0.5, 3, 9, dtype="f4")
    found = axir.jit(lambda x: np.stack([x**0.3, x**3.5, x**0.0]))(x)
    onp.testing.assert_allclose(onp.asarray(found), onp.stack([x**0.3, x**3.5, onp.ones_like(x)]), 1e-6)
