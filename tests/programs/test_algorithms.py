"""Algorithms made of loops, compiled, each against NumPy, SciPy or a formula; in float64 unless said otherwise."""

import numpy as onp
import pytest
import scipy.integrate

import axir
import axir.numpy as np
from axir import lax, random


@pytest.fixture(autouse=True)
def _float64():
    with axir.enable_x64(True):
        yield


def data(seed, *shape):
    return onp.random.default_rng(seed).normal(size=shape)


def test_gru_and_its_gradient():
    """A gated recurrent unit by scan: Cho et al. 2014, eq. 5 to 8."""
    hidden, inputs = 4, 3
    params = {k: 0.5 * data(n, hidden, hidden + inputs) for n, k in enumerate("rzn")}
    xs, target = data(3, 6, inputs), data(4, hidden)

    def loss(lib, loop, params):
        logistic = lambda a: 1 / (1 + lib.exp(-a))  # noqa: E731

        def cell(h, x):
            both = lib.concatenate([h, x])
            reset, update = logistic(params["r"] @ both), logistic(params["z"] @ both)
            new = lib.tanh(params["n"] @ lib.concatenate([reset * h, x]))
            return update * h + (1 - update) * new, h

        last, states = loop(cell, lib.zeros(hidden), xs)
        return lib.sum((last - target) ** 2) + lib.mean(states**2)

    def python_loop(cell, h, xs):
        states = []
        for x in xs:
            h, y = cell(h, x)
            states.append(y)
        return h, onp.stack(states)

    value, gradient = axir.jit(axir.value_and_grad(lambda p: loss(np, lax.scan, p)))(params)
    assert float(value) == pytest.approx(loss(onp, python_loop, params), rel=1e-12)
    for key, index in [("r", (0, 1)), ("z", (2, 6)), ("n", (3, 0))]:
        ends = []
        for h in (1e-6, -1e-6):
            moved = {k: p.copy() for k, p in params.items()}
            moved[key][index] += h
            ends.append(loss(onp, python_loop, moved))
        assert float(gradient[key][index]) == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6)


def predator_prey(t, y, p):
    """Lotka and Volterra's equations; ``y`` may be a pair of arrays of axir or of NumPy."""
    return p[0] * y[0] - p[1] * y[0] * y[1], p[2] * y[0] * y[1] - p[3] * y[1]


PARAMETERS = onp.array([1.1, 0.4, 0.1, 0.4])
START = onp.array([2.0, 1.0])


def reference_solution(p, end):
    rule = lambda t, y: onp.stack(predator_prey(t, y, p))  # noqa: E731
    return scipy.integrate.solve_ivp(rule, (0, end), START, method="DOP853", rtol=1e-12, atol=1e-12).y[:, -1]


def reference_sensitivity(k, end):
    ends = []
    for h in (1e-4, -1e-4):
        moved = PARAMETERS.copy()
        moved[k] += h
        ends.append(reference_solution(moved, end))
    return (ends[0] - ends[1]) / 2e-4


def test_runge_kutta_forwards_and_backwards():
    """400 steps of the classical method: values, and the gradient of the end with respect to the parameters."""
    steps, end = 400, 4.0

    def solve(p):
        rule = lambda y: np.stack(predator_prey(0.0, y, p))  # noqa: E731
        h = end / steps

        def step(_, y):
            k1 = rule(y)
            k2 = rule(y + h / 2 * k1)
            k3 = rule(y + h / 2 * k2)
            k4 = rule(y + h * k3)
            return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)

        return lax.fori_loop(0, steps, step, np.asarray(START))

    (value, prey), gradient = axir.jit(
        axir.value_and_grad(lambda p: (solve(p)[1], solve(p)[0]), has_aux=True)
    )(PARAMETERS)
    onp.testing.assert_allclose([prey, value], reference_solution(PARAMETERS, end), rtol=1e-8)
    for k in (0, 3):
        assert float(gradient[k]) == pytest.approx(reference_sensitivity(k, end)[1], rel=1e-5)


