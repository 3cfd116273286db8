"""What an algorithm is written in that runs both on NumPy arrays and, as IR, on single numbers inside a kernel.

Operators and comparisons mean the same on arrays and on `Real`; the rest is a method of an `Arithmetic`. Both
compute in float64. Loops run until the condition fails for the number at hand; on arrays the elements that are done
keep their values while the others go on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from axir_compiler.lowering.scalar import error_function, exponential, logarithm, power, root
from axir_compiler.lowering.scalar.expression import Condition, Real, select
from axir_compiler.mlir import ir, scf

__all__ = ["KERNEL", "NUMPY", "Arithmetic"]

Number = Any
State = Sequence[Number]


class Arithmetic(ABC):
    """Functions of numbers, selection and loops."""

    @abstractmethod
    def call(self, name: str, *xs: Number) -> Number:
        """``exp``, ``expm1``, ``log``, ``log1p``, ``sqrt``, ``erfc`` or ``pow``."""

    @abstractmethod
    def select(self, condition: Any, yes: Number | float, no: Number) -> Number:
        """``yes`` where the condition holds, else ``no``."""

    @abstractmethod
    def equal(self, x: Number, y: Number | float) -> Any:
        """``x == y``, false on NaN."""

    @abstractmethod
    def full(self, like: Number, value: float) -> Number:
        """A constant."""

    @abstractmethod
    def loop(self, condition: Callable[..., Any], body: Callable[..., State], start: State) -> list[Number]:
        """``while condition(*state): state = body(*state)``; must end also for NaN."""

    def polynomial(self, x: Number, coefficients: Sequence[float]) -> Number:
        """``coefficients[0] + coefficients[1] * x + ...``."""
        result = self.full(x, coefficients[-1])
        for c in reversed(coefficients[:-1]):
            result = result * x + c
        return result


class _Kernel(Arithmetic):
    _FUNCTIONS: ClassVar[dict[str, Callable[..., Real]]] = {
        "exp": exponential.exp,
        "expm1": exponential.expm1,
        "log": logarithm.log,
        "log1p": logarithm.log1p,
        "sqrt": root.sqrt,
        "erfc": error_function.erfc,
        "pow": power.power,
    }

    def call(self, name: str, *xs: Number) -> Real:
        return self._FUNCTIONS[name](*xs)

    def select(self, condition: Condition, yes: Real | float, no: Real) -> Real:
        return select(condition, yes if isinstance(yes, Real) else no.constant(yes), no)

    def equal(self, x: Real, y: Real | float) -> Condition:
        return x.equals(y)

    def full(self, like: Real, value: float) -> Real:
        return like.constant(value)

    def loop(
        self, condition: Callable[..., Condition], body: Callable[..., State], start: State
    ) -> list[Real]:
        kinds = [x.value.type for x in start]
        op = scf.WhileOp(kinds, [x.value for x in start])

        def inside(region: ir.Region) -> tuple[ir.Block, list[Real]]:
            block = region.blocks.append(*kinds)
            return block, [Real(v, x.format) for v, x in zip(block.arguments, start, strict=True)]

        block, state = inside(op.regions[0])
        with ir.InsertionPoint(block):
            scf.ConditionOp(condition(*state).value, [x.value for x in state])
        block, state = inside(op.regions[1])
        with ir.InsertionPoint(block):
            scf.YieldOp([x.value for x in body(*state)])
        return [Real(v, x.format) for v, x in zip(op.results, start, strict=True)]


class _Numpy(Arithmetic):
    _NAMES: ClassVar[dict[str, str]] = {"pow": "power"}

    def call(self, name: str, *xs: Number) -> np.ndarray:
        if name == "erfc":
            import scipy.special

            return scipy.special.erfc(*xs)
        return getattr(np, self._NAMES.get(name, name))(*xs)

    def select(self, condition: Any, yes: Number | float, no: Number) -> np.ndarray:
        return np.where(condition, yes, no)

    def equal(self, x: Number, y: Number | float) -> Any:
        return np.equal(x, y)

    def full(self, like: Number, value: float) -> np.ndarray:
        return np.full(np.shape(like), value)

    def loop(
        self, condition: Callable[..., Any], body: Callable[..., State], start: State
    ) -> list[np.ndarray]:
        state = [np.asarray(x) for x in start]
        while np.any(going := condition(*state)):
            state = [np.where(going, new, old) for new, old in zip(body(*state), state, strict=True)]
        return state


KERNEL: Arithmetic = _Kernel()
NUMPY: Arithmetic = _Numpy()
