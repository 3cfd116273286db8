"""From a linalg-level module to the bytes that the runtime loads: IREE's compiler, in process."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axir_compiler.abilities import check_abilities
from axir_compiler.direct_calls import make_direct
from axir_compiler.elsewhere import can_compile_elsewhere, elsewhere
from axir_compiler.errors import CompileError, InternalError
from axir_compiler.exact_shaders import add_barriers, make_exact
from axir_compiler.foreign_buffers import keep_foreign_buffers
from axir_compiler.ir.module import definitions
from axir_compiler.lowering.barriers import drop_kernel_barriers, has_kernel_barriers
from axir_compiler.lowering.constants import with_constant_kernels_folded
from axir_compiler.lowering.fusion import program_blocks, separate_all, separate_all_reductions
from axir_compiler.lowering.in_place import with_in_place_loops
from axir_compiler.lowering.inner_loops import with_inner_loops
from axir_compiler.lowering.tilings import with_tilings
from axir_compiler.mlir import (
    Invocation,
    Output,
    Session,
    Source,
    collect_diagnostics,
    compiler_version,
    ir,
    main_session,
    new_session,
    resume_from_phase,
    run_to_phase,
)
from axir_compiler.multiply_add import split_fma
from axir_compiler.recorded_copies import record_copies_again
from axir_compiler.shared_refs import separate_shared_refs
from axir_compiler.stand_ins import replace_ops
from axir_compiler.targets import Target

__all__ = ["check_lowered", "compile_module", "phase_text"]


_log = logging.getLogger("axir_compiler")


@dataclass
class _Worker:
    """A session for one set of flags; one program at a time goes through it."""

    session: Session
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def shares_context(self) -> bool:
        return self.session is main_session()


_workers: dict[tuple[str, ...], _Worker] = {}
_workers_lock = threading.Lock()


def compile_module(module: ir.Module, target: Target, *, dump_to: str | Path | None = None) -> bytes:
    """Compile a module of linalg, tensor, arith, math, scf and func ops that exports ``@main``.

    The module itself is left as it is. Safe to call from several threads.

    Args:
        module: In axir's context.
        target: What to compile for.
        dump_to: Directory that takes the input and the files that IREE writes about each kernel.

    Raises:
        InternalError: the module holds ops that IREE does not know.
        CompileError: IREE refused the module, which was saved to a file together with the messages; or the
            target cannot compute it.
    """
    dump_to = None if dump_to is None else Path(dump_to).absolute()
    if _is_for_elsewhere(target):
        return elsewhere("compile_here", _text(module), target, dump_to)
    return compile_here(module, target, dump_to)


def compile_here(module: ir.Module, target: Target, dump_to: Path | None) -> bytes:
    """As ``compile_module``, in this process."""
    module = _checked(module, target)
    flags = target.flags_for(module)
    if dump_to is None:
        return _compile_somehow(flags, module, target)
    dump_to.mkdir(parents=True, exist_ok=True)
    (dump_to / "input.mlir").write_text(_text(module))
    first: list[tuple[int, str]] = []
    before = set(dump_to.iterdir())
    for more, form in _forms(module, target):
        worker = _Worker(new_session(*flags, *more, f"--iree-hal-dump-executable-files-to={dump_to}"))
        binary, messages = _run(worker, form, target)
        if binary is not None:
            return binary
        first = first or messages
        for path in set(dump_to.iterdir()) - before:
            path.unlink()
    raise _failure(module, target, first)


_has_lost_threads = False


def _after_fork() -> None:
    """The compiler's threads, if it had some, are not in a forked process."""
    global _has_lost_threads
    _has_lost_threads = _has_lost_threads or bool(_workers)


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)


def _is_for_elsewhere(target: Target) -> bool:
    return _has_lost_threads or (not target.in_process and can_compile_elsewhere())


# Longer constants (the machine code of kernels) are left out of texts.
_LONGEST_CONSTANT = 16