# Dormand and Prince 1980, Table 2: RK5(4)7M.
STAGES = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)


def test_adaptive_steps_with_sensitivities():
    """Dormand and Prince's method with step size control, a loop of unknown length, in forward mode."""
    end, tolerance = 6.0, 1e-9

    def combined(weights, slopes):
        return sum(w * k for w, k in zip(weights, slopes, strict=True) if w)

    def solve(p):
        rule = lambda y: np.stack(predator_prey(0.0, y, p))  # noqa: E731

        def step(state):
            t, h, y, count = state
            h = np.minimum(h, end - t)
            slopes = [rule(y)]
            for row in STAGES:
                slopes.append(rule(y + h * combined(row, slopes)))
            new = y + h * combined(STAGES[-1], slopes[:-1])
            scale = tolerance * (1 + np.abs(y))
            # How steps are chosen must not be differentiated: the solution does not depend on it.
            error = lax.stop_gradient(np.max(np.abs(h * combined(ERROR, slopes)) / scale))
            good = error <= 1
            factor = np.clip(0.9 * error ** (-0.2), 0.2, 5.0)
            return np.where(good, t + h, t), h * factor, np.where(good, new, y), count + 1

        start = (np.asarray(0.0), np.asarray(0.1), np.asarray(START), 0)
        return lax.while_loop(lambda s: (s[0] < end) & (s[3] < 1000), step, start)

    def both(p):
        t, _, y, count = solve(p)
        return (t, y, count), axir.jacfwd(lambda p: solve(p)[2])(p)

    (t, y, count), jacobian = axir.jit(both)(PARAMETERS)
    assert float(t) == end and 20 < int(count) < 500
    onp.testing.assert_allclose(y, reference_solution(PARAMETERS, end), rtol=1e-7)
    for k in range(4):
        onp.testing.assert_allclose(jacobian[:, k], reference_sensitivity(k, end), rtol=2e-5)


def test_newton_with_an_implicit_derivative():
    """``x = tanh(w x) + b`` by Newton's method in a while loop; its derivative by the implicit function theorem."""
    w, b = 0.4 * data(0, 3, 3), data(1, 3)
    residual = lambda x, w, b: x - np.tanh(w @ x) - b  # noqa: E731

    @axir.custom_vjp
    def solve(w, b):
        def step(state):
            x, _ = state
            dx = np.linalg.solve(axir.jacfwd(residual)(x, w, b), residual(x, w, b))
            return x - dx, np.max(np.abs(dx))

        return lax.while_loop(lambda s: s[1] > 1e-12, step, (b, np.asarray(1.0)))[0]

    def forward(w, b):
        x = solve(w, b)
        return x, (x, w, b)

    def backward(kept, ct):
        x, w, b = kept
        adjoint = np.linalg.solve(axir.jacfwd(residual)(x, w, b).T, ct)
        return axir.vjp(lambda w, b: -residual(x, w, b), w, b)[1](adjoint)

    solve.defvjp(forward, backward)
    weights = data(2, 3)
    x, (dw, db) = axir.jit(
        lambda w, b: (solve(w, b), axir.grad(lambda *a: weights @ solve(*a), (0, 1))(w, b))
    )(w, b)
    x = onp.asarray(x)
    onp.testing.assert_allclose(x, onp.tanh(w @ x) + b, rtol=1e-12)
    slope = 1 - onp.tanh(w @ x) ** 2
    adjoint = onp.linalg.solve((onp.eye(3) - slope[:, None] * w).T, weights)
    onp.testing.assert_allclose(db, adjoint, rtol=1e-10)
    onp.testing.assert_allclose(dw, onp.outer(adjoint * slope, x), rtol=1e-10)


