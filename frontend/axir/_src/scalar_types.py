"""Scalar types such as ``axir.numpy.float32``, and questions about dtypes."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from axir._src.array import Array
from axir._src.convert import asarray, is_number, to_array, typed
from axir._src.keys import KeyDType, prng_key
from axir._src.messages import located
from axir._src.promotion import (
    BOOL,
    DTypeLike,
    canonical,
    common,
    default_complex,
    default_float,
    default_int,
    to_dtype,
)
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.types import BFLOAT16, COMPLEX, DTYPES, FLOATING, real_dtype

__all__ = [
    "MINIFLOATS_AND_SMALL_INTEGERS",
    "SCALAR_TYPES",
    "ScalarType",
    "can_cast",
    "canonicalize_dtype",
    "finfo",
    "iinfo",
    "isdtype",
    "issubdtype",
    "promote_types",
    "result_type",
]


class ScalarType(type):
    """Type of ``axir.numpy.float32`` and the like: usable as a dtype, and called to make an array of it."""

    dtype: np.dtype

    def __new__(cls, name: str, dtype: np.dtype) -> ScalarType:
        doc = f"The dtype {dtype}; ``{name}(x)`` is ``x`` as an array of it."
        return super().__new__(cls, name, (), {"dtype": dtype, "__doc__": doc, "__module__": "axir.numpy"})

    def __init__(cls, name: str, dtype: np.dtype) -> None:
        super().__init__(name, (), {})

    def __call__(cls, x: Any = 0) -> Array:
        return asarray(x, cls.dtype)

    def __eq__(cls, other: object) -> bool:
        return cls is other or (isinstance(other, type) and cls.dtype.type is other) or cls.dtype is other

    def __hash__(cls) -> int:
        return hash(cls.dtype.type)

    def __repr__(cls) -> str:
        return f"axir.numpy.{cls.__name__}"


SCALAR_TYPES = {
    name: ScalarType(name, dtype)
    for dtype in DTYPES
    for name in (["bool_"] if dtype == BOOL else ["bfloat16"] if dtype == BFLOAT16 else [dtype.name])
}
"""Every scalar type by its name."""

MINIFLOATS_AND_SMALL_INTEGERS = {
    name: ScalarType(name, np.dtype(getattr(ml_dtypes, name)))
    for name in (
        *("float4_e2m1fn", "float6_e2m3fn", "float6_e3m2fn", "float8_e3m4", "float8_e4m3"),
        *("float8_e4m3b11fnuz", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz"),
        *("float8_e8m0fnu", "int1", "int2", "int4", "uint1", "uint2", "uint4"),
    )
}
"""Names of dtypes that arrays cannot have: an array of one of them is refused. ``finfo``, ``iinfo`` and
``issubdtype`` know them."""

_WEAK = {
    int: (np.dtype("int64"), True),
    float: (np.dtype("float64"), True),
    complex: (np.dtype("complex128"), True),
    bool: (BOOL, False),
}


def _typed(x: Any) -> tuple[np.dtype, bool]:
    """Dtype and weakness of an array, number, dtype or Python type."""
    if isinstance(x, type) and x in _WEAK:
        dtype, weak = _WEAK[x]
        return canonical(dtype), weak
    if isinstance(x, Array) or is_number(x):
        return typed(x)
    if isinstance(x, np.ndarray | np.generic):
        return canonical(to_dtype(x.dtype)), False
    try:
        return canonical(to_dtype(x, "result_type")), False
    except TypeError:
        return typed(to_array(x))


def result_type(*args: Any, return_weak_type_flag: bool = False) -> Any:
    """The dtype that an operation on the arguments gives.

    Args:
        args: Arrays, numbers, dtypes; the Python types ``int``, ``float`` and ``complex`` are weak like their values.
        return_weak_type_flag: Whether to give the dtype and whether the result is weak.

    >>> import axir.numpy as np
    >>> np.result_type(np.int8(1), 2.0)
    dtype('float32')
    """
    if not args:
        raise located(ShapeError("result_type: needs at least one argument."))
    dtype, weak = common([_typed(x) for x in args])
    if not weak:
        found = canonical(dtype)
    elif dtype in COMPLEX:
        found = default_complex()
    else:
        found = default_float() if dtype in FLOATING else default_int()
    return (found, weak) if return_weak_type_flag else found


def promote_types(a: DTypeLike, b: DTypeLike) -> np.dtype:
    """The dtype in which arrays of two dtypes meet."""
    return canonical(common([_typed(a), _typed(b)])[0])


def canonicalize_dtype(dtype: DTypeLike) -> np.dtype:
    """The dtype that arrays get for a dtype argument: 32 bits wide in place of 64 unless x64 is enabled."""
    return canonical(to_dtype(dtype, "canonicalize_dtype"))


def issubdtype(arg1: Any, arg2: Any) -> bool:
    """Whether a dtype belongs to a kind such as ``axir.numpy.floating``; bfloat16 is floating."""
    if isinstance(arg1, KeyDType):
        return _issubtype(prng_key, arg2)
    if isinstance(arg1, type) and issubclass(arg1, np.generic):
        return _issubtype(arg1, arg2)
    return _issubtype(np.dtype(arg1).type, arg2)


_FOREIGN = {
    BFLOAT16.type: (np.floating, np.inexact, np.number, np.generic),
    **{
        t.dtype.type: (np.floating, np.inexact, np.number, np.generic)
        if name.startswith("float")
        else (
            np.signedinteger if name.startswith("int") else np.unsignedinteger,
            *(np.integer, np.number, np.generic),
        )
        for name, t in MINIFLOATS_AND_SMALL_INTEGERS.items()
    },
}
"""The kinds of dtypes that NumPy does not know."""


def _issubtype(kind: type, arg2: Any) -> bool:
    abstract = isinstance(arg2, type) and issubclass(arg2, np.generic) and arg2 not in _FOREIGN
    other: type = arg2 if abstract else np.dtype(arg2).type
    if kind in _FOREIGN:
        return other is kind or other in _FOREIGN[kind]
    return issubclass(kind, other)


_KINDS = {
    "bool": np.bool_,
    "signed integer": np.signedinteger,
    "unsigned integer": np.unsignedinteger,
    "integral": np.integer,
    "real floating": np.floating,
    "complex floating": np.complexfloating,
    "numeric": np.number,
}


def isdtype(dtype: DTypeLike, kind: Any) -> bool:
    """Whether a dtype is of a kind of the array API standard, a dtype, or one of a tuple of them.

    Raises:
        ShapeError: an unknown kind.
    """
    options = kind if isinstance(kind, tuple) else (kind,)
    for option in options:
        if isinstance(option, str) and option not in _KINDS:
            raise located(ShapeError(f"isdtype: kind must be one of {', '.join(_KINDS)}; got {option!r}."))
        if issubdtype(dtype, _KINDS[option] if isinstance(option, str) else np.dtype(option)):
            return True
    return False


def _described(dtype: DTypeLike, where: str) -> np.dtype:
    """The dtype of an array or dtype argument; those that arrays cannot have are described as well."""
    found = getattr(dtype, "dtype", dtype)
    if isinstance(found, np.dtype) and found.type in _FOREIGN:
        return found
    return to_dtype(found, where)


def finfo(dtype: DTypeLike) -> Any:
    """Limits of a float dtype: ``eps``, ``max``, ``tiny``, ``bits`` and others; of a complex one those of its parts."""
    return ml_dtypes.finfo(real_dtype(_described(dtype, "finfo")))


def iinfo(dtype: DTypeLike) -> Any:
    """Limits of an integer dtype: ``min``, ``max`` and ``bits``."""
    found = _described(dtype, "iinfo")
    return np.iinfo(found) if found in DTYPES else ml_dtypes.iinfo(found)


def can_cast(from_: Any, to: DTypeLike, casting: Any = "safe") -> bool:
    """Whether a dtype, or that of an array, may be converted to another by a rule of ``numpy.can_cast``.

    ``casting`` is ``"safe"`` where all values are kept, ``"same_kind"``, ``"unsafe"``, ``"equiv"`` or ``"no"``.

    Raises: DTypeError for Python numbers, which have no dtype of their own.
    """
    if is_number(from_):
        raise located(DTypeError(f"can_cast: needs an array or a dtype; got the number {from_!r}."))
    source = from_.dtype if isinstance(from_, Array) else np.dtype(from_)
    return bool(np.can_cast(source, np.dtype(to), casting))
