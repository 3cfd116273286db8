"""Attention and initial weights of axir.nn, and its later activations: against NumPy written out, and JAX."""

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import nn, random
from axir.errors import DTypeError, ShapeError
from axir.nn import initializers

G = onp.random.default_rng(3)
Q = G.normal(size=(2, 3, 4, 8)).astype(onp.float32)
K = G.normal(size=(2, 5, 2, 8)).astype(onp.float32)
V = G.normal(size=(2, 5, 2, 8)).astype(onp.float32)
BIAS = G.normal(size=(1, 4, 3, 5)).astype(onp.float32)
MASK = G.random((2, 1, 3, 5)) < 0.6
QUERIES, KEYS = onp.array([1, 3], onp.int32), onp.array([4, 2], onp.int32)


def _attention(bias=0.0, mask=True, scale=8**-0.5, causal=False, queries=None, keys=None, window=None):
    """Attention as loops over batches and heads, in float64."""
    result = onp.zeros(Q.shape)
    row, column = onp.arange(3)[:, None], onp.arange(5)[None]
    for b in range(2):
        for h in range(4):
            scores = Q[b, :, h].astype(float) @ K[b, :, h // 2].T * scale
            scores = scores + onp.broadcast_to(bias, (2, 4, 3, 5))[b, h]
            allowed = onp.broadcast_to(mask, (2, 4, 3, 5))[b, h].copy()
            allowed &= (row >= column) | (not causal)
            if window is not None:
                allowed &= (row - window[0] <= column) & (column <= row + window[1])
            if queries is not None:
                allowed &= row < queries[b]
            if keys is not None:
                allowed &= column < keys[b]
            powers = onp.where(allowed, onp.exp(scores), 0)
            powers[~allowed.any(1)] = 1
            result[b, :, h] = powers / powers.sum(1, keepdims=True) @ V[b, :, h // 2]
            if queries is not None:
                result[b, queries[b] :, h] = 0
    return result


ATTENTION = [
    ({}, {}),
    ({"bias": BIAS}, {"bias": BIAS}),
    ({"bias": BIAS[0, :1], "scale": 0.5}, {"bias": BIAS[:, :1], "scale": 0.5}),
    ({"mask": MASK}, {"mask": MASK}),
    ({"is_causal": True, "mask": MASK, "bias": BIAS}, {"causal": True, "mask": MASK, "bias": BIAS}),
    ({"local_window_size": 1}, {"window": (1, 1)}),
    ({"local_window_size": (2, 0)}, {"window": (2, 0)}),
    ({"query_seq_lengths": QUERIES}, {"queries": QUERIES}),
    ({"key_value_seq_lengths": KEYS, "is_causal": True}, {"keys": KEYS, "causal": True}),
    ({"query_seq_lengths": QUERIES, "key_value_seq_lengths": KEYS}, {"queries": QUERIES, "keys": KEYS}),
]


@pytest.mark.parametrize(("given", "meant"), ATTENTION)
def test_attention(given, meant):
    found = nn.dot_product_attention(Q, K, V, **given)
    onp.testing.assert_allclose(found, _attention(**meant), rtol=2e-5, atol=2e-6)


def test_attention_compiled_mapped_and_differentiated():
    given = {"bias": BIAS, "is_causal": True, "implementation": "xla"}

    def loss(q, k, v):
        return np.sum(nn.dot_product_attention(q, k, v, **given) ** 2)

    eager = axir.grad(loss, (0, 1, 2))(Q, K, V)
    mapped = axir.vmap(lambda q: nn.dot_product_attention(q, K, V, **given))(np.stack([Q, -Q]))
    onp.testing.assert_allclose(mapped[0], nn.dot_product_attention(Q, K, V, **given), rtol=1e-5, atol=1e-6)
    for x, y in zip(axir.jit(axir.grad(loss, (0, 1, 2)))(Q, K, V), eager, strict=True):
        onp.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-5)
    small = 1e-2
    slope = (loss(Q + small * Q, K, V) - loss(Q - small * Q, K, V)) / (2 * small)
    onp.testing.assert_allclose(onp.sum(onp.asarray(eager[0]) * Q), slope, rtol=5e-3)


def test_attention_without_batches_and_residual():
    found, residual = nn.dot_product_attention(Q[0], K[0], V[0], return_residual=True)
    assert (found.shape, residual.shape) == ((3, 4, 8), (3, 4))
    onp.testing.assert_allclose(found, _attention()[0], rtol=2e-5, atol=2e-6)
    scores = onp.einsum("tgnh,sgh->tgns", Q[0].reshape(3, 2, 2, 8), K[0]) / onp.sqrt(8)
    wanted = onp.log(onp.exp(scores).sum(-1)).reshape(3, 4)
    onp.testing.assert_allclose(residual, wanted, rtol=2e-5, atol=2e-6)


def test_attention_in_half_precision():
    half = [x.astype(onp.float16) for x in (Q, K, V)]
    found = nn.dot_product_attention(*half)
    assert found.dtype == onp.float16
    onp.testing.assert_allclose(found, _attention(), atol=5e-3)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"key": K.astype(onp.float16)}, DTypeError),
        ({"key": K[:1]}, ShapeError),
        ({"query": Q[:, :, :3]}, ShapeError),
        ({"query": Q[None]}, ShapeError),
        ({"mask": MASK.astype(onp.int32)}, DTypeError),
        ({"bias": BIAS[:, :2]}, ShapeError),
        ({"query_seq_lengths": QUERIES.astype(onp.int8)}, ShapeError),
        ({"implementation": "cudnn"}, ValueError),
    ],
)
def test_attention_says_what_is_wrong(change, error):
    with pytest.raises(error, match="dot_product_attention: "):
        nn.dot_product_attention(**{"query": Q, "key": K, "value": V, **change})


