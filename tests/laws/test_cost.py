"""What each op says that it costs."""

from __future__ import annotations

from harness import SYMBOL, function_of

from axir_compiler.analysis.cost import op_costs
from axir_compiler.analysis.memory import memory_of
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import aval_of
from axir_compiler.mlir import context
from cases import CASES

_ACCESS = {"all", "part", "update", "nothing"}


def test_every_op_has_a_cost() -> None:
    """Whole numbers, no more bytes than operands and results have; what only moves elements computes nothing."""
    for case in CASES:
        _, dtype = next(iter(case.runs()))
        with context():
            module = function_of(case, dtype)
            (found,) = op_costs(module, SYMBOL)
            op, cost = found.op, found.cost
            figures = (cost.flops, cost.transcendentals, cost.bytes, cost.fused_bytes)
            assert all(type(n) is int and n >= 0 for n in figures), (case.name(dtype), cost)
            values = (*op.operands, *op.results)
            assert cost.bytes <= sum(aval_of(x).nbytes for x in values), case.name(dtype)
            assert op.arithmetic or not cost.flops, case.name(dtype)
            assert memory_of(module, SYMBOL).peak >= memory_of(module, SYMBOL).arguments


def test_ops_say_what_they_access() -> None:
    assert {op.access for op in OPS.values()} <= _ACCESS
