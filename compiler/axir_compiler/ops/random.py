"""Random bits."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from axir_compiler.ir.attributes import Tensor
from axir_compiler.ir.op import AxirOp, Value
from axir_compiler.ir.types import Aval, aval_of, element_type
from axir_compiler.later import builders, scalar
from axir_compiler.ops.elementwise import Elementwise, align_batch
from axir_compiler.ops.pieces import several_in_pieces

_UINT32 = np.dtype("uint32")
_ROTATIONS = [[(np.uint32(r), np.uint32(32 - r)) for r in rs] for rs in ((13, 15, 26, 6), (17, 29, 16, 24))]
_SHIFTS = [[int(left) for left, _ in rotations] for rotations in _ROTATIONS]
_GROUPS = [np.uint32(group) for group in range(1, 6)]
_PARITY = np.uint32(0x1BD11BDA)


def _enciphered(key0: np.ndarray, key1: np.ndarray, x0: np.ndarray, x1: np.ndarray) -> tuple[np.ndarray, ...]:
    keys = (key0, key1, key0 ^ key1 ^ _PARITY)
    x0, x1 = x0 + key0, x1 + key1
    if x0.shape != x1.shape:
        x0, x1 = x0 + np.zeros_like(x1), x1 + np.zeros_like(x0)
    for group in range(5):
        for left, right in _ROTATIONS[group % 2]:
            x0 += x1
            top = x1 << left
            x1 >>= right
            x1 |= top
            x1 ^= x0
        x0 += keys[(group + 1) % 3]
        x1 += keys[(group + 2) % 3]
        x1 += _GROUPS[group]
    return x0, x1


_FEW = 128
"""Up to so many elements Python's integers are quicker: NumPy takes longer to begin an operation than to finish it."""
_LANE = 64


@functools.cache
def _ones(count: int) -> int:
    """1 in each lane."""
    return sum(1 << (_LANE * k) for k in range(count))


def _packed(x: np.ndarray, count: int) -> int:
    """The elements, each in a lane of one integer; a single one in all lanes."""
    if x.size == 1:
        return x.item() * _ones(count)
    return int.from_bytes(x.astype("<u8").tobytes(), "little")


def _unpacked(x: int, shape: tuple[int, ...], count: int) -> np.ndarray:
    words = np.frombuffer(x.to_bytes(count * _LANE // 8, "little"), "<u8")
    return words.astype(_UINT32).reshape(shape)


def _enciphered_few(
    key0: np.ndarray, key1: np.ndarray, x0: np.ndarray, x1: np.ndarray, shape: tuple[int, ...], count: int
) -> tuple[np.ndarray, ...]:
    """``_enciphered`` on lanes of 64 bits, of which sums need 38: only rotations must not see what is above 32."""
    ones = _ones(count)
    low = 0xFFFFFFFF * ones
    a, b = _packed(key0, count), _packed(key1, count)
    keys = (a, b, a ^ b ^ (int(_PARITY) * ones))
    x, y = _packed(x0, count) + a, (_packed(x1, count) + b) & low
    for group in range(5):
        for rotation in _SHIFTS[group % 2]:
            x += y
            y <<= rotation
            y = ((y | y >> 32) ^ x) & low
        x += keys[(group + 1) % 3]
        y = (y + keys[(group + 2) % 3] + (group + 1) * ones) & low
    return _unpacked(x & low, shape, count), _unpacked(y, shape, count)


def _enciphered_any(
    key0: np.ndarray, key1: np.ndarray, x0: np.ndarray, x1: np.ndarray
) -> tuple[np.ndarray, ...]:
    """``_enciphered`` in the quicker way."""
    xs = (key0, key1, x0, x1)
    largest = max(xs, key=np.size)
    count, shape = largest.size, largest.shape
    if 0 < count <= _FEW and all(x.shape == shape or x.ndim == 0 for x in xs):
        return _enciphered_few(key0, key1, x0, x1, shape, count)
    return _enciphered(key0, key1, x0, x1)


class Threefry2x32Op(AxirOp, name="threefry2x32", dtypes=frozenset({_UINT32}), zero_tangent=True):
    """Threefry-2x32 with 20 rounds: a counter ``(x0, x1)`` enciphered under a key ``(key0, key1)``.

    J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
    SC 2011. All four operands have one shape; there are two results of that shape.
    """

    elementwise: ClassVar[bool] = True

    key0: Tensor
    key1: Tensor
    x0: Tensor
    x1: Tensor

    @staticmethod
    def infer(*xs: Aval) -> tuple[Aval, Aval]:
        aval = Elementwise.infer(*xs)
        return aval, aval

    @staticmethod
    def numpy(*xs: np.ndarray) -> Sequence[np.ndarray]:
        return several_in_pieces(_enciphered_any, xs)

    def batch(self, axes: Sequence[int | None], *operands: Value) -> tuple[Any, int]:
        aligned, axis = align_batch(axes, operands)
        return self.rebuild(*aligned), axis

    def lower(self, *operands: Value) -> Sequence[Value]:
        kind = element_type(np.dtype("int32"))
        return builders.elementwise_multi(scalar.threefry2x32, operands, (kind, kind))

    def flops(self) -> int:
        """20 rounds of 5 operations, 6 additions of keys of 2 or 3."""
        return aval_of(self.operands[0]).size * (20 * 5 + 2 + 5 * 3 + 2)
