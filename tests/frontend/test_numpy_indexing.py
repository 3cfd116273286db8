"""Functions of ``axir.numpy`` and ``axir.ops`` that take, put and count: against NumPy, eagerly and compiled."""

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import ops

X = onp.arange(12.0, dtype="float32").reshape(3, 4) * 1.5 - 4
V = onp.array([3.0, -1, 0, 7, 0, 2], "float32")
INDEX = onp.array([[2, 0], [1, -1]])
ORDER = onp.argsort(-X, axis=1)
FIRST, ENDS = ORDER[:, :1], onp.array([5, -6])
PAIRS = (onp.array([2, 5]), onp.array([3, -1]))
MASK = onp.array([True, False, True, True])


def _put_along(x, index, values, axis):
    result = x.copy()
    onp.put_along_axis(result, index, values, axis)
    return result


def _changed(function, x, *args, **options):
    result = x.copy()
    function(result, *args, **options)
    return result


# Name of the function, arguments that may be traced, static ones, and what NumPy gives.
CASES = [
    ("take", (X, INDEX), {}, onp.take(X, INDEX)),
    ("take", (X, INDEX), {"axis": 0}, X[INDEX]),
    ("take", (X, INDEX), {"axis": -1}, X[:, INDEX]),
    ("take", (X, onp.array(2)), {"axis": 1}, X[:, 2]),
    ("take", (X, onp.array([5, -5])), {"axis": 0, "mode": "wrap"}, X[[2, 1]]),
    ("take", (X, onp.array([5, -5])), {"axis": 0, "mode": "clip"}, X[[2, 0]]),
    ("take", (V, onp.array([6, -7, -1])), {}, [onp.nan, onp.nan, 2]),
    ("take", (V, onp.array([6, 0])), {"fill_value": 9}, [9, 3]),
    ("take_along_axis", (X, ORDER), {"axis": 1}, onp.take_along_axis(X, ORDER, 1)),
    ("take_along_axis", (X, ORDER[:, :1]), {"axis": -1}, onp.take_along_axis(X, ORDER[:, :1], 1)),
    ("take_along_axis", (X, onp.array([[2, 0, 1, -3]])), {"axis": 0}, X[[2, 0, 1, 0], [0, 1, 2, 3]][None]),
    ("take_along_axis", (X, onp.array([[1], [-9], [4]])), {"axis": 1}, [[-2.5], [onp.nan], [onp.nan]]),
    ("take_along_axis", (X, onp.array([[1], [-9], [4]])), {"axis": 1, "mode": "clip"}, [[-2.5], [2], [12.5]]),
    ("take_along_axis", (V, onp.array([1, -1])), {"axis": None}, [-1, 2]),
    ("put_along_axis", (X, FIRST, onp.float32(9)), {"axis": 1, "inplace": False}, _put_along(X, FIRST, 9, 1)),
    ("put_along_axis", (V, ENDS, V[:2]), {"axis": None, "inplace": False}, _put_along(V, ENDS, V[:2], 0)),
    ("put", (X, INDEX, V[:3]), {"inplace": False}, _changed(onp.put, X, INDEX, V[:3])),
    ("put", (X, onp.array([12, 3]), V), {"inplace": False, "mode": "wrap"}, _changed(onp.put, X, [0, 3], V)),
    ("put", (X, onp.array([99, 3]), V), {"inplace": False, "mode": "clip"}, _changed(onp.put, X, [11, 3], V)),
    ("put", (X, onp.array([12, 3]), V), {"inplace": False}, _changed(onp.put, X, [3], V[1:])),
    ("place", (X, X > 0, V[:2]), {"inplace": False}, _changed(onp.place, X, X > 0, V[:2])),
    ("fill_diagonal", (X, onp.float32(5)), {"inplace": False}, _changed(onp.fill_diagonal, X, 5)),
    ("fill_diagonal", (X.T, V[:2]), {"inplace": False}, _changed(onp.fill_diagonal, X.T.copy(), [3, -1, 3])),
    ("choose", (INDEX % 2, onp.stack([INDEX, INDEX + 9])), {"mode": "clip"}, onp.choose(INDEX % 2, [INDEX, INDEX + 9])),
    ("choose", (onp.array([4, -1]), onp.array([[1, 2], [3, 4], [5, 6]])), {"mode": "wrap"}, [3, 6]),
    ("compress", (MASK, X), {"axis": 1, "size": 3}, X[:, MASK]),
    ("compress", (MASK, X), {"size": 5, "fill_value": 7}, [-4, -1, 0.5, 7, 7]),
    ("extract", (X > 0, X), {"size": 10}, [*X[X > 0], 0]),
    ("flatnonzero", (V,), {"size": 4}, [0, 1, 3, 5]),
    ("flatnonzero", (V,), {"size": 6, "fill_value": -1}, [0, 1, 3, 5, -1, -1]),
    ("flatnonzero", (V,), {"size": 2}, [0, 1]),
    ("argwhere", (X > 0,), {"size": 9}, onp.argwhere(X > 0)),
    ("argwhere", (X > 0,), {"size": 10, "fill_value": 3}, [*onp.argwhere(X > 0).tolist(), [3, 3]]),
    ("bincount", (onp.array([2, 0, 2, 5, -1]),), {"length": 4}, [2, 0, 2, 0]),
    ("bincount", (onp.array([2, 0, 2]), V[:3]), {"length": 3}, [-1, 0, 3]),
    ("insert", (V, 2, onp.float32(9)), {}, onp.insert(V, 2, 9)),
    ("insert", (V, onp.array([1, -2, 1]), V[:3]), {}, onp.insert(V, [1, -2, 1], V[:3])),
    ("insert", (X, onp.array([3, 0]), onp.float32(1)), {"axis": 0}, onp.insert(X, [3, 0], 1, 0)),
    ("insert", (X, 1, V[:3]), {"axis": 1}, onp.insert(X, 1, V[:3], 1)),
    ("insert", (X, onp.array([1]), X[:, :2]), {"axis": 1}, onp.insert(X, [1], X[:, :2], 1)),
    ("ravel_multi_index", (PAIRS,), {"dims": (3, 4), "mode": "clip"}, [11, 8]),
    ("ravel_multi_index", (PAIRS,), {"dims": (3, 4), "mode": "wrap", "order": "F"}, [11, 11]),
    ("unravel_index", (onp.array([0, 7, -1, 12, -13]),), {"shape": (3, 4)}, [[0, 1, 2, 2, 0], [0, 3, 3, 3, 0]]),
]  # fmt: skip


