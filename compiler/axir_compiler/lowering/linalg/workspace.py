"""Loops that change arrays in place, for kernels that factorize matrices.

`Array` is a handle on a tensor whose elements are read and assigned; a `Workspace` threads the tensors of its
arrays through the loops and branches that it builds. Everything ends up inside one dispatch, whose rules
`lowering.kernels` explains. Rows of arrays are padded to whole vectors, so that no vector is read or written in
part; scratch space is further rows of a result, because tensors that are no results live on the small stack.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from axir_compiler.lowering import emit
from axir_compiler.lowering.generic import element_type_of, shape_of
from axir_compiler.lowering.kernels import kernel
from axir_compiler.lowering.linalg.complex_numbers import (
    Complex,
    Number,
    flatten,
    is_complex_type,
    joined,
    part_type,
    planes_of,
    restore,
)
from axir_compiler.lowering.linalg.numbers import Flag, Index, Real, constant_index
from axir_compiler.lowering.movement import reshape
from axir_compiler.mlir import arith, context, ir, scf, tensor, vector

__all__ = ["Array", "Workspace", "lanes_of", "round_up", "run"]

At = Index | int
_VECTOR_BYTES = 32


def lanes_of(kind: ir.Type) -> int:
    """Floats in a vector; of complex numbers, of one of the parts."""
    return 8 * _VECTOR_BYTES // emit.bit_width(part_type(kind))


def round_up(number: int, step: int) -> int:
    """The smallest multiple of ``step`` that is not smaller."""
    return -(-number // step) * step


def _values(at: Sequence[At]) -> list[ir.Value]:
    return [(constant_index(i) if isinstance(i, int) else i).value for i in at]


class Array:
    """A tensor; assigning to an element makes the handle stand for the changed tensor.

    Complex numbers are in two ``planes``, an axis of size 2 before the free ones.
    """

    def __init__(
        self,
        value: ir.Value,
        ahead: Sequence[Index] = (),
        shift: int = 0,
        kept: Sequence[bool] | None = None,
        planes: bool = False,
    ):
        self._planes = planes
        self._root = self
        self.value = value
        self._ahead = tuple(ahead)
        self._shift = shift
        self._kept = kept

    def item(self, at: Index) -> Array:
        """The same array with its first free axis at a fixed position."""
        view = Array(self._root.value, (*self._ahead, at + self._shift), planes=self._planes)
        view._root = self._root
        return view

    def below(self, rows: int) -> Array:
        """The same array without its first rows."""
        view = Array(self._root.value, self._ahead, self._shift + rows, planes=self._planes)
        view._root = self._root
        return view

    @property
    def real(self) -> Array:
        """The same array of real parts; of real numbers the array itself."""
        return self._plane(0) if self._planes else self

    def _plane(self, k: int) -> Array:
        view = Array(self._root.value, (*self._ahead, constant_index(k)), self._shift)
        view._root = self._root
        return view

    def _parts(self) -> tuple[Array, Array]:
        return self._plane(0), self._plane(1)

    @property
    def is_complex(self) -> bool:
        return self._planes

    @property
    def element(self) -> ir.Type:
        return ir.RankedTensorType(self._root.value.type).element_type

    def number(self, value: float) -> Any:
        """A constant of the element type; NaN has it in both parts."""
        re = Real(emit.constant(self.element, value))
        return Complex(re, re if math.isnan(value) else re.zero()) if self._planes else re

    def _at(self, at: Any) -> list[ir.Value]:
        free = list(at) if isinstance(at, tuple) else [at]
        if self._shift:
            free[0] = free[0] + self._shift
        positions = (*self._ahead, *free)
        kept = self._root._kept or [True] * len(positions)
        return _values([p for p, keep in zip(positions, kept, strict=True) if keep])

    def __getitem__(self, at: Any) -> Any:
        if self._planes:
            return Complex(*(part[at] for part in self._parts()))
        return Real(tensor.extract(self._root.value, self._at(at)))

    def __setitem__(self, at: Any, value: Number) -> None:
        if self._planes:
            for part, one in zip(self._parts(), _pair(value), strict=True):
                part[at] = one
            return
        assert isinstance(value, Real)
        self._root.value = tensor.insert(value.value, self._root.value, self._at(at))

    def set(self, at: Any, value: Number) -> None:
        """Assign to an element."""
        self[at] = value

    def integer(self, at: Any) -> Index:
        """An element of an integer array, as a position."""
        found = tensor.extract(self._root.value, self._at(at))
        return Index(arith.index_cast(ir.IndexType.get(context()), found))

    def set_integer(self, at: Any, value: Index) -> None:
        """Assign a position to an element of an integer array."""
        self._root.value = tensor.insert(value.as_integer(self.element), self._root.value, self._at(at))

    def get(self, *at: At, lanes: int) -> Any:
        """A vector along the last axis; all of it must be inside."""
        if self._planes:
            return Complex(*(part.get(*at, lanes=lanes) for part in self._parts()))
        positions = self._at(at)
        kind = ir.VectorType.get([lanes], self.element)
        padding = emit.constant(self.element, 0)
        return Real(
            vector.transfer_read(kind, self._root.value, positions, _minor(len(positions)), padding, [True])
        )

    def put(self, value: Number, *at: At) -> None:
        """Assign a vector along the last axis."""
        if self._planes:
            for part, one in zip(self._parts(), _pair(value), strict=True):
                part.put(one, *at)
            return
        assert isinstance(value, Real)
        positions = self._at(at)
        target = self._root.value
        self._root.value = vector.transfer_write(
            target.type, value.value, target, positions, _minor(len(positions)), [True]
        )


def _pair(value: Number) -> tuple[Real, Real]:
    return (value.re, value.im) if isinstance(value, Complex) else (value, value.zero())


def _minor(rank: int) -> ir.AffineMap:
    return ir.AffineMap.get_minor_identity(rank, 1)


class Workspace:
    """The arrays that change, carried through loops and branches."""

    def __init__(self, *arrays: Array):
        self.arrays = arrays

    def _now(self) -> list[ir.Value]:
        return [a.value for a in self.arrays]

    def _bind(self, values: Sequence[ir.Value], likes: Sequence[Any] = ()) -> list[Any]:
        """Let the arrays stand for the first values; gives what the others make up, of kinds like those given."""
        count = len(self.arrays)
        for array, value in zip(self.arrays, values[:count], strict=True):
            array.value = value
        return restore(likes, iter(list(values)[count:]))

    def _yield(self, found: Sequence[Any] | None) -> None:
        scf.YieldOp([*self._now(), *_flat(found or ())])

    def loop(
        self,
        start: At,
        stop: At,
        body: Callable[..., Sequence[Any] | None],
        *carried: Any,
        step: int = 1,
    ) -> Any:
        """``for i in range(start, stop, step): carried = body(i, *carried)``; gives what is carried."""
        first, last, stride = _values((start, stop, step))
        op = scf.ForOp(first, last, stride, [*self._now(), *_flat(carried)])
        with ir.InsertionPoint(op.body):
            inside = self._bind(list(op.inner_iter_args), carried)
            self._yield(body(Index(op.induction_variable), *inside))
        return _one_or_all(self._bind(list(op.results), carried))

    def when(
        self,
        condition: Flag,
        body: Callable[[], Sequence[Any] | None],
        otherwise: Callable[[], Sequence[Any] | None] | None = None,
        *,
        kinds: Sequence[Any] = (),
    ) -> Any:
        """``body()`` if the condition holds, else ``otherwise()``; both give values like ``kinds``."""
        before = self._now()
        types = [x.type for x in before] + [k.type for k in _flat(kinds)]
        op = scf.IfOp(condition.value, types, has_else=True)
        for block, branch in ((op.then_block, body), (op.else_block, otherwise)):
            with ir.InsertionPoint(block):
                self._bind(before)
                self._yield(branch() if branch is not None else kinds)
        return _one_or_all(self._bind(list(op.results), kinds))

    def repeat(
        self, limit: At, going: Callable[..., Flag], body: Callable[..., Sequence[Any]], *carried: Any
    ) -> Any:
        """``body`` while ``going`` says so, both of what is carried, at most ``limit`` times."""
        (most,) = _values((limit,))
        start = constant_index(0)
        likes = [*carried, start]
        inits = [*self._now(), *_flat(likes)]
        op = scf.WhileOp([x.type for x in inits], inits)
        before = op.before.blocks.append(*(x.type for x in inits))
        with ir.InsertionPoint(before):
            inside = self._bind(list(before.arguments), likes)
            condition = going(*inside[:-1]) & inside[-1].compare("lt", Index(most))
            scf.ConditionOp(condition.value, list(before.arguments))
        after = op.after.blocks.append(*(x.type for x in inits))
        with ir.InsertionPoint(after):
            inside = self._bind(list(after.arguments), likes)
            found = body(*inside[:-1])
            self._yield([*found, inside[-1] + 1])
        return _one_or_all(self._bind(list(op.results), likes)[:-1])


def _flat(items: Sequence[Any]) -> list[ir.Value]:
    return [value for x in items for value in flatten(x)]


def _one_or_all(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else tuple(values)


def run(
    batch: Sequence[int],
    results: Sequence[tuple[Sequence[int], ir.Type]],
    inputs: Sequence[ir.Value],
    body: Callable[..., None],
) -> list[ir.Value]:
    """A kernel that runs ``body(workspace, *inputs, *results)`` for each item of a batch.

    Inside there are no axes of size 1: IREE removes them from the tensors of a kernel, but not from what reads them.

    Args:
        batch: Sizes of the leading axes, none of them 0.
        results: Shape without the batch axes and element type of each result.
        inputs: Tensors with the same leading axes.
        body: Gets arrays that stand for one item each, and changes those of the results.
    """

    rank = len(batch)
    complex_results = [is_complex_type(kind) for _, kind in results]
    complex_inputs = [is_complex_type(element_type_of(x)) for x in inputs]
    inputs = [planes_of(x, rank) if apart else x for x, apart in zip(inputs, complex_inputs, strict=True)]
    shapes = [
        (*batch, *([2] if apart else []), *shape)
        for (shape, _), apart in zip(results, complex_results, strict=True)
    ]
    squeezed = [reshape(x, _without_ones(shape_of(x))) for x in inputs]

    def whole(*tensors: ir.Value) -> list[ir.Value]:
        sources = [
            _array(t, shape_of(x), planes)
            for t, x, planes in zip(squeezed, inputs, complex_inputs, strict=True)
        ]
        arrays = [
            _array(t, shape, planes)
            for t, shape, planes in zip(tensors, shapes, complex_results, strict=True)
        ]
        space = Workspace(*arrays)

        def over(axes: int, items: Sequence[Array]) -> None:
            if not axes:
                return body(space, *items)
            return space.loop(0, batch[-axes], lambda i: over(axes - 1, [a.item(i) for a in items]))

        over(len(batch), [*sources, *arrays])
        return [a.value for a in arrays]

    kinds = [
        (_without_ones(shape), part_type(kind)) for shape, (_, kind) in zip(shapes, results, strict=True)
    ]
    found = [reshape(x, shape) for x, shape in zip(kernel(kinds, whole), shapes, strict=True)]
    return [joined(x, rank) if apart else x for x, apart in zip(found, complex_results, strict=True)]


def _without_ones(shape: Sequence[int]) -> list[int]:
    return [n for n in shape if n != 1]


def _array(x: ir.Value, shape: Sequence[int], planes: bool) -> Array:
    """A tensor without axes of size 1, to be indexed as if it had them."""
    return Array(x, kept=[n != 1 for n in shape], planes=planes)
