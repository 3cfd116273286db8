"""Evaluation with NumPy of what NumPy computes inaccurately of complex numbers, or differently from C99."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from axir_compiler.ir.types import is_complex

__all__ = ["divide", "expm1", "log1p", "logistic", "or_real", "power", "sign"]

# NumPy's annotations know of no parts of arrays of unknown dtype.
Array = Any


def or_real(on_complex: Callable[..., Any], on_real: Callable[..., Any]) -> Callable[..., Any]:
    """One function for complex arrays, another for real ones."""
    return lambda *xs: (on_complex if is_complex(xs[0].dtype) else on_real)(*xs)


def _of_parts(re: Array, im: Array, dtype: np.dtype) -> Array:
    result = np.empty(np.broadcast_shapes(re.shape, im.shape), dtype)
    result.real, result.imag = re, im
    return result


def _scaled(z: Array) -> tuple[Array, Array, Array]:
    """Parts of ``z / 2**k`` with the larger one in [1/2, 1), and k; zeros and infinities stay."""
    size = np.maximum(np.abs(z.real), np.abs(z.imag))
    _, exponent = np.frexp(np.where(np.isfinite(size), size, 0))
    return np.ldexp(z.real, -exponent), np.ldexp(z.imag, -exponent), exponent


def sign(z: Array) -> Array:
    """``z / |z|``; zeros stay themselves."""
    re, im, _ = _scaled(z)
    size = np.sqrt(re * re + im * im)
    found = _of_parts(np.asarray(re / size), np.asarray(im / size), z.dtype)
    return np.where(z == 0, z, found)


def _direction(z: Array) -> tuple[Array, Array]:
    """Parts with infinities replaced by 1 and finite numbers by 0, of their signs."""
    re, im = (np.copysign(np.isinf(part).astype(part.dtype), part) for part in (z.real, z.imag))
    return re, im


def divide(x: Array, y: Array) -> Array:
    """``x / y`` with the conventions of C99, Annex G, for infinities; ``x / 0`` takes 0 as positive."""
    a, b, k = _scaled(x)
    c, d, m = _scaled(y)
    size = c * c + d * d
    re, im = np.ldexp((a * c + b * d) / size, k - m), np.ldexp((b * c - a * d) / size, k - m)
    by_zero = y == 0
    re, im = np.where(by_zero, x.real / abs(y), re), np.where(by_zero, x.imag / abs(y), im)
    lost = np.isnan(re) & np.isnan(im) & ~by_zero
    u, v = _direction(x)
    infinite = lost & np.isinf(x) & np.isfinite(y)
    growing = np.inf * (u * y.real + v * y.imag), np.inf * (v * y.real - u * y.imag)
    p, q = _direction(y)
    vanishing = lost & np.isinf(y) & np.isfinite(x)
    falling = 0 * (x.real * p + x.imag * q), 0 * (x.imag * p - x.real * q)
    re, im = (
        np.where(infinite, grown, np.where(vanishing, fallen, part))
        for part, grown, fallen in zip((re, im), growing, falling, strict=True)
    )
    return _of_parts(re, im, x.dtype)


def expm1(z: Array) -> Array:
    """``exp(z) - 1``, accurate near 0."""
    whole = np.exp(z)
    half = np.sin(z.imag / 2)
    near = np.expm1(z.real) * np.cos(z.imag) - 2 * half * half
    small = (np.abs(z.real) < 1) & np.isfinite(z.imag)
    return _of_parts(np.where(small, near, whole.real - 1), np.asarray(whole.imag), z.dtype)


def log1p(z: Array) -> Array:
    """``log(1 + z)``, accurate near 0."""
    x, y = z.real, z.imag
    shifted = _of_parts(np.asarray(x + 1), np.asarray(y), z.dtype)
    near = np.maximum(np.abs(x), np.abs(y)) < 0.5
    small: Array = np.where(near, z, 0)
    excess = small.real * (small.real + 2) + small.imag * small.imag
    re = np.where(near, np.log1p(excess) / 2, np.log(shifted).real)
    return _of_parts(re, np.asarray(np.arctan2(y, x + 1)), z.dtype)


def logistic(z: Array) -> Array:
    """``1 / (1 + exp(-z))``."""
    left = z.real < 0
    power_of_e = np.exp(np.where(left, z, -z))
    one = np.ones((), z.dtype)
    denominator = _of_parts(np.asarray(power_of_e.real + 1), np.asarray(power_of_e.imag), z.dtype)
    return divide(np.where(left, power_of_e, one), denominator)


def power(x: Array, y: Array) -> Array:
    """``x ** y``; ``x**0`` is 1, and a power of 0 is 0 for a positive real exponent, else NaN."""
    if x.dtype == np.complex64:
        # The error grows with the exponent: computed in double precision, rounded once.
        return power(x.astype(np.complex128), y.astype(np.complex128)).astype(x.dtype)
    angle = np.arctan2(x.imag, x.real)
    length = np.power(np.abs(x), y.real) * np.exp(-(y.imag * angle))
    turn = y.real * angle + y.imag * np.log(x).real
    found = _of_parts(np.asarray(length * np.cos(turn)), np.asarray(length * np.sin(turn)), x.dtype)
    positive = (y.real > 0) & (y.imag == 0)
    of_zero = np.where(positive, np.zeros((), x.dtype), np.full((), complex(np.nan, np.nan), x.dtype))
    return np.where(y == 0, np.ones((), x.dtype), np.where(x == 0, of_zero, found))