def _checked(module: ir.Module, target: Target) -> ir.Module:
    """The program as IREE is to see it, once nothing is known that the target cannot compute."""
    check_lowered(module)
    check_abilities(module, target)
    module = with_constant_kernels_folded(module)
    if not (target.device or target.replaced):
        return module
    copy = ir.Module.parse(_text(module), module.context)
    with module.context:
        if target.device:
            devices = ir.ArrayAttr.get([ir.Attribute.parse(target.device)])
            copy.operation.attributes["hal.device.targets"] = devices
        replace_ops(copy.operation, target.replaced)
    return copy


def phase_text(module: ir.Module, target: Target, phase: str, *, locations: bool = False) -> str:
    """The program as text after a phase of IREE's compiler, such as ``flow``, ``executable-sources`` or ``vm``.

    Raises:
        InternalError, CompileError: as ``compile_module``.
    """
    if _is_for_elsewhere(target):
        return elsewhere("phase_text_here", _text(module), target, phase, locations)
    return phase_text_here(module, target, phase, locations)


def phase_text_here(module: ir.Module, target: Target, phase: str, locations: bool) -> str:
    """As ``phase_text``, in this process."""
    module = _checked(module, target)
    first: list[tuple[int, str]] = []
    for more, form in _forms(module, target):
        worker = _worker((*target.flags_for(module), *more))
        text, messages = _text_at(worker, form, phase, locations)
        if text is not None:
            return text
        first = first or messages
    raise _failure(module, target, first)


def _text_at(
    worker: _Worker, module: ir.Module, phase: str, locations: bool
) -> tuple[str | None, list[tuple[int, str]]]:
    """The program after a phase, or ``None``, and the compiler's messages."""
    messages: list[tuple[int, str]] = []
    with worker.lock, worker.session.invocation() as invocation:
        keep = collect_diagnostics(invocation, lambda severity, text: messages.append((severity, text)))
        loaded = _load(invocation, worker, module)
        if loaded and phase in _PHASES_OF_CALLS and has_kernel_barriers(module.operation):
            loaded = _change_at(invocation, _KERNELS, drop_kernel_barriers) is None
        found = run_to_phase(invocation, phase) if loaded else None
        if found is None:
            return None, messages
        text = found.operation.get_asm(large_elements_limit=_LONGEST_CONSTANT, enable_debug_info=locations)
        del keep
    return text, messages


# Ops that IREE knows, but on which its compiler crashes.
_CRASHING = frozenset({"iree_linalg_ext.fft"})


def check_lowered(module: ir.Module) -> None:
    """Refuse what IREE's compiler crashes on: unknown ops, and constants of complex tensors.

    Raises:
        InternalError: names the first such op and where it is.
    """
    known: dict[str, bool] = {}
    registered = module.context.is_registered_operation
    # An exception would come out of the walk as another one: stop it and raise afterwards.
    found: list[tuple[ir.Operation, str]] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        name = op.name
        if name not in known:
            known[name] = registered(name) and name not in _CRASHING
        if not known[name]:
            found.append((op, f"{name} has not been lowered"))
        elif name == "arith.constant" and _is_complex_tensor(op.results[0].type):
            found.append((op, "a complex constant was not split into its parts"))
        return ir.WalkResult.INTERRUPT if found else ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    for op, what in found:
        raise InternalError(f"compile: {what} ({op.location}). Report this as a bug of axir.")


def _is_complex_tensor(kind: ir.Type) -> bool:
    return isinstance(kind, ir.RankedTensorType) and isinstance(kind.element_type, ir.ComplexType)


def _worker(flags: tuple[str, ...]) -> _Worker:
    """The session for a set of flags. The first one asked for is the session that holds axir's IR."""
    with _workers_lock:
        found = _workers.get(flags)
        if found is None:
            found = _workers[flags] = _Worker(new_session(*flags) if _workers else _first_session(flags))
        return found


