"""Every kind of matrix product, as one contraction of at most three-dimensional operands."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from axir_compiler.ir.types import BOOL, COMPLEX, real_dtype
from axir_compiler.lowering import emit, scalar
from axir_compiler.lowering.barriers import kernel_barrier
from axir_compiler.lowering.cpu_tiles import lowering_config, set_tiles
from axir_compiler.lowering.emit import is_half, signless
from axir_compiler.lowering.generic import (
    elementwise,
    empty,
    fill,
    generic,
    is_empty,
    map_of_dims,
    rank_of,
    shape_of,
    zeros,
)
from axir_compiler.lowering.movement import reshape, transpose
from axir_compiler.mlir import ir

__all__ = ["dot_general"]

_FLOAT32 = np.dtype("float32")
_FLOAT64 = np.dtype("float64")
# Products of fewer numbers are one kernel of complex numbers, which does not run in vectors.
_SMALL = 1 << 15


class _Group(NamedTuple):
    """Axes of an operand that play one role: ``b`` batch, ``m`` or ``n`` free, ``k`` contracted."""

    role: str
    axes: tuple[int, ...]


def dot_general(
    lhs: ir.Value,
    rhs: ir.Value,
    lhs_contract: Sequence[int],
    rhs_contract: Sequence[int],
    lhs_batch: Sequence[int],
    rhs_batch: Sequence[int],
    result_dtype: np.dtype,
    operand_dtype: np.dtype,
) -> ir.Value:
    """Sum of products over pairs of contracted axes, for each index of the paired batch axes.

    The result's axes are the batch axes, then the free axes of ``lhs``, then those of ``rhs``. Products are
    formed and summed in ``result_dtype`` (16-bit floats in float32, bools with and / or). Axes of one role
    become a single axis, without copying where they are neighbours, so that IREE sees a matrix product.
    """
    left_free = _free(rank_of(lhs), lhs_contract, lhs_batch)
    right_free = _free(rank_of(rhs), rhs_contract, rhs_batch)
    left, right = shape_of(lhs), shape_of(rhs)
    shape = [left[d] for d in lhs_batch] + [left[d] for d in left_free] + [right[d] for d in right_free]
    if is_empty(shape) or is_empty([left[d] for d in lhs_contract]):
        return zeros(shape, signless(result_dtype))
    order = np.argsort(lhs_contract)
    contracted = [lhs_contract[i] for i in order], [rhs_contract[i] for i in order]
    x, x_roles = _matrix(lhs, _groups(lhs_batch, "m", left_free, contracted[0]))
    y, y_roles = _matrix(rhs, _groups(rhs_batch, "n", right_free, contracted[1]))
    return reshape(_contract(x, x_roles, y, y_roles, operand_dtype, result_dtype), shape)


def _free(rank: int, contract: Sequence[int], batch: Sequence[int]) -> tuple[int, ...]:
    return tuple(d for d in range(rank) if d not in contract and d not in batch)


def _groups(
    batch: Sequence[int], free: str, free_axes: Sequence[int], contract: Sequence[int]
) -> list[_Group]:
    groups = [_Group("b", tuple(batch)), _Group(free, tuple(free_axes)), _Group("k", tuple(contract))]
    return [g for g in groups if g.axes]


def _matrix(x: ir.Value, groups: list[_Group]) -> tuple[ir.Value, str]:
    """``x`` with one axis for each group, and the roles of its axes in their order."""
    if all(_neighbours(g.axes) for g in groups):
        groups = sorted(groups, key=lambda g: g.axes)
    else:
        x = transpose(x, [axis for g in groups for axis in g.axes])
        groups = _consecutive(groups)
    shape = shape_of(x)
    merged = reshape(x, [math.prod(shape[d] for d in g.axes) for g in groups])
    return merged, "".join(g.role for g in groups)


def _neighbours(axes: tuple[int, ...]) -> bool:
    return axes == tuple(range(axes[0], axes[0] + len(axes)))


def _consecutive(groups: list[_Group]) -> list[_Group]:
    """The groups with axes numbered in order."""
    result, at = [], 0
    for role, axes in groups:
        result.append(_Group(role, tuple(range(at, at + len(axes)))))
        at += len(axes)
    return result


def _contract(
    x: ir.Value, x_roles: str, y: ir.Value, y_roles: str, operand_dtype: np.dtype, result_dtype: np.dtype
) -> ir.Value:
    size = {
        role: n
        for roles, v in ((x_roles, x), (y_roles, y))
        for role, n in zip(roles, shape_of(v), strict=True)
    }
    loops = [role for role in "bmnk" if role in size]
    out = [role for role in "bmn" if role in size]
    maps = [
        map_of_dims(len(loops), [loops.index(role) for role in roles])
        for roles in (x_roles, y_roles, "".join(out))
    ]
    if operand_dtype == result_dtype and result_dtype in COMPLEX and math.prod(size.values()) > _SMALL:
        return _contract_parts(x, x_roles, y, y_roles, operand_dtype, result_dtype)
    wide = _FLOAT32 if is_half(result_dtype) else result_dtype
    kind = signless(wide)
    sizes = [size[role] for role in out]
    summed = "k" in size

    def body(a: ir.Value, b: ir.Value, total: ir.Value) -> ir.Value:
        a, b = (scalar.convert(operand_dtype, wide, v) for v in (a, b))
        if wide in BOOL:
            product = scalar.and_(wide, a, b)
            return scalar.or_(wide, product, total) if summed else product
        product = scalar.mul(wide, a, b)
        return scalar.add(wide, total, product) if summed else product

    init = fill(sizes, emit.constant(kind, 0)) if summed else empty(sizes, kind)
    result = generic([x, y], [init], maps, body, reduced=[loops.index("k")] if summed else [])[0]
    if wide == _FLOAT64 and set("mnk") <= set(size):
        set_tiles(result.owner, _tiling(loops, size))
    if wide == result_dtype:
        return result
    return elementwise(
        lambda value: scalar.convert(wide, result_dtype, value), [result], signless(result_dtype)
    )


# Sums that a kernel holds in registers; products are added to them one by one.
_TILE = {"b": 1, "m": 8, "n": 16, "k": 1}
# The part of the result that one task computes.
_PART = {"b": 1, "m": 64, "n": 64}


def _tiling(loops: Sequence[str], size: dict[str, int]) -> str:
    """The attribute that tells IREE's CPU backend how to tile a product of f64.

    The sizes that IREE chooses for CPUs with AVX-512 are too large for its own limit on vectors.
    """
    tile = {role: min(size[role], _TILE[role]) for role in loops}
    return lowering_config(
        [min(size[r], _PART[r]) if r != "k" else 0 for r in loops],
        [tile[r] if r != "k" else 0 for r in loops],
        [tile[r] if r == "k" else 0 for r in loops],
    )


def _contract_parts(
    x: ir.Value, x_roles: str, y: ir.Value, y_roles: str, operand_dtype: np.dtype, result_dtype: np.dtype
) -> ir.Value:
    """A contraction of complex numbers as four of real ones, which IREE has fast kernels for."""
    real, wide = real_dtype(operand_dtype), real_dtype(result_dtype)

    def parts(z: ir.Value) -> list[ir.Value]:
        takes = (scalar.real_part, scalar.imaginary_part)
        found = [elementwise(functools.partial(take, operand_dtype), [z], signless(real)) for take in takes]
        return [kernel_barrier(part) for part in found]

    def product(a: ir.Value, b: ir.Value) -> ir.Value:
        return _contract(a, x_roles, b, y_roles, real, wide)

    def joined(combine: Callable[..., ir.Value], first: ir.Value, second: ir.Value) -> ir.Value:
        return elementwise(functools.partial(combine, wide), [first, second], signless(wide))

    (a, b), (c, d) = parts(x), parts(y)
    re = joined(scalar.sub, product(a, c), product(b, d))
    im = joined(scalar.add, product(a, d), product(b, c))
    # IREE cannot compile a product that is fused with what makes complex numbers of it.
    apart = [kernel_barrier(part) for part in (re, im)]
    return elementwise(functools.partial(scalar.make_complex, wide), apart, signless(result_dtype))