def _stacked(found):
    return onp.stack([onp.asarray(f) for f in found]) if isinstance(found, tuple) else onp.asarray(found)


@pytest.mark.parametrize(("name", "args", "options", "expected"), CASES)
def test_eager_functions_equal_numpy(name, args, options, expected):
    found = getattr(np, name)(*args, **options)
    onp.testing.assert_array_equal(_stacked(found), expected)


def test_compiled_functions_equal_numpy():
    # The last case of each function.
    cases = list({case[0]: case for case in CASES}.values())

    def run(arguments):
        return [
            getattr(np, name)(*a, **options)
            for (name, _, options, _), a in zip(cases, arguments, strict=True)
        ]

    results = axir.jit(run)([args for _, args, _, _ in cases])
    for (name, _, options, expected), found in zip(cases, results, strict=True):
        onp.testing.assert_array_equal(_stacked(found), expected, f"{name} {options}")


def test_shapes_that_follow_from_values():
    onp.testing.assert_array_equal(np.nonzero(X > 0), onp.nonzero(X > 0))
    assert [i.tolist() for i in np.where(V > 2)] == [[0, 3]]
    assert np.where(V > 2, size=3, fill_value=9)[0].tolist() == [0, 3, 9]
    assert np.argwhere(np.zeros((2, 0))).shape == (0, 2)
    assert np.argwhere(1.0).shape == (1, 0)
    assert np.flatnonzero(X > 9).tolist() == [9, 10, 11]
    assert np.compress(MASK[:3], X, 1).tolist() == X[:, [0, 2]].tolist()
    assert np.extract(X > 9, X).tolist() == [9.5, 11, 12.5]
    assert np.bincount(onp.array([3, 1, 1])).tolist() == [0, 2, 0, 1]
    assert np.bincount(onp.array([1]), minlength=3).tolist() == [0, 1, 0]
    assert np.choose(onp.array([1, 0]), [onp.array([1, 2]), 9.5]).tolist() == [9.5, 2]
    assert np.ravel_multi_index((onp.array([1, 2]), onp.array([0, 3])), (3, 4)).tolist() == [4, 11]
    for call in (
        lambda x: np.nonzero(x),
        lambda x: np.where(x),
        lambda x: np.bincount(np.astype(x, int)),
        lambda x: np.compress(x, x),
        lambda x: np.choose(np.astype(x, int), [1, 2]),
        lambda x: ops.segment_sum(x, np.astype(x, int)),
    ):
        with pytest.raises(axir.errors.ConcretizationError):
            axir.jit(call)(V)


def test_index_arrays():
    rows, columns = np.ix_([0, 2], onp.array([True, False, True, False]))
    onp.testing.assert_array_equal(np.asarray(X)[rows, columns], X[onp.ix_([0, 2], [0, 2])])
    for name in ("tril_indices_from", "triu_indices_from"):
        onp.testing.assert_array_equal(getattr(np, name)(X, 1), getattr(onp, name)(X, 1))
    onp.testing.assert_array_equal(np.diag_indices_from(X[:, :3]), onp.diag_indices_from(X[:, :3]))
    onp.testing.assert_array_equal(np.mask_indices(3, np.triu, 1), onp.mask_indices(3, onp.triu, 1))
    assert np.asarray(X).take(1).shape == () and np.asarray(X).compress(MASK, 1).shape == (3, 3)


IDS = onp.array([2, 0, 2, 5, -1, 0])
SEGMENTS = {
    "segment_sum": [1, 0, 3, 0],
    "segment_prod": [-2, 1, 0, 1],
    "segment_max": [2, -onp.inf, 3, -onp.inf],
    "segment_min": [-1, onp.inf, 0, onp.inf],
}


