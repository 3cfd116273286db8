"""Indexing: NumPy's basic indexing in full, traced integers, what is clamped, what is refused."""

import itertools

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax

X = np.arange(24.0).reshape(2, 3, 4)

BASIC = [
    (0,),
    (-1,),
    (1, 2),
    (1, 2, 3),
    (slice(None), 1),
    (Ellipsis, 0),
    (0, Ellipsis),
    (0, Ellipsis, 0),
    (None,),
    (0, None),
    (Ellipsis, None),
    (None, Ellipsis, None, 1),
    (slice(1, None),),
    (slice(None), slice(1, 3)),
    (slice(None), slice(-2, None), slice(None, -1)),
    (slice(None), slice(None), slice(None, None, 2)),
    (slice(None), slice(None), slice(1, None, 2)),
    (slice(None), slice(None), slice(None, None, 3)),
    (slice(None, None, -1),),
    (slice(None), slice(2, 0, -1)),
    (slice(None), slice(None), slice(-1, -4, -1)),
    (slice(None), slice(5, 9)),
    (slice(None), slice(2, 1)),
    (slice(None), slice(-9, 9)),
    (slice(None), slice(1, 9, 5)),
    (0, slice(None), None, slice(1, 2)),
    (),
    (Ellipsis,),
    (True,),
    (onp.int64(1), onp.uint8(2)),
]


@pytest.mark.parametrize("index", BASIC, ids=str)
def test_basic_indexing_equals_numpy(index):
    onp.testing.assert_array_equal(X[index], onp.asarray(X)[index])


def test_basic_indexing_while_tracing():
    compiled = axir.jit(lambda x: [x[index] for index in BASIC])(X)
    for index, found in zip(BASIC, compiled, strict=True):
        onp.testing.assert_array_equal(found, onp.asarray(X)[index], err_msg=str(index))


def test_gradients_of_windows_scatter():
    for index in BASIC:
        found = axir.grad(lambda x, index=index: np.sum(x[index] * 2))(X)
        expected = onp.zeros(X.shape)
        expected[index] = 2
        onp.testing.assert_array_equal(found, expected, err_msg=str(index))


def test_integers_out_of_bounds_mean_the_nearest_element():
    values = onp.arange(5.0)
    x = np.asarray(values)
    reads = [(5, 4.0), (99, 4.0), (-5, 0.0), (-6, 0.0), (-99, 0.0), (3, 3.0)]
    for index, expected in reads:
        assert float(x[index]) == expected
        assert float(x[np.array(index)]) == expected
        assert float(x[np.array([index])][0]) == expected
    indices = [np.array(i, "int32") for i, _ in reads]
    compiled = axir.jit(lambda x, indices: [x[i] for i in indices])(x, indices)
    assert [float(v) for v in compiled] == [v for _, v in reads]


def test_traced_integers():
    def read(x, i, j):
        return x[i], x[:, j], x[i, :, j], x[i, ::2, None], x[..., j], x[0, i, j], x[i][j]

    compiled = axir.jit(read)(X, 1, np.uint8(2))
    for found, expected in zip(compiled, read(onp.asarray(X), 1, 2), strict=True):
        onp.testing.assert_array_equal(found, expected)
    for i, j in itertools.product((-1, -2), (-1, -3)):
        found = axir.jit(lambda x, i, j: x[i, :, j])(X, i, np.int8(j))
        onp.testing.assert_array_equal(found, onp.asarray(X)[i, :, j])


def test_vmapped_integers_read_one_element_each():
    rows = axir.vmap(lambda x, i: x[i], in_axes=(None, 0))(X[0], np.array([2, 0, -1, 9]))
    onp.testing.assert_array_equal(rows, onp.asarray(X)[0][[2, 0, 2, 2]])


def test_gradient_of_a_traced_integer():
    found = axir.grad(lambda x, i: x[i] ** 2)(np.arange(4.0), 2)
    assert found.tolist() == [0, 0, 4, 0]


