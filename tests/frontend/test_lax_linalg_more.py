"""Tridiagonal systems, products with reflectors, updates and polar decompositions of axir.lax.linalg, by residuals."""

import numpy as onp
import pytest
import scipy.linalg
from matrices import adjoint, near, random, slopes

import axir
import axir.numpy as np
from axir.errors import DTypeError, ShapeError
from axir.lax import linalg

pytestmark = pytest.mark.usefixtures("double_matrices")


def _tridiagonal(dl, d, du):
    m = d.shape[-1]
    found = onp.zeros((*d.shape, m), d.dtype)
    index = onp.arange(m)
    found[..., index, index] = d
    found[..., index[1:], index[:-1]] = dl[..., 1:]
    found[..., index[:-1], index[1:]] = du[..., :-1]
    return found


@pytest.mark.parametrize("imaginary", [False, True])
@pytest.mark.parametrize("m", [1, 2, 9])
def test_tridiagonal_systems(m, imaginary):
    dl, d, du = random(3, m, imaginary=imaginary)
    dl[0] = du[-1] = onp.nan
    d[:-1] /= 100
    b = random(m, 2, imaginary=imaginary)
    x = onp.asarray(linalg.tridiagonal_solve(dl, d, du, b))
    assert x.dtype == b.dtype
    near(_tridiagonal(dl, d, du) @ x, b)


def test_batches_of_tridiagonal_systems():
    dl, d, du = random(3, 2, 3, 5)
    b = random(2, 3, 5, 2)
    x = onp.asarray(linalg.tridiagonal_solve(dl, d, du, b))
    near(_tridiagonal(dl, d, du) @ x, b)
    one = dl[0, 0], d[0, 0], du[0, 0]
    found = onp.asarray(axir.jit(axir.vmap(lambda b: linalg.tridiagonal_solve(*one, b)))(b[0]))
    near(_tridiagonal(*one) @ found, b[0])
    assert linalg.tridiagonal_solve(d[:, :, :0], d[:, :, :0], d[:, :, :0], b[:, :, :0]).shape == (2, 3, 0, 2)


def test_singular_tridiagonal_systems():
    none, d = onp.zeros((2, 3)), onp.array([[1.0, 0.0, 1.0], [1.0, 2.0, 4.0]])
    x = linalg.tridiagonal_solve(none, d, none, onp.ones((2, 3, 1)))
    assert onp.isnan(x[0]).all()
    near(x[1, :, 0], [1, 0.5, 0.25])
    x = linalg.tridiagonal_solve(none, d, none, onp.ones((2, 3, 1)), perturb_singular=True)
    near(x[..., 0], [[1, 1 / onp.finfo(float).eps, 1], [1, 0.5, 0.25]])
    eigenvalue = linalg.tridiagonal_solve(*onp.ones((3, 2)), onp.ones((2, 1)), perturb_singular=True)
    assert onp.isfinite(eigenvalue).all()


@pytest.mark.parametrize("at", range(4))
def test_tridiagonal_systems_have_derivatives(at):
    dl, d, du = random(3, 2, 4)
    differences, gradient = slopes(
        lambda *args: np.sum(linalg.tridiagonal_solve(*args) ** 2), (dl, d + 4, du, random(2, 4, 3)), at
    )
    near(differences, gradient, 1e-6)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4)])
@pytest.mark.parametrize("imaginary", [False, True])
def test_products_with_reflectors(shape, imaginary):
    a, c = random(*shape, imaginary=imaginary), random(shape[0], 2, imaginary=imaginary)
    (h, taus), _ = scipy.linalg.qr(a, mode="raw")
    q = scipy.linalg.qr(a)[0]
    for transpose, factor in ((False, q), (True, adjoint(q))):
        near(linalg.ormqr(h, taus, c, transpose=transpose), factor @ c)
        near(linalg.ormqr(h, taus, c.T, left=False, transpose=transpose), c.T @ factor)
    stacked = [onp.stack([x, x]) for x in (h, taus, c)]
    near(linalg.ormqr(*stacked)[1], q @ c)


def test_products_with_reflectors_have_derivatives():
    args = (random(4, 3), random(3), random(4, 2))
    for at in range(3):
        differences, gradient = slopes(lambda *args: np.sum(linalg.ormqr(*args) ** 2), args, at)
        near(differences, gradient, 1e-6)


def test_updates_of_cholesky_factors():
    r, w = onp.linalg.qr(random(2, 4, 4))[1], random(2, 4)
    w[0, 1] = w[1, 0] = 0
    found = onp.asarray(axir.jit(linalg.cholesky_update)(r, w))
    near(adjoint(found) @ found, adjoint(r) @ r + w[:, :, None] * w[:, None, :])
    near(onp.tril(found, -1), onp.zeros_like(found))
    near(axir.vmap(linalg.cholesky_update)(r, w), found)
    near(linalg.cholesky_update(r[0], onp.zeros(4)), r[0])
    for at in range(2):
        differences, gradient = slopes(
            lambda *args: np.sum(linalg.cholesky_update(*args) ** 3), (r[0], w[1] + 1), at
        )
        near(differences, gradient, 1e-5)


