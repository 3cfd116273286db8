"""Sorted arrays, positions in them, quantiles and sets: equal to NumPy, eagerly and compiled."""

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax

NAN, INF = onp.nan, onp.inf
RNG = onp.random.default_rng(0)
X = RNG.standard_normal((3, 40)).astype("float32")
S = onp.array([3, NAN, -0.0, 0.0, -INF, 1, INF, 1, -2, NAN], "float32")
N = RNG.integers(-3, 4, (4, 30)).astype("int32")
MANY = onp.random.default_rng(5).integers(0, 400, (2, 5003)).astype("float32")
B = onp.array([True, False, True, True])
HALF = X.astype(np.bfloat16)
KEYS = (onp.array([1, 0, 1, 0, 1]), onp.array([2.0, 2, 1, 2, 1], "float32"), onp.array([0, 0, 0, 1, 0]))
EDGES = onp.array([-1, -0.5, 0, 0.25, 2], "float32")
LEVELS = onp.array([0.0, 0.21, 0.5, 0.77, 1], "float32")
GAPS = onp.where(RNG.random((3, 40)) < 0.3, NAN, X).astype("float32")
GAPS[1] = NAN
DISTINCT = onp.array([[3, 1, 3], [0, 1, 3], [3, 1, 3], [0, 2, 2]])
SOME, OTHER = onp.array([3, 1, 1, 2, 7]), onp.array([2, 5, 3, 2])


def _descending(x, axis=-1):
    """The stable order by falling elements: NumPy's by growing ranks of distinct values, turned around."""
    _, ranks = onp.unique(x, return_inverse=True)
    return onp.argsort(-ranks.reshape(x.shape), axis, kind="stable")


