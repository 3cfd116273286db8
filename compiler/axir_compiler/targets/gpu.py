"""GPUs that one of IREE's own names stands for: through CUDA, ROCm or Metal."""

from __future__ import annotations

import numpy as np

from axir_compiler.errors import AxirError
from axir_compiler.ir.types import BFLOAT16, DTYPES
from axir_compiler.targets.base import Target

__all__ = ["FLAGS", "GPU_NAMES", "UNSUPPORTED", "gpu"]

FLAGS = (
    # The default turns float64 into float32 without a word.
    "--iree-input-demote-f64-to-f32=false",
    "--iree-opt-const-eval=false",
    # A kernel for each step of what is computed without operands takes long to compile.
    "--iree-opt-const-expr-hoisting=false",
)
"""Flags of IREE's compiler for all GPUs."""

# Metal has no float64, and 16-bit floats are compiled through the same code as Vulkan's, whose are wrong by default.
_NARROW = frozenset(DTYPES) - {BFLOAT16} - {np.dtype(name) for name in ("float16", "float64", "complex128")}
_DTYPES = {"metal": _NARROW}

# IREE's compiler dies on some names that it does not know, so that only those of this table reach it.
_CUDA = {f"cuda:{sm}": ("cuda", f"--iree-cuda-target={sm}") for sm in ("sm_75", "sm_80", "sm_86", "sm_89")}
_ROCM = {f"rocm:{gfx}": ("hip", f"--iree-rocm-target={gfx}") for gfx in ("gfx942", "gfx1100")}
GPU_NAMES = {**_CUDA, **_ROCM, "metal": ("metal",)}
"""The device of IREE's runtime and further flags for each GPU that programs can be compiled for."""

_NEWER = "is not known to this version of IREE; code for cuda:sm_89 runs on newer GPUs too"
UNSUPPORTED = {
    **dict.fromkeys(("cuda:sm_90", "cuda:sm_100", "cuda:sm_120"), _NEWER),
    "webgpu": "is not supported by this version of IREE; vulkan is the portable GPU target",
}
"""Why targets that one may expect are refused."""


def gpu(name: str) -> Target:
    """A GPU by its name.

    Raises:
        AxirError: the name is not in ``GPU_NAMES``.
    """
    found = GPU_NAMES.get(name)
    if found is None:
        why = UNSUPPORTED.get(name, "is not a known GPU")
        raise AxirError(f"target: {name!r} {why}. Use one of {', '.join(GPU_NAMES)}.")
    device, *flags = found
    dtypes = _DTYPES.get(device, frozenset(DTYPES))
    everything = (*FLAGS, f"--iree-hal-target-device={device}", *flags)
    # Metal's are made from SPIR-V.
    return Target(name, everything, dtypes=dtypes, kernels=False, shaders=device == "metal")
