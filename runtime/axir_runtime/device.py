"""Devices, and the IREE objects behind them.

The CPU is reached through two IREE drivers that share host memory: ``local-sync`` runs a program on
the calling thread (a few microseconds a call), ``local-task`` spreads it over a worker per core (tens
of microseconds). An executable chooses one; buffers belong to neither. ``AXIR_CPU_DEVICES=N`` makes N
devices of the CPU, for testing programs for many: they differ by their numbers and share everything else.

GPUs have memory of their own. Their drivers are opened when somebody asks for their devices, never before.

IREE objects made here live until the process ends. IREE crashes when a device dies before the buffers
that came from it, and Python gives no order of destruction at interpreter exit, so they are kept by a
reference that is never given back.
"""

from __future__ import annotations

import ctypes
import os
import threading
from typing import Any, NamedTuple, TypeVar

from iree.runtime import HalDevice, HalDriver, VmInstance, VmModule, create_hal_module, flags
from iree.runtime import _binding as binding

from axir_runtime import in_flight
from axir_runtime.errors import PlatformError, RuntimeFailure, status_reason
from axir_runtime.platforms import CPU, Found, canonical_platform, listed, open_driver, properties
from axir_runtime.threads import worker_count

_T = TypeVar("_T")

_SEQUENTIAL, _PARALLEL = "local-sync", "local-task"


class Queue(NamedTuple):
    """One IREE device, and the module through which compiled programs reach it."""

    instance: VmInstance
    device: HalDevice
    hal: VmModule


class Device:
    """Something that runs programs; compare with ``is`` or ``==``, there is one object per device.

    Attributes:
        platform: ``cpu``, ``vulkan``, ``cuda``, ``hip`` or ``metal``.
        id: number of the device among those of its platform.
        device_kind: what the vendor calls it; ``cpu`` for CPUs.
        description: everything that its driver tells about it, as text; empty for CPUs.
    """

    __slots__ = ("__weakref__", "_handle", "description", "device_kind", "id", "platform")

    def __init__(self, platform: str, id: int, found: Found | None = None) -> None:
        self.platform = platform
        self.id = id
        self.device_kind = CPU if found is None else found.name
        self.description = "" if found is None else found.description
        self._handle = None if found is None else found.handle

    def __repr__(self) -> str:
        return f"{self.platform.capitalize()}Device(id={self.id})"

    def __str__(self) -> str:
        return f"{self.platform}:{self.id}"

    def __reduce__(self) -> tuple[object, ...]:
        return _device_at, (self.platform, self.id)

    @property
    def is_host(self) -> bool:
        """Whether its memory is that of the host."""
        return self._handle is None

    @property
    def process_index(self) -> int:
        """The process that it belongs to, of which there is one."""
        return 0

    @property
    def local_hardware_id(self) -> int:
        """Its number, also among the devices of this process."""
        return self.id

    @property
    def properties(self) -> dict[str, str]:
        """``description`` by keys, such as ``api``, ``driver_info``, ``subgroup.size``; empty for CPUs."""
        return {} if self.is_host else properties(self.description)

    def queue(self, parallel: bool = False) -> Queue:
        """The IREE device for small (default) or large programs, opened at first use.

        Raises: RuntimeFailure if it cannot be opened, or was opened by the parent of a forked process.
        """
        if self._handle is None:
            return state.queue(_PARALLEL if parallel else _SEQUENTIAL)
        return state.queue(self.platform, self._handle)

    def memory_stats(self) -> dict[str, int]:
        """Bytes on the device.

        Returns: ``bytes_in_use``, and more that depends on the device: ``peak_bytes_in_use`` (CPUs, for memory that
            IREE allocated), ``num_allocs`` and ``largest_alloc_size`` (GPUs, for live buffers), ``bytes_limit``.
        """
        from axir_runtime.statistics import memory_stats  # buffers know devices

        return memory_stats(self)


def devices(platform: str | None = None) -> list[Device]:
    """The devices of a platform, by default those of the CPU. Nothing else opens drivers of GPUs.

    Raises: PlatformError if there is no such platform, or this machine has no device of it; the message says why.
    """
    return list(state.devices(CPU if platform is None else canonical_platform(platform)))


