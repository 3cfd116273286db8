"""Operands of ``axir.lax``: checked, never promoted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axir._src.array import Array
from axir._src.convert import is_number, typed
from axir._src.elementwise import apply, at_dtype, broadcast_to, is_concrete, operands
from axir._src.messages import located
from axir._src.promotion import BOOL
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import COMPLEX, FLOATING, dtype_name

__all__ = ["call", "same_dtype", "same_shape"]


def _kind(dtype: np.dtype) -> str:
    if dtype in COMPLEX:
        return "complex"
    return "float" if dtype in FLOATING else "bool" if dtype == BOOL else "int"


def _fits(kind: str, wanted: str) -> bool:
    """Whether numbers of a kind are numbers of another one: a float is complex too."""
    return kind == wanted or (kind, wanted) == ("float", "complex")


def same_dtype(name: str, xs: Sequence[Any]) -> tuple[list[Array], bool]:
    """Operands of one dtype, and whether all of them are weak.

    Raises:
        DTypeError: arrays of different dtypes, or a Python number of another kind than the arrays.
    """
    xs = operands(xs)
    kinds = [typed(x) for x in xs]
    strong = {x.dtype for x in xs if not is_number(x)} or {dtype for dtype, _ in kinds}
    dtype = next(iter(strong))
    if len(strong) > 1 or any(not _fits(_kind(d), _kind(dtype)) for d, _ in kinds):
        given = ", ".join(f"{type(x).__name__} {x}" if is_number(x) else dtype_name(x.dtype) for x in xs)
        raise located(
            DTypeError(
                f"lax.{name}: operands must have the same dtype; got {given}. Convert one of them, "
                "or use axir.numpy, which promotes."
            )
        )
    weak = all(w for _, w in kinds)
    return at_dtype(xs, dtype, weak), weak


def same_shape(name: str, xs: Sequence[Array]) -> list[Array]:
    """Operands of one shape; scalars and axes of size 1 are repeated, ranks must agree."""
    shapes = [x.shape for x in xs if x.ndim]
    if not shapes:
        return list(xs)
    fits = len({len(s) for s in shapes}) == 1
    target = tuple(max(sizes, key=lambda n: n != 1) for sizes in zip(*shapes, strict=True)) if fits else ()
    if not fits or any(n not in (1, m) for s in shapes for n, m in zip(s, target, strict=True)):
        given = ", ".join(str(x.shape) for x in xs)
        raise located(
            ShapeError(
                f"lax.{name}: operands must have the same shape; got {given}. Reshape them, or use "
                "axir.numpy, which broadcasts."
            )
        )
    return list(xs) if is_concrete(xs) else [broadcast_to(x, target) for x in xs]


def call(name: str, op: str, xs: Sequence[Any], **attrs: Any) -> Array:
    """An elementwise op on operands of one dtype and shape."""
    arrays, weak = same_dtype(name, xs)
    # A bool gives way to every other dtype anyway.
    return apply(OPS[op], same_shape(name, arrays), weak and op != "compare", **attrs)
