"""Whole programs as people write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from bench.cases import Case, floats, labels

__all__ = ["cases"]


def cases() -> Iterator[Case]:
    """All programs of the suite."""
    yield from _classifiers()
    yield from _transformer()
    yield Case("GP likelihood and gradient, 256 points", _gaussian_process, _gp_data(256), tolerance=1e-2)
    times, start = np.linspace(0, 2, 51, dtype=np.float32), np.array([0.5, 0.2], np.float32)
    yield Case("fit of an ODE, loss and gradient", _ode_fit, (start, times, floats(51, 2)), tolerance=1e-2)
    yield Case(
        "k-means, 10 rounds, 10,000 points", _k_means, (floats(10_000, 8), floats(16, 8)), tolerance=None
    )
    yield Case("Jacobi stencil 512x512, 100 steps", _jacobi, (floats(512, 512),))
    yield Case("10,000 Newton solvers", _solvers, (np.abs(floats(10_000, 2)) + 1,), tolerance=1e-2)


def _descended(lib: Any, loss: Callable[..., Any], params: Any, *data: Any) -> Any:
    value, slope = lib.value_and_grad(loss)(params, *data)
    return value, lib.tree_util.tree_map(lambda p, g: p - 0.01 * g, params, slope)


def _cross_entropy(lib: Any, scores: Any, y: Any) -> Any:
    logs = lib.nn.log_softmax(scores)
    return -lib.numpy.mean(lib.numpy.take_along_axis(logs, y[:, None], axis=1))


def _mlp_step(lib: Any, params: Any, x: Any, y: Any) -> Any:
    def loss(params: Any, x: Any, y: Any) -> Any:
        for w, b in params[:-1]:
            x = lib.nn.relu(x @ w + b)
        w, b = params[-1]
        return _cross_entropy(lib, x @ w + b, y)

    return _descended(lib, loss, params, x, y)


def _cnn_step(lib: Any, params: Any, x: Any, y: Any) -> Any:
    def convolved(x: Any, w: Any) -> Any:
        x = lib.nn.relu(
            lib.lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        )
        return lib.lax.reduce_window(x, -np.inf, lib.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    def loss(params: Any, x: Any, y: Any) -> Any:
        first, second, w, b = params
        x = convolved(convolved(x, first), second)
        return _cross_entropy(lib, x.reshape(x.shape[0], -1) @ w + b, y)

    return _descended(lib, loss, params, x, y)


def _classifiers() -> Iterator[Case]:
    sizes = (784, 512, 512, 10)
    layers = [(floats(m, n) / m**0.5, np.zeros(n, np.float32)) for m, n in pairwise(sizes)]
    yield Case("MLP step 784-512-512-10, batch 128", _mlp_step, (layers, floats(128, 784), labels(128, 10)))
    params = (floats(3, 3, 1, 16) / 3, floats(3, 3, 16, 32) / 12, floats(7 * 7 * 32, 10) / 40, floats(10))
    yield Case("CNN step 28x28, batch 32", _cnn_step, (params, floats(32, 28, 28, 1), labels(32, 10)))


def _transformer_step(lib: Any, params: Any, x: Any, y: Any) -> Any:
    def normed(x: Any, scale: Any) -> Any:
        mean = lib.numpy.mean(x, -1, keepdims=True)
        return (x - mean) * lib.lax.rsqrt(lib.numpy.var(x, -1, keepdims=True) + 1e-5) * scale

    def loss(p: Any, x: Any, y: Any) -> Any:
        b, t, d = x.shape
        q, k, v = (normed(x, p["n1"]) @ p[w] for w in ("q", "k", "v"))
        q, k, v = (a.reshape(b, t, 4, d // 4) for a in (q, k, v))
        x = x + lib.nn.dot_product_attention(q, k, v, is_causal=True).reshape(b, t, d) @ p["o"]
        x = x + lib.nn.gelu(normed(x, p["n2"]) @ p["up"]) @ p["down"]
        return lib.numpy.mean((x - y) ** 2)

    return _descended(lib, loss, params, x, y)


def _transformer() -> Iterator[Case]:
    d = 256
    params = {name: floats(d, d) / 16 for name in ("q", "k", "v", "o")}
    params |= {"up": floats(d, 4 * d) / 16, "down": floats(4 * d, d) / 32}
    params |= {"n1": np.ones(d, np.float32), "n2": np.ones(d, np.float32)}
    data = (floats(8, 128, d), floats(8, 128, d))
    yield Case("transformer block step, 8x128x256", _transformer_step, (params, *data))


def _gp_data(points: int) -> tuple[Any, ...]:
    x = np.sort(floats(points))
    return np.zeros(3, np.float32), x, np.sin(3 * x)


def _gaussian_process(lib: Any, logs: Any, x: Any, y: Any) -> Any:
    def loss(logs: Any, x: Any, y: Any) -> Any:
        scale, width, noise = lib.numpy.exp(logs)
        distance = (x[:, None] - x[None, :]) / width
        kernel = scale * lib.numpy.exp(-0.5 * distance**2) + (noise + 1e-3) * lib.numpy.eye(x.shape[0])
        factor = lib.numpy.linalg.cholesky(kernel)
        white = lib.scipy.linalg.solve_triangular(factor, y, lower=True)
        return 0.5 * white @ white + lib.numpy.sum(lib.numpy.log(lib.numpy.diagonal(factor)))

    return lib.value_and_grad(loss)(logs, x, y)


def _ode_fit(lib: Any, rates: Any, times: Any, observed: Any) -> Any:
    def loss(rates: Any) -> Any:
        def flow(s: Any) -> Any:
            x, y = s[0], s[1]
            return lib.numpy.stack([rates[0] * x - x * y, x * y - rates[1] * y])

        def step(s: Any, h: Any) -> Any:
            for _ in range(10):
                middle = s + h / 20 * flow(s)
                s = s + h / 10 * flow(middle)
            return s, s

        start = lib.numpy.ones(2, dtype="float32")
        path = lib.lax.scan(step, start, lib.numpy.diff(times, prepend=times[:1]))[1]
        return lib.numpy.mean((path - observed) ** 2)

    return lib.value_and_grad(loss)(rates)


def _k_means(lib: Any, points: Any, centers: Any) -> Any:
    def step(_: Any, centers: Any) -> Any:
        square = lib.numpy.sum(centers**2, axis=1) - 2 * points @ centers.T
        nearest = lib.numpy.argmin(square, axis=1)
        totals = lib.ops.segment_sum(points, nearest, num_segments=16)
        sizes = lib.ops.segment_sum(lib.numpy.ones(points.shape[0]), nearest, num_segments=16)
        return totals / lib.numpy.maximum(sizes, 1)[:, None]

    return lib.lax.fori_loop(0, 10, step, centers)


def _jacobi(lib: Any, grid: Any) -> Any:
    def step(_: Any, u: Any) -> Any:
        inside = 0.25 * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:])
        return u.at[1:-1, 1:-1].set(inside)

    return lib.lax.fori_loop(0, 100, step, grid)


def _solvers(lib: Any, goals: Any) -> Any:
    def residual(z: Any, goal: Any) -> Any:
        waves = 0.3 * lib.numpy.stack([lib.numpy.sin(z[1]), lib.numpy.cos(z[0])])
        return z + waves - goal

    def solve(goal: Any) -> Any:
        def step(state: Any) -> Any:
            z, count = state
            slope = lib.jacfwd(residual)(z, goal)
            return z - lib.numpy.linalg.solve(slope, residual(z, goal)), count + 1

        def unfinished(state: Any) -> Any:
            return (lib.numpy.max(lib.numpy.abs(residual(state[0], goal))) > 1e-3) & (state[1] < 50)

        return lib.lax.while_loop(unfinished, step, (goal, 0))[0]

    return lib.vmap(solve)(goals)
