"""``jax.core``: tracers, and types of arrays."""

from __future__ import annotations

from typing import Any

from axir._src.convert import to_array
from axir._src.jit import ShapeDtypeStruct
from axir._src.trace import Tracer
from axir.compat.jax.sharding import AbstractMesh, NamedSharding, PartitionSpec

__all__ = ["ShapedArray", "Tracer", "max_dim", "min_dim", "typeof"]


class ShapedArray(ShapeDtypeStruct):
    """Shape, dtype and weakness of an array; accepted wherever a ``ShapeDtypeStruct`` is."""

    @property
    def sharding(self) -> NamedSharding:
        """How arrays of the type lie on devices: over no axes of a mesh."""
        return NamedSharding(AbstractMesh(), PartitionSpec(*[None] * len(self.shape)))

    @property
    def vma(self) -> frozenset[str]:
        """The axes of a mesh over which arrays of the type vary: none."""
        return frozenset()

    def str_short(self, short_dtypes: bool = False) -> str:
        """For example ``float32[2,3]``."""
        return f"{self.dtype}[{','.join(map(str, self.shape))}]"


def typeof(x: Any) -> ShapedArray:
    """The type of an array or number."""
    array = to_array(x)
    return ShapedArray(array.shape, array.dtype, array.weak_type)


def max_dim(first: int, second: int) -> int:
    """The larger of two sizes."""
    return max(first, second)


def min_dim(first: int, second: int) -> int:
    """The smaller of two sizes."""
    return min(first, second)
