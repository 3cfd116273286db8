"""Loops whose state is small: time is spent on steps, not on arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from bench.cases import Case, floats

__all__ = ["cases"]


def cases() -> Iterator[Case]:
    """All loops of the suite, most of them with their gradient."""
    state = np.array([1.0, 1.0, 1.0], np.float32)
    yield Case("Lorenz by RK4, 10,000 steps", _lorenz(10_000), (state,), tolerance=None)
    yield Case("Lorenz gradient, 1,000 steps", _slope(_lorenz(1_000)), (state,), tolerance=None)
    yield Case("8 sines, 10,000 steps", _sines, (floats(8),))
    yield Case("logistic map, 100,000 steps", _logistic, (np.float32(0.3),), tolerance=None)
    yield from _recurrent()
    yield from _leapfrog()
    yield from _kalman()
    yield Case("Newton's square roots until done", _newton, (np.float32(1e6),))
    yield Case("Collatz steps of 1 to 1000", _collatz, (np.arange(1, 1001, dtype=np.int32),))
    yield Case("scan of sums, 100,000 steps", _running_sum, (floats(100_000),), tolerance=1e-2)


def _slope(function: Callable[..., Any], argument: int = 0) -> Callable[..., Any]:
    def slope(lib: Any, *args: Any) -> Any:
        return lib.grad(lambda *a: lib.numpy.sum(function(lib, *a)), argument)(*args)

    return slope


def _lorenz(steps: int) -> Callable[..., Any]:
    def flow(lib: Any, state: Any) -> Any:
        x, y, z = state[0], state[1], state[2]
        return lib.numpy.stack([10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z])

    def step(lib: Any, s: Any, h: float = 1e-3) -> Any:
        a = flow(lib, s)
        b = flow(lib, s + h / 2 * a)
        c = flow(lib, s + h / 2 * b)
        d = flow(lib, s + h * c)
        return s + h / 6 * (a + 2 * b + 2 * c + d)

    return lambda lib, s: lib.lax.fori_loop(0, steps, lambda _, s: step(lib, s), s)


def _sines(lib: Any, x: Any) -> Any:
    return lib.lax.fori_loop(0, 10_000, lambda _, x: lib.numpy.sin(x) + 0.5, x)


def _logistic(lib: Any, x: Any) -> Any:
    return lib.lax.fori_loop(0, 100_000, lambda _, x: 3.7 * x * (1 - x), x)


def _gru(lib: Any, w: Any, u: Any, b: Any, h: Any, xs: Any) -> Any:
    def step(h: Any, x: Any) -> Any:
        gates = lib.nn.sigmoid(x @ w[0] + h @ u[0] + b[0])
        z, r = lib.numpy.split(gates, 2, axis=-1)
        candidate = lib.numpy.tanh(x @ w[1] + (r * h) @ u[1] + b[1])
        h = (1 - z) * h + z * candidate
        return h, h

    return lib.lax.scan(step, h, xs)[1]


def _recurrent() -> Iterator[Case]:
    for batch, width in ((1, 16), (32, 64)):
        w = (floats(width, 2 * width) / 8, floats(width, width) / 8)
        u = (floats(width, 2 * width) / 8, floats(width, width) / 8)
        b = (floats(2 * width), floats(width))
        args = (w, u, b, np.zeros((batch, width), np.float32), floats(128, batch, width))
        yield Case(f"GRU, 128 steps, {batch}x{width}", _gru, args)
        yield Case(f"GRU gradient, 128 steps, {batch}x{width}", _slope(_gru), args, tolerance=1e-2)


def _hmc(lib: Any, q: Any, p: Any, precision: Any) -> Any:
    def force(q: Any) -> Any:
        return -precision * q / (1 + 0.1 * lib.numpy.sum(q * q))

    def step(state: Any, _: Any) -> Any:
        q, p = state
        p = p + 0.005 * force(q)
        q = q + 0.01 * p
        p = p + 0.005 * force(q)
        return (q, p), lib.numpy.sum(p * p)

    return lib.lax.scan(step, (q, p), None, length=1000)


def _leapfrog() -> Iterator[Case]:
    args = (floats(10), floats(10), np.abs(floats(10)))
    yield Case("leapfrog, 1,000 steps of 10", _hmc, args)
    energies = _slope(lambda lib, *a: _hmc(lib, *a)[1])
    yield Case("leapfrog gradient, 1,000 steps of 10", energies, args, tolerance=1e-2)


def _filter(lib: Any, transition: Any, noise: Any, observed: Any) -> Any:
    eye = lib.numpy.eye(4, dtype="float32")

    def step(state: Any, y: Any) -> Any:
        mean, spread = state
        mean, spread = transition @ mean, transition @ spread @ transition.T + noise
        error = y - mean[:2]
        inner = spread[:2, :2] + 0.1 * eye[:2, :2]
        det = inner[0, 0] * inner[1, 1] - inner[0, 1] * inner[1, 0]
        inverse = lib.numpy.stack(
            [lib.numpy.stack([inner[1, 1], -inner[0, 1]]), lib.numpy.stack([-inner[1, 0], inner[0, 0]])]
        )
        gain = spread[:, :2] @ inverse / det
        return (mean + gain @ error, (eye - gain @ eye[:2]) @ spread), error @ error

    start = (lib.numpy.zeros(4, dtype="float32"), eye)
    return lib.numpy.sum(lib.lax.scan(step, start, observed)[1])


def _kalman() -> Iterator[Case]:
    transition = np.eye(4, dtype=np.float32)
    transition[0, 2] = transition[1, 3] = 0.1
    args = (transition, 0.01 * np.eye(4, dtype=np.float32), floats(1000, 2))
    yield Case("Kalman filter, 1,000 steps of 4", _filter, args)
    yield Case("Kalman filter gradient, 1,000 steps of 4", _slope(_filter, 1), args, tolerance=1e-2)


def _newton(lib: Any, x: Any) -> Any:
    def unfinished(y: Any) -> Any:
        return lib.numpy.abs(y * y - x) > 1e-6 * x

    return lib.lax.while_loop(unfinished, lambda y: 0.5 * (y + x / y), x)


def _collatz(lib: Any, numbers: Any) -> Any:
    def steps(n: Any) -> Any:
        def step(state: Any) -> Any:
            n, count = state
            return lib.numpy.where(n % 2 == 0, n // 2, 3 * n + 1), count + 1

        return lib.lax.while_loop(lambda s: s[0] != 1, step, (n, 0))[1]

    return lib.vmap(steps)(numbers)


def _running_sum(lib: Any, x: Any) -> Any:
    def step(total: Any, value: Any) -> Any:
        total = total + value
        return total, total

    return lib.lax.scan(step, np.float32(0), x)
