"""Indexing by arrays: NumPy's rules for a table of indices, eagerly, compiled, differentiated and batched."""

import numpy as onp
import pytest

import axir
import axir.numpy as np

A, B = onp.array([2, 0, -1, 2]), onp.array([1, 1, 0, -3])
GRID = onp.array([[0], [2]])
MASK = onp.array([True, False, True])
ROW = slice(None)

# Shape of the array and index.
TABLE = [
    ((3,), A),
    ((3,), onp.array(-2)),
    ((3,), onp.zeros((0,), int)),
    ((3,), onp.zeros((2, 0), int)),
    ((3, 4), A),
    ((3, 4), (ROW, B)),
    ((3, 4), (A, B)),
    ((3, 4), (GRID, B)),
    ((3, 4), (A, 1)),
    ((3, 4), (-1, B)),
    ((3, 4), (A, slice(1, 3))),
    ((3, 4), (slice(None, None, -1), B)),
    ((3, 4), (slice(None, None, 2), B)),
    ((3, 4), (A, slice(None, None, -3))),
    ((3, 4), (A, slice(2, 2))),
    ((3, 4), (None, A)),
    ((3, 4), (A, None)),
    ((3, 4), (A, None, B)),
    ((3, 4), (GRID, None, Ellipsis)),
    ((3, 3, 4), (ROW, A, B)),
    ((3, 3, 4), (A, ROW, B)),
    ((3, 3, 4), (0, ROW, B)),
    ((3, 3, 4), (A, ROW, 0)),
    ((3, 3, 4), (Ellipsis, A, B)),
    ((3, 3, 4), (A, Ellipsis, B)),
    ((3, 3, 4), (GRID, slice(0, 2), B)),
    ((3, 3, 4), (slice(None, None, -1), GRID, slice(3, None, -2))),
    ((2, 3, 3, 4), (ROW, A, slice(1, None), None, B)),
    ((2, 3, 3, 4), (ROW, A, B[:, None], ROW)),
    ((3, 4), MASK),
    ((3, 4), (MASK, B[:2])),
    ((3, 4), (ROW, onp.array([True, False, False, True]))),
    ((3, 4), onp.arange(12).reshape(3, 4) % 3 == 1),
    ((2, 3, 4), (1, MASK, slice(1, None))),
    ((3, 4), onp.zeros(3, bool)),
    ((3,), True),
    ((3,), (True, A)),
    ((3,), (False, 1)),
    ((3, 4), (A, True)),
    ((3, 4), (None, True, 1)),
    ((), (onp.array(True), None)),
    ((0, 3), (ROW, A)),
    ((0, 3), onp.zeros((2, 0), int)),
]
NAMES = [str((shape, index)).replace("\n", "") for shape, index in TABLE]


def _values(shape):
    return onp.random.default_rng(len(shape)).standard_normal(shape).astype("float32")


def _traced(index):
    """The arrays of an index that may be traced, by position."""
    items = index if isinstance(index, tuple) else (index,)
    return {n: i for n, i in enumerate(items) if isinstance(i, onp.ndarray) and i.dtype != bool}


def _with(index, arrays):
    items = index if isinstance(index, tuple) else (index,)
    return tuple(arrays.get(n, i) for n, i in enumerate(items))


@pytest.mark.parametrize(("shape", "index"), TABLE, ids=NAMES)
def test_reading_equals_numpy(shape, index):
    x = _values(shape)
    onp.testing.assert_array_equal(np.asarray(x)[index], x[index], strict=True)
    arrays = {n: np.asarray(i) for n, i in _traced(index).items()}
    onp.testing.assert_array_equal(np.asarray(x)[_with(index, arrays)], x[index], strict=True)


@pytest.mark.parametrize(("shape", "index"), TABLE, ids=NAMES)
def test_gradients_add_up_where_elements_were_read(shape, index):
    x = _values(shape)
    weights = onp.arange(1.0, x[index].size + 1).reshape(x[index].shape).astype("float32")
    found = axir.grad(lambda x: np.sum(x[index] * weights))(np.asarray(x))
    expected = onp.zeros_like(x)
    onp.add.at(expected, index, weights)
    onp.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("shape", "index"), TABLE, ids=NAMES)
def test_assignment_equals_numpy(shape, index):
    x = _values(shape)
    new = onp.arange(x[index].size, dtype="float32").reshape(x[index].shape)
    expected = x.copy()
    expected[index] = new
    onp.testing.assert_array_equal(np.asarray(x).at[index].set(new), expected)
    expected = x.copy()
    onp.add.at(expected, index, new)
    onp.testing.assert_array_equal(np.asarray(x).at[index].add(new), expected)


def test_compiled_indexing_equals_numpy():
    values = [_values(shape) for shape, _ in TABLE]

    def read_and_write(xs, arrays):
        indices = [_with(index, a) for (_, index), a in zip(TABLE, arrays, strict=True)]
        reads = [x[i] for x, i in zip(xs, indices, strict=True)]
        return reads, [x.at[i].set(7) for x, i in zip(xs[::6], indices[::6], strict=True)]

    reads, writes = axir.jit(read_and_write)(values, [_traced(index) for _, index in TABLE])
    for (_, index), name, x, found in zip(TABLE, NAMES, values, reads, strict=True):
        onp.testing.assert_array_equal(found, x[index], name, strict=True)
    for (_, index), name, x, found in zip(TABLE[::6], NAMES[::6], values[::6], writes, strict=True):
        expected = x.copy()
        expected[index] = 7
        onp.testing.assert_array_equal(found, expected, name, strict=True)


