"""axir.numpy.convolve, correlate and axir.scipy.signal against NumPy and SciPy."""

from collections.abc import Callable
from typing import Any

import numpy as onp
import pytest
from scipy import signal as reference

import axir
import axir.numpy as np
from axir.errors import AxirError, AxisError, ShapeError
from axir.scipy import signal

RNG = onp.random.default_rng(3)
MODES = ("full", "same", "valid")


def _draw(*shape: int) -> onp.ndarray:
    return RNG.standard_normal(shape).astype("float32")


def _close(found: Any, expected: Any) -> None:
    assert found.shape == expected.shape
    onp.testing.assert_allclose(onp.asarray(found), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sizes", [(7, 3), (3, 7), (6, 4), (4, 7), (5, 5), (1, 1), (4, 1)])
def test_vectors(mode: Any, sizes: tuple[int, int]) -> None:
    x, y = _draw(sizes[0]), _draw(sizes[1])
    _close(np.convolve(x, y, mode), onp.convolve(x, y, mode))
    _close(np.correlate(x, y, mode), onp.correlate(x, y, mode))
    _close(signal.convolve(x, y, mode), reference.convolve(x, y, mode))
    _close(signal.correlate(x, y, mode), reference.correlate(x, y, mode))


def test_integers() -> None:
    x, y = onp.array([1, 2, 3]), onp.array([1, -1])
    assert np.convolve(x, y).dtype == "float32"
    exact = np.convolve(x, y, preferred_element_type="int32")
    assert exact.dtype == "int32"
    onp.testing.assert_array_equal(exact, [1, 1, 1, -3])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shapes", [((6, 5), (3, 2)), ((2, 3), (5, 4)), ((4, 4), (4, 3))])
def test_matrices(mode: Any, shapes: Any) -> None:
    x, y = _draw(*shapes[0]), _draw(*shapes[1])
    _close(signal.convolve2d(x, y, mode), reference.convolve2d(x, y, mode))
    _close(signal.correlate2d(x, y, mode), reference.correlate2d(x, y, mode))
    _close(signal.fftconvolve(x, y, mode), reference.fftconvolve(x, y, mode))


@pytest.mark.parametrize("mode", ["full", "same"])
def test_none_inside_the_other(mode: Any) -> None:
    x, y = _draw(2, 6, 3), _draw(4, 3, 2)
    _close(signal.convolve(x, y, mode), reference.convolve(x, y, mode, "direct"))
    _close(signal.correlate(x, y, mode), reference.correlate(x, y, mode, "direct"))


@pytest.mark.parametrize("mode", MODES)
def test_along_some_axes(mode: Any) -> None:
    x, y = _draw(3, 8, 2), _draw(1, 4, 2)
    _close(signal.fftconvolve(x, y, mode, axes=1), reference.fftconvolve(x, y, mode, axes=1))
    x, y = _draw(3, 5, 6), _draw(3, 2, 3)
    _close(signal.fftconvolve(x, y, mode, axes=(1, 2)), reference.fftconvolve(x, y, mode, axes=(1, 2)))


def test_compiled_gradient() -> None:
    """The gradient of a convolution is a correlation."""
    x, y, ct = np.array(_draw(9)), np.array(_draw(4)), np.array(_draw(12))
    gradient = axir.jit(axir.grad(lambda x: np.sum(np.convolve(x, y) * ct)))
    _close(gradient(x), onp.correlate(onp.asarray(ct), onp.asarray(y), "valid"))


ERRORS: list[tuple[Callable[[], Any], type[AxirError], str]] = [
    (lambda: np.convolve(_draw(2, 2), _draw(2)), ShapeError, "must be vectors"),
    (lambda: np.correlate(_draw(0), _draw(2)), ShapeError, "not empty"),
    (lambda: np.convolve(_draw(3), _draw(2), "half"), ShapeError, "mode must be"),
    (lambda: signal.convolve(_draw(3), _draw(2, 2)), ShapeError, "same rank"),
    (lambda: signal.convolve(_draw(3), _draw(2), "full", "magic"), ShapeError, "method must be"),
    (lambda: signal.convolve(_draw(3, 4), _draw(4, 3), "valid"), ShapeError, "fit into the other"),
    (lambda: signal.convolve2d(_draw(3), _draw(3)), ShapeError, "2 axes"),
    (lambda: signal.correlate2d(_draw(3, 3), _draw(2, 2), boundary="wrap"), ShapeError, "axir.numpy.pad"),
    (lambda: signal.fftconvolve(_draw(3, 3), _draw(2, 2), axes=0), ShapeError, "sizes must agree"),
    (lambda: signal.fftconvolve(_draw(3, 3), _draw(2, 2), axes=2), AxisError, "out of bounds"),
]


@pytest.mark.parametrize(("call", "error", "message"), ERRORS)
def test_bad_input(call: Callable[[], Any], error: type[AxirError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
