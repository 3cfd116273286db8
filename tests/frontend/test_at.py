"""``x.at[index]``: every kind of update, modes for positions out of bounds, dtypes, derivatives."""

import numpy as onp
import pytest

import axir
import axir.numpy as np

X = onp.array([4.0, 9, 2, 7, 5], "float32")
INDEX = onp.array([3, 0, 3, -1])
VALUES = onp.array([2.0, 3, 4, 0.5], "float32")


def _at(function, x, index, values):
    """NumPy's unbuffered update of a copy."""
    result = x.copy()
    function.at(result, index, values)
    return result


UPDATES = {
    "add": onp.add,
    "subtract": onp.subtract,
    "multiply": onp.multiply,
    "mul": onp.multiply,
    "divide": onp.divide,
    "power": onp.power,
    "min": onp.minimum,
    "max": onp.maximum,
}


def test_updates_equal_numpy():
    def updated(x, index, values):
        return {name: getattr(x.at[index], name)(values) for name in UPDATES}

    for found in (updated(np.asarray(X), INDEX, VALUES), axir.jit(updated)(X, INDEX, VALUES)):
        for name, function in UPDATES.items():
            expected = _at(function, X, INDEX, VALUES)
            onp.testing.assert_allclose(found[name], expected, rtol=2e-6, err_msg=name)


def test_updates_of_static_windows():
    x = onp.arange(24.0, dtype="float32").reshape(4, 6)
    cases = [
        (1, 5.0),
        ((slice(1, 3), slice(None, None, -1)), onp.arange(6.0, dtype="float32")),
        ((Ellipsis, slice(2, None)), onp.arange(4.0, dtype="float32")[:, None]),
        ((slice(None), None, -2), 3.0),
        ((slice(2, 2), 0), 1.0),
        (slice(None, None, 2), 8.0),
        ((), 2.0),
    ]

    def updated(x):
        return [
            (x.at[i].set(v), x.at[i].add(v), x.at[i].multiply(v), x.at[i].max(v), x.at[i].apply(np.negative))
            for i, v in cases
        ]

    for found in (updated(np.asarray(x)), axir.jit(updated)(x)):
        for (index, value), results in zip(cases, found, strict=True):
            window = x[index]
            new = [value, window + value, window * value, onp.maximum(window, value), -window]
            for result, values in zip(results, new, strict=True):
                expected = x.copy()
                expected[index] = values
                onp.testing.assert_array_equal(result, expected)


def test_the_last_of_several_values_stays():
    index = onp.array([1, 0, 1, 1, 0])
    values = onp.array([10.0, 20, 30, 40, 50], "float32")
    set_ = lambda x, i, v: x.at[i].set(v)  # noqa: E731
    for found in (set_(np.asarray(X), index, values), axir.jit(set_)(X, index, values)):
        assert found.tolist() == [50, 40, 2, 7, 5]
    weights = onp.arange(1.0, 6, dtype="float32")
    loss = lambda x, v: np.sum(x.at[index].set(v) * weights)  # noqa: E731
    for gradient in (axir.grad(loss, (0, 1)), axir.jit(axir.grad(loss, (0, 1)))):
        of_x, of_values = gradient(X, values)
        assert of_x.tolist() == [0, 0, 3, 4, 5]
        assert of_values.tolist() == [0, 0, 0, 2, 1]


OUTSIDE = onp.array([7, -9, 1])
MODES = [
    # mode, wrap, what is read, what setting 1, 2, 3 gives
    (None, True, [5, 4, 9], [4, 3, 2, 7, 5]),
    ("promise_in_bounds", True, [5, 4, 9], [4, 3, 2, 7, 5]),
    ("clip", True, [5, 4, 9], [2, 3, 2, 7, 1]),
    ("drop", True, [onp.nan, onp.nan, 9], [4, 3, 2, 7, 5]),
    ("fill", True, [onp.nan, onp.nan, 9], [4, 3, 2, 7, 5]),
]


