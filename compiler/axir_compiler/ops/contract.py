"""Contractions: every kind of matrix product."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import ShapeError
from axir_compiler.ir.attributes import DType, Ints, Tensor
from axir_compiler.ir.op import AxirOp, Value
from axir_compiler.ir.types import BFLOAT16, COMPLEX, NUMERIC, Aval, aval_of, is_complex
from axir_compiler.later import builders

Axes = tuple[int, ...]


def _free(rank: int, contract: Axes, batch: Axes) -> Axes:
    return tuple(d for d in range(rank) if d not in contract and d not in batch)


class DotGeneralOp(AxirOp, name="dot_general", dtypes=NUMERIC | COMPLEX, multilinear_in=("lhs", "rhs")):
    """Sum of products over pairs of contracted axes, for each index of the paired batch axes.

    The result's axes are the batch axes, then the free axes of ``lhs``, then those of ``rhs``. Products are
    summed in ``dtype``, half types in float32.
    """

    lhs: Tensor
    rhs: Tensor
    lhs_contract: Ints
    rhs_contract: Ints
    lhs_batch: Ints
    rhs_batch: Ints
    dtype: DType

    @staticmethod
    def infer(
        x: Aval,
        y: Aval,
        *,
        lhs_contract: Axes,
        rhs_contract: Axes,
        lhs_batch: Axes,
        rhs_batch: Axes,
        dtype: np.dtype,
    ) -> Aval:
        for aval, contract, batch in ((x, lhs_contract, lhs_batch), (y, rhs_contract, rhs_batch)):
            axes = (*contract, *batch)
            if len(set(axes)) != len(axes) or not all(0 <= a < aval.ndim for a in axes):
                raise ShapeError(f"contracted and batch axes must be distinct axes of {aval}; got {axes}.")
        for what, left, right in (
            ("contracted", lhs_contract, rhs_contract),
            ("batch", lhs_batch, rhs_batch),
        ):
            sizes = tuple(x.shape[a] for a in left), tuple(y.shape[a] for a in right)
            if sizes[0] != sizes[1]:
                raise ShapeError(
                    f"{what} axes must have equal sizes; got {x} (axes {left}) and {y} (axes {right})."
                )
        shape = [x.shape[a] for a in lhs_batch]
        shape += [x.shape[a] for a in _free(x.ndim, lhs_contract, lhs_batch)]
        shape += [y.shape[a] for a in _free(y.ndim, rhs_contract, rhs_batch)]
        return Aval(tuple(shape), dtype)

    @staticmethod
    def numpy(
        x: np.ndarray,
        y: np.ndarray,
        *,
        lhs_contract: Axes,
        rhs_contract: Axes,
        lhs_batch: Axes,
        rhs_batch: Axes,
        dtype: np.dtype,
    ) -> np.ndarray:
        left, right = _free(x.ndim, lhs_contract, lhs_batch), _free(y.ndim, rhs_contract, rhs_batch)
        batch = tuple(x.shape[a] for a in lhs_batch)
        rows, columns = tuple(x.shape[a] for a in left), tuple(y.shape[a] for a in right)
        inner = math.prod(x.shape[a] for a in lhs_contract)
        wide = np.dtype("float32") if dtype in (np.dtype("float16"), BFLOAT16) else dtype
        a = x.transpose(*lhs_batch, *left, *lhs_contract).reshape(*batch, math.prod(rows), inner)
        b = y.transpose(*rhs_batch, *rhs_contract, *right).reshape(*batch, inner, math.prod(columns))
        product = np.matmul(a.astype(wide, copy=False), b.astype(wide, copy=False))
        return product.reshape((*batch, *rows, *columns)).astype(dtype, copy=False)

    def transpose(self, ct: Value, x: Value | None, y: Value | None) -> list[Value | None]:
        if x is None:
            assert y is not None
            return [self._operand_cotangent(ct, y, left=True), None]
        return [None, self._operand_cotangent(ct, x, left=False)]

    def _operand_cotangent(self, ct: Value, other: Value, *, left: bool) -> Value:
        """Contract the cotangent with the other operand's free axes, then order axes as the operand's."""
        own = self.lhs if left else self.rhs
        sides = [(self.lhs_contract, self.lhs_batch), (self.rhs_contract, self.rhs_batch)]
        (contract, batch), (other_contract, other_batch) = sides if left else sides[::-1]
        free = _free(aval_of(own).ndim, contract, batch)
        other_free = _free(aval_of(other).ndim, other_contract, other_batch)
        skip = len(batch) + (len(free) if left else 0)
        product = ops.dot_general(
            ops.convert_to(ct, aval_of(other).dtype),
            other,
            lhs_contract=tuple(range(skip, skip + len(other_free))),
            rhs_contract=other_free,
            lhs_batch=tuple(range(len(batch))),
            rhs_batch=other_batch,
            dtype=aval_of(own).dtype,
        )
        # Axes of the product: batch, free, and the contracted ones in the order of the other operand.
        by_other = [a for _, a in sorted(zip(other_contract, contract, strict=True))]
        order = np.argsort([*batch, *free, *by_other])
        return ops.permute(product, tuple(int(i) for i in order))

    def batch(self, axes: Sequence[int | None], x: Value, y: Value) -> tuple[Value, int]:
        x_axis, y_axis = axes
        moved = {
            "lhs_contract": _shifted(self.lhs_contract, x_axis),
            "lhs_batch": _shifted(self.lhs_batch, x_axis),
            "rhs_contract": _shifted(self.rhs_contract, y_axis),
            "rhs_batch": _shifted(self.rhs_batch, y_axis),
        }
        if x_axis is not None and y_axis is not None:
            moved["lhs_batch"] = (x_axis, *moved["lhs_batch"])
            moved["rhs_batch"] = (y_axis, *moved["rhs_batch"])
            return self.rebuild(x, y, **moved), 0
        if x_axis is not None:
            free = _free(aval_of(x).ndim, moved["lhs_contract"], moved["lhs_batch"])
            return self.rebuild(x, y, **moved), len(self.lhs_batch) + free.index(x_axis)
        assert y_axis is not None
        left = aval_of(x).ndim - len(self.lhs_contract)
        free = _free(aval_of(y).ndim, moved["rhs_contract"], moved["rhs_batch"])
        return self.rebuild(x, y, **moved), left + free.index(y_axis)

    def lower(self, x: Value, y: Value) -> Value:
        dims = (self.lhs_contract, self.rhs_contract, self.lhs_batch, self.rhs_batch)
        return builders.dot_general(x, y, *dims, self.dtype, aval_of(self.lhs).dtype)

    def flops(self) -> int:
        """A multiplication and an addition for each product."""
        x, result = aval_of(self.lhs), aval_of(self.result)
        products = result.size * math.prod(x.shape[a] for a in self.lhs_contract)
        return (8 if is_complex(result.dtype) else 2) * products


def _shifted(axes: Axes, inserted: int | None) -> Axes:
    """Axis numbers after a batch axis has been inserted."""
    return axes if inserted is None else tuple(a + (a >= inserted) for a in axes)
