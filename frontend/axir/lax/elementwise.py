"""Elementwise operations on arrays of one dtype.

There is no promotion here: arrays must have equal dtypes, and equal shapes or no axes at all. Python numbers
take the dtype of the arrays if it is of their kind.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np

from axir._src import pytree
from axir._src.array import Array
from axir._src.convert import ArrayLike, convert, is_number, to_array
from axir._src.elementwise import apply, broadcast_to
from axir._src.messages import located
from axir._src.promotion import BOOL, DTypeLike, requested
from axir._src.trace import bind
from axir.lax._operands import call, same_dtype, same_shape
from axir.lax.hints import AccuracyMode, Tolerance, check_accuracy
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import COMPLEX, INEXACT, INTEGER

__all__ = [
    "RoundingMethod",
    "abs",
    "acos",
    "acosh",
    "add",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitcast_convert_type",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "cbrt",
    "ceil",
    "clamp",
    "clz",
    "complex",
    "conj",
    "convert_element_type",
    "cos",
    "cosh",
    "digamma",
    "div",
    "eq",
    "erf",
    "erf_inv",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "ge",
    "gt",
    "imag",
    "integer_pow",
    "is_finite",
    "le",
    "lgamma",
    "log",
    "log1p",
    "logistic",
    "lt",
    "max",
    "min",
    "mul",
    "ne",
    "neg",
    "nextafter",
    "optimization_barrier",
    "population_count",
    "pow",
    "real",
    "reciprocal",
    "rem",
    "round",
    "rsqrt",
    "select",
    "select_n",
    "shift_left",
    "shift_right_arithmetic",
    "shift_right_logical",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "stop_gradient",
    "sub",
    "tan",
    "tanh",
]

Unary = Callable[[ArrayLike], Array]
Binary = Callable[[ArrayLike, ArrayLike], Array]


def _finish(function: Any, name: str, doc: str) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__module__ = "axir.lax"
    function.__doc__ = doc
    return function


_WITH_ACCURACY = frozenset(("cbrt", "cos", "exp", "exp2", "expm1", "log", "log1p", "logistic", "rsqrt"))
_WITH_ACCURACY |= frozenset(("sin", "sqrt", "tan", "tanh"))


def _unary(name: str, doc: str, op: str = "") -> Unary:
    cls = OPS[op or name]

    def function(x: ArrayLike) -> Array:
        return bind(cls, to_array(x))

    def hinted(x: ArrayLike, *, accuracy: Tolerance | AccuracyMode | None = None) -> Array:
        check_accuracy(name, accuracy)
        return bind(cls, to_array(x))

    what = ", ".join(sorted(map(str, cls.dtypes))) if cls.dtypes else "any dtype"
    details = f"Elementwise on an array of any shape; dtypes: {what}.\n\n    Raises: DTypeError for others."
    if name in _WITH_ACCURACY:
        return _finish(hinted, name, f"{doc}\n\n    {details} The hint ``accuracy`` has no effect.")
    return _finish(function, name, f"{doc}\n\n    {details}")


def _binary(name: str, doc: str, op: str = "", **attrs: Any) -> Binary:
    cls = OPS[op or name]

    def function(x: ArrayLike, y: ArrayLike) -> Array:
        return call(name, cls.short_name, (x, y), **attrs)

    what = ", ".join(sorted(map(str, cls.dtypes))) if cls.dtypes else "any dtype"
    details = (
        f"Elementwise on arrays of one shape and dtype, or scalars; dtypes: {what}.\n\n"
        "    Raises: DTypeError, ShapeError if operands do not fit together."
    )
    return _finish(function, name, f"{doc}\n\n    {details}")


neg = _unary("neg", "``-x``; integers wrap around.")
abs = _unary("abs", "``|x|``; the most negative integer stays itself.")
sign = _unary("sign", "-1, 0 or 1; keeps signed zeros and NaN.")
floor = _unary("floor", "Largest integer not above ``x``, as a float.")
ceil = _unary("ceil", "Smallest integer not below ``x``, as a float.")
exp = _unary("exp", "``e**x``.")
exp2 = _unary("exp2", "``2**x``.")
expm1 = _unary("expm1", "``e**x - 1``, accurate near 0.")
log = _unary("log", "Natural logarithm; NaN below 0, -inf at 0.")
log1p = _unary("log1p", "``log(1 + x)``, accurate near 0.")
sqrt = _unary("sqrt", "Square root; NaN below 0.")
rsqrt = _unary("rsqrt", "``1 / sqrt(x)``.")
cbrt = _unary("cbrt", "Real cube root.")
sin = _unary("sin", "Sine of radians.")
cos = _unary("cos", "Cosine of radians.")
tan = _unary("tan", "Tangent of radians.")
asin = _unary("asin", "Inverse sine in radians; NaN outside [-1, 1].")
acos = _unary("acos", "Inverse cosine in radians; NaN outside [-1, 1].")
atan = _unary("atan", "Inverse tangent in radians.")
sinh = _unary("sinh", "Hyperbolic sine.")
cosh = _unary("cosh", "Hyperbolic cosine.")
tanh = _unary("tanh", "Hyperbolic tangent.")
asinh = _unary("asinh", "Inverse hyperbolic sine.")
acosh = _unary("acosh", "Inverse hyperbolic cosine; NaN below 1.")
atanh = _unary("atanh", "Inverse hyperbolic tangent; NaN outside [-1, 1].")
erf = _unary("erf", "Error function.")
erfc = _unary("erfc", "Complementary error function ``1 - erf(x)``, accurate for large ``x``.")
erf_inv = _unary("erf_inv", "Inverse of ``erf``; infinite at -1 and 1, NaN outside.")
lgamma = _unary("lgamma", "Logarithm of ``|gamma(x)|``.")
digamma = _unary("digamma", "Derivative of ``log(gamma(x))``.")
logistic = _unary("logistic", "``1 / (1 + exp(-x))``.")
real = _unary("real", "Real part of complex numbers.")
imag = _unary("imag", "Imaginary part of complex numbers.")
is_finite = _unary("is_finite", "Whether the element is neither infinite nor NaN, as bool.")
bitwise_not = _unary("bitwise_not", "Bitwise complement of integers, logical of bools.", "not")
population_count = _unary("population_count", "Number of one bits.", "popcnt")
clz = _unary("clz", "Number of leading zero bits; the width in bits for 0.")


def optimization_barrier(operand: Any) -> Any:
    """The arrays of a pytree themselves; what is computed from them is not merged with what is computed elsewhere."""
    return pytree.map_tree(lambda x: bind(OPS["optimization_barrier"], to_array(x)), operand)


stop_gradient = _unary("stop_gradient", "``x`` itself, taken as constant by differentiation.")

add = _binary("add", "``x + y``; integers wrap around.")
sub = _binary("sub", "``x - y``; integers wrap around.")
mul = _binary("mul", "``x * y``; integers wrap around.")
div = _binary("div", "``x / y``; integers round toward zero, and division by zero gives -1 (all bits one).")
rem = _binary("rem", "Remainder with the sign of ``x``; integer ``x rem 0`` is ``x``.")
max = _binary("max", "Larger operand; NaN if either is.")
min = _binary("min", "Smaller operand; NaN if either is.")
atan2 = _binary(
    "atan2", "Angle in radians of the point with ordinate ``x`` and abscissa ``y``, in [-pi, pi]."
)
complex = _binary("complex", "``x + i y`` of two float32 or float64 numbers.")


def nextafter(x1: ArrayLike, x2: ArrayLike) -> Array:
    """The float after ``x1`` in the direction of ``x2``."""
    return call("nextafter", "nextafter", (x1, x2))


bitwise_and = _binary("bitwise_and", "Bitwise and; logical on bools.", "and")
bitwise_or = _binary("bitwise_or", "Bitwise or; logical on bools.", "or")
bitwise_xor = _binary("bitwise_xor", "Bitwise exclusive or; logical on bools.", "xor")
shift_left = _binary("shift_left", "``x`` shifted left by ``y`` bits; amounts outside [0, width) give 0.")
shift_right_logical = _binary("shift_right_logical", "Right shift by ``y`` bits that fills with zeros.")
shift_right_arithmetic = _binary(
    "shift_right_arithmetic", "Right shift by ``y`` bits that fills with the sign."
)
eq = _binary("eq", "``x == y`` as bool.", "compare", direction="eq")
ne = _binary("ne", "``x != y`` as bool; true with NaN.", "compare", direction="ne")
lt = _binary("lt", "``x < y`` as bool.", "compare", direction="lt")
le = _binary("le", "``x <= y`` as bool.", "compare", direction="le")
gt = _binary("gt", "``x > y`` as bool.", "compare", direction="gt")
ge = _binary("ge", "``x >= y`` as bool.", "compare", direction="ge")


def pow(x: ArrayLike, y: ArrayLike) -> Array:
    """``x ** y`` for a float or complex base; the exponent is of the same dtype or an integer.

    Raises: DTypeError if ``x`` is neither, or the dtypes do not fit together.
    """
    base = to_array(x)
    if base.dtype not in INEXACT:
        raise located(
            DTypeError(f"lax.pow: the base must be a float or complex; got {base.aval}. Use numpy.power.")
        )
    exponent = y if type(y) in (float, builtins.complex) else to_array(y)
    if isinstance(exponent, Array) and exponent.dtype in INTEGER:
        exponent = convert(exponent, base.dtype)
    return call("pow", "pow", (x if is_number(x) else base, exponent))


def conj(x: ArrayLike) -> Array:
    """Complex conjugate; real floats become complex.

    Raises: DTypeError for integers and bools.
    """
    z = to_array(x)
    return complex(z, 0.0) if z.dtype in (np.float32, np.float64) else bind(OPS["conj"], z)


def integer_pow(x: ArrayLike, y: int) -> Array:
    """``x ** y`` for a static Python integer ``y``; negative ones for floats and complex numbers only.

    Raises: DTypeError for a negative power of integers.
    """
    return bind(OPS["integer_pow"], to_array(x), exponent=int(y))


def square(x: ArrayLike) -> Array:
    """``x * x``."""
    return bind(OPS["integer_pow"], to_array(x), exponent=2)


def reciprocal(x: ArrayLike) -> Array:
    """``1 / x`` of floats and complex numbers."""
    x = to_array(x)
    return div(1.0 if x.dtype in INEXACT else 1, x)


_ROUNDING = {0: "round_half_away", 1: "round_half_even"}


class RoundingMethod:
    """How ``round`` breaks ties."""

    AWAY_FROM_ZERO = 0
    TO_NEAREST_EVEN = 1


def round(x: ArrayLike, rounding_method: int = RoundingMethod.AWAY_FROM_ZERO) -> Array:
    """Nearest integer as a float; ``rounding_method`` says where ties go."""
    return bind(OPS[_ROUNDING[rounding_method]], to_array(x))


def select(pred: ArrayLike, on_true: ArrayLike, on_false: ArrayLike) -> Array:
    """``on_true`` where the bool ``pred`` holds, ``on_false`` elsewhere; both are evaluated.

    Args:
        pred: Bool, of the shape of the cases or a scalar.
        on_true, on_false: Cases of one shape and dtype.

    Raises: DTypeError, ShapeError if they do not fit together.
    """
    cases, weak = same_dtype("select", (on_true, on_false))
    if cases[0].shape != cases[1].shape:
        given = f"{cases[0].shape} and {cases[1].shape}"
        raise located(ShapeError(f"lax.select: both cases must have the same shape; got {given}."))
    chosen = to_array(pred)
    if chosen.ndim == 0:
        chosen = broadcast_to(chosen, cases[0].shape)
    return bind(OPS["select"], chosen, *cases, weak=weak)


def select_n(which: ArrayLike, *cases: ArrayLike) -> Array:
    """Element of ``cases[which]`` for each position; ``which`` is bool for two cases, else int32.

    An index outside the cases takes the nearest one.
    """
    index, choices = to_array(which), list(cases)
    if not choices or (index.dtype == BOOL and len(choices) > 2):
        raise located(
            ShapeError(f"lax.select_n: needs 1 or more cases, at most 2 for a bool; got {len(choices)}.")
        )
    if index.dtype == BOOL:
        return select(index, choices[-1], choices[0])
    result = to_array(choices[0])
    for i, case in enumerate(choices[1:], 1):
        result = select(ge(index, i), case, result)
    return result


def clamp(min: ArrayLike, x: ArrayLike, max: ArrayLike) -> Array:
    """``x`` limited to ``[min, max]``; the bounds are scalars or of the shape of ``x``.

    Complex numbers are ordered by their real, then by their imaginary parts.

    Raises: DTypeError, ShapeError if they do not fit together.
    """
    arrays, weak = same_dtype("clamp", (min, x, max))
    if arrays[1].dtype not in COMPLEX:
        return apply(OPS["clamp"], same_shape("clamp", arrays), weak)
    lower, inside, upper = same_shape("clamp", arrays)
    limited = apply(OPS["max"], (inside, lower), weak)
    return apply(OPS["min"], (limited, upper), weak)


def convert_element_type(operand: ArrayLike, new_dtype: DTypeLike) -> Array:
    """``operand`` in another dtype.

    Floats round toward zero on the way to integers, and saturate; NaN gives 0.
    """
    return convert(to_array(operand), requested(new_dtype, "convert_element_type"))


def bitcast_convert_type(operand: ArrayLike, new_dtype: DTypeLike) -> Array:
    """The bits of ``operand`` as another dtype.

    An element of a dtype that is wider becomes several along a new last axis, the lowest bits first; the other
    way around the last axis goes.

    Raises: DTypeError for bools and complex numbers, ShapeError if the last axis does not make up one element.
    """
    x, wanted = to_array(operand), requested(new_dtype, "bitcast_convert_type")
    if x.dtype.itemsize == wanted.itemsize or {x.dtype, wanted} & (COMPLEX | {BOOL}):
        return bind(OPS["bitcast"], x, weak=False, dtype=wanted)
    source, target = (np.dtype(f"uint{8 * d.itemsize}") for d in (x.dtype, wanted))
    words = bind(OPS["bitcast"], x, weak=False, dtype=source)
    words = _split_words(words, target) if source.itemsize > target.itemsize else _joined_words(words, target)
    return bind(OPS["bitcast"], words, weak=False, dtype=wanted)


def _positions(shape: tuple[int, ...], dtype: np.dtype, width: int) -> Array:
    """First bit of each narrow word within the wide one, along the last axis."""
    count = bind(OPS["iota"], weak=False, shape=shape, dimension=len(shape) - 1, dtype=dtype)
    return mul(count, width)


def _split_words(words: Array, narrow: np.dtype) -> Array:
    parts = words.dtype.itemsize // narrow.itemsize
    shape = (*words.shape, parts)
    spread = bind(OPS["broadcast_in_dim"], words, shape=shape, dimensions=tuple(range(words.ndim)))
    shifted = shift_right_logical(spread, _positions(shape, words.dtype, 8 * narrow.itemsize))
    return convert(shifted, narrow)


def _joined_words(words: Array, wide: np.dtype) -> Array:
    parts = wide.itemsize // words.dtype.itemsize
    if words.shape[-1:] != (parts,):
        raise located(ShapeError(f"bitcast: the last axis must have size {parts}; got {words.aval}."))
    shifted = shift_left(convert(words, wide), _positions(words.shape, wide, 8 * words.dtype.itemsize))
    # The words share no bits, so their sum is their union.
    return bind(OPS["reduce_sum"], shifted, axes=(words.ndim - 1,))


def threefry2x32(key0: Array, key1: Array, x0: Array, x1: Array) -> tuple[Array, Array]:
    """Counters ``(x0, x1)`` enciphered under keys, all uint32 of one shape; see ``axir.random``."""
    return bind(OPS["threefry2x32"], key0, key1, x0, x1, weak=False)
