"""Typed keys: what they show, and that they pass through transformations and functions that move elements."""

import copy
import functools
import pickle

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax, random

KEY = random.key(42)
KEYS = random.split(KEY, 6)
GRID = KEYS.reshape(2, 3)
WORDS = onp.asarray(random.key_data(KEYS))


def words(keys):
    return onp.asarray(random.key_data(keys))


def same(found, expected):
    assert isinstance(found, type(KEY))
    onp.testing.assert_array_equal(words(found), expected)


def test_typed_and_raw_keys_give_the_same_numbers():
    raw = random.PRNGKey(42)
    same(KEY, raw)
    assert isinstance(random.split(raw), axir.Array)
    assert isinstance(random.fold_in(raw, 1), axir.Array)
    same(random.split(KEY, (2, 2)), random.split(raw, (2, 2)))
    same(random.fold_in(KEY, 5), random.fold_in(raw, 5))
    same(random.wrap_key_data(raw), raw)
    same(random.clone(KEY), raw)
    onp.testing.assert_array_equal(random.normal(KEY, (3,)), random.normal(raw, (3,)))
    assert random.key_impl(KEY) == random.key_impl(raw) == "threefry2x32"


def test_what_a_key_array_shows():
    assert (GRID.shape, GRID.ndim, GRID.size, GRID.itemsize, GRID.nbytes) == ((2, 3), 2, 6, 8, 48)
    assert (len(GRID), KEY.shape, np.shape(GRID), np.ndim(GRID), np.size(GRID)) == (2, (), (2, 3), 2, 6)
    assert GRID.dtype == random.key_dtype() == random.key(0, dtype="threefry2x32").dtype
    assert str(GRID.dtype) == "key<fry>"
    assert np.issubdtype(KEY.dtype, axir.dtypes.prng_key)
    assert np.issubdtype(KEY.dtype, axir.dtypes.extended)
    assert not np.issubdtype(np.uint32, axir.dtypes.prng_key)
    assert not np.issubdtype(KEY.dtype, np.integer)
    assert repr(random.key(0)) == "Array((), dtype=key<fry>) overlaying:\n[0 0]"
    same(pickle.loads(pickle.dumps(GRID)), words(GRID))
    same(copy.deepcopy(GRID), words(GRID))


def test_keys_are_arrays_but_no_numbers():
    seen = []

    @axir.jit
    def traced(key, x):
        seen.extend(isinstance(value, axir.Array) for value in (key, x, 1.0))

    traced(KEY, 1.0)
    assert seen == [True, True, False]
    assert isinstance(KEY, axir.Array)
    assert issubclass(type(KEY), np.ndarray)
    assert not isinstance(onp.ones(2), axir.Array)
    shown = functools.singledispatch(lambda x: "other")
    shown.register(axir.Array, lambda x: "array")
    assert [shown(x) for x in (KEY, np.ones(2), 1.0)] == ["array", "array", "other"]
    for call in (lambda: KEY + 1, lambda: np.sin(KEY), lambda: float(KEY), lambda: np.sum(KEYS), axir.Array):  # type: ignore[operator]
        with pytest.raises(TypeError):
            call()


def test_keys_are_compared_as_a_whole():
    assert (KEYS[2] == KEYS).tolist() == [i == 2 for i in range(6)]
    assert (KEYS[2] != KEYS).tolist() == [i != 2 for i in range(6)]
    assert np.equal(GRID, KEYS[4]).tolist() == [[False] * 3, [False, True, False]]
    assert bool(np.array_equal(KEYS, GRID.ravel()))
    half = random.wrap_key_data(np.array([[1, 2], [1, 3], [0, 2]], "uint32"))
    assert (half == half[0]).tolist() == [True, False, False]
    assert (KEY == 3) is False


