"""What axir.numpy refuses, and how: exception classes, the user's line, remedies."""

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir.errors import AxirError, AxisError, ConcretizationError, DTypeError, ShapeError

M = np.ones((2, 3))
X = np.ones(3)
N = np.arange(3)
B = np.array([True, False, True])

CASES = [
    (lambda: np.add(M, np.ones((3, 2))), ShapeError),
    (lambda: M + np.ones(4), ShapeError),
    (lambda: np.where(np.ones(2, bool), X, X), ShapeError),
    (lambda: np.where(B, X), DTypeError),
    (lambda: B - B, DTypeError),
    (lambda: -B, DTypeError),
    (lambda: ~X, DTypeError),
    (lambda: X & B, DTypeError),
    (lambda: X << 1, DTypeError),
    (lambda: N**-1, DTypeError),
    (lambda: np.ldexp(X, X), DTypeError),
    (lambda: np.round(N, -1), DTypeError),
    (lambda: np.sum(X, out=X), DTypeError),
    (lambda: np.sum(X, 1), AxisError),
    (lambda: np.sum(M, (0, 0)), ShapeError),
    (lambda: np.sum(M, 0.5), ShapeError),
    (lambda: np.max(np.zeros(0)), ShapeError),
    (lambda: np.max(X, where=B), ShapeError),
    (lambda: np.argmax(np.zeros((0, 2)), 0), ShapeError),
    (lambda: np.mean(M, where=np.ones(2, bool)), ShapeError),
    (lambda: np.average(M, 1, weights=np.ones(2)), ShapeError),
    (lambda: np.zeros(-1), ShapeError),
    (lambda: np.zeros((2, 1.5)), ShapeError),
    (lambda: np.zeros("ab"), ShapeError),
    (lambda: np.arange(0, 1, 0), ShapeError),
    (lambda: np.linspace(0, 1, -1), ShapeError),
    (lambda: np.tril(X), ShapeError),
    (lambda: np.diag(np.ones((1, 1, 1))), ShapeError),
    (lambda: np.meshgrid(M), ShapeError),
    (lambda: np.full((2,), X), ShapeError),
    (lambda: np.reshape(M, (4, 2)), ShapeError),
    (lambda: np.reshape(M, (-1, -1)), ShapeError),
    (lambda: np.reshape(M, (4, -1)), ShapeError),
    (lambda: np.reshape(M, 6, order="X"), ShapeError),
    (lambda: np.transpose(M, (0, 0)), ShapeError),
    (lambda: np.transpose(M, (0, 2)), AxisError),
    (lambda: np.moveaxis(M, (0, 1), 0), ShapeError),
    (lambda: np.squeeze(M, 0), ShapeError),
    (lambda: np.expand_dims(M, 3), AxisError),
    (lambda: np.broadcast_to(X, (3, 2)), ShapeError),
    (lambda: np.broadcast_to(M, (3,)), ShapeError),
    (lambda: np.broadcast_shapes((2,), (3,)), ShapeError),
    (lambda: np.concatenate([]), ShapeError),
    (lambda: np.concatenate([M, X]), ShapeError),
    (lambda: np.concatenate([M, M], 2), AxisError),
    (lambda: np.stack([X, M]), ShapeError),
    (lambda: np.stack(5), ShapeError),
    (lambda: np.split(X, 2), ShapeError),
    (lambda: np.array_split(X, 0), ShapeError),
    (lambda: np.repeat(X, np.array([1, 2])), ShapeError),
    (lambda: np.repeat(X, -1), ShapeError),
    (lambda: np.delete(X, 5), AxisError),
    (lambda: np.rot90(M, 1, (0, 0)), ShapeError),
    (lambda: np.roll(M, (1, 2, 3), (0, 1)), ShapeError),
    (lambda: np.pad(M, -1), ShapeError),
    (lambda: np.pad(M, 1, mode="nonsense"), ShapeError),
    (lambda: np.pad(M, ((1, 1), (1, 1), (1, 1))), ShapeError),
    (lambda: np.pad(np.zeros(0), 1, mode="edge"), ShapeError),
    (lambda: np.select([B], [X, X]), ShapeError),
    (lambda: np.dot(M, M), ShapeError),
    (lambda: np.matmul(M, M), ShapeError),
    (lambda: np.matmul(M, 2), ShapeError),
    (lambda: np.matmul(np.ones((2, 3, 4)), np.ones((3, 4, 5))), ShapeError),
    (lambda: np.tensordot(M, M, 3), ShapeError),
    (lambda: np.tensordot(M, M, ((0, 1), (0,))), ShapeError),
    (lambda: np.cross(np.ones(4), np.ones(4)), ShapeError),
    (lambda: np.einsum("ij,jk", M, M), ShapeError),
    (lambda: np.einsum("ij,j->k", M, X), ShapeError),
    (lambda: np.einsum("ijk", M), ShapeError),
    (lambda: np.einsum("ij,jk", M), ShapeError),
    (lambda: np.diagonal(X), ShapeError),
    (lambda: np.diagonal(M, 0, 0, 0), ShapeError),
    (lambda: np.linalg.qr(M, "raw"), ShapeError),
    (lambda: np.linalg.qr(X), ShapeError),
    (lambda: np.linalg.eigh(np.eye(2), "X"), ShapeError),
    (lambda: np.linalg.svd(M, subset_by_index=(0, 1)), ShapeError),
    (lambda: np.linalg.pinv(M, 0.1, rcond=0.1), ShapeError),
    (lambda: np.linalg.matrix_rank(M, 0.1, tol=0.1), ShapeError),
    (lambda: np.linalg.lstsq(M, X), ShapeError),
    (lambda: np.linalg.norm(M, "nonsense"), ShapeError),
    (lambda: np.linalg.norm(X, "fro"), ShapeError),
    (lambda: np.linalg.norm(np.ones((2, 2, 2)), 1), ShapeError),
    (lambda: np.linalg.matrix_power(M, 2), ShapeError),
    (lambda: np.linalg.solve(np.eye(2), X), ShapeError),
    (lambda: np.linalg.inv(M), ShapeError),
    (lambda: np.linalg.slogdet(np.eye(2), method="nonsense"), ShapeError),
    (lambda: np.linalg.tensorsolve(M, X), ShapeError),
    (lambda: np.linalg.tensorinv(M, 1), ShapeError),
    (lambda: np.linalg.tensorinv(M, 0), ShapeError),
    (lambda: np.linalg.multi_dot([M]), ShapeError),
    (lambda: np.vectorize(np.dot, signature="nonsense"), ShapeError),
    (lambda: np.vectorize(np.dot, signature="(n),(n)->()")(X, np.ones(2)), ShapeError),
    (lambda: np.asarray(X, order="X"), ShapeError),
    (lambda: axir.nn.glu(X), ShapeError),
]


