"""Types for annotations: what functions take as an array, and as a dtype."""

from axir._src.convert import ArrayLike as ArrayLike
from axir._src.promotion import DTypeLike as DTypeLike

__all__ = ["ArrayLike", "DTypeLike"]
