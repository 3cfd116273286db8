"""Linear algebra of complex matrices: values, compiled programs, and derivatives by differences along directions."""

import numpy as onp
import pytest
import scipy.linalg

import axir
import axir.numpy as np
import axir.scipy.linalg as asl
from axir.errors import DTypeError, MissingRuleError, ShapeError
from axir.lax import linalg as lax_linalg

RNG = onp.random.default_rng(5)


def _random(*shape):
    return RNG.standard_normal(shape) + 1j * RNG.standard_normal(shape)


A, B, TALL = _random(4, 4) + 2 * onp.eye(4), _random(4), _random(5, 3)
STACK = _random(2, 3, 3)
HERMITIAN = A + A.conj().T
POSITIVE = A @ A.conj().T + onp.eye(4)


@pytest.fixture(autouse=True)
def _double():
    with axir.enable_x64(True):
        yield


def _leaves(x):
    return list(x) if isinstance(x, tuple) else [x]


NUMPY = [
    (lambda m: m.solve(A, B), "solve"),
    (lambda m: m.inv(STACK), "inv"),
    (lambda m: m.det(A), "det"),
    (lambda m: tuple(m.slogdet(STACK)), "slogdet"),
    (lambda m: m.cholesky(POSITIVE), "cholesky"),
    (lambda m: m.cholesky(POSITIVE, upper=True), "upper cholesky"),
    (lambda m: tuple(m.qr(TALL)), "qr"),
    (lambda m: m.eigvalsh(HERMITIAN), "eigvalsh"),
    (lambda m: m.svdvals(STACK), "svdvals"),
    (lambda m: m.pinv(TALL), "pinv"),
    (lambda m: m.matrix_rank(TALL), "matrix_rank"),
    (lambda m: m.matrix_power(A, -3), "matrix_power"),
    (lambda m: m.cond(A), "cond"),
    (lambda m: m.norm(A, "nuc"), "nuclear norm"),
    (lambda m: m.lstsq(TALL, _COLUMN)[:2], "lstsq"),
    (lambda m: m.tensorinv(A.reshape(2, 2, 4), 2), "tensorinv"),
]
SCIPY = [
    (lambda m: m.cho_solve(m.cho_factor(POSITIVE), B), "cho_solve"),
    (lambda m: m.cho_solve(m.cho_factor(POSITIVE, lower=True), B), "lower cho_solve"),
    (lambda m: m.solve(POSITIVE, B, assume_a="pos"), "positive"),
    (lambda m: m.solve_triangular(A, B, trans="C", lower=True), "adjoint triangle"),
    (lambda m: m.solve_triangular(A, B, trans="T"), "transposed triangle"),
    (lambda m: m.lu_solve(m.lu_factor(A), B, trans=1), "transposed lu_solve"),
    (lambda m: m.lu_solve(m.lu_factor(A), B, trans=2), "adjoint lu_solve"),
    (lambda m: m.lu(TALL), "lu"),
    (lambda m: m.expm(A), "expm"),
]
_COLUMN = _random(5)


@pytest.mark.parametrize("function", [pytest.param(f, id=name) for f, name in NUMPY])
def test_values_are_numpys(function):
    for mine, theirs in zip(_leaves(function(np.linalg)), _leaves(function(onp.linalg)), strict=True):
        assert mine.dtype == onp.asarray(theirs).dtype
        onp.testing.assert_allclose(mine, onp.reshape(theirs, mine.shape), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("function", [pytest.param(f, id=name) for f, name in SCIPY])
def test_values_are_scipys(function):
    for mine, theirs in zip(_leaves(function(asl)), _leaves(function(scipy.linalg)), strict=True):
        onp.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-12)


def _program(a, p, t, b):
    w, v = np.linalg.eigh(p)
    u, s, vh = np.linalg.svd(t, full_matrices=False)
    found = [np.linalg.solve(a, b), np.linalg.slogdet(a), np.linalg.cholesky(p), w]
    return [
        *found,
        (v * w) @ np.conj(v.T),
        s,
        (u * s) @ vh,
        np.linalg.pinv(t),
        np.linalg.eigvals(a),
        asl.expm(a),
    ]


