"""Fourier and cosine transforms against NumPy's and SciPy's."""

import itertools

import numpy as onp
import pytest
import scipy.fft

import axir
import axir.numpy as np
import axir.scipy.fft
from axir import lax

RNG = onp.random.default_rng(1)
Z = RNG.standard_normal((4, 6, 5)) + 1j * RNG.standard_normal((4, 6, 5))
X = RNG.standard_normal((4, 6, 5))
NORMS = (None, "backward", "ortho", "forward")


def close(found, expected, tolerance=1e-13):
    found, expected = onp.asarray(found), onp.asarray(expected)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    size = max(1.0, float(onp.max(onp.abs(expected), initial=0)))
    onp.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * size)


@pytest.fixture(autouse=True)
def x64():
    with axir.enable_x64():
        yield


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
def test_one_axis(name):
    a = X if name in ("rfft", "ihfft") else Z
    for n, axis, norm in itertools.product((None, 3, 9), (-1, 0), NORMS):
        expected = getattr(onp.fft, name)(a, n, axis, norm)
        close(getattr(np.fft, name)(a, n, axis, norm), expected)


@pytest.mark.parametrize("name", ["fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"])
def test_several_axes(name):
    a = X if name.startswith("rfft") else Z
    for options in ({}, {"axes": (2, 0)}, {"s": (8, 3), "axes": (0, 1)}, {"norm": "ortho"}):
        close(getattr(np.fft, name)(a, **options), getattr(onp.fft, name)(a, **options))


def test_dtypes():
    assert np.fft.fft(np.ones(3, "float32")).dtype == onp.complex64
    assert np.fft.fft(np.ones(3, "complex64")).dtype == onp.complex64
    assert np.fft.rfft(np.ones(3, "int32")).dtype == onp.complex64
    assert np.fft.irfft(np.ones(3, "complex64")).dtype == onp.float32
    assert np.fft.fft(np.ones(3, "bfloat16")).dtype == onp.complex64


def test_compiled_transforms_of_many_lengths():
    """Powers of two, mixed radices, primes; tables that are constants and tables that are computed."""
    cases = (("complex64", "fft", (60, 97, 1024)), ("complex128", "ifft", (143, 1009, 2048)))
    for dtype, name, lengths in cases:
        arrays = [
            (RNG.standard_normal((2, n)) + 1j * RNG.standard_normal((2, n))).astype(dtype) for n in lengths
        ]
        found = axir.jit(lambda xs, name=name: [getattr(np.fft, name)(x) for x in xs])(arrays)
        for x, y in zip(arrays, found, strict=True):
            expected = getattr(onp.fft, name)(x.astype(complex)).astype(dtype)
            size = float(onp.max(onp.abs(expected)))
            assert float(onp.max(onp.abs(onp.asarray(y) - expected))) < 8 * onp.finfo(dtype).eps * size, (
                x.shape
            )


def test_compiled_transforms_along_axes():
    def everything(z, x):
        return [
            np.fft.fft(z, axis=0),
            np.fft.fft2(z),
            np.fft.ifftn(z),
            np.fft.rfft(x, axis=1),
            np.fft.rfftn(x),
            np.fft.irfft(z, 7),
            np.fft.irfftn(z, axes=(0, 2)),
            np.fft.fft(np.ones(16, complex)),
            np.fft.fft(np.arange(6)),
        ]

    for compiled, eager in zip(axir.jit(everything)(Z, X), everything(Z, X), strict=True):
        close(compiled, eager)


def test_transforms_are_linear_maps_that_can_be_differentiated():
    for name, a in (("fft", Z), ("ifft", Z), ("rfft", X), ("irfft", Z), ("rfftn", X), ("irfftn", Z)):
        transform = getattr(np.fft, name)
        tangent = RNG.standard_normal(a.shape).astype(a.dtype)
        value, slope = axir.jvp(transform, (a,), (tangent,))
        close(slope, transform(tangent))
        ct = RNG.standard_normal(value.shape).astype(value.dtype) * (1 + 1j if value.dtype.kind == "c" else 1)
        (back,) = axir.vjp(transform, a)[1](ct)
        left = onp.sum(onp.asarray(ct) * onp.asarray(slope)).real
        close(onp.sum(onp.asarray(back) * tangent).real, left, 1e-12)


def test_batches():
    close(axir.vmap(np.fft.fft, 1, 1)(Z), np.fft.fft(Z), 1e-13)
    rows = axir.jit(axir.vmap(lambda z: np.fft.irfft(z, 8), 2, 0))(Z)
    close(rows, onp.moveaxis(onp.fft.irfft(onp.moveaxis(Z, 2, 0), 8), 0, 0))


def test_frequencies_and_shifts():
    for n in (1, 2, 5, 8):
        close(np.fft.fftfreq(n, 0.1), onp.fft.fftfreq(n, 0.1))
        close(np.fft.rfftfreq(n, 0.1), onp.fft.rfftfreq(n, 0.1))
        for shift in ("fftshift", "ifftshift"):
            close(getattr(np.fft, shift)(np.arange(n)), getattr(onp.fft, shift)(onp.arange(n)))
    close(np.fft.fftshift(X, (0, 2)), onp.fft.fftshift(X, (0, 2)))
    assert np.fft.fftfreq(4, dtype="float32").dtype == onp.float32


def test_cosine_transforms():
    for n, kind, norm in itertools.product((1, 2, 3, 8), (2, 3), (None, "ortho")):
        x = RNG.standard_normal((3, n))
        for name in ("dct", "idct", "dctn", "idctn"):
            expected = getattr(scipy.fft, name)(x, kind, norm=norm)
            close(getattr(axir.scipy.fft, name)(x, kind, norm=norm), expected)
    close(axir.scipy.fft.dct(X, n=8, axis=1), scipy.fft.dct(X, n=8, axis=1))
    close(axir.scipy.fft.dctn(X, s=(3, 7), axes=(0, 2)), scipy.fft.dctn(X, s=(3, 7), axes=(0, 2)))


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: np.fft.rfft(Z), TypeError),
        (lambda: np.fft.fft(Z, 0), ValueError),
        (lambda: np.fft.irfft(np.ones(1)), ValueError),
        (lambda: np.fft.fft(Z, norm="other"), ValueError),
        (lambda: np.fft.hfft(Z, norm="other"), ValueError),
        (lambda: np.fft.fft2(X[0, 0]), IndexError),
        (lambda: np.fft.fftn(Z, (3, 3), (0,)), ValueError),
        (lambda: np.fft.fftfreq(0), ValueError),
        (lambda: lax.fft(Z, "dct", (5,)), ValueError),
        (lambda: lax.fft(Z, "fft", (4,)), ValueError),
        (lambda: lax.fft(Z, lax.FftType.IRFFT, (7,)), ValueError),
        (lambda: axir.scipy.fft.dct(X, 1), ValueError),
        (lambda: axir.scipy.fft.dct(X, norm="forward"), ValueError),
        (lambda: axir.scipy.fft.dct(Z), TypeError),
        (lambda: axir.scipy.fft.idct(X, n=0), ValueError),
        (lambda: axir.scipy.fft.dctn(X, s=(2,), axes=(0, 1)), ValueError),
    ],
)
def test_errors(call, error):
    with pytest.raises(error) as caught:
        call()
    assert isinstance(caught.value, axir.errors.AxirError)
