"""Whole programs, compiled and eager, each checked against an independent NumPy or SciPy computation."""

import numpy as onp
import pytest
import scipy.linalg
import scipy.optimize

import axir
import axir.numpy as np
from axir import random


def _data(seed, *shape):
    return onp.random.default_rng(seed).normal(size=shape).astype(onp.float32)


def test_mlp_learns_a_function():
    """Training lowers the loss below a threshold, and follows the same steps written out in NumPy."""
    x, w_true = _data(0, 64, 3), _data(1, 3)
    y = onp.tanh(x @ w_true)[:, None].astype(onp.float32)
    keys = random.split(random.key(0), 2)
    params = [
        (random.normal(keys[0], (3, 16)) * 0.5, np.zeros(16)),
        (random.normal(keys[1], (16, 1)) * 0.5, np.zeros(1)),
    ]

    def loss(params):
        (w1, b1), (w2, b2) = params
        return np.mean((np.tanh(x @ w1 + b1) @ w2 + b2 - y) ** 2)

    @axir.jit
    def step(params):
        value, gradient = axir.value_and_grad(loss)(params)
        return value, axir.tree.map(lambda p, g: p - 0.3 * g, params, gradient)

    (w1, b1), (w2, b2) = [tuple(onp.asarray(p, dtype=onp.float64) for p in layer) for layer in params]
    values = []
    for _ in range(300):
        value, params = step(params)
        values.append(float(value))
        hidden = onp.tanh(x @ w1 + b1)
        residual = 2 * (hidden @ w2 + b2 - y) / len(x)
        back = (residual @ w2.T) * (1 - hidden**2)
        w2, b2 = w2 - 0.3 * hidden.T @ residual, b2 - 0.3 * residual.sum(0)
        w1, b1 = w1 - 0.3 * x.T @ back, b1 - 0.3 * back.sum(0)
    assert values[-1] < 0.01 < values[0]
    onp.testing.assert_allclose(params[0][0], w1, rtol=1e-2, atol=1e-3)
    onp.testing.assert_allclose(params[1][1], b2, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("compiled", [False, True])
def test_logistic_regression_by_newton(compiled):
    """Newton's method with our gradient and Hessian meets SciPy's minimum."""
    x = _data(2, 80, 4)
    labels = (x @ [1.0, -2.0, 0.5, 0.0] + _data(3, 80) > 0).astype(onp.float32)

    def loss(w):
        z = x @ w
        return np.mean(np.log1p(np.exp(-np.abs(z))) + np.maximum(z, 0) - labels * z) + 0.05 * np.sum(w**2)

    gradient, hessian = axir.grad(loss), axir.hessian(loss)
    if compiled:
        gradient, hessian = axir.jit(gradient), axir.jit(hessian)
    w = np.zeros(4)
    for _ in range(8):
        w = w - onp.linalg.solve(onp.asarray(hessian(w)), onp.asarray(gradient(w))).astype(onp.float32)

    def reference(v):
        z = x.astype(onp.float64) @ v
        return onp.mean(onp.logaddexp(0, z) - labels * z) + 0.05 * onp.sum(v**2)

    expected = scipy.optimize.minimize(reference, onp.zeros(4), tol=1e-10).x
    onp.testing.assert_allclose(w, expected, atol=2e-4)


def test_linear_ode_by_runge_kutta_with_sensitivities():
    """RK4 over a linear system agrees with the matrix exponential, and so do its derivatives."""
    matrix = onp.array([[0.0, 1.0], [-2.0, -0.3]], onp.float32)

    def solve(start, steps=20, dt=0.05):
        for _ in range(steps):
            k1 = matrix @ start
            k2 = matrix @ (start + dt / 2 * k1)
            k3 = matrix @ (start + dt / 2 * k2)
            k4 = matrix @ (start + dt * k3)
            start = start + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return start

    start = np.array([1.0, 0.5])
    flow = scipy.linalg.expm(matrix.astype(onp.float64))
    onp.testing.assert_allclose(axir.jit(solve)(start), flow @ start, rtol=1e-4)
    for jacobian in (axir.jacfwd(solve), axir.jit(axir.jacrev(solve))):
        onp.testing.assert_allclose(jacobian(start), flow, rtol=1e-4, atol=1e-5)


def test_attention_block_and_its_gradient():
    """Softmax attention over a batch by vmap; the gradient agrees with central differences in NumPy."""
    q, k, v = (_data(seed, 3, 5, 4) for seed in (4, 5, 6))

    def one(q, k, v):
        scores = q @ k.T / np.sqrt(4.0)
        weights = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
        return weights / np.sum(weights, axis=-1, keepdims=True) @ v

    def reference(q, k, v):
        scores = onp.einsum("bik,bjk->bij", q, k) / 2.0
        weights = onp.exp(scores - scores.max(-1, keepdims=True))
        return onp.einsum("bij,bjk->bik", weights / weights.sum(-1, keepdims=True), v)

    attention = axir.jit(axir.vmap(one))
    onp.testing.assert_allclose(attention(q, k, v), reference(q, k, v), rtol=1e-5, atol=1e-6)
    gradient = axir.jit(axir.grad(lambda k: np.sum(axir.vmap(one)(q, k, v) ** 2)))(k)
    wide = [a.astype(onp.float64) for a in (q, k, v)]
    for index in [(0, 0, 0), (1, 3, 2), (2, 4, 3)]:
        step = onp.zeros_like(wide[1])
        step[index] = 1e-6
        ends = [onp.sum(reference(wide[0], wide[1] + s, wide[2]) ** 2) for s in (step, -step)]
        assert float(gradient[index]) == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-3, abs=1e-4)


def test_jacobi_iteration_of_the_heat_equation():
    """A stencil made of slices, compiled, against the same in NumPy."""
    start = _data(7, 16, 16)

    @axir.jit
    def sweep(u):
        inner = (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]) / 4
        return np.pad(inner, 1)

    ours, theirs = np.asarray(start), start
    for _ in range(10):
        ours = sweep(ours)
        inner = (theirs[:-2, 1:-1] + theirs[2:, 1:-1] + theirs[1:-1, :-2] + theirs[1:-1, 2:]) / 4
        theirs = onp.pad(inner, 1)
    onp.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