# Each row: a function of arrays, its operands, and what it gives.
ROWS = {
    "sort": (np.sort, (X,), onp.sort(X)),
    "sort first axis": (lambda x: np.sort(x, 0), (X,), onp.sort(X, 0)),
    "sort raveled": (lambda x: np.sort(x, None), (N,), onp.sort(N, None)),
    "sort specials": (np.sort, (S,), [-INF, -2, -0.0, 0.0, 1, 1, 3, INF, NAN, NAN]),
    "sort descending": (lambda x: np.sort(x, descending=True), (X,), onp.sort(X)[:, ::-1]),
    "sort bools": (np.sort, (B,), [False, True, True, True]),
    "sort halves": (lambda x: np.sort(x).astype("float32"), (HALF,), onp.sort(HALF.astype("float32"))),
    "argsort": (np.argsort, (N,), onp.argsort(N, kind="stable")),
    "argsort specials": (np.argsort, (S,), [4, 8, 2, 3, 5, 7, 0, 6, 1, 9]),
    "argsort descending": (lambda x: np.argsort(x, 0, descending=True), (N,), _descending(N, 0)),
    "argsort int8": (
        lambda x: np.argsort(x, dtype="int8"),
        (N,),
        onp.argsort(N, kind="stable").astype("int8"),
    ),
    "lexsort": (lambda *k: np.lexsort(k), KEYS, onp.lexsort(KEYS)),
    "lexsort of rows": (
        lambda x: np.lexsort(x, axis=0),
        (N.reshape(2, 2, 30),),
        onp.lexsort(N.reshape(2, 2, 30), 0),
    ),
    "partition": (lambda x: np.partition(x, 5)[:, 5], (X,), onp.sort(X)[:, 5]),
    "argpartition": (lambda x: np.argpartition(x, -1, 0)[-1], (X,), onp.argmax(X, 0)),
    "sort_key_val": (
        lambda x, y: lax.sort_key_val(x, y)[1],
        (S, onp.arange(10)),
        [4, 8, 2, 3, 5, 7, 0, 6, 1, 9],
    ),
    "sort by two": (
        lambda x, y: lax.sort((x, y), num_keys=2)[1],
        (KEYS[0], KEYS[1]),
        onp.float32([2, 2, 1, 1, 2]),
    ),
    "top_k": (lambda x: lax.top_k(x, 3)[0], (X,), onp.sort(X)[:, :-4:-1]),
    "top_k ties": (lambda x: lax.top_k(x, 7, axis=0)[1], (N.T,), _descending(N.T, 0)[:7]),
    "top_k specials": (lambda x: lax.top_k(x, 10)[1], (S,), [1, 9, 6, 0, 5, 7, 3, 2, 8, 4]),
    "top_k unsigned": (lambda x: lax.top_k(x, 2)[0], (onp.uint8([3, 250, 0, 7]),), onp.uint8([250, 7])),
    "top_k of many": (lambda x: lax.top_k(x, 5)[1], (MANY,), _descending(MANY, 1)[:, :5]),
    "top_k of many columns": (lambda x: lax.top_k(x, 3, axis=0)[1], (MANY.T,), _descending(MANY.T, 0)[:3]),
    "top_k bools": (lambda x: lax.top_k(x, 2)[1], (B,), [0, 2]),
    "top_k of nothing": (lambda x: lax.top_k(x, 0)[0], (X,), X[:, :0]),
    "approx_max_k": (lambda x: lax.approx_max_k(x, 2)[0], (X,), onp.sort(X)[:, :-3:-1]),
    "approx_min_k": (lambda x: lax.approx_min_k(x, 2, 0)[1], (X,), onp.argsort(X, 0)[:2]),
    "searchsorted": (np.searchsorted, (EDGES, X), onp.searchsorted(EDGES, X)),
    "searchsorted right": (lambda a, v: np.searchsorted(a, v, "right"), (EDGES, EDGES), [1, 2, 3, 4, 5]),
    "searchsorted specials": (np.searchsorted, (onp.sort(S), S), [6, 8, 2, 2, 0, 4, 7, 4, 1, 8]),
    "searchsorted promoted": (np.searchsorted, (onp.arange(4), onp.float32([0.5, 3])), [1, 3]),
    "searchsorted in order": (
        lambda a, v: np.searchsorted(a, v, sorter=np.argsort(a)),
        (EDGES[::-1].copy(), X),
        onp.searchsorted(EDGES, X),
    ),
    "digitize": (np.digitize, (X, EDGES), onp.digitize(X, EDGES)),
    "digitize descending": (np.digitize, (EDGES, EDGES[::-1].copy()), onp.digitize(EDGES, EDGES[::-1])),
    "digitize right": (
        lambda x, b: np.digitize(x, b, True),
        (EDGES, EDGES[::-1].copy()),
        onp.digitize(EDGES, EDGES[::-1], True),
    ),
    "histogram": (lambda x: np.histogram(x, 7)[0], (X,), onp.float32(onp.histogram(X, 7)[0])),
    "histogram range": (lambda x: np.histogram(x, 4, (-1, 0.5))[0], (S,), onp.float32([0, 0, 2, 0])),
    "histogram edges": (
        lambda x, e: np.histogram(x, e)[0],
        (X, EDGES),
        onp.float32(onp.histogram(X, EDGES)[0]),
    ),
    "histogram weights": (
        lambda x, w: np.histogram(x, 5, weights=w, density=True)[0],
        (X, X**2),
        onp.float32(onp.histogram(X, 5, weights=X**2, density=True)[0]),
    ),
    "histogram of nothing": (lambda x: np.histogram(x, 2)[1], (X[:0],), onp.float32([0, 0.5, 1])),
    "bin edges of one number": (
        np.histogram_bin_edges,
        (X[0, :1] * 0 + 2,),
        onp.linspace(1.5, 2.5, 11, dtype="f"),
    ),
    "isin": (np.isin, (N, OTHER), onp.isin(N, OTHER)),
    "isin inverted": (lambda x, y: np.isin(x, y, invert=True), (S, S[:5]), onp.isin(S, S[:5], invert=True)),
    "isin nothing": (np.isin, (N, N[:0]), onp.zeros(N.shape, bool)),
    "median": (lambda x: np.median(x, 1), (X,), onp.median(X, 1)),
    "median of all": (np.median, (N[:, :7],), onp.float32(onp.median(N[:, :7]))),
    "median with nan": (lambda x: np.median(x, (1,), keepdims=True), (GAPS,), onp.full((3, 1), NAN, "f")),
    "nanmedian": (lambda x: np.nanmedian(x[::2], 1), (GAPS,), onp.nanmedian(GAPS[::2], 1)),
    "nanquantile of nothing": (lambda x: np.nanquantile(x[1], 0.3), (GAPS,), onp.float32(NAN)),
    "nanpercentile": (
        lambda x: np.nanpercentile(x, [20, 45], axis=0)[:, ::7],
        (onp.where(GAPS != GAPS, X, GAPS) + 0,),
        onp.nanpercentile(X, [20, 45], axis=0).astype("f")[:, ::7],
    ),
    "quantile of two axes": (
        lambda x, q: np.quantile(x, q, (0, 2)),
        (X.reshape(3, 8, 5), LEVELS),
        onp.quantile(X.reshape(3, 8, 5), LEVELS, (0, 2)).astype("f"),
    ),
    **{
        f"quantile {m}": (
            lambda x, q, m=m: np.quantile(x, q, 0, method=m, keepdims=True),
            (X, LEVELS),
            onp.quantile(X, LEVELS, 0, method=m, keepdims=True).astype("f"),
        )
        for m in ("linear", "lower", "higher", "midpoint", "nearest")
    },
    "percentile": (lambda x: np.percentile(x, 33.0), (X,), onp.float32(onp.percentile(X, 33))),
    "unique sized": (lambda x: np.unique(x, size=5, fill_value=9), (DISTINCT,), [0, 1, 2, 3, 9]),
    "unique cut": (lambda x: np.unique(x, size=2), (DISTINCT,), [0, 1]),
    "unique index": (lambda x: np.unique(x, True, size=6)[1], (DISTINCT,), [3, 1, 10, 0, 3, 3]),
    "unique inverse": (
        lambda x: np.unique(x, return_inverse=True, size=4)[1],
        (DISTINCT,),
        onp.unique(DISTINCT, return_inverse=True)[1],
    ),
    "unique counts": (lambda x: np.unique(x, return_counts=True, size=6)[1], (DISTINCT,), [2, 3, 2, 5, 0, 0]),
    "unique counts cut": (lambda x: np.unique(x, return_counts=True, size=2)[1], (DISTINCT,), [2, 3]),
    "unique rows": (lambda x: np.unique(x, axis=0, size=4), (DISTINCT,), DISTINCT[[1, 3, 0, 1]]),
    "unique columns": (
        lambda x: np.unique(x, axis=1, size=3, return_inverse=True)[1],
        (DISTINCT[:1],),
        [1, 0, 1],
    ),
    "unique nan": (lambda x: np.unique(x, size=9), (S,), [-INF, -2, -0.0, 1, 3, INF, NAN, -INF, -INF]),
    "unique nans": (lambda x: np.unique_values(x, size=8), (S,), [-INF, -2, -0.0, 1, 3, INF, NAN, NAN]),
    "unique_counts": (lambda x: np.unique_counts(x, size=9).counts, (S,), [1, 1, 2, 2, 1, 1, 1, 1, 0]),
    "unique_inverse": (lambda x: np.unique_inverse(x, size=4).inverse_indices, (SOME,), [2, 0, 0, 1, 3]),
    "unique_all": (lambda x: np.unique_all(x, size=4).indices, (SOME,), [1, 3, 0, 4]),
    "unique of nothing": (lambda x: np.unique(x[:0], size=2, fill_value=5), (SOME,), [5, 5]),
    "union1d": (lambda x, y: np.union1d(x, y, size=7), (SOME, OTHER), [1, 2, 3, 5, 7, 1, 1]),
    "setdiff1d": (lambda x, y: np.setdiff1d(x, y, size=4), (SOME, OTHER), [1, 7, 0, 0]),
    "setdiff1d unique": (
        lambda x, y: np.setdiff1d(x, y, True, size=4, fill_value=8),
        (SOME, OTHER),
        [1, 1, 7, 8],
    ),
    "intersect1d": (lambda x, y: np.intersect1d(x, y, size=4), (SOME, OTHER), [2, 3, 2, 2]),
    "intersect1d first": (
        lambda x, y: np.intersect1d(x, y, False, True, size=3)[1],
        (SOME, OTHER),
        [3, 0, 5],
    ),
    "intersect1d second": (
        lambda x, y: np.intersect1d(x, y, False, True, size=3)[2],
        (SOME, OTHER),
        [0, 2, 4],
    ),
    "intersect1d of none": (lambda x, y: np.intersect1d(x, y + 20, size=2), (SOME, OTHER), [0, 0]),
    "setxor1d": (lambda x, y: np.setxor1d(x, y, size=4), (SOME, OTHER), [1, 5, 7, 1]),
    "setxor1d of nothing": (lambda x, y: np.setxor1d(x[:0], y[:0], size=2), (SOME, OTHER), [0, 0]),
}


