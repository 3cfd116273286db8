"""GPUs: through Vulkan, CUDA, ROCm or Metal."""

from __future__ import annotations

from axir_compiler.errors import AxirError
from axir_compiler.targets.base import Target

__all__ = ["GPU_NAMES", "gpu"]

_FLAGS = (
    # The default turns float64 into float32 without a word.
    "--iree-input-demote-f64-to-f32=false",
    "--iree-opt-const-eval=false",
)

# IREE's compiler dies on some names that it does not know, so that only those of this table reach it. Vulkan has one
# row: with profiles of real devices, reductions are wrong on devices of another subgroup size.
_CUDA = {f"cuda:{sm}": ("cuda", f"--iree-cuda-target={sm}") for sm in ("sm_75", "sm_80", "sm_86", "sm_89")}
_ROCM = {f"rocm:{gfx}": ("hip", f"--iree-rocm-target={gfx}") for gfx in ("gfx942", "gfx1100")}
GPU_NAMES = {"vulkan": ("vulkan",), **_CUDA, **_ROCM, "metal": ("metal",)}
"""The device of IREE's runtime and further flags for each GPU that programs can be compiled for."""


def gpu(name: str) -> Target:
    """A GPU by its name.

    Raises:
        AxirError: the name is not in ``GPU_NAMES``.
    """
    found = GPU_NAMES.get(name)
    if found is None:
        raise AxirError(f"target: {name!r} is not a known GPU. Use one of {', '.join(GPU_NAMES)}.")
    device, *flags = found
    return Target(name, (*_FLAGS, f"--iree-hal-target-device={device}", *flags))