@pytest.mark.parametrize(
    "index",
    [
        np.array([0, 1, 0]),
        (slice(None), np.array([2, -1])),
        (np.array([0, 1]), np.array([1, 2])),
        (np.array([[0], [1]]), np.array([1, 2])),
        (np.array([0, 1]), slice(None), np.array([1, 2])),
        ([0, 1],),
        onp.array([1, 0]),
        X > 5,
        (slice(None), np.array([True, False, True])),
        np.array([True, False]),
        False,
    ],
    ids=str,
)
def test_array_indices_of_concrete_arrays(index):
    as_numpy = (
        tuple(onp.asarray(i) if isinstance(i, axir.Array | list) else i for i in index)
        if isinstance(index, tuple)
        else (onp.asarray(index) if isinstance(index, axir.Array) else index)
    )
    onp.testing.assert_array_equal(X[index], onp.asarray(X)[as_numpy])


@pytest.mark.parametrize(
    ("index", "error"),
    [
        ((0, 0, 0, 0), IndexError),
        ((Ellipsis, Ellipsis), IndexError),
        ("a", TypeError),
        (1.5, TypeError),
        (slice(0.5, 2), TypeError),
        (slice(0, 2, 0), TypeError),
        ([0, 1], TypeError),
        (np.array([0.5]), TypeError),
        (np.array([True, False, True]), IndexError),
        ((np.array([0, 1]), np.array([0, 1, 2])), IndexError),
    ],
    ids=str,
)
def test_bad_indices(index, error):
    with pytest.raises(error) as caught:
        X[index]
    assert isinstance(caught.value, axir.errors.AxirError)


def test_an_empty_axis_has_no_element():
    with pytest.raises(IndexError, match="empty"):
        np.zeros((0, 2))[0]
    assert np.zeros((0, 2))[:, 0].shape == (0,)
    with pytest.raises(IndexError, match="empty"):
        axir.jit(lambda x, i: x[i])(np.zeros(0), 1)


def test_what_needs_values_while_tracing():
    with pytest.raises(axir.errors.ConcretizationError, match=r"dynamic_slice"):
        axir.jit(lambda x, i: x[0:i])(X, 1)
    with pytest.raises(axir.errors.ConcretizationError, match="bool index"):
        axir.jit(lambda x: x[x > 1])(X)


def test_iteration_ends():
    assert [float(v) for v in np.arange(3.0)] == [0, 1, 2]
    first, second = X
    assert first.shape == second.shape == (3, 4)
    assert axir.jit(lambda x: sum(v * v for v in x))(np.arange(3.0)) == 5
    with pytest.raises(TypeError, match="iterated"):
        iter(np.array(1.0))


def test_assignment_names_the_remedy():
    with pytest.raises(TypeError, match=r"x\.at\[index\]\.set"):
        X[0] = 1


def test_dynamic_windows():
    x = np.arange(12).reshape(3, 4)
    values = onp.asarray(x)

    def windows(x, i, j):
        return [
            lax.dynamic_slice(x, (i, j), (2, 2)),
            lax.dynamic_slice_in_dim(x, j, 2, axis=1),
            lax.dynamic_index_in_dim(x, i, 0, keepdims=False),
            lax.dynamic_update_slice(x, np.zeros((1, 2), int), (i, j)),
            lax.dynamic_update_index_in_dim(x, np.full(3, 7), j, 1),
        ]

    for i, j in ((0, 1), (1, 2), (9, 9), (-1, -2)):
        a, b = min(max(i % 3 if i < 0 else i, 0), 1), min(max(j % 4 if j < 0 else j, 0), 2)
        row, column = min(i % 3 if i < 0 else i, 2), min(j % 4 if j < 0 else j, 3)
        updated, replaced = values.copy(), values.copy()
        updated[row, b : b + 2] = 0
        replaced[:, column] = 7
        expected = [values[a : a + 2, b : b + 2], values[:, b : b + 2], values[row], updated, replaced]
        for found, wanted in zip(windows(x, i, j), expected, strict=True):
            onp.testing.assert_array_equal(found, wanted)
        for found, wanted in zip(axir.jit(windows)(x, i, j), expected, strict=True):
            onp.testing.assert_array_equal(found, wanted)