def _first_session(flags: tuple[str, ...]) -> Session:
    session = main_session()
    try:
        session.set_flags(*flags)
    except ValueError:
        # It may have taken some of the flags: no program must be compiled with it.
        _workers[()] = _Worker(session)
        raise
    return session


# Without this, values that several ops use are computed in each of them.
_NO_MULTI_USE = "--iree-dispatch-creation-fuse-multi-use=false"


def _compile_somehow(flags: tuple[str, ...], module: ir.Module, target: Target) -> bytes:
    """Compile a module, less and less fused if IREE refuses the kernels that it made itself.

    There are programs of which every op compiles, but not the kernels that IREE fuses them into.
    """
    first: list[tuple[int, str]] | None = None
    for more, form in _forms(module, target):
        binary, messages = _run(_worker((*flags, *more)), form, target)
        if binary is not None:
            if first is not None:
                _log.info(
                    "%s: compiled less fused, since IREE refused the fused form: %s", target.name, first
                )
            return binary
        first = first or messages
    raise _failure(module, target, first or [])


# After the loops that become kernels, the others.
_OPTIMIZATIONS: dict[str, Callable[[ir.Module], ir.Module]] = {
    "inner_loops": with_inner_loops,
    "in_place": with_in_place_loops,
    "tilings": with_tilings,
}


def _forms(module: ir.Module, target: Target) -> Iterator[tuple[tuple[str, ...], ir.Module]]:
    """Further flags and what is compiled with them, less and less fused."""
    form = module
    for name, rewritten in _OPTIMIZATIONS.items():
        if target.kernels and name in target.optimizations:
            form = rewritten(form)
    yield (), form
    if not target.kernels:
        yield (), _separated(module, separate_all_reductions)
    yield (_NO_MULTI_USE,), form
    if form is not module:
        yield (), module
        yield (_NO_MULTI_USE,), module
    yield (), _separated(module, separate_all)


def _separated(module: ir.Module, separate: Callable[[ir.Block], None]) -> ir.Module:
    """A copy of which IREE fuses less, or nothing."""
    copy = ir.Module.parse(_text(module), module.context)
    with module.context:
        for function in definitions(copy):
            for block in program_blocks(function.regions[0].blocks[0]):
                separate(block)
    return copy


def _run(worker: _Worker, module: ir.Module, target: Target) -> tuple[bytes | None, list[tuple[int, str]]]:
    """The compiled module, or ``None``, and the compiler's messages."""
    messages: list[tuple[int, str]] = []
    with worker.lock, worker.session.invocation() as invocation:
        keep = collect_diagnostics(invocation, lambda severity, text: messages.append((severity, text)))
        if not (_load(invocation, worker, module) and _execute(invocation, module, target, messages)):
            return None, messages
        direct, branches = "direct_calls" in target.optimizations, _has_branches(module)
        if direct or branches:
            compiled = invocation.export_module()
            with compiled.context:
                if direct:
                    make_direct(compiled.operation)
                if branches:
                    keep_foreign_buffers(compiled.operation)
                    separate_shared_refs(compiled.operation)
            invocation.import_module(compiled)
        output = Output.open_membuffer()
        invocation.output_vm_bytecode(output)
        result = bytes(output.map_memory())
        output.close()
        del keep
        return result, messages


# The phases at which programs are changed: kernels are made; have a configuration; are translated, but not yet bytes;
# and the program that runs them is made of commands.
_KERNELS, _CONFIGURED, _TRANSLATED, _COMMANDS = (
    "flow",
    "executable-configurations",
    "executable-targets",
    "hal",
)
# Those behind the first that show no kernel.
_PHASES_OF_CALLS = frozenset({"stream", "executable-sources", "hal", "vm"})