def test_hamiltonian_monte_carlo():
    """Samples of a Gaussian have its moments: Duane et al. 1987, leapfrog steps within steps of a chain."""
    covariance = onp.array([[1.0, 0.6], [0.6, 2.0]])
    precision, mean = onp.linalg.inv(covariance), onp.array([1.0, -0.5])
    potential = lambda q: 0.5 * (q - mean) @ precision @ (q - mean)  # noqa: E731

    def transition(q, key):
        keys = random.split(key)
        p0 = random.normal(keys[0], (2,), "float64")

        def leap(_, qp):
            q, p = qp
            p = p - 0.15 * axir.grad(potential)(q)
            q = q + 0.3 * p
            return q, p - 0.15 * axir.grad(potential)(q)

        new, p = lax.fori_loop(0, 5, leap, (q, p0))
        change = potential(q) + p0 @ p0 / 2 - potential(new) - p @ p / 2
        accepted = np.log(random.uniform(keys[1], (), "float64")) < change
        return np.where(accepted, new, q), (np.where(accepted, new, q), accepted)

    @axir.jit
    def chains(key):
        def run(key):
            return lax.scan(transition, np.zeros(2), random.split(key, 250))[1]

        return axir.vmap(run)(random.split(key, 40))

    samples, accepted = chains(random.key(3))
    samples = onp.asarray(samples)[:, 20:].reshape(-1, 2)
    assert 0.8 < onp.mean(onp.asarray(accepted)) < 1.0
    onp.testing.assert_allclose(samples.mean(0), mean, atol=0.08)
    onp.testing.assert_allclose(onp.cov(samples.T), covariance, atol=0.15)


def test_kalman_filter():
    """Filtered means and the likelihood of a moving point, and the derivative of the latter by the noise."""
    move, see = onp.array([[1.0, 0.1], [0.0, 1.0]]), onp.array([[1.0, 0.0]])
    noise, seen = 0.01 * onp.eye(2), data(5, 30, 1).cumsum(0)

    def filtered(lib, loop, spread):
        def step(state, y):
            m, p = move @ state[0], move @ state[1] @ move.T + noise
            s = (see @ p @ see.T)[0, 0] + spread
            gain = (p @ see.T)[:, 0] / s
            off = y[0] - (see @ m)[0]
            m, p = m + gain * off, p - lib.outer(gain, gain) * s
            return (m, p), (m, -0.5 * (off**2 / s + lib.log(2 * onp.pi * s)))

        _, (means, logs) = loop(step, (lib.zeros(2), lib.eye(2)), seen)
        return lib.sum(logs), means

    def python_loop(step, state, ys):
        rows = []
        for y in ys:
            state, row = step(state, y)
            rows.append(row)
        return state, [onp.stack(column) for column in zip(*rows, strict=True)]

    run = axir.jit(axir.value_and_grad(lambda r: filtered(np, lax.scan, r), has_aux=True))
    (likelihood, means), slope = run(0.5)
    expected = filtered(onp, python_loop, 0.5)
    assert float(likelihood) == pytest.approx(expected[0], rel=1e-10)
    onp.testing.assert_allclose(means, expected[1], rtol=1e-9, atol=1e-12)
    ends = [filtered(onp, python_loop, 0.5 + h)[0] for h in (1e-6, -1e-6)]
    assert float(slope) == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5)


def test_conjugate_gradients():
    """Hestenes and Stiefel 1952, over a batch of right sides of which each needs its own number of steps."""
    root = data(6, 8, 8)
    matrix, sides = root @ root.T + 2 * onp.eye(8), data(7, 3, 8)
    sides[1] = onp.linalg.eigh(matrix)[1][:, 2]

    def solve(b):
        def step(state):
            x, r, p, k = state
            ap = matrix @ p
            alpha = (r @ r) / (p @ ap)
            new = r - alpha * ap
            return x + alpha * p, new, new + (new @ new) / (r @ r) * p, k + 1

        x, _, _, k = lax.while_loop(lambda s: s[1] @ s[1] > 1e-18, step, (np.zeros(8), b, b, 0))
        return x, k

    found, counts = axir.jit(axir.vmap(solve))(sides)
    onp.testing.assert_allclose(found, onp.linalg.solve(matrix, sides.T).T, rtol=1e-7, atol=1e-9)
    counts = onp.asarray(counts)
    assert counts[1] == 1 and 6 <= counts[0] <= 12


