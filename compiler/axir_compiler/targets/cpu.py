"""CPUs: this machine's, or one that is named."""

from __future__ import annotations

import functools
import math
import platform
from pathlib import Path

from axir_compiler.errors import AxirError
from axir_compiler.mlir import ir, linker_path
from axir_compiler.targets.base import Target

__all__ = ["CPU_NAMES", "cpu", "host"]

_FLAGS = (
    "--iree-hal-target-device=local",
    "--iree-hal-local-target-device-backends=llvm-cpu",
    # The default turns float64 into float32 without a word.
    "--iree-input-demote-f64-to-f32=false",
    # Would compile and run a second program at compile time (0.3 s) wherever constants meet; what depends on
    # constants only is computed once when the program is loaded.
    "--iree-opt-const-eval=false",
    "--iree-llvmcpu-debug-symbols=false",
)
_X86, _ARM = "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"
_RISCV, _WASM = "riscv64-unknown-linux-gnu", "wasm32-unknown-emscripten"

# LLVM ends the process on a name that it does not know, so that only names of this table reach it.
CPU_NAMES = {
    **dict.fromkeys(("x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4"), _X86),
    **dict.fromkeys(("haswell", "broadwell", "skylake", "skylake-avx512", "cascadelake"), _X86),
    **dict.fromkeys(("icelake-server", "sapphirerapids", "znver1", "znver2"), _X86),
    **dict.fromkeys(("znver3", "znver4", "znver5"), _X86),
    **dict.fromkeys(("neoverse-n1", "neoverse-n2", "neoverse-v1", "neoverse-v2", "cortex-a76"), _ARM),
    "apple-m1": "arm64-apple-darwin",
    "aarch64": _ARM,
    **dict.fromkeys(("riscv64", "riscv64-v"), _RISCV),
    "wasm32": _WASM,
}
"""Target triple for each CPU that programs can be compiled for."""

_WITHOUT_FMA = ("x86-64", "x86-64-v2", "wasm32")
# What LLVM makes calls of, to functions that are not there.
_REPLACED = {"x86-64": frozenset({"math.ceil"}), "wasm32": frozenset({"math.roundeven"})}
# RV64GC is what Linux distributions for RISC-V are built for; the second has vectors of 256 bits or more besides.
_RV64GC = "--iree-llvmcpu-target-cpu-features=+m,+a,+f,+d,+c"
_RISCV_FLAGS = ("--iree-llvmcpu-target-cpu=generic-rv64", "--iree-llvmcpu-target-abi=lp64d")
# Names of ours for CPUs that LLVM knows by features only.
_BY_FEATURES = {
    "aarch64": ("--iree-llvmcpu-target-cpu=generic",),
    "riscv64": (*_RISCV_FLAGS, _RV64GC),
    "riscv64-v": (*_RISCV_FLAGS, f"{_RV64GC},+v,+zvl256b"),
    "wasm32": (
        "--iree-llvmcpu-target-cpu-features=+bulk-memory,+simd128",
        f"--iree-llvmcpu-wasm-linker-path={linker_path()}",
    ),
}


@functools.cache
def host() -> Target:
    """The CPU of this machine."""
    flags = (*_FLAGS, "--iree-llvmcpu-target-cpu=host")
    machine = _host_features()
    fma = "x86" not in platform.machine().lower() or " fma " in f"{machine} "
    return Target("cpu:host", flags, machine=machine, choose_flags=_data_tiling, fma=fma, in_process=True)


def cpu(name: str) -> Target:
    """A CPU by LLVM's name for it.

    Raises:
        AxirError: the name is not in ``CPU_NAMES``.
    """
    triple = CPU_NAMES.get(name)
    if triple is None:
        known = ", ".join(sorted(CPU_NAMES))
        raise AxirError(f"target: {name!r} is not a known CPU. Use 'host' or one of {known}.")
    features = _BY_FEATURES.get(name, (f"--iree-llvmcpu-target-cpu={name}",))
    return Target(
        f"cpu:{name}",
        (*_FLAGS, f"--iree-llvmcpu-target-triple={triple}", *features),
        choose_flags=_data_tiling,
        fma=name not in _WITHOUT_FMA,
        replaced=_REPLACED.get(name, frozenset()),
    )


def _host_features() -> str:
    """What tells this CPU from others, so that a cache shared between machines keeps them apart."""
    lines = []
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    features = next((line for line in lines if line.startswith(("flags", "Features"))), platform.processor())
    return f"{platform.system()} {platform.machine()} {features}"


# Multiplications from which a packed product is faster (measured between 512**3 and 1024**3), and the same
# for a product with a transposed right operand, whose columns cannot be read as vectors.
_LARGE, _LARGE_TRANSPOSED = 2**28, 2**20
# Rows, columns or terms of a product below which an operand is used too few times.
_THIN = 32
# Time that is gained with the latter, and lost by a product with a vector, for each multiplication; the unit
# is what the former gains.
_TRANSPOSED_GAIN, _VECTOR_LOSS = 2, 50


def _data_tiling(module: ir.Module) -> tuple[str, ...]:
    """Whether operands of matrix products are packed into tiles first.

    It halves the time of large products, makes those with a vector several times slower, and costs 0.1 s of
    compile time: done if the gain outweighs the loss.
    """
    score = 0

    def visit(op: ir.Operation) -> ir.WalkResult:
        nonlocal score
        if op.name != "linalg.generic":
            return ir.WalkResult.ADVANCE
        score += _tiling_gain(op)
        return ir.WalkResult.SKIP

    module.operation.walk(visit, ir.WalkOrder.PRE_ORDER)
    return ("--iree-dispatch-creation-data-tiling",) if score > 0 else ()


def _tiling_gain(op: ir.Operation) -> int:
    """Multiplications that gain or (negative) lose by packing; 0 if the op is no matrix product."""
    maps = [attribute.value for attribute in op.attributes["indexing_maps"]]
    if "compilation_info" in op.attributes:
        return 0  # tiled by its lowering
    if len(maps) != 3 or not all(m.is_projected_permutation for m in maps):
        return 0
    sizes: dict[int, int] = {}
    uses: list[list[int]] = []
    for operand, m in zip(op.operands, maps, strict=True):
        dims = [ir.AffineDimExpr(e).position for e in m.results]
        sizes.update(zip(dims, ir.RankedTensorType(operand.type).shape, strict=True))
        uses.append(dims)
    left, right, out = map(set, uses)
    if any(n < 0 for n in sizes.values()):
        return 0  # known only when it runs
    rows, columns, inner = left & out - right, right & out - left, left & right - out
    work = math.prod(sizes.values())
    if not inner or work <= 0:
        return 0
    if min(math.prod(sizes[d] for d in side) for side in (rows, columns)) == 1:
        return -_VECTOR_LOSS * work
    if min(math.prod(sizes[d] for d in side) for side in (rows, columns, inner)) < _THIN:
        return 0  # packing takes longer than the product
    if uses[1][-1] in inner:
        return _TRANSPOSED_GAIN * work if work >= _LARGE_TRANSPOSED else 0
    return work if work >= _LARGE else 0
