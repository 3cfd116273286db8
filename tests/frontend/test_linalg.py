"""axir.lax.linalg, axir.numpy.linalg and axir.scipy.linalg against NumPy and SciPy, and their derivatives."""

import numpy as onp
import pytest
import scipy.linalg

import axir
import axir.numpy as np
import axir.scipy.linalg as asl
from axir.errors import MissingRuleError
from axir.lax import linalg as lax_linalg

RNG = onp.random.default_rng(3)
A = RNG.standard_normal((4, 4)) + 2 * onp.eye(4)
STACK = RNG.standard_normal((2, 3, 3)) + 2 * onp.eye(3)
TALL = RNG.standard_normal((5, 3))
SYMMETRIC = A + A.T
POSITIVE = A @ A.T + onp.eye(4)
B, C = RNG.standard_normal(4), RNG.standard_normal((4, 2))


@pytest.fixture(autouse=True)
def _double():
    with axir.enable_x64(True):
        yield


VALUES = [
    (lambda m: m.solve(A, B), "solve a vector"),
    (lambda m: m.solve(A, C), "solve a matrix"),
    (lambda m: m.solve(STACK, onp.ones((2, 3, 1))), "solve a batch"),
    (lambda m: m.solve(STACK[:1], onp.ones((2, 3, 2))), "solve with broadcasting"),
    (lambda m: m.inv(STACK), "inv"),
    (lambda m: m.det(A), "det"),
    (lambda m: m.det(STACK), "det of small matrices"),
    (lambda m: m.det(onp.zeros((0, 0))), "det of nothing"),
    (lambda m: tuple(m.slogdet(STACK)), "slogdet"),
    (lambda m: tuple(m.slogdet(onp.ones((2, 2)))), "slogdet of a singular matrix"),
    (lambda m: m.cholesky(POSITIVE), "cholesky"),
    (lambda m: m.cholesky(POSITIVE, upper=True), "upper cholesky"),
    (lambda m: tuple(m.qr(TALL)), "qr"),
    (lambda m: tuple(m.qr(TALL, "complete")), "complete qr"),
    (lambda m: m.qr(TALL, "r"), "r"),
    (lambda m: m.eigvalsh(SYMMETRIC), "eigvalsh"),
    (lambda m: m.svdvals(STACK), "svdvals"),
    (lambda m: m.pinv(TALL), "pinv"),
    (lambda m: m.pinv(onp.ones((2, 3))), "pinv of a singular matrix"),
    (lambda m: m.matrix_rank(onp.ones((3, 2))), "matrix_rank"),
    (lambda m: m.matrix_rank(A), "full rank"),
    (lambda m: m.matrix_power(A, -2), "matrix_power"),
    *((lambda m, p=p: m.cond(A, p), f"cond {p}") for p in (None, "fro", 1, -1, 2, -2, onp.inf, -onp.inf)),
    *((lambda m, p=p: m.norm(A, p), f"norm {p}") for p in ("nuc", 2, -2)),
    (lambda m: m.norm(STACK, 2, (0, 2), True), "spectral norm along axes"),
    (lambda m: m.tensorsolve(A.reshape(2, 2, 4), C.T.reshape(2, 4)[:, :2]), "tensorsolve"),
    (lambda m: m.tensorsolve(A.reshape(2, 2, 2, 2), B.reshape(2, 2), (0, 2)), "tensorsolve along axes"),
    (lambda m: m.tensorinv(A.reshape(2, 2, 4), 2), "tensorinv"),
    (lambda m: m.lstsq(TALL, onp.ones(5))[0], "lstsq"),
    (lambda m: m.lstsq(onp.ones((3, 2)), onp.ones((3, 2)))[0], "lstsq of a singular matrix"),
]


def _leaves(x):
    return list(x) if isinstance(x, tuple) else [x]


@pytest.mark.parametrize("function", [pytest.param(f, id=name) for f, name in VALUES])
def test_eager_values_are_numpys(function):
    for mine, theirs in zip(_leaves(function(np.linalg)), _leaves(function(onp.linalg)), strict=True):
        assert mine.shape == onp.shape(theirs)
        onp.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-12)


