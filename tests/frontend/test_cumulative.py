"""Running reductions: equal to NumPy, eagerly and compiled; their derivatives, also at zeros and ties."""

import itertools

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax

NAN, INF = onp.nan, onp.inf
RNG = onp.random.default_rng(0)
X = RNG.standard_normal((4, 9)).astype("float32")
INTS = RNG.integers(-5, 6, (3, 7)).astype("int8")
BOOLS = onp.array([[True, False, True], [True, True, False]])
GAPS = onp.array([1, NAN, 2, -3, NAN], "float32")
HALF = X.astype("float16")


def _log_sum_exp(x, axis):
    return onp.logaddexp.accumulate(x.astype("float64"), axis).astype("float32")


# Each row: a function of an array, the array, and what it gives.
ROWS = {
    "cumsum": (np.cumsum, X, onp.cumsum(X)),
    "cumsum axis": (lambda x: np.cumsum(x, 0), X, onp.cumsum(X, 0)),
    "cumsum int8": (lambda x: np.cumsum(x, 1), INTS, onp.cumsum(INTS, 1, "int8")),
    "cumsum bools": (lambda x: np.cumsum(x, 1), BOOLS, onp.cumsum(BOOLS, 1, "int32")),
    "cumsum dtype": (lambda x: np.cumsum(x, dtype="float32"), INTS, onp.cumsum(INTS, dtype="float32")),
    "cumsum half": (lambda x: np.cumsum(x, 1), HALF, onp.cumsum(HALF, 1, "float32").astype("float16")),
    "cumsum scalar": (np.cumsum, onp.float32(3), [3.0]),
    "cumprod": (lambda x: np.cumprod(x, 1), X, onp.cumprod(X, 1)),
    "cumprod wraps": (np.cumprod, INTS[:1] | 1, onp.cumprod(INTS[:1] | 1, dtype="int8")),
    "nancumsum": (np.nancumsum, GAPS, onp.nancumsum(GAPS)),
    "nancumprod": (np.nancumprod, GAPS, onp.nancumprod(GAPS)),
    "nancumsum ints": (np.nancumsum, INTS, onp.cumsum(INTS, dtype="int8")),
    "cumulative_sum": (
        lambda x: np.cumulative_sum(x, axis=1, include_initial=True),
        INTS,
        onp.pad(onp.cumsum(INTS, 1, "int32"), ((0, 0), (1, 0))),
    ),
    "cumulative_prod": (
        lambda x: np.cumulative_prod(x, include_initial=True),
        X[0],
        onp.append(1, onp.cumprod(X[0])).astype("f"),
    ),
    "lax.cumsum": (lambda x: lax.cumsum(x, 1, True), X, onp.cumsum(X[:, ::-1], 1)[:, ::-1]),
    "lax.cummax": (lax.cummax, X, onp.maximum.accumulate(X, 0)),
    "lax.cummin": (
        lambda x: lax.cummin(x, -1, reverse=True),
        X,
        onp.minimum.accumulate(X[:, ::-1], 1)[:, ::-1],
    ),
    "lax.cummax nan": (lax.cummax, GAPS, [1, NAN, NAN, NAN, NAN]),
    "lax.cumlogsumexp": (lax.cumlogsumexp, X * 50, _log_sum_exp(X * 50, 0)),
    "lax.cumlogsumexp inf": (
        lax.cumlogsumexp,
        onp.float32([-INF, -INF, 1, INF, 2]),
        [-INF, -INF, 1, INF, INF],
    ),
    "diff": (np.diff, X, onp.diff(X)),
    "diff twice": (lambda x: np.diff(x, 2, 0), INTS, onp.diff(INTS, 2, 0)),
    "diff too often": (lambda x: np.diff(x, 9), INTS, onp.diff(INTS, 9)),
    "diff no times": (lambda x: np.diff(x, 0), INTS, INTS),
    "diff bools": (np.diff, BOOLS, onp.diff(BOOLS)),
    "diff ends": (
        lambda x: np.diff(x, prepend=0, append=x[:, :2]),
        INTS,
        onp.diff(INTS, prepend=onp.int8(0), append=INTS[:, :2]),
    ),
    "ediff1d": (
        lambda x: np.ediff1d(x, np.array([7, 8]), 5),
        INTS,
        onp.ediff1d(INTS, onp.int8([7, 8]), onp.int8(5)),
    ),
    "empty": (np.cumsum, X[:0], onp.zeros(0, "f")),
}


def _check(found, expected, what):
    expected = onp.asarray(expected)
    expected = expected.astype("float32") if expected.dtype == onp.float64 else expected
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype), what
    onp.testing.assert_allclose(onp.asarray(found), expected, 2e-6, 2e-6, err_msg=what)


@pytest.mark.parametrize("name", ROWS)
def test_eager_functions_equal_numpy(name):
    call, x, expected = ROWS[name]
    _check(call(np.asarray(x)), expected, name)
    _check(axir.vmap(call)(np.asarray(x)[None])[0], expected, name)


def test_compiled_functions_equal_numpy():
    chosen = (
        "cumsum axis",
        "cumsum half",
        "lax.cumlogsumexp inf",
        "lax.cummin",
        "cumulative_sum",
        "nancumprod",
    )
    found = axir.jit(lambda given: {n: ROWS[n][0](x) for n, x in given.items()})(
        {n: np.asarray(ROWS[n][1]) for n in chosen}
    )
    for name in chosen:
        _check(found[name], ROWS[name][2], name)


def _jacobian(function, x):
    return onp.asarray(axir.jacrev(function)(np.asarray(x, "float32")))


