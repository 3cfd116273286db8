"""Processes, devices and arrays as a program over many machines asks for them: there is one process."""

from __future__ import annotations

import gc
import os
import platform
import sys
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

import axir_runtime
from axir._src import pytree
from axir._src.array import Array, ConcreteArray
from axir._src.config import config
from axir._src.devices import Device, devices
from axir._src.version import __version__

__all__ = [
    "copy_to_host_async",
    "default_device",
    "host_count",
    "host_id",
    "host_ids",
    "live_arrays",
    "local_device_count",
    "local_devices",
    "print_environment_info",
    "process_count",
    "process_index",
    "process_indices",
]


def process_index(backend: str | None = None) -> int:
    """The number of this process: 0."""
    devices(backend)
    return 0


def process_count(backend: str | None = None) -> int:
    """How many processes compute together: 1."""
    return len(process_indices(backend))


def process_indices(backend: str | None = None) -> list[int]:
    """The numbers of all processes: 0."""
    return [process_index(backend)]


host_id = process_index
host_count = process_count
host_ids = process_indices


def local_devices(
    process_index: int | None = None, backend: str | None = None, host_id: int | None = None
) -> list[Device]:
    """The devices of a process, by default this one.

    Raises:
        ValueError: there is no such process.
    """
    number = process_index if host_id is None else host_id
    if number not in (None, 0):
        raise ValueError(f"local_devices: there is one process, number 0; got {number}.")
    return devices(backend)


def local_device_count(backend: str | None = None) -> int:
    """Number of devices of this process."""
    return len(devices(backend))


def default_device(new_val: Device | str | None) -> AbstractContextManager[None]:
    """A context in which arrays are made, and computations without committed arrays run, on a device.

    Args:
        new_val: one of ``axir.devices(...)``, or a platform, whose first device it is.

    Raises:
        PlatformError: the platform has no device here. TypeError: it is no device.

    Example:
        >>> import axir, axir.numpy as np
        >>> with axir.default_device(axir.devices("cpu")[0]):
        ...     np.zeros(3).device
        CpuDevice(id=0)
    """
    if isinstance(new_val, str):
        new_val = devices(new_val)[0]
    elif new_val is not None and not isinstance(new_val, Device):
        raise TypeError(f"default_device: takes a device, a platform or None; got {new_val!r}.")
    return config.override("axir_default_device", new_val)


def live_arrays(platform: str | None = None) -> list[Array]:
    """The concrete arrays that something refers to, found by going through all objects of the process."""
    wanted = None if platform is None else devices(platform)
    found = [x for x in gc.get_objects() if isinstance(x, ConcreteArray)]
    return [x for x in found if wanted is None or x.device in wanted]


def copy_to_host_async(x: Any) -> Any:
    """Begin to copy the arrays of a pytree to the host; they are copied when they are read. Gives the pytree itself."""
    pytree.leaves(x)
    return x


def print_environment_info(return_string: bool = False) -> str | None:
    """Print what a report of a defect should contain: versions, the machine, and options in the environment.

    Args:
        return_string: Whether to give the text instead.
    """
    import importlib.metadata

    names = ("iree-base-compiler", "iree-base-runtime", "ml_dtypes", "optree", "scipy")
    lines = [f"axir: {__version__}", f"axir_runtime: {axir_runtime.__file__}", f"numpy: {np.__version__}"]
    lines += [f"{name}: {importlib.metadata.version(name)}" for name in names]
    lines += [f"python: {sys.version}", f"platform: {platform.platform()} {platform.machine()}"]
    lines += [f"devices: {devices()}", f"cpu count: {os.cpu_count()}"]
    lines += [
        f"{key}={value}" for key, value in sorted(os.environ.items()) if key.startswith(("AXIR_", "IREE_"))
    ]
    text = "\n".join(lines)
    if return_string:
        return text
    print(text)
    return None
