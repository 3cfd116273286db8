"""What ``jax.lax`` has beyond ``axir.lax``."""

from __future__ import annotations

from enum import Enum
from typing import Any

from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import to_array
from axir._src.elementwise import broadcast_shapes as _broadcast_shapes

__all__ = ["Precision", "broadcast_shapes", "broadcast_to_rank", "dtype", "with_sharding_constraint"]


class Precision(Enum):
    """Precisions of products, which are all one: never less than that of the operands."""

    DEFAULT = 0
    HIGH = 1
    HIGHEST = 2


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape to which arrays of these shapes broadcast.

    Raises: ShapeError if there is none.
    """
    return _broadcast_shapes(*shapes, where="broadcast_shapes") if shapes else ()


def dtype(x: Any) -> Any:
    """The dtype of an array or number."""
    return to_array(x).dtype


def with_sharding_constraint(x: Any, shardings: Any) -> Any:
    """The pytree itself: everything lies on one device."""
    return x


def broadcast_to_rank(x: Array, rank: int) -> Array:
    """The array with axes of size 1 in front, ``rank`` in all."""
    return anp.expand_dims(x, tuple(range(rank - anp.ndim(x))))
