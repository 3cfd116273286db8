"""Ops that hold functions as regions: what loops and branches share.

A region is one block that ends in ``axir.yield`` and uses nothing from outside: all that it needs are its arguments.
The block arguments are the op's operands (for loops one step of them), so that a region can be made from a
private function, and a private function from a region: transformations work on functions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

from axir_compiler.errors import AxirError, InternalError, VerificationError
from axir_compiler.ir.attributes import Tensors
from axir_compiler.ir.effects import has_effect
from axir_compiler.ir.module import (
    FunctionBuilder,
    adopt_block,
    body_of,
    copy_op,
    lookup,
    return_op,
    terminator_of,
)
from axir_compiler.ir.op import AxirOp, YieldOp, listed
from axir_compiler.ir.types import Aval, aval_of, mlir_type
from axir_compiler.mlir import func, ir

__all__ = [
    "CALLING",
    "Build",
    "HigherOrderOp",
    "RegionOp",
    "Signature",
    "build_function",
    "dependent_results",
    "dependents",
    "prune",
]

Value = ir.Value
Build = Callable[[list[Value]], Sequence[Value]]


class Signature(NamedTuple):
    """Argument and result types of a region."""

    inputs: tuple[Aval, ...]
    outputs: tuple[Aval, ...]


class HigherOrderOp(AxirOp, same_dtype=False):
    """An op that holds or names functions. Its rules replace it, with the transformation at hand."""

    def dependent_results(self, module: ir.Module, operands: set[int]) -> set[int]:
        """Which results depend on the operands with these numbers."""
        return set(range(len(self.results)))

    def jvp_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], list[Value | None]]:
        """Results and their tangents."""
        raise NotImplementedError

    def linearize_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], list[Value | None]]:
        """As ``jvp_with``, with the results independent of the tangents: by default computed twice."""
        results = copy_op(self, dict(zip(self.operands, operands, strict=True))).results
        return list(results), self.jvp_with(linearizer, operands, tangents)[1]

    def transpose_with(
        self, transposer: Any, cts: Sequence[Value | None], operands: Sequence[Value | None]
    ) -> list[Value | None]:
        """Cotangents of the operands; an operand is ``None`` if it depends on linear arguments."""
        raise NotImplementedError

    def batch_with(
        self, vectorizer: Any, size: int, axes: Sequence[int | None], operands: Sequence[Value]
    ) -> tuple[list[Value], list[int]]:
        """Results and their batch axes, -1 for none."""
        raise NotImplementedError


CALLING = (func.CallOp, HigherOrderOp)
"""Ops that hold or name functions, of which some results may depend on some operands only."""


class RegionOp(HigherOrderOp, same_dtype=False):
    """An op with regions. Its ``numpy`` takes the regions as callables and the result types first.

    Class attributes say how operands, region arguments and results belong together:
        first: operands before this one are no arguments of the regions.
        conditions: regions that give something else than the results.
    """

    arguments: Tensors
    has_regions: ClassVar[bool] = True
    first: ClassVar[int] = 0
    conditions: ClassVar[tuple[int, ...]] = ()
    _ODS_REGIONS = (1, False)

    @staticmethod
    def infer(*xs: Aval, **attrs: Any) -> Aval:
        raise InternalError("the type of an op with regions depends on them; use results_for.")

    @classmethod
    def results_for(
        cls, operands: Sequence[Aval], bodies: Sequence[Signature], **attrs: Any
    ) -> tuple[Aval, ...]:
        """Result types, after checking the regions against the operands.

        Raises:
            ShapeError, DTypeError: the types do not fit.
        """
        raise NotImplementedError

    @classmethod
    def results_checked(
        cls, operands: Sequence[Aval], bodies: Sequence[Signature], attrs: dict[str, Any]
    ) -> tuple[Aval, ...]:
        """Result types; errors name the op."""
        try:
            return cls.results_for(operands, bodies, **attrs)
        except AxirError as error:
            raise type(error)(f"{cls.OPERATION_NAME}: {error}") from None

    @classmethod
    def assemble(
        cls, operands: Sequence[Value], bodies: Sequence[func.FuncOp], attrs: dict[str, Any]
    ) -> list[Value]:
        """Append the op at the current insertion point; the private functions ``bodies`` become its regions."""
        signatures = [_signature(body_of(f)) for f in bodies]
        results = cls.results_checked([aval_of(x) for x in operands], signatures, attrs)
        op = _create(
            cls.OPERATION_NAME, operands, [mlir_type(a) for a in results], cls.encode(attrs), len(bodies)
        )
        for function, region in zip(bodies, op.regions, strict=True):
            terminator = return_op(function)
            with ir.InsertionPoint(terminator), terminator.location:
                YieldOp.create(list(terminator.operands), (), {})
            terminator.operation.erase()
            body_of(function).append_to(region)
            function.operation.erase()
        return list(op.results)

    @property
    def blocks(self) -> list[ir.Block]:
        """The block of each region."""
        return [region.blocks[0] for region in self.regions]

    def outlined(self, module: ir.Module) -> list[str]:
        """Symbols of private functions with copies of the regions."""
        with ir.InsertionPoint(self), self.location:
            copy = self.operation.clone(ip=ir.InsertionPoint.current)
        name = f"{self.short_name}_body"
        symbols = [adopt_block(module, name, region.blocks[0]) for region in copy.regions]
        copy.erase()
        return symbols

    def dependent_results(self, module: ir.Module, operands: set[int]) -> set[int]:
        arguments = {i - self.first for i in operands}
        if any(i < 0 for i in arguments):
            return super().dependent_results(module, operands)
        while True:
            # A loop that takes no step gives what it starts from.
            found = {i for i in arguments if i < self.carried}
            for k, block in enumerate(self.blocks):
                reached = _reached(module, block, arguments)
                if k not in self.conditions:
                    found |= reached
                elif reached:
                    return super().dependent_results(module, operands)
            grown = arguments | {i for i in found if i < self.carried}
            if grown == arguments:
                return found
            arguments = grown

    @property
    def carried(self) -> int:
        """How many of the region arguments start as operands and then take what the region gives."""
        return 0

    def attrs_for(self, operands: Sequence[bool]) -> dict[str, Any]:
        """Attributes if only the operands marked are left."""
        return self.attrs

    def lower_with(self, lower: Callable[..., list[Value]], operands: Sequence[Value]) -> list[Value]:
        """The op in scf; ``lower(k, args)`` appends the lowered region ``k`` and gives its results."""
        raise NotImplementedError

    def verify_types(self) -> None:
        self.verify_attributes()
        for block in self.blocks:
            if not isinstance(terminator_of(block), YieldOp):
                raise VerificationError(f"{self.OPERATION_NAME}: a region must end in axir.yield.")
        bodies = [_signature(block) for block in self.blocks]
        expected = self.results_checked([aval_of(x) for x in self.operands], bodies, self.attrs)
        actual = tuple(aval_of(x) for x in self.results)
        if expected != actual:
            wanted, given = (", ".join(map(str, side)) for side in (expected, actual))
            raise VerificationError(f"{self.OPERATION_NAME}: result types must be {wanted}; got {given}.")


def _signature(block: ir.Block) -> Signature:
    outputs = terminator_of(block).operands
    return Signature(tuple(map(aval_of, block.arguments)), tuple(map(aval_of, outputs)))


def _create(
    name: str,
    operands: Sequence[Value],
    results: Sequence[ir.Type],
    attributes: dict[str, ir.Attribute] | None,
    regions: int,
) -> ir.Operation:
    return ir.Operation.create(
        name, results=list(results), operands=list(operands), attributes=attributes, regions=regions
    )


def build_function(module: ir.Module, name: str, inputs: Sequence[ir.Type], build: Build) -> func.FuncOp:
    """A private function whose body ``build`` makes of its arguments, to become a region."""
    builder = FunctionBuilder(module, name, inputs)
    with builder:
        results = build(builder.arguments)
    return builder.finish(results)


def dependents(block: ir.Block, seeds: Sequence[Value], module: ir.Module | None = None) -> set[Value]:
    """The values of a block that depend on ``seeds``.

    With a module at hand it is seen which results of calls, loops and branches do; without, all are taken to.
    """
    found = set(seeds)
    for op in block.operations:
        if any(x in found for x in op.operands):
            found.update(op.results if module is None else dependent_results(module, op, found))
    return found


def dependent_results(module: ir.Module, op: ir.OpView, values: set[Value]) -> list[Value]:
    """The results of an op that depend on some values."""
    given = listed(op.operands)
    if not any(x in values for x in given):
        return []
    results = listed(op.results)
    if not isinstance(op, CALLING):
        return results
    operands = {i for i, x in enumerate(given) if x in values}
    if isinstance(op, func.CallOp):
        reached = _reached(module, body_of(lookup(module, op.callee.value)), operands)
    else:
        reached = op.dependent_results(module, operands)
    return [results[i] for i in sorted(reached)]


def _reached(module: ir.Module, block: ir.Block, arguments: set[int]) -> set[int]:
    """Which of the values that a block ends with depend on the arguments with these numbers."""
    found = dependents(block, [a for i, a in enumerate(block.arguments) if i in arguments], module)
    return {i for i, x in enumerate(terminator_of(block).operands) if x in found}


def _needed(block: ir.Block, outputs: Sequence[Value]) -> set[Value]:
    """The values of a block that ``outputs`` and ops with effects are computed from, themselves included."""
    found = set(outputs)
    for op in reversed(list(block.operations)):
        if any(r in found for r in op.results) or has_effect(op):
            found.update(op.operands)
    return found


def prune(op: RegionOp) -> RegionOp:
    """Drop results that nobody uses and operands that the rest does not need; gives the op in its new form."""
    blocks = op.blocks
    carried = op.carried
    wanted = {i for i, r in enumerate(op.results) if next(iter(r.uses), None) is not None}
    while True:
        used = set()
        for k, block in enumerate(blocks):
            outputs = list(terminator_of(block).operands)
            if k not in op.conditions:
                outputs = [outputs[i] for i in wanted]
            needed = _needed(block, outputs)
            used |= {i for i, a in enumerate(block.arguments) if a in needed}
        grown = wanted | {i for i in used if i < carried}
        if grown == wanted:
            break
        wanted = grown
    used |= {i for i in wanted if i < carried}
    if len(wanted) == len(op.results) and len(used) == len(blocks[0].arguments):
        return op
    return _restricted(op, sorted(wanted), used)


def _restricted(op: RegionOp, results: Sequence[int], arguments: set[int]) -> RegionOp:
    kept = [i < op.first or i - op.first in arguments for i in range(len(op.operands))]
    for k, block in enumerate(op.blocks):
        terminator = terminator_of(block)
        if k not in op.conditions:
            outputs = list(terminator.operands)
            with ir.InsertionPoint(terminator), terminator.location:
                YieldOp.create([outputs[i] for i in results], (), {})
            terminator.operation.erase()
        _drop_dead(block)
        for i in reversed(range(len(block.arguments))):
            if i not in arguments:
                block.erase_argument(i)
    operands = [x for x, keep in zip(op.operands, kept, strict=True) if keep]
    attributes = op.encode(op.attrs_for(kept))
    with ir.InsertionPoint(op), op.location:
        new = _create(
            op.OPERATION_NAME, operands, [op.results[i].type for i in results], attributes, len(op.regions)
        )
    for old, region in zip(list(op.regions), new.regions, strict=True):
        old.blocks[0].append_to(region)
    for i, result in zip(results, new.results, strict=True):
        op.results[i].replace_all_uses_with(result)
    op.operation.erase()
    found = new.opview
    assert isinstance(found, RegionOp)
    return found


def _drop_dead(block: ir.Block) -> None:
    for op in reversed(list(block.operations)):
        unused = all(next(iter(r.uses), None) is None for r in op.results)
        if unused and not isinstance(op, YieldOp) and not has_effect(op):
            op.operation.erase()
