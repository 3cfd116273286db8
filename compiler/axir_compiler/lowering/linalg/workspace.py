"""Loops that change arrays in place, for kernels that factorize matrices.

`Array` is a handle on a tensor whose elements are read and assigned; a `Workspace` threads the tensors of its
arrays through the loops and branches that it builds. Everything ends up inside one dispatch, whose rules
`lowering.kernels` explains. Rows of arrays are padded to whole vectors, so that no vector is read or written in
part; scratch space is further rows of a result, because tensors that are no results live on the small stack.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from axir_compiler.lowering import emit
from axir_compiler.lowering.generic import shape_of
from axir_compiler.lowering.kernels import kernel
from axir_compiler.lowering.linalg.numbers import Flag, Index, Real, constant_index, unwrap, wrap
from axir_compiler.lowering.movement import reshape
from axir_compiler.mlir import arith, context, ir, scf, tensor, vector

__all__ = ["Array", "Workspace", "lanes_of", "round_up", "run"]

At = Index | int
_VECTOR_BYTES = 32


def lanes_of(kind: ir.Type) -> int:
    """Floats in a vector."""
    return 8 * _VECTOR_BYTES // emit.bit_width(kind)


def round_up(number: int, step: int) -> int:
    """The smallest multiple of ``step`` that is not smaller."""
    return -(-number // step) * step


def _values(at: Sequence[At]) -> list[ir.Value]:
    return [(constant_index(i) if isinstance(i, int) else i).value for i in at]


class Array:
    """A tensor; assigning to an element makes the handle stand for the changed tensor."""

    def __init__(
        self, value: ir.Value, ahead: Sequence[Index] = (), shift: int = 0, kept: Sequence[bool] | None = None
    ):
        self._root = self
        self.value = value
        self._ahead = tuple(ahead)
        self._shift = shift
        self._kept = kept

    def item(self, at: Index) -> Array:
        """The same array with its first free axis at a fixed position."""
        view = Array(self._root.value, (*self._ahead, at + self._shift))
        view._root = self._root
        return view

    def below(self, rows: int) -> Array:
        """The same array without its first rows."""
        view = Array(self._root.value, self._ahead, self._shift + rows)
        view._root = self._root
        return view

    @property
    def element(self) -> ir.Type:
        return ir.RankedTensorType(self._root.value.type).element_type

    def number(self, value: float) -> Real:
        """A constant of the element type."""
        return Real(emit.constant(self.element, value))

    def _at(self, at: Any) -> list[ir.Value]:
        free = list(at) if isinstance(at, tuple) else [at]
        if self._shift:
            free[0] = free[0] + self._shift
        positions = (*self._ahead, *free)
        kept = self._root._kept or [True] * len(positions)
        return _values([p for p, keep in zip(positions, kept, strict=True) if keep])

    def __getitem__(self, at: Any) -> Real:
        return Real(tensor.extract(self._root.value, self._at(at)))

    def __setitem__(self, at: Any, value: Real) -> None:
        self._root.value = tensor.insert(value.value, self._root.value, self._at(at))

    def set(self, at: Any, value: Real) -> None:
        """Assign to an element."""
        self[at] = value

    def integer(self, at: Any) -> Index:
        """An element of an integer array, as a position."""
        found = tensor.extract(self._root.value, self._at(at))
        return Index(arith.index_cast(ir.IndexType.get(context()), found))

    def set_integer(self, at: Any, value: Index) -> None:
        """Assign a position to an element of an integer array."""
        self._root.value = tensor.insert(value.as_integer(self.element), self._root.value, self._at(at))

    def get(self, *at: At, lanes: int) -> Real:
        """A vector along the last axis; all of it must be inside."""
        positions = self._at(at)
        kind = ir.VectorType.get([lanes], self.element)
        padding = emit.constant(self.element, 0)
        return Real(
            vector.transfer_read(kind, self._root.value, positions, _minor(len(positions)), padding, [True])
        )

    def put(self, value: Real, *at: At) -> None:
        """Assign a vector along the last axis."""
        positions = self._at(at)
        target = self._root.value
        self._root.value = vector.transfer_write(
            target.type, value.value, target, positions, _minor(len(positions)), [True]
        )


def _minor(rank: int) -> ir.AffineMap:
    return ir.AffineMap.get_minor_identity(rank, 1)


class Workspace:
    """The arrays that change, carried through loops and branches."""

    def __init__(self, *arrays: Array):
        self.arrays = arrays

    def _now(self) -> list[ir.Value]:
        return [a.value for a in self.arrays]

    def _bind(self, values: Sequence[ir.Value]) -> list[Any]:
        """Let the arrays stand for the first values; gives the others."""
        count = len(self.arrays)
        for array, value in zip(self.arrays, values[:count], strict=True):
            array.value = value
        return [wrap(v) for v in list(values)[count:]]

    def _yield(self, found: Sequence[Any] | None) -> None:
        scf.YieldOp([*self._now(), *map(unwrap, found or ())])

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
        op = scf.ForOp(first, last, stride, [*self._now(), *map(unwrap, carried)])
        with ir.InsertionPoint(op.body):
            inside = self._bind(list(op.inner_iter_args))
            self._yield(body(Index(op.induction_variable), *inside))
        return _one_or_all(self._bind(list(op.results)))

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
        types = [x.type for x in before] + [unwrap(k).type for k in kinds]
        op = scf.IfOp(condition.value, types, has_else=True)
        for block, branch in ((op.then_block, body), (op.else_block, otherwise)):
            with ir.InsertionPoint(block):
                self._bind(before)
                self._yield(branch() if branch is not None else kinds)
        return _one_or_all(self._bind(list(op.results)))

    def repeat(
        self, limit: At, going: Callable[..., Flag], body: Callable[..., Sequence[Any]], *carried: Any
    ) -> Any:
        """``body`` while ``going`` says so, both of what is carried, at most ``limit`` times."""
        (most,) = _values((limit,))
        inits = [*self._now(), *map(unwrap, carried), constant_index(0).value]
        op = scf.WhileOp([x.type for x in inits], inits)
        before = op.before.blocks.append(*(x.type for x in inits))
        with ir.InsertionPoint(before):
            inside = self._bind(list(before.arguments))
            condition = going(*inside[:-1]) & inside[-1].compare("lt", Index(most))
            scf.ConditionOp(condition.value, list(before.arguments))
        after = op.after.blocks.append(*(x.type for x in inits))
        with ir.InsertionPoint(after):
            inside = self._bind(list(after.arguments))
            found = body(*inside[:-1])
            self._yield([*found, inside[-1] + 1])
        return _one_or_all(self._bind(list(op.results))[:-1])


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

    shapes = [(*batch, *shape) for shape, _ in results]
    squeezed = [reshape(x, _without_ones(shape_of(x))) for x in inputs]

    def whole(*tensors: ir.Value) -> list[ir.Value]:
        sources = [_array(t, shape_of(x)) for t, x in zip(squeezed, inputs, strict=True)]
        arrays = [_array(t, shape) for t, shape in zip(tensors, shapes, strict=True)]
        space = Workspace(*arrays)

        def over(axes: int, items: Sequence[Array]) -> None:
            if not axes:
                return body(space, *items)
            return space.loop(0, batch[-axes], lambda i: over(axes - 1, [a.item(i) for a in items]))

        over(len(batch), [*sources, *arrays])
        return [a.value for a in arrays]

    kinds = [(_without_ones(shape), kind) for shape, (_, kind) in zip(shapes, results, strict=True)]
    return [reshape(x, shape) for x, shape in zip(kernel(kinds, whole), shapes, strict=True)]


def _without_ones(shape: Sequence[int]) -> list[int]:
    return [n for n in shape if n != 1]


def _array(x: ir.Value, shape: Sequence[int]) -> Array:
    """A tensor without axes of size 1, to be indexed as if it had them."""
    return Array(x, kept=[n != 1 for n in shape])
