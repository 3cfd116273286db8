"""Runs modules compiled by axir: devices, buffers, executables, caches. Needs no compiler."""

from axir_runtime.archive import FORMAT_VERSION, Archive, Member, digest, write_archive
from axir_runtime.arguments import parse_array
from axir_runtime.artifact import PARAMETERS, Function, Module, load, loads, read_manifest, signature_of
from axir_runtime.binaries import Binary, binaries
from axir_runtime.buffer import Buffer, aligned_empty
from axir_runtime.cache import DiskCache, LruCache
from axir_runtime.container import pack, pack_module, unpack, unpack_module
from axir_runtime.cpu import X86_LEVELS, check_cpu, cpu_features, required_features
from axir_runtime.device import Device, devices
from axir_runtime.device_buffer import DeviceBuffer
from axir_runtime.device_executable import DeviceExecutable
from axir_runtime.dlpack import from_dlpack, to_dlpack
from axir_runtime.dtypes import element_type
from axir_runtime.errors import (
    ArgumentDTypeError,
    ArgumentError,
    ArgumentShapeError,
    ArgumentStructureError,
    CpuFeatureError,
    DamagedError,
    MixedDevicesError,
    OutOfMemoryError,
    ParametersError,
    PlatformError,
    RuntimeFailure,
    VersionError,
)
from axir_runtime.executable import Executable
from axir_runtime.manifest import Manifest, machine, parse_manifest, runtime_version
from axir_runtime.parameters import parameter_archive
from axir_runtime.platforms import GPUS, PLATFORMS
from axir_runtime.signature import Signature, Spec
from axir_runtime.sizes import Bounds, Size, parse_size
from axir_runtime.vulkan_needs import VulkanNeeds, rounds_once, spirv_capabilities, vulkan_version
from axir_runtime.vulkan_query import VulkanLimits, vulkan_limits

__all__ = [
    "FORMAT_VERSION",
    "GPUS",
    "PARAMETERS",
    "PLATFORMS",
    "X86_LEVELS",
    "Archive",
    "ArgumentDTypeError",
    "ArgumentError",
    "ArgumentShapeError",
    "ArgumentStructureError",
    "Binary",
    "Bounds",
    "Buffer",
    "CpuFeatureError",
    "DamagedError",
    "Device",
    "DeviceBuffer",
    "DeviceExecutable",
    "DiskCache",
    "Executable",
    "Function",
    "LruCache",
    "Manifest",
    "Member",
    "MixedDevicesError",
    "Module",
    "OutOfMemoryError",
    "ParametersError",
    "PlatformError",
    "RuntimeFailure",
    "Signature",
    "Size",
    "Spec",
    "VersionError",
    "VulkanLimits",
    "VulkanNeeds",
    "aligned_empty",
    "binaries",
    "check_cpu",
    "cpu_features",
    "devices",
    "digest",
    "element_type",
    "from_dlpack",
    "load",
    "loads",
    "machine",
    "pack",
    "pack_module",
    "parameter_archive",
    "parse_array",
    "parse_manifest",
    "parse_size",
    "read_manifest",
    "required_features",
    "rounds_once",
    "runtime_version",
    "signature_of",
    "spirv_capabilities",
    "to_dlpack",
    "unpack",
    "unpack_module",
    "vulkan_limits",
    "vulkan_version",
    "write_archive",
]
