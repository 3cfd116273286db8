"""The parts of complex numbers, and complex numbers of their parts.

Transposes are those of linear maps over the reals under the pairing ``Re(sum(x * y))``, without conjugation: the
cotangent of a complex operand is complex, and that of a real operand the real part of what it would be else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axir_compiler import ops
from axir_compiler.ir.attributes import Tensor
from axir_compiler.ir.op import Value
from axir_compiler.ir.types import COMPLEX, Aval, aval_of, real_dtype
from axir_compiler.later import scalar
from axir_compiler.ops.elementwise import Elementwise, ElementwiseUnary

_PARTS = frozenset(real_dtype(dtype) for dtype in COMPLEX)


class ComplexOp(Elementwise, name="complex", dtypes=_PARTS, linear_in=("re", "im"), arithmetic=0):
    """``re + i im`` of two real numbers."""

    re: Tensor
    im: Tensor

    @staticmethod
    def infer(re: Aval, im: Aval) -> Aval:
        return Aval(Elementwise.infer(re, im).shape, np.dtype(f"c{2 * re.dtype.itemsize}"))

    @staticmethod
    def numpy(re: np.ndarray, im: np.ndarray) -> np.ndarray:
        # Not re + 1j * im, which loses signed zeros and infinities.
        result = np.empty(np.broadcast_shapes(re.shape, im.shape), f"c{2 * re.dtype.itemsize}")
        result.real, result.imag = re, im
        return result

    def transpose(self, ct: Value, re: Value | None, im: Value | None) -> Sequence[Value | None]:
        return [ops.real(ct) if re is None else None, ops.neg(ops.imag(ct)) if im is None else None]

    def scalar(self, *xs: Value) -> Value:
        return scalar.make_complex(aval_of(self.re).dtype, *xs)


class _Part(ElementwiseUnary, dtypes=COMPLEX, linear_in=("operand",)):
    """A real number of a complex one."""

    @staticmethod
    def infer(x: Aval) -> Aval:
        return Aval(x.shape, real_dtype(x.dtype))


class RealOp(_Part, name="real", arithmetic=0):
    """Real part."""

    @staticmethod
    def numpy(x: Any) -> np.ndarray:
        return x.real

    def transpose(self, ct: Value, operand: Value | None) -> list[Value | None]:
        return [ops.complex(ct, ops.zeros_like(ct))]

    def scalar(self, *xs: Value) -> Value:
        return scalar.real_part(aval_of(self.operand).dtype, *xs)


class ImagOp(_Part, name="imag", arithmetic=0):
    """Imaginary part."""

    @staticmethod
    def numpy(x: Any) -> np.ndarray:
        return x.imag

    def transpose(self, ct: Value, operand: Value | None) -> list[Value | None]:
        return [ops.complex(ops.zeros_like(ct), ops.neg(ct))]

    def scalar(self, *xs: Value) -> Value:
        return scalar.imaginary_part(aval_of(self.operand).dtype, *xs)


class ConjOp(ElementwiseUnary, name="conj", dtypes=COMPLEX, linear_in=("operand",)):
    """Complex conjugate, ``re - i im``."""

    numpy = np.conjugate

    def scalar(self, *xs: Value) -> Value:
        return scalar.conjugate(aval_of(self.operand).dtype, *xs)
