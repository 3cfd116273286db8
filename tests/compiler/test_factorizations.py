"""Kernels of linear algebra on matrices that are large, ill-conditioned, singular or not finite.

The measure is what LAPACK attains: residuals of compiled factorizations may be ten times as large.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from iree_runner import Suite

from axir_compiler.lowering import builders
from axir_compiler.ops.linalg import CholeskyOp, SolveOp, TriangularSolveOp
from axir_compiler.ops.linalg_lu import DetOp, LuOp
from axir_compiler.ops.linalg_spectral import EighOp, QrOp, SvdOp

FLOATS = ("float32", "float64")
COMPLEX = ("complex64", "complex128")
Matrices = np.ndarray


def _stack(m: int, n: int, dtype: str) -> Matrices:
    """Random, ill-conditioned, graded, singular, very large and small, orthogonal, constant and zero matrices."""
    rng = np.random.default_rng(m * 100 + n)
    x = rng.standard_normal((m, n))
    if dtype.startswith("complex"):
        x = x + 1j * rng.standard_normal((m, n))
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    extreme = 1e30 if dtype in ("float32", "complex64") else 1e300
    spectrum = np.logspace(0, -12, len(s))
    found = [
        x,
        (u * spectrum) @ vh,
        x * np.logspace(0, -20, n),
        x[:, :1] @ x[:1],
        x * extreme,
        x / extreme,
        np.eye(m, n)[::-1],
        np.ones((m, n)),
        np.zeros((m, n)),
    ]
    return np.stack(found).astype(dtype)


def _symmetric(n: int, dtype: str) -> Matrices:
    x = _stack(n, n, dtype)
    return x / 2 + _adjoint(x) / 2


def _positive(n: int, dtype: str) -> Matrices:
    """From well conditioned to nearly singular."""
    rng = np.random.default_rng(n)
    imaginary = 1j * rng.standard_normal((n, n)) if dtype.startswith("complex") else 0
    q, _ = np.linalg.qr(rng.standard_normal((n, n)) + imaginary)
    worst = -4 if dtype in ("float32", "complex64") else -12
    return np.stack([(q * np.logspace(0, k, n)) @ q.conj().T for k in (0, worst / 2, worst)]).astype(dtype)


def _scaled(x: Matrices) -> tuple[Matrices, Matrices]:
    """Matrices of norm about 1, and what they were divided by."""
    size = np.max(np.abs(x), (-1, -2), keepdims=True)
    size = np.where(size > 0, size, 1)
    return _doubled(x / size), size


def _doubled(x: Matrices) -> Matrices:
    return x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)


def _adjoint(x: Matrices) -> Matrices:
    return x.conj().swapaxes(-1, -2)


def _difference(x: Matrices, y: Matrices) -> Matrices:
    return np.max(np.abs(x - y), (-1, -2))


def _orthonormal(q: Matrices) -> Matrices:
    return _difference(_adjoint(q) @ q, np.eye(q.shape[-1]))


def _check(residual: Callable[..., Sequence[Matrices]], found: Any, expected: Any, x: Matrices) -> None:
    """Each residual against LAPACK's, and that against four roundings."""
    epsilon = float(np.finfo(x.dtype).eps)
    pairs = zip(residual(x, *_wide(found)), residual(x, *_wide(expected)), strict=True)
    for number, (ours, lapacks) in enumerate(pairs):
        limit = 10 * np.maximum(lapacks, 4 * epsilon)
        assert np.all(ours <= limit), f"residual {number}: {ours / epsilon} and {lapacks / epsilon} roundings"


def _wide(results: Any) -> list[Matrices]:
    found = results if isinstance(results, list | tuple) else [results]
    return [_doubled(r) if r.dtype.kind in "fc" else r for r in found]


def _cholesky_residual(x: Matrices, factor: Matrices) -> list[Matrices]:
    return [_difference(factor @ _adjoint(factor), x)]


