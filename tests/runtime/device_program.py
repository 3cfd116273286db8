"""A program for devices with memory of their own, and the devices of this machine to run it on."""

from __future__ import annotations

import functools

import pytest
from runtime_program import elementwise, moved, shape_name

from axir_runtime import GPUS, Device, PlatformError, devices
from axir_runtime.dtypes import ELEMENT_TYPES

_FLAGS = ["--iree-input-demote-f64-to-f32=false", "--iree-opt-const-eval=false"]
_TARGETS = {
    "cuda": ["--iree-hal-target-device=cuda", "--iree-cuda-target=sm_80"],
    "hip": ["--iree-hal-target-device=hip", "--iree-rocm-target=gfx942"],
    "metal": ["--iree-hal-target-device=metal"],
    "vulkan": ["--iree-hal-target-device=vulkan"],
}
ASYNCHRONOUS = "--iree-execution-model=async-external"
KERNEL_SHAPES = [
    (),
    (5,),
    (2, 3),
    (0, 3),
    (2, 1, 4),
    (1, 2, 3, 2),
    (2, 1, 2, 1, 3),
    (1, 2, 1, 2, 1, 2),
    (1, 2) * 4,
]
HUGE = 1 << 30  # elements of a result of 4 GiB
# Vulkan's default profile has neither float64 nor reliable 16-bit floats.
_WIDE = ("float64", "complex128", "float16", "bfloat16")

FIXED = f"""
    func.func @identity(%x: tensor<8xf32>) -> tensor<8xf32> {{ return %x : tensor<8xf32> }}
    func.func @empty() -> tensor<0x3xf32> {{
      %e = arith.constant dense<1.0> : tensor<0x3xf32>
      return %e : tensor<0x3xf32>
    }}
    func.func @refuses(%x: tensor<8xf32>) -> tensor<8xf32> {{
      %never = arith.constant false
      cf.assert %never, "told so"
      return %x : tensor<8xf32>
    }}
    func.func @huge(%x: tensor<f32>) -> tensor<{HUGE}xf32> {{
      %e = tensor.empty() : tensor<{HUGE}xf32>
      %y = linalg.generic {{indexing_maps = [affine_map<(d0) -> ()>, affine_map<(d0) -> (d0)>],
                           iterator_types = ["parallel"]}}
          ins(%x : tensor<f32>) outs(%e : tensor<{HUGE}xf32>) {{
        ^bb0(%a: f32, %b: f32):
          linalg.yield %a : f32
      }} -> tensor<{HUGE}xf32>
      return %y : tensor<{HUGE}xf32>
    }}"""


def device_or_skip(platform: str) -> Device:
    """The first device of a platform; without one the test is skipped, and says why."""
    try:
        return devices(platform)[0]
    except PlatformError as error:
        pytest.skip(str(error))


def kernel_dtypes(platform: str) -> list[str]:
    """The dtypes of which the program has a kernel."""
    names = [str(row.dtype) for row in ELEMENT_TYPES]
    narrow = platform in ("vulkan", "metal")
    return [n for n in names if not (narrow and n in _WIDE) and not n.startswith("float8")]


def _program(platform: str) -> str:
    elements = {str(row.dtype): row.mlir[0].removeprefix("u") for row in ELEMENT_TYPES}
    # Vulkan's default profile stores 32 bits at a time, and loses those behind the last whole word of an array.
    parts = [
        moved(f"moved_{name}", elements[name]).replace("2x3x", "4x8x").replace("3x2x", "8x4x")
        for name in kernel_dtypes(platform)
    ]
    parts += [
        elementwise(shape_name(shape), "".join(f"{size}x" for size in shape), "arith.negf", 1)
        for shape in KERNEL_SHAPES
    ]
    parts += [
        elementwise("add", "8x", "arith.addf", 2),
        elementwise("add_dynamic", "?x", "arith.addf", 2),
        FIXED,
    ]
    return "module {\n" + "\n".join(parts) + "\n}\n"


@functools.cache
def compiled(platform: str, *flags: str) -> bytes:
    """The program for a platform."""
    from iree.compiler import tools

    found = tools.compile_str(_program(platform), extra_args=[*_FLAGS, *_TARGETS[platform], *flags])
    assert found is not None
    return found


PLATFORMS = pytest.mark.parametrize("platform", GPUS)
