"""What the shaders of a module ask of a Vulkan device, and what a device lacks of it.

A driver need not refuse shaders that use more than it offers, so that this is compared before they are handed to it.
Capabilities are read from the shaders themselves (SPIR-V specification, sections "Physical Layout" and "Capability").
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable, Iterator
from typing import NamedTuple

from axir_runtime.device import Device
from axir_runtime.vulkan_query import VulkanLimits, vulkan_limits

__all__ = ["VulkanNeeds", "rounds_once", "spirv_capabilities", "vulkan_version"]

_MAGIC = struct.pack("<I", 0x07230203)
_HEADER_WORDS, _OP_CAPABILITY = 5, 17
_NAMES = {
    0: "Matrix",
    1: "Shader",
    9: "Float16",
    10: "Float64",
    11: "Int64",
    22: "Int16",
    39: "Int8",
    61: "GroupNonUniform",
    62: "GroupNonUniformVote",
    63: "GroupNonUniformArithmetic",
    64: "GroupNonUniformBallot",
    65: "GroupNonUniformShuffle",
    66: "GroupNonUniformShuffleRelative",
    67: "GroupNonUniformClustered",
    68: "GroupNonUniformQuad",
    4433: "StorageBuffer16BitAccess",
    4448: "StorageBuffer8BitAccess",
}
# What Vulkan 1.1 promises of every device.
_LEAST_THREADS, _LEAST_SHARED = 128, 16384


def spirv_capabilities(module: bytes | memoryview) -> frozenset[str]:
    """What the shaders in a module of IREE's declare to use; those without a name here are numbers."""
    with zipfile.ZipFile(io.BytesIO(module)) as archive:
        members = [archive.read(i) for i in archive.infolist() if i.filename != "module.fb"]
    numbers = {number for data in members for at in _shaders(data) for number in _declared(data, at)}
    return frozenset(_NAMES.get(n, f"capability {n}") for n in numbers)


def _shaders(data: bytes) -> Iterator[int]:
    """Where shaders start."""
    at = data.find(_MAGIC)
    while at >= 0:
        if data[at + 4 : at + 5] == b"\0" and data[at + 6 : at + 8] == b"\1\0":  # version 1.x
            yield at
        at = data.find(_MAGIC, at + 4)


def _declared(data: bytes, at: int) -> Iterator[int]:
    """The capabilities of a shader, which stand before everything else."""
    at += 4 * _HEADER_WORDS
    while at + 8 <= len(data):
        word, operand = struct.unpack_from("<II", data, at)
        if word & 0xFFFF != _OP_CAPABILITY:
            return
        yield operand
        at += 4 * (word >> 16)


class VulkanNeeds(NamedTuple):
    """What a module asks of a device.

    Attributes:
        api: version of Vulkan.
        capabilities: of its shaders, by SPIR-V's names.
        rounds_once: whether it relies on multiply-add with one rounding.
        subgroup_size: the only size of subgroups that it is right for; 0 if it is right for all.
        threads: invocations of a workgroup.
        shared_memory: bytes that they share.
    """

    api: tuple[int, int]
    capabilities: frozenset[str]
    rounds_once: bool
    subgroup_size: int
    threads: int
    shared_memory: int

    def missing(self, device: Device) -> list[str]:
        """What a device lacks, in words; what it does not tell counts as missing."""
        told = device.properties
        limits = vulkan_limits(told.get("device_uuid", ""))
        version = vulkan_version(told)
        found = [] if self.api <= version else ["Vulkan {}.{} (it has {}.{})".format(*self.api, *version)]
        found += [name for name in sorted(self.capabilities) if not _has(name, told, limits)]
        if self.rounds_once and not rounds_once(told):
            found.append("multiply-add with one rounding")
        size = told.get("subgroup.size", "unknown")
        if self.subgroup_size and size != str(self.subgroup_size):
            found.append(f"subgroups of {self.subgroup_size} (its own are of {size})")
        threads, shared = (0, 0) if limits is None else (limits.threads, limits.shared_memory)
        if self.threads > max(threads, _LEAST_THREADS):
            found.append(f"workgroups of {self.threads}")
        if self.shared_memory > max(shared, _LEAST_SHARED):
            found.append(f"{self.shared_memory} bytes of shared memory")
        return found


def vulkan_version(told: dict[str, str]) -> tuple[int, int]:
    """The version of Vulkan among what a driver tells; 1.0 if it does not."""
    found = re.match(r"(\d+)\.(\d+)", told.get("api", ""))
    return (int(found[1]), int(found[2])) if found else (1, 0)


def rounds_once(told: dict[str, str]) -> bool:
    """Whether a device multiplies and adds with one rounding: Mesa's software renderer rounds twice, GPUs do not."""
    return told.get("type", "cpu") != "cpu"


# VkSubgroupFeatureFlagBits
_SUBGROUP_BITS = {
    "GroupNonUniform": 0x1,
    "GroupNonUniformVote": 0x2,
    "GroupNonUniformArithmetic": 0x4,
    "GroupNonUniformBallot": 0x8,
    "GroupNonUniformShuffle": 0x10,
    "GroupNonUniformShuffleRelative": 0x20,
    "GroupNonUniformClustered": 0x40,
    "GroupNonUniformQuad": 0x80,
}
_FEATURES = {
    "Float16": "shaderFloat16",
    "Int8": "shaderInt8",
    "StorageBuffer8BitAccess": "storageBuffer8BitAccess",
    "StorageBuffer16BitAccess": "storageBuffer16BitAccess",
}
_LIMITS: dict[str, Callable[[VulkanLimits], bool]] = {
    "Float64": lambda x: x.float64,
    "Int64": lambda x: x.int64,
    "Int16": lambda x: x.int16,
}


def _has(capability: str, told: dict[str, str], limits: VulkanLimits | None) -> bool:
    if capability in _FEATURES:
        return told.get(f"features.{_FEATURES[capability]}") == "yes"
    if capability in _LIMITS:
        return limits is not None and _LIMITS[capability](limits)
    if capability in _SUBGROUP_BITS:
        return bool(int(told.get("subgroup.operations", "0"), 16) & _SUBGROUP_BITS[capability])
    return capability in ("Matrix", "Shader")
