"""A small program with a function for everything the runtime must do, and helpers to test it with."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping

import numpy as np

import axir_runtime
from axir_runtime.dtypes import ELEMENT_TYPES

FLAGS = [
    "--iree-hal-target-device=local",
    "--iree-hal-local-target-device-backends=llvm-cpu",
    "--iree-llvmcpu-target-cpu=host",
    "--iree-input-demote-f64-to-f32=false",
]
BIG = 1 << 18  # elements of the large float32 results: 1 MiB
SHAPES = [(), (5,), (2, 3), (0, 3), (2, 1, 4), (1, 2, 3, 2), (2, 1, 2, 1, 3)]


def moved(name: str, element: str) -> str:
    """Transposes ``[2, 3]``: a kernel that reads and writes every dtype alike."""
    return f"""
    func.func @{name}(%x: tensor<2x3x{element}>) -> tensor<3x2x{element}> {{
      %e = tensor.empty() : tensor<3x2x{element}>
      %t = linalg.transpose ins(%x : tensor<2x3x{element}>) outs(%e : tensor<3x2x{element}>)
          permutation = [1, 0]
      return %t : tensor<3x2x{element}>
    }}"""


def elementwise(name: str, shape: str, op: str, inputs: int, *, storage: bool = False) -> str:
    """``op`` of ``inputs`` tensors ``f32[shape]``; with ``storage``, into a last argument."""
    rank = shape.count("x")
    tensor = f"tensor<{shape}f32>"
    axes = ", ".join(f"d{axis}" for axis in range(rank))
    names = [f"%x{index}" for index in range(inputs)]
    arguments = ", ".join(f"{name}: {tensor}" for name in names)
    extra = f", %o: {tensor} {{iree.abi.output = 0 : index}}" if storage else ""
    maps = ", ".join([f"affine_map<({axes}) -> ({axes})>"] * (inputs + 1))
    scalars = ", ".join(f"%s{index}" for index in range(inputs))
    size = "%c0 = arith.constant 0 : index\n%n = tensor.dim %x0, %c0 : " + tensor if "?" in shape else ""
    return f"""
    func.func @{name}({arguments}{extra}) -> {tensor} {{
      {size}
      %e = tensor.empty({"%n" if size else ""}) : {tensor}
      %r = linalg.generic {{indexing_maps = [{maps}], iterator_types = [{", ".join(['"parallel"'] * rank)}]}}
          ins({", ".join(names)} : {", ".join([tensor] * inputs)}) outs(%e : {tensor}) {{
        ^bb0({", ".join(f"%s{index}: f32" for index in range(inputs))}, %unused: f32):
          %v = {op} {scalars} : f32
          linalg.yield %v : f32
      }} -> {tensor}
      return %r : {tensor}
    }}"""


FIXED = f"""
    func.func @identity(%x: tensor<8xf32>) -> tensor<8xf32> {{ return %x : tensor<8xf32> }}
    func.func @reshape(%x: tensor<8xf32>) -> tensor<2x4xf32> {{
      %r = tensor.expand_shape %x [[0, 1]] output_shape [2, 4] : tensor<8xf32> into tensor<2x4xf32>
      return %r : tensor<2x4xf32>
    }}
    func.func @constant() -> (tensor<3xf32>, tensor<2xi8>) {{
      %a = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
      %b = arith.constant dense<[4, 5]> : tensor<2xi8>
      return %a, %b : tensor<3xf32>, tensor<2xi8>
    }}
    func.func @refuses(%x: tensor<8xf32>) -> tensor<8xf32> {{
      %never = arith.constant false
      cf.assert %never, "told so"
      return %x : tensor<8xf32>
    }}
    func.func @scalar(%x: f32) -> f32 {{ return %x : f32 }}
    func.func @small_and_large(%x: tensor<{BIG}xf32>) -> (tensor<f32>, tensor<{BIG}xf32>) {{
      %zero = arith.constant 0.0 : f32
      %es = tensor.empty() : tensor<f32>
      %s0 = linalg.fill ins(%zero : f32) outs(%es : tensor<f32>) -> tensor<f32>
      %e = tensor.empty() : tensor<{BIG}xf32>
      %y = linalg.generic {{indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>],
                           iterator_types = ["parallel"]}}
          ins(%x : tensor<{BIG}xf32>) outs(%e : tensor<{BIG}xf32>) {{
        ^bb0(%a: f32, %b: f32):
          %v = arith.addf %a, %a : f32
          linalg.yield %v : f32
      }} -> tensor<{BIG}xf32>
      %s = linalg.generic {{indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> ()>],
                           iterator_types = ["reduction"]}}
          ins(%x : tensor<{BIG}xf32>) outs(%s0 : tensor<f32>) {{
        ^bb0(%a: f32, %b: f32):
          %v = arith.addf %a, %b : f32
          linalg.yield %v : f32
      }} -> tensor<f32>
      return %s, %y : tensor<f32>, tensor<{BIG}xf32>
    }}"""


def shape_name(shape: tuple[int, ...]) -> str:
    return "neg_" + "_".join(str(size) for size in shape)


def program() -> str:
    parts = [moved(f"moved_{row.dtype}", row.mlir[0].removeprefix("u")) for row in ELEMENT_TYPES]
    parts += [
        elementwise(shape_name(shape), "".join(f"{size}x" for size in shape), "arith.negf", 1)
        for shape in SHAPES
    ]
    parts += [
        elementwise("add", "8x", "arith.addf", 2),
        elementwise("add_dynamic", "?x", "arith.addf", 2),
        elementwise("add_into", f"{BIG}x", "arith.addf", 2, storage=True),
        elementwise("none_into", "0x", "arith.addf", 2, storage=True),
        FIXED,
    ]
    return "module {\n" + "\n".join(parts) + "\n}\n"


def floats(*shape: int) -> np.ndarray:
    """``0, 1, 2, ...`` as float32, in memory that is never 64-byte aligned."""
    size = int(np.prod(shape))
    memory = axir_runtime.aligned_empty((size + 1,), np.float32)[1:]
    memory[:] = np.arange(size)
    return memory.reshape(shape)


def run_python(
    code: str, *arguments: object, timeout: float = 60, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in a fresh interpreter, which must exit cleanly, silently on stderr.

    ``environment`` is added to that of this process.
    """
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    variables = {**os.environ, **(environment or {})}
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=variables)
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
    assert done.stderr == ""
    return done