def _lu_residual(x: Matrices, factors: Matrices, pivots: Matrices, order: Matrices) -> list[Matrices]:
    unit, size = _scaled(x)
    count = min(x.shape[-2:])
    lower = np.tril(factors, -1)[..., :count] + np.eye(x.shape[-2], count)
    upper = (np.triu(factors) / size)[..., :count, :]
    return [_difference(lower @ upper, np.take_along_axis(unit, order[..., None], 1))]


def _qr_residual(x: Matrices, q: Matrices, r: Matrices) -> list[Matrices]:
    unit, size = _scaled(x)
    return [_difference(q @ (r / size), unit), _orthonormal(q)]


def _eigh_residual(x: Matrices, w: Matrices, v: Matrices) -> list[Matrices]:
    unit, size = _scaled(x)
    return [_difference(unit @ v, v * (w[:, None, :] / size)), _orthonormal(v)]


def _svd_residual(x: Matrices, s: Matrices, u: Matrices, vh: Matrices) -> list[Matrices]:
    unit, size = _scaled(x)
    count = s.shape[-1]
    product = (u[..., :count] * (s[:, None, :] / size)) @ vh[:, :count]
    return [_difference(product, unit), _orthonormal(u), _orthonormal(_adjoint(vh))]


CHOLESKY = (
    lambda x: builders.cholesky(x),
    lambda x: CholeskyOp.numpy(x),
    _cholesky_residual,
)
LU = (lambda x: builders.lu(x), lambda x: LuOp.numpy(x), _lu_residual)
QR = (
    lambda x: builders.qr(x, full=True),
    lambda x: QrOp.numpy(x, full_matrices=1),
    _qr_residual,
)
EIGH = (
    lambda x: builders.eigh(x, lower=True),
    lambda x: EighOp.numpy(x, upper=0),
    _eigh_residual,
)
SVD = (
    lambda x: builders.svd(x, full=True, vectors=True),
    lambda x: SvdOp.numpy(x, full_matrices=1, compute_uv=1),
    _svd_residual,
)
RECTANGLES = ((13, 13), (20, 9), (9, 35))
SQUARES = ((2, 2), (67, 67))


@pytest.mark.parametrize(
    ("parts", "make", "shapes"),
    [
        pytest.param(CHOLESKY, lambda m, n, d: _positive(n, d), SQUARES, id="cholesky"),
        pytest.param(LU, _stack, RECTANGLES, id="lu"),
        pytest.param(QR, _stack, RECTANGLES, id="qr"),
        pytest.param(EIGH, lambda m, n, d: _symmetric(n, d), SQUARES, id="eigh"),
        pytest.param(SVD, _stack, RECTANGLES, id="svd"),
    ],
)
@pytest.mark.parametrize("dtypes", [FLOATS, COMPLEX], ids=["real", "complex"])
def test_residuals_are_near_lapacks(parts: Any, make: Any, shapes: Any, dtypes: Sequence[str]) -> None:
    build, evaluate, residual = parts
    suite, given = Suite(), {}
    for number, (m, n) in enumerate(shapes if dtypes is FLOATS else shapes[:2]):
        for dtype in dtypes if number == 0 else dtypes[number % 2 :][:1]:
            x = make(m, n, dtype)
            expected = evaluate(x)
            results = expected if isinstance(expected, tuple) else (expected,)
            name = f"{dtype} {m} {n}"
            given[name] = (x, expected)
            suite.add(name, build, [x], *(r.dtype for r in results))
    for name, found in suite.run().items():
        x, expected = given[name]
        with np.errstate(all="ignore"):
            _check(residual, found, expected, x)


def _broken(n: int) -> Matrices:
    """Matrices that hold NaN or infinities, between those that are finite."""
    x = np.stack([np.eye(n) * 2] * 5)
    x[1, -1, 0] = x[1, 0, -1] = np.nan
    x[2, 0, 0] = np.inf
    x[3, 0, -1] = x[3, -1, 0] = -np.inf
    return x


