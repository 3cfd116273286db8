"""The element types that cross the boundary to compiled modules, and their three spellings."""

from __future__ import annotations

from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
from iree.runtime import HalElementType

DType = np.dtype[Any]


class ElementType(NamedTuple):
    """One row: NumPy's dtype, IREE's element type, and how MLIR types spell it (first the usual one)."""

    dtype: DType
    hal: HalElementType
    mlir: tuple[str, ...]


def _row(scalar: Any, hal: HalElementType, *mlir: str) -> ElementType:
    return ElementType(np.dtype(scalar), hal, mlir)


# Signless MLIR integers read back as signed: a caller that means unsigned says so with its own dtype.
ELEMENT_TYPES: tuple[ElementType, ...] = (
    _row(np.bool_, HalElementType.BOOL_8, "i1"),
    _row(np.int8, HalElementType.SINT_8, "i8", "si8"),
    _row(np.int16, HalElementType.SINT_16, "i16", "si16"),
    _row(np.int32, HalElementType.SINT_32, "i32", "si32"),
    _row(np.int64, HalElementType.SINT_64, "i64", "si64"),
    _row(np.uint8, HalElementType.UINT_8, "ui8"),
    _row(np.uint16, HalElementType.UINT_16, "ui16"),
    _row(np.uint32, HalElementType.UINT_32, "ui32"),
    _row(np.uint64, HalElementType.UINT_64, "ui64"),
    _row(np.float16, HalElementType.FLOAT_16, "f16"),
    _row(ml_dtypes.bfloat16, HalElementType.BFLOAT_16, "bf16"),
    _row(np.float32, HalElementType.FLOAT_32, "f32"),
    _row(np.float64, HalElementType.FLOAT_64, "f64"),
    _row(np.complex64, HalElementType.COMPLEX_64, "complex<f32>"),
    _row(np.complex128, HalElementType.COMPLEX_128, "complex<f64>"),
    _row(ml_dtypes.float8_e4m3fn, HalElementType.FLOAT_8_E4M3_FN, "f8E4M3FN"),
    _row(ml_dtypes.float8_e5m2, HalElementType.FLOAT_8_E5M2, "f8E5M2"),
)

_BY_DTYPE: dict[DType, HalElementType] = {row.dtype: row.hal for row in ELEMENT_TYPES}
_BY_NAME: dict[str, DType] = {str(row.dtype): row.dtype for row in ELEMENT_TYPES}
_BY_MLIR: dict[str, DType] = {name: row.dtype for row in ELEMENT_TYPES for name in row.mlir}


def element_type(dtype: DType) -> HalElementType:
    """IREE's element type of a NumPy dtype in native byte order.

    Raises: TypeError for dtypes that no module can take (object, str, datetime, longdouble, ...).
    """
    try:
        return _BY_DTYPE[dtype]
    except KeyError:
        raise TypeError(
            f"dtype {dtype} cannot be passed to a compiled module. Convert it to one of: {supported_names()}."
        ) from None


def dtype_of(mlir_type: str) -> DType:
    """NumPy's dtype of an MLIR element type such as ``bf16``, ``ui8`` or ``complex<f32>``."""
    try:
        return _BY_MLIR[mlir_type]
    except KeyError:
        raise TypeError(
            f"element type {mlir_type} has no NumPy dtype here; known are {', '.join(_BY_MLIR)}"
        ) from None


def dtype_named(name: str) -> DType:
    """The dtype that prints as ``name``."""
    return _BY_NAME[name]


def supported_names() -> str:
    """All supported dtype names in one line, for messages."""
    return ", ".join(str(row.dtype) for row in ELEMENT_TYPES)


def describe(shape: tuple[Any, ...], dtype: DType) -> str:
    """``float32[2, 3]``: how messages write a shape with its dtype; unknown sizes print as ``?``."""
    return f"{dtype}[{', '.join('?' if size is None else str(size) for size in shape)}]"