def _device_at(platform: str, id: int) -> Device:
    """Unpickling: the process's own object for a device."""
    for device in devices(platform):
        if device.id == id:
            return device
    raise PlatformError(f"device {id} of platform {platform!r} is not present on this machine")


def _cpu_count() -> int:
    asked = os.environ.get("AXIR_CPU_DEVICES", "").strip() or "1"
    if not asked.isdecimal() or not 1 <= int(asked) <= 1024:
        raise ValueError(f"AXIR_CPU_DEVICES must be a whole number between 1 and 1024; got {asked!r}")
    return int(asked)


class _State:
    """The IREE instance, the open drivers and the open queues of this process."""

    def __init__(self) -> None:
        self.epoch = 0  # counts forks: what was loaded under another epoch must be loaded again
        self.lock = threading.RLock()
        self.instance: VmInstance | None = None
        self.drivers: dict[str, HalDriver] = {}  # of GPUs
        self.lost: frozenset[str] = frozenset()  # platforms that only the parent of this process can use
        self.found: dict[str, tuple[Device, ...]] = {}
        self.queues: dict[tuple[str, int | None], Queue] = {}

    def devices(self, platform: str) -> tuple[Device, ...]:
        found = self.found.get(platform)
        if found is not None:
            return found
        with self.lock:
            if platform not in self.found:
                self.found[platform] = self._find(platform)
            return self.found[platform]

    def _find(self, platform: str) -> tuple[Device, ...]:
        if platform == CPU:
            return tuple(Device(CPU, i) for i in range(_cpu_count()))
        return tuple(Device(platform, i, x) for i, x in enumerate(listed(platform, self._driver(platform))))

    def _driver(self, platform: str) -> HalDriver:
        self.check(platform)
        if platform not in self.drivers:
            self._start()
            self.drivers[platform] = _immortal(open_driver(platform))
        return self.drivers[platform]

    def check(self, platform: str) -> None:
        """Refuse GPUs that were opened before this process was forked from its parent."""
        if platform in self.lost:
            raise RuntimeFailure(
                f"{platform}: its driver was opened before this process was forked, and does not work in the child. "
                "Start processes with multiprocessing's 'spawn' or 'forkserver', or fork before the first use."
            )

    def queue(self, driver: str, handle: int | None = None) -> Queue:
        found = self.queues.get((driver, handle))
        if found is not None:
            return found
        with self.lock:
            if (driver, handle) not in self.queues:
                self.queues[driver, handle] = self._open(driver, handle)
            return self.queues[driver, handle]

    def _start(self) -> VmInstance:
        if self.instance is None:
            # Objects that are kept on purpose would otherwise be reported on stderr at exit.
            binding.disable_leak_checker()
            self.instance = _immortal(VmInstance())
        return self.instance

    def _open(self, name: str, handle: int | None) -> Queue:
        instance = self._start()
        if name == _PARALLEL:
            flags.parse_flags(f"--task_topology_group_count={worker_count()}")
        try:
            device = _immortal(self._device(name, handle))
            return Queue(instance, device, _immortal(create_hal_module(instance, device)))
        except RuntimeFailure:
            raise
        except Exception as error:
            raise RuntimeFailure(
                f"IREE's driver {name} cannot be opened: {status_reason(error)}", str(error)
            ) from None

    def _device(self, name: str, handle: int | None) -> HalDevice:
        if handle is not None:
            return self._driver(name).create_device(handle)  # pyright: ignore[reportCallIssue]
        # Not get_driver: its cache would return the driver whose threads a fork has lost.
        driver: Any = _immortal(binding.create_hal_driver(name))  # pyright: ignore[reportAttributeAccessIssue]
        return driver.create_default_device()

    def after_fork(self) -> None:
        """In the child: threads are gone and locks may be held forever, so open everything anew."""
        self.epoch += 1
        self.lock = threading.RLock()
        self.lost |= frozenset(self.drivers)
        self.queues = {}
        in_flight.forget()


def _immortal(value: _T) -> _T:
    """Keep a native object until the process ends (module globals are cleared before that)."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(value))
    return value


state = _State()
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=state.after_fork)
