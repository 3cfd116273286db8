"""Evaluation of functions with NumPy: eager mode, constant folding, and the oracle of the tests.

A function is turned into a plan once, a flat list of NumPy calls on numbered slots, which then runs as
often as wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from axir_compiler.errors import InternalError
from axir_compiler.ir.module import body_of, functions, is_jit, is_terminator
from axir_compiler.ir.op import AxirOp
from axir_compiler.ir.region import RegionOp
from axir_compiler.ir.types import BFLOAT16, aval_of
from axir_compiler.mlir import func, ir

__all__ = ["Plan", "Step", "evaluate_op", "make_plan", "with_last_uses"]

Call = Callable[..., Sequence[np.ndarray]]
Watch = Callable[[AxirOp, Callable[..., Any]], Callable[..., Any]]


class Step(NamedTuple):
    """A call of a NumPy function, on slots and with results in slots.

    Attributes:
        function, operands, attrs, results: The call.
        shape: That of the result, if it is computed element by element from operands of that shape.
        whole: What the function is for arrays that are not large, if it distinguishes them.
        broadcasts: Whether it does no more than what NumPy's rules of broadcasting would do to its operand.
        repeatable: Whether it gives the same whenever it is called, and does nothing else.
        last_uses: Slots that no later step uses.
    """

    function: Callable[..., Any]
    operands: tuple[int, ...]
    attrs: dict[str, Any]
    results: tuple[int, ...]
    shape: tuple[int, ...] | None = None
    whole: Callable[..., Any] | None = None
    broadcasts: bool = False
    repeatable: bool = False
    last_uses: tuple[int, ...] = ()


class Plan(NamedTuple):
    """A function as NumPy calls; ``plan(*arrays)`` gives the list of its results.

    ``rest`` is what is in the slots behind the inputs when it begins: constants, and ``None`` for results of steps.
    ``program``, if it is there, does what ``run`` does.
    """

    steps: tuple[Step, ...]
    inputs: int
    rest: tuple[Any, ...]
    outputs: tuple[int, ...]
    program: Callable[..., list[np.ndarray]] | None = None

    def __call__(self, *arrays: np.ndarray) -> list[np.ndarray]:
        with np.errstate(all="ignore"):
            return self.run(*arrays)

    def run(self, *arrays: np.ndarray) -> list[np.ndarray]:
        """As a call, where NumPy's warnings are off already."""
        if self.program is not None:
            return self.program(*arrays)
        slots: list[Any] = [*arrays, *self.rest]
        for function, operands, attrs, results, _, _, _, _, last_uses in self.steps:
            found = function(*[slots[i] for i in operands], **attrs)
            if len(results) == 1:
                slots[results[0]] = found
            else:
                for i, value in zip(results, found, strict=True):
                    slots[i] = value
            for i in last_uses:
                slots[i] = None
        return [np.asarray(slots[i]) for i in self.outputs]


def evaluate_op(op: type[AxirOp], arrays: Sequence[Any], attrs: dict[str, Any]) -> Any:
    """One op on arrays: an array, or a tuple for an op with several results."""
    with np.errstate(all="ignore"):
        return op.numpy(*arrays, **attrs)


def make_plan(
    module: ir.Module,
    symbol: str,
    compile_jit: Callable[[str], Call] | None = None,
    watch: Watch | None = None,
    between: Callable[[], tuple[()]] | None = None,
) -> Plan:
    """The plan of a function whose transformations are expanded.

    ``compile_jit`` turns the symbol of a function that was traced for jit into a callable that runs it
    compiled; without it such calls are evaluated like all others. ``watch`` takes each op of the dialect with the
    function that evaluates it, and gives the function that is called instead. ``between`` is called before each op,
    also in each turn of a loop; it may raise an exception to end the evaluation.
    """
    return _Planner(module, compile_jit, watch, between).plan(symbol)


class _Planner:
    def __init__(
        self,
        module: ir.Module,
        compile_jit: Callable[[str], Call] | None,
        watch: Watch | None = None,
        between: Callable[[], tuple[()]] | None = None,
    ):
        self._functions = functions(module)
        self._compile_jit = compile_jit
        self._watch = watch
        self._pause = () if between is None else (Step(between, (), {}, ()),)
        self._plans: dict[str, Call] = {}

    def plan(self, symbol: str) -> Plan:
        return self._plan_block(body_of(self._functions[symbol]))

    def _plan_block(self, block: ir.Block) -> Plan:
        slots: dict[ir.Value, int] = {a: i for i, a in enumerate(block.arguments)}
        inputs = len(slots)
        steps: list[Step] = []
        outputs: tuple[int, ...] = ()
        for op in block.operations:
            operands = tuple(slots[x] for x in op.operands)
            if is_terminator(op):
                outputs = operands
                break
            results = tuple(range(len(slots), len(slots) + len(op.results)))
            slots.update(zip(op.results, results, strict=True))
            function, attrs = self._function(op, len(results))
            steps += self._pause
            repeatable = isinstance(op, AxirOp) and op.repeatable
            shape = aval_of(op.results[0]).shape if repeatable and op.elementwise else None
            whole = getattr(function, "whole", None)
            steps.append(Step(function, operands, attrs, results, shape, whole, _broadcasts(op), repeatable))
        rest = (None,) * (len(slots) - inputs)
        return Plan(with_last_uses(steps, inputs, outputs), inputs, rest, outputs)

    def _function(self, op: ir.OpView, results: int) -> tuple[Callable[..., Any], dict[str, Any]]:
        if isinstance(op, func.CallOp):
            call = self._callee(op.callee.value)
            return (call if results != 1 else (lambda *xs: call(*xs)[0])), {}
        if not isinstance(op, AxirOp) or getattr(op, "is_transformation", False):
            raise InternalError(f"evaluate: {op.OPERATION_NAME} must be expanded first.")
        if isinstance(op, RegionOp):
            bodies = tuple(self._plan_block(region.blocks[0]).run for region in op.regions)
            found = type(op).numpy(bodies, tuple(map(aval_of, op.results)), **op.attrs)
            return (found if results != 1 else (lambda *xs: found(*xs)[0])), {}
        function, attrs = op.evaluation()
        if len(op.operands) and aval_of(op.operands[0]).dtype not in _HALF:
            function = getattr(function, "exact", function)
        return (function if self._watch is None else self._watch(op, function)), attrs

    def _callee(self, symbol: str) -> Call:
        found = self._plans.get(symbol)
        if found is None:
            compiled = self._compile_jit is not None and is_jit(self._functions[symbol])
            found = self._compile_jit(symbol) if compiled and self._compile_jit else self.plan(symbol)
            self._plans[symbol] = found
        return found


_HALF = (np.dtype("float16"), BFLOAT16)


def _broadcasts(op: ir.OpView) -> bool:
    """Whether an op repeats its operand along axes in front and axes of size 1 only."""
    if not isinstance(op, AxirOp) or op.short_name != "broadcast_in_dim":
        return False
    rank, dimensions = len(op.attrs["shape"]), op.attrs["dimensions"]
    return dimensions == tuple(range(rank - len(dimensions), rank))


def with_last_uses(steps: Sequence[Step], inputs: int, outputs: Sequence[int]) -> tuple[Step, ...]:
    """Note at each step which slots it is the last to use, so that memory is freed early."""
    kept = set(outputs)
    finished: list[Step] = []
    for step in reversed(steps):
        used = (*step.operands, *step.results)
        last = tuple(i for i in dict.fromkeys(used) if i not in kept and i >= inputs)
        kept.update(used)
        finished.append(step._replace(last_uses=last))
    return tuple(reversed(finished))
