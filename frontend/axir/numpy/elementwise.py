"""Elementwise functions: NumPy's universal functions on promoted, broadcast operands.

Operands are arrays and numbers. Functions of the reals take integers and bools to the default float dtype;
most of them take complex numbers too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import apply, apply_binary, apply_unary, broadcast, promoted, scalar_like
from axir._src.messages import located
from axir._src.promotion import BOOL, default_float
from axir._src.remember import remembered
from axir._src.trace import bind
from axir._src.ufunc import BinaryUfunc, binary_ufunc, unary_ufunc
from axir_compiler.errors import DTypeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import COMPLEX, INEXACT, UNSIGNED

__all__ = [
    "abs",
    "absolute",
    "acos",
    "acosh",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "around",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_count",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "cbrt",
    "ceil",
    "cos",
    "cosh",
    "divide",
    "equal",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "fix",
    "floor",
    "greater",
    "greater_equal",
    "invert",
    "left_shift",
    "less",
    "less_equal",
    "log",
    "log1p",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "nextafter",
    "not_equal",
    "positive",
    "reciprocal",
    "right_shift",
    "rint",
    "round",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
]

Unary = Callable[[ArrayLike], Array]
Binary = Callable[[ArrayLike, ArrayLike], Array]


def _finish(function: Any, name: str, doc: str, details: str) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__module__ = "axir.numpy"
    function.__doc__ = f"{doc}\n\n    {details}"
    return function


def _real(name: str, op: str, doc: str) -> Unary:
    """A function of the reals."""
    cls = OPS[op]

    def function(x: ArrayLike, /) -> Array:
        return apply_unary(cls, x, True)

    return _finish(function, name, doc, "Integers and bools give the default float dtype.")


def _binary(name: str, op: str, doc: str, *, to_float: bool = False, on_bool: str = "") -> Binary:
    """A function of two operands in their common dtype; ``on_bool`` is the op that it is for bools."""
    cls = OPS[op]
    logical = OPS[on_bool] if on_bool else None

    def function(x1: ArrayLike, x2: ArrayLike, /) -> Array:
        if logical is not None and _is_bool(x1) and _is_bool(x2):
            return apply_binary(logical, x1, x2)
        return apply_binary(cls, x1, x2, to_float)

    details = "Operands are promoted to a common dtype and broadcast."
    return _finish(function, name, doc, details + "\n\n    Raises: DTypeError, ShapeError.")


def _is_bool(x: Any) -> bool:
    return type(x) is bool or getattr(x, "dtype", None) == BOOL


def _comparison(name: str, direction: str, doc: str) -> Binary:
    cls = OPS["compare"]

    def function(x1: ArrayLike, x2: ArrayLike, /) -> Array:
        if ordered and (_is_complex(x1) or _is_complex(x2)):
            return _lexicographic(direction, x1, x2)
        return apply_binary(cls, x1, x2, weak=False, direction=direction)

    ordered = direction not in ("eq", "ne")
    details = " Complex numbers are ordered by their real parts, equal ones by their imaginary parts."
    doc += details if ordered else ""
    return _finish(function, name, doc, "Operands are promoted and broadcast; the result is bool.")


def _is_complex(x: Any) -> bool:
    return type(x) is complex or getattr(x, "dtype", None) in COMPLEX


def _lexicographic(direction: str, x1: ArrayLike, x2: ArrayLike) -> Array:
    x, y = broadcast(promoted(x1, x2)[0], "compare")
    first, second = (lax.real(x), lax.real(y)), (lax.imag(x), lax.imag(y))
    compare = getattr(lax, direction)
    return lax.select(lax.eq(*first), compare(*second), compare(*first))


def _logical(name: str, op: str, doc: str) -> BinaryUfunc:
    cls = OPS[op]

    def function(x1: ArrayLike, x2: ArrayLike, /) -> Array:
        return apply(cls, [truth(x1), truth(x2)], False)

    return binary_ufunc(
        _finish(function, name, doc, "Nonzero is true; operands are broadcast, the result is bool.")
    )


def truth(x: ArrayLike) -> Array:
    """``x != 0`` as bool."""
    return convert(to_array(x), BOOL)


sin = _real("sin", "sin", "Sine of radians.")
cos = _real("cos", "cos", "Cosine of radians.")
tan = _real("tan", "tan", "Tangent of radians.")
arcsin = asin = _real("arcsin", "asin", "Inverse sine in radians; NaN outside [-1, 1].")
arccos = acos = _real("arccos", "acos", "Inverse cosine in radians; NaN outside [-1, 1].")
arctan = atan = _real("arctan", "atan", "Inverse tangent in radians.")
sinh = _real("sinh", "sinh", "Hyperbolic sine.")
cosh = _real("cosh", "cosh", "Hyperbolic cosine.")
tanh = _real("tanh", "tanh", "Hyperbolic tangent.")
arcsinh = asinh = _real("arcsinh", "asinh", "Inverse hyperbolic sine.")
arccosh = acosh = _real("arccosh", "acosh", "Inverse hyperbolic cosine; NaN below 1.")
arctanh = atanh = _real("arctanh", "atanh", "Inverse hyperbolic tangent; NaN outside [-1, 1].")
exp = _real("exp", "exp", "``e**x``.")
exp2 = _real("exp2", "exp2", "``2**x``.")
expm1 = _real("expm1", "expm1", "``e**x - 1``, accurate near 0.")
log = _real("log", "log", "Natural logarithm; NaN below 0, -inf at 0.")
log1p = _real("log1p", "log1p", "``log(1 + x)``, accurate near 0.")
sqrt = _real("sqrt", "sqrt", "Square root; NaN below 0.")
cbrt = _real("cbrt", "cbrt", "Real cube root.")

add = binary_ufunc(
    _binary("add", "add", "``x1 + x2``; integers wrap around, bools give logical or.", on_bool="or")
)
subtract = binary_ufunc(_binary("subtract", "sub", "``x1 - x2``; integers wrap around, bools are refused."))
multiply = binary_ufunc(
    _binary("multiply", "mul", "``x1 * x2``; integers wrap around, bools give logical and.", on_bool="and")
)
true_divide = _binary("true_divide", "div", "``x1 / x2`` as floats.", to_float=True)
divide = _binary("divide", "div", "``x1 / x2`` as floats.", to_float=True)
arctan2 = atan2 = _binary(
    "arctan2", "atan2", "Angle in radians of the point ``(x2, x1)``, in [-pi, pi].", to_float=True
)
nextafter = _binary(
    "nextafter", "nextafter", "The float after ``x1`` in the direction of ``x2``.", to_float=True
)
maximum = binary_ufunc(_binary("maximum", "max", "Larger operand; NaN if either is."))
minimum = binary_ufunc(_binary("minimum", "min", "Smaller operand; NaN if either is."))
bitwise_and = binary_ufunc(_binary("bitwise_and", "and", "Bitwise and of integers, logical and of bools."))
bitwise_or = binary_ufunc(_binary("bitwise_or", "or", "Bitwise or of integers, logical or of bools."))
bitwise_xor = binary_ufunc(
    _binary("bitwise_xor", "xor", "Bitwise exclusive or of integers, logical of bools.")
)
equal = _comparison("equal", "eq", "``x1 == x2``; false with NaN.")
not_equal = _comparison("not_equal", "ne", "``x1 != x2``; true with NaN.")
less = _comparison("less", "lt", "``x1 < x2``; false with NaN.")
less_equal = _comparison("less_equal", "le", "``x1 <= x2``; false with NaN.")
greater = _comparison("greater", "gt", "``x1 > x2``; false with NaN.")
greater_equal = _comparison("greater_equal", "ge", "``x1 >= x2``; false with NaN.")
logical_and = _logical("logical_and", "and", "Whether both operands are true.")
logical_or = _logical("logical_or", "or", "Whether an operand is true.")
logical_xor = _logical("logical_xor", "xor", "Whether exactly one operand is true.")


def logical_not(x: ArrayLike, /) -> Array:
    """Whether ``x`` is false, that is, zero."""
    return bind(OPS["not"], truth(x), weak=False)


def left_shift(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """``x1`` shifted left by ``x2`` bits; amounts outside [0, width) give 0.

    Raises: DTypeError for floats.
    """
    (x, y), weak = promoted(x1, x2)
    return apply(OPS["shift_left"], (number(x), number(y)), weak)


bitwise_left_shift = left_shift


def right_shift(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """``x1`` shifted right by ``x2`` bits, filled with the sign, or with zeros if unsigned.

    Raises: DTypeError for floats.
    """
    (x, y), weak = promoted(x1, x2)
    op = "shift_right_logical" if x.dtype in UNSIGNED else "shift_right_arithmetic"
    return apply(OPS[op], (number(x), number(y)), weak)


bitwise_right_shift = right_shift


def invert(x: ArrayLike, /) -> Array:
    """Bitwise complement of integers, logical complement of bools."""
    return bind(OPS["not"], to_array(x))


bitwise_not = bitwise_invert = invert


def bitwise_count(x: ArrayLike, /) -> Array:
    """Number of one bits of ``|x|``, as uint8."""
    return convert(bind(OPS["popcnt"], absolute(number(x)), weak=False), np.dtype("uint8"))


def positive(x: ArrayLike, /) -> Array:
    """``x`` itself."""
    return to_array(x)


@unary_ufunc
def negative(x: ArrayLike, /) -> Array:
    """``-x``; integers wrap around.

    Raises: DTypeError for bools.
    """
    return apply_unary(OPS["neg"], x)


def absolute(x: ArrayLike, /) -> Array:
    """``|x|``; the most negative integer stays itself, bools stay themselves. Of complex numbers it is real."""
    x = to_array(x)
    return x if x.dtype == BOOL or x.dtype in UNSIGNED else bind(OPS["abs"], x)


abs = absolute


@remembered
def fabs(x: ArrayLike, /) -> Array:
    """``|x|`` as a float.

    Raises: DTypeError for complex numbers.
    """
    refuse_complex("fabs", x)
    return apply_unary(OPS["abs"], x, True)


def refuse_complex(where: str, *args: ArrayLike) -> None:
    """Refuse complex operands of a function that is not defined for them."""
    for x in args:
        if to_array(x).dtype in COMPLEX:
            raise located(
                DTypeError(
                    f"{where}: is not defined for complex numbers; got {to_array(x).aval}. Take real parts."
                )
            )


def sign(x: ArrayLike, /) -> Array:
    """-1, 0 or 1 in the dtype of ``x``; keeps signed zeros and NaN. Of complex numbers ``x / |x|``."""
    return bind(OPS["sign"], to_array(x))


def square(x: ArrayLike, /) -> Array:
    """``x * x``; bools give int32."""
    return lax.integer_pow(number(x), 2)


def number(x: ArrayLike) -> Array:
    """An operand with bools taken to int32."""
    array = to_array(x)
    return convert(array, np.dtype("int32")) if array.dtype == BOOL else array


@remembered
def reciprocal(x: ArrayLike, /) -> Array:
    """``1 / x`` as a float or complex number."""
    return true_divide(1, number(x))


def _rounding(name: str, op: str, doc: str) -> Unary:
    cls = OPS[op]

    def function(x: ArrayLike, /) -> Array:
        array = to_array(x)
        return bind(cls, array) if array.dtype in INEXACT else array

    return _finish(function, name, doc, "Integers and bools stay themselves.")


floor = _rounding("floor", "floor", "Largest integer not above ``x``.")
ceil = _rounding("ceil", "ceil", "Smallest integer not below ``x``.")


@remembered
def rint(x: ArrayLike, /) -> Array:
    """Nearest integer as a float, ties to the even one; of complex numbers both parts."""
    array = to_array(x)
    if array.dtype in COMPLEX:
        return _by_parts(rint, array)
    return bind(OPS["round_half_even"], array if array.dtype in INEXACT else convert(array, default_float()))


def _by_parts(function: Callable[[Array], Array], x: Array) -> Array:
    """A function of real numbers on both parts of complex ones."""
    return lax.complex(function(lax.real(x)), function(lax.imag(x)))


@remembered
def trunc(x: ArrayLike) -> Array:
    """Nearest integer toward zero; integers and bools stay themselves."""
    array = to_array(x)
    if array.dtype not in INEXACT:
        return array
    return lax.select(lax.lt(array, 0.0), lax.ceil(array), lax.floor(array))


fix = trunc


@remembered
def round(a: ArrayLike, decimals: int = 0, out: None = None) -> Array:
    """``a`` rounded to a number of decimals, ties to the even digit; of complex numbers both parts.

    Raises: DTypeError for a negative number of decimals of integers.
    """
    no_out("round", out)
    x = to_array(a)
    if x.dtype in COMPLEX:
        return _by_parts(lambda part: round(part, decimals), x)
    if x.dtype not in INEXACT:
        if decimals < 0:
            raise located(DTypeError("round: decimals must not be negative for integers. Convert to float."))
        return x
    if decimals == 0:
        return bind(OPS["round_half_even"], x)
    # Half types lack the range for the factor.
    wide = convert(x, np.dtype("float32"), x.weak_type) if x.dtype.itemsize == 2 else x
    factor = scalar_like(10.0**decimals, wide)
    return convert(true_divide(rint(multiply(wide, factor)), factor), x.dtype, x.weak_type)


around = round


def no_out(where: str, out: Any) -> None:
    """Refuse the argument ``out``: arrays are immutable."""
    if out is not None:
        raise located(DTypeError(f"{where}: out must be None, since arrays are immutable. Use the result."))