def _check(found, expected, what):
    expected = onp.asarray(expected)
    if expected.dtype == onp.float64:
        expected = expected.astype("float32")
    elif expected.dtype == onp.int64:
        expected = expected.astype("int32")
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype), what
    onp.testing.assert_allclose(onp.asarray(found), expected, 2e-6, 1e-6, err_msg=what)


@pytest.mark.parametrize("name", ROWS)
def test_eager_functions_equal_numpy(name):
    call, operands, expected = ROWS[name]
    _check(call(*map(np.asarray, operands)), expected, name)


@pytest.mark.parametrize("name", ROWS)
def test_traced_functions_equal_numpy(name):
    """As a batch of one: traced, vectorized, and evaluated without a compiler."""
    call, operands, expected = ROWS[name]
    found = axir.vmap(call)(*(np.asarray(x)[None] for x in operands))
    _check(found[0], expected, name)


COMPILED = (
    "argsort specials",
    "top_k specials",
    "searchsorted specials",
    "nanmedian",
    "histogram",
    "unique inverse",
)


def test_compiled_functions_equal_numpy():
    operands = {name: tuple(map(np.asarray, ROWS[name][1])) for name in COMPILED}
    found = axir.jit(lambda given: {n: ROWS[n][0](*xs) for n, xs in given.items()})(operands)
    for name in COMPILED:
        _check(found[name], ROWS[name][2], name)


