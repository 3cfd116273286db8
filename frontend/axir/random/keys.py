"""Keys of the random number generator, and the bits that they give.

The generator is Threefry-2x32 in counter mode: element ``i`` of an array enciphers the 64-bit number ``i`` under
the key, so that every element can be computed apart from the others. Keys, splits and bits are those of JAX with
``jax_threefry_partitionable``, bit for bit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.axes import Shape, shape_of
from axir._src.config import config
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import broadcast_to
from axir._src.messages import located
from axir._src.promotion import DTypeLike, requested
from axir.lax.elementwise import threefry2x32
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.types import UNSIGNED

__all__ = ["PRNGKey", "bits", "clone", "fold_in", "key", "key_data", "key_impl", "split", "wrap_key_data"]

_UINT32 = np.dtype("uint32")
_UINT64 = np.dtype("uint64")
IMPLEMENTATION = "threefry2x32"


def _check_impl(impl: Any) -> None:
    if impl not in (None, IMPLEMENTATION):
        raise located(DTypeError(f"random.key: the only generator is {IMPLEMENTATION!r}; got {impl!r}."))


def key(seed: ArrayLike, *, impl: str | None = None) -> Array:
    """A key from an integer seed.

    A key is an array ``u32[2]`` and ``key`` is the same as ``PRNGKey``: there is no dtype of its own for keys.

    Args:
        seed: Integer scalar, which may be traced. Without x64 its lower 32 bits count.
        impl: ``None`` or ``"threefry2x32"``.

    Raises: DTypeError if the seed is no integer, ShapeError if it is no scalar.
    """
    _check_impl(impl)
    number = _seed(seed)
    wide = number.dtype.itemsize == 8
    high = convert(lax.shift_right_logical(number, 32), _UINT32) if wide else lax.full((), 0, _UINT32)
    low = lax.bitwise_and(number, (1 << 32) - 1) if wide and number.dtype in UNSIGNED else number
    return _joined(high, _wrapped(low))


PRNGKey = key


def _seed(seed: ArrayLike) -> Array:
    if type(seed) is int:
        if not -(1 << 63) <= seed < 1 << 63:
            raise OverflowError(f"random.key: the seed must fit into 64 bits; got {seed}.")
        if not config.x64_enabled:
            return lax.full((), seed & 0xFFFFFFFF, _UINT32)
        return lax.full((), seed, np.dtype("int64"))
    if isinstance(seed, np.integer):
        return _seed(int(seed))
    number = to_array(seed)
    if number.dtype.kind not in "iu":
        raise located(DTypeError(f"random.key: the seed must be an integer; got {number.aval}."))
    if number.ndim:
        raise located(ShapeError(f"random.key: the seed must be a scalar; got {number.aval}. Use axir.vmap."))
    return number


def _wrapped(x: Array) -> Array:
    """The lower 32 bits of an integer."""
    if x.dtype in UNSIGNED:
        return convert(x, _UINT32)
    # Conversion of a negative number keeps its bits.
    return convert(
        convert(x, np.dtype(f"uint{8 * x.dtype.itemsize}")) if x.dtype.itemsize == 8 else x, _UINT32
    )


def _joined(high: Array, low: Array) -> Array:
    """Two arrays of words along a new last axis."""
    axis = high.ndim
    return lax.concatenate((lax.expand_dims(high, (axis,)), lax.expand_dims(low, (axis,))), axis)


def key_data(keys: ArrayLike) -> Array:
    """The words of keys, ``u32[..., 2]``: the keys themselves."""
    return _keys(keys, "key_data")


def wrap_key_data(key_bits_array: ArrayLike, *, impl: str | None = None) -> Array:
    """Keys of words ``u32[..., 2]``: the array itself, checked."""
    _check_impl(impl)
    return _keys(key_bits_array, "wrap_key_data")


def key_impl(keys: ArrayLike) -> str:
    """The name of the generator of keys."""
    _keys(keys, "key_impl")
    return IMPLEMENTATION


def clone(key: ArrayLike) -> Array:
    """The key itself."""
    return _keys(key, "clone")


def _keys(keys: ArrayLike, where: str) -> Array:
    words = to_array(keys)
    if words.dtype != _UINT32 or words.shape[-1:] != (2,):
        raise located(
            DTypeError(
                f"random.{where}: a key must be an array u32[2]; got {words.aval}. Make one with random.key."
            )
        )
    return words


def words_of(key: ArrayLike, where: str) -> tuple[Array, Array]:
    """The two words of a single key."""
    words = _keys(key, where)
    if words.ndim != 1:
        raise located(
            ShapeError(f"random.{where}: takes one key, u32[2]; got {words.aval}. Use axir.vmap for more.")
        )
    return lax.index_in_dim(words, 0, 0, False), lax.index_in_dim(words, 1, 0, False)


def _enciphered(key: ArrayLike, shape: tuple[int, ...], where: str) -> tuple[Array, Array]:
    """Both words of the ciphers of ``0, 1, 2, ...`` in row-major order."""
    size = math.prod(shape)
    if size >= 1 << 32:
        raise located(ShapeError(f"random.{where}: at most 2**32 - 1 numbers of one key; got shape {shape}."))
    first, second = (broadcast_to(word, shape) for word in words_of(key, where))
    low = lax.reshape(lax.iota(_UINT32, size), shape)
    return threefry2x32(first, second, lax.full(shape, 0, _UINT32), low)


def split(key: ArrayLike, num: Shape = 2) -> Array:
    """New keys, independent of each other and of ``key``, which must not be used again.

    Args:
        key: A key.
        num: How many, or the shape of an array of keys.

    Returns: Keys ``u32[*num, 2]``.
    """
    return _joined(*_enciphered(key, shape_of(num, "random.split"), "split"))


def fold_in(key: ArrayLike, data: ArrayLike) -> Array:
    """A new key that depends on ``key`` and on an integer of 32 bits.

    Raises: DTypeError if ``data`` is no integer scalar, OverflowError if a Python integer is not in [0, 2**32).
    """
    words = words_of(key, "fold_in")
    if type(data) is int:
        number = lax.full((), data, _UINT32)
    else:
        number = to_array(data)
        if number.dtype.kind not in "iu" or number.ndim:
            raise located(DTypeError(f"random.fold_in: data must be an integer scalar; got {number.aval}."))
    return _joined(*threefry2x32(*words, lax.full((), 0, _UINT32), _wrapped(number)))


def random_bits(key: ArrayLike, width: int, shape: tuple[int, ...], where: str) -> Array:
    """Uniform unsigned integers of 8, 16, 32 or 64 bits."""
    high, low = _enciphered(key, shape, where)
    if width == 64:
        return lax.bitwise_or(lax.shift_left(convert(high, _UINT64), 32), convert(low, _UINT64))
    return convert(lax.bitwise_xor(high, low), np.dtype(f"uint{width}"))


def bits(key: ArrayLike, shape: Shape = (), dtype: DTypeLike = None) -> Array:
    """Uniformly distributed unsigned integers, by default uint32, under x64 uint64.

    Raises: DTypeError if the dtype is not an unsigned integer.
    """
    default = "uint64" if config.x64_enabled else "uint32"
    wanted = requested(default if dtype is None else dtype, "random.bits")
    if wanted not in UNSIGNED:
        raise located(DTypeError(f"random.bits: dtype must be an unsigned integer; got {wanted}."))
    return random_bits(key, 8 * wanted.itemsize, shape_of(shape, "random.bits"), "bits")
