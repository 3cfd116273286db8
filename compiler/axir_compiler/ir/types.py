"""Shapes and dtypes of values, and their MLIR types.

The dialect works on builtin ranked tensors. The signedness of integers is in the element type
(``i32`` is signed, ``ui32`` unsigned), bool is ``i1``.
"""

from __future__ import annotations

from typing import NamedTuple

import ml_dtypes
import numpy as np

from axir_compiler.errors import DTypeError
from axir_compiler.mlir import context, ir

__all__ = [
    "BFLOAT16",
    "COMPLEX",
    "DTYPES",
    "FLOATING",
    "INEXACT",
    "INTEGER",
    "NUMERIC",
    "SIGNED",
    "UNSIGNED",
    "Aval",
    "aval_of",
    "dtype_name",
    "element_type",
    "is_complex",
    "is_float",
    "is_inexact",
    "mlir_type",
    "real_dtype",
]

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)


class Aval(NamedTuple):
    """Shape and dtype of a value: what is known of it without running the program."""

    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        size = 1
        for n in self.shape:
            size *= n
        return size

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.dtype.itemsize

    def __str__(self) -> str:
        """For example ``f32[8, 3]``."""
        return f"{dtype_name(self.dtype)}[{', '.join(map(str, self.shape))}]"


_ELEMENT_TYPES = {
    "bool": "i1",
    "int8": "i8",
    "int16": "i16",
    "int32": "i32",
    "int64": "i64",
    "uint8": "ui8",
    "uint16": "ui16",
    "uint32": "ui32",
    "uint64": "ui64",
    "float16": "f16",
    "bfloat16": "bf16",
    "float32": "f32",
    "float64": "f64",
    "complex64": "complex<f32>",
    "complex128": "complex<f64>",
}
DTYPES = {np.dtype(BFLOAT16 if name == "bfloat16" else name): code for name, code in _ELEMENT_TYPES.items()}
_DTYPE_OF_CODE = {code: dtype for dtype, code in DTYPES.items()}

BOOL = frozenset({np.dtype(bool)})
SIGNED = frozenset(np.dtype(f"int{n}") for n in (8, 16, 32, 64))
UNSIGNED = frozenset(np.dtype(f"uint{n}") for n in (8, 16, 32, 64))
INTEGER = SIGNED | UNSIGNED
FLOATING = frozenset({np.dtype("float16"), BFLOAT16, np.dtype("float32"), np.dtype("float64")})
COMPLEX = frozenset({np.dtype("complex64"), np.dtype("complex128")})
INEXACT = FLOATING | COMPLEX
NUMERIC = INTEGER | FLOATING


def is_float(dtype: np.dtype) -> bool:
    """Whether values of this dtype are real floating point numbers."""
    return dtype in FLOATING


def is_complex(dtype: np.dtype) -> bool:
    """Whether values of this dtype are complex numbers."""
    return dtype in COMPLEX


def is_inexact(dtype: np.dtype) -> bool:
    """Whether values of this dtype can carry a derivative: real and complex floating point numbers."""
    return dtype in INEXACT


def real_dtype(dtype: np.dtype) -> np.dtype:
    """The dtype of the real and the imaginary part; that of real numbers is their own."""
    return np.dtype(f"float{4 * dtype.itemsize}") if dtype in COMPLEX else dtype


_SHORT = {"i1": "bool", "complex<f32>": "c64", "complex<f64>": "c128"}


def dtype_name(dtype: np.dtype) -> str:
    """Short name of a dtype, ``f32`` for float32 and ``c64`` for complex64; bool reads ``bool``."""
    code = DTYPES.get(dtype)
    return _SHORT.get(code, code) if code else str(dtype)


_element_types: dict[np.dtype, ir.Type] = {}
_tensor_types: dict[Aval, ir.Type] = {}
_avals: dict[ir.Type, Aval] = {}
# The tables grow with the number of distinct shapes of a process; past this size they start afresh.
_LIMIT = 50_000


def element_type(dtype: np.dtype) -> ir.Type:
    """The MLIR element type of a dtype.

    Raises:
        DTypeError: the dtype is not one of axir's.
    """
    found = _element_types.get(dtype)
    if found is None:
        code = DTYPES.get(dtype)
        if code is None:
            known = ", ".join(str(d) for d in DTYPES)
            raise DTypeError(f"axir: arrays of dtype {dtype} are not supported. Use one of {known}.")
        found = _element_types[dtype] = ir.Type.parse(code, context())
    return found


def mlir_type(aval: Aval) -> ir.Type:
    """The ranked tensor type of a shape and dtype."""
    found = _tensor_types.get(aval)
    if found is None:
        if len(_tensor_types) > _LIMIT:
            _tensor_types.clear()
        with ir.Location.unknown(context()):
            found = ir.RankedTensorType.get(aval.shape, element_type(aval.dtype))
        _tensor_types[aval] = found
    return found


def aval_of(value: ir.Value | ir.Type) -> Aval:
    """Shape and dtype of an IR value or tensor type.

    Raises:
        DTypeError: not a ranked tensor of an element type of axir.
    """
    kind = value.type if isinstance(value, ir.Value) else value
    found = _avals.get(kind)
    if found is None:
        if len(_avals) > _LIMIT:
            _avals.clear()
        found = _avals[kind] = _parse_type(kind)
    return found


def _parse_type(kind: ir.Type) -> Aval:
    if not isinstance(kind, ir.RankedTensorType) or not kind.has_static_shape:
        raise DTypeError(f"axir: values are tensors of static shape; got {kind}.")
    dtype = _DTYPE_OF_CODE.get(str(kind.element_type))
    if dtype is None:
        raise DTypeError(f"axir: {kind.element_type} is not an element type of the dialect; got {kind}.")
    return Aval(tuple(kind.shape), dtype)
