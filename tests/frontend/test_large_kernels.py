"""Functions of large arrays outside jit: compiled once for all sizes and numbers, else as those of small ones."""

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import nn
from axir._src import large_kernels, remember

SIZE = remember.LARGE + 5
VALUES = onp.random.default_rng(0).normal(size=SIZE).astype(onp.float32)


@pytest.fixture(autouse=True)
def _nothing_known():
    remember.forget()


def _kernels():
    return [x for x in remember._known.values() if isinstance(x, large_kernels.LargeCall)]


def _by_numpy(function, *args):
    """The result of NumPy's passes."""
    remember.forget()
    with axir.config.override("axir_large_kernels", False):
        found = function(*args)
        assert not _kernels()
    remember.forget()
    return found


@pytest.mark.parametrize(
    "function",
    [
        nn.selu,
        nn.softmax,
        np.var,
        lambda x: np.clip(x, -0.5, 1),
        lambda x: np.var(x, keepdims=True),
        np.exp,
        np.add,
    ],
    ids=["selu", "softmax", "var", "clip", "keepdims", "exp", "add"],
)
def test_results_are_those_of_numpy(function) -> None:
    x = np.asarray(VALUES)
    args = (x, x) if function is np.add else (x,)
    found, expected = function(*args), _by_numpy(function, *args)
    assert (found.shape, found.dtype, found.weak_type) == (expected.shape, expected.dtype, expected.weak_type)
    onp.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


def test_one_kernel_is_for_all_sizes_and_numbers() -> None:
    x = np.asarray(VALUES)
    np.clip(x, 0.25, 0.5)
    made = len(large_kernels._kernels)
    for low, size in ((0.125, SIZE), (0.0, SIZE - 2), (-1.5, SIZE - 5)):
        found = np.clip(x[:size], low, 0.5)
        onp.testing.assert_array_equal(found, onp.clip(VALUES[:size], low, 0.5))
    assert len(large_kernels._kernels) == made
    assert len(_kernels()) == 4


def test_elementwise_functions_take_arrays_of_any_rank() -> None:
    x = np.asarray(VALUES[:-5]).reshape(2, -1, 64)
    found = np.hypot(x, 2.0)
    assert found.shape == x.shape
    assert _kernels()
    onp.testing.assert_allclose(found, onp.hypot(onp.asarray(x), 2), rtol=1e-6)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.sort(x),
        lambda x: np.hypot(x.reshape(1, -1), np.ones((2, 1))),
        lambda x: nn.softmax(x[:-5].reshape(-1, 8)),
        lambda x: nn.selu(x[:1000]),
    ],
    ids=["order", "broadcasting", "rows", "small"],
)
def test_what_has_no_kernel_is_numpys(call) -> None:
    x = np.asarray(VALUES)
    onp.testing.assert_array_equal(call(x), _by_numpy(call, x))
    call(x)
    assert not _kernels()


def test_results_are_the_same_at_each_call() -> None:
    x = np.asarray(VALUES)
    first = nn.selu(x)
    for _ in range(4):
        onp.testing.assert_array_equal(nn.selu(x), first)


def test_integers_and_weak_numbers_keep_their_types() -> None:
    x = np.arange(SIZE)
    found = np.clip(x, 3, 9)
    assert found.dtype == onp.int32
    onp.testing.assert_array_equal(found, onp.clip(onp.arange(SIZE), 3, 9))
    found = np.maximum(x, 2.5)
    assert found.dtype == onp.float32
    onp.testing.assert_array_equal(found, onp.maximum(onp.arange(SIZE, dtype=onp.float32), 2.5))


def test_errors_are_those_of_the_function() -> None:
    x = np.asarray(VALUES)
    with pytest.raises(axir.errors.DTypeError, match="clip"):
        np.clip(x + 1j, 0, 1)
    with pytest.raises(axir.errors.ShapeError):
        np.hypot(x, x[:-1])


def test_derivatives_and_compiled_functions_are_not_touched() -> None:
    x = np.asarray(VALUES)
    expected = onp.where(
        VALUES > 0, 1.0507009873554805, 1.0507009873554805 * 1.6732632423543772 * onp.exp(VALUES)
    )
    onp.testing.assert_allclose(axir.grad(lambda x: nn.selu(x).sum())(x), expected, rtol=1e-5)
    assert not _kernels()


def test_nan_checks_see_results() -> None:
    with axir.config.override("axir_debug_nans", True), pytest.raises(FloatingPointError):
        np.log(-np.abs(np.asarray(VALUES)) - 1)
