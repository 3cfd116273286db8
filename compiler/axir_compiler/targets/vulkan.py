"""Vulkan devices, from what their drivers tell about them.

IREE's ready profiles are those of well-known GPUs. On a device of another subgroup size reductions are silently wrong
with them, and the default one, which any driver accepts, gives wrong numbers for 16-bit floats. So the profile is
written out from the device's own properties, as the attribute that IREE's names stand for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from axir_compiler.errors import AxirError
from axir_compiler.ir.types import BFLOAT16, DTYPES
from axir_compiler.targets.base import Target
from axir_compiler.targets.gpu import FLAGS

__all__ = ["VulkanProfile", "vulkan"]


@dataclass(frozen=True)
class VulkanProfile:
    """What code generation must know of a Vulkan device.

    Attributes:
        api: Version of Vulkan that the device offers, ``(1, 1)`` at least.
        subgroup_sizes: Sizes that subgroups may have, one or two.
        shuffle, arithmetic: Whether subgroups have these operations.
        float16, float64, int8, int16, int64: Numbers that it computes with.
        fma: Whether it multiplies and adds with one rounding.
        storage8, storage16: Narrow numbers that buffers may hold.
        threads: Largest number of invocations of a workgroup.
        workgroup_sizes, workgroup_counts: Limits along three axes.
        shared_memory: Bytes that a workgroup shares.
    """

    api: tuple[int, int] = (1, 1)
    subgroup_sizes: tuple[int, ...] = (64,)
    shuffle: bool = False
    arithmetic: bool = False
    float16: bool = False
    float64: bool = False
    int8: bool = False
    int16: bool = False
    int64: bool = False
    fma: bool = False
    storage8: bool = False
    storage16: bool = False
    threads: int = 128
    workgroup_sizes: tuple[int, int, int] = (128, 128, 64)
    workgroup_counts: tuple[int, int, int] = (65535, 65535, 65535)
    shared_memory: int = 16384

    def attribute(self) -> str:
        """IREE's attribute for such a device."""
        compute = _flags(
            {"fp64": self.float64, "fp32": True, "fp16": self.float16, "int64": self.int64}
            | {"int32": True, "int16": self.int16, "int8": self.int8}
        )
        storage = _flags(
            {"b64": self.int64 or self.float64, "b32": True, "b16": self.storage16, "b8": self.storage8}
        )
        subgroup = _flags({"shuffle": self.shuffle, "arithmetic": self.arithmetic}) or "none"
        workgroup = ", ".join(
            (
                f"compute = {compute}, storage = {storage}, subgroup = {subgroup}",
                f"subgroup_size_choices = {list(self.subgroup_sizes)}",
                f"max_workgroup_sizes = {_signed(self.workgroup_sizes)}",
                f"max_thread_count_per_workgroup = {_signed([self.threads])[0]}",
                f"max_workgroup_memory_bytes = {_signed([self.shared_memory])[0]}",
                f"max_workgroup_counts = {_signed(self.workgroup_counts)}",
            )
        )
        features = f"spirv:{_spirv(self.api)},cap:Shader"
        target = f'#iree_gpu.target<arch = "vulkan", features = "{features}", wgp = <{workgroup}>>'
        binary = f'#hal.executable.target<"vulkan-spirv", "vulkan-spirv-fb", {{iree_codegen.target_info = {target}}}>'
        return f'#hal.device.target<"vulkan", [{binary}]> : !hal.device'


def vulkan(profile: VulkanProfile) -> Target:
    """The target for a Vulkan device.

    Raises:
        AxirError: the device is older than Vulkan 1.1, or its subgroups are of no usable size.
    """
    if profile.api < (1, 1):
        version = ".".join(map(str, profile.api))
        raise AxirError(
            f"target: Vulkan 1.1 or newer is needed; the device has {version}. Update its driver."
        )
    if not profile.subgroup_sizes or any(n < 1 or n & (n - 1) for n in profile.subgroup_sizes):
        sizes = profile.subgroup_sizes
        raise AxirError(
            f"target: sizes of subgroups must be powers of 2; got {sizes}. Report this with `axir doctor`."
        )
    dtypes = frozenset(DTYPES) - {BFLOAT16}
    if not (profile.float16 and profile.storage16):
        dtypes -= {np.dtype("float16")}
    if not profile.float64:
        dtypes -= {np.dtype("float64"), np.dtype("complex128")}
    return Target("vulkan", FLAGS, dtypes=dtypes, kernels=False, fma=profile.fma, device=profile.attribute())


def _flags(names: dict[str, bool]) -> str:
    return "|".join(name for name, present in names.items() if present)


def _signed(numbers: tuple[int, ...] | list[int]) -> list[int]:
    """Drivers may say "no limit" with numbers that are no signed ones."""
    return [min(n, 2**31 - 1) for n in numbers]


def _spirv(api: tuple[int, int]) -> str:
    return "v1.3" if api < (1, 2) else "v1.5" if api < (1, 3) else "v1.6"