def test_stable_order_shows_in_zeros():
    for function in (np.sort, axir.jit(np.sort)):
        assert onp.signbit(onp.asarray(function(np.array([0.0, -0.0, -1.0])))).tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("name", "operands"),
    [
        ("unique", (DISTINCT,)),
        ("union1d", (SOME, OTHER)),
        ("setdiff1d", (SOME, OTHER)),
        ("intersect1d", (SOME, OTHER)),
        ("setxor1d", (SOME, OTHER)),
        ("unique", (S,)),
        ("unique", (HALF,)),
    ],
)
def test_sets_of_their_own_size(name, operands):
    found = getattr(np, name)(*map(np.asarray, operands))
    wide = [x.astype("float32") if x.dtype == np.bfloat16 else x for x in operands]
    _check(found.astype("float32"), getattr(onp, name)(*wide).astype("float32"), name)


def test_unique_gives_what_numpy_does():
    found = np.unique(np.asarray(DISTINCT), True, True, True, axis=0)
    for actual, expected in zip(found, onp.unique(DISTINCT, True, True, True, axis=0), strict=True):
        onp.testing.assert_array_equal(actual, expected.reshape(actual.shape))
    rest = np.intersect1d(np.asarray(SOME), np.asarray(OTHER), return_indices=True)
    for actual, expected in zip(rest, onp.intersect1d(SOME, OTHER, return_indices=True), strict=True):
        onp.testing.assert_array_equal(actual, expected)
    assert np.unique_all(np.asarray(S)).counts.tolist() == [1, 1, 2, 2, 1, 1, 1, 1]
    assert np.unique_inverse(np.asarray(DISTINCT)).inverse_indices.shape == DISTINCT.shape


def test_gradients():
    x, w = np.asarray(X[0]), np.asarray(X[1])
    order = onp.argsort(X[0])
    for wrap in (lambda f: f, axir.jit):
        found = wrap(axir.grad(lambda x: (np.sort(x) * w).sum()))(x)
        expected = onp.empty_like(X[0])
        expected[order] = X[1]
        onp.testing.assert_array_equal(found, expected)
    found = axir.grad(lambda x: lax.top_k(x, 2)[0].sum())(x)
    onp.testing.assert_array_equal(onp.flatnonzero(onp.asarray(found)), onp.sort(order[-2:]))
    found = axir.grad(np.median)(x)
    onp.testing.assert_array_equal(onp.asarray(found)[order[19:21]], [0.5, 0.5])
    # The values that are sorted along have a derivative too.
    moved = axir.grad(lambda v: (lax.sort_key_val(x, v)[1] * w).sum())(w)
    onp.testing.assert_array_equal(onp.asarray(moved)[order], X[1])
    assert axir.grad(lambda x: np.unique(x)[1])(np.array([3.0, 1.0, 2.0])).tolist() == [0, 0, 1]
    onp.testing.assert_allclose(
        axir.grad(lambda x: np.nanquantile(x, 0.25))(np.array([1.0, NAN, 2.0, 4.0])), [0.5, 0, 0.5, 0]
    )
    assert float(onp.sum(axir.grad(lambda w: np.histogram(x, 3, weights=w)[0][1])(w))) == float(
        np.histogram(x, 3)[0][1]
    )


