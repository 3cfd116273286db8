"""NumPy's interface: functions on immutable arrays that can be traced, differentiated and compiled.

Names, arguments, promotion and error behaviour are those of ``jax.numpy``.
"""

import math as _math

import numpy as _numpy

from axir._src.convert import array, asarray, from_dlpack, isscalar, iterable
from axir._src.keys import accept_keys as _accept_keys
from axir._src.public_array import Array as ndarray
from axir._src.scalar_types import MINIFLOATS_AND_SMALL_INTEGERS as _LIMITED
from axir._src.scalar_types import can_cast, finfo, iinfo, isdtype, issubdtype, promote_types, result_type
from axir._src.ufunc import frompyfunc, ufunc
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
from axir.numpy import blocks as _blocks
from axir.numpy import calculus as _calculus
from axir.numpy import complex_parts as _complex_parts
from axir.numpy import contractions as _contractions
from axir.numpy import creation as _creation
from axir.numpy import cumulative as _cumulative
from axir.numpy import einstein as _einstein
from axir.numpy import elementwise as _elementwise
from axir.numpy import fft, linalg
from axir.numpy import files as _files
from axir.numpy import grids as _grids
from axir.numpy import histograms as _histograms
from axir.numpy import indexing as _indexing
from axir.numpy import integers as _integers
from axir.numpy import logic as _logic
from axir.numpy import nan_reductions as _nan_reductions
from axir.numpy import padding as _padding
from axir.numpy import polynomials as _polynomials
from axir.numpy import positions as _positions
from axir.numpy import printing as _printing
from axir.numpy import quantiles as _quantiles
from axir.numpy import reductions as _reductions
from axir.numpy import sets as _sets
from axir.numpy import shapes as _shapes
from axir.numpy import signals as _signals
from axir.numpy import sorting as _sorting
from axir.numpy import standard as _standard
from axir.numpy import statistics as _statistics
from axir.numpy import tapers as _tapers
from axir.numpy import vectorization as _vectorization
from axir.numpy.arithmetic import *  # noqa: F403
from axir.numpy.blocks import *  # noqa: F403
from axir.numpy.calculus import *  # noqa: F403
from axir.numpy.complex_parts import *  # noqa: F403
from axir.numpy.contractions import *  # noqa: F403
from axir.numpy.creation import *  # noqa: F403
from axir.numpy.cumulative import *  # noqa: F403
from axir.numpy.einstein import *  # noqa: F403
from axir.numpy.elementwise import *  # noqa: F403
from axir.numpy.files import *  # noqa: F403
from axir.numpy.grids import *  # noqa: F403
from axir.numpy.histograms import *  # noqa: F403
from axir.numpy.indexing import *  # noqa: F403
from axir.numpy.integers import *  # noqa: F403
from axir.numpy.logic import *  # noqa: F403
from axir.numpy.nan_reductions import *  # noqa: F403
from axir.numpy.padding import *  # noqa: F403
from axir.numpy.polynomials import *  # noqa: F403
from axir.numpy.positions import *  # noqa: F403
from axir.numpy.printing import *  # noqa: F403
from axir.numpy.quantiles import *  # noqa: F403
from axir.numpy.reductions import *  # noqa: F403
from axir.numpy.sets import *  # noqa: F403
from axir.numpy.shapes import *  # noqa: F403
from axir.numpy.signals import *  # noqa: F403
from axir.numpy.sorting import *  # noqa: F403
from axir.numpy.standard import __array_namespace_info__
from axir.numpy.statistics import *  # noqa: F403
from axir.numpy.tapers import *  # noqa: F403
from axir.numpy.vectorization import *  # noqa: F403

__array_api_version__ = _standard.VERSION

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
bool = bool_
single = float32
double = float64
csingle = complex64
cdouble = complex128
flexible = _numpy.flexible
character = _numpy.character
object_ = _numpy.object_
ComplexWarning = _numpy.exceptions.ComplexWarning

