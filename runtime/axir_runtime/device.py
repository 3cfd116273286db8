"""Devices, and the IREE objects behind them.

The CPU is reached through two IREE drivers that share host memory: ``local-sync`` runs a program on
the calling thread (a few microseconds a call), ``local-task`` spreads it over a worker per core (tens
of microseconds). An executable chooses one; buffers belong to neither.

IREE objects made here live until the process ends. IREE crashes when a device dies before the buffers
that came from it, and Python gives no order of destruction at interpreter exit, so they are kept by a
reference that is never given back.
"""

from __future__ import annotations

import ctypes
import os
import threading
from typing import NamedTuple, TypeVar

from iree.runtime import HalDevice, HalDriver, VmInstance, VmModule, create_hal_module, flags
from iree.runtime import _binding as binding

from axir_runtime.errors import PlatformError, RuntimeFailure, status_reason
from axir_runtime.threads import worker_count

_T = TypeVar("_T")

# platform -> (driver for small programs, driver for large programs)
_DRIVERS: dict[str, tuple[str, str]] = {"cpu": ("local-sync", "local-task")}


class Queue(NamedTuple):
    """One IREE device, and the module through which compiled programs reach it."""

    instance: VmInstance
    device: HalDevice
    hal: VmModule


class Device:
    """Something that runs programs; compare with ``is`` or ``==``, there is one object per device."""

    __slots__ = ("__weakref__", "id", "platform")

    def __init__(self, platform: str, id: int) -> None:
        self.platform = platform
        self.id = id

    def __repr__(self) -> str:
        return f"{self.platform.capitalize()}Device(id={self.id})"

    def __reduce__(self) -> tuple[object, ...]:
        return _device_at, (self.platform, self.id)

    def queue(self, parallel: bool = False) -> Queue:
        """The IREE device for small (default) or large programs, opened at first use."""
        return state.queue(_DRIVERS[self.platform][parallel])


_DEVICES: tuple[Device, ...] = tuple(Device(platform, 0) for platform in _DRIVERS)


def devices(platform: str | None = None) -> list[Device]:
    """All devices, or those of one platform.

    Raises: PlatformError if the platform is not one of this machine's; the message names those found.
    """
    if platform is None:
        return list(_DEVICES)
    found = [device for device in _DEVICES if device.platform == platform]
    if not found:
        raise PlatformError(
            f"devices: no platform {platform!r} here; found {', '.join(sorted(_DRIVERS))}. "
            "Name one of these, or leave the platform out."
        )
    return found


def _device_at(platform: str, id: int) -> Device:
    """Unpickling: the process's own object for a device."""
    for device in devices(platform):
        if device.id == id:
            return device
    raise PlatformError(f"device {id} of platform {platform!r} is not present on this machine")


class _State:
    """The IREE instance and the open queues of this process."""

    def __init__(self) -> None:
        self.epoch = 0  # counts forks: what was loaded under another epoch must be loaded again
        self.lock = threading.Lock()
        self.instance: VmInstance | None = None
        self.queues: dict[str, Queue] = {}

    def queue(self, driver: str) -> Queue:
        found = self.queues.get(driver)
        if found is not None:
            return found
        with self.lock:
            if driver not in self.queues:
                self.queues[driver] = self._open(driver)
            return self.queues[driver]

    def _open(self, name: str) -> Queue:
        if self.instance is None:
            # Objects that are kept on purpose would otherwise be reported on stderr at exit.
            binding.disable_leak_checker()
            self.instance = _immortal(VmInstance())
        if name == "local-task":
            flags.parse_flags(f"--task_topology_group_count={worker_count()}")
        try:
            # Not get_driver: its cache would return the driver whose threads a fork has lost.
            driver: HalDriver = _immortal(binding.create_hal_driver(name))  # pyright: ignore[reportAttributeAccessIssue]
            device = _immortal(driver.create_default_device())
            return Queue(self.instance, device, _immortal(create_hal_module(self.instance, device)))
        except Exception as error:
            raise RuntimeFailure(
                f"IREE's driver {name} cannot be opened: {status_reason(error)}", str(error)
            ) from None

    def after_fork(self) -> None:
        """In the child: threads are gone and locks may be held forever, so open everything anew."""
        self.epoch += 1
        self.lock = threading.Lock()
        self.queues = {}


def _immortal(value: _T) -> _T:
    """Keep a native object until the process ends (module globals are cleared before that)."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(value))
    return value


state = _State()
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=state.after_fork)
