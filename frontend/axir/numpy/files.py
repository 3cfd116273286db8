"""Arrays from files, bytes, texts and iterators, and into files. Traced arrays have no values to write."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import IO, Any

import ml_dtypes
import numpy as np

from axir._src.array import Array
from axir._src.axes import Shape, shape_of
from axir._src.convert import ArrayLike, asarray
from axir._src.promotion import DTypeLike, to_dtype
from axir._src.vectorize import vmap
from axir.numpy.creation import arange

__all__ = ["frombuffer", "fromfile", "fromfunction", "fromiter", "fromstring", "load", "save", "savez"]

File = str | os.PathLike[Any] | IO[bytes]

# What the format of files calls a dtype that NumPy does not know: two bytes without a meaning.
_BYTES = np.dtype("V2")


def _value(arr: Any) -> Any:
    return arr.to_numpy("its values, to write them") if isinstance(arr, Array) else arr


def save(file: File, arr: ArrayLike, allow_pickle: bool = True) -> None:
    """Write an array to a file in NumPy's format ``.npy``.

    Args:
        file: Path, to which ``.npy`` is added if it lacks it, or a file that is open for writing bytes.
        arr: Array.
        allow_pickle: Whether objects may be written by pickling them; arrays of numbers are never.

    Raises: ConcretizationError if the array is traced.
    """
    np.save(file, _value(arr), allow_pickle)


def savez(file: File, *args: ArrayLike, allow_pickle: bool = True, **kwds: ArrayLike) -> None:
    """Write several arrays to one file ``.npz``, under ``arr_0``, ``arr_1``, ... or the names they are given by.

    Args:
        file: Path or open file.
        *args, **kwds: Arrays, not traced.
        allow_pickle: Has no effect on arrays of numbers.

    Raises: ConcretizationError if an array is traced.
    """
    named: dict[str, Any] = {name: _value(x) for name, x in kwds.items()}
    np.savez(file, *map(_value, args), allow_pickle=allow_pickle, **named)


def load(file: File, *args: Any, **kwargs: Any) -> Any:
    """The array of a file ``.npy``, or what holds those of a file ``.npz``, as NumPy arrays, by their names.

    Further arguments are those of ``numpy.load``. Arrays of bfloat16 are found again.

    Raises: DTypeError for a dtype that is not supported; OSError, ValueError if there is no such file or it is no
        array.
    """
    found = np.load(file, *args, **kwargs)
    if not isinstance(found, np.ndarray):
        return found
    return asarray(found.view(ml_dtypes.bfloat16) if found.dtype == _BYTES else found)


def _wide(dtype: DTypeLike, where: str) -> np.dtype:
    """The dtype in which data lies, which may be wider than that of the array."""
    return np.dtype(np.float64) if dtype is float else to_dtype(dtype, where)


def frombuffer(buffer: Any, dtype: DTypeLike = float, count: int = -1, offset: int = 0) -> Array:
    """An array of the bytes of an object.

    Args:
        buffer: Bytes or an object with the buffer protocol.
        dtype: How the bytes are to be read; 64-bit numbers become 32 bits wide unless x64 is enabled.
        count: How many numbers to take, by default all.
        offset: Bytes to leave out in front.

    Raises: ValueError if the bytes are no whole number of elements; DTypeError.
    """
    return asarray(np.frombuffer(buffer, _wide(dtype, "frombuffer"), count, offset))


def fromfile(*args: Any, **kwargs: Any) -> Array:
    """An array of a file of bare numbers; arguments are those of ``numpy.fromfile``."""
    return asarray(np.fromfile(*args, **kwargs))


def fromstring(string: str, dtype: DTypeLike = float, count: int = -1, *, sep: str) -> Array:
    """The numbers of a text, ``count`` of them or all, that ``sep`` separates.

    Raises: ValueError, DeprecationWarning if the text holds something else.
    """
    return asarray(np.fromstring(string, _wide(dtype, "fromstring"), count, sep=sep))


def fromiter(iter: Iterable[Any], dtype: DTypeLike, count: int = -1) -> Array:
    """A vector of the numbers of an iterable, ``count`` of them or all.

    Args:
        iter: Iterable of numbers.
        dtype: Dtype of the vector.
        count: How many to take; -1 for all.

    Raises: ValueError if there are fewer than ``count``.
    """
    return asarray(np.fromiter(iter, _wide(dtype, "fromiter"), count))


def fromfunction(
    function: Callable[..., Any], shape: Shape, *, dtype: DTypeLike = float, **kwargs: Any
) -> Any:
    """An array of what a function gives for the indices of each position.

    Args:
        function: Takes one scalar for each axis.
        shape: Sizes of the axes.
        dtype: Dtype of the indices.
        kwargs: Passed on to the function.

    >>> import axir.numpy as np
    >>> np.fromfunction(lambda i, j: 10 * i + j, (2, 3), dtype=int)
    Array([[ 0,  1,  2],
           [10, 11, 12]], dtype=int32)
    """
    sizes = shape_of(shape, "fromfunction")

    def mapped(*indices: Array) -> Any:
        return function(*indices, **kwargs)

    for axis in reversed(range(len(sizes))):
        mapped = vmap(mapped, in_axes=tuple(0 if d == axis else None for d in range(len(sizes))))
    return mapped(*[arange(n, dtype=dtype) for n in sizes])
