"""Vulkan devices, from what their drivers tell about them.

IREE's ready profiles are those of well-known GPUs. On a device of another subgroup size reductions are silently wrong
with them, and the default one, which any driver accepts, gives wrong numbers for 16-bit floats. So the profile is
written out from the device's own properties, as the attribute that IREE's names stand for.

Code for devices that are not known yet is for the least that Vulkan 1.1 promises, ``PORTABLE``: without operations of
subgroups, it does not matter how large those are.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from axir_compiler.errors import AxirError
from axir_compiler.ir.types import BFLOAT16, DTYPES
from axir_compiler.targets.base import Target
from axir_compiler.targets.gpu import FLAGS

__all__ = ["PORTABLE", "VULKAN_NAMES", "VulkanProfile", "vulkan", "vulkan_with"]


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


# Numbers of 8 and 16 bits are beyond the least that is promised, but nearly all devices have them, and what IREE does
# in their place loses the last elements. Code asks for no more than it uses: it is compared when it is loaded.
PORTABLE = VulkanProfile(int8=True, int16=True, storage8=True, storage16=True)
"""Any device with Vulkan 1.1, 128 threads and 16 KiB of shared memory in a workgroup."""

_WIDE = {"i64": {"int64": True}, "f64": {"int64": True, "float64": True}}


def _named_profiles() -> dict[str, VulkanProfile]:
    found = {"vulkan": PORTABLE}
    for name, claims in _WIDE.items():
        found[f"vulkan:{name}"] = dataclasses.replace(PORTABLE, **claims)
    for name, claims in {"f16": {}, **{f"f16+{name}": claims for name, claims in _WIDE.items()}}.items():
        found[f"vulkan:{name}"] = dataclasses.replace(PORTABLE, float16=True, **claims)
    return found


VULKAN_NAMES = _named_profiles()
"""The profiles that have names: the portable one, and those with further numbers, which not all devices have."""

# What a device must have for arrays of some dtypes. IREE computes without, but not rightly: 64-bit integers become
# pairs of 32-bit ones, of which some shifts are wrong; of narrow numbers, which share words, the last may get lost.
# Functions of float64 work on its bits, which are an integer of 64.
_NUMBERS = {
    ("float16",): ("float16", "storage16"),
    ("float64", "complex128"): ("float64", "int64"),
    ("int64", "uint64"): ("int64",),
    ("int16", "uint16"): ("int16", "storage16"),
    ("bool", "int8", "uint8"): ("int8", "storage8"),
}


def vulkan(profile: VulkanProfile, name: str = "vulkan") -> Target:
    """The target for a Vulkan device.

    Args:
        profile: what the device is known to have.
        name: what the target is called.

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
    for names, present in _NUMBERS.items():
        if not all(getattr(profile, claim) for claim in present):
            dtypes -= set(map(np.dtype, names))
    return Target(
        name,
        FLAGS,
        dtypes=dtypes,
        kernels=False,
        fma=profile.fma,
        replaced=frozenset({"arith.remsi", "math.ctlz"}),
        device=profile.attribute(),
        shaders=True,
    )


def vulkan_with(name: str, dtype: np.dtype) -> str:
    """The least of the profiles with names that has what one of them has, and a dtype; empty if there is none."""
    if name not in VULKAN_NAMES:
        return ""
    wanted = vulkan(VULKAN_NAMES[name]).dtypes | {dtype}
    return next((more for more, profile in VULKAN_NAMES.items() if wanted <= vulkan(profile).dtypes), "")


def _flags(names: dict[str, bool]) -> str:
    return "|".join(name for name, present in names.items() if present)


def _signed(numbers: tuple[int, ...] | list[int]) -> list[int]:
    """Drivers may say "no limit" with numbers that are no signed ones."""
    return [min(n, 2**31 - 1) for n in numbers]


def _spirv(api: tuple[int, int]) -> str:
    return "v1.3" if api < (1, 2) else "v1.5" if api < (1, 3) else "v1.6"
