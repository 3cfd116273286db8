"""Discrete Fourier transforms."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.attributes import Ints, Str, Tensor
from axir_compiler.ir.op import AxirOp, Value
from axir_compiler.ir.types import COMPLEX, Aval, aval_of, dtype_name, real_dtype
from axir_compiler.later import builders
from axir_compiler.ops.fourier_products import fft_by_products

_PARTS = frozenset(real_dtype(dtype) for dtype in COMPLEX)
_KINDS = {"fft": COMPLEX, "ifft": COMPLEX, "rfft": _PARTS, "irfft": COMPLEX}


def _complex(dtype: np.dtype) -> np.dtype:
    return dtype if dtype in COMPLEX else np.dtype(f"c{2 * dtype.itemsize}")


class FftOp(AxirOp, name="fft", dtypes=COMPLEX | _PARTS, linear_in=("operand",)):
    """Transform of the last ``len(lengths)`` axes, ``sum_k x[k] exp(-2 pi i j k / n)`` along each.

    ``kind`` is ``fft``, ``ifft`` (the inverse, divided by the number of elements), ``rfft`` (of real numbers: the
    first half of the last axis, of which the rest follows by symmetry) or ``irfft`` (its inverse, real).
    ``lengths`` are the sizes of the axes, of ``irfft`` those of the result.
    """

    operand: Tensor
    kind: Str
    lengths: Ints

    @staticmethod
    def infer(x: Aval, *, kind: str, lengths: tuple[int, ...]) -> Aval:
        if kind not in _KINDS:
            raise ShapeError(f"kind must be one of {', '.join(_KINDS)}; got {kind!r}.")
        if x.dtype not in _KINDS[kind]:
            wanted = ", ".join(sorted(map(dtype_name, _KINDS[kind])))
            raise DTypeError(f"the operand of {kind} must have one of the dtypes {wanted}; got {x}.")
        if not 1 <= len(lengths) <= x.ndim or any(n < 1 for n in lengths):
            raise ShapeError(
                f"lengths must be positive, one for each of the last axes; got {lengths} for {x}."
            )
        half = (*lengths[:-1], lengths[-1] // 2 + 1)
        given, found = (half, lengths) if kind == "irfft" else (lengths, half if kind == "rfft" else lengths)
        if x.shape[x.ndim - len(lengths) :] != given:
            raise ShapeError(
                f"the last axes must have the sizes {given} for {kind} of lengths {lengths}; got {x}."
            )
        dtype = real_dtype(x.dtype) if kind == "irfft" else _complex(x.dtype)
        return Aval((*x.shape[: x.ndim - len(lengths)], *found), dtype)

    @staticmethod
    def numpy(x: np.ndarray, *, kind: str, lengths: tuple[int, ...]) -> np.ndarray:
        import scipy.fft

        axes = tuple(range(x.ndim - len(lengths), x.ndim))
        if x.size == 0:
            aval = FftOp.infer(Aval(x.shape, x.dtype), kind=kind, lengths=lengths)
            return np.zeros(aval.shape, aval.dtype)
        return getattr(scipy.fft, f"{kind}n")(x, s=lengths, axes=axes)

    def transpose(self, ct: Value, operand: Value | None) -> list[Value | None]:
        """The matrix of a transform is symmetric; half spectra are filled up with zeros or weighted."""
        if self.kind == "rfft":
            return [ops.real(ops.fft(self._filled(ct), kind="fft", lengths=self.lengths))]
        if self.kind == "irfft":
            spectrum = ops.conj(ops.fft(ct, kind="rfft", lengths=self.lengths))
            return [ops.mul(spectrum, self._weights(spectrum))]
        return [self.rebuild(ct)]

    def _filled(self, ct: Value) -> Value:
        """A half spectrum with zeros for the other half."""
        shape, dtype = aval_of(ct)
        none = (0,) * len(shape)
        missing = self.lengths[-1] - shape[-1]
        zero = ops.constant(value=ops.scalar_value(0, dtype))
        return ops.pad(ct, zero, low=none, high=(*none[1:], missing), interior=none)

    def _weights(self, spectrum: Value) -> Value:
        """How often each element of a half spectrum counts, divided by the number of elements."""
        shape, dtype = aval_of(spectrum)
        length, count = self.lengths[-1], math.prod(self.lengths)
        last = len(shape) - 1
        part = np.dtype("int32")
        at = ops.iota(shape=shape, dimension=last, dtype=part)
        once = ops.compare(at, ops.full(shape, 0, part), direction="eq")
        if length % 2 == 0:
            once = ops.or_(once, ops.compare(at, ops.full(shape, length // 2, part), direction="eq"))
        return ops.select(once, ops.full(shape, 1 / count, dtype), ops.full(shape, 2 / count, dtype))

    def batch(self, axes: Sequence[int | None], x: Value) -> tuple[Value, int]:
        axis = axes[0]
        assert axis is not None
        return self.rebuild(ops.move_axis(x, axis, 0)), 0

    def lower(self, x: Value) -> Value:
        return builders.fft(x, self.kind, self.lengths, _complex(aval_of(self.operand).dtype))

    def without_kernels(self, x: Value) -> Value:
        return fft_by_products(x, self.kind, self.lengths, aval_of(self.result))

    def flops(self) -> int:
        """``5 n log2(n)`` for each transform of ``n`` complex numbers, half of it for real ones: the usual convention.

        M. Frigo, S. G. Johnson, benchFFT, http://www.fftw.org/speed/method.html.
        """
        count = math.prod(self.lengths)
        x = aval_of(self.operand)
        batch = math.prod(x.shape[: x.ndim - len(self.lengths)])
        real = self.kind in ("rfft", "irfft")
        return round((2.5 if real else 5) * batch * count * math.log2(count))
