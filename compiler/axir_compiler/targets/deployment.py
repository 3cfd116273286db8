"""Targets by name for modules that run elsewhere, and what a machine must have to run them."""

from __future__ import annotations

import functools
import platform
import re
from dataclasses import dataclass

from axir_compiler.errors import AxirError
from axir_compiler.mlir import Source, new_session, run_to_phase
from axir_compiler.targets.base import Target
from axir_compiler.targets.cpu import CPU_NAMES, cpu, host
from axir_compiler.targets.gpu import GPU_NAMES, UNSUPPORTED, gpu
from axir_compiler.targets.vulkan import VULKAN_NAMES, VulkanProfile, vulkan

__all__ = ["DEPLOYMENT_NAMES", "Deployment", "deployment"]

_ALIASES = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True)
class Deployment:
    """A target together with where its modules run.

    Attributes:
        name: What it is called in artifacts, for example ``cpu:x86-64-v3``.
        target: What to compile with.
        platform: ``cpu``, ``vulkan``, ``cuda``, ``rocm`` or ``metal``.
        arch: The architecture of the CPU, or the name of the GPU's; empty where code is portable.
        features: LLVM's names of the instruction sets that the code may use; ``None`` for those of this machine.
        vulkan: What the code expects of a Vulkan device.
    """

    name: str
    target: Target
    platform: str
    arch: str
    features: frozenset[str] | None
    vulkan: VulkanProfile | None = None


DEPLOYMENT_NAMES = ("cpu", *(f"cpu:{name}" for name in CPU_NAMES), *VULKAN_NAMES, *GPU_NAMES)
"""All names; ``cpu`` is the CPU of this machine, ``vulkan`` any device with Vulkan 1.1."""


@functools.cache
def deployment(name: str) -> Deployment:
    """A target by name; ``x86-64-v3`` is short for ``cpu:x86-64-v3``.

    Raises:
        AxirError: there is no such target.
    """
    if name in ("cpu", "cpu:host"):
        machine = platform.machine().lower()
        return Deployment("cpu:host", host(), "cpu", _ALIASES.get(machine, machine), None)
    if name.removeprefix("cpu:") in CPU_NAMES:
        target = cpu(name.removeprefix("cpu:"))
        arch = CPU_NAMES[name.removeprefix("cpu:")].partition("-")[0]
        return Deployment(target.name, target, "cpu", _ALIASES.get(arch, arch), _features(target))
    if name in VULKAN_NAMES:
        profile = VULKAN_NAMES[name]
        return Deployment(name, vulkan(profile, name), "vulkan", "", frozenset(), profile)
    if name in GPU_NAMES or name in UNSUPPORTED:
        kind, _, arch = name.partition(":")
        return Deployment(name, gpu(name), kind, arch, frozenset())
    raise AxirError(f"target: there is no target {name!r}. Use one of {', '.join(DEPLOYMENT_NAMES)}.")


_FEATURES = re.compile(r'cpu_features = "([^"]*)"')
_EMPTY = b"func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }"


def _features(target: Target) -> frozenset[str]:
    """The instruction sets that LLVM knows a CPU to have, as IREE writes them into the module."""
    session = new_session(*target.flags)
    with session.invocation() as invocation:
        invocation.parse_source(Source.wrap_buffer(session, _EMPTY))
        found = _FEATURES.search(str(run_to_phase(invocation, "preprocessing")))
    if found is None:
        return frozenset()
    return frozenset(item[1:] for item in found[1].split(",") if item.startswith("+"))
