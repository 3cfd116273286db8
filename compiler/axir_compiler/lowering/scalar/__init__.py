"""One function for each elementwise op, on single numbers: what goes into the body of a ``linalg.generic``.

``sin(dtype, x)``, ``add(dtype, x, y)``, ...: ``dtype`` is that of the operands, whose IR types are signless.
Functions of real numbers live in modules of this package for f32 and f64; 16-bit floats take the f32 one and
round once. Names that are Python keywords end in an underscore; ``getattr(scalar, "and")`` finds them too.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

import numpy as np

from axir_compiler.ir.types import is_float
from axir_compiler.lowering import integers
from axir_compiler.lowering.conversions import bitcast, convert
from axir_compiler.lowering.integers import (
    clz,
    popcnt,
    shift_left,
    shift_right_arithmetic,
    shift_right_logical,
)
from axir_compiler.lowering.scalar.basic import (
    abs,
    add,
    and_,
    ceil,
    clamp,
    compare,
    floor,
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
from axir_compiler.lowering.threefry import threefry2x32
from axir_compiler.mlir import arith, ir, math


def _find(name: str) -> Callable[..., ir.Value]:
    for module in pkgutil.iter_modules(__path__):
        if module.name in ("basic", "expression"):
            continue
        try:
            found = getattr(importlib.import_module(f"{__name__}.{module.name}"), name, None)
        except ImportError:
            continue
        if found is not None:
            return found
    return getattr(math, name.replace("pow", "powf"), None) or arith.remf


def _real(name: str) -> Callable[..., ir.Value]:
    """A function of real numbers, defined for f32 and f64, on any float dtype."""

    def call(dtype: np.dtype, *xs: ir.Value, **attrs: Any) -> ir.Value:
        function = _find(name)
        return in_float32(lambda *ys: function(*ys, **attrs), dtype, *xs)

    call.__name__ = name
    return call


exp, exp2, expm1 = _real("exp"), _real("exp2"), _real("expm1")
log, log1p = _real("log"), _real("log1p")
sqrt, rsqrt, cbrt = _real("sqrt"), _real("rsqrt"), _real("cbrt")
sin, cos, tan = _real("sin"), _real("cos"), _real("tan")
asin, acos, atan, atan2 = _real("asin"), _real("acos"), _real("atan"), _real("atan2")
sinh, cosh, tanh = _real("sinh"), _real("cosh"), _real("tanh")
asinh, acosh, atanh = _real("asinh"), _real("acosh"), _real("atanh")
erf, erfc, erf_inv = _real("erf"), _real("erfc"), _real("erf_inv")
lgamma, digamma, polygamma = _real("lgamma"), _real("digamma"), _real("polygamma")
logistic = _real("logistic")
_float_pow, _float_rem = _real("pow"), _real("fmod")


def pow(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
    """``x ** y``."""
    return (_float_pow if is_float(dtype) else integers.pow)(dtype, x, y)


def div(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
    """``x / y``; integers round toward zero, and division by zero gives -1 (all bits one)."""
    return in_float32(arith.divf, dtype, x, y) if is_float(dtype) else integers.div(dtype, x, y)


def rem(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
    """Remainder with the sign of ``x``; integer ``x rem 0`` is ``x``."""
    return (_float_rem if is_float(dtype) else integers.rem)(dtype, x, y)


globals().update({"and": and_, "or": or_, "not": not_})
