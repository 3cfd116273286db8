"""Random programs of the dialect: functions that call each other, on values of a few shapes.

Programs are smooth (no kinks) so that they can be differentiated, and stay within a moderate range. Neutral
elements, double transposes, constants and repeated ops occur often, which is what the passes look for.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np

from axir_compiler import ops
from axir_compiler.ir.attributes import ScalarValue
from axir_compiler.ir.module import FunctionBuilder, call, lookup, new_module
from axir_compiler.ir.op import Value
from axir_compiler.ir.types import Aval, aval_of, mlir_type
from axir_compiler.mlir import context, ir

__all__ = ["FLOAT64", "INT32", "arguments", "random_module"]

FLOAT64, INT32 = np.dtype("float64"), np.dtype("int32")
SHAPE = (2, 3)
SIGNATURE = (Aval(SHAPE, FLOAT64), Aval(SHAPE, FLOAT64), Aval((), FLOAT64), Aval(SHAPE, INT32))
NUMBERS = (0.0, -0.0, 1.0, 2.0, -0.5)

Step = Callable[["_Writer"], Value]


def random_module(seed: int, *, length: int = 14) -> ir.Module:
    """A module with ``@f`` and two functions that it calls; all take arguments as ``arguments`` gives."""
    rng = random.Random(seed)
    module = new_module()
    for name, callees in (("h", ()), ("g", ("h",)), ("f", ("g", "h"))):
        _Writer(module, rng, callees).write(name, length)
    with module.context:
        lookup(module, "f").attributes["sym_visibility"] = ir.StringAttr.get("public")
    return module


def arguments(seed: int) -> list[np.ndarray]:
    """Arguments for the functions of ``random_module``."""
    rng = np.random.default_rng(seed)
    return [
        rng.uniform(-1, 1, a.shape) if a.dtype == FLOAT64 else rng.integers(-3, 4, a.shape).astype(np.int32)
        for a in SIGNATURE
    ]


class _Writer:
    """Writes one function: each step takes values that are there and adds one more."""

    def __init__(self, module: ir.Module, rng: random.Random, callees: tuple[str, ...]):
        self._module = module
        self._rng = rng
        self._callees = callees
        self._values: list[Value] = []

    def write(self, name: str, length: int) -> None:
        builder = FunctionBuilder(self._module, name, [mlir_type(a) for a in SIGNATURE])
        self._values = builder.arguments
        with builder, ir.Location.unknown(context()):
            for _ in range(length):
                self._values.append(self._rng.choice(STEPS)(self))
            for callee in self._callees:
                self._call(callee)
            results = [self.pick(), self.pick(), self.pick(INT32)]
        builder.finish(results)

    def pick(self, dtype: np.dtype = FLOAT64) -> Value:
        """A value of the shape and a dtype, late ones more likely."""
        fitting = [v for v in self._values if aval_of(v) == Aval(SHAPE, dtype)]
        return fitting[max(self._rng.randrange(len(fitting)), self._rng.randrange(len(fitting)))]

    def scalar(self) -> Value:
        return self._rng.choice([v for v in self._values if aval_of(v) == Aval((), FLOAT64)])

    def constant(self, dtype: np.dtype = FLOAT64) -> Value:
        number = self._rng.choice(NUMBERS) if dtype == FLOAT64 else self._rng.randrange(-2, 3)
        scalar = ops.constant(value=ScalarValue(number, dtype))
        return ops.broadcast_in_dim(scalar, shape=SHAPE, dimensions=())

    def either(self) -> tuple[Value, Value]:
        """A value and a value or constant, in any order."""
        pair = [self.pick(), self.pick() if self._rng.random() < 0.5 else self.constant()]
        self._rng.shuffle(pair)
        return pair[0], pair[1]

    def choose(self, *options: int) -> int:
        return self._rng.choice(options)

    def axes(self) -> tuple[int, ...]:
        return self._rng.choice(((), (0,), (1,), (0, 1)))

    def _call(self, callee: str) -> None:
        operands = [self.pick(), self.pick(), self.scalar(), self.pick(INT32)]
        results = [mlir_type(SIGNATURE[0])] * 2 + [mlir_type(SIGNATURE[3])]
        self._values += call(callee, operands, results)


def _bounded(x: Value) -> Value:
    """Keeps sizes of numbers moderate, however long the program is."""
    return ops.tanh(x)


def _reduced(w: _Writer) -> Value:
    axes = w.axes()
    kept = tuple(d for d in (0, 1) if d not in axes)
    total = ops.reduce_sum(_bounded(w.pick()), axes=axes)
    return ops.broadcast_in_dim(total, shape=SHAPE, dimensions=kept)


def _turned(w: _Writer) -> Value:
    return ops.transpose(ops.transpose(w.pick(), permutation=(1, 0)), permutation=(1, 0))


def _product(w: _Writer) -> Value:
    """``x (y^T z)``, the transposition spelt out."""
    none = {"lhs_batch": (), "rhs_batch": (), "dtype": FLOAT64}
    turned = ops.transpose(_bounded(w.pick()), permutation=(1, 0))
    inner = ops.dot_general(turned, _bounded(w.pick()), lhs_contract=(1,), rhs_contract=(0,), **none)
    return ops.dot_general(_bounded(w.pick()), inner, lhs_contract=(1,), rhs_contract=(0,), **none)


def _cut_and_joined(w: _Writer) -> Value:
    x, y = w.either()
    left = ops.slice(x, start=(0, 0), limit=(2, 1), stride=(1, 1))
    right = ops.slice(y, start=(0, 1), limit=(2, 3), stride=(1, 1))
    nothing = ops.slice(x, start=(0, 0), limit=(2, 0), stride=(1, 1))
    return ops.concatenate(left, nothing, right, dimension=1)


def _padded(w: _Writer) -> Value:
    wide = ops.pad(w.pick(), w.scalar(), low=(1, -1), high=(0, 2), interior=(0, 1))
    return ops.slice(wide, start=(1, 1), limit=(3, 6), stride=(1, 2))


def _selected(w: _Writer) -> Value:
    x, y = w.either()
    return ops.select(ops.compare(w.pick(INT32), w.constant(INT32), direction="lt"), x, y)


STEPS: tuple[Step, ...] = (
    lambda w: ops.sin(w.pick()),
    lambda w: ops.logistic(w.pick()),
    lambda w: ops.neg(ops.neg(w.pick())),
    lambda w: ops.exp(_bounded(w.pick())),
    lambda w: ops.add(*w.either()),
    lambda w: ops.sub(*w.either()),
    lambda w: ops.mul(*map(_bounded, w.either())),
    lambda w: ops.mul(w.pick(), w.constant()),
    lambda w: ops.div(w.pick(), ops.full_like(w.pick(), 1.0)),
    lambda w: ops.integer_pow(_bounded(w.pick()), exponent=w.choose(1, 2, 3)),
    lambda w: ops.reshape(ops.reshape(w.pick(), shape=(6,)), shape=SHAPE),
    lambda w: ops.reverse(w.pick(), dimensions=(1,)),
    lambda w: ops.convert(w.pick(), dtype=FLOAT64),
    lambda w: ops.convert(w.pick(INT32), dtype=FLOAT64),
    lambda w: ops.broadcast_in_dim(ops.mul(w.scalar(), w.scalar()), shape=SHAPE, dimensions=()),
    lambda w: ops.reduce_sum(_bounded(w.pick()), axes=(0, 1)),
    lambda w: ops.add(w.pick(INT32), w.constant(INT32)),
    lambda w: ops.max(w.pick(INT32), w.pick(INT32)),
    lambda w: ops.cos(w.constant()),
    _reduced,
    _turned,
    _product,
    _cut_and_joined,
    _padded,
    _selected,
)