def test_modes_for_positions_out_of_bounds():
    def both(x, index):
        return [
            (
                x.at[index].get(mode=mode, wrap_negative_indices=wrap),
                x.at[index].set(np.arange(1.0, 4), mode=mode, wrap_negative_indices=wrap),
            )
            for mode, wrap, *_ in MODES
        ]

    for found in (both(np.asarray(X), OUTSIDE), axir.jit(both)(X, OUTSIDE)):
        for (mode, _, read, written), (got, new) in zip(MODES, found, strict=True):
            onp.testing.assert_array_equal(got, read, str(mode))
            onp.testing.assert_array_equal(new, written, str(mode))


def test_integers_out_of_bounds():
    x = np.asarray(X)
    assert x.at[7].get() == 5 and onp.isnan(x.at[7].get(mode="fill"))
    assert x.at[7].get(mode="fill", fill_value=-1) == -1
    assert x.at[7].set(0).tolist() == X.tolist()
    assert x.at[-9].add(1, mode="clip")[0] == 5
    assert x.at[-1].set(0, wrap_negative_indices=False).tolist() == X.tolist()
    assert x.at[-1].get(wrap_negative_indices=False) == 4
    assert onp.isnan(x.at[-1].get(mode="fill", wrap_negative_indices=False))
    with pytest.raises(ValueError, match="no mode 'wrap'"):
        x.at[0].get(mode="wrap")


@pytest.mark.parametrize(
    ("dtype", "fill"), [("int8", -128), ("uint16", 65535), ("bool", True), ("float16", onp.nan)]
)
def test_what_fills_by_default(dtype, fill):
    x = np.ones(2, dtype)
    onp.testing.assert_array_equal(x.at[onp.array([0, 5])].get(mode="fill"), onp.array([1, fill], dtype))


def test_values_take_the_dtype_of_the_array():
    x = np.arange(3, dtype="int8")
    assert x.at[0].set(5).dtype == onp.int8
    assert x.at[onp.array([0])].add(np.array([3], "int8")).dtype == onp.int8
    assert np.zeros(2, "bfloat16").at[0].set(1.5).dtype == np.bfloat16
    assert np.zeros(2).at[0].set(np.array(2, "int8")).tolist() == [2, 0]
    with pytest.warns(FutureWarning, match="values of dtype float32 become int8"):
        assert x.at[1].set(2.7).tolist() == [0, 2, 2]
    with pytest.warns(FutureWarning, match="int32 become int8"):
        assert x.at[1].set(np.array(300, "int32")).tolist() == [0, 44, 2]
    weak = np.asarray(2.0).at[()].set(3)
    assert weak == 3 and weak.weak_type
    assert np.arange(4).at[1].divide(2).tolist() == [0, 0.5, 2, 3]
    with pytest.raises(TypeError):
        np.zeros(2, bool).at[0].add(True)


def test_values_must_fit():
    x = np.zeros((3, 4))
    assert x.at[onp.array([0, 2])].set(onp.arange(4.0)).sum() == 12
    for values in (onp.ones(3), onp.ones((2, 2, 4)), onp.ones((1, 2, 4))):
        with pytest.raises(ValueError, match="must broadcast to the shape"):
            x.at[onp.array([0, 2])].set(values)
    with pytest.raises(TypeError, match="unknown"):
        x.at[0].set(1, unknown=True)


def test_functions_are_applied_as_often_as_an_element_is_named():
    index = onp.array([1, 3, 1, 9])
    apply = lambda x, i: x.at[i].apply(lambda v: 2 * v)  # noqa: E731
    for found in (apply(np.asarray(X), index), axir.jit(apply)(X, index)):
        assert found.tolist() == [4, 36, 2, 14, 5]
    many = onp.arange(40) % 5
    once = axir.jit(lambda x, i: x.at[i].apply(np.negative, unique_indices=True))(X, many[:5])
    assert once.tolist() == (-X).tolist()
    assert np.asarray(X).at[many].apply(lambda v: v + 1).tolist() == (X + 8).tolist()
    looped = axir.jit(lambda x, i: x.at[i].apply(lambda v: v + 1))
    assert looped(X, many).tolist() == (X + 8).tolist()
    assert looped(X, many * 0).tolist() == [X[0] + 40, *X[1:]]
    _, slope = axir.jvp(lambda x: axir.jit(apply)(x, many), (X,), (onp.ones_like(X),))
    assert slope.tolist() == [256] * 5
    with pytest.raises(ValueError, match="keep the shape"):
        np.asarray(X).at[index].apply(lambda v: v[:2])
    with pytest.raises(TypeError, match="keep the dtype"):
        np.asarray(X).at[index].apply(lambda v: v > 0)


