"""Compiles many cases as one program, since a module costs half a second and a kernel in it 30 ms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from harness import build

from axir_compiler import backend
from axir_compiler.errors import AxirError
from axir_compiler.ir.module import FunctionBuilder, new_module
from axir_compiler.ir.types import Aval, mlir_type
from axir_compiler.mlir import context, ir
from axir_compiler.passes.lower_to_linalg import LowerToLinalgPass
from axir_compiler.targets import Target, host
from axir_runtime import Device, DeviceExecutable, Executable, devices
from samples import Case

__all__ = ["Program", "Run", "culprits"]

Run = tuple[Case, np.dtype]


class Program:
    """One compiled function that gives the results of many cases, each op lowered by its own rule alone.

    ``large``: compiled and run as functions of large arrays are, on all cores and into memory given for the results.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        *,
        large: bool = False,
        target: Target | None = None,
        device: Device | None = None,
    ):
        self.runs = runs
        self._large = large
        self._results = [case.results(case.arrays(dtype), dtype) for case, dtype in runs]
        flat = [(a.shape, a.dtype) for results in self._results for a in results]
        target = target or host()
        data = backend.compile_module(self._module(target.kernels), target)
        if device is None:
            self._executable = Executable(devices("cpu")[0], data, results=flat, parallel=large)
        else:
            self._executable = DeviceExecutable(device, data, results=flat)

    def __call__(self, operands: Iterable[Sequence[np.ndarray]]) -> list[list[np.ndarray]]:
        """Results of each case for its operands."""
        buffers = self._executable([x for xs in operands for x in xs])
        found = iter([np.asarray(b.array) for b in buffers])
        return [[next(found) for _ in results] for results in self._results]

    def _module(self, kernels: bool) -> ir.Module:
        module = new_module()
        kinds = [[mlir_type(Aval(x.shape, x.dtype)) for x in case.arrays(dtype)] for case, dtype in self.runs]
        builder = FunctionBuilder(module, "main", [t for types in kinds for t in types])
        arguments = iter(builder.arguments)
        with builder, ir.Location.unknown(context()):
            results = [
                build(case, dtype, [next(arguments) for _ in types])
                for (case, dtype), types in zip(self.runs, kinds, strict=True)
            ]
        builder.finish([x for xs in results for x in xs])
        # No other pass: canonicalization would remove ops that do nothing, and their lowering with them.
        LowerToLinalgPass(result_storage=self._large, kernels=kernels).run(module)
        return module


def culprits(runs: Sequence[Run]) -> list[str]:
    """The cases of a program that do not compile by themselves, with what the compiler says of each."""
    found = []
    for run in runs:
        try:
            Program([run])
        except AxirError as error:
            found.append(f"{run[0].name(run[1])}: {error}")
    return found
