"""What JAX says about how programs are built: choices by platform, composites, tokens, random bits of the device."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from axir._src import pytree
from axir._src.array import Array
from axir._src.axes import shape_of
from axir._src.callbacks import io_callback
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.devices import default_backend
from axir._src.jit import ShapeDtypeStruct
from axir._src.messages import located
from axir._src.promotion import DTypeLike, requested
from axir.lax._operands import same_dtype
from axir.lax.elementwise import add, bitcast_convert_type, mul, sub, threefry2x32
from axir.lax.shapes import broadcast_in_dim, concatenate, expand_dims, iota, reshape
from axir.lax.slicing import index_in_dim, slice_in_dim
from axir_compiler.errors import DTypeError, MissingRuleError, ShapeError
from axir_compiler.ir.types import FLOATING, UNSIGNED

__all__ = [
    "RandomAlgorithm",
    "Token",
    "after_all",
    "composite",
    "create_token",
    "platform_dependent",
    "rng_bit_generator",
    "rng_uniform",
]


def platform_dependent(
    *args: Any, default: Callable[..., Any] | None = None, **per_platform: Callable[..., Any]
) -> Any:
    """Apply the function that belongs to the platform that programs are compiled for.

    Args:
        args: Arguments of the functions.
        default: The function for all platforms that are not named.
        per_platform: Functions by platform: ``cpu=``, ``cuda=``, ``tpu=``, ...

    Raises: MissingRuleError if there is no function for the platform.
    """
    platform = default_backend()
    chosen = per_platform.get(platform, default)
    if chosen is None:
        named = ", ".join(per_platform) or "none"
        raise located(
            MissingRuleError(
                f"platform_dependent: there is no function for the platform {platform!r}; got {named}. Give default."
            )
        )
    return chosen(*args)


def composite(decomposition: Callable[..., Any], name: str, version: int = 0) -> Callable[..., Any]:
    """The function itself: no device has operations of other names that a function could stand for.

    Args:
        decomposition: Function of arrays; keyword arguments are static.
        name, version: What the operation is called elsewhere.
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        return decomposition(*args, **kwargs)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = decomposition.__doc__
    return call


class Token:
    """Stands for an order of effects; effects are always in the order of the program."""


pytree.register_pytree_node(Token, lambda token: ((), None), lambda _, __: Token())


def create_token(_: Any = None) -> Token:
    """A token that nothing comes before."""
    return Token()


def after_all(*operands: Token) -> Token:
    """A token that comes after some others."""
    if not all(isinstance(x, Token) for x in operands):
        raise located(DTypeError(f"after_all: operands must be tokens; got {operands!r}."))
    return Token()


class RandomAlgorithm(enum.IntEnum):
    """How ``rng_bit_generator`` makes bits; all of them are Threefry here."""

    RNG_DEFAULT = 0
    RNG_THREE_FRY = 1
    RNG_PHILOX = 2


def rng_bit_generator(
    key: ArrayLike,
    shape: Any,
    dtype: DTypeLike = np.uint32,
    algorithm: RandomAlgorithm = RandomAlgorithm.RNG_DEFAULT,
    *,
    out_sharding: None = None,
) -> tuple[Array, Array]:
    """Random bits, and the key for the next ones.

    Args:
        key: ``uint32[4]``: two words of a key and two of a counter, the lower ones first.
        shape: Shape of the bits.
        dtype: An unsigned dtype.
        algorithm: Has no effect. The bits are those of Threefry-2x32 with 20 rounds (J. Salmon et al., "Parallel random
            numbers: as easy as 1, 2, 3", 2011) in row-major order; XLA's are the same ones for vectors.
        out_sharding: Must be ``None``.

    Returns: The key with its counter advanced, and the bits.
    Raises: ShapeError, DTypeError if the arguments are of other types.
    """
    words, sizes = to_array(key), shape_of(shape, "rng_bit_generator")
    wanted = requested(dtype, "rng_bit_generator")
    RandomAlgorithm(algorithm)
    if words.shape != (4,) or words.dtype != np.uint32 or out_sharding is not None:
        raise located(ShapeError(f"rng_bit_generator: the key must be ui32[4]; got {words.aval}."))
    if wanted not in UNSIGNED:
        raise located(DTypeError(f"rng_bit_generator: the dtype must be unsigned; got {wanted}. Use uint32."))
    per_block = 1 if wanted.itemsize == 8 else 2
    blocks = -(-math.prod(sizes) // per_block)
    key0, key1, low, high = (index_in_dim(words, i, keepdims=False) for i in range(4))
    first = add(iota("uint32", blocks), low)
    # The sum of unsigned numbers is smaller than each of them just where it wrapped around.
    carry = convert(first < low, np.dtype("uint32"))
    spread = [broadcast_in_dim(x, (blocks,), ()) for x in (key0, key1, high)]
    pair = threefry2x32(spread[0], spread[1], first, add(spread[2], carry))
    flat = reshape(concatenate([expand_dims(x, (1,)) for x in pair], 1), (2 * blocks,))
    wide = wanted.itemsize == 8
    bits = bitcast_convert_type(reshape(flat, (blocks, 2)), wanted) if wide else convert(flat, wanted)
    end = add(low, np.uint32(blocks))
    after = add(high, convert(end < low, np.dtype("uint32")))
    new = concatenate([expand_dims(x, (0,)) for x in (key0, key1, end, after)], 0)
    return new, reshape(slice_in_dim(bits, 0, math.prod(sizes)), sizes)


def rng_uniform(a: ArrayLike, b: ArrayLike, shape: Any) -> Array:
    """Random floats in ``[a, b)``, others at each call and each run: for what must not be repeated.

    Args:
        a, b: Scalars of one float dtype.
        shape: Shape of the result.

    Raises: ShapeError, DTypeError if the arguments are of other types. Use axir.random, which repeats.
    """
    (low, high), _ = same_dtype("rng_uniform", (to_array(a), to_array(b)))
    sizes = shape_of(shape, "rng_uniform")
    if low.dtype not in FLOATING or low.ndim or high.ndim:
        raise located(
            DTypeError(f"rng_uniform: needs two floats without axes; got {low.aval} and {high.aval}.")
        )
    drawn = io_callback(_draw, ShapeDtypeStruct(sizes, np.float32), np.zeros(sizes, np.float32))
    unit = convert(to_array(drawn), low.dtype)
    return add(broadcast_in_dim(low, sizes, ()), mul(unit, broadcast_in_dim(sub(high, low), sizes, ())))


def _draw(like: Any) -> np.ndarray:
    return np.random.default_rng().random(np.shape(like), np.float32)
