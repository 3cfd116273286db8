"""One function for each elementwise op, on single numbers: what goes into the body of a ``linalg.generic``.

``sin(dtype, x)``, ``add(dtype, x, y)``, ...: ``dtype`` is that of the operands, whose IR types are signless.
Functions of real numbers live in modules of this package for f32 and f64; 16-bit floats take the f32 one and
round once. Names that are Python keywords end in an underscore; ``getattr(scalar, "and")`` finds them too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from axir_compiler.ir.types import is_complex, is_float
from axir_compiler.lowering import integers
from axir_compiler.lowering.conversions import bitcast, convert
from axir_compiler.lowering.integers import (
    clz,
    popcnt,
    shift_left,
    shift_right_arithmetic,
    shift_right_logical,
)
from axir_compiler.lowering.polygamma import polygamma as _polygamma
from axir_compiler.lowering.scalar import (
    bessel,
    error_function,
    exponential,
    gamma,
    hurwitz,
    incomplete_beta,
    incomplete_gamma,
    inverse_trigonometry,
    logarithm,
    power,
    remainder,
    root,
    trigonometry,
)
from axir_compiler.lowering.scalar.arithmetic import KERNEL
from axir_compiler.lowering.scalar.basic import (
    abs,
    add,
    and_,
    ceil,
    clamp,
    compare,
    floor,
    fold_max,
    fold_min,
    in_float32,
    integer_pow,
    is_finite,
    max,
    min,
    mul,
    neg,
    nextafter,
    not_,
    or_,
    round_half_away,
    round_half_even,
    select,
    sign,
    sub,
    xor,
)
from axir_compiler.lowering.scalar.complex import (
    conjugate,
    divide,
    imaginary_part,
    make_complex,
    on_values,
    real_part,
)
from axir_compiler.lowering.scalar.complex_functions import COMPLEX_FUNCTIONS
from axir_compiler.lowering.scalar.expression import Real, real
from axir_compiler.lowering.scalar.precision import reduce_precision
from axir_compiler.lowering.threefry import threefry2x32
from axir_compiler.mlir import arith, ir

__all__ = [
    "abs",
    "acos",
    "acosh",
    "add",
    "and_",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bessel_i0e",
    "bessel_i1e",
    "bitcast",
    "cbrt",
    "ceil",
    "clamp",
    "clz",
    "compare",
    "conjugate",
    "convert",
    "cos",
    "cosh",
    "digamma",
    "div",
    "erf",
    "erf_inv",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "fold_max",
    "fold_min",
    "igamma",
    "igamma_grad_a",
    "igammac",
    "imaginary_part",
    "in_float32",
    "integer_pow",
    "is_finite",
    "is_short_power",
    "lgamma",
    "log",
    "log1p",
    "logistic",
    "make_complex",
    "max",
    "min",
    "mul",
    "neg",
    "nextafter",
    "not_",
    "or_",
    "polygamma",
    "popcnt",
    "pow",
    "random_gamma_grad",
    "real_part",
    "reduce_precision",
    "regularized_incomplete_beta",
    "rem",
    "round_half_away",
    "round_half_even",
    "rsqrt",
    "select",
    "shift_left",
    "shift_right_arithmetic",
    "shift_right_logical",
    "short_power",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "sub",
    "tan",
    "tanh",
    "threefry2x32",
    "xor",
    "zeta",
]


def _real(function: Callable[..., Real]) -> Callable[..., ir.Value]:
    """A function of real numbers, written for f32 and f64, on any float dtype.

    On complex dtypes it is the function of the same name of complex numbers, if there is one.
    """
    name = function.__name__
    on_complex = COMPLEX_FUNCTIONS.get(name)

    def call(dtype: np.dtype, *xs: ir.Value, **attrs: Any) -> ir.Value:
        if is_complex(dtype):
            assert on_complex is not None, f"{name} of complex numbers"
            return on_values(on_complex, *xs, **attrs)
        return in_float32(lambda *ys: function(*map(real, ys), **attrs).value, dtype, *xs)

    call.__name__, call.__doc__ = function.__name__, function.__doc__
    return call


exp, exp2, expm1 = _real(exponential.exp), _real(exponential.exp2), _real(exponential.expm1)
log, log1p = _real(logarithm.log), _real(logarithm.log1p)
sqrt, rsqrt, cbrt = _real(root.sqrt), _real(root.rsqrt), _real(root.cbrt)
sin, cos, tan = _real(trigonometry.sin), _real(trigonometry.cos), _real(trigonometry.tan)
asin, acos = _real(inverse_trigonometry.asin), _real(inverse_trigonometry.acos)
atan, atan2 = _real(inverse_trigonometry.atan), _real(inverse_trigonometry.atan2)
sinh, cosh, tanh = _real(exponential.sinh), _real(exponential.cosh), _real(exponential.tanh)
asinh, acosh, atanh = _real(logarithm.asinh), _real(logarithm.acosh), _real(logarithm.atanh)
erf, erfc, erf_inv = _real(error_function.erf), _real(error_function.erfc), _real(error_function.erf_inv)
lgamma, digamma, polygamma = _real(gamma.lgamma), _real(gamma.digamma), _real(_polygamma)
logistic = _real(exponential.logistic)
bessel_i0e, bessel_i1e = _real(bessel.bessel_i0e), _real(bessel.bessel_i1e)
_float_pow, _float_rem = _real(power.power), _real(remainder.fmod)
is_short_power, short_power = power.is_short_power, _real(power.short_power)


def _in_float64(function: Callable[..., Real], **options: Any) -> Callable[..., ir.Value]:
    """An algorithm that computes in float64 for every float dtype and rounds once."""

    def call(dtype: np.dtype, *xs: ir.Value) -> ir.Value:
        if xs[0].type == (wide := ir.F64Type.get()):
            return function(KERNEL, *map(real, xs), **options).value
        found = function(KERNEL, *(real(arith.extf(wide, x)) for x in xs), **options)
        return arith.truncf(xs[0].type, found.value)

    return call


igamma = _in_float64(incomplete_gamma.incomplete_gamma, upper=False)
igammac = _in_float64(incomplete_gamma.incomplete_gamma, upper=True)
igamma_grad_a = _in_float64(incomplete_gamma.incomplete_gamma_slope)
random_gamma_grad = _in_float64(incomplete_gamma.sample_slope)
regularized_incomplete_beta = _in_float64(incomplete_beta.incomplete_beta)
zeta = _in_float64(hurwitz.hurwitz_zeta)


def pow(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
    """``x ** y``."""
    if is_complex(dtype):
        return on_values(COMPLEX_FUNCTIONS["pow"], x, y)
    return (_float_pow if is_float(dtype) else integers.pow)(dtype, x, y)


def div(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
    """``x / y``; integers round toward zero, and division by zero gives -1 (all bits one)."""
    if is_complex(dtype):
        return on_values(divide, x, y)
    return in_float32(arith.divf, dtype, x, y) if is_float(dtype) else integers.div(dtype, x, y)


def rem(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
    """Remainder with the sign of ``x``; integer ``x rem 0`` is ``x``."""
    return (_float_rem if is_float(dtype) else integers.rem)(dtype, x, y)


globals().update({"and": and_, "or": or_, "not": not_})