def test_segments():
    def run(v, ids):
        return {
            (name, bucket): getattr(ops, name)(v, ids, 4, bucket_size=bucket)
            for name in SEGMENTS
            for bucket in (None, 2)
        }

    for found in (run(np.asarray(V), np.asarray(IDS)), axir.jit(run)(V, IDS)):
        for (name, _), result in found.items():
            assert result.tolist() == SEGMENTS[name]
    assert ops.segment_sum(X, onp.array([1, 1, 0])).tolist() == [X[2].tolist(), (X[0] + X[1]).tolist()]
    assert ops.segment_max(onp.array([3, 1]), onp.array([0, 0]), 2).tolist() == [3, -(2**31)]
    assert ops.segment_min(onp.array([True]), onp.array([1])).tolist() == [True, True]
    gradient = axir.grad(lambda v: np.sum(ops.segment_sum(v, IDS, 4) ** 2))(np.asarray(V))
    onp.testing.assert_array_equal(gradient, [6, 2, 6, 0, 0, 2])


def test_gradients():
    weights = onp.arange(1.0, 13, dtype="float32").reshape(3, 4)
    found = axir.grad(lambda x: np.sum(np.take_along_axis(x, ORDER, 1) * weights))(X)
    onp.testing.assert_array_equal(found, _put_along(onp.zeros_like(X), ORDER, weights, 1))
    found = axir.grad(lambda x: np.sum(np.take(x, INDEX, 1) * 2))(X)
    onp.testing.assert_array_equal(found, 2 * onp.array([[1, 1, 1, 1]] * 3))
    found = axir.grad(lambda x: np.sum(np.insert(x, 2, 5.0) ** 2))(V)
    onp.testing.assert_array_equal(found, 2 * V)


def test_batches():
    found = axir.vmap(lambda v, k: np.flatnonzero(v > k, size=3, fill_value=-1), (None, 0))(
        V, np.array([0.0, 2])
    )
    assert found.tolist() == [[0, 3, 5], [0, 3, -1]]
    found = axir.vmap(lambda x, i: np.take(x, i))(X, np.array([1, -1, 9]))
    onp.testing.assert_array_equal(found, [X[0, 1], X[1, -1], onp.nan])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: np.take(X, 0.5), TypeError, "indices must be integers"),
        (lambda: np.take(np.zeros((0, 2)), 0, 0), IndexError, "empty"),
        (lambda: np.take(X, 0, mode="raise"), ValueError, "mode must be"),
        (lambda: np.take(X, 0, 5), IndexError, "out of bounds"),
        (lambda: np.take_along_axis(X, V.astype(int), 0), ValueError, "as many axes"),
        (lambda: np.put(X, 0, 1.0), ValueError, "inplace=False"),
        (lambda: np.put_along_axis(X, ORDER[:2], 1.0, 1, False), ValueError, "broadcast"),
        (lambda: np.put_along_axis(X[:1], ORDER, 1.0, 1, False), ValueError, "must broadcast to"),
        (lambda: np.place(X, X > 0, V[:0], inplace=False), ValueError, "a value"),
        (lambda: np.fill_diagonal(V, 0, inplace=False), ValueError, "needs a matrix"),
        (lambda: np.choose(onp.array([3]), [1, 2]), ValueError, r"outside \[0, 2\)"),
        (lambda: np.compress(X > 0, X), ValueError, "one axis"),
        (lambda: np.compress(V > 0, X, 1), ValueError, "outside axis"),
        (lambda: np.nonzero(1.0), ValueError, "scalar array"),
        (lambda: np.nonzero(V, size=2, fill_value=(1, 2)), ValueError, "fill value"),
        (lambda: np.where(X, X), TypeError, "one argument or three"),
        (lambda: np.bincount(V), TypeError, "needs integers"),
        (lambda: np.ix_(X), ValueError, "one axis"),
        (lambda: np.ravel_multi_index((onp.array([9]),), (3,)), ValueError, "outside"),
        (lambda: np.insert(V, 0.5, 1.0), TypeError, "needs an integer"),
        (lambda: ops.segment_sum(V, V), TypeError, "must be integers"),
        (lambda: ops.segment_sum(V, IDS[:2], 2), ValueError, "a number for each item"),
    ],
)
def test_bad_arguments(call, error, words):
    with pytest.raises(error, match=words) as caught:
        call()
    assert isinstance(caught.value, axir.errors.AxirError)


def test_agrees_with_jax():
    jnp = pytest.importorskip("jax.numpy")
    for name, args, options, _ in CASES[::15]:
        ours, theirs = (
            [tuple(map(f, a)) if isinstance(a, tuple) else f(a) for a in args]
            for f in (np.asarray, jnp.asarray)
        )
        found, expected = (_stacked(getattr(n, name)(*a, **options)) for n, a in ((np, ours), (jnp, theirs)))
        onp.testing.assert_array_equal(found, expected, name, strict=True)