def test_derivatives():
    def numeric(f, args, k, step=1e-2):
        result = onp.zeros_like(args[k])
        for i in onp.ndindex(result.shape):
            ahead, behind = ([a.copy() for a in args] for _ in range(2))
            ahead[k][i] += step
            behind[k][i] -= step
            result[i] = (float(f(*map(np.asarray, ahead))) - float(f(*map(np.asarray, behind)))) / (2 * step)
        return result

    def loss(name, unique):
        return lambda x, v: np.sum(
            getattr(x.at[index].set(x[0]).at[index], name)(v, unique_indices=unique) ** 2
        )

    for name in ("set", "add", "subtract", "multiply", "divide", "min", "max"):
        index = INDEX[:3] if name in ("add", "subtract", "set", "min", "max") else onp.array([3, 0, 1])
        f = loss(name, name in ("multiply", "divide"))
        args = [X / 4, VALUES[:3]]
        for k, found in enumerate(axir.grad(f, (0, 1))(*args)):
            onp.testing.assert_allclose(found, numeric(f, args, k), rtol=2e-2, atol=2e-2, err_msg=name)


def test_equal_candidates_share_the_derivative():
    x, v = np.array([1.0, 2.0]), np.array([2.0, 2.0])
    of_x, of_v = axir.grad(lambda x, v: x.at[onp.array([1, 1])].max(v).sum(), (0, 1))(x, v)
    onp.testing.assert_allclose(of_x, [1, 1 / 3])
    onp.testing.assert_allclose(of_v, [1 / 3, 1 / 3])


def test_products_of_factors_that_meet_have_no_derivative():
    f = lambda v: np.sum(np.asarray(X).at[INDEX].multiply(v))  # noqa: E731
    with pytest.raises(axir.errors.MissingRuleError, match="unique_indices=True"):
        axir.grad(f)(VALUES)


def test_batches_of_updates():
    rng = onp.random.default_rng(0)
    xs, indices = rng.standard_normal((3, 5)).astype("float32"), rng.integers(-5, 5, (3, 4))
    values = rng.standard_normal((3, 4)).astype("float32")
    for axes in ((0, 0, 0), (None, 0, 0), (0, None, None), (None, None, 0), (None, 0, None)):
        args = [a if axis == 0 else a[0] for a, axis in zip((xs, indices, values), axes, strict=True)]
        found = axir.vmap(lambda x, i, v: (x.at[i].set(v), x.at[i].add(v)), in_axes=axes)(*args)
        for k in range(3):
            x, i, v = (a[k] if axis == 0 else a for a, axis in zip(args, axes, strict=True))
            expected = x.copy()
            expected[i] = v
            onp.testing.assert_array_equal(found[0][k], expected)
            onp.testing.assert_allclose(found[1][k], _at(onp.add, x, i, v), rtol=1e-6)


def test_representation_and_documentation():
    assert repr(np.zeros(1).at[0]) == "Array([0.], dtype=float32).at[0]"
    assert "x[index] = v" in (type(np.zeros(1).at).__doc__ or "")


def test_agrees_with_jax():
    jnp = pytest.importorskip("jax.numpy")
    rng = onp.random.default_rng(5)
    x = rng.integers(0, 9, (4, 3)).astype("float32")
    rows, columns = rng.integers(-9, 9, (2, 6))
    for mode, index in (
        (None, (rows, columns)),
        ("clip", (rows, slice(None, None, -1))),
        ("drop", (-6, columns)),
    ):
        theirs, ours = jnp.asarray(x).at[index], np.asarray(x).at[index]
        got = ours.get(mode=mode)
        onp.testing.assert_array_equal(got, theirs.get(mode=mode))
        new = rng.integers(0, 9, got.shape).astype("float32")
        for name in ("set", "multiply"):
            expected = getattr(theirs, name)(new, mode=mode)
            onp.testing.assert_array_equal(getattr(ours, name)(new, mode=mode), expected)
