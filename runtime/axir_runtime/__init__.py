"""Runs modules compiled by axir: devices, buffers, executables, caches. Needs no compiler."""

from axir_runtime.buffer import Buffer, aligned_empty
from axir_runtime.cache import DiskCache, LruCache
from axir_runtime.container import pack, pack_module, unpack, unpack_module
from axir_runtime.cpu import X86_LEVELS, check_cpu, cpu_features
from axir_runtime.device import Device, devices
from axir_runtime.dlpack import from_dlpack, to_dlpack
from axir_runtime.dtypes import element_type
from axir_runtime.errors import CpuFeatureError, DamagedError, PlatformError, RuntimeFailure
from axir_runtime.executable import Executable
from axir_runtime.signature import Signature, Spec

__all__ = [
    "X86_LEVELS",
    "Buffer",
    "CpuFeatureError",
    "DamagedError",
    "Device",
    "DiskCache",
    "Executable",
    "LruCache",
    "PlatformError",
    "RuntimeFailure",
    "Signature",
    "Spec",
    "aligned_empty",
    "check_cpu",
    "cpu_features",
    "devices",
    "element_type",
    "from_dlpack",
    "pack",
    "pack_module",
    "to_dlpack",
    "unpack",
    "unpack_module",
]