@pytest.mark.parametrize(("call", "error"), CASES)
def test_errors_name_the_users_line(call, error):
    with pytest.raises(AxirError) as caught:
        call()
    assert type(caught.value) is error
    assert "test_numpy_errors.py" in str(caught.value)


@pytest.mark.parametrize(
    ("function", "remedy"),
    [
        (lambda x: np.zeros(x), "static"),
        (lambda x: np.arange(x), "static"),
        (lambda x: np.nonzero(x), "static"),
        (lambda x: np.reshape(M, (x, 2)), "static"),
        (lambda x: np.repeat(X, x), "static"),
        (lambda x: onp.sin(x), "static"),
        (lambda x: float(x), "static"),
    ],
)
def test_shapes_must_not_depend_on_traced_values(function, remedy):
    with pytest.raises(ConcretizationError, match=remedy) as caught:
        axir.jit(function)(3)
    assert "test_numpy_errors.py" in str(caught.value)


def test_operators_leave_foreign_operands_to_python():
    assert (X == None) is False  # noqa: E711
    assert (X != "a") is True
    for other in (None, "a", [1, 2, 3], object()):
        with pytest.raises(TypeError):
            X + other
        with pytest.raises(TypeError):
            other * X
        with pytest.raises(TypeError):
            other > X  # noqa: B015


def test_names_that_do_not_exist_are_attribute_errors():
    for name in ("matrix", "busday_count", "nonsense"):
        with pytest.raises(AttributeError):
            getattr(np, name)


def test_copies_that_cannot_be_avoided():
    with pytest.raises(ValueError, match="copy"):
        np.asarray(onp.ones(3), copy=False)
    assert np.asarray(X, copy=False) is X
