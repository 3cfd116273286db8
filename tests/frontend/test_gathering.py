"""``lax.gather``, the scatter functions and what is close to them, against loops over the windows."""

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax

X = onp.arange(20.0, dtype="float32").reshape(4, 5)
STARTS = onp.array([[0, 1], [2, 9], [-1, 3]])
READ = lax.GatherDimensionNumbers((1, 2), (), (0, 1))
WRITTEN = lax.ScatterDimensionNumbers((1, 2), (), (0, 1))
SIZES = (2, 3)


def _window(start, shape=X.shape, sizes=SIZES):
    """The window that starts nearest to a position, and whether it starts there."""
    moved = [min(max(int(s), 0), n - m) for s, n, m in zip(start, shape, sizes, strict=True)]
    return tuple(slice(a, a + m) for a, m in zip(moved, sizes, strict=True)), moved == list(start)


def test_windows_that_are_not_inside():
    def read(x, starts):
        return {m: lax.gather(x, starts, READ, SIZES, mode=m) for m in (None, "clip", "fill")}

    for found in (read(X, STARTS), axir.jit(read)(X, STARTS)):
        for k, start in enumerate(STARTS):
            window, inside = _window(start)
            onp.testing.assert_array_equal(found[None][k], X[window])
            onp.testing.assert_array_equal(found["clip"][k], X[window])
            onp.testing.assert_array_equal(
                found["fill"][k], X[window] if inside else onp.full(SIZES, onp.nan)
            )


SCATTERS = {
    "scatter": lambda old, new: new,
    "scatter_add": onp.add,
    "scatter_sub": onp.subtract,
    "scatter_mul": onp.multiply,
    "scatter_min": onp.minimum,
    "scatter_max": onp.maximum,
}


def test_every_scatter_goes_through_its_windows_in_order():
    updates = onp.random.default_rng(1).integers(-9, 30, (3, *SIZES)).astype("float32")

    def write(x, starts, updates):
        return {
            (name, mode): getattr(lax, name)(x, starts, updates, WRITTEN, mode=mode)
            for name in SCATTERS
            for mode in (None, "clip")
        }

    for found in (write(X, STARTS, updates), axir.jit(write)(X, STARTS, updates)):
        for (name, mode), result in found.items():
            expected = X.copy()
            for start, new in zip(STARTS, updates, strict=True):
                window, inside = _window(start)
                if inside or mode == "clip":
                    expected[window] = SCATTERS[name](expected[window], new)
            onp.testing.assert_array_equal(result, expected, f"{name} {mode}")


def test_batching_dimensions():
    x = onp.arange(24.0, dtype="float32").reshape(2, 4, 3)
    starts = onp.array([[3, 0], [1, 1]])[..., None]
    read = lax.GatherDimensionNumbers((2,), (1,), (1,), (0,), (0,))
    found = lax.gather(x, starts, read, (1, 1, 3))
    onp.testing.assert_array_equal(found, onp.stack([x[0][[3, 0]], x[1][[1, 1]]]))
    written = lax.ScatterDimensionNumbers((2,), (1,), (1,), (0,), (0,))
    result = lax.scatter_add(x, starts, np.ones((2, 2, 3)), written)
    onp.testing.assert_array_equal(result - x, [[[1], [0], [0], [1]], [[0], [2], [0], [0]]] * onp.ones(3))


def test_scatter_apply_counts_windows():
    def doubled(x, starts):
        return lax.scatter_apply(x, starts, lambda v: v * 2, WRITTEN, update_shape=(3, *SIZES), mode="clip")

    expected = X.copy()
    for start in STARTS:
        expected[_window(start)[0]] *= 2
    for found in (doubled(X, STARTS), axir.jit(doubled)(X, STARTS)):
        onp.testing.assert_array_equal(found, expected)


def test_index_take():
    found = lax.index_take(X, [np.array([0, -1, 5]), np.array([4, 2, -6])], (0, 1))
    onp.testing.assert_array_equal(found, [X[0, 4], X[3, 2], X[1, 4]])
    onp.testing.assert_array_equal(lax.index_take(X, [np.array([1, 7])], (1,)), X[:, [1, 2]].T)


