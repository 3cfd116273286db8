"""Reductions by functions of the user, against loops over single elements."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax
from axir.errors import AxisError, DTypeError, ShapeError, TreeError

X = onp.random.default_rng(0).uniform(0.5, 1.5, (2, 3, 5)).astype("float32")
N = onp.random.default_rng(1).integers(0, 9, (2, 3, 5)).astype("int32")


def compose(left: Any, right: Any) -> Any:
    """Linear functions ``y -> a y + b``, the left one first: associative, and the order matters."""
    (a, b), (c, d) = left, right
    return a * c, c * b + d


def largest_with_place(left: Any, right: Any) -> Any:
    (x, i), (y, j) = left, right
    return np.where(y > x, y, x), np.where(y > x, j, i)


def by_elements(xs: tuple[onp.ndarray, ...], starts: Any, function: Any, axes: tuple[int, ...]) -> list[Any]:
    """Each result on its own, from the first element to the last."""
    shape = [n for d, n in enumerate(xs[0].shape) if d not in axes]
    results = [onp.empty(shape, x.dtype) for x in xs]
    kept = [d for d in range(xs[0].ndim) if d not in axes]
    for at in onp.ndindex(*shape):
        ranges = [range(n) if d in axes else (at[kept.index(d)],) for d, n in enumerate(xs[0].shape)]
        items = [tuple(x[i] for x in xs) for i in itertools.product(*ranges)]
        for result, value in zip(results, functools.reduce(function, items, starts), strict=True):
            result[at] = value
    return results


@pytest.mark.parametrize("axes", [(2,), (0, 2), (0, 1, 2), (1,), ()])
def test_reduce_of_pairs_keeps_the_order(axes: tuple[int, ...]) -> None:
    operands, starts = (X, X[::-1].copy()), (onp.float32(1), onp.float32(0))
    expected = by_elements(operands, starts, compose, axes)
    function = functools.partial(lax.reduce, init_values=(1.0, 0.0), computation=compose, dimensions=axes)
    for found in (function(operands), axir.jit(function)(operands)):
        for one, other in zip(found, expected, strict=True):
            onp.testing.assert_allclose(one, other, rtol=1e-5)


def test_reduce_with_places_and_pytrees_of_two_dtypes() -> None:
    places = onp.broadcast_to(onp.arange(5, dtype="int32"), X.shape)
    value, place = lax.reduce((X, places), (-np.inf, -1), largest_with_place, (2,))
    onp.testing.assert_array_equal(place, onp.argmax(X, 2))
    onp.testing.assert_array_equal(value, onp.max(X, 2))
    named = lax.reduce(
        {"a": X, "b": N}, {"a": 0.0, "b": 0}, lambda x, y: {"a": x["a"] + y["a"], "b": x["b"] | y["b"]}, [0]
    )
    onp.testing.assert_allclose(named["a"], X.sum(0), rtol=1e-6)
    onp.testing.assert_array_equal(named["b"], onp.bitwise_or.reduce(N, 0))


@pytest.mark.parametrize(
    ("computation", "start", "ufunc"),
    [
        (lax.add, 2, onp.add),
        (lax.mul, 1, onp.multiply),
        (np.maximum, 4, onp.maximum),
        (min, 100, onp.minimum),
        (lax.bitwise_xor, 5, onp.bitwise_xor),
        (lax.bitwise_and, -1, onp.bitwise_and),
        (onp.bitwise_or, 8, onp.bitwise_or),
        (lambda a, b: a + b, 2, onp.add),
    ],
)
def test_reduce_by_known_and_unknown_functions(computation: Any, start: int, ufunc: Any) -> None:
    found = lax.reduce(N, start, computation, (0, 2))
    onp.testing.assert_array_equal(found, ufunc.reduce(N, (0, 2), initial=start))
    assert found.dtype == N.dtype


def test_reduce_of_bools_and_of_nothing() -> None:
    bools = N % 2 == 0
    assert bool(lax.reduce(bools, False, lax.bitwise_or, (0, 1, 2)))
    onp.testing.assert_array_equal(lax.reduce(bools, True, np.logical_and, (2,)), bools.all(2))
    found = lax.reduce(np.zeros((2, 0)), 7.0, lambda a, b: a * b + a, (1,))
    assert found.tolist() == [7, 7]


def test_reduce_is_differentiated_and_batched() -> None:
    product = lambda x: lax.reduce(x, 1.0, lambda a, b: a * b, (0, 1))  # noqa: E731
    expected = axir.grad(lambda x: np.prod(x))(X[0])
    onp.testing.assert_allclose(axir.grad(product)(X[0]), expected, rtol=1e-5)
    onp.testing.assert_allclose(axir.vmap(product)(X), X.prod((1, 2)), rtol=1e-5)
    second = axir.hessian(product)(X[0, :2, :2])
    onp.testing.assert_allclose(second, axir.hessian(np.prod)(X[0, :2, :2]), rtol=1e-5)


WINDOWS = (
    ((2, 3), (1, 1), "VALID", None, None),
    ((2, 3), (2, 1), "SAME", None, None),
    ((1, 4), (1, 2), ((0, 0), (1, 2)), None, (1, 2)),
    ((2, 2), (1, 1), ((1, 0), (0, 1)), (2, 3), None),
    ((3, 5), (1, 1), ((0, 0), (-1, 0)), None, None),
)


@pytest.mark.parametrize("window", WINDOWS)
def test_windows_of_any_function_are_those_of_the_known_one(window: Any) -> None:
    x = X[:, 0]
    expected = lax.reduce_window(x, 1.0, lax.mul, *window)
    for function in (lax.reduce_window, axir.jit(lax.reduce_window, static_argnums=(2, 3, 4, 5, 6, 7))):
        found = function(x, 1.0, lambda a, b: a * b, *window)
        onp.testing.assert_allclose(found, expected, rtol=1e-5)
    total, product = lax.reduce_window((x, x), (0.0, 1.0), lambda a, b: (a[0] + b[0], a[1] * b[1]), *window)
    onp.testing.assert_allclose(total, lax.reduce_window(x, 0.0, lax.add, *window), rtol=1e-5)
    onp.testing.assert_allclose(product, expected, rtol=1e-5)


def test_windows_of_complex_numbers_and_derivatives() -> None:
    z = (X[0] + 1j * X[1]).astype("complex64")
    found = lax.reduce_window(z, -np.inf, lax.max, (1, 2), (1, 1), "VALID")
    onp.testing.assert_array_equal(found, onp.maximum(z[:, :-1], z[:, 1:]))
    onp.testing.assert_allclose(
        lax.reduce_window(z, 0j, lax.add, (3, 1), (1, 1), "VALID"), z.sum(0)[None], rtol=1e-6
    )
    slope = lambda f: axir.grad(lambda x: np.sum(lax.reduce_window(x, 0.0, f, (2, 3), (1, 2), "SAME") ** 2))  # noqa: E731
    onp.testing.assert_allclose(slope(lambda a, b: a + b)(X[0]), slope(lax.add)(X[0]), rtol=1e-5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: lax.reduce(X, onp.int32(0), lax.add, (0,)), DTypeError, "must have one dtype"),
        (lambda: lax.reduce((X, X), (0.0,), lambda a, b: a, (0,)), TreeError, "must have one structure"),
        (lambda: lax.reduce((X, X[:1]), (0.0, 0.0), lambda a, b: a, (0,)), ShapeError, "one shape"),
        (lambda: lax.reduce(X, 0.0, lambda a, b: (a, b), (0,)), DTypeError, "must give what it takes"),
        (lambda: lax.reduce(X, 0.0, lambda a, b: a > b, (0,)), DTypeError, "must give what it takes"),
        (lambda: lax.reduce(X, 0.0, lax.add, (0, 0)), AxisError, "must be distinct"),
        (lambda: lax.reduce(X, 0.0, lax.add, (-1,)), AxisError, "must be distinct"),
        (lambda: lax.reduce(X, np.zeros(2), lax.add, (1,)), ShapeError, "must be a scalar"),
        (lambda: lax.reduce((), (), lax.add, (0,)), TreeError, "at least one operand"),
        (lambda: lax.reduce_window((X, X), 0.0, compose, (1, 1, 1)), TreeError, "must have one structure"),
        (lambda: lax.reduce_window((X,), (0.0,), lambda a, b: a, (0, 1, 1)), ShapeError, "must be positive"),
    ],
)
def test_what_does_not_fit_raises(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