def test_second_derivatives():
    x = np.array([0.3, -1.0, 2.0])
    found = axir.hessian(lambda x: (np.sort(x) ** 3 * np.arange(1.0, 4.0)).sum())(x)
    onp.testing.assert_allclose(found, onp.diag([6 * 2 * 0.3, -6.0, 6 * 3 * 2.0]), 1e-5)


def test_vmap():
    x = np.asarray(X)
    rows = {
        "sort": axir.vmap(np.sort, 1, 1)(x),
        "median": axir.vmap(np.median)(x),
        "search": axir.vmap(lambda row: np.searchsorted(np.sort(row), row))(x),
        "edges": axir.vmap(lambda row: np.searchsorted(np.asarray(EDGES), row))(x),
        "unique": axir.vmap(lambda row: np.unique(np.floor(row), size=4))(x),
    }
    onp.testing.assert_array_equal(rows["sort"], onp.sort(X, 0))
    onp.testing.assert_array_equal(rows["median"], onp.median(X, 1))
    for k, row in enumerate(X):
        onp.testing.assert_array_equal(rows["search"][k], onp.searchsorted(onp.sort(row), row))
        onp.testing.assert_array_equal(rows["edges"][k], onp.searchsorted(EDGES, row))
        onp.testing.assert_array_equal(rows["unique"][k], np.unique(np.floor(np.asarray(row)), size=4))


def test_methods():
    x = np.asarray(X)
    onp.testing.assert_array_equal(x.sort(0), onp.sort(X, 0))
    onp.testing.assert_array_equal(x.argsort(), onp.argsort(X))
    assert np.asarray(EDGES).searchsorted(0.1).tolist() == 3
    assert np.asarray(EDGES).argpartition(2).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: np.sort(np.float32(1)), IndexError, "axis -1 is out of bounds"),
        (lambda: np.sort(np.ones(2), kind="quicksort"), TypeError, "kind and order"),
        (lambda: np.argsort(np.ones(2), 1), IndexError, "argsort: axis 1"),
        (lambda: np.lexsort(()), ValueError, "keys must be arrays of one shape"),
        (lambda: np.partition(np.ones(2), 2), IndexError, "position kth"),
        (lambda: lax.sort(()), ValueError, "at least one array"),
        (lambda: lax.sort((np.ones(2), np.ones(3))), ValueError, "operands must have one shape"),
        (lambda: lax.sort(np.ones(2), num_keys=2), ValueError, "num_keys must be in"),
        (lambda: lax.top_k(np.ones(2), 3), ValueError, "k must be in"),
        (lambda: lax.approx_max_k(np.arange(3), 1), TypeError, "array of floats"),
        (lambda: np.searchsorted(np.ones((2, 2)), 1), ValueError, "must be a vector"),
        (lambda: np.searchsorted(np.ones(2), 1, "middle"), ValueError, "side must be"),
        (lambda: np.digitize(1, np.float32(1)), ValueError, "bins must be a vector"),
        (lambda: np.histogram(np.ones(2), "auto"), ValueError, "number or edges"),
        (lambda: np.histogram(np.ones(2), 0), ValueError, "a bin at least"),
        (lambda: np.histogram(np.ones(2), np.ones((2, 2))), ValueError, "edges of bins"),
        (lambda: np.histogram(np.ones(2), weights=np.ones(3)), ValueError, "weights must have the shape"),
        (lambda: np.isin(1, np.ones(2), method="fast"), ValueError, "method must be"),
        (lambda: np.median(np.ones(0)), ValueError, "no element"),
        (lambda: np.median(np.ones(2), overwrite_input=True), ValueError, "overwrite_input"),
        (lambda: np.quantile(np.ones(2), 0.5, method="hazen"), ValueError, "method must be"),
        (lambda: np.quantile(np.ones(2), np.ones((1, 1))), ValueError, "scalar or vector"),
        (lambda: np.quantile(np.ones(2), 0.5, weights=np.ones(2)), NotImplementedError, "weights"),
        (lambda: np.unique(np.ones(0), size=2), ValueError, "fill_value"),
        (lambda: axir.jit(np.unique)(np.ones(2)), TypeError, "size"),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
