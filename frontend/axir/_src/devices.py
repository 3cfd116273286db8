"""Devices, and moving arrays to them."""

from __future__ import annotations

from typing import Any

import axir_runtime
from axir._src import pytree
from axir._src.array import Array, ConcreteArray
from axir._src.config import config, preferred_platform
from axir._src.convert import to_array
from axir._src.placement import Placement, placed, settled

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
    """Devices of a platform: ``cpu``, ``vulkan``, ``cuda``, ``hip`` or ``metal``.

    Args:
        platform: by default the one that ``AXIR_PLATFORM`` names, or else the CPU, of which ``AXIR_CPU_DEVICES`` may
            make several devices. Drivers of GPUs are opened when their platform is asked for.

    Raises:
        PlatformError: there is no such platform, or it has no device here; the message says why. (A ``RuntimeError``.)
    """
    return axir_runtime.devices(platform or default_backend())


def device_count(platform: str | None = None) -> int:
    """Number of devices."""
    return len(devices(platform))


def default_backend() -> str:
    """Name of the default platform."""
    names = [config.get(name) for name in ("axir_platform", "axir_platforms", "axir_platform_name")]
    return preferred_platform(names) or "cpu"


def device_put(x: Any, device: Device | None = None) -> Any:
    """A pytree of arrays on a device; numbers and NumPy's arrays become arrays.

    With a device the arrays are *committed* to it: computations with them run there. Without one they go to the default
    device and may move. Traced arrays stay what they are: a program runs on one device.

    Raises:
        TypeError: ``device`` is not one of ``axir.devices()``; DTypeError: a leaf is no array and no number.
    """
    if device is not None and not isinstance(device, Device):
        raise TypeError(f"device_put: device must be one of axir.devices(); got {device!r}.")

    def put(leaf: Any) -> Array:
        array = to_array(leaf)
        if device is None or not isinstance(array, ConcreteArray):
            return settled(array, None)
        return placed(array, Placement(device, True))

    return pytree.map_tree(put, x)


def device_get(x: Any) -> Any:
    """A pytree of arrays as NumPy arrays."""
    return pytree.map_tree(lambda leaf: leaf.to_numpy() if isinstance(leaf, Array) else leaf, x)


def block_until_ready(x: Any) -> Any:
    """Wait until all arrays of a pytree are computed; gives the pytree itself."""
    # Most often it is one array, for which a look into containers would take most of the time.
    for leaf in [x] if isinstance(x, ConcreteArray) else pytree.leaves(x):
        if isinstance(leaf, ConcreteArray):
            leaf.block_until_ready()
    return x
