"""Devices, and moving arrays to them."""

from __future__ import annotations

from typing import Any

import axir_runtime
from axir._src import pytree
from axir._src.array import Array, ConcreteArray
from axir._src.convert import to_array

__all__ = [
    "Device",
    "block_until_ready",
    "default_backend",
    "device_count",
    "device_get",
    "device_put",
    "devices",
]

Device = axir_runtime.Device


def devices(platform: str | None = None) -> list[Device]:
    """Devices of a platform, by default of the default one.

    Raises:
        RuntimeError: the platform is unknown or has no device.
    """
    return axir_runtime.devices(platform)


def device_count(platform: str | None = None) -> int:
    """Number of devices."""
    return len(devices(platform))


def default_backend() -> str:
    """Name of the default platform."""
    return devices()[0].platform


def device_put(x: Any, device: Device | None = None) -> Any:
    """A pytree of arrays on a device, by default the first one; numbers and NumPy's arrays become arrays.

    Raises:
        TypeError: ``device`` is not one of ``axir.devices()``; DTypeError: a leaf is no array and no number.
    """
    if device is not None and not isinstance(device, Device):
        raise TypeError(f"device_put: device must be one of axir.devices(); got {device!r}.")
    return pytree.map_tree(to_array, x)


def device_get(x: Any) -> Any:
    """A pytree of arrays as NumPy arrays."""
    return pytree.map_tree(lambda leaf: leaf.to_numpy() if isinstance(leaf, Array) else leaf, x)


def block_until_ready(x: Any) -> Any:
    """Wait until all arrays of a pytree are computed; gives the pytree itself."""
    for leaf in pytree.leaves(x):
        if isinstance(leaf, ConcreteArray):
            leaf.block_until_ready()
    return x
