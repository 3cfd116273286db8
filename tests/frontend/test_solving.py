"""Roots and linear solutions found by functions of the user: their derivatives are those of the implicit function."""

from __future__ import annotations

from typing import Any

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax
from axir.errors import DTypeError, MissingRuleError, TreeError

A = onp.array([[2.0, 1.0, 0.0], [0.5, 3.0, -1.0], [0.0, 1.0, 4.0]], "float32")
B = onp.array([1.0, -2.0, 0.5], "float32")


def solve_by_matrix(a: Any) -> Any:
    """A solver that knows the matrix, and through which no derivative goes."""
    return lambda matvec, b: np.linalg.solve(lax.stop_gradient(a), b)


def solution(a: Any, b: Any) -> Any:
    transposed = solve_by_matrix(np.transpose(a))
    return lax.custom_linear_solve(lambda x: a @ x, b, solve_by_matrix(a), transposed)


def by_jacobi(matvec: Any, b: Any) -> Any:
    """A solver that only multiplies, in a loop that reverse mode does not go through."""
    start = (np.zeros_like(b), 0)
    step = lambda state: (state[0] + 0.2 * (b - matvec(state[0])), state[1] + 1)  # noqa: E731
    return lax.while_loop(lambda state: state[1] < 200, step, start)[0]


def iterated(a: Any, b: Any) -> Any:
    return lax.custom_linear_solve(lambda x: a @ x, b, by_jacobi, by_jacobi)


FUNCTIONS = {"direct": solution, "iterated": iterated}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_derivatives_are_those_of_solve(name: str) -> None:
    function = FUNCTIONS[name]

    def outcomes(solve: Any, a: Any, b: Any) -> tuple[Any, ...]:
        loss = lambda a, b: np.sum(np.sin(solve(a, b)))  # noqa: E731
        direction = (np.cos(a), np.ones_like(b))
        return (
            solve(a, b),
            axir.grad(loss, (0, 1))(a, b),
            axir.jvp(solve, (a, b), direction)[1],
            axir.jvp(axir.grad(loss, (0, 1)), (a, b), direction)[1],
            axir.vmap(solve, (None, 0))(a, np.stack([b, 2 * b])),
            axir.vmap(axir.grad(loss), (0, None))(np.stack([a, 2 * a]), b),
        )

    expected = axir.tree.leaves(outcomes(np.linalg.solve, A, B))
    for found in (outcomes(function, A, B), axir.jit(lambda a, b: outcomes(function, a, b))(A, B)):
        for one, other in zip(axir.tree.leaves(found), expected, strict=True):
            onp.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-5)


def test_gradient_of_gradient_solves_again() -> None:
    def loss(solve: Any) -> Any:
        return lambda b: np.sum(solve(A, b) ** 3)

    expected = axir.hessian(loss(np.linalg.solve))(B)
    for nested in (axir.hessian, lambda f: axir.jacrev(axir.jacrev(f))):
        onp.testing.assert_allclose(nested(loss(solution))(B), expected, rtol=1e-4, atol=1e-5)


def test_symmetric_systems_need_one_solver() -> None:
    a = A @ A.T
    function = lambda b: lax.custom_linear_solve(  # noqa: E731
        lambda x: a @ x, b, lambda _, b: np.linalg.solve(a, b), symmetric=True
    )
    onp.testing.assert_allclose(axir.jacrev(function)(B), onp.linalg.inv(a), rtol=1e-4, atol=1e-5)


def test_pytrees_and_by_products() -> None:
    def matvec(x: Any) -> Any:
        return {"p": 2 * x["p"], "q": 4 * x["q"] + x["p"]}

    def solve(_: Any, b: Any) -> Any:
        p = b["p"] / 2
        return {"p": p, "q": (b["q"] - p) / 4}, {"steps": np.array(7)}

    def transposed(_: Any, b: Any) -> Any:
        q = b["q"] / 4
        return {"p": (b["p"] - q) / 2, "q": q}, None

    def function(b: Any) -> Any:
        return lax.custom_linear_solve(matvec, b, solve, transposed, has_aux=True)

    b = {"p": np.array([2.0, 4.0]), "q": np.array([5.0, 6.0])}
    x, aux = axir.jit(function)(b)
    assert x["q"].tolist() == [1, 1]
    assert aux["steps"] == 7
    found = axir.grad(lambda b: np.sum(function(b)[0]["q"]))(b)
    assert found["p"].tolist() == [-0.125, -0.125]
    assert found["q"].tolist() == [0.25, 0.25]


