"""Arrays that lie on a device, and which device a computation runs on.

An array that nobody placed is in host memory and goes wherever it is needed: it is *uncommitted*. ``device_put``
commits an array to a device, and so do computations with such arrays: they run on the device of their committed
arguments, which must be one. Computations without any run on the default device, and give uncommitted arrays there.

Uncommitted arrays on the first CPU are plain ``ConcreteArray``s, for which none of this costs time. All others are
``PlacedArray``s, whose type says where they are, so that functions that look compiled code up by the types of their
arguments need not ask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from axir._src.array import Array, ArrayType, ConcreteArray
from axir._src.config import config
from axir._src.messages import located
from axir.errors import MixedDevicesError
from axir_compiler.ir.types import Aval
from axir_runtime import Buffer, Device, DeviceBuffer, LruCache, devices

__all__ = [
    "PlacedArray",
    "Placement",
    "buffer_on",
    "common_placement",
    "on_host",
    "placed",
    "placed_value",
    "settled",
]

_local = config._local
_new = object.__new__


class Placement(NamedTuple):
    """A device, and whether an array there stays there."""

    device: Device
    committed: bool

    @property
    def is_usual(self) -> bool:
        """Whether arrays there are plain ones."""
        return not self.committed and self.device is devices("cpu")[0]


class PlacedArray(ConcreteArray):
    """A concrete array that is committed to a device, or on another one than the first CPU."""

    __slots__ = ()

    @staticmethod
    def from_buffer(buffer: Any, kind: ArrayType) -> PlacedArray:
        """The array of a buffer; the type says where it is."""
        array = _new(PlacedArray)
        array._value = None
        array._buffer = buffer
        array._type = kind
        array._aval = kind.aval
        array.weak_type = kind.weak
        return array

    @property
    def placement(self) -> Placement:
        """Where the array is, and whether it stays there."""
        assert self._type is not None
        return self._type.placement

    @property
    def device(self) -> Device:
        return self.placement.device

    @property
    def committed(self) -> bool:
        return self.placement.committed


def placed_value(buffer: Any, aval: Aval, weak: bool, placement: Placement) -> ConcreteArray:
    """The array of a buffer on the device of a placement."""
    if placement.is_usual:
        return ConcreteArray.from_buffer(buffer, ArrayType.of(aval, weak))
    return PlacedArray.from_buffer(buffer, ArrayType.of(aval, weak, placement))


def placed(x: ConcreteArray, placement: Placement) -> ConcreteArray:
    """An array moved to a device, or itself if it is there already."""
    if _placement_of(x) == placement:
        return x
    return placed_value(buffer_on(x, placement.device), x.aval, x.weak_type, placement)


def _placement_of(x: ConcreteArray) -> Placement:
    return x.placement if isinstance(x, PlacedArray) else Placement(devices("cpu")[0], False)


_scalars: LruCache[Any, DeviceBuffer] = LruCache(1024)


def buffer_on(x: ConcreteArray, device: Device) -> Any:
    """The buffer of an array on a device: its own if it is there, else one of a copy."""
    own = x._buffer
    if device.is_host:
        return Buffer(own.array) if isinstance(own, DeviceBuffer) else x.buffer
    if isinstance(own, DeviceBuffer) and own.device is device:
        return own
    value = x.to_numpy()
    if value.ndim:
        return _repeated(value, device) or DeviceBuffer(value, device)
    return _scalar_on(value, device)


def _repeated(value: np.ndarray, device: Device) -> DeviceBuffer | None:
    """One number that NumPy repeats without a copy: the device repeats it; ``None`` for other arrays."""
    if any(value.strides) or value.size < 2:
        return None
    from axir._src.device_ops import copied  # which traces programs

    number = _scalar_on(np.asarray(value[(0,) * value.ndim]), device)
    return copied(number, 0, value.shape, (0,) * value.ndim)


def _scalar_on(value: np.ndarray, device: Device) -> DeviceBuffer:
    # Numbers of the program, over and over the same: each is copied to the device once.
    key = (device, value.dtype, value.tobytes())
    found = _scalars.get(key)
    if found is None or not found.is_usable:
        found = DeviceBuffer(value, device)
        _scalars.put(key, found)
    return found


def common_placement(
    title: str,
    arrays: Sequence[Array],
    names: Callable[[], Sequence[str]] | None = None,
    device: Device | None = None,
) -> Placement | None:
    """Where a computation with these arrays runs; ``None`` for the host, with results that are free to move.

    Args:
        title: what messages call the computation.
        arrays: its arguments.
        names: what messages call these.
        device: where it must run.

    Raises:
        MixedDevicesError: arguments are committed to different devices.
    """
    found: tuple[Device, int | None] | None = None if device is None else (device, None)
    for index, x in enumerate(arrays):
        if isinstance(x, PlacedArray) and x.committed:
            if found is None:
                found = x.device, index
            elif found[0] is not x.device:
                raise located(_mixed(title, found, (x.device, index), names))
    if found is not None:
        return Placement(found[0], True)
    chosen = Placement(_local.mode.device or devices("cpu")[0], False)
    return None if chosen.is_usual else chosen


def _mixed(
    title: str,
    first: tuple[Device, int | None],
    second: tuple[Device, int | None],
    names: Callable[[], Sequence[str]] | None,
) -> MixedDevicesError:
    listed = None if names is None else names()

    def describe(device: Device, index: int | None) -> str:
        if index is None:
            return f"it runs on {device}"
        name = f"argument {index}" if listed is None else listed[index]
        return f"{name} is committed to {device}"

    return MixedDevicesError(
        f"{title}: arrays must be on one device; {describe(*first)}, {describe(*second)}. "
        "Move one of them with axir.device_put(x, device)."
    )


def settled(x: Any, device: Device | None) -> Any:
    """What a function that creates arrays gives: on the device that was asked for, or else on the default one."""
    if not isinstance(x, ConcreteArray):
        return x
    if device is not None:
        return placed(x, Placement(device, True))
    chosen = _local.mode.device
    return x if chosen is None or isinstance(x, PlacedArray) else placed(x, Placement(chosen, False))


def on_host(value: np.ndarray, weak: bool, placement: Placement | None) -> ConcreteArray:
    """The array of a value that was computed on the host, put where it belongs."""
    found = ConcreteArray(value, weak)
    return found if placement is None else placed(found, placement)
