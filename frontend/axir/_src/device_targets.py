"""What programs for a device are compiled for."""

from __future__ import annotations

import dataclasses
import functools
import re

from axir._src.config import config
from axir._src.vulkan_devices import vulkan_target
from axir_compiler.errors import AxirError
from axir_compiler.targets import OPTIMIZATIONS, Target, host
from axir_compiler.targets.gpu import GPU_NAMES, gpu
from axir_runtime import Device

__all__ = ["target_of"]


_ASYNCHRONOUS = "--iree-execution-model=async-external"


def target_of(device: Device, *, asynchronous: bool = True, parallel: bool = True) -> Target:
    """The target for a device, from what its driver tells about it and the options say.

    Args:
        asynchronous: whether calls may return before the work is done, on devices that can do that. Programs that call
            Python while they run do not: Python is called by the thread that called them.
        parallel: whether the program is for all cores of a CPU, not for the calling thread.

    Raises:
        AxirError: there is no target for such a device.
        PlatformError: the device gives wrong results.
    """
    possible = OPTIMIZATIONS - {"direct_calls"} if parallel or not device.is_host else OPTIMIZATIONS
    chosen = frozenset(name for name in possible if config.get(f"axir_{name}"))
    return _chosen(device, asynchronous and (parallel or not device.is_host), chosen)


@functools.cache
def _chosen(device: Device, asynchronous: bool, optimizations: frozenset[str]) -> Target:
    found = dataclasses.replace(host(), optimizations=optimizations) if device.is_host else _found(device)
    return dataclasses.replace(found, flags=(*found.flags, _ASYNCHRONOUS)) if asynchronous else found


@functools.cache
def _found(device: Device) -> Target:
    if device.platform == "vulkan":
        return vulkan_target(device)
    choose = {"cuda": _cuda_name, "hip": _hip_name}.get(device.platform)
    return gpu(device.platform if choose is None else choose(device))


def _cuda_name(device: Device) -> str:
    """The newest architecture known here that the device runs: code for older ones runs on newer ones."""
    known = sorted(int(name.rpartition("_")[2]) for name in GPU_NAMES if name.startswith("cuda:"))
    found = re.search(r"compute[ _-]?capability\D*(\d+)\.(\d+)", device.description, re.IGNORECASE)
    able = int(found[1]) * 10 + int(found[2]) if found else known[-1]
    fitting = [n for n in known if n <= able]
    if not fitting:
        raise AxirError(
            f"{device}: compute capability {able / 10} is too old; the oldest known is {known[0] / 10}."
        )
    return f"cuda:sm_{fitting[-1]}"


def _hip_name(device: Device) -> str:
    found = re.search(r"\bgfx[0-9a-f]+\b", device.description)
    return f"rocm:{found[0] if found else 'unknown'}"
