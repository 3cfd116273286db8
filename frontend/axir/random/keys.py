"""Keys of the random number generator, and the bits that they give.

The generator is Threefry-2x32 in counter mode: element ``i`` of an array enciphers the 64-bit number ``i`` under
the key, so that every element can be computed apart from the others. Keys, splits and bits are those of JAX with
``jax_threefry_partitionable``, bit for bit.

J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias, cast

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.axes import Shape, shape_of
from axir._src.config import config
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import broadcast_to
from axir._src.keys import IMPLEMENTATION, KeyArray, KeyDType
from axir._src.messages import located
from axir._src.promotion import DTypeLike, requested
from axir._src.remember import remembered
from axir.lax.elementwise import threefry2x32
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.types import UNSIGNED

__all__ = [
    "PRNGKey",
    "bits",
    "clone",
    "fold_in",
    "key",
    "key_data",
    "key_dtype",
    "key_impl",
    "split",
    "wrap_key_data",
]

Key: TypeAlias = KeyArray | ArrayLike
"""A typed key, or its words as an array ``u32[2]``."""

_UINT32 = np.dtype("uint32")
_UINT64 = np.dtype("uint64")
_OTHERS = frozenset({"rbg", "unsafe_rbg", "threefry4x32", "philox2x32", "philox4x32"})
"""Generators of JAX that axir does not have."""


def _check_generator(where: str, impl: Any, dtype: Any = None) -> None:
    if impl is not None and dtype is not None:
        raise ValueError(f"random.{where}: takes impl or dtype, not both.")
    given = dtype if impl is None else impl
    if given is None or isinstance(given, KeyDType) or given == IMPLEMENTATION:
        return
    if not isinstance(given, str):
        raise located(
            DTypeError(f"random.{where}: the generator must be a name or a dtype of keys; got {given!r}.")
        )
    if given in _OTHERS:
        raise NotImplementedError(
            f"random.{where}: axir has no generator {given!r}. Use {IMPLEMENTATION!r}, which is the default."
        )
    raise ValueError(f"random.{where}: there is no generator {given!r}. Use {IMPLEMENTATION!r}.")


def key_dtype(impl_spec: str | KeyDType | None = None) -> KeyDType:
    """The dtype of typed keys, ``key<fry>``.

    Args:
        impl_spec: ``None``, ``"threefry2x32"`` or a dtype of keys.

    Raises: ValueError for an unknown generator, NotImplementedError for one that axir lacks.
    """
    _check_generator("key_dtype", impl_spec)
    return KeyDType()


def key(seed: ArrayLike, *, impl: Any = None, dtype: str | KeyDType | None = None) -> Array:
    """A typed key from an integer seed.

    Args:
        seed: Integer scalar, which may be traced. Without x64 its lower 32 bits count.
        impl, dtype: The generator, of which there is one: ``None``, ``"threefry2x32"`` or ``key_dtype()``.

    Raises: DTypeError if the seed is no integer scalar, ValueError for an unknown generator, NotImplementedError for
        one that axir lacks.

    >>> from axir import random
    >>> random.split(random.key(0)).shape
    (2,)
    """
    _check_generator("key", impl, dtype)
    return _typed(_seeded("key", seed))


def PRNGKey(seed: ArrayLike, *, impl: Any = None) -> Array:
    """The words ``u32[2]`` of ``random.key(seed)``: a key without a type of its own.

    Every function of ``axir.random`` takes such keys; ``split`` and ``fold_in`` then give such keys.
    """
    _check_generator("PRNGKey", impl)
    return _seeded("PRNGKey", seed)


def _seeded(where: str, seed: ArrayLike) -> Array:
    number = _seed(where, seed)
    wide = number.dtype.itemsize == 8
    high = convert(lax.shift_right_logical(number, 32), _UINT32) if wide else lax.full((), 0, _UINT32)
    low = lax.bitwise_and(number, (1 << 32) - 1) if wide and number.dtype in UNSIGNED else number
    return _joined(high, _wrapped(low))


def _seed(where: str, seed: Any) -> Array:
    if type(seed) is int:
        if not -(1 << 63) <= seed < 1 << 63:
            raise OverflowError(f"random.{where}: the seed must fit into 64 bits; got {seed}.")
        if not config.x64_enabled:
            return lax.full((), seed & 0xFFFFFFFF, _UINT32)
        return lax.full((), seed, np.dtype("int64"))
    if isinstance(seed, np.integer):
        return _seed(where, int(seed))
    if isinstance(seed, KeyArray):
        raise located(DTypeError(f"random.{where}: the seed must be an integer; got a key."))
    number = to_array(seed)
    if number.dtype.kind not in "iu":
        raise located(DTypeError(f"random.{where}: the seed must be an integer; got {number.aval}."))
    if number.ndim:
        raise located(
            DTypeError(f"random.{where}: the seed must be a scalar; got {number.aval}. Use axir.vmap.")
        )
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


def key_data(keys: Key) -> Array:
    """The words ``u32[*shape, 2]`` of keys."""
    return _words(keys, "key_data")


def wrap_key_data(key_bits_array: ArrayLike, *, impl: Any = None, dtype: Any = None) -> Array:
    """Typed keys of words ``u32[*shape, 2]``; the arguments ``impl`` and ``dtype`` are those of ``key``.

    Raises: DTypeError if the array does not hold words of keys.
    """
    _check_generator("wrap_key_data", impl, dtype)
    return _typed(_words(to_array(key_bits_array), "wrap_key_data"))


def key_impl(keys: Key) -> str:
    """The name of the generator of keys."""
    _words(keys, "key_impl")
    return IMPLEMENTATION


def clone(key: Key) -> Array:
    """The key itself, to say that it is used twice on purpose."""
    return _like(key, _words(key, "clone"))


def _words(keys: Any, where: str) -> Array:
    words = keys.words if isinstance(keys, KeyArray) else to_array(keys)
    if words.dtype != _UINT32 or words.shape[-1:] != (2,):
        raise located(
            DTypeError(
                f"random.{where}: a key must be typed or an array u32[2]; got {words.aval}. Make one with random.key."
            )
        )
    return words


def _typed(words: Array) -> Array:
    """Typed keys of words; to type checkers they are what they are to ``isinstance``, arrays."""
    return cast(Array, KeyArray(words))


def _like(key: Key, words: Array) -> Array:
    """Keys of words, typed if ``key`` is."""
    return _typed(words) if isinstance(key, KeyArray) else words


def words_of(key: Key, where: str) -> tuple[Array, Array]:
    """The two words of a single key."""
    words = _words(key, where)
    if words.ndim != 1:
        raise located(
            ShapeError(
                f"random.{where}: takes one key; got keys of shape {words.shape[:-1]}. Use axir.vmap for more."
            )
        )
    return lax.index_in_dim(words, 0, 0, False), lax.index_in_dim(words, 1, 0, False)


def _enciphered(key: Key, shape: tuple[int, ...], where: str) -> tuple[Array, Array]:
    """Both words of the ciphers of ``0, 1, 2, ...`` in row-major order."""
    size = math.prod(shape)
    if size >= 1 << 32:
        raise located(ShapeError(f"random.{where}: at most 2**32 - 1 numbers of one key; got shape {shape}."))
    first, second = (broadcast_to(word, shape) for word in words_of(key, where))
    low = lax.reshape(lax.iota(_UINT32, size), shape)
    return threefry2x32(first, second, lax.full(shape, 0, _UINT32), low)


@remembered
def split(key: Key, num: Shape = 2) -> Array:
    """New keys, independent of each other and of ``key``, which must not be used again.

    Args:
        key: A key.
        num: How many, or the shape of an array of keys.

    Returns: Typed keys of shape ``num``, or words ``u32[*num, 2]`` if ``key`` is not typed.
    """
    return _like(key, split_words(key, shape_of(num, "random.split"), "split"))


def split_words(key: Key, shape: tuple[int, ...], where: str) -> Array:
    """The words of new keys."""
    return _joined(*split_pairs(key, shape, where))


def split_pairs(key: Key, shape: tuple[int, ...], where: str) -> tuple[Array, Array]:
    """The first and the second words of new keys."""
    return _enciphered(key, shape, where)


def parts(key: Key, count: int, where: str) -> list[Array]:
    """The words of each of ``count`` new keys."""
    words = split_words(key, (count,), where)
    return [lax.index_in_dim(words, i, 0, False) for i in range(count)]


@remembered
def fold_in(key: Key, data: ArrayLike) -> Array:
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
    return _like(key, _joined(*threefry2x32(*words, lax.full((), 0, _UINT32), _wrapped(number))))


def random_bits(key: Key, width: int, shape: tuple[int, ...], where: str) -> Array:
    """Uniform unsigned integers of 8, 16, 32 or 64 bits."""
    return bits_of(*_enciphered(key, shape, where), width)


def bits_of(high: Array, low: Array, width: int) -> Array:
    """The random bits of pairs of enciphered words."""
    if width == 64:
        return lax.bitwise_or(lax.shift_left(convert(high, _UINT64), 32), convert(low, _UINT64))
    return convert(lax.bitwise_xor(high, low), np.dtype(f"uint{width}"))


@remembered
def bits(key: Key, shape: Shape = (), dtype: DTypeLike = None) -> Array:
    """Uniformly distributed unsigned integers, by default uint32, under x64 uint64.

    Raises: DTypeError if the dtype is not an unsigned integer.
    """
    default = "uint64" if config.x64_enabled else "uint32"
    wanted = requested(default if dtype is None else dtype, "random.bits")
    if wanted not in UNSIGNED:
        raise located(DTypeError(f"random.bits: dtype must be an unsigned integer; got {wanted}."))
    return random_bits(key, 8 * wanted.itemsize, shape_of(shape, "random.bits"), "bits")
