"""Complex numbers in the order of their real, then of their imaginary parts."""

from __future__ import annotations

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax
from axir.errors import DTypeError
from axir_compiler.errors import AxirError

NAN = onp.nan


def numbers(*shape: int) -> onp.ndarray:
    """Complex numbers with ties of real parts, and of both."""
    parts = onp.random.default_rng(len(shape)).integers(-2, 3, (2, *shape))
    return (parts[0] + 1j * parts[1]).astype(onp.complex64)


def test_sorting_functions_follow_numpy() -> None:
    x = numbers(4, 30)

    def functions(x: axir.Array) -> tuple[axir.Array, ...]:
        return (
            np.sort(x),
            np.argsort(x, axis=0),
            np.cumsum(x, axis=1),
            np.cumprod(x[:, :5], axis=1),
            np.max(x, axis=1),
            np.min(x),
            np.lexsort((x, np.real(x))),
        )

    expected = (
        onp.sort(x),
        onp.argsort(x, axis=0, kind="stable"),
        onp.cumsum(x, axis=1),
        onp.cumprod(x[:, :5], axis=1),
        onp.max(x, axis=1),
        onp.min(x),
        onp.lexsort((x, x.real)),
    )
    for found in (axir.jit(functions)(x), functions(np.asarray(x))):
        for a, b in zip(found, expected, strict=True):
            onp.testing.assert_allclose(a, b, rtol=1e-6)


def test_nan_in_either_part_is_last_among_its_kind() -> None:
    x = onp.array([1 + 2j, complex(NAN, 1), complex(0, NAN), -3, 1 - 1j, complex(NAN, -1)], onp.complex64)
    assert np.argsort(x).tolist() == [3, 2, 4, 0, 5, 1]
    assert axir.jit(np.argsort)(x).tolist() == [3, 2, 4, 0, 5, 1]


def test_nan_stays_in_reductions_and_not_in_a_pair() -> None:
    x = onp.array([1 + 2j, complex(NAN, 1), 3], onp.complex64)
    for max_ in (np.max, axir.jit(np.max)):
        onp.testing.assert_array_equal(max_(x), x[1])
    for running in (lax.cummax, axir.jit(lax.cummax)):
        onp.testing.assert_array_equal(running(x), x[[0, 1, 1]])
    # Neither above nor below: the second operand, as in JAX.
    assert np.maximum(x[1], x[2]) == 3
    assert np.minimum(x[1], x[0]) == 1 + 2j


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_gradient_of_sorting_goes_back(dtype: str) -> None:
    with axir.enable_x64():
        x = np.array([2 + 1j, 1 - 1j, 2 - 5j], dtype)
        weights = np.arange(1.0, 4.0)
        found = axir.grad(lambda z: np.sum(np.sort(z) * weights).real)(x)
        assert found.tolist() == [3, 1, 2]


def test_derivatives_of_extremes_share_at_ties() -> None:
    x = np.array([1 + 1j, 1 + 1j, 0j])
    assert axir.grad(lambda z: np.max(z).real)(x).tolist() == [0.5, 0.5, 0]
    _, slope = axir.jvp(lambda z: np.maximum(z, 1 + 1j), (x,), (np.full(3, 2 + 2j),))
    assert slope.tolist() == [1 + 1j, 1 + 1j, 0]


def test_clamp_limits_by_the_order() -> None:
    x = onp.array([0.5, 1 + 5j, 1 - 5j, 3j], onp.complex64)
    expected = [0.5, 1 + 1j, 1 - 5j, 0.25]
    for clamp in (lax.clamp, axir.jit(lax.clamp)):
        found = clamp(onp.complex64(0.25), x, onp.complex64(1 + 1j))
        assert found.tolist() == expected


def test_cumlogsumexp_is_the_logarithm_of_the_running_sum() -> None:
    x = numbers(7)
    onp.testing.assert_allclose(onp.exp(lax.cumlogsumexp(x)), onp.cumsum(onp.exp(x)), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("side", ["left", "right"])
def test_searchsorted_and_segments(side: str) -> None:
    x = onp.sort(numbers(9))
    wanted = numbers(3, 4)
    for search in (np.searchsorted, axir.jit(np.searchsorted, static_argnames="side")):
        onp.testing.assert_array_equal(search(x, wanted, side=side), onp.searchsorted(x, wanted, side))
    found = axir.ops.segment_max(x, onp.arange(9) % 2, 2)
    onp.testing.assert_array_equal(found, [x[8], x[7]])


def test_searchsorted_takes_nan_for_nan() -> None:
    x = onp.array([1, complex(NAN, 1), complex(NAN, 1)], onp.complex64)
    assert np.searchsorted(x, x).tolist() == [0, 1, 1]


def test_positions_along_an_axis() -> None:
    x, at = numbers(3, 5), onp.array([[4, 0, 0], [1, 1, 2], [3, 3, 3]])
    onp.testing.assert_array_equal(np.take_along_axis(x, at, 1), onp.take_along_axis(x, at, 1))
    expected = x.copy()
    onp.put_along_axis(expected, at, 9j, 1)
    onp.testing.assert_array_equal(np.put_along_axis(x, at, 9j, 1, inplace=False), expected)
    found = axir.grad(lambda z: np.sum(np.take_along_axis(z, at, 1)).real)(np.asarray(x))
    onp.testing.assert_array_equal(found[0], [2, 0, 0, 0, 1])


@pytest.mark.parametrize(
    "function",
    [np.argmax, np.median, lambda x: np.partition(x, 1), lambda x: lax.top_k(x, 1), lambda x: lax.lt(x, x)],
)
def test_what_has_no_order_raises(function) -> None:
    with pytest.raises(DTypeError, match=r"complex|c64"):
        function(numbers(4))
    assert issubclass(DTypeError, AxirError)