def test_derivative_of_cumprod_at_zeros():
    x = onp.float32([2, 0, 3, 0, 5])
    expected = [[onp.prod(onp.delete(x[: i + 1], j)) if j <= i else 0 for j in range(5)] for i in range(5)]
    onp.testing.assert_array_equal(_jacobian(lax.cumprod, x), expected)
    onp.testing.assert_array_equal(
        axir.jacfwd(lambda x: lax.cumprod(x, 0, True))(np.asarray(x[::-1].copy())),
        [r[::-1] for r in expected[::-1]],
    )


def test_derivative_of_cummax_shares_at_ties():
    """The shares are those of combining neighbours first, as JAX does."""
    found = _jacobian(lax.cummax, [1, 2, 2, 2, 0])
    assert found[-1].tolist() == [0, 0.5, 0.25, 0.25, 0]
    found = _jacobian(lax.cummax, [1, 2, 2, 2, 0, 2, 1, 2])
    assert found[-1].tolist() == [0, 0.25, 0.125, 0.125, 0, 0.25, 0, 0.25]
    assert _jacobian(lax.cummin, [1, NAN, 2]).tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_derivative_of_cumlogsumexp():
    x = onp.float32([0.5, -2, 100, 3])
    weights = [onp.exp(x[: i + 1] - _log_sum_exp(x[: i + 1], 0)[-1]) for i in range(4)]
    expected = [onp.pad(w, (0, 4 - len(w))) for w in weights]
    onp.testing.assert_allclose(_jacobian(lax.cumlogsumexp, x), expected, 1e-5, 1e-7)
    assert onp.all(onp.isfinite(_jacobian(lax.cumlogsumexp, [-INF, -INF, 1, 2])))


def test_derivatives_compiled():
    x = np.asarray(X[0, :4])

    def total(x):
        return (lax.cumprod(x) * lax.cumlogsumexp(x, 0, True) + np.cumsum(x)).sum()

    onp.testing.assert_allclose(axir.jit(axir.grad(total))(x), axir.grad(total)(x), 1e-5, 1e-5)
    onp.testing.assert_allclose(
        axir.grad(lambda x: (np.cumsum(x) * x).sum())(x), X[0, :4] + X[0, :4].sum(), 1e-5
    )


MATRICES = RNG.standard_normal((7, 2, 2)).astype("float32")


def _sequential(fn, xs, reverse):
    items = list(xs)[::-1] if reverse else list(xs)
    found = list(itertools.accumulate(items, fn))
    return onp.stack(found[::-1] if reverse else found)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 6, 7])
def test_associative_scan_is_a_sequence_of_steps(size, reverse):
    found = lax.associative_scan(np.matmul, np.asarray(MATRICES[:size]), reverse)
    onp.testing.assert_allclose(found, _sequential(onp.matmul, MATRICES[:size], reverse), 1e-5, 1e-5)


def test_associative_scan_of_pytrees():
    def combine(left, right):
        return {"a": left["a"] * right["a"], "b": right["a"] * left["b"] + right["b"]}

    elems = {"a": np.asarray(X[:2] * 0.5), "b": np.asarray(X[2:])}
    for wrap in (lambda f: f, axir.jit):
        found = wrap(lambda e: lax.associative_scan(combine, e, axis=1))(elems)
        y = onp.zeros(2)
        for i in range(9):
            y = X[:2, i] * 0.5 * y + X[2:, i]
            onp.testing.assert_allclose(found["b"][:, i], y, 1e-5, 1e-6)
    bools = lax.associative_scan(np.logical_or, np.asarray(BOOLS), axis=1)
    onp.testing.assert_array_equal(bools, onp.logical_or.accumulate(BOOLS, 1))
    assert lax.associative_scan(combine, {}) == {}
    assert lax.associative_scan(np.add, np.zeros((0, 2))).shape == (0, 2)
    slope = axir.grad(lambda x: lax.associative_scan(np.multiply, x)[-1])(np.array([2.0, 3.0, 4.0]))
    assert slope.tolist() == [12, 8, 6]


def test_methods():
    x = np.asarray(X)
    onp.testing.assert_allclose(x.cumsum(1), onp.cumsum(X, 1), 1e-6)
    onp.testing.assert_allclose(x.cumprod(), onp.cumprod(X), 1e-5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: lax.cumsum(np.array([True])), TypeError, "dtypes"),
        (lambda: lax.cumlogsumexp(np.arange(3)), TypeError, "dtypes"),
        (lambda: lax.cummax(np.ones(2), 1), IndexError, "axis 1"),
        (lambda: np.cumsum(np.ones(2), 2), IndexError, "axis 2"),
        (lambda: np.cumsum(np.ones(2), out=np.ones(2)), TypeError, "out"),
        (lambda: np.cumulative_sum(np.ones((2, 2))), ValueError, "argument axis"),
        (lambda: np.cumulative_prod(1.0), ValueError, "needs a vector"),
        (lambda: np.diff(np.ones(2), -1), ValueError, "n >= 0"),
        (lambda: np.diff(1.0), ValueError, "array with axes"),
        (lambda: lax.associative_scan(1, np.ones(2)), TypeError, "function"),
        (lambda: lax.associative_scan(np.add, (np.ones(2), np.ones(3))), ValueError, "one size"),
        (lambda: lax.associative_scan(lambda a, b: (a, b), np.ones(2)), ValueError, "structure"),
        (lambda: lax.associative_scan(lambda a, b: a[:1], np.ones(4)), ValueError, "shapes"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
