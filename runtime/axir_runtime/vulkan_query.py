"""What a Vulkan driver tells of a device and IREE's does not hand on: 64-bit numbers and the limits of workgroups.

Asked of the loader through ctypes, once for each device, with structures laid out as in the Vulkan specification
(VkPhysicalDeviceProperties, VkPhysicalDeviceLimits, VkPhysicalDeviceFeatures).
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import struct
import sys
from typing import NamedTuple

__all__ = ["VulkanLimits", "vulkan_limits"]

_LIBRARIES = {"win32": "vulkan-1.dll", "darwin": "libvulkan.1.dylib"}
# VkStructureType
_APPLICATION_INFO, _INSTANCE_CREATE_INFO = 0, 1
_PROPERTIES_2, _ID_PROPERTIES = 1000059001, 1000071004
_API_1_1 = (1 << 22) | (1 << 12)
# Where VkPhysicalDeviceLimits starts in VkPhysicalDeviceProperties, and the fields about compute shaders in it.
_LIMITS = 296
_COMPUTE = _LIMITS + 216
# Positions in VkPhysicalDeviceFeatures, an array of 55 booleans.
_FLOAT64, _INT64, _INT16 = 39, 40, 41
_ROOM = 4096  # more than any of the structures takes


class VulkanLimits(NamedTuple):
    """Features and limits of one device."""

    float64: bool
    int64: bool
    int16: bool
    shared_memory: int
    workgroup_counts: tuple[int, int, int]
    threads: int
    workgroup_sizes: tuple[int, int, int]


class _ApplicationInfo(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_uint32),
        ("next", ctypes.c_void_p),
        ("application", ctypes.c_char_p),
        ("application_version", ctypes.c_uint32),
        ("engine", ctypes.c_char_p),
        ("engine_version", ctypes.c_uint32),
        ("api", ctypes.c_uint32),
    )


class _InstanceInfo(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_uint32),
        ("next", ctypes.c_void_p),
        ("flags", ctypes.c_uint32),
        ("application", ctypes.POINTER(_ApplicationInfo)),
        ("layer_count", ctypes.c_uint32),
        ("layers", ctypes.c_void_p),
        ("extension_count", ctypes.c_uint32),
        ("extensions", ctypes.c_void_p),
    )


class _IdProperties(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_uint32),
        ("next", ctypes.c_void_p),
        ("device_uuid", ctypes.c_uint8 * 16),
        ("driver_uuid", ctypes.c_uint8 * 16),
        ("rest", ctypes.c_uint8 * 16),
    )


class _Properties2(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_uint32), ("next", ctypes.c_void_p), ("properties", ctypes.c_uint8 * _ROOM))


@functools.cache
def vulkan_limits(device_uuid: str) -> VulkanLimits | None:
    """Features and limits of the device with a UUID (32 hexadecimal digits, as IREE's driver prints it).

    Returns: ``None`` if the loader does not know such a device, or cannot be asked.
    """
    try:
        return _every_device().get(device_uuid.lower())
    except (OSError, AttributeError):
        return None


@functools.cache
def _every_device() -> dict[str, VulkanLimits]:
    """By UUID."""
    library = ctypes.CDLL(_LIBRARIES.get(sys.platform, "libvulkan.so.1"))
    about = _ApplicationInfo(kind=_APPLICATION_INFO, application=b"axir", api=_API_1_1)
    info = _InstanceInfo(kind=_INSTANCE_CREATE_INFO, application=ctypes.pointer(about))
    instance = ctypes.c_void_p()
    if library.vkCreateInstance(ctypes.byref(info), None, ctypes.byref(instance)):
        return {}
    try:
        count = ctypes.c_uint32()
        library.vkEnumeratePhysicalDevices(instance, ctypes.byref(count), None)
        handles = (ctypes.c_void_p * count.value)()
        library.vkEnumeratePhysicalDevices(instance, ctypes.byref(count), handles)
        return dict(_describe(library, ctypes.c_void_p(handle)) for handle in handles)
    finally:
        library.vkDestroyInstance(instance, None)


def _describe(library: ctypes.CDLL, handle: ctypes.c_void_p) -> tuple[str, VulkanLimits]:
    names = _IdProperties(kind=_ID_PROPERTIES)
    found = _Properties2(kind=_PROPERTIES_2, next=ctypes.addressof(names))
    library.vkGetPhysicalDeviceProperties2(handle, ctypes.byref(found))
    features = (ctypes.c_uint32 * _ROOM)()
    library.vkGetPhysicalDeviceFeatures(handle, ctypes.byref(features))
    shared, *rest = struct.unpack_from("<8I", bytes(found.properties), _COMPUTE)
    limits = VulkanLimits(
        float64=bool(features[_FLOAT64]),
        int64=bool(features[_INT64]),
        int16=bool(features[_INT16]),
        shared_memory=shared,
        workgroup_counts=(rest[0], rest[1], rest[2]),
        threads=rest[3],
        workgroup_sizes=(rest[4], rest[5], rest[6]),
    )
    return bytes(names.device_uuid).hex(), limits
