"""A Gaussian process and a Kalman update, written as in textbooks, against NumPy."""

import numpy as onp

import axir
import axir.numpy as np
import axir.scipy.linalg as asl

X = onp.linspace(0, 4, 30)
Y = onp.sin(2 * X) + 0.1 * onp.cos(31 * X)


def marginal_likelihood(parameters):
    """Log density of the observations (C. E. Rasmussen, C. K. I. Williams, 2006, algorithm 2.1)."""
    length, scale, noise = np.exp(parameters)
    squares = (np.asarray(X)[:, None] - np.asarray(X)[None, :]) ** 2
    covariance = scale * np.exp(-0.5 * squares / length**2) + noise * np.eye(len(X))
    factor = np.linalg.cholesky(covariance)
    half = asl.solve_triangular(factor, np.asarray(Y), lower=True)
    return -0.5 * np.sum(half**2) - np.sum(np.log(np.diagonal(factor))) - len(X) / 2 * onp.log(2 * onp.pi)


def reference(parameters):
    length, scale, noise = onp.exp(parameters)
    squares = (X[:, None] - X[None, :]) ** 2
    covariance = scale * onp.exp(-0.5 * squares / length**2) + noise * onp.eye(len(X))
    _, size = onp.linalg.slogdet(covariance)
    return -0.5 * (Y @ onp.linalg.solve(covariance, Y) + size + len(X) * onp.log(2 * onp.pi))


def test_marginal_likelihood_and_its_gradient():
    start = onp.array([-0.3, 0.1, -2.0])
    with axir.enable_x64(True):
        value, gradient = axir.jit(axir.value_and_grad(marginal_likelihood))(start)
        eager = axir.grad(marginal_likelihood)(start)
    steps = 1e-6 * onp.eye(3)
    differences = [(reference(start + s) - reference(start - s)) / 2e-6 for s in steps]
    onp.testing.assert_allclose(value, reference(start), rtol=1e-10)
    onp.testing.assert_allclose(gradient, differences, rtol=1e-6)
    onp.testing.assert_allclose(eager, gradient, rtol=1e-9)


def test_kalman_updates_for_many_states():
    """The gain of each of a batch of filters by one compiled solve; the posterior covariance stays symmetric."""
    rng = onp.random.default_rng(0)
    root = rng.standard_normal((6, 4, 4))
    prior = root @ root.swapaxes(1, 2) + onp.eye(4)
    observe, noise = rng.standard_normal((2, 4)), 0.5 * onp.eye(2)

    def update(p):
        gain = np.linalg.solve(observe @ p @ observe.T + noise, observe @ p).T
        return p - gain @ observe @ p

    with axir.enable_x64(True):
        found = onp.asarray(axir.jit(axir.vmap(update))(prior))
    # The inverse of the posterior covariance is the sum of information.
    expected = onp.linalg.inv(onp.linalg.inv(prior) + observe.T @ onp.linalg.inv(noise) @ observe)
    onp.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)
    onp.testing.assert_allclose(found, found.swapaxes(1, 2), atol=1e-12)
