"""``axir doctor``: whether this installation works, and on which devices.

Exit code 0 if the CPU works.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
import time
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer

import axir
from axir_runtime import (
    PLATFORMS,
    X86_LEVELS,
    Device,
    DiskCache,
    Executable,
    PlatformError,
    cpu_features,
    devices,
)
from axir_tools.console import command, human_bytes, print_json, styled

__all__ = ["Check", "checks", "doctor"]

_PACKAGES = (
    "axir-runtime",
    "iree-base-compiler",
    "iree-base-runtime",
    "numpy",
    "ml_dtypes",
    "scipy",
    "optree",
    "opt_einsum",
)


class Row(NamedTuple):
    """A name and what was found; ``ok`` is ``None`` for what is only told, not judged."""

    name: str
    value: str
    ok: bool | None = None


class Check(NamedTuple):
    """One thing that was looked at: ``ok`` is ``None`` for what is only told, not judged."""

    section: str
    name: str
    value: str
    ok: bool | None = None


def checks() -> list[Check]:
    """Everything that can be found out, without an exception."""
    found = []
    for section, look in _SECTIONS.items():
        try:
            found += [Check(section, row.name, row.value, row.ok) for row in look()]
        except Exception as error:
            found.append(Check(section, "failed", f"{type(error).__name__}: {error}".splitlines()[0], False))
    return found


def _versions() -> list[Row]:
    rows: list[Row] = [Row("python", sys.version.split()[0]), Row("axir", axir.__version__)]
    for name in _PACKAGES:
        try:
            rows.append(Row(name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            rows.append(Row(name, "not installed as a package"))
    known = {r.name: r.value for r in rows}
    compiler, runtime = known["iree-base-compiler"], known["iree-base-runtime"]
    same = compiler.split(".")[:2] == runtime.split(".")[:2]
    rows.append(Row("iree versions agree", "yes" if same else f"{compiler} and {runtime}", same))
    return rows


def _machine() -> list[Row]:
    features = cpu_features()
    levels = [name for name, needed in X86_LEVELS.items() if needed <= features]
    wanted = [f for f in ("avx2", "fma", "avx512f", "avx512bf16", "amx-tile", "neon", "sve") if f in features]
    return [
        Row("system", f"{platform.system()} {platform.release()} {platform.machine()}"),
        Row("cores", str(os.cpu_count())),
        Row("cpu level", levels[-1] if levels else "unknown"),
        Row("cpu features", ", ".join(wanted) or "none of those that matter"),
    ]


def _cache() -> list[Row]:
    store = DiskCache.from_environment()
    if store.directory is None:
        return [Row("disk cache", "switched off by AXIR_CACHE_DIR")]
    entries = store.entries()
    size = human_bytes(sum(e.size for e in entries))
    probe = store.directory if store.directory.exists() else store.directory.parent
    writable = os.access(probe, os.W_OK) or not probe.exists()
    text = f"{len(entries)} modules, {size} of {human_bytes(store.max_bytes)}, in {store.directory}"
    return [Row("disk cache", text if writable else f"{text}, which cannot be written", writable)]


def _environment() -> list[Row]:
    return [Row(k, v) for k, v in sorted(os.environ.items()) if k.startswith(("AXIR_", "IREE_"))]


def _devices() -> list[Row]:
    rows: list[Row] = []
    for platform_name in PLATFORMS:
        try:
            found = devices(platform_name)
        except PlatformError as error:
            rows.append(Row(platform_name, str(error).removeprefix("devices: ")))
        else:
            rows += map(_tried, found)
    return rows


def _tried(device: Device) -> Row:
    """Whether a device computes; one that is not the CPU may fail, which is only told."""
    name = str(device) if device.is_host else f"{device}, {device.device_kind}"
    start = time.perf_counter()
    try:
        _compile_and_run(device)
    except Exception as error:
        return Row(name, f"does not work: {str(error).splitlines()[0]}", False if device.is_host else None)
    taken = time.perf_counter() - start
    return Row(name, f"works: compiled and ran a program in {taken:.2f} s", True)


_PROGRAM = """func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %z = "axir.mul"(%x, %y) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}"""


def _compile_and_run(device: Device) -> None:
    """A tiny program from text to numbers."""
    x = np.arange(4, dtype=np.float32)
    result = (
        _run_past_caches(device, x) if device.is_host else axir.jit(lambda a, b: a * b, device=device)(x, x)
    )
    if not np.array_equal(result, x * x):
        raise RuntimeError(f"{x} * {x} gave {result}")


def _run_past_caches(device: Device, x: np.ndarray) -> np.ndarray:
    from axir_compiler import backend, pipeline
    from axir_compiler.ir.module import parse_module
    from axir_compiler.mlir import context
    from axir_compiler.targets import host

    with context():
        form = pipeline.compiled_form(parse_module(_PROGRAM), "main")
        binary = backend.compile_module(form, host())
    program = Executable(device, binary, results=[((4,), np.dtype("float32"))])
    return program([x, x])[0].array


_SECTIONS: dict[str, Callable[[], list[Row]]] = {
    "versions": _versions,
    "machine": _machine,
    "cache": _cache,
    "environment": _environment,
    "devices": _devices,
}


@command("doctor")
def doctor(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show versions, the machine, and whether its devices work.

    A program is compiled and run on each of them.
    """
    found = checks()
    if json:
        print_json([c._asdict() for c in found])
    else:
        _print(found)
    if any(c.ok is False for c in found):
        raise typer.Exit(1)


_MARKS: dict[Any, tuple[str, str | None]] = {
    True: ("ok  ", "green"),
    False: ("FAIL", "red"),
    None: ("    ", None),
}


def _print(found: list[Check]) -> None:
    width = max(len(c.name) for c in found)
    section = ""
    for one in found:
        if one.section != section:
            section = one.section
            typer.echo(styled(section, bold=True))
        mark, colour = _MARKS[one.ok]
        typer.echo(f"  {styled(mark, colour)} {one.name.ljust(width)}  {one.value}")