float4_e2m1fn = _LIMITED["float4_e2m1fn"]
float6_e2m3fn = _LIMITED["float6_e2m3fn"]
float6_e3m2fn = _LIMITED["float6_e3m2fn"]
float8_e3m4 = _LIMITED["float8_e3m4"]
float8_e4m3 = _LIMITED["float8_e4m3"]
float8_e4m3b11fnuz = _LIMITED["float8_e4m3b11fnuz"]
float8_e4m3fn = _LIMITED["float8_e4m3fn"]
float8_e4m3fnuz = _LIMITED["float8_e4m3fnuz"]
float8_e5m2 = _LIMITED["float8_e5m2"]
float8_e5m2fnuz = _LIMITED["float8_e5m2fnuz"]
float8_e8m0fnu = _LIMITED["float8_e8m0fnu"]
int1 = _LIMITED["int1"]
int2 = _LIMITED["int2"]
int4 = _LIMITED["int4"]
uint1 = _LIMITED["uint1"]
uint2 = _LIMITED["uint2"]
uint4 = _LIMITED["uint4"]

pi = _math.pi
e = _math.e
euler_gamma = _numpy.euler_gamma
inf = _math.inf
nan = _math.nan
newaxis = None

__all__ = [
    "ComplexWarning",
    "__array_api_version__",
    "__array_namespace_info__",
    "array",
    "asarray",
    "bfloat16",
    "bool",
    "bool_",
    "can_cast",
    "cdouble",
    "character",
    "complex64",
    "complex128",
    "complex_",
    "complexfloating",
    "csingle",
    "double",
    "dtype",
    "e",
    "euler_gamma",
    "fft",
    "finfo",
    "flexible",
    "float4_e2m1fn",
    "float6_e2m3fn",
    "float6_e3m2fn",
    "float8_e3m4",
    "float8_e4m3",
    "float8_e4m3b11fnuz",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
    "float8_e8m0fnu",
    "float16",
    "float32",
    "float64",
    "float_",
    "floating",
    "from_dlpack",
    "frompyfunc",
    "generic",
    "iinfo",
    "inexact",
    "inf",
    "int1",
    "int2",
    "int4",
    "int8",
    "int16",
    "int32",
    "int64",
    "int_",
    "integer",
    "isdtype",
    "isscalar",
    "issubdtype",
    "iterable",
    "linalg",
    "nan",
    "ndarray",
    "newaxis",
    "number",
    "object_",
    "pi",
    "promote_types",
    "result_type",
    "signedinteger",
    "single",
    "ufunc",
    "uint",
    "uint1",
    "uint2",
    "uint4",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "unsignedinteger",
]
__all__ += _arithmetic.__all__
__all__ += _blocks.__all__
__all__ += _calculus.__all__
__all__ += _complex_parts.__all__
__all__ += _contractions.__all__
__all__ += _creation.__all__
__all__ += _cumulative.__all__
__all__ += _einstein.__all__
__all__ += _elementwise.__all__
__all__ += _files.__all__
__all__ += _grids.__all__
__all__ += _histograms.__all__
__all__ += _indexing.__all__
__all__ += _integers.__all__
__all__ += _logic.__all__
__all__ += _nan_reductions.__all__
__all__ += _padding.__all__
__all__ += _polynomials.__all__
__all__ += _positions.__all__
__all__ += _printing.__all__
__all__ += _quantiles.__all__
__all__ += _reductions.__all__
__all__ += _sets.__all__
__all__ += _shapes.__all__
__all__ += _signals.__all__
__all__ += _sorting.__all__
__all__ += _statistics.__all__
__all__ += _tapers.__all__
__all__ += _vectorization.__all__

_accept_keys(
    globals(),
    """append array array_equal array_split asarray atleast_1d atleast_2d atleast_3d broadcast_arrays broadcast_to
    column_stack concatenate copy delete dstack equal expand_dims flip fliplr flipud hstack insert
    matrix_transpose moveaxis ndim not_equal ravel repeat reshape roll rot90 shape size split squeeze stack swapaxes
    take take_along_axis tile transpose unstack vstack where""",
)