X = onp.array([-3, -1, -0.5, 0, 0.25, 1, 40], onp.float32)


def test_later_activations():
    close = onp.testing.assert_allclose
    close(nn.identity(X), X)
    inside = onp.abs(X) < 1
    close(nn.sparse_plus(X), onp.where(inside, (X + 1) ** 2 / 4, onp.maximum(X, 0)))
    close(nn.sparse_sigmoid(X), onp.clip((X + 1) / 2, 0, 1))
    close(axir.vmap(axir.grad(nn.sparse_plus))(X), onp.clip((X + 1) / 2, 0, 1))
    assert nn.sparse_plus(onp.arange(3)).dtype == onp.float32


def test_log1mexp():
    positive = onp.array([1e-6, 0.3, 0.69, 0.7, 5, 50], onp.float32)
    exact = onp.log1p(-onp.exp(-positive.astype(float)))
    onp.testing.assert_allclose(nn.log1mexp(positive), exact, rtol=3e-6)
    with onp.errstate(all="ignore"):
        onp.testing.assert_array_equal(nn.log1mexp(onp.float32([0, onp.inf, -1])), [-onp.inf, 0, onp.nan])
    slopes = axir.jit(axir.vmap(axir.grad(nn.log1mexp)))(onp.float32([0.5, 0, onp.inf]))
    onp.testing.assert_allclose(slopes, [1 / onp.expm1(0.5), onp.inf, 0], rtol=1e-6)


def test_logmeanexp():
    m = onp.arange(6, dtype=onp.float32).reshape(2, 3)
    where = onp.array([True, False, True])
    onp.testing.assert_allclose(nn.logmeanexp(m), onp.log(onp.mean(onp.exp(m))), rtol=1e-6)
    found = nn.logmeanexp(m, axis=1, where=where, keepdims=True)
    onp.testing.assert_allclose(found[:, 0], onp.log(onp.exp(m[:, [0, 2]]).mean(1)), rtol=1e-6)


# The first three numbers of shape (4, 6) that JAX 0.10.2 gives for the key 7.
RECORDED = [
    (initializers.glorot_uniform(), [0.26969895, 0.73527336, -0.30543342]),
    (initializers.he_normal(), [0.3451493, 1.3463943, -0.39447173]),
    (initializers.lecun_normal(), [0.24405743, 0.9520446, -0.27893367]),
    (initializers.normal(0.5), [0.22561757, 0.97672546, -0.25811973]),
    (initializers.orthogonal(), [0.19409943, 0.26475683, -0.63557065]),
]


@pytest.mark.parametrize(("init", "wanted"), RECORDED)
def test_recorded_initial_weights(init, wanted):
    found = init(random.key(7), (4, 6))
    onp.testing.assert_allclose(found[0, :3], wanted, rtol=2e-6)


