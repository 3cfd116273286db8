"""The machine code in a module: in what format, for what architecture, told from its own bytes.

An IREE module is a zip archive with one member for each executable. Code for CPUs is a shared library; that for GPUs
lies in a FlatBuffer, where it is found by its magic number.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable
from typing import NamedTuple

from axir_runtime.errors import DamagedError

# e_machine of the ELF header (System V ABI, and the supplements of the architectures).
_ELF_MACHINES = {62: "x86_64", 183: "aarch64", 224: "amdgpu", 243: "riscv64"}
# The lowest byte of e_flags of an AMD code object (LLVM's "User Guide for AMDGPU Backend", EF_AMDGPU_MACH).
_AMD_MACHINES = {0x3F: "gfx90a", 0x41: "gfx1100", 0x4C: "gfx942"}
_SPIRV_MAGIC = struct.pack("<I", 0x07230203)
_PTX_TARGET = re.compile(rb"^\s*\.target\s+(\w+)", re.MULTILINE)


class Binary(NamedTuple):
    """One executable: its name in the module, its format, the architecture, its size in bytes."""

    name: str
    format: str
    arch: str
    size: int


def binaries(module: bytes | memoryview) -> list[Binary]:
    """The executables in a module.

    Raises: DamagedError if the module is no archive, or holds an executable of no known format.
    """
    import zipfile  # which takes long to import

    try:
        with zipfile.ZipFile(io.BytesIO(module)) as archive:
            members = {i.filename: archive.read(i) for i in archive.infolist() if i.filename != "module.fb"}
    except zipfile.BadZipFile:
        raise DamagedError("the module is not an archive as IREE writes it") from None
    return [_recognized(name, data) for name, data in members.items()]


def _recognized(name: str, data: bytes) -> Binary:
    for recognize in _FORMATS:
        found = recognize(data)
        if found is not None:
            return Binary(name, *found, len(data))
    raise DamagedError(f"the module holds {name!r}, which is code of no known format")


def _elf(data: bytes) -> tuple[str, str] | None:
    return ("ELF", elf_machine(data)) if data[:4] == b"\x7fELF" else None


def elf_machine(data: bytes) -> str:
    """The architecture that an ELF file is for."""
    machine = int.from_bytes(data[18:20], "little")
    if machine == 224:
        return _AMD_MACHINES.get(data[48], f"amdgpu:{data[48]:#x}")
    return _ELF_MACHINES.get(machine, f"machine {machine}")


def _wasm(data: bytes) -> tuple[str, str] | None:
    return ("WebAssembly", "wasm32") if data[:4] == b"\0asm" else None


def _hsaco(data: bytes) -> tuple[str, str] | None:
    at = data.find(b"\x7fELF") if data[:4] == b"HIP1" else -1
    return None if at < 0 else ("HSACO", elf_machine(data[at:]))


def _ptx(data: bytes) -> tuple[str, str] | None:
    found = _PTX_TARGET.search(data) if data[:4] == b"CDA1" else None
    return ("PTX", found[1].decode()) if found else None


def _spirv(data: bytes) -> tuple[str, str] | None:
    at = data.find(_SPIRV_MAGIC) if data[:4] == b"VKE1" else -1
    if at < 0:
        return None
    _, minor, major, _ = data[at + 4 : at + 8]
    return "SPIR-V", f"version {major}.{minor}"


def _metal(data: bytes) -> tuple[str, str] | None:
    if data[:4] != b"MTL1":
        return None
    return ("Metal library", "air64") if b"MTLB" in data else ("Metal source", "msl")


_FORMATS: tuple[Callable[[bytes], tuple[str, str] | None], ...] = (_elf, _wasm, _hsaco, _ptx, _spirv, _metal)
