"""What may go wrong in single ops: NaN, division by zero, indices outside an operand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from axir_compiler import ops
from axir_compiler.ir.op import AxirOp, Value, listed
from axir_compiler.ir.types import Aval, aval_of, is_complex, is_inexact
from axir_compiler.ops.gather import GatherOp
from axir_compiler.ops.index import DynamicSliceOp, DynamicUpdateSliceOp
from axir_compiler.ops.scatter import Scatter

__all__ = ["NAN_OPS", "Failure", "checks_before", "checks_of", "failures_behind"]

_NAN_OPS = """
acos acosh add add_along asin asinh atan atan2 atanh bessel_i0e bessel_i1e cbrt cholesky convolution cos cosh
cumlogsumexp cummax cummin cumprod cumsum det digamma div dot_general eigh erf erf_inv erfc exp exp2 expm1 fft igamma
igamma_grad_a igammac integer_pow lgamma linear_solve log log1p logistic lu mul pad pinv polygamma pow qr
random_gamma_grad reduce_prod reduce_sum reduce_window_max reduce_window_min reduce_window_prod reduce_window_sum
regularized_incomplete_beta rem rsqrt scatter_add scatter_mul sin sinh solve sqrt sub svd tan tanh triangular_solve zeta
"""
NAN_OPS = frozenset(_NAN_OPS.split())
"""Ops that may make NaN of numbers; the others hand on what they got."""

_INDEX = np.dtype("int32")
_PLACE = Aval((3,), _INDEX)
_READS_AND_WRITES = (DynamicSliceOp, DynamicUpdateSliceOp, GatherOp, Scatter)


class Failure(NamedTuple):
    """A check, whether it failed, and the values that it is about."""

    check: tuple[str, Any]
    failed: Value
    payload: Sequence[Value]


def checks_of(op: AxirOp, enabled: frozenset[str]) -> dict[tuple[str, Any], tuple[Aval, ...]]:
    """The enabled checks that an op needs, each with the types of the values that it is about."""
    found: dict[tuple[str, Any], tuple[Aval, ...]] = {}
    if "div" in enabled and op.short_name == "div":
        found["div", ""] = ()
    if "index" in enabled and _room(op):
        found["index", aval_of(op.operands[0]).shape] = (_PLACE,)
    if "nan" in enabled and op.short_name in NAN_OPS and any(map(_may_be_nan, op.results)):
        found["nan", op.short_name] = ()
    return found


def checks_before(op: AxirOp, operands: Sequence[Value], enabled: frozenset[str]) -> list[Failure]:
    """What is wrong with the operands of an op."""
    found = []
    if "div" in enabled and op.short_name == "div":
        zero = ops.compare(operands[1], ops.zeros_like(operands[1]), direction="eq")
        found.append(Failure(("div", ""), _any(zero), ()))
    room = _room(op) if "index" in enabled else {}
    if room:
        failed, place = _outside(_index_columns(op, operands, room), room, aval_of(operands[0]).shape)
        found.append(Failure(("index", aval_of(operands[0]).shape), failed, (place,)))
    return found


def failures_behind(op: AxirOp, results: Sequence[Value], enabled: frozenset[str]) -> list[Failure]:
    """What is wrong with the results of an op."""
    if "nan" not in enabled or op.short_name not in NAN_OPS:
        return []
    found = [_any(_is_nan(x)) for x in results if _may_be_nan(x)]
    if not found:
        return []
    failed = found[0]
    for other in found[1:]:
        failed = ops.or_(failed, other)
    return [Failure(("nan", op.short_name), failed, ())]


def _may_be_nan(x: Value) -> bool:
    return is_inexact(aval_of(x).dtype) and aval_of(x).size > 0


def _is_nan(x: Value) -> Value:
    if is_complex(aval_of(x).dtype):
        return ops.or_(_is_nan(ops.real(x)), _is_nan(ops.imag(x)))
    return ops.compare(x, x, direction="ne")


def _any(x: Value) -> Value:
    return ops.reduce_or(x, axes=tuple(range(aval_of(x).ndim))) if aval_of(x).ndim else x


def _room(op: AxirOp) -> dict[int, int]:
    """For each axis of the operand that an op has indices for the last of them, in order; empty for none at all."""
    if not isinstance(op, _READS_AND_WRITES):
        return {}
    shape = aval_of(op.operands[0]).shape
    if isinstance(op, DynamicSliceOp):
        sizes = op.sizes
    elif isinstance(op, DynamicUpdateSliceOp):
        sizes = aval_of(op.update).shape
    else:
        if aval_of(op.indices).size == 0:
            return {}
        sizes = op.slice_sizes if isinstance(op, GatherOp) else _update_sizes(op)
        return {d: shape[d] - sizes[d] for d in op.numbers.start_index_map}
    return {d: n - m for d, (n, m) in enumerate(zip(shape, sizes, strict=True))}


def _update_sizes(op: Scatter) -> Sequence[int]:
    return op.numbers.window_sizes(aval_of(op.operand).shape, aval_of(op.updates).shape)


def _index_columns(op: AxirOp, operands: Sequence[Value], room: dict[int, int]) -> list[Value]:
    """The indices along each axis, flat."""
    if isinstance(op, DynamicSliceOp | DynamicUpdateSliceOp):
        starts = operands[len(listed(op.operands)) - len(room) :]
        return [ops.reshape(x, shape=(1,)) for x in starts]
    indices = operands[1]
    shape = aval_of(indices).shape
    flat = ops.reshape(indices, shape=(int(np.prod(shape[:-1])), shape[-1]))
    count = aval_of(flat).shape[0]
    columns = [ops.slice(flat, start=(0, k), limit=(count, k + 1), stride=(1, 1)) for k in range(shape[-1])]
    return [ops.reshape(c, shape=(count,)) for c in columns]


def _outside(columns: Sequence[Value], room: dict[int, int], shape: Sequence[int]) -> tuple[Value, Value]:
    """Whether an index is outside, and the first one that is, its axis and the size of that.

    Index vectors come one after the other, the components of each together.
    """
    bad = []
    for column, last in zip(columns, room.values(), strict=True):
        most = min(last, np.iinfo(aval_of(column).dtype).max)
        low = ops.compare(column, ops.zeros_like(column), direction="lt")
        bad.append(ops.or_(low, ops.compare(column, ops.full_like(column, most), direction="gt")))
    count, width = aval_of(bad[0]).size, len(bad)
    mask = _interleaved(bad, count)
    first = ops.argmax(mask, axis=0, index_dtype=_INDEX)
    values = _interleaved([ops.convert_to(c, _INDEX) for c in columns], count)
    value = ops.dynamic_slice(values, first, sizes=(1,))
    component = ops.rem(first, ops.full((), width, _INDEX))
    axis = _listed([*room], component)
    size = _listed([shape[d] for d in room], component)
    place = ops.concatenate(value, *(ops.reshape(x, shape=(1,)) for x in (axis, size)), dimension=0)
    return _any(mask), place


def _interleaved(columns: Sequence[Value], count: int) -> Value:
    rows = [ops.reshape(c, shape=(count, 1)) for c in columns]
    joined = rows[0] if len(rows) == 1 else ops.concatenate(*rows, dimension=1)
    return ops.reshape(joined, shape=(count * len(columns),))


def _listed(numbers: Sequence[int], position: Value) -> Value:
    """The number at a position."""
    found = ops.full((), numbers[-1], _INDEX)
    for k in reversed(range(len(numbers) - 1)):
        here = ops.compare(position, ops.full((), k, _INDEX), direction="eq")
        found = ops.select(here, ops.full((), numbers[k], _INDEX), found)
    return found
