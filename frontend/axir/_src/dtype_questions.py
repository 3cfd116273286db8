"""Questions about dtypes that are not about promotion."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from axir._src.convert import to_array
from axir._src.promotion import DTypeLike
from axir_compiler.ir.types import COMPLEX, DTYPES, FLOATING

__all__ = ["is_supported_dtype", "itemsize_bits", "scalar_type_of"]


def itemsize_bits(dtype: DTypeLike) -> int:
    """Bits of one element; those of 2 and 4 bits fill less than a byte.

    >>> import axir
    >>> axir.dtypes.itemsize_bits("float32")
    32

    Raises:
        TypeError: ``dtype`` names no dtype, or is None.
    """
    if dtype is None:
        raise TypeError("itemsize_bits: None does not name a dtype.")
    found = np.dtype(dtype)
    if found.name.startswith(("int", "uint")) and found.kind == "V":
        return ml_dtypes.iinfo(found).bits
    if found.name.startswith("float") and found.kind == "V":
        return ml_dtypes.finfo(found).bits
    return 8 * found.itemsize


def is_supported_dtype(dtype: DTypeLike) -> bool:
    """Whether arrays of a dtype can be exchanged with other libraries: those that axir's arrays have."""
    return np.dtype(dtype) in DTYPES


def scalar_type_of(x: Any) -> type:
    """The Python type of the elements of an array or number: ``bool``, ``int``, ``float`` or ``complex``.

    Raises:
        DTypeError: ``x`` is neither.
    """
    dtype = to_array(x).dtype
    if dtype == np.bool_:
        return bool
    return complex if dtype in COMPLEX else float if dtype in FLOATING else int
