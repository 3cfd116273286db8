"""Solvers that use products with a matrix alone, against dense ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir.scipy.sparse.linalg import bicgstab, cg, gmres

_rng = onp.random.default_rng(3)
_PART = _rng.normal(size=(6, 6))
DEFINITE = (_PART @ _PART.T + 6 * onp.eye(6)).astype("float32")
GENERAL = (_PART + 6 * onp.eye(6)).astype("float32")
RIGHT = _rng.normal(size=6).astype("float32")
TURNED = (GENERAL + 1j * _rng.normal(size=(6, 6))).astype("complex64")

SYSTEMS = [(cg, DEFINITE), (bicgstab, GENERAL), (gmres, GENERAL), (bicgstab, TURNED), (gmres, TURNED)]
IDS = ["cg", "bicgstab", "gmres", "bicgstab-complex", "gmres-complex"]


@pytest.mark.parametrize(("solver", "matrix"), SYSTEMS, ids=IDS)
def test_solutions(solver: Callable[..., Any], matrix: onp.ndarray) -> None:
    expected = onp.linalg.solve(matrix, RIGHT)
    right = RIGHT.astype(matrix.dtype)
    found, info = solver(np.asarray(matrix), right)
    assert info is None and found.dtype == matrix.dtype
    onp.testing.assert_allclose(found, expected, atol=2e-4)
    inverse = np.diag(1 / np.diag(matrix))
    onp.testing.assert_allclose(solver(lambda x: matrix @ x, right, M=inverse)[0], expected, atol=2e-4)
    # What is right already needs no step.
    onp.testing.assert_array_equal(
        solver(matrix, right, found, tol=1e-2)[0], solver(matrix, right, found, maxiter=0)[0]
    )


def test_hermitian() -> None:
    matrix = (TURNED @ TURNED.conj().T + 6 * onp.eye(6)).astype("complex64")
    found = cg(matrix, RIGHT.astype("complex64"))[0]
    onp.testing.assert_allclose(found, onp.linalg.solve(matrix, RIGHT), atol=1e-4)


def test_compiled_batched_and_differentiated() -> None:
    def total(matrix: Any, right: Any) -> Any:
        return sum(np.sum(np.sin(solver(matrix, right, tol=1e-6)[0])) for solver in (cg, bicgstab, gmres))

    def dense(matrix: Any, right: Any) -> Any:
        return 3 * np.sum(np.sin(np.linalg.solve(matrix, right)))

    found = axir.jit(axir.value_and_grad(total, (0, 1)))(DEFINITE, RIGHT)
    expected = axir.value_and_grad(dense, (0, 1))(DEFINITE, RIGHT)
    for x, y in zip(axir.tree.leaves(found), axir.tree.leaves(expected), strict=True):
        onp.testing.assert_allclose(x, y, atol=2e-4)
    rights = onp.stack([RIGHT, 3 * RIGHT[::-1]])
    both = axir.vmap(lambda b: gmres(DEFINITE, b)[0])(rights)
    onp.testing.assert_allclose(both, onp.linalg.solve(DEFINITE, rights.T).T, atol=2e-4)


def test_pytrees() -> None:
    right = {"a": np.ones((2, 2)), "b": np.float32(3)}

    def twice(x: Any) -> Any:
        return axir.tree.map(lambda y: 2 * y, x)

    found = cg(twice, right)[0]
    onp.testing.assert_allclose(found["a"], onp.full((2, 2), 0.5))
    assert found["b"].shape == () and float(found["b"]) == 1.5
    onp.testing.assert_allclose(gmres(twice, [1, 2])[0], [0.5, 1.0])


def test_singular_directions_stay_finite() -> None:
    """A space of fewer dimensions than vectors that are asked for."""
    found = gmres(np.eye(5) * 2, np.ones(5), restart=4)[0]
    onp.testing.assert_allclose(found, onp.full(5, 0.5), rtol=1e-6)
    assert np.isfinite(gmres(np.zeros((3, 3)), np.ones(3), maxiter=2)[0]).all()
    onp.testing.assert_array_equal(cg(DEFINITE, onp.zeros(6, "float32"))[0], onp.zeros(6))


WRONG: list[tuple[type[Exception], str, Callable[[], Any]]] = [
    (ValueError, "A must be a square matrix; got shape \\(2, 3\\)", lambda: cg(np.ones((2, 3)), np.ones(3))),
    (TypeError, "A must be a matrix or a linear function; got str", lambda: cg("matrix", np.ones(3))),
    (ValueError, "x0 must have the structure", lambda: cg(np.eye(3), np.ones(3), (np.ones(3),))),
    (ValueError, "x0 must have the shapes", lambda: bicgstab(np.eye(3), np.ones(3), np.ones(2))),
    (ValueError, "A must give what is like b; got 2 numbers for 3", lambda: cg(lambda x: x[:2], np.ones(3))),
    (
        ValueError,
        "solve_method must be 'batched' or",
        lambda: gmres(np.eye(3), np.ones(3), solve_method="other"),
    ),
]


@pytest.mark.parametrize(("kind", "text", "call"), WRONG)
def test_errors(kind: type[Exception], text: str, call: Callable[[], Any]) -> None:
    with pytest.raises(kind, match=text):
        call()
