"""Operations and bytes of a program, op by op.

Each op says what it costs by itself (``flops``, ``transcendentals`` and ``traffic`` of its class). Loops repeat their
bodies, a branch costs as much as its most expensive region. How often a ``while_loop`` runs is not known: its regions
count once, and the cost says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import NamedTuple

from axir_compiler.analysis.fusion import fused_values
from axir_compiler.errors import VerificationError
from axir_compiler.ir.module import body_of, is_terminator, lookup
from axir_compiler.ir.op import AxirOp
from axir_compiler.ir.region import RegionOp
from axir_compiler.mlir import func, ir
from axir_compiler.ops.scan import ScanOp
from axir_compiler.ops.switch import SwitchOp
from axir_compiler.ops.while_loop import WhileLoopOp

__all__ = ["Cost", "OpCost", "op_costs", "total_cost"]


@dataclass(frozen=True)
class Cost:
    """What running something takes.

    Attributes:
        flops: Arithmetic operations, on integers too.
        transcendentals: Evaluations of functions such as exp.
        bytes: Read and written if every op ran by itself.
        fused_bytes: Read and written if values that IREE fuses stay in registers; an estimate.
        unbounded_loops: Loops that run until a condition holds, counted as if they took one step.
    """

    flops: int = 0
    transcendentals: int = 0
    bytes: int = 0
    fused_bytes: int = 0
    unbounded_loops: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Cost)))

    def times(self, count: int) -> Cost:
        """The cost of so many repetitions; loops are not counted again."""
        scaled = {f.name: getattr(self, f.name) * count for f in fields(Cost)}
        return Cost(**{**scaled, "unbounded_loops": self.unbounded_loops})

    @property
    def intensity(self) -> float:
        """Operations, functions included, for each byte moved in fused form."""
        work = self.flops + self.transcendentals
        return work / self.fused_bytes if self.fused_bytes else 0.0


class OpCost(NamedTuple):
    """An op of the program, how often it runs, what all its runs cost, and whether its results reach memory."""

    op: AxirOp
    count: int
    cost: Cost
    stored: bool


def op_costs(module: ir.Module, symbol: str) -> list[OpCost]:
    """The ops of a function, with those of the loops and branches in it, in order.

    Raises:
        VerificationError: the function holds transformations that are not expanded.
    """
    return list(_block_costs(module, body_of(lookup(module, symbol)), 1))


def total_cost(costs: Iterable[OpCost]) -> Cost:
    """The cost of all together."""
    return sum((c.cost for c in costs), Cost())


def _block_costs(module: ir.Module, block: ir.Block, count: int) -> Iterator[OpCost]:
    fused = fused_values(block)
    for op in block.operations:
        if is_terminator(op):
            continue
        if isinstance(op, func.CallOp):
            yield from _block_costs(module, body_of(lookup(module, op.callee.value)), count)
        elif isinstance(op, RegionOp):
            yield from _region_costs(module, op, count)
        elif isinstance(op, AxirOp) and not op.symbol_names:
            stored = not fused.issuperset(op.results)
            yield OpCost(op, count, _own_cost(op, fused).times(count), stored)
        else:
            name = op.operation.name
            raise VerificationError(f"cost: {name} must be expanded first. Run the pass expand-transforms.")


def _own_cost(op: AxirOp, fused: set[ir.Value]) -> Cost:
    traffic = op.traffic()
    return Cost(
        op.flops(),
        op.transcendentals(),
        sum(n for _, n in traffic),
        sum(n for x, n in traffic if x not in fused),
    )


def _region_costs(module: ir.Module, op: RegionOp, count: int) -> Iterator[OpCost]:
    if isinstance(op, WhileLoopOp):
        yield OpCost(op, count, Cost(unbounded_loops=1), False)
    if isinstance(op, SwitchOp):
        branches = [list(_block_costs(module, block, count)) for block in op.blocks]
        yield from max(branches, key=lambda b: (total_cost(b).flops, total_cost(b).fused_bytes))
        return
    steps = op.length if isinstance(op, ScanOp) else 1
    for block in op.blocks:
        yield from _block_costs(module, block, count * steps)