def test_matrices_that_are_not_finite_do_not_disturb_their_neighbours() -> None:
    x = _broken(9)
    fine = np.array([True, False, False, False, True])
    suite = Suite()
    double = np.dtype("float64")
    suite.add("cholesky", lambda x: builders.cholesky(x), [x], double)
    suite.add("lu", lambda x: builders.lu(x), [x], double, "int32", "int32")
    suite.add("qr", lambda x: builders.qr(x, full=False), [x], double, double)
    suite.add("eigh", lambda x: builders.eigh(x, lower=False), [x], double, double)
    suite.add("svd", lambda x: builders.svd(x, full=False, vectors=True), [x], double, double, double)
    suite.add("det", lambda x: builders.det(x), [x], double)
    suite.add("solve", lambda a, b: builders.solve(a, b, transpose_a=False), [x, x], double)
    found = suite.run()
    np.testing.assert_array_equal(found["cholesky"][fine], np.sqrt(x[fine]))
    assert np.isnan(found["cholesky"][1][np.tril_indices(9)]).all()
    np.testing.assert_allclose(found["det"][fine], 2.0**9)
    np.testing.assert_array_equal(found["solve"][fine], x[fine] / 2)
    for result in (*found["eigh"], *found["svd"]):
        assert np.isfinite(result[fine]).all() and np.isnan(result[~fine]).all()
    for result in (found["lu"][0], *found["qr"]):
        assert np.isfinite(result[fine]).all()
    assert ((found["lu"][1] >= 0) & (found["lu"][1] < 9)).all()
    assert (np.sort(found["lu"][2], -1) == np.arange(9)).all()


def test_what_is_not_positive_definite_or_singular() -> None:
    """Results are those of evaluation: NaN, infinities and zeros in the same places."""
    shapes = np.array([[[1.0, 2], [2, 1]], [[0, 0], [0, 0]], [[-1, 0], [0, 1]], [[4, 2], [2, 5]]])
    right = np.ones((4, 2, 1))
    attrs = {"left_side": 1, "upper": 1, "transpose_a": 0, "conjugate_a": 0, "unit_diagonal": 0}
    suite = Suite()
    suite.add("cholesky", lambda x: builders.cholesky(x), [shapes], "float64")
    suite.add("det", lambda x: builders.det(x), [shapes], "float64")
    suite.add("solve", lambda a, b: builders.solve(a, b, transpose_a=False), [shapes, right], "float64")
    suite.add(
        "triangular_solve",
        lambda a, b: builders.triangular_solve(
            a, b, left_side=True, lower=False, transpose_a=False, unit_diagonal=False
        ),
        [shapes, right],
        "float64",
    )
    found = suite.run()
    with np.errstate(all="ignore"):
        expected = {
            "cholesky": CholeskyOp.numpy(shapes),
            "det": DetOp.numpy(shapes),
            "solve": SolveOp.numpy(shapes, right, transpose_a=0),
            "triangular_solve": TriangularSolveOp.numpy(shapes, right, **attrs),
        }
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-14, atol=1e-15, err_msg=name)


def test_a_result_of_several_may_be_unused() -> None:
    """What a kernel computes besides is too large for the stack, on which IREE puts results that nobody uses."""
    x = np.random.default_rng(0).standard_normal((128, 128)).astype(np.float32)
    suite = Suite()
    suite.add("pivots", lambda x: [builders.lu(x)[1]], [x], "int32")
    suite.add("r", lambda x: [builders.qr(x, full=False)[1]], [x], "float32")
    suite.add("w", lambda x: [builders.eigh(x, lower=True)[0]], [x], "float32")
    suite.add("vh", lambda x: [builders.svd(x, full=False, vectors=True)[2]], [x], "float32")
    found = suite.run()
    assert (found["pivots"] == LuOp.numpy(x)[1]).all()
    np.testing.assert_allclose(found["r"], np.linalg.qr(x)[1], atol=1e-3)
    np.testing.assert_allclose(found["w"], np.linalg.eigvalsh(x), atol=1e-3)
    np.testing.assert_allclose(found["vh"] @ found["vh"].T, np.eye(128), atol=1e-4)
