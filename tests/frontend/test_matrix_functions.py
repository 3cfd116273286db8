"""Matrix functions and forms of axir.scipy.linalg: residuals, SciPy's values, batches, derivatives by differences."""

import numpy as onp
import pytest
import scipy.linalg
from matrices import adjoint, near, random, slopes

import axir
import axir.numpy as np
import axir.scipy.linalg as asl
from axir.errors import DTypeError, MissingRuleError, ShapeError
from axir.lax import linalg as lax_linalg

pytestmark = pytest.mark.usefixtures("double_matrices")

A, B, C = random(5, 5), random(3, 3), random(5, 3)
COMPLEX = random(4, 4, imaginary=True)
STACK = random(2, 2, 4, 4)
MATRICES = [pytest.param(x, id=name) for x, name in ((A, "real"), (COMPLEX, "complex"), (STACK, "batch"))]


def _arrays(found):
    return [onp.asarray(x) for x in found]


def _unitary(x):
    near(x @ adjoint(x), onp.broadcast_to(onp.eye(x.shape[-1]), x.shape))


@pytest.mark.parametrize("a", MATRICES)
def test_schur_forms(a):
    for output, below in (("real", -2), ("complex", -1)):
        t, z = _arrays(asl.schur(a, output))
        near(z @ t @ adjoint(z), a)
        _unitary(z)
        assert not onp.tril(t, below).any()
        assert onp.iscomplexobj(t) == (onp.iscomplexobj(a) or output == "complex")


@pytest.mark.parametrize("a", MATRICES)
def test_complex_form_out_of_the_real_one(a):
    t, z = _arrays(asl.rsf2csf(*asl.schur(a)))
    assert t.dtype == z.dtype == onp.complex128
    assert not onp.tril(t, -1).any()
    near(z @ t @ adjoint(z), a)
    _unitary(z)


def test_complex_form_is_scipys():
    form = scipy.linalg.schur(A)
    for mine, theirs in zip(asl.rsf2csf(*form), scipy.linalg.rsf2csf(*form), strict=True):
        near(mine, theirs)


def test_vectors_of_the_real_form_broadcast():
    t, z = scipy.linalg.schur(A)
    found, vectors = asl.rsf2csf(t, onp.stack([z, -z]))
    assert found.shape == vectors.shape == (2, 5, 5)
    near(vectors[1], -vectors[0])


@pytest.mark.parametrize("n", [0, 1])
def test_smallest_forms(n):
    eye = onp.eye(n)
    for x in (*asl.rsf2csf(eye, eye), *asl.schur(eye), *asl.hessenberg(eye, calc_q=True), asl.sqrtm(eye)):
        near(x, eye)
    assert asl.solve_sylvester(eye, onp.eye(2), onp.ones((n, 2))).shape == (n, 2)
    near(asl.funm(eye, np.exp), onp.e * eye)


@pytest.mark.parametrize("a", MATRICES)
def test_hessenberg_forms(a):
    h, q = _arrays(asl.hessenberg(a, calc_q=True))
    near(q @ h @ adjoint(q), a)
    _unitary(q)
    assert not onp.tril(h, -2).any()
    near(asl.hessenberg(a), h)


@pytest.mark.parametrize("a", MATRICES)
def test_square_roots(a):
    root = onp.asarray(asl.sqrtm(a))
    assert root.dtype == onp.complex128
    near(root @ root, a)
    assert (onp.linalg.eigvals(root).real > -1e-12).all()


def test_square_roots_of_singular_matrices():
    zeros, nilpotent = onp.zeros((3, 3)), onp.diag([1.0, 1.0], 1)
    near(asl.sqrtm(zeros), zeros)
    assert onp.isnan(asl.sqrtm(nilpotent)).any()
    near(asl.sqrtm(onp.diag([4.0, 0.0])), onp.diag([2.0, 0.0]))


def test_function_of_a_matrix_is_scipys():
    for a in (A, COMPLEX):
        found, error = asl.funm(a, np.sin, disp=False)
        expected, bound = scipy.linalg.funm(a, onp.sin, disp=False)
        near(found, expected)
        near(error, bound)
    near(asl.funm(A, np.exp), scipy.linalg.expm(A))
    near(asl.funm(onp.eye(2), np.exp), onp.e * onp.eye(2))


def test_derivative_of_the_exponential():
    for a, e in ((A, A.T), (COMPLEX, COMPLEX.T)):
        for mine, theirs in zip(asl.expm_frechet(a, e), scipy.linalg.expm_frechet(a, e), strict=True):
            near(mine, theirs)
    batch = asl.expm_frechet(STACK, STACK[::-1], compute_expm=False)
    near(batch[0, 1], scipy.linalg.expm_frechet(STACK[0, 1], STACK[1, 1])[1])