@pytest.mark.parametrize(("shape", "index"), [t for t in TABLE if _traced(t[1])], ids=str)
def test_batches_equal_a_loop(shape, index):
    arrays = _traced(index)
    xs = onp.stack([_values(shape), _values(shape) + 9])
    shifted = {n: onp.stack([a, -1 - onp.flip(a)]) for n, a in arrays.items()}

    def read(x, arrays):
        return x[_with(index, arrays)]

    for axes in ((0, 0), (None, 0), (0, None)):
        given = [xs if axes[0] == 0 else xs[0], shifted if axes[1] == 0 else arrays]
        found = axir.vmap(read, in_axes=axes)(*given)
        for k in range(2):
            a = {n: v[k] for n, v in shifted.items()} if axes[1] == 0 else arrays
            x = xs[k] if axes[0] == 0 else xs[0]
            onp.testing.assert_array_equal(found[k], x[_with(index, a)])


def test_positions_out_of_bounds_mean_the_nearest_element():
    x = onp.arange(12.0).reshape(3, 4)
    rows, columns = onp.array([5, -7, 2, -3, 3]), onp.array([-4, 9, -5, 3, 100])
    expected = x[onp.clip(onp.where(rows < 0, rows + 3, rows), 0, 2), [0, 3, 0, 3, 3]]

    def read(x, i, j):
        return x[i, j], x[i][:, j]

    for found in (read(np.asarray(x), rows, columns), axir.jit(read)(x, rows, columns)):
        onp.testing.assert_array_equal(found[0], expected)
        onp.testing.assert_array_equal(found[1][:, 0], x[[2, 0, 2, 0, 2], 0])


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32"])
def test_indices_of_every_integer_dtype(dtype):
    x = onp.arange(300.0, dtype="float32")
    info = onp.iinfo(dtype)
    index = onp.array([0, 5, info.max, info.min], dtype)
    wide = index.astype(onp.int64)
    expected = onp.clip(onp.where(wide < 0, wide + 300, wide), 0, 299).astype("float32")
    onp.testing.assert_array_equal(np.asarray(x)[index], expected)
    onp.testing.assert_array_equal(axir.jit(lambda x, i: x[i])(x, index), expected)


def test_indices_of_64_bits():
    x = onp.arange(9.0)
    signed, unsigned = onp.array([2**40, -(2**40), -1, 3]), onp.array([2**63 + 3, 1, 2**32], onp.uint64)
    with axir.enable_x64(True):
        for read in (lambda x, i, j: (x[i], x[j]), axir.jit(lambda x, i, j: (x[i], x[j]))):
            first, second = read(np.asarray(x), np.asarray(signed), np.asarray(unsigned))
            assert first.tolist() == [8, 0, 8, 3]
            assert second.tolist() == [8, 1, 8]


def test_masks_may_be_known_while_tracing():
    x = onp.array([1.0, -2, 3], "float32")
    found = axir.grad(lambda x: np.sum(x[x > 0] ** 2))(np.asarray(x))
    assert found.tolist() == [2, 0, 6]
    assert axir.jit(lambda x: x[MASK])(x).tolist() == [1, 3]
    with pytest.raises(axir.errors.ConcretizationError, match="bool index"):
        axir.jit(lambda x: x[x > 0])(x)
    with pytest.raises(axir.errors.ConcretizationError, match="bool index"):
        axir.jit(lambda x: x.at[x > 0].set(1))(x)


def test_elements_of_narrow_dtypes():
    index = onp.array([3, 1, 1])
    names = ["bool", "int8", "float16"]
    values = [onp.arange(5).astype(name) for name in names]
    found = axir.jit(lambda xs, i: [(x[i], x.at[i].set(x[:3])) for x in xs])(values, index)
    for x, (read, written) in zip(values, found, strict=True):
        onp.testing.assert_array_equal(read, x[index], strict=True)
        expected = x.copy()
        expected[index] = x[:3]
        onp.testing.assert_array_equal(written, expected, strict=True)


def test_second_derivatives_through_indices():
    x = np.asarray(_values((4,)))
    index = onp.array([0, 2, 2])
    found = axir.hessian(lambda x: np.sum(x[index] ** 3))(x)
    expected = onp.diag(6 * onp.asarray(x) * [1, 0, 2, 0])
    onp.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("shape", "index", "error", "words"),
    [
        ((3,), (A, A), IndexError, "2 indices"),
        ((3, 4), (A, A[:3]), IndexError, "broadcast"),
        ((3,), onp.array([0.5]), TypeError, "integers or bools"),
        ((3,), MASK[:2], IndexError, "bool index"),
        ((0, 2), A, IndexError, "empty"),
    ],
)
def test_bad_indices(shape, index, error, words):
    for read in (lambda x: x[index], axir.jit(lambda x: x[index])):
        with pytest.raises(error, match=words) as caught:
            read(np.zeros(shape))
        assert isinstance(caught.value, axir.errors.AxirError)
