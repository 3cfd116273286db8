"""``axir.Array``: the type of all arrays, those of numbers and those of typed random keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from axir._src import array
from axir._src.keys import KeyArray

__all__ = ["Array"]

if TYPE_CHECKING:
    from axir._src.array import Array
else:

    class _ArrayMeta(type):
        """Arrays of keys are arrays, but inside axir the class ``Array`` is that of numbers alone."""

        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, array.Array | KeyArray)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, array.Array | KeyArray)

        def __call__(cls, *args: Any, **kwargs: Any) -> NoReturn:
            raise TypeError(
                "Array: is for isinstance and annotations and makes no arrays. Use axir.numpy.array."
            )

    class Array(array.Array, metaclass=_ArrayMeta):
        __slots__ = ()
        __doc__ = array.Array.__doc__

    Array.__module__ = "axir"