def test_symmetric_products():
    a, c = random(2, 3, 4), random(2, 3, 3)
    expected = 2 * a @ adjoint(a) + 0.5 * c
    near(linalg.symmetric_product(a, c, alpha=2, beta=0.5), expected)
    found = onp.asarray(linalg.symmetric_product(a, c, alpha=2, beta=0.5, symmetrize_output=True))
    near(onp.tril(found), onp.tril(expected))
    near(found, adjoint(found))


@pytest.mark.parametrize("imaginary", [False, True])
def test_polar_decompositions(imaginary):
    x = random(6, 4, imaginary=imaginary)
    u, h, count, converged = linalg.qdwh(x)
    near(adjoint(onp.asarray(u)) @ u, onp.eye(4))
    near(onp.asarray(u) @ h, x)
    near(h, adjoint(onp.asarray(h)))
    assert (onp.linalg.eigvalsh(h) > 0).all()
    assert converged and 1 <= count <= 10


def test_polar_decompositions_of_single_precision():
    x = random(5, 3).astype(onp.float32)
    u, h, _, converged = linalg.qdwh(x)
    assert u.dtype == h.dtype == onp.float32 and converged
    near(onp.asarray(u) @ h, x, 1e-5)


def test_polar_decompositions_end_early():
    x = onp.diag([1.0, 1e-12])
    *_, count, converged = linalg.qdwh(x, max_iterations=2)
    assert count == 2 and not converged
    u = linalg.qdwh(onp.diag([1.0, 0.5]), eps=1e-6)[0]
    near(u, onp.eye(2), 1e-6)
    assert not linalg.qdwh(x, max_iterations=0)[3]


def test_polar_decompositions_of_a_part():
    x = random(6, 4)
    u, h, *_ = axir.jit(lambda x, m, n: linalg.qdwh(x, dynamic_shape=(m, n)))(x, 5, 3)
    expected, root = scipy.linalg.polar(x[:5, :3])
    near(u[:5, :3], expected)
    near(h[:3, :3], root)
    assert not u[5].any() and not u[:, 3].any()


def test_polar_decompositions_have_derivatives():
    weights = random(4, 3)
    differences, gradient = slopes(lambda x: np.sum(linalg.qdwh(x)[0] * weights), (random(4, 3),), 0)
    near(differences, gradient, 1e-6)


def test_polar_decompositions_of_zeros():
    u, h, _, converged = linalg.qdwh(onp.zeros((3, 2)))
    assert converged and not u.any() and not h.any()
    assert linalg.qdwh(onp.zeros((3, 0)))[0].shape == (3, 0)


def test_names_of_algorithms():
    x = random(3, 3)
    for algorithm in ("DEFAULT", "QR", "DIVIDE_AND_CONQUER"):
        s = linalg.svd(x, compute_uv=False, algorithm=linalg.SvdAlgorithm[algorithm])
        near(s, onp.linalg.svd(x, compute_uv=False))
    near(linalg.eigh(x, implementation=linalg.EighImplementation.QR)[1], onp.linalg.eigvalsh(x + x.T) / 2)


D, WIDE = onp.ones(3), onp.ones((3, 4))
ERRORS = [
    (lambda: linalg.tridiagonal_solve(D, D[:2], D, WIDE), ShapeError, r"dl, d and du must be"),
    (lambda: linalg.tridiagonal_solve(D, D, D, D), ShapeError, r"b \[..., m, k\]"),
    (lambda: linalg.tridiagonal_solve(D, D, D, 1j * WIDE), DTypeError, "same dtype"),
    (lambda: linalg.tridiagonal_solve(*[D.astype(int)] * 3, WIDE.astype(int)), DTypeError, "takes arrays of"),
    (lambda: linalg.ormqr(WIDE, D[:2], WIDE[:2]), ShapeError, "as many rows"),
    (lambda: linalg.ormqr(WIDE, D[:2], WIDE, left=False), ShapeError, "as many columns"),
    (lambda: linalg.ormqr(WIDE, onp.ones(4), WIDE), ShapeError, "k <= min"),
    (lambda: linalg.cholesky_update(WIDE, D), ShapeError, "r_matrix must be"),
    (lambda: linalg.cholesky_update(1j * onp.eye(3), 1j * D), DTypeError, "takes float32"),
    (lambda: linalg.symmetric_product(WIDE, WIDE), ShapeError, "c_matrix"),
    (lambda: linalg.symmetric_product(1j * WIDE, 1j * onp.eye(3)), DTypeError, "takes float32"),
    (lambda: linalg.qdwh(WIDE), ShapeError, "at least as many rows"),
    (lambda: linalg.qdwh(onp.eye(2, dtype=int)), DTypeError, "takes a matrix of"),
    (lambda: linalg.qdwh(onp.eye(2), eps=0), ShapeError, "eps must be"),
    (lambda: linalg.qdwh(onp.eye(2), max_iterations=-1), ShapeError, "max_iterations"),
    (
        lambda: linalg.eigh(onp.eye(2), implementation=linalg.EighImplementation.JACOBI),
        ShapeError,
        "implementation",
    ),
    (lambda: linalg.svd(onp.eye(2), algorithm=linalg.SvdAlgorithm.POLAR), ShapeError, "algorithm must be"),
]


@pytest.mark.parametrize("call, error, message", ERRORS)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