MOVES = {
    "item": (lambda k: k[1], WORDS[1]),
    "negative": (lambda k: k[-1], WORDS[-1]),
    "window": (lambda k: k[1:5:2], WORDS[1:5:2]),
    "gathered": (lambda k: k[np.array([3, 0])], WORDS[[3, 0]]),
    "new axis": (lambda k: k[None, ..., None], WORDS[None, :, None]),
    "of a grid": (lambda k: k.reshape(2, 3)[:, 1], WORDS.reshape(2, 3, 2)[:, 1]),
    "reshape": (lambda k: k.reshape((3, -1)), WORDS.reshape(3, 2, 2)),
    "ravel": (lambda k: k.reshape(2, 3).ravel(), WORDS),
    "transpose": (lambda k: k.reshape(2, 3).T, WORDS.reshape(2, 3, 2).transpose(1, 0, 2)),
    "swapaxes": (lambda k: k.reshape(1, 2, 3).swapaxes(0, 2), WORDS.reshape(1, 2, 3, 2).swapaxes(0, 2)),
    "squeeze": (lambda k: k[None].squeeze(), WORDS),
    "take": (lambda k: k.take(np.array([5, 5])), WORDS[[5, 5]]),
    "set": (lambda k: k.at[1].set(k[0])[:3], WORDS[[0, 0, 2]]),
    "get": (lambda k: k.at[np.array([9, 1])].get(mode="clip"), WORDS[[5, 1]]),
    "stack": (lambda k: np.stack([k[2], k[4]]), WORDS[[2, 4]]),
    "array": (lambda k: np.array([k[2], k[4]]), WORDS[[2, 4]]),
    "concatenate": (lambda k: np.concatenate([k[3:], k[:3]]), onp.roll(WORDS, 3, 0)),
    "broadcast": (lambda k: np.broadcast_to(k[0], (2, 2)), onp.broadcast_to(WORDS[0], (2, 2, 2))),
    "where": (lambda k: np.where(np.arange(6) < 2, k, k[5]), WORDS[[0, 1, 5, 5, 5, 5]]),
    "moveaxis": (lambda k: np.moveaxis(k.reshape(2, 3), -1, 0), WORDS.reshape(2, 3, 2).swapaxes(0, 1)),
    "split": (lambda k: np.split(k, 2)[1], WORDS[3:]),
    "roll": (lambda k: np.roll(k, -1, axis=-1), onp.roll(WORDS, -1, 0)),
    "lax": (lambda k: lax.dynamic_index_in_dim(k, 3, keepdims=False), WORDS[3]),
    "select": (lambda k: lax.select(np.arange(6) < 3, k, lax.rev(k, (0,))), WORDS[[0, 1, 2, 2, 1, 0]]),
}


def test_functions_that_move_elements():
    compiled = axir.jit(lambda k: {name: move(k) for name, (move, _) in MOVES.items()})(KEYS)
    for name, (move, expected) in MOVES.items():
        for found in (move(KEYS), compiled[name]):
            onp.testing.assert_array_equal(words(found), expected, err_msg=name)
    unpacked = list(KEYS)
    assert len(unpacked) == 6
    same(unpacked[3], WORDS[3])


def test_vmap_counts_the_axes_of_keys():
    expected = onp.stack([random.normal(k, (2,)) for k in KEYS])
    onp.testing.assert_array_equal(axir.vmap(lambda k: random.normal(k, (2,)))(KEYS), expected)
    by_column = axir.vmap(lambda k: k, in_axes=-1)(GRID)
    same(by_column, words(GRID).swapaxes(0, 1))
    same(axir.vmap(lambda k: random.split(k, 4), out_axes=-1)(KEYS), words(split_rows()).swapaxes(0, 1))
    one, many = axir.vmap(lambda k, x: (k, x + 1), in_axes=(None, 0), out_axes=(None, 0))(KEY, np.zeros(3))
    same(one, words(KEY))
    assert many.shape == (3,)
    nested = axir.vmap(axir.vmap(random.bits))(GRID)
    onp.testing.assert_array_equal(nested, onp.reshape([random.bits(k) for k in KEYS], (2, 3)))


def split_rows():
    return np.stack([random.split(k, 4) for k in KEYS])


def test_control_flow_carries_keys():
    def step(key, other):
        key, drawn = random.split(key)
        return key, (other, random.uniform(drawn))

    last, (others, drawn) = lax.scan(step, KEY, KEYS)
    key, expected = KEY, []
    for _ in range(6):
        key, sub = random.split(key)
        expected.append(float(random.uniform(sub)))
    same(last, words(key))
    same(others, WORDS)
    onp.testing.assert_array_equal(drawn, onp.array(expected, "float32"))
    looped = lax.fori_loop(0, 3, lambda i, k: random.fold_in(k, i), KEY)
    same(looped, words(random.fold_in(random.fold_in(random.fold_in(KEY, 0), 1), 2)))
    chosen = axir.jit(lambda p, k: lax.cond(p, lambda k: k, lambda k: random.fold_in(k, 1), k))(False, KEY)
    same(chosen, words(random.fold_in(KEY, 1)))
    onp.testing.assert_array_equal(lax.map(random.bits, KEYS), [random.bits(k) for k in KEYS])


def test_a_key_array_is_a_leaf():
    tree = {"a": KEY, "b": [GRID, None]}
    leaves = axir.tree.leaves(tree)
    assert [x.shape for x in leaves] == [(), (2, 3)]
    assert axir.tree.map(lambda k: k.shape, tree) == {"a": (), "b": [(2, 3), None]}
    found = axir.jit(lambda t: axir.tree.map(lambda k: random.fold_in(k.ravel()[0], 1), t))(tree)
    same(found["b"][0], words(random.fold_in(KEYS[0], 1)))
    shapes = axir.eval_shape(lambda k: {"k": random.split(k, 3)}, KEY)
    assert shapes["k"].shape == (3,)