def test_reverse_mode_needs_the_transposed_solver() -> None:
    def function(b: Any) -> Any:
        return np.sum(lax.custom_linear_solve(lambda x: A @ x, b, solve_by_matrix(A)))

    assert np.isfinite(axir.jvp(function, (B,), (B,))[1])
    with pytest.raises(MissingRuleError, match="Pass transpose_solve"):
        axir.jit(axir.grad(function))(B)


def newton(f: Any, x: Any) -> Any:
    """A fixed number of steps in a loop without reverse mode."""
    step = lambda s: (s[0] - f(s[0]) / axir.grad(f)(s[0]), s[1] + 1)  # noqa: E731
    return lax.while_loop(lambda s: s[1] < 30, step, (x, 0))[0]


def cube_root(a: Any) -> Any:
    return lax.custom_root(lambda x: x**3 - a, 1.0, newton, lambda g, y: y / g(1.0))


def test_root_has_the_derivatives_of_the_inverse() -> None:
    for function in (cube_root, axir.jit(cube_root)):
        onp.testing.assert_allclose(function(8.0), 2.0, rtol=1e-6)
        onp.testing.assert_allclose(axir.grad(function)(8.0), 1 / 12, rtol=1e-5)
        onp.testing.assert_allclose(axir.grad(axir.grad(function))(8.0), -1 / 144, rtol=1e-4)
        onp.testing.assert_allclose(axir.jvp(function, (8.0,), (3.0,))[1], 0.25, rtol=1e-5)
    batch = np.array([1.0, 8.0, 27.0])
    for function in (
        axir.vmap(axir.grad(cube_root)),
        axir.jit(axir.grad(lambda a: axir.vmap(cube_root)(a).sum())),
    ):
        onp.testing.assert_allclose(function(batch), [1 / 3, 1 / 12, 1 / 27], rtol=1e-5)


def test_root_of_several_variables_with_a_solver_that_uses_values_from_outside() -> None:
    def root(a: Any, b: Any) -> Any:
        def solve(f: Any, x: Any) -> Any:
            return np.linalg.solve(a, b), {"residual": f(x)}

        def tangent_solve(g: Any, y: Any) -> Any:
            return np.linalg.solve(axir.jacobian(g)(y), y)

        return lax.custom_root(lambda x: a @ x - b, np.zeros(3), solve, tangent_solve, has_aux=True)

    def loss(a: Any, b: Any) -> Any:
        return np.sum(np.sin(root(a, b)[0]))

    expected = axir.grad(lambda a, b: np.sum(np.sin(np.linalg.solve(a, b))), (0, 1))(A, B)
    for gradient in (axir.grad(loss, (0, 1)), axir.jit(axir.grad(loss, (0, 1)))):
        for one, other in zip(gradient(A, B), expected, strict=True):
            onp.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    onp.testing.assert_allclose(axir.jit(root)(A, B)[1]["residual"], -B)


def test_bad_functions_raise() -> None:
    solve = lambda matvec, b: b  # noqa: E731
    with pytest.raises(DTypeError, match="matvec must have the types"):
        axir.jit(lambda b: lax.custom_linear_solve(lambda x: x[:1], b, solve))(B)
    with pytest.raises(TreeError, match="solve must have the structure"):
        axir.jit(lambda b: lax.custom_linear_solve(lambda x: x, b, lambda m, b: (b, b)))(B)
    with pytest.raises(TreeError, match="must give a pair"):
        axir.jit(lambda b: lax.custom_root(lambda x: x, b, solve, solve, has_aux=True))(B)
