"""Linear functions whose transpose is given: told apart from the real one by factors that are wrong on purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest

import axir
import axir.numpy as np
from axir.custom_derivatives import linear_call
from axir.errors import DTypeError, MissingRuleError, TreeError

RESIDUAL = np.array([2.0, 4.0])
POINT = {"a": np.array([1.0, 2.0]), "b": np.array(3.0)}


def forward(r: Any, x: Any) -> Any:
    return x["a"] / r + x["b"], x["b"] * 2


def marked(r: Any, ct: Any) -> Any:
    return {"a": 7 * ct[0] / r, "b": 9 * (ct[0].sum() + ct[1])}


def f(x: Any, r: Any = RESIDUAL) -> Any:
    return linear_call(forward, marked, r, x)


def total(x: Any, r: Any = RESIDUAL) -> Any:
    y, z = f(x, r)
    return (np.array([1.0, 10.0]) * y).sum() + z


def close(found: Any, expected: Any) -> None:
    assert axir.tree.structure(found) == axir.tree.structure(expected)
    for a, b in zip(axir.tree.leaves(found), axir.tree.leaves(expected), strict=True):
        numpy.testing.assert_allclose(a, b, rtol=1e-6)


VALUE = (numpy.array([3.5, 3.5]), 6.0)
GRADIENT = {"a": numpy.array([3.5, 17.5]), "b": 9 * 12.0}


@pytest.mark.parametrize("wrap", [lambda g: g, axir.jit])
def test_value_and_derivatives(wrap: Callable[[Any], Any]) -> None:
    close(wrap(f)(POINT), VALUE)
    close(wrap(lambda x: axir.jvp(f, (x,), (x,)))(POINT), (VALUE, VALUE))
    close(wrap(axir.grad(total))(POINT), GRADIENT)


def test_the_transpose_of_the_transpose_is_the_function() -> None:
    transposed = axir.linear_transpose(f, POINT)
    ct = (np.array([1.0, 10.0]), np.array(1.0))
    close(transposed(ct), (GRADIENT,))
    again = axir.linear_transpose(lambda ct: transposed(ct)[0], ct)
    close(again(POINT), (VALUE,))


def test_some_linear_arguments_may_be_known() -> None:
    close(axir.grad(lambda a: total({"a": a, "b": POINT["b"]}))(POINT["a"]), GRADIENT["a"])


def test_batches() -> None:
    rows = np.array([[2.0, 4.0], [1.0, 1.0]])
    close(
        axir.vmap(f, (None, 0))(POINT, rows), (numpy.array([[3.5, 3.5], [4.0, 5.0]]), numpy.array([6.0, 6.0]))
    )
    slopes = axir.jit(axir.vmap(axir.grad(total), (None, 0)))(POINT, rows)
    close(slopes, {"a": numpy.array([[3.5, 17.5], [7.0, 70.0]]), "b": numpy.array([108.0, 108.0])})
    both = axir.grad(lambda x: axir.vmap(total, (None, 0))(x, rows).sum())(POINT)
    close(both, {"a": numpy.array([10.5, 87.5]), "b": 216.0})
    items = {"a": np.ones((2, 3)), "b": np.ones(3)}
    y, _ = axir.vmap(f, ({"a": 1, "b": 0},))(items)
    close(y, numpy.full((3, 2), [1.5, 1.25]))


def test_values_from_outside() -> None:
    def scaled(s: Any, x: Any) -> Any:
        return linear_call(lambda r, x: s * x, lambda r, ct: -s * ct, (), x)

    assert axir.jit(axir.grad(scaled, 1))(3.0, 2.0) == -3.0
    with pytest.raises(MissingRuleError, match="no derivative with respect to residuals"):
        axir.grad(scaled)(3.0, 2.0)


def test_complex_numbers() -> None:
    def turned(x: Any) -> Any:
        return linear_call(lambda r, x: 1j * x, lambda r, ct: 2j * ct, (), x)

    assert axir.linear_transpose(turned, np.array(1 + 0j))(np.array(1 + 1j))[0] == -2 + 2j


def test_residuals_have_no_derivative() -> None:
    with pytest.raises(MissingRuleError, match="no derivative with respect to residuals"):
        axir.grad(total, 1)(POINT, RESIDUAL)


@pytest.mark.parametrize(("transposed", "x", "error", "words"), [
    (lambda r, ct: (ct,), 1.0, TreeError, "must give the structure"),
    (lambda r, ct: np.ones(2), 1.0, DTypeError, r"must give f32\[\] as linear_args; got f32\[2\]"),
    (lambda r, ct: ct, 1, DTypeError, "linear arguments must be of float"),
])  # fmt: skip
def test_wrong_functions(transposed: Any, x: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        axir.jit(lambda x: linear_call(lambda r, x: 2 * x, transposed, (), x))(x)
    assert issubclass(error, TypeError)


def test_results_are_inexact() -> None:
    with pytest.raises(DTypeError, match="results must be of float"):
        linear_call(lambda r, x: x > 0, lambda r, ct: ct, (), np.ones(2))
