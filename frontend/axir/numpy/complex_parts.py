"""Complex numbers: their parts, angles, conjugates, and questions about them."""

from __future__ import annotations

import math

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.convert import ArrayLike, asarray, convert, to_array
from axir._src.promotion import inexact
from axir._src.remember import remembered
from axir._src.scalar_types import finfo
from axir._src.trace import bind
from axir.numpy.elementwise import arctan2, multiply, not_equal
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import COMPLEX

__all__ = [
    "angle",
    "conj",
    "conjugate",
    "imag",
    "iscomplex",
    "iscomplexobj",
    "isreal",
    "isrealobj",
    "real",
    "real_if_close",
]


def conj(x: ArrayLike, /) -> Array:
    """Complex conjugate; real numbers stay themselves."""
    z = to_array(x)
    return bind(OPS["conj"], z) if z.dtype in COMPLEX else z


conjugate = conj


def real(val: ArrayLike, /) -> Array:
    """Real part; real numbers stay themselves."""
    z = to_array(val)
    return lax.real(z) if z.dtype in COMPLEX else z


def imag(val: ArrayLike, /) -> Array:
    """Imaginary part; zeros for real numbers."""
    z = to_array(val)
    return lax.imag(z) if z.dtype in COMPLEX else lax.full_like(z, 0)


@remembered
def angle(z: ArrayLike, deg: bool = False) -> Array:
    """Angle of a complex number to the positive real axis, in [-pi, pi].

    Args:
        z: Array of any dtype; real numbers have the angle 0 or pi.
        deg: Whether to give degrees instead of radians.
    """
    x = to_array(z)
    x = convert(x, inexact(x.dtype), x.weak_type)
    found = arctan2(imag(x), real(x))
    return multiply(found, 180 / math.pi) if deg else found


def iscomplex(x: ArrayLike) -> Array:
    """Whether the imaginary part of each element is not zero."""
    z = to_array(x)
    return not_equal(lax.imag(z), 0) if z.dtype in COMPLEX else lax.full(z.shape, False)


def isreal(x: ArrayLike) -> Array:
    """Whether the imaginary part of each element is zero."""
    return lax.bitwise_not(iscomplex(x))


def iscomplexobj(x: object) -> bool:
    """Whether the dtype is complex, whatever the values are."""
    dtype = getattr(x, "dtype", None)
    return (asarray(x).dtype if dtype is None else dtype) in COMPLEX


def isrealobj(x: object) -> bool:
    """Whether the dtype is not complex, whatever the values are."""
    return not iscomplexobj(x)


def real_if_close(a: ArrayLike, tol: float = 100) -> Array:
    """The real part if all imaginary parts are close to zero, else ``a`` itself.

    Args:
        a: Array; the dtype of the result depends on its values.
        tol: Multiples of the machine epsilon if above 1, else the bound itself.

    Raises: ConcretizationError if ``a`` is traced.
    """
    z = to_array(a)
    if z.dtype not in COMPLEX:
        return z
    bound = tol * float(finfo(z.dtype).eps) if tol > 1 else tol
    value = z.to_numpy("its imaginary part, which decides the dtype of the result")
    return lax.real(z) if bool(np.all(np.abs(np.imag(value)) < bound)) else z
