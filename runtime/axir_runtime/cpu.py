"""What the CPU of this machine can execute, in LLVM's feature names.

A module compiled for instructions that the CPU lacks loads without complaint and kills the process
with SIGILL at the first call. Whoever stores modules records the features it compiled for, and
``check_cpu`` compares them before loading.
"""

from __future__ import annotations

import functools
import platform
from collections.abc import Iterable
from pathlib import Path

from axir_runtime.errors import CpuFeatureError

# Linux's flag in /proc/cpuinfo -> LLVM's feature, where the two differ. Intel SDM volume 2 (CPUID) and
# the kernel's cpufeatures.h give the meaning of each flag.
_X86_RENAMED = {
    "abm": "lzcnt",
    "avx512_bf16": "avx512bf16",
    "avx512_bitalg": "avx512bitalg",
    "avx512_fp16": "avx512fp16",
    "avx512_vbmi2": "avx512vbmi2",
    "avx512_vnni": "avx512vnni",
    "avx512_vp2intersect": "avx512vp2intersect",
    "avx512_vpopcntdq": "avx512vpopcntdq",
    "avx_vnni": "avxvnni",
    "amx_bf16": "amx-bf16",
    "amx_fp16": "amx-fp16",
    "amx_int8": "amx-int8",
    "amx_tile": "amx-tile",
    "avx_ifma": "avxifma",
    "avx_ne_convert": "avxneconvert",
    "avx_vnni_int8": "avxvnniint8",
    "bmi1": "bmi",
    "lahf_lm": "sahf",
    "pclmulqdq": "pclmul",
    "pni": "sse3",
    "rdrand": "rdrnd",
    "sha_ni": "sha",
    "sse4_1": "sse4.1",
    "sse4_2": "sse4.2",
}
# Flags spelled alike in both; everything else in cpuinfo does not concern generated code.
_X86_ALIKE = """
adx aes avx avx2 avx512bw avx512cd avx512dq avx512f avx512ifma avx512vbmi avx512vl bmi2 cmov cx16 cx8 f16c
fma fma4 fxsr gfni mmx movbe movdir64b movdiri popcnt prfchw rdpid rdseed serialize sse sse2 sse4a ssse3
tbm vaes vpclmulqdq waitpkg xop xsave xsavec xsaveopt xsaves
"""
_X86_SAME = frozenset(_X86_ALIKE.split())
_ARM_RENAMED = {
    "aes": "aes",
    "asimd": "neon",
    "asimddp": "dotprod",
    "asimdhp": "fullfp16",
    "asimdfhm": "fp16fml",
    "asimdrdm": "rdm",
    "atomics": "lse",
    "bf16": "bf16",
    "crc32": "crc",
    "fcma": "complxnum",
    "fp": "fp-armv8",
    "i8mm": "i8mm",
    "jscvt": "jsconv",
    "lrcpc": "rcpc",
    "sha2": "sha2",
    "sha3": "sha3",
    "sha512": "sha3",
    "sme": "sme",
    "sve": "sve",
    "sve2": "sve2",
}

# The psABI micro-architecture levels (x86-64 psABI, section 3.1.1), each including the one before.
_V2 = ("cx16", "popcnt", "sahf", "sse3", "sse4.1", "sse4.2", "ssse3")
_V3 = (*_V2, "avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "xsave")
_V4 = (*_V3, "avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl")
X86_LEVELS: dict[str, frozenset[str]] = {
    "x86-64": frozenset(("cmov", "cx8", "fxsr", "mmx", "sse", "sse2")),
    "x86-64-v2": frozenset(_V2),
    "x86-64-v3": frozenset(_V3),
    "x86-64-v4": frozenset(_V4),
}

# What every CPU of an architecture has; code for it runs where the system does not list features.
_BASELINE = {
    "x86_64": X86_LEVELS["x86-64"],
    "aarch64": frozenset(("fp-armv8", "neon")),
    "riscv64": frozenset("mafdc"),
}


def required_features(arch: str, used: Iterable[str]) -> frozenset[str]:
    """Those of the features that code uses which a machine of the architecture may lack.

    Left out is what all have, and what no system lists: LLVM's names for instructions that code never contains
    (of the system, of debuggers) or that come with others.
    """
    tables = {"x86_64": {*_X86_RENAMED.values(), *_X86_SAME}, "aarch64": {*_ARM_RENAMED.values()}}
    known = tables.get(arch)
    found = frozenset(used) if known is None else known.intersection(used)
    return found - _BASELINE.get(arch, frozenset())


def parse_cpuinfo(text: str) -> frozenset[str]:
    """LLVM's names of the features that *every* processor listed in ``/proc/cpuinfo`` text has."""
    common: frozenset[str] | None = None
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "isa":
            found = _riscv_features(value.strip())
            common = found if common is None else common & found
        if name.strip() not in ("flags", "Features"):
            continue
        table = _ARM_RENAMED if name.strip() == "Features" else _X86_RENAMED
        same = frozenset() if table is _ARM_RENAMED else _X86_SAME
        found = frozenset(table.get(flag, flag) for flag in value.split() if flag in table or flag in same)
        common = found if common is None else common & found
    return common or frozenset()


def _riscv_features(isa: str) -> frozenset[str]:
    """Extensions in a string such as ``rv64imafdcv_zicbom_zvl256b`` (RISC-V ISA manual, naming conventions)."""
    letters, *names = isa.lower().removeprefix("rv64").split("_")
    return frozenset((*letters.replace("g", "imafd"), *names))


@functools.cache
def cpu_features() -> frozenset[str]:
    """LLVM's names of the instruction sets this machine has.

    Where the system does not list them (macOS, Windows), one pseudo feature names the processor:
    modules recorded on this machine then run on this machine, and nowhere else by mistake.
    """
    try:
        found = parse_cpuinfo(Path("/proc/cpuinfo").read_text())
    except OSError:
        found = frozenset()
    return found or frozenset({f"cpu:{platform.machine()}:{platform.processor()}"})


def check_cpu(required: Iterable[str], available: Iterable[str] | None = None) -> None:
    """Refuse features this machine lacks.

    Args:
        required: LLVM feature names recorded when the module was compiled.
        available: what to compare with; this machine's ``cpu_features()`` unless told.

    Raises: CpuFeatureError naming the missing features.
    """
    missing = sorted(set(required).difference(cpu_features() if available is None else available))
    if missing:
        raise CpuFeatureError(
            f"the module needs CPU features that this machine lacks: {', '.join(missing)}. "
            "Compile it again here, or for a target that both machines support (for example x86-64-v3)."
        )
