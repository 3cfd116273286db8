"""Compiles many cases as one program and runs it.

A compiled module costs half a second and each of its kernels a tenth, so that cases share modules, and
elementwise results of one shape share kernels: a last loop that reads several of them makes IREE fuse what
computes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from axir_compiler import backend
from axir_compiler.errors import AxirError
from axir_compiler.ir.module import FunctionBuilder, body_of, functions, new_module, return_op
from axir_compiler.ir.types import Aval, mlir_type
from axir_compiler.lowering.generic import generic, identity_map, map_of_dims, sizes_of
from axir_compiler.lowering.generic import empty as empty_tensor
from axir_compiler.mlir import arith, context, func, ir
from axir_compiler.ops.elementwise import Elementwise
from axir_compiler.passes.lower_to_linalg import LowerToLinalgPass
from axir_compiler.targets import host
from axir_runtime import Executable, devices
from harness import build
from samples import Case

__all__ = ["Program", "culprits"]

Run = tuple[Case, np.dtype]
BUNDLE = 12
"""Results that share a kernel; with more of them LLVM's time grows faster than their number."""


class Program:
    """One compiled function that gives the results of many cases."""

    def __init__(self, runs: Sequence[Run]):
        self.runs = runs
        self._results = [case.results(case.arrays(dtype), dtype) for case, dtype in runs]
        flat = [(a.shape, a.dtype) for results in self._results for a in results]
        self._executable = Executable(devices("cpu")[0], backend.compile_module(self._module(), host()), results=flat)

    def __call__(self, inputs: Sequence[Sequence[np.ndarray]]) -> list[list[np.ndarray]]:
        """Results of each case for its operands."""
        # The bundling loops read a zero that the compiler does not know.
        arrays = [*(x for xs in inputs for x in xs), np.zeros((), np.int64)]
        found = iter([np.asarray(b.array) for b in self._executable(arrays)])
        return [[next(found) for _ in results] for results in self._results]

    def _module(self) -> ir.Module:
        module = new_module()
        operands = [[mlir_type(Aval(x.shape, x.dtype)) for x in case.arrays(dtype)] for case, dtype in self.runs]
        builder = FunctionBuilder(module, "main", [t for types in operands for t in types])
        arguments = iter(builder.arguments)
        with builder, ir.Location.unknown(context()):
            results = [
                build(case, dtype, [next(arguments) for _ in types])
                for (case, dtype), types in zip(self.runs, operands, strict=True)
            ]
        builder.finish([x for xs in results for x in xs])
        LowerToLinalgPass().run(module)
        together = [issubclass(case.op_class, Elementwise) for case, _ in self.runs]
        flags = [t for t, results in zip(together, self._results, strict=True) for _ in results]
        _bundle(functions(module)["main"], flags)
        return module


def _bundle(function: func.FuncOp, together: Sequence[bool]) -> None:
    """Read elementwise results of one shape in one loop, which exclusive-ors them with a zero argument."""
    block, terminator = body_of(function), return_op(function)
    with context(), ir.Location.unknown():
        zero = block.add_argument(ir.RankedTensorType.get([], ir.IntegerType.get_signless(64)), ir.Location.unknown())
        returned = list(terminator.operands)
        groups: dict[tuple[int, ...], list[int]] = {}
        for i, (x, flag) in enumerate(zip(returned, together, strict=True)):
            if flag:
                groups.setdefault(tuple(ir.RankedTensorType(x.type).shape), []).append(i)
        terminator.operation.erase()
        with ir.InsertionPoint(block):
            for members in groups.values():
                for start in range(0, len(members), BUNDLE):
                    chunk = members[start : start + BUNDLE]
                    for i, new in zip(chunk, _read_together([returned[i] for i in chunk], zero), strict=True):
                        returned[i] = new
            func.ReturnOp(returned)
        kind = ir.FunctionType.get([a.type for a in block.arguments], [r.type for r in returned])
        function.attributes["function_type"] = ir.TypeAttr.get(kind)


def _read_together(values: Sequence[ir.Value], zero: ir.Value) -> list[ir.Value]:
    rank = ir.RankedTensorType(values[0].type).rank
    kinds = [ir.RankedTensorType(v.type).element_type for v in values]

    def body(*elements: ir.Value) -> list[ir.Value]:
        return [_unchanged(x, elements[len(values)]) for x in elements[: len(values)]]

    inits = [empty_tensor(sizes_of(v), k) for v, k in zip(values, kinds, strict=True)]
    maps = [identity_map(rank)] * len(values) + [map_of_dims(rank, ())] + [identity_map(rank)] * len(values)
    return generic([*values, zero], inits, maps, body)


def _unchanged(x: ir.Value, zero: ir.Value) -> ir.Value:
    kind = x.type
    bits = ir.IntegerType.get_signless(kind.width)  # pyright: ignore[reportAttributeAccessIssue]
    narrow = zero if bits.width == 64 else arith.trunci(bits, zero)
    if isinstance(kind, ir.IntegerType):
        return arith.xori(x, narrow)
    return arith.bitcast(kind, arith.xori(arith.bitcast(bits, x), narrow))


def culprits(runs: Iterable[Run]) -> list[str]:
    """The cases that do not compile by themselves, with what the compiler says; for failed programs only."""
    found = []
    for run in runs:
        try:
            Program([run])
        except AxirError as error:
            found.append(f"{run[0].name(run[1])}: {error}")
    return found