def _execute(
    invocation: Invocation, module: ir.Module, target: Target, messages: list[tuple[int, str]]
) -> bool:
    """Run IREE's pipeline, with stops where it needs repairs; whether it compiled, and rightly."""
    for phase, change in _changes(module, target):
        problem = _change_at(invocation, phase, change)
        if problem is not None:
            messages += [(2, problem)] if problem else []
            return False
    return invocation.execute()


def _changes(module: ir.Module, target: Target) -> Iterator[tuple[str, Callable[[ir.Operation], Any]]]:
    """The phases to stop at, and what changes the program there; gives a problem, if there is one that remains."""
    if has_kernel_barriers(module.operation):
        yield _KERNELS, drop_kernel_barriers
    if target.shaders:
        yield _TRANSLATED, lambda shaders: _repair_shaders(shaders, target)
        yield _COMMANDS, record_copies_again
    elif not target.fma:
        yield _CONFIGURED, split_fma


def _change_at(invocation: Invocation, phase: str, change: Callable[[ir.Operation], Any]) -> str | None:
    """Run IREE's pipeline up to a phase, and change what it has made; a problem (empty if IREE says it) or ``None``."""
    made = run_to_phase(invocation, phase)
    if made is None:
        return ""
    with made.context:
        problem = change(made.operation)
    if isinstance(problem, str):
        return problem
    invocation.import_module(made)
    resume_from_phase(invocation, phase)
    return None


def _repair_shaders(shaders: ir.Operation, target: Target) -> str | None:
    """Let shaders compute what the program says; what could not be repaired."""
    if not target.fma:
        split_fma(shaders)
    make_exact(shaders)
    if add_barriers(shaders):
        return None
    return "a kernel in which threads would read shared memory before others have written it"


def _has_branches(module: ir.Module) -> bool:
    """Whether the program, not only its kernels, has loops or branches."""
    return any(len(program_blocks(f.regions[0].blocks[0])) > 1 for f in definitions(module))


def _load(invocation: Invocation, worker: _Worker, module: ir.Module) -> bool:
    """Hand a copy to IREE, whose passes rewrite it in place; into another context it goes as bytecode."""
    if worker.shares_context:
        invocation.import_module(module.operation.clone())
        return True
    buffer = io.BytesIO()
    module.operation.write_bytecode(buffer)
    return invocation.parse_source(Source.wrap_buffer(worker.session, buffer.getvalue()))


_LOCATED = re.compile(r"^(?:loc\(unknown\)|(?P<where>.+?:\d+:\d+)): (?:error: )?(?P<what>.*)$")


def _failure(module: ir.Module, target: Target, messages: list[tuple[int, str]]) -> CompileError:
    diagnostics = "\n".join(text for _, text in messages)
    errors = [text for severity, text in messages if severity == 2] or ["no reason was given"]
    first = errors[0].strip().splitlines()[0]
    found = _LOCATED.match(first)
    where, what = (found["where"], found["what"]) if found else (None, first)
    path = _save(module, target, diagnostics)
    at = f" At {where}." if where else ""
    saved = f" The program and all messages are in {path}." if path else ""
    return CompileError(
        f"compile: IREE cannot compile this program for {target.name}: {what[:200].rstrip('.')}.{at}{saved}",
        diagnostics=diagnostics,
        location=where,
        path=path,
    )


def _save(module: ir.Module, target: Target, diagnostics: str) -> str | None:
    """Write the program and what the compiler said; the name is a hash, so that repeats add no file."""
    header = [f"IREE {compiler_version()}", f"target {target.name}", *target.flags_for(module)]
    comments = "".join(f"// {line}\n" for line in [*header, *diagnostics.splitlines()])
    text = comments + _text(module)
    user = os.getuid() if hasattr(os, "getuid") else 0
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"axir-{user}-{digest}.mlir"
    # The directory is shared: readable for the user only, and never through another user's link.
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    try:
        with open(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        return None
    return str(path)


def _text(module: ir.Module) -> str:
    return module.operation.get_asm(enable_debug_info=True)
