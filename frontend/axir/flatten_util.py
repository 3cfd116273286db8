"""Pytrees as vectors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from axir import numpy as anp
from axir._src import pytree
from axir._src.array import Array
from axir._src.convert import convert, to_array
from axir._src.messages import located
from axir._src.scalar_types import result_type
from axir_compiler.errors import ShapeError

__all__ = ["ravel_pytree"]


def ravel_pytree(tree: Any) -> tuple[Array, Callable[[Any], Any]]:
    """All elements of a pytree's arrays in a vector, and the function that turns such a vector into a pytree.

    The vector has the dtype in which the arrays meet; the way back restores the dtype of each.

    The function raises ShapeError for an array of another shape, TypeError for one of another dtype.

    >>> from axir.flatten_util import ravel_pytree
    >>> vector, back = ravel_pytree({"a": 1.0, "b": (2.0, 3.0)})
    >>> vector
    Array([1., 2., 3.], dtype=float32)
    """
    leaves, structure = pytree.flatten(tree)
    arrays = [to_array(leaf) for leaf in leaves]
    if not arrays:
        return anp.zeros((0,), anp.float32), _back(structure, [], None, 0)
    dtype = result_type(*arrays)
    vector = anp.concatenate([anp.ravel(convert(x, dtype)) for x in arrays])
    return vector, _back(structure, [(x.shape, x.dtype) for x in arrays], vector.dtype, vector.size)


def _back(structure: Any, kinds: list[Any], dtype: Any, size: int) -> Callable[[Any], Any]:
    def back(vector: Any) -> Any:
        x = to_array(vector)
        if x.shape != (size,):
            raise located(ShapeError(f"ravel_pytree: the vector must have shape ({size},); got {x.aval}."))
        mixed = any(d != dtype for _, d in kinds)
        if mixed and x.dtype != dtype:
            raise TypeError(f"ravel_pytree: the vector must have dtype {dtype}; got {x.aval}.")
        leaves, start = [], 0
        for shape, wanted in kinds:
            stop = start + math.prod(shape)
            part = anp.reshape(x[start:stop], shape)
            leaves.append(convert(part, wanted) if mixed else part)
            start = stop
        return pytree.unflatten(structure, leaves)

    return back
