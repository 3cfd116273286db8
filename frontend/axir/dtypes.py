"""Dtypes: which there are, how they are promoted, what is known of them."""

from axir._src.autodiff import float0
from axir._src.dtype_questions import itemsize_bits, scalar_type_of
from axir._src.keys import extended, prng_key
from axir._src.scalar_types import (
    SCALAR_TYPES,
    canonicalize_dtype,
    finfo,
    iinfo,
    isdtype,
    issubdtype,
    promote_types,
    result_type,
)
from axir_compiler.errors import TypePromotionError

bool_ = SCALAR_TYPES["bool_"]
int8 = SCALAR_TYPES["int8"]
int16 = SCALAR_TYPES["int16"]
int32 = SCALAR_TYPES["int32"]
int64 = SCALAR_TYPES["int64"]
uint8 = SCALAR_TYPES["uint8"]
uint16 = SCALAR_TYPES["uint16"]
uint32 = SCALAR_TYPES["uint32"]
uint64 = SCALAR_TYPES["uint64"]
float16 = SCALAR_TYPES["float16"]
bfloat16 = SCALAR_TYPES["bfloat16"]
float32 = SCALAR_TYPES["float32"]
float64 = SCALAR_TYPES["float64"]
complex64 = SCALAR_TYPES["complex64"]
complex128 = SCALAR_TYPES["complex128"]

__all__ = [
    "TypePromotionError",
    "bfloat16",
    "bool_",
    "canonicalize_dtype",
    "complex64",
    "complex128",
    "extended",
    "finfo",
    "float0",
    "float16",
    "float32",
    "float64",
    "iinfo",
    "int8",
    "int16",
    "int32",
    "int64",
    "isdtype",
    "issubdtype",
    "itemsize_bits",
    "prng_key",
    "promote_types",
    "result_type",
    "scalar_type_of",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]