def test_differentiation_passes_keys_by():
    def loss(x, key):
        first, second = random.split(key)
        return x * random.normal(first) + random.uniform(second)

    value, slope = axir.value_and_grad(loss)(2.0, KEY)
    first, second = random.split(KEY)
    onp.testing.assert_allclose(slope, random.normal(first), rtol=1e-6)
    onp.testing.assert_allclose(value, 2 * random.normal(first) + random.uniform(second), rtol=1e-6)
    out, pullback = axir.vjp(lambda x: loss(x, KEY), 2.0)
    onp.testing.assert_allclose(pullback(np.ones_like(out))[0], slope)

    @axir.custom_jvp
    def noisy(key, x):
        return x * random.normal(key)

    @noisy.defjvp
    def rule(primals, tangents):
        (key, x), (_, dx) = primals, tangents
        return noisy(key, x), 3 * dx

    onp.testing.assert_allclose(axir.grad(noisy, 1)(KEY, 2.0), 3)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "uint64"])
def test_bits_equal_jaxs_for_every_width_and_shape(dtype):
    jax = pytest.importorskip("jax")
    with axir.enable_x64(), jax.enable_x64(True):
        for seed, shape in [(0, ()), (1, (1,)), (2, (7,)), (3, (2, 0)), (4, (3, 1, 5)), (2**40 + 1, (130,))]:
            theirs = jax.random.bits(jax.random.key(seed), shape, dtype)
            found = random.bits(random.key(seed), shape, dtype)
            assert found.dtype == theirs.dtype
            onp.testing.assert_array_equal(found, theirs)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: np.add(KEY, 1), TypeError, "key_data"),
        (lambda: KEY + 1, TypeError, "unsupported"),
        (lambda: onp.asarray(KEY), TypeError, "key_data"),
        (lambda: np.stack([KEY, 1.0]), TypeError, "do not mix"),
        (lambda: np.equal(KEY, 1), TypeError, "with keys only"),
        (lambda: KEYS.at[0].set(1), TypeError, "only keys"),
        (lambda: bool(KEY), TypeError, "truth value"),
        (lambda: len(KEY), TypeError, "single key"),
        (lambda: list(KEY), TypeError, "single key"),
        (lambda: KEY[0], IndexError, "axes"),
        (lambda: GRID.reshape(4), ValueError, "reshape"),
        (lambda: axir.vmap(lambda k: k)(KEY), ValueError, "shape"),
        (lambda: axir.vmap(lambda k: k, in_axes=1)(KEYS), ValueError, "shape"),
        (lambda: axir.vmap(lambda k: k, out_axes=1)(KEYS), ValueError, "1 axes"),
        (lambda: lax.scan(lambda c, k: (c, k), 0, KEY), ValueError, "single key"),
        (lambda: random.normal(KEYS), ValueError, "shape (6,)"),
        (lambda: random.split(KEYS), ValueError, "takes one key"),
        (lambda: random.wrap_key_data(np.zeros(2)), TypeError, "u32"),
        (lambda: random.wrap_key_data(np.zeros(3, "uint32")), TypeError, "u32"),
        (lambda: random.key(0, impl="rbg"), NotImplementedError, "threefry2x32"),
        (lambda: random.key_dtype("unsafe_rbg"), NotImplementedError, "threefry2x32"),
        (lambda: random.PRNGKey(0, impl="mersenne"), ValueError, "threefry2x32"),
        (lambda: random.key(0, impl="rbg", dtype="rbg"), ValueError, "not both"),
    ],
)
def test_bad_arguments(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)


def test_keys_are_shuffled_and_chosen() -> None:
    """In the order of the numbers below their count."""
    key, keys = axir.random.key(3), axir.random.split(axir.random.key(0), 6)
    words = onp.asarray(axir.random.key_data(keys))
    order = onp.asarray(axir.random.permutation(key, 6))
    onp.testing.assert_array_equal(axir.random.key_data(axir.random.permutation(key, keys)), words[order])
    found = axir.jit(lambda k, ks: axir.random.permutation(k, ks, axis=1))(key, keys.reshape(1, 6))
    onp.testing.assert_array_equal(axir.random.key_data(found), words[None, order])
    for options in ({}, {"replace": False}, {"p": onp.arange(6) / 15}):
        index = onp.asarray(axir.random.choice(key, 6, (2, 2), **options))
        found = axir.random.choice(key, keys, (2, 2), **options)
        onp.testing.assert_array_equal(axir.random.key_data(found), words[index])
    with pytest.raises(TypeError, match="one order"):
        axir.random.permutation(key, keys.reshape(2, 3), independent=True)
    with pytest.raises(IndexError, match="out of bounds"):
        axir.random.permutation(key, key)


def test_shapes_of_keys() -> None:
    key = axir.random.key(0)
    kind = axir.ShapeDtypeStruct((3,), key.dtype)
    assert repr(kind) == "ShapeDtypeStruct(shape=(3,), dtype=key<fry>)"
    assert kind == axir.eval_shape(lambda k: axir.random.split(k, 3), axir.ShapeDtypeStruct((), key.dtype))
    assert axir.eval_shape(axir.random.key, 0) == axir.ShapeDtypeStruct((), key.dtype)
    found = axir.eval_shape(lambda ks: axir.vmap(axir.random.normal)(ks), kind)
    assert found == axir.ShapeDtypeStruct((3,), "float32")
    assert axir.lax.stop_gradient(key) == key