def test_compiled_values_are_the_eager_ones():
    args = (A, POSITIVE, TALL, B)
    for mine, theirs in zip(axir.jit(_program)(*args), _program(*args), strict=True):
        for x, y in zip(_leaves(mine), _leaves(theirs), strict=True):
            assert x.dtype == y.dtype
            onp.testing.assert_allclose(x, y, rtol=1e-11, atol=1e-12)


def _weights(x):
    return onp.cos(onp.arange(x.size)).reshape(x.shape)


def _projector(v):
    """What a vector spans, which does not depend on its phase."""
    return v[:, None] * np.conj(v)[None, :]


SMOOTH = [
    (lambda a: np.linalg.solve(a, B), A, "solve"),
    (lambda a: asl.solve_triangular(a, B, trans="C"), A, "triangular"),
    (np.linalg.det, A, "det"),
    (lambda a: np.linalg.slogdet(a)[0], A, "sign"),
    (lambda a: np.linalg.cholesky(a @ np.conj(a.T)), A, "cholesky"),
    (lambda a: np.linalg.qr(a)[0], TALL, "q"),
    (lambda a: _projector(np.linalg.eigh(a)[1][:, 1]), A, "eigenvector of a hermitian matrix"),
    (lambda a: np.linalg.eigvalsh(a)[2], A, "eigenvalue of a hermitian matrix"),
    (lambda a: _projector(np.linalg.svd(a, full_matrices=False)[0][:, 1]), TALL, "left vector"),
    (
        lambda a: np.linalg.svd(a, full_matrices=False)[2][0, :, None] * np.linalg.svd(a)[0][0, 0],
        A,
        "both vectors",
    ),
    (np.linalg.pinv, TALL, "pinv"),
    (np.linalg.eigvals, A, "eigenvalues"),
    (lambda a: lax_linalg.eig(a, enable_eigvec_derivs=True)[1], A, "left eigenvectors"),
    (lambda a: lax_linalg.eig(a, enable_eigvec_derivs=True)[2], A, "right eigenvectors"),
    (lambda a: lax_linalg.eig(a, enable_eigvec_derivs=True)[2], onp.real(A), "eigenvectors of a real matrix"),
    (asl.expm, A, "expm"),
    (lambda a: lax_linalg.householder_product(a, np.conj(a[0])), TALL, "householder_product"),
]


@pytest.mark.parametrize(("function", "x"), [pytest.param(f, x, id=name) for f, x, name in SMOOTH])
def test_derivatives_are_differences(function, x):
    """Forward mode along a direction, and reverse mode against it."""
    step = 1e-5
    direction = _weights(x) if onp.isrealobj(x) else _weights(x) * (1 - 0.5j)
    _, slope = axir.jvp(function, (x,), (direction,))
    above, below = onp.asarray(function(x + step * direction)), onp.asarray(function(x - step * direction))
    onp.testing.assert_allclose(slope, (above - below) / (2 * step), rtol=1e-6, atol=1e-7)
    value, pull = axir.vjp(function, x)
    ct = _weights(value) * (1 + 1j if value.dtype.kind == "c" else 1)
    (pulled,) = pull(np.asarray(ct.astype(value.dtype)))
    onp.testing.assert_allclose(
        onp.sum(onp.asarray(pulled) * direction).real,
        onp.sum(ct * onp.asarray(slope)).real,
        rtol=1e-9,
        atol=1e-10,
    )


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_eig_solves_its_equations(dtype):
    x = STACK.real.astype(dtype) if dtype.startswith("f") else STACK.astype(dtype)
    w, vl, vr = (onp.asarray(y) for y in lax_linalg.eig(x))
    tolerance = 1e-5 if x.dtype.itemsize * (1 + (x.dtype.kind == "f")) == 8 else 1e-13
    assert {y.dtype for y in (w, vl, vr)} == {onp.result_type(x.dtype, onp.complex64)}
    onp.testing.assert_allclose(x @ vr, vr * w[:, None, :], atol=10 * tolerance)
    adjoint = vl.conj().swapaxes(1, 2)
    onp.testing.assert_allclose(adjoint @ x, w[:, :, None] * adjoint, atol=10 * tolerance)
    onp.testing.assert_allclose(onp.linalg.norm(vr, axis=1), 1, atol=tolerance)
    onp.testing.assert_allclose(np.linalg.eigvals(x), w, atol=10 * tolerance)


