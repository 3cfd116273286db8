"""The description of a target."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from axir_compiler.ir.types import DTYPES
from axir_compiler.mlir import PROCESS_FLAGS, compiler_version, ir

__all__ = ["OPTIMIZATIONS", "Target"]


def _no_flags(module: ir.Module) -> tuple[str, ...]:
    return ()


OPTIMIZATIONS = frozenset({"direct_calls", "in_place", "inner_loops", "tilings"})
"""Rewrites of a program that can be switched off. Just before IREE: small loops become one kernel each
(``lowering.inner_loops``); the others fill arrays in place (``lowering.in_place``); reductions are told their tiles
(``lowering.tilings``). After it: programs for a device that computes while it is asked, whose caller checks the
arguments, lose what they need elsewhere (``direct_calls``)."""


@dataclass(frozen=True)
class Target:
    """What a program is compiled for.

    Attributes:
        name: For people, for example ``cpu:host``.
        flags: Flags of IREE's compiler that every program for the target takes.
        dtypes: Dtypes that the target computes with; a program with others is refused.
        machine: What the flags leave open of the machine (the features that ``host`` stands for).
        choose_flags: Further flags that depend on the program.
        fma: Whether it multiplies and adds with one rounding. Where it does not, IREE splits float64 ``math.fma``
            into a product and a sum, which the functions that rely on it do not bear: axir does it (``split_fma``).
        kernels: Whether it can run kernels of our own, with loops over single elements.
        optimizations: Which of ``OPTIMIZATIONS`` are made; those before IREE only where there are such kernels.
        replaced: Names of ops that it lacks, or computes in another way; others stand in for them (``STAND_INS``).
        device: IREE's attribute for the device, where no flag stands for it.
        in_process: Whether it is compiled by the user's process. LLVM ends the process where it cannot translate
            something, which for this machine's CPU is not known to happen.
        shaders: Whether its kernels become shaders of SPIR-V, which are repaired on the way.
    """

    name: str
    flags: tuple[str, ...]
    dtypes: frozenset[np.dtype] = frozenset(DTYPES)
    machine: str = ""
    choose_flags: Callable[[ir.Module], tuple[str, ...]] = _no_flags
    fma: bool = True
    kernels: bool = True
    optimizations: frozenset[str] = OPTIMIZATIONS - {"direct_calls"}
    replaced: frozenset[str] = frozenset()
    device: str = ""
    in_process: bool = False
    shaders: bool = False

    def flags_for(self, module: ir.Module) -> tuple[str, ...]:
        """All flags for one program."""
        return (*self.flags, *self.choose_flags(module))

    def fingerprint(self) -> str:
        """Hash of everything but the program that the compiled bytes depend on; part of cache keys."""
        forms = (str(self.kernels), str(self.fma), *sorted(self.optimizations | self.replaced), self.device)
        parts = (self.name, self.machine, compiler_version(), *forms, *PROCESS_FLAGS, *self.flags)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()