DISTRIBUTIONS = {
    "uniform": (initializers.uniform(2.0), 2 / onp.sqrt(12)),
    "normal": (initializers.normal(0.5), 0.5),
    "truncated_normal": (initializers.truncated_normal(0.5), 0.5 * 0.8796),
    "glorot_uniform": (initializers.glorot_uniform(), (2 / 100) ** 0.5),
    "xavier_normal": (initializers.xavier_normal(), (2 / 100) ** 0.5),
    "lecun_uniform": (initializers.lecun_uniform(), (1 / 60) ** 0.5),
    "lecun_normal": (initializers.lecun_normal(), (1 / 60) ** 0.5),
    "he_uniform": (initializers.he_uniform(), (2 / 60) ** 0.5),
    "kaiming_normal": (initializers.kaiming_normal(), (2 / 60) ** 0.5),
    "fan_out": (initializers.variance_scaling(1.0, "fan_out", "normal"), (1 / 40) ** 0.5),
    "geometric": (initializers.variance_scaling(1.0, "fan_geo_avg", "normal"), 2400**-0.25),
    "axes": (initializers.variance_scaling(1.0, "fan_in", "normal", in_axis=-1, out_axis=-2), 40**-0.5),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
@pytest.mark.parametrize("dtype", ["float32", "complex64"])
def test_spread_of_initial_weights(name, dtype):
    init, deviation = DISTRIBUTIONS[name]
    if dtype == "complex64" and name in ("uniform", "truncated_normal"):
        with pytest.raises(DTypeError, match="complex64"):
            init(random.key(1), (60, 40), dtype)
        return
    drawn = onp.asarray(init(random.key(1), (60, 40), dtype))
    assert (drawn.shape, drawn.dtype) == ((60, 40), dtype)
    onp.testing.assert_allclose(drawn.std(), deviation, rtol=0.05)


def test_constant_initial_weights():
    assert initializers.zeros(None, (2,), onp.int32).tolist() == [0, 0]
    assert initializers.ones(None, (2,)).dtype == onp.float32
    assert initializers.constant(3, onp.float16)(None, (2,)).dtype == onp.float16
    onp.testing.assert_array_equal(initializers.constant(onp.arange(2))(None, (2, 2)), [[0, 1], [0, 1]])


def test_initializers_are_recognised():
    assert isinstance(initializers.normal(), initializers.Initializer)
    assert isinstance(initializers.zeros, initializers.Initializer)


@pytest.mark.parametrize(
    ("shape", "column_axis"), [((4, 6), -1), ((3, 5, 2), 0), ((6, 4), 1), ((2, 3, 4), -2)]
)
def test_orthogonal(shape, column_axis):
    found = onp.asarray(initializers.orthogonal(2.0, column_axis)(random.key(0), shape))
    assert (found.shape, found.dtype) == (shape, onp.float32)
    m = onp.moveaxis(found, column_axis, -1).reshape(-1, shape[column_axis])
    product = m @ m.T if m.shape[0] < m.shape[1] else m.T @ m
    onp.testing.assert_allclose(product, 4 * onp.eye(min(m.shape)), atol=1e-5)


@pytest.mark.parametrize("shape", [(3, 2, 4), (4, 3, 2, 4), (3, 3, 3, 2, 2)])
def test_delta_orthogonal(shape):
    found = onp.asarray(initializers.delta_orthogonal()(random.key(0), shape))
    middle = tuple((n - 1) // 2 for n in shape[:-2])
    m = found[middle]
    onp.testing.assert_allclose(m @ m.T, onp.eye(shape[-2]), atol=1e-5)
    assert onp.count_nonzero(found) == onp.count_nonzero(m)


@pytest.mark.parametrize(
    ("init", "shape", "error"),
    [
        (initializers.glorot_normal(), (3,), ShapeError),
        (initializers.glorot_normal(in_axis=-4), (2, 3), IndexError),
        (initializers.glorot_normal(), (0, 3), ZeroDivisionError),
        (initializers.variance_scaling(1.0, "fan", "normal"), (2, 3), ValueError),
        (initializers.variance_scaling(1.0, "fan_in", "laplace"), (2, 3), ValueError),
        (initializers.normal(dtype=onp.int32), (2, 3), ValueError),
        (initializers.orthogonal(), (3,), ShapeError),
        (initializers.delta_orthogonal(), (2, 3), ShapeError),
        (initializers.delta_orthogonal(), (3, 3, 2), ShapeError),
    ],
)
def test_initializers_say_what_is_wrong(init, shape, error):
    with pytest.raises(error):
        init(random.key(0), shape)


def test_initializers_refuse_devices():
    with pytest.raises(NotImplementedError, match="out_sharding"):
        initializers.ones(None, (2,), None, "x")


def _of_all(initializers, dtype):
    """A few initializers of each kind, of axir or JAX."""
    i = initializers
    real = [
        i.uniform(0.3),
        i.truncated_normal(0.2, lower=-1.0),
        i.orthogonal(0.5),
        i.orthogonal(column_axis=0),
    ]
    variances = [
        i.variance_scaling(1.5, mode, kind)
        for mode in ("fan_in", "fan_geo_avg")
        for kind in ("normal", "uniform", "truncated_normal")
    ]
    given = [*variances, i.normal(), i.glorot_normal(-1, -2), i.he_uniform()]
    return [*given, *real] if dtype == "float32" else given


@pytest.mark.parametrize("dtype", ["float32", "complex64"])
def test_initializers_agree_with_jax(dtype):
    jax = pytest.importorskip("jax")
    ours, theirs = _of_all(initializers, dtype), _of_all(jax.nn.initializers, dtype)
    for init, reference in zip(ours, theirs, strict=True):
        for shape in ((4, 6), (2, 5, 3)):
            wanted = reference(jax.random.key(7), shape, dtype)
            onp.testing.assert_allclose(init(random.key(7), shape, dtype), wanted, rtol=1e-5, atol=1e-6)
    wanted = jax.nn.initializers.delta_orthogonal()(jax.random.key(7), (3, 2, 4))
    found = initializers.delta_orthogonal()(random.key(7), (3, 2, 4))
    onp.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("given", [given for given, _ in ATTENTION])
def test_attention_agrees_with_jax(given):
    jax = pytest.importorskip("jax")
    found = nn.dot_product_attention(Q, K, V, **given, return_residual=True)
    for x, y in zip(found, jax.nn.dot_product_attention(Q, K, V, **given, return_residual=True), strict=True):
        onp.testing.assert_allclose(x, y, rtol=2e-5, atol=2e-6)