def test_eig_under_transformations():
    rotation = onp.array([[0.0, -1], [1, 0]])
    w, v = axir.jit(np.linalg.eig)(rotation)
    onp.testing.assert_allclose(w, [1j, -1j], atol=1e-15)
    onp.testing.assert_allclose(rotation @ onp.asarray(v), onp.asarray(v * w), atol=1e-15)
    batch = axir.vmap(np.linalg.eigvals)(STACK)
    onp.testing.assert_allclose(batch, onp.linalg.eigvals(STACK), rtol=1e-12)
    gradient = axir.jit(axir.grad(lambda a: np.sum(np.linalg.eigvals(a)).real))
    onp.testing.assert_allclose(gradient(A.real), onp.eye(4), atol=1e-12)
    repeated = axir.grad(lambda a: np.sum(np.linalg.eigvals(a)).real)(onp.eye(3))
    onp.testing.assert_allclose(repeated, onp.eye(3), atol=1e-12)


def test_eig_of_what_is_not_finite_is_nan():
    x = onp.stack([onp.eye(2), onp.full((2, 2), onp.inf), onp.diag([1.0, onp.nan])])
    w, v = np.linalg.eig(x)
    assert onp.isfinite(w[0]).all() and onp.isnan(w[1:].real).all() and onp.isnan(w[1:].imag).all()
    assert onp.isfinite(v[0]).all() and onp.isnan(v[1:]).all()


@pytest.mark.parametrize("shape", [(0, 0), (0, 2, 2), (3, 0, 0)])
def test_eig_of_nothing(shape):
    w, v = np.linalg.eig(onp.zeros(shape))
    assert (w.shape, v.shape) == (shape[:-1], shape)


def test_what_eig_refuses():
    with pytest.raises(MissingRuleError, match="enable_eigvec_derivs"):
        axir.jvp(np.linalg.eig, (A,), (A,))
    with pytest.raises(ShapeError, match="square"):
        np.linalg.eig(TALL)
    with pytest.raises(DTypeError, match=r"linalg\.eig"):
        lax_linalg.eig(onp.eye(2, dtype=int))
    with pytest.raises(ShapeError, match="implementation"):
        lax_linalg.eig(A, implementation=lax_linalg.EigImplementation.MAGMA)


def test_forms_of_a_matrix():
    """Schur, Hessenberg and tridiagonal form multiply back to the matrix."""
    for x in (A, A.real):
        t, q = (onp.asarray(y) for y in lax_linalg.schur(x))
        onp.testing.assert_allclose(q @ t @ q.conj().T, x, atol=1e-13)
        onp.testing.assert_allclose(t, scipy.linalg.schur(x)[0], atol=1e-12)
        h, taus = lax_linalg.hessenberg(x)
        inner = onp.asarray(lax_linalg.householder_product(h[1:, :-1], taus))
        q = scipy.linalg.block_diag(1, inner)
        onp.testing.assert_allclose(q @ onp.triu(h, -1) @ q.conj().T, x, atol=1e-13)
    found, d, e, taus = lax_linalg.tridiagonal(HERMITIAN)
    assert d.dtype == e.dtype == onp.float64
    inner = onp.asarray(lax_linalg.householder_product(found[1:, :-1], taus))
    q = scipy.linalg.block_diag(1, inner)
    t = onp.diag(d) + onp.diag(e, 1) + onp.diag(e, -1)
    onp.testing.assert_allclose(q @ t @ q.conj().T, HERMITIAN, atol=1e-13)
    with pytest.raises(MissingRuleError, match=r"linalg\.schur has no derivative"):
        axir.jvp(lax_linalg.schur, (A,), (A,))
