"""The target for a Vulkan device: a profile from what IREE's driver and the loader tell about it, then verified."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

from axir._src.log import logger
from axir._src.self_check import checks, first_fault
from axir_compiler.identity import source_hash
from axir_compiler.later import backend
from axir_compiler.targets import PORTABLE, Target, VulkanProfile, vulkan
from axir_runtime import (
    Device,
    DeviceExecutable,
    DiskCache,
    PlatformError,
    rounds_once,
    runtime_version,
    vulkan_limits,
    vulkan_version,
)

__all__ = ["verified_profile", "vulkan_profile", "vulkan_target"]

# VkSubgroupFeatureFlagBits
_ARITHMETIC, _SHUFFLE, _SHUFFLE_RELATIVE = 0x4, 0x10, 0x20


def vulkan_profile(device: Device) -> VulkanProfile:
    """What code generation must know; what cannot be found out counts as missing."""
    told = device.properties
    uuid = told.get("device_uuid", "")
    limits = vulkan_limits(uuid)
    profile = VulkanProfile(
        api=vulkan_version(told),
        **_subgroups(told),
        float16=_has(told, "shaderFloat16"),
        fma=rounds_once(told),
        int8=_has(told, "shaderInt8"),
        storage8=_has(told, "storageBuffer8BitAccess"),
        storage16=_has(told, "storageBuffer16BitAccess"),
    )
    if limits is None:
        return profile
    return dataclasses.replace(profile, **limits._asdict())


def _subgroups(told: dict[str, str]) -> dict[str, Any]:
    """Their sizes and operations. Without control over the size, code must be for the one that the driver takes."""
    operations = int(told.get("subgroup.operations", "0"), 16)
    size = int(told.get("subgroup.size", "0"))
    shuffle = operations & _SHUFFLE and operations & _SHUFFLE_RELATIVE
    return {
        "subgroup_sizes": (size,),
        "shuffle": bool(shuffle),
        "arithmetic": bool(operations & _ARITHMETIC),
    }


def _has(told: dict[str, str], feature: str) -> bool:
    return told.get(f"features.{feature}") == "yes"


def vulkan_target(device: Device) -> Target:
    """The target for a device, found right by a check of known results.

    Raises:
        PlatformError: as ``verified_profile``.
    """
    return vulkan(verified_profile(device))


def verified_profile(device: Device) -> VulkanProfile:
    """The profile with which a check of known results finds a device right; the verdict is kept on disk.

    A device that fails with its own profile is tried with one that claims as little as possible.

    Raises:
        PlatformError: it fails with that too; the message says at what.
    """
    profile = vulkan_profile(device)
    careful = dataclasses.replace(
        PORTABLE,
        api=profile.api,
        subgroup_sizes=profile.subgroup_sizes,
        **{name: getattr(profile, name) for name in ("fma", "int8", "int16", "storage8", "storage16")},
    )
    faults = []
    for claimed in (profile, careful):
        fault = _verdict(device, vulkan(claimed), claimed.subgroup_sizes[0])
        if not fault:
            return claimed
        faults.append(fault)
        logger.warning("%s (%s) fails its check: %s", device, device.device_kind, fault)
    raise PlatformError(
        f"devices: {device} ({device.device_kind}) gives wrong results and is not used: {faults[-1]}. "
        "Update its driver, or use another device."
    )


def _verdict(device: Device, target: Target, subgroup: int) -> str:
    """The first fault of a device with a target, empty if it has none; from disk if it was found before."""
    identity = (target.fingerprint(), source_hash(), runtime_version(), device.description)
    key = hashlib.sha256("\0".join(("self-check", *identity)).encode()).hexdigest()
    cache = DiskCache.from_environment()
    known = cache.get(key)
    if known is not None:
        return known.decode()

    def run(binary: bytes, arrays: list[Any], results: list[Any]) -> list[Any]:
        return [x.array for x in DeviceExecutable(device, binary, results=results)(arrays)]

    rows = checks(target.dtypes, subgroup)
    fault = first_fault(rows, lambda module: backend.compile_module(module, target), run)
    cache.put(key, fault.encode(), {"function": f"self-check of {device}"})
    return fault
