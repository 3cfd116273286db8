"""Spectra of segments in ``axir.scipy.signal`` against SciPy's, and under transformations."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.signal

import axir
import axir.numpy as anp
from axir.errors import AxisError
from axir.scipy import signal

REFERENCE: Any = scipy.signal
RNG = np.random.default_rng(8)
X = RNG.standard_normal((3, 100))
Z = X + 1j * X[::-1]


@pytest.fixture(autouse=True)
def _wide() -> Any:
    with axir.enable_x64(True):
        yield


def _mean_free(d: Any) -> Any:
    return d - d.mean(-1, keepdims=True)


ROWS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("stft", (X,), {"nperseg": 16}),
    ("stft", (X,), {"nperseg": 15, "noverlap": 11, "nfft": 20, "fs": 3.0, "detrend": "linear"}),
    ("stft", (X.T,), {"nperseg": 16, "axis": 0, "boundary": "odd"}),
    ("stft", (X,), {"nperseg": 16, "boundary": "even", "padded": False}),
    ("stft", (X,), {"nperseg": 16, "boundary": "constant", "return_onesided": False}),
    ("stft", (X,), {"nperseg": 16, "boundary": None, "window": ("tukey", 0.3)}),
    ("stft", (X[0],), {"nperseg": 1}),
    ("csd", (X, X[::-1, :90]), {"nperseg": 16}),
    ("csd", (X[:, :40], X), {"nperseg": 33}),
    (
        "csd",
        (X, X[::-1]),
        {"nperseg": 32, "average": "median", "scaling": "spectrum", "fs": 10.0},
    ),
    ("csd", (X, X), {"nperseg": 17, "detrend": _mean_free}),
    ("welch", (X,), {"nperseg": 33, "detrend": False, "average": "median"}),
    ("welch", (X.T,), {"nperseg": 32, "axis": 0, "window": np.ones(32)}),
    ("welch", (np.arange(50),), {"nperseg": 16, "detrend": "linear"}),
    ("welch", (X[:, :0],), {}),
    ("detrend", (X,), {}),
    ("detrend", (X,), {"type": "constant", "axis": 0}),
    ("detrend", (X,), {"bp": [20, 50, 51]}),
    ("detrend", (Z,), {}),
]


@pytest.mark.parametrize(("name", "args", "options"), ROWS)
def test_scipys_numbers(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    found = axir.tree_util.tree_leaves(getattr(signal, name)(*args, **options))
    expected = axir.tree_util.tree_leaves(getattr(REFERENCE, name)(*args, **options))
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_complex_signals_and_long_segments_warn() -> None:
    with pytest.warns(UserWarning, match="two sides"):
        _, _, found = signal.stft(Z, nperseg=16)
    _, _, expected = REFERENCE.stft(Z, nperseg=16, return_onesided=False)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    with pytest.warns(UserWarning, match="nperseg = 256 is greater"):
        assert signal.stft(X)[2].shape == (3, 51, 3)


@pytest.mark.parametrize(
    ("forward", "back"),
    [
        ({"nperseg": 16}, {}),
        ({"nperseg": 16, "noverlap": 13}, {"noverlap": 13}),
        ({"nperseg": 15}, {"nperseg": 15}),
        ({"nperseg": 16, "return_onesided": False}, {"input_onesided": False}),
        ({"nperseg": 16, "nfft": 21}, {"nperseg": 16, "nfft": 21}),
        ({"nperseg": 16, "window": "hamming", "boundary": None}, {"window": "hamming", "boundary": False}),
    ],
)
def test_inverse(forward: dict[str, Any], back: dict[str, Any]) -> None:
    _, _, transforms = REFERENCE.stft(X, **forward)
    _, found = signal.istft(transforms, fs=2.0, **back)
    _, expected = REFERENCE.istft(transforms, fs=2.0, **back)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(np.real(found)[:, :100], X, atol=1e-12)


def test_axes_of_the_inverse() -> None:
    _, _, transforms = REFERENCE.stft(X[0], nperseg=16)
    expected = REFERENCE.istft(transforms)
    for ours, theirs in zip(signal.istft(transforms), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
    stacked = np.stack([transforms, 2 * transforms], axis=1)
    _, found = signal.istft(stacked, time_axis=2, freq_axis=0)
    np.testing.assert_allclose(found, [expected[1], 2 * expected[1]], atol=1e-12)


def test_transformations() -> None:
    """Compiled and mapped; the transform is linear, so its derivative is the transform of the tangent."""

    def power(x: Any) -> Any:
        return signal.welch(x, nperseg=16)[1]

    def energy(x: Any) -> Any:
        _, back = signal.istft(signal.stft(x, nperseg=16)[2])
        return anp.sum(back[:100] ** 2)

    def both(x: Any) -> Any:
        return axir.vmap(power)(x), axir.grad(energy)(x[0]), axir.jvp(power, (x[0],), (x[1],))[1]

    mapped, gradient, tangent = axir.jit(both)(X)
    np.testing.assert_allclose(mapped, REFERENCE.welch(X, nperseg=16)[1], rtol=1e-10)
    np.testing.assert_allclose(gradient, 2 * X[0], atol=1e-10)
    step = (
        (REFERENCE.welch(X[0] + 1e-6 * X[1], nperseg=16)[1])
        - REFERENCE.welch(X[0] - 1e-6 * X[1], nperseg=16)[1]
    )
    np.testing.assert_allclose(tangent, step / 2e-6, rtol=1e-6, atol=1e-8)


ERRORS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: signal.stft(X, nperseg=0), ValueError, "nperseg must be positive"),
    (lambda: signal.stft(X, nperseg=8, noverlap=8), ValueError, "noverlap must be less"),
    (lambda: signal.stft(X, nperseg=8, nfft=7), ValueError, "nfft must not be less"),
    (lambda: signal.stft(X, nperseg=8, boundary="wrap"), ValueError, "boundary must be one of"),
    (lambda: signal.stft(X, window=np.ones((2, 2))), ValueError, "must be a vector"),
    (lambda: signal.stft(X, window=np.ones(101), nperseg=None), ValueError, "fits into the signal"),
    (lambda: signal.welch(X, scaling="power"), ValueError, "scaling must be"),
    (lambda: signal.welch(X, average="mode"), ValueError, "average must be"),
    (lambda: signal.welch(X, detrend="square"), ValueError, "type must be"),
    (lambda: signal.welch(X, detrend=2), ValueError, "a function of segments"),  # pyright: ignore[reportArgumentType]
    (lambda: signal.csd(X, X[0]), ValueError, "the same rank"),
    (lambda: signal.csd(X, X[:2]), ValueError, "broadcast"),
    (lambda: signal.welch(X, axis=2), AxisError, "out of bounds"),
    (lambda: signal.detrend(X, type="cubic"), ValueError, "'linear' or 'constant'"),
    (lambda: signal.detrend(X, bp=101), ValueError, "breakpoints"),
    (lambda: signal.detrend(X, overwrite_data=True), NotImplementedError, "immutable"),  # pyright: ignore[reportArgumentType]
    (lambda: signal.istft(X[0]), ValueError, "an axis of frequencies"),
    (lambda: signal.istft(X, time_axis=0, freq_axis=0), ValueError, "must differ"),
    (lambda: signal.istft(X, window=np.ones(3)), ValueError, "length nperseg = 4"),
]


@pytest.mark.parametrize(("call", "error", "message"), ERRORS)
def test_bad_input(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
