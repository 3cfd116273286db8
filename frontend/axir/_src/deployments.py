"""Targets by name: those of the compiler, and the GPU of this machine."""

from __future__ import annotations

from axir._src.vulkan_devices import verified_profile
from axir_compiler.errors import AxirError
from axir_compiler.targets import DEPLOYMENT_NAMES, Deployment, deployment, vulkan
from axir_runtime import devices

__all__ = ["TARGETS", "deployment_named"]

_NATIVE = "vulkan:native"
_AFTER = DEPLOYMENT_NAMES.index("vulkan") + 1
TARGETS = (*DEPLOYMENT_NAMES[:_AFTER], _NATIVE, *DEPLOYMENT_NAMES[_AFTER:])
"""All names of targets; ``cpu`` is the CPU of this machine, ``vulkan`` any device with Vulkan 1.1, ``vulkan:native``
the first Vulkan device of this machine, with all that it has."""


def deployment_named(name: str) -> Deployment:
    """A target by its name in ``TARGETS``; ``x86-64-v3`` is short for ``cpu:x86-64-v3``.

    Raises:
        AxirError: there is no such target.
        PlatformError: this machine has no Vulkan device, for ``vulkan:native``.
    """
    if name == _NATIVE:
        profile = verified_profile(devices("vulkan")[0])
        return Deployment(name, vulkan(profile, name), "vulkan", "", frozenset(), profile)
    try:
        return deployment(name)
    except AxirError as error:
        raise AxirError(str(error).replace(", ".join(DEPLOYMENT_NAMES), ", ".join(TARGETS))) from None
