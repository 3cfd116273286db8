"""Programs that IREE fuses into wrong kernels, or into ones that it cannot compile, if it is let.

Each is right when its ops are evaluated one by one; compiled it must be the same.
"""

import numpy as onp
import pytest

import axir
import axir.numpy as np

SHARED_REDUCTIONS = {
    "difference of all pairs of sums": lambda m: (s := np.sum(m, 0))[:, None] - s[None, :],
    "outer product of sums": lambda m: np.outer(np.sum(m, 0), np.sum(m, 0)),
    "maxima instead of sums": lambda m: (s := np.max(m, 0))[:, None] * s[None, :],
    "different functions of one sum": lambda m: (s := np.sum(m, 0) * 2)[:, None] - np.exp(s / 9)[None, :],
    "squared distances": lambda m: (q := np.sum(m**2, -1))[:, None] + q[None, :] - 2 * m @ m.T,
    "a sum of such differences": lambda m: np.sum((s := np.sum(m, 1))[:, None] * s[None, :], 1),
    "softmax, where all is well": lambda m: (e := np.exp(m - np.max(m, 1)[:, None])) / np.sum(e, 1)[:, None],
}

CONSTANT_KERNELS = {
    "x == x": lambda i: np.sum(i == i),
    "x - x": lambda i: np.sum(i - i + 1),
    "x * 0": lambda i: np.sum(i * 0 + 2),
    "product": lambda i: np.prod(i * 0 + 2),
    "shift by more than the width": lambda i: np.sum((i << 40) + 1),
    "division by zero": lambda i: np.sum(i // 0),
    "x xor x": lambda i: np.sum((i ^ i) + 1),
    "x and 0": lambda i: np.sum((i & 0) + 1),
    "select by a constant": lambda i: np.sum(np.where(i == i, 1, 2)),
    "x ** 0": lambda i: np.sum(i**0),
    "mean": lambda i: np.mean(i == i),
    "a chain": lambda i: np.sum(~((i == i) & (i >= i)) + 3),
    "used twice": lambda i: np.sum(c := i * 0 + 2) + c,
}

REFUSED = {
    "a reversed slice": lambda m: m[:, ::-2],
    "two orders of one function": lambda m: np.hypot(m, m[0]) + np.hypot(m[0], m),
    "sine of a product": lambda m: np.sin(m @ m.T * 1e5),
    "cosine of a sum": lambda m: m - np.cos(np.sum(m, 0))[None],
    "many results of one chain": lambda m: [m := np.tanh(m) * 1.5 for _ in range(45)],
}


def same(function, x):
    expected, found = axir.tree.leaves(function(x)), axir.tree.leaves(axir.jit(function)(x))
    for a, b in zip(found, expected, strict=True):
        onp.testing.assert_allclose(onp.asarray(a), onp.asarray(b), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", SHARED_REDUCTIONS)
def test_a_reduction_read_in_two_ways(name):
    same(SHARED_REDUCTIONS[name], np.arange(6.0).reshape(2, 3))


def test_kernels_that_ignore_their_inputs():
    for dtype in ("int32", "uint8"):
        same(lambda i: [f(i) for f in CONSTANT_KERNELS.values()], np.arange(3, dtype=dtype))


@pytest.mark.parametrize("name", ["x == x", "x ** 0"])
def test_one_kernel_that_ignores_its_input(name):
    same(CONSTANT_KERNELS[name], np.arange(5))


@pytest.mark.parametrize("name", REFUSED)
def test_kernels_that_do_not_compile(name):
    same(REFUSED[name], np.arange(6.0).reshape(2, 3))


def test_insertions_into_one_tensor():
    """What is inserted into equal tensors goes into memory of its own."""

    def tables(a):
        rows, columns = np.arange(16.0)[:, None], np.arange(32.0)
        angles = (rows * columns)[None] * a
        return np.sin(angles), np.cos(angles), np.tanh(angles)

    def joined(a):
        x, y, z = tables(a)
        return np.concatenate([x, y]) * a - np.concatenate([x, z])

    def updated(a):
        x, y, z = tables(a)
        whole = np.concatenate([x, x])
        return whole.at[:1].set(y) * a - whole.at[:1].set(z)

    def both(a):
        return joined(a), updated(a)

    for found, expected in zip(axir.jit(both)(2.0), both(2.0), strict=True):
        onp.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_more_than_two_insertions_into_one_tensor():
    """Each of them, however many begin alike."""

    def joined(x, y):
        parts = [x - 0.3, y[1:2], x, y[:1], x * 2.0]
        return [np.concatenate([x, part]) for part in parts], [np.concatenate([x, y, p]) for p in parts]

    def updated(x, y, i):
        whole = np.concatenate([x, y])
        return [whole.at[1].set(k) for k in range(4)], [whole.at[i].set(k) for k in range(4)]

    x, y = np.arange(3.0)[None], np.arange(6.0).reshape(2, 3) + 10.0

    def both(x, y, i):
        return joined(x, y), updated(x, y, i)

    found, expected = axir.jit(both)(x, y, 2), both(x, y, 2)
    for one, other in zip(axir.tree.leaves(found), axir.tree.leaves(expected), strict=True):
        onp.testing.assert_allclose(one, other, rtol=1e-6)