@pytest.mark.parametrize("method", ["schur", "eigen"])
def test_sylvester(method):
    for a, b, c in ((A, B, C), (A, B, 1j * C), (STACK, B, random(2, 1, 4, 3))):
        x = onp.asarray(asl.solve_sylvester(a, b, c, method=method))
        assert x.dtype == onp.result_type(a, b, c)
        near(a @ x + x @ b, onp.broadcast_to(c, x.shape))
    assert onp.isnan(asl.solve_sylvester(np.eye(2), -np.eye(2), np.eye(2), method=method)).all()


@pytest.mark.parametrize("at", range(3))
def test_sylvester_has_derivatives(at):
    differences, gradient = slopes(lambda *args: np.sum(asl.solve_sylvester(*args) ** 2), (A, B, C), at)
    near(differences, gradient, 1e-5)


def test_square_roots_have_derivatives():
    weights = random(5, 5)
    differences, gradient = slopes(lambda a: np.sum(np.real(asl.sqrtm(a @ a)) * weights), (A,), 0)
    near(differences, gradient, 1e-5)


@pytest.mark.parametrize("method", ["qdwh", "svd"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_polar(side, method):
    for a in (random(2, 5, 3), random(3, 5), COMPLEX):
        u, p = _arrays(asl.polar(a, side, method=method))
        for x in onp.ndindex(a.shape[:-2]):
            for mine, theirs in zip((u[x], p[x]), scipy.linalg.polar(a[x], side), strict=True):
                near(mine, theirs)


def test_polar_has_derivatives():
    for method in ("qdwh", "svd"):
        weights = random(4, 3)
        differences, gradient = slopes(
            lambda a, m=method, w=weights: np.sum(asl.polar(a, method=m)[0] * w), (random(4, 3),), 0
        )
        near(differences, gradient, 1e-6)


@pytest.mark.parametrize("pivoting", [False, True])
@pytest.mark.parametrize("shape", [(5, 3), (3, 5)])
def test_products_with_q(shape, pivoting):
    for a in (random(*shape), random(*shape, imaginary=True)):
        products = (("left", (3, 2)), ("left", (3,)), ("right", (2, shape[0])), ("right", (shape[0],)))
        for mode, size in products:
            for conjugate in (False, True):
                args = (a, random(*size), mode, pivoting, conjugate)
                found, expected = asl.qr_multiply(*args), scipy.linalg.qr_multiply(*args)
                for mine, theirs in zip(found, expected, strict=True):
                    near(mine, theirs)


def test_products_with_q_broadcast():
    found, r = asl.qr_multiply(STACK, A[:4, :4], "left")
    assert found.shape == r.shape == STACK.shape
    near(found[1, 0], scipy.linalg.qr(STACK[1, 0])[0] @ A[:4, :4])


@pytest.mark.parametrize("mode", ["full", "economic", "r"])
def test_qr_with_pivots_is_scipys(mode):
    for a in (random(5, 3), random(3, 5), COMPLEX):
        found, expected = (m.qr(a, mode=mode, pivoting=True) for m in (asl, scipy.linalg))
        for mine, theirs in zip(found, expected, strict=True):
            near(mine, theirs)


def test_qr_with_pivots_of_a_batch():
    q, r, order = _arrays(lax_linalg.qr(STACK, pivoting=True))
    assert order.dtype == onp.int32
    near(q @ r, onp.take_along_axis(STACK, order[..., None, :], -1))
    hole = onp.where(onp.arange(4) == 2, onp.nan, STACK[0, 0])
    assert onp.isnan(lax_linalg.qr(hole, pivoting=True)[1][0]).any()
    differences, gradient = slopes(
        lambda a: np.sum(lax_linalg.qr(a, pivoting=True)[0] ** 3), (random(3, 3),), 0
    )
    near(differences, gradient, 1e-5)


def _whole(d, e):
    return onp.diag(d) + onp.diag(e, 1) + onp.diag(onp.conj(e), -1) if len(d) > 1 else onp.diag(d)


@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_eigenvalues_of_tridiagonal_matrices(n):
    for phase in (1, 1j):
        d, e = onp.asarray(random(n) * (1 + 0j * phase.imag)), random(max(n - 1, 0)) * phase
        d = d if onp.iscomplexobj(e) else d.real
        matrix = _whole(d, e)
        w, v = _arrays(asl.eigh_tridiagonal(d, e))
        assert w.dtype == onp.float64 and v.dtype == d.dtype
        near(matrix @ v, v * w)
        _unitary(v)
        near(asl.eigh_tridiagonal(d, e, eigvals_only=True), w)


def test_some_eigenvalues_of_tridiagonal_matrices():
    d, e = random(8), random(7)
    everything, vectors = asl.eigh_tridiagonal(d, e)
    some = {"select": "i", "select_range": (2, 4)}
    near(asl.eigh_tridiagonal(d, e, eigvals_only=True, **some), everything[2:5])
    w, v = asl.eigh_tridiagonal(d, e, **some)
    near(w, everything[2:5])
    near(v, vectors[:, 2:5])
    roughly = asl.eigh_tridiagonal(d, e, eigvals_only=True, tol=1e-3)
    assert 1e-9 < abs(roughly - everything).max() < 1e-3
    ones = asl.eigh_tridiagonal(onp.ones(3), onp.zeros(2), eigvals_only=True)
    near(ones, onp.ones(3))
    single = asl.eigh_tridiagonal(d.astype("f4"), e.astype("f4"), eigvals_only=True)
    assert single.dtype == onp.float32
    near(single, everything, 1e-5)


def test_eigenvalues_of_tridiagonal_matrices_have_derivatives():
    for at in (0, 1):
        for only in (True, False):
            differences, gradient = slopes(
                lambda d, e, only=only: np.sum(
                    axir.tree.leaves(
                        asl.eigh_tridiagonal(d, e, eigvals_only=only, select="i", select_range=(1, 3))
                    )[0]
                    ** 2
                ),
                (random(5), random(4)),
                at,
            )
            near(differences, gradient, 1e-5)


def _program(a, b, c):
    t, z = asl.rsf2csf(*asl.schur(a))
    return [t, z, asl.sqrtm(a), asl.funm(a, np.cos), asl.solve_sylvester(a, b, c), asl.hessenberg(a)]


def test_compiled_values_are_the_eager_ones():
    for mine, theirs in zip(axir.jit(_program)(A, B, C), _program(A, B, C), strict=True):
        assert mine.dtype == theirs.dtype
        near(mine, theirs)


def test_vmap():
    found = axir.vmap(lambda a: asl.funm(asl.sqrtm(a), np.square))(STACK[0])
    near(found, STACK[0])


ERRORS = [
    (lambda: asl.schur(A, "triangular"), "output must be"),
    (lambda: asl.schur(C), "schur: needs square"),
    (lambda: asl.rsf2csf(A, B), "of one size"),
    (lambda: asl.hessenberg(C), "hessenberg: needs square"),
    (lambda: asl.sqrtm(A, 2), "blocksize must be 1"),
    (lambda: asl.funm(STACK, np.exp), "one square matrix"),
    (lambda: asl.funm(A, np.sum), "one value for each"),
    (lambda: asl.expm_frechet(A, B), "one shape"),
    (lambda: asl.solve_sylvester(A, B, C.T), "must be"),
    (lambda: asl.solve_sylvester(A, B, C, method="lu"), "solve_sylvester: method must be"),
    (lambda: asl.polar(A, "up"), "side must be"),
    (lambda: asl.polar(A, method="newton"), "polar: method must be"),
    (lambda: asl.polar(A[0]), "polar: needs matrices"),
    (lambda: asl.qr_multiply(A, C, "middle"), "mode must be"),
    (lambda: asl.qr_multiply(C, C, "left"), "must have 3 rows"),
    (lambda: asl.qr_multiply(C, C), "must have 5 columns"),
    (lambda: asl.qr_multiply(C[0], C), "a and c must be matrices"),
    (lambda: asl.qr(A, mode="raw"), "mode must be 'full'"),
    (lambda: asl.eigh_tridiagonal(A, A), "d must be a vector"),
    (lambda: asl.eigh_tridiagonal(A[0], 1j * A[0, :4]), "same dtype"),
    (lambda: asl.eigh_tridiagonal(onp.arange(3), onp.arange(2)), "same dtype"),
    (lambda: asl.eigh_tridiagonal(A[0], A[0, :4], select="v", select_range=(0, 1)), "select='v'"),
    (lambda: asl.eigh_tridiagonal(A[0], A[0, :4], select="x"), "select must be"),
    (lambda: asl.eigh_tridiagonal(A[0], A[0, :4], select="i"), "needs a select_range"),
    (lambda: asl.eigh_tridiagonal(A[0], A[0, :4], select="i", select_range=(3, 5)), "must lie in"),
]


@pytest.mark.parametrize("call, message", [pytest.param(*e, id=e[1]) for e in ERRORS])
def test_errors(call, message):
    with pytest.raises((ShapeError, DTypeError), match=message):
        call()


def test_schur_forms_have_no_derivative():
    with pytest.raises(MissingRuleError, match="schur"):
        axir.grad(lambda a: np.sum(asl.schur(a)[0]))(A)
