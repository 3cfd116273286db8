"""The stages that a program goes through, each as text: from the trace to the assembly of its kernels."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from axir_compiler import pipeline
from axir_compiler.errors import CompileError
from axir_compiler.later import backend
from axir_compiler.mlir import ir
from axir_compiler.passes.lower_to_linalg import LowerToLinalgPass
from axir_compiler.targets import Target

__all__ = ["STAGES", "check_stage", "lowered_text", "stage_text"]

_DIALECT = ("trace", "rewritten")
_PHASES = {
    "flow": "flow",
    "stream": "stream",
    "executables": "executable-sources",
    "hal": "hal",
    "vm": "vm",
}
STAGES = (*_DIALECT, "linalg", *_PHASES, "llvm", "asm")
"""Names of the stages, in order."""


def check_stage(where: str, stage: str) -> None:
    """Refuse a name that is none of ``STAGES``.

    Raises:
        ValueError: names those that there are.
    """
    if stage not in STAGES:
        raise ValueError(f"{where}: there is no stage {stage!r}; the stages are {', '.join(STAGES)}.")


def stage_text(
    module: ir.Module,
    symbol: str,
    stage: str,
    target: Target,
    *,
    result_storage: bool = False,
    locations: bool = False,
) -> str:
    """A function of a traced module as it is after a stage.

    Args:
        module: Left as it is.
        symbol: The function.
        stage: One of ``STAGES``: ``trace`` and ``rewritten`` are in the dialect, before and after differentiation,
            vectorization and simplification; ``linalg`` is what IREE gets, ``flow`` to ``vm`` are its phases,
            ``executables`` the kernels with how they are launched; ``llvm`` and ``asm`` are the kernels, optimized.
        target: What is compiled for.
        result_storage: Whether the caller gives memory for results, as in ``LowerToLinalgPass``.
        locations: Whether each op of MLIR has its place in the user's program.

    Raises:
        ValueError: there is no such stage.
        CompileError: IREE refuses the program.
    """
    check_stage("stage", stage)
    if stage in _DIALECT:
        form = pipeline.extract(module, symbol)
        if stage == "rewritten":
            pipeline.run_passes(form, pipeline.REWRITES)
        return form.operation.get_asm(enable_debug_info=locations)
    form = pipeline.rewritten_form(module, symbol)
    LowerToLinalgPass(result_storage=result_storage, kernels=target.kernels).run(form)
    return lowered_text(form, stage, target, locations=locations)


def lowered_text(module: ir.Module, stage: str, target: Target, *, locations: bool = False) -> str:
    """A linalg-level module as it is after one of the stages from ``linalg`` on; the module is left as it is.

    Raises:
        CompileError: IREE refuses the program.
    """
    if stage == "linalg":
        return module.operation.get_asm(enable_debug_info=locations)
    if stage in _PHASES:
        return backend.phase_text(module, target, _PHASES[stage], locations=locations)
    return _kernel_text(module, target, stage)


def _kernel_text(form: ir.Module, target: Target, stage: str) -> str:
    """LLVM IR or assembly of the kernels, without the library functions that are linked to them."""
    with tempfile.TemporaryDirectory(prefix="axir-") as name:
        folder = Path(name)
        backend.compile_module(form, target, dump_to=folder)
        found = [
            kernel
            for suffix, kernels in _FORMS[stage].items()
            for path in sorted(folder.glob(f"*{suffix}"))
            for kernel in kernels(path.read_text(errors="replace"))
        ]
        if not found and any(folder.glob("configured_*")):
            raise CompileError(
                f"as_text: kernels for {target.name} have no form {stage!r} that is text. Use 'asm'."
            )
    return "\n\n".join(found) + "\n"


# Directives and labels of assembly for debuggers and unwinding.
_FOR_TOOLS = re.compile(r"\s*\.(cfi|loc|file|p2align)|\.L(tmp|func_begin)\d+:")


def _llvm_kernels(text: str) -> Iterator[str]:
    """The definitions of kernels in LLVM IR."""
    for match in re.finditer(r"^define [^@\n]*@(\w+_dispatch_\w+)\(.*?^}$", text, re.MULTILINE | re.DOTALL):
        code = re.sub(r",? !dbg !\d+", "", match[0])
        yield f"; kernel {match[1]}\n{code}"


def _assembly_kernels(text: str) -> Iterator[str]:
    """The code of kernels in assembly, without directives for debuggers and unwinding."""
    for match in re.finditer(
        r"^(\w+_dispatch_\w+):.*?(?=^\.Lfunc_end|^Lfunc_end)", text, re.MULTILINE | re.DOTALL
    ):
        lines = [line for line in match[0].splitlines() if not _FOR_TOOLS.match(line)]
        yield f"# kernel {match[1]}\n" + "\n".join(lines)


def _whole(text: str) -> Iterator[str]:
    yield text.rstrip()


# By stage, what the files are called that IREE writes about kernels, and how to find the kernels in each.
_FORMS: dict[str, dict[str, Callable[[str], Iterator[str]]]] = {
    "llvm": {".optimized.ll": _llvm_kernels},
    "asm": {".s": _assembly_kernels, **dict.fromkeys((".ptx", ".rocmasm", ".spirv.mlir", ".metal"), _whole)},
}
