"""What the memory of a device holds."""

from __future__ import annotations

import gc
import re

from axir_runtime.buffer import Buffer
from axir_runtime.device import Device, state
from axir_runtime.device_buffer import DeviceBuffer
from axir_runtime.dtypes import describe

_LISTED = 5


def memory_stats(device: Device) -> dict[str, int]:
    """See ``Device.memory_stats``."""
    return _of_allocators() if device.is_host else _of_live_buffers(device)


def live_buffers(device: Device) -> list[Buffer] | list[DeviceBuffer]:
    """The buffers on a device, largest first, found by going through all objects of the process."""
    if device.is_host:
        return sorted((x for x in gc.get_objects() if type(x) is Buffer), key=lambda x: -x.nbytes)
    found = [x for x in gc.get_objects() if type(x) is DeviceBuffer and x.device is device]
    return sorted(found, key=lambda x: -x.nbytes)


def largest(device: Device) -> str:
    """The largest live buffers as words of a message."""
    found = live_buffers(device)
    if not found:
        return "none are alive"
    listed = [f"{describe(x.shape, x.dtype)} ({_amount(x.nbytes)})" for x in found[:_LISTED]]
    total = _amount(sum(x.nbytes for x in found))
    return f"the largest of {len(found)}, of {total} in all: {', '.join(listed)}"


def _amount(nbytes: int) -> str:
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if nbytes >= size:
            return f"{nbytes / size:.1f} {unit}"
    return f"{nbytes} bytes"


def _of_allocators() -> dict[str, int]:
    """Of the memory that IREE allocated on the host; that of NumPy is not in it."""
    queues = [queue for (_, handle), queue in state.queues.items() if handle is None]
    totals = [queue.device.allocator.statistics for queue in queues]

    def total(which: str) -> int:
        return sum(t[f"{kind}_bytes_{which}"] for t in totals for kind in ("host", "device"))

    return {"bytes_in_use": total("allocated") - total("freed"), "peak_bytes_in_use": total("peak")}


def _of_live_buffers(device: Device) -> dict[str, int]:
    """Counted from live objects: the statistics of IREE's Vulkan allocator know nothing of memory given back."""
    sizes = [x.nbytes for x in live_buffers(device)]
    found = {
        "bytes_in_use": sum(sizes),
        "num_allocs": len(sizes),
        "largest_alloc_size": max(sizes, default=0),
    }
    heaps = [int(n) for n in re.findall(r"^\s+\[\d+\] size=(\d+)", device.description, re.MULTILINE)]
    return {**found, "bytes_limit": max(heaps)} if heaps else found
