"""NumPy's interface: functions on immutable arrays that can be traced, differentiated and compiled.

Names, arguments, promotion and error behaviour are those of ``jax.numpy``.
"""

import math as _math

import numpy as _numpy

from axir._src.array import Array as ndarray
from axir._src.convert import array, asarray, from_dlpack
from axir._src.keys import accept_keys as _accept_keys
from axir._src.scalar_types import finfo, iinfo, isdtype, issubdtype, promote_types, result_type
from axir.dtypes import (
    bfloat16,
    bool_,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)
from axir.numpy import arithmetic as _arithmetic
from axir.numpy import complex_parts as _complex_parts
from axir.numpy import contractions as _contractions
from axir.numpy import creation as _creation
from axir.numpy import cumulative as _cumulative
from axir.numpy import einstein as _einstein
from axir.numpy import elementwise as _elementwise
from axir.numpy import fft, linalg
from axir.numpy import histograms as _histograms
from axir.numpy import indexing as _indexing
from axir.numpy import logic as _logic
from axir.numpy import padding as _padding
from axir.numpy import positions as _positions
from axir.numpy import quantiles as _quantiles
from axir.numpy import reductions as _reductions
from axir.numpy import sets as _sets
from axir.numpy import shapes as _shapes
from axir.numpy import signals as _signals
from axir.numpy import sorting as _sorting
from axir.numpy import vectorization as _vectorization
from axir.numpy.arithmetic import *  # noqa: F403
from axir.numpy.complex_parts import *  # noqa: F403
from axir.numpy.contractions import *  # noqa: F403
from axir.numpy.creation import *  # noqa: F403
from axir.numpy.cumulative import *  # noqa: F403
from axir.numpy.einstein import *  # noqa: F403
from axir.numpy.elementwise import *  # noqa: F403
from axir.numpy.histograms import *  # noqa: F403
from axir.numpy.indexing import *  # noqa: F403
from axir.numpy.logic import *  # noqa: F403
from axir.numpy.padding import *  # noqa: F403
from axir.numpy.positions import *  # noqa: F403
from axir.numpy.quantiles import *  # noqa: F403
from axir.numpy.reductions import *  # noqa: F403
from axir.numpy.sets import *  # noqa: F403
from axir.numpy.shapes import *  # noqa: F403
from axir.numpy.signals import *  # noqa: F403
from axir.numpy.sorting import *  # noqa: F403
from axir.numpy.vectorization import *  # noqa: F403

dtype = _numpy.dtype
generic = _numpy.generic
number = _numpy.number
inexact = _numpy.inexact
floating = _numpy.floating
complexfloating = _numpy.complexfloating
integer = _numpy.integer
signedinteger = _numpy.signedinteger
unsignedinteger = _numpy.unsignedinteger
float_ = float64
complex_ = complex128
int_ = int64
uint = uint64

pi = _math.pi
e = _math.e
euler_gamma = _numpy.euler_gamma
inf = _math.inf
nan = _math.nan
newaxis = None

__all__ = [
    "array",
    "asarray",
    "bfloat16",
    "bool_",
    "complex64",
    "complex128",
    "complex_",
    "complexfloating",
    "dtype",
    "e",
    "euler_gamma",
    "fft",
    "finfo",
    "float16",
    "float32",
    "float64",
    "float_",
    "floating",
    "from_dlpack",
    "generic",
    "iinfo",
    "inexact",
    "inf",
    "int8",
    "int16",
    "int32",
    "int64",
    "int_",
    "integer",
    "isdtype",
    "issubdtype",
    "linalg",
    "nan",
    "ndarray",
    "newaxis",
    "number",
    "pi",
    "promote_types",
    "result_type",
    "signedinteger",
    "uint",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "unsignedinteger",
]
__all__ += _arithmetic.__all__
__all__ += _complex_parts.__all__
__all__ += _contractions.__all__
__all__ += _creation.__all__
__all__ += _cumulative.__all__
__all__ += _einstein.__all__
__all__ += _elementwise.__all__
__all__ += _indexing.__all__
__all__ += _histograms.__all__
__all__ += _logic.__all__
__all__ += _padding.__all__
__all__ += _positions.__all__
__all__ += _quantiles.__all__
__all__ += _reductions.__all__
__all__ += _sets.__all__
__all__ += _shapes.__all__
__all__ += _sorting.__all__
__all__ += _signals.__all__
__all__ += _vectorization.__all__

_accept_keys(
    globals(),
    """append array array_equal array_split asarray atleast_1d atleast_2d atleast_3d broadcast_arrays broadcast_to
    column_stack concatenate copy delete dstack equal expand_dims flip fliplr flipud hstack insert
    matrix_transpose moveaxis ndim not_equal ravel repeat reshape roll rot90 shape size split squeeze stack swapaxes
    take take_along_axis tile transpose unstack vstack where""",
)
