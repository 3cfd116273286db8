"""Programs with convolutions: a step of training a small network, and a heat equation."""

import numpy as onp

import axir
import axir.numpy as np
from axir import lax, nn

LAYOUT = ("NHWC", "HWIO", "NHWC")
RNG = onp.random.default_rng(11)


def _draw(*shape):
    return RNG.standard_normal(shape)


def _network(params, x):
    """Strided convolution, maximum pooling, grouped convolution, mean pooling, dense layer."""
    w1, b1, w2, w3 = params
    x = lax.conv_general_dilated(x, w1, (2, 2), "SAME", dimension_numbers=LAYOUT)
    x = nn.relu(x + b1)
    x = lax.reduce_window(x, -np.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "SAME")
    x = lax.conv_general_dilated(x, w2, (1, 1), "VALID", dimension_numbers=LAYOUT, feature_group_count=2)
    x = np.tanh(x)
    x = lax.reduce_window(x, 0.0, lax.add, (1, 2, 2, 1), (1, 1, 1, 1), "VALID") / 4
    return x.reshape(x.shape[0], -1) @ w3


def _loss(params, x, labels):
    logits = _network(params, x)
    return -np.mean(np.sum(labels * nn.log_softmax(logits), -1))


def _windows(x, size, stride):
    view = onp.lib.stride_tricks.sliding_window_view(x, size, (1, 2))
    return view[:, ::stride, ::stride]


def _reference(params, x, labels):
    """The loss in float64, by NumPy."""
    w1, b1, w2, w3 = params
    x = onp.pad(x, [(0, 0), (0, 1), (0, 1), (0, 0)])
    x = onp.einsum("nhwcij,ijcf->nhwf", _windows(x, (3, 3), 2), w1)
    x = onp.maximum(x + b1, 0)
    x = onp.pad(x, [(0, 0), (0, 1), (0, 1), (0, 0)], constant_values=-onp.inf)
    x = _windows(x, (3, 3), 2).max((-1, -2))
    seen, half = _windows(x, (2, 2), 1), x.shape[-1] // 2
    parts = [(seen[..., :half, :, :], w2[..., :2]), (seen[..., half:, :, :], w2[..., 2:])]
    x = onp.concatenate([onp.einsum("nhwcij,ijcf->nhwf", a, b) for a, b in parts], -1)
    x = _windows(onp.tanh(x), (2, 2), 1).mean((-1, -2))
    logits = x.reshape(len(x), -1) @ w3
    logits = logits - logits.max(-1, keepdims=True)
    return -onp.mean(onp.sum(labels * (logits - onp.log(onp.exp(logits).sum(-1, keepdims=True))), -1))


def test_training_step_of_a_convolutional_network():
    """Loss, and its slope along random directions in each parameter, against float64 differences in NumPy."""
    x = _draw(4, 16, 16, 3)
    labels = onp.eye(5)[[0, 3, 1, 4]]
    params = [_draw(3, 3, 3, 6) * 0.3, _draw(6) * 0.1, _draw(2, 2, 3, 4) * 0.4, _draw(16, 5)]
    single = [np.array(p.astype("float32")) for p in params]
    images = np.array(x.astype("float32"))

    @axir.jit
    def step(params, images):
        value, gradient = axir.value_and_grad(_loss)(params, images, np.array(labels, "float32"))
        return value, gradient, [p - 0.1 * g for p, g in zip(params, gradient, strict=True)]

    value, gradient, updated = step(single, images)
    onp.testing.assert_allclose(value, _reference(params, x, labels), rtol=1e-5)
    for i, g in enumerate(gradient):
        direction = _draw(*params[i].shape)

        def moved(s, i=i, direction=direction):
            return _reference([p + s * direction if j == i else p for j, p in enumerate(params)], x, labels)

        slope = (moved(1e-6) - moved(-1e-6)) / 2e-6
        onp.testing.assert_allclose(onp.sum(onp.asarray(g) * direction), slope, rtol=2e-4, atol=2e-5)
    assert float(step(updated, images)[0]) < float(value)
    eager = axir.grad(_loss)(single, images, np.array(labels, "float32"))
    for g, e in zip(gradient, eager, strict=True):
        onp.testing.assert_allclose(g, e, rtol=1e-3, atol=1e-5)


def test_heat_equation_by_convolution():
    """Explicit steps with the five-point stencil on a periodic grid, and their derivative by the initial state."""
    stencil = onp.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], "float32") * 0.2
    start = _draw(12, 10).astype("float32")

    def advance(u):
        for _ in range(8):
            around = np.pad(u, 1, mode="wrap")
            u = u + lax.conv(around[None, None], np.array(stencil[None, None]), (1, 1), "VALID")[0, 0]
        return u

    def advance_by_rolling(u):
        for _ in range(8):
            neighbours = sum(onp.roll(u, shift, axis) for shift in (1, -1) for axis in (0, 1))
            u = u + 0.2 * (neighbours - 4 * u)
        return u

    found = axir.jit(advance)(np.array(start))
    onp.testing.assert_allclose(found, advance_by_rolling(start.astype("float64")), rtol=1e-4, atol=1e-5)
    # The stencil is symmetric, and so is the whole map.
    ct = _draw(12, 10).astype("float32")
    back = axir.jit(lambda u, ct: axir.vjp(advance, u)[1](ct)[0])(np.array(start), np.array(ct))
    onp.testing.assert_allclose(back, advance_by_rolling(ct.astype("float64")), rtol=1e-4, atol=1e-5)