def test_gradients_of_gather_and_scatter_are_each_other():
    weights = onp.arange(18.0, dtype="float32").reshape(3, *SIZES)
    found = axir.grad(
        lambda x: np.sum(lax.gather(x, STARTS, READ, SIZES, mode="fill", fill_value=0) * weights)
    )(X)
    onp.testing.assert_array_equal(found, lax.scatter_add(np.zeros_like(X), STARTS, weights, WRITTEN))
    weights = onp.arange(20.0, dtype="float32").reshape(4, 5)
    found = axir.grad(lambda u: np.sum(lax.scatter_add(X, STARTS, u, WRITTEN, mode="clip") * weights))(
        np.zeros((3, *SIZES))
    )
    onp.testing.assert_array_equal(found, lax.gather(weights, STARTS, READ, SIZES, mode="clip"))


def test_batched_windows_with_positions_of_their_own():
    """Batches of dynamic windows: one gather or scatter, not a loop."""
    starts, new = np.array([[0, 1], [9, -1], [2, 2]]), np.ones((3, 2, 2))

    def read(x, at):
        return lax.dynamic_slice(x, (at[0], at[1]), (2, 2))

    def write(x, at, new):
        return lax.dynamic_update_slice(x, new, (at[0], at[1]))

    found = axir.jit(axir.vmap(read, in_axes=(None, 0)))(X, starts)
    written = axir.jit(axir.vmap(write, in_axes=(None, 0, 0)))(X, starts, new)
    for k, start in enumerate(((0, 1), (2, 3), (2, 2))):
        window, _ = _window(start, sizes=(2, 2))
        onp.testing.assert_array_equal(found[k], X[window])
        expected = X.copy()
        expected[window] = 1
        onp.testing.assert_array_equal(written[k], expected)


def test_negative_starts_of_dynamic_windows():
    x = onp.arange(300.0, dtype="float32")
    start, narrow = np.array(-2), np.array(-2, "int8")
    assert lax.dynamic_slice_in_dim(x, narrow, 2).tolist() == [298, 299]
    assert axir.jit(lambda x, i: lax.dynamic_slice_in_dim(x, i, 2))(x, narrow).tolist() == [298, 299]
    assert lax.dynamic_slice(x, (start,), (2,), allow_negative_indices=(False,)).tolist() == [0, 1]
    assert lax.dynamic_index_in_dim(x, start, keepdims=False, allow_negative_indices=False) == 0
    updated = lax.dynamic_update_index_in_dim(x, 7.0, start, 0, allow_negative_indices=False)
    assert updated[:2].tolist() == [7, 1]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: lax.gather(X, STARTS, READ, (9, 1)), ValueError, "must fit into the operand"),
        (lambda: lax.gather(X, STARTS[..., :1], READ, SIZES), ValueError, "last axis of the indices"),
        (lambda: lax.gather(X, STARTS + 0.5, READ, SIZES), TypeError, "indices must be integers"),
        (lambda: lax.gather(X, STARTS, READ, SIZES, mode="near"), ValueError, "no mode 'near'"),
        (lambda: lax.gather(X, STARTS, READ, SIZES, mode="fill", fill_value=X), ValueError, "scalar"),
        (lambda: lax.scatter(X, STARTS, X, WRITTEN), ValueError, "offset_dims"),
        (lambda: lax.scatter(X, STARTS, onp.zeros((3, 2, 3), int), WRITTEN), TypeError, "one dtype"),
    ],
)
def test_what_does_not_fit(call, error, words):
    with pytest.raises(error, match=words) as caught:
        call()
    assert isinstance(caught.value, axir.errors.AxirError)


@pytest.mark.parametrize("dtype", ["int8", "int32", "uint8", "uint32"])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("mode", ["clip", "fill"])
def test_taking_along_one_axis(dtype: str, axis: int, mode: str) -> None:
    x = onp.arange(24.0, dtype="float32").reshape(2, 3, 4)
    n = x.shape[axis]
    for at in ([[0, 1], [n - 1, 0]], [0, n, 100], 1, n):
        indices = onp.array(at, dtype)
        found = np.take(x, indices, axis, mode=mode)
        expected = onp.take(x, indices, axis, mode="clip")
        if mode == "fill":
            outside = onp.expand_dims(indices >= n, (*range(axis), *range(axis + indices.ndim, found.ndim)))
            expected = onp.where(outside, onp.nan, expected)
        onp.testing.assert_array_equal(found, expected)