SCIPY = [
    (lambda m: m.solve_triangular(A, B), "upper"),
    (lambda m: m.solve_triangular(A, C, trans="T", lower=True, unit_diagonal=True), "transposed"),
    (lambda m: m.cho_solve(m.cho_factor(POSITIVE), C), "cho_solve"),
    (lambda m: m.cho_solve(m.cho_factor(POSITIVE, lower=True), B), "lower cho_solve"),
    (lambda m: m.solve(POSITIVE, B, assume_a="pos"), "positive"),
    (lambda m: m.lu(TALL), "lu"),
    (lambda m: m.lu(TALL.T, permute_l=True), "lu with permuted L"),
    (lambda m: m.lu_solve(m.lu_factor(A), B), "lu_solve"),
    (lambda m: m.lu_solve(m.lu_factor(A), C, trans=1), "transposed lu_solve"),
    (lambda m: m.qr(TALL), "qr"),
    (lambda m: m.qr(TALL, mode="economic"), "economic qr"),
    (lambda m: m.eigh(SYMMETRIC, eigvals_only=True), "eigh"),
    (lambda m: m.svd(TALL, compute_uv=False), "svd"),
    (lambda m: m.det(A), "det"),
    (lambda m: m.inv(A), "inv"),
    (lambda m: m.expm(A), "expm"),
    (lambda m: m.expm(30 * A), "expm of a large matrix"),
    (lambda m: m.expm(1e-9 * STACK), "expm of small matrices"),
    (lambda m: m.expm(onp.triu(A)), "expm of a triangle"),
    (lambda m: m.block_diag(A, B, onp.ones((2, 1))), "block_diag"),
    (lambda m: m.toeplitz(B, onp.arange(3.0)), "toeplitz"),
    (lambda m: m.toeplitz(B), "symmetric toeplitz"),
]


@pytest.mark.parametrize("function", [pytest.param(f, id=name) for f, name in SCIPY])
def test_eager_values_are_scipys(function):
    for mine, theirs in zip(_leaves(function(asl)), _leaves(function(scipy.linalg)), strict=True):
        assert mine.shape == onp.shape(theirs)
        onp.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-12)


def _program(a, s, p, b):
    return [
        np.linalg.solve(a, b),
        np.linalg.det(a),
        np.linalg.cholesky(p),
        np.linalg.eigvalsh(s),
        np.linalg.pinv(a[:, :2]),
        asl.expm(a, max_squarings=2),
    ]


def test_compiled_values_are_the_eager_ones():
    given = (A, SYMMETRIC, POSITIVE, B)
    for compiled, eager in zip(axir.jit(_program)(*given), _program(*map(np.asarray, given)), strict=True):
        assert compiled.dtype == eager.dtype
        onp.testing.assert_allclose(compiled, eager, rtol=1e-11, atol=1e-12)


def test_axes_of_size_one_and_reshapes_around_kernels_compile():
    def program(a):
        one, column = a[None], a[0][:, None]
        return [
            np.linalg.cholesky((a @ a.T + np.eye(4)).reshape(1, 1, 4, 4))[0, 0] * 2,
            lax_linalg.lu(one)[1][0] + 1,
            np.linalg.det(one) + 1,
            np.linalg.eigvalsh(one)[0] + 1,
            np.linalg.svdvals(one)[0] + 1,
            axir.grad(lambda a: np.sum(np.linalg.solve(a, column[:, 0])))(a),
        ]

    for compiled, eager in zip(axir.jit(program)(A), program(np.asarray(A)), strict=True):
        onp.testing.assert_allclose(compiled, eager, rtol=1e-10, atol=1e-12)


def test_vectors_diagonalize():
    w, v = np.linalg.eigh(SYMMETRIC)
    onp.testing.assert_allclose(SYMMETRIC @ v, v * w, atol=1e-12)
    vectors, values = lax_linalg.eigh(SYMMETRIC)
    onp.testing.assert_array_equal(vectors, v)
    onp.testing.assert_array_equal(values, w)
    u, s, vh = np.linalg.svd(TALL)
    assert (u.shape, vh.shape) == ((5, 5), (3, 3))
    onp.testing.assert_allclose(u[:, :3] * s @ vh, TALL, atol=1e-12)


def test_householder_product_multiplies_reflectors():
    (h, tau), _ = scipy.linalg.qr(TALL, mode="raw")
    q = scipy.linalg.qr(TALL, mode="economic")[0]
    onp.testing.assert_allclose(lax_linalg.householder_product(h, tau), q, atol=1e-14)