def test_k_means():
    """Lloyd's algorithm with segment sums by scatter, until nothing moves; float32."""
    rng = onp.random.default_rng(8)
    centers = onp.array([[0, 0], [4, 0], [0, 4]], onp.float32)
    points = onp.concatenate([c + rng.normal(size=(20, 2)) for c in centers]).astype(onp.float32)

    def assigned(lib, means):
        return lib.argmin(lib.sum((points[:, None] - means[None]) ** 2, -1), -1)

    @axir.jit
    def cluster(means):
        def step(state):
            means, _ = state
            label = assigned(np, means)
            sums = np.zeros((3, 2), "float32").at[label].add(points)
            new = sums / np.zeros(3, "float32").at[label].add(1)[:, None]
            return new, np.max(np.abs(new - means))

        means, _ = lax.while_loop(lambda s: s[1] > 0, step, (means, np.asarray(1.0, "float32")))
        return means, assigned(np, means)

    means = points[[0, 1, 59]]
    found, labels = cluster(means)
    for _ in range(50):
        expected = assigned(onp, means)
        means = onp.stack([points[expected == k].mean(0) for k in range(3)])
    onp.testing.assert_array_equal(labels, expected)
    onp.testing.assert_allclose(found, means, rtol=1e-5, atol=1e-6)


def test_training_within_one_loop():
    """Gradient descent with momentum as a scan, the gradient taken inside: the same as in NumPy."""
    x, w = data(9, 32, 4), data(10, 4)
    y = x @ w + 0.01 * data(11, 32)

    @axir.jit
    def train(start):
        def step(state, _):
            w, speed = state
            value, gradient = axir.value_and_grad(lambda w: np.mean((x @ w - y) ** 2))(w)
            speed = 0.8 * speed - 0.05 * gradient
            return (w + speed, speed), value

        return lax.scan(step, (start, np.zeros(4)), None, 200)

    (found, _), losses = train(onp.zeros(4))
    at, speed = onp.zeros(4), onp.zeros(4)
    for _ in range(200):
        speed = 0.8 * speed - 0.05 * 2 * x.T @ (x @ at - y) / 32
        at = at + speed
    onp.testing.assert_allclose(found, at, rtol=1e-10)
    onp.testing.assert_allclose(found, onp.linalg.lstsq(x, y, rcond=None)[0], rtol=1e-4)
    assert float(losses[-1]) < 2e-4 < float(losses[0])


def test_wave_on_a_string():
    """Leapfrog for the wave equation, fixed ends, with the magic time step: exact at the grid points."""
    n = 32
    grid = onp.linspace(0, 1, n + 1)
    start = onp.sin(onp.pi * grid) + 0.5 * onp.sin(3 * onp.pi * grid)

    @axir.jit
    def evolve(u):
        first = u.at[1:-1].set((u[2:] + u[:-2]) / 2)

        def step(_, pair):
            before, now = pair
            return now, np.zeros_like(now).at[1:-1].set(now[2:] + now[:-2] - before[1:-1])

        return lax.fori_loop(1, 40, step, (u, first))[1]

    time = 40 / n
    waves = zip((1.0, 0.5), (1, 3), strict=True)
    expected = sum(a * onp.sin(k * onp.pi * grid) * onp.cos(k * onp.pi * time) for a, k in waves)
    onp.testing.assert_allclose(evolve(start), expected, atol=1e-12)