def test_what_jax_says_of_matrices_without_solution():
    bad = np.array([[1.0, 2], [2, 1]])
    onp.testing.assert_array_equal(np.linalg.cholesky(bad), [[onp.nan, 0], [onp.nan, onp.nan]])
    singular = np.array([[0.0, 1], [0, 2]])
    onp.testing.assert_array_equal(np.linalg.inv(singular), [[onp.inf, -onp.inf], [0, 0.5]])
    assert np.linalg.det(singular) == 0
    assert float(np.linalg.slogdet(singular).logabsdet) == -onp.inf
    assert onp.isnan(np.linalg.svdvals(bad * onp.nan)).all()
    assert onp.isnan(np.linalg.eigvalsh(bad * onp.inf)).all()


def _differences(f, x, step=1e-6):
    found = onp.zeros_like(x)
    for at in onp.ndindex(*x.shape):
        moved = onp.zeros_like(x)
        moved[at] = step
        found[at] = (float(f(np.asarray(x + moved))) - float(f(np.asarray(x - moved)))) / (2 * step)
    return found


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (lambda a: np.sum(np.linalg.solve(a, B) ** 2), A),
        (lambda a: np.sum(np.linalg.inv(a)[0]), A),
        (np.linalg.det, A),
        (lambda a: np.linalg.slogdet(a).logabsdet, A),
        (lambda a: np.sum(np.sin(np.linalg.cholesky(a))), POSITIVE),
        (lambda a: np.linalg.norm(a, "nuc"), TALL),
        (lambda a: np.linalg.cond(a), TALL),
        (lambda a: np.sum(np.linalg.lstsq(a, np.arange(5.0))[0]), TALL),
        (lambda a: np.linalg.eigvalsh(a)[1], SYMMETRIC),
        (lambda a: np.sum(asl.expm(a)[0]), A),
        (lambda a: np.sum(asl.lu_solve(asl.lu_factor(a), B, 1)), A),
        (lambda a: np.sum(lax_linalg.householder_product(a, np.ones(3))[0]), TALL),
    ],
)
def test_gradients_are_differences(function, x):
    onp.testing.assert_allclose(axir.grad(function)(x), _differences(function, x), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("place", range(4))
def test_the_gradient_of_a_determinant_that_is_zero_holds_cofactors(place):
    """One pivot is zero, wherever it is met; also in a matrix that is no permuted triangle."""
    x = onp.diag([1.0, 2, 3, 4])
    x[place, place] = 0
    expected = onp.zeros((4, 4))
    expected[place, place] = 24 / (place + 1)
    onp.testing.assert_allclose(axir.grad(np.linalg.det)(x), expected)
    turned = A @ x @ onp.linalg.inv(A)
    onp.testing.assert_allclose(
        axir.grad(np.linalg.det)(turned), _differences(np.linalg.det, turned), atol=1e-6
    )


def test_the_gradient_of_a_determinant_of_rank_two_less_is_zero():
    onp.testing.assert_array_equal(axir.grad(np.linalg.det)(onp.ones((4, 4))), onp.zeros((4, 4)))


def test_vmap_is_a_batch():
    onp.testing.assert_allclose(axir.vmap(np.linalg.inv)(STACK), onp.linalg.inv(STACK), rtol=1e-12)
    right = onp.ones((5, 4))
    found = axir.vmap(lambda b: np.linalg.solve(A, b))(right)
    onp.testing.assert_allclose(found, onp.linalg.solve(A, right.T).T, rtol=1e-12)


@pytest.mark.parametrize(
    "function",
    [
        lambda a: np.linalg.svd(a)[0],
        lambda a: np.linalg.qr(a, "complete")[0],
        lambda a: np.linalg.qr(a.T)[0],
    ],
)
def test_what_has_no_derivative_says_so(function):
    with pytest.raises(MissingRuleError, match="full_matrices"):
        axir.jacobian(function)(TALL)


def test_a_compiled_gradient_through_cholesky():
    """The gradient of ``log det`` is the inverse."""
    found = axir.jit(axir.grad(lambda a: 2 * np.sum(np.log(np.diagonal(np.linalg.cholesky(a))))))(POSITIVE)
    onp.testing.assert_allclose(found, onp.linalg.inv(POSITIVE), rtol=1e-11)
