"""One program for many sizes: what the lowered programs for several sizes have in common.

Shapes are numbers in the dialect, so a program is traced and lowered for a sample of sizes. If the results differ in
numbers only, and each of these is the same affine function of the sizes (or, for floats, a multiple of one or of its
inverse) in every sample, the program is rewritten so that it computes these numbers from the shapes of its arguments.
Everything else is refused: loops over single elements, constants that depend on sizes, other ops for other sizes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from axir_compiler.errors import CompileError
from axir_compiler.ir.places import place_of
from axir_compiler.lowering.generic import fill, optimization_barrier
from axir_compiler.mlir import arith, context, func, ir

__all__ = ["Affine", "fit", "generalize", "structure_of"]

Env = Mapping[str, int]


class Affine(NamedTuple):
    """``constant + sum(factor * size)``; the names are sorted and no factor is zero."""

    constant: int
    terms: tuple[tuple[str, int], ...]

    def value(self, sizes: Env) -> int:
        """The number for some sizes."""
        return self.constant + sum(factor * sizes[name] for name, factor in self.terms)


def fit(values: Sequence[int], samples: Sequence[Env]) -> Affine | None:
    """The affine function with integer factors that takes these values for the samples, if there is one."""
    names = sorted(samples[0])
    matrix = np.array([[1, *(s[n] for n in names)] for s in samples], np.float64)
    found = np.linalg.lstsq(matrix, np.asarray(values, np.float64), rcond=None)[0]
    constant, *factors = (round(x) for x in found)
    affine = Affine(constant, tuple((n, f) for n, f in zip(names, factors, strict=True) if f))
    return affine if [affine.value(s) for s in samples] == list(values) else None


def generalize(
    modules: Sequence[ir.Module], samples: Sequence[Env], shapes: Sequence[Sequence[int | Affine]]
) -> None:
    """Rewrite the first of several lowered programs into one for all sizes.

    Args:
        modules: each with one function, lowered for one of ``samples``.
        samples: the sizes by name.
        shapes: of the arguments that have symbolic sizes, which are the first ones.

    Raises:
        CompileError: the programs differ in more than sizes; the message names the first op and the user's line.
    """
    mains = [next(op for op in m.body.operations if isinstance(op, func.FuncOp)) for m in modules]
    with context(), ir.Location.unknown():
        _Generalizer(mains, samples, shapes).run()


def structure_of(module: ir.Module) -> str:
    """The ops of a lowered program without numbers: equal for programs that may be joined."""
    found: list[str] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        found.append(f"{op.name} {len(op.operands)} {len(op.results)} {len(op.regions)}")
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    return "\n".join(found)


class _Generalizer:
    def __init__(
        self,
        functions: Sequence[func.FuncOp],
        samples: Sequence[Env],
        shapes: Sequence[Sequence[int | Affine]],
    ) -> None:
        self._functions = functions
        self._samples = samples
        self._entry = functions[0].regions[0].blocks[0]
        self._first = ir.InsertionPoint.at_block_begin(self._entry)
        self._shapes = shapes
        self._values: dict[Any, ir.Value] = {}
        self._retyped: list[tuple[ir.Value, ir.Type]] = []
        self._patches: list[Callable[[], None]] = []

    def run(self) -> None:
        # Nothing is changed before all programs have been compared: operations are compared as they are.
        self._compare_regions(self._functions)
        for value, kind in self._retyped:
            value.set_type(kind)
        self._read_sizes()
        for patch in self._patches:
            patch()
        self._separate_constants()
        main = self._functions[0]
        (last,) = [op for op in self._entry.operations if op.operation.name == "func.return"]
        kind = ir.FunctionType.get([a.type for a in self._entry.arguments], [x.type for x in last.operands])
        main.attributes["function_type"] = ir.TypeAttr.get(kind)

    # Comparison. ------------------------------------------------------------------------------------

    def _compare_regions(self, ops: Sequence[Any]) -> None:
        for regions in _aligned([op.regions for op in ops], ops[0]):
            for blocks in _aligned([r.blocks for r in regions], ops[0]):
                for arguments in _aligned([b.arguments for b in blocks], ops[0]):
                    self._retype(arguments, ops[0])
                for inner in _aligned([b.operations for b in blocks], _first_difference(blocks)):
                    self._compare(inner)

    def _compare(self, ops: Sequence[Any]) -> None:
        one = ops[0]
        name = one.operation.name
        if any(op.operation.name != name for op in ops):
            raise _refusal(one, "is another operation for other sizes")
        kinds = [
            self._fitted_type([r.type for r in results], one)
            for results in _aligned([o.results for o in ops], one)
        ]
        self._patch(name, ops, kinds)
        self._compare_regions(ops)

    def _patch(self, name: str, ops: Sequence[Any], kinds: list[Any]) -> None:
        """Remember what is to be done with an op whose types or attributes depend on sizes."""
        one = ops[0]
        changed = [k for k in sorted(one.attributes) if _differs(ops, k)]
        if name == "arith.constant" and (changed or any(kinds)):
            self._patch_constant(ops, kinds[0])
        elif name == "tensor.empty" and any(kinds):
            self._replace(one, kinds[0], lambda kind: (self._extents(kind[1]), {}))
        elif name == "util.optimization_barrier" and any(kinds):
            self._patch_barrier(one, kinds)
        elif name == _KERNEL and any(kinds):
            self._patch_kernel(one, kinds)
        elif name in _STATIC_LISTS and (changed or any(kinds)):
            self._patch_lists(name, ops, changed, kinds)
        elif changed:
            raise _refusal(one, f"depends on sizes in its {changed[0]}")
        else:
            if any(kinds) and not name.startswith(_TYPES_ONLY):
                raise _refusal(one, "is not made for sizes that are known only when it runs")
            for result, kind in zip(one.results, kinds, strict=True):
                if kind is not None:
                    self._retyped.append((result, kind[0]))

    def _fitted_type(self, kinds: Sequence[ir.Type], op: Any) -> Any:
        """The type with unknown extents and what these are, or ``None`` for equal types."""
        if all(kind == kinds[0] for kind in kinds):
            return None
        if not all(isinstance(kind, ir.RankedTensorType) for kind in kinds):
            raise _refusal(op, "has other types for other sizes")
        tensors = [ir.RankedTensorType(kind) for kind in kinds]
        if len({(t.rank, str(t.element_type)) for t in tensors}) > 1:
            raise _refusal(op, "has other types for other sizes")
        sizes = [self._fitted(column, op) for column in zip(*(t.shape for t in tensors), strict=True)]
        unknown = ir.ShapedType.get_dynamic_size()
        shape = [unknown if isinstance(n, Affine) else n for n in sizes]
        return ir.RankedTensorType.get(shape, tensors[0].element_type), sizes

    def _fitted(self, values: Sequence[int], op: Any) -> int | Affine:
        if len(set(values)) == 1:
            return values[0]
        found = fit(values, self._samples)
        if found is None:
            raise _refusal(op, "has a size that is no sum of multiples of the named sizes")
        return found

    def _retype(self, values: Sequence[ir.Value], op: Any) -> None:
        kind = self._fitted_type([v.type for v in values], op)
        if kind is not None:
            self._retyped.append((values[0], kind[0]))

    # Changes. ---------------------------------------------------------------------------------------

    def _replace(
        self, op: Any, kind: Any, parts: Callable[[Any], tuple[list[ir.Value], dict[str, Any]]]
    ) -> None:
        def patch() -> None:
            with ir.InsertionPoint(op), op.location:
                operands, attributes = parts(kind)
                new = ir.Operation.create(
                    op.operation.name, results=[kind[0]], operands=operands, attributes=attributes
                )
            op.results[0].replace_all_uses_with(new.results[0])
            op.operation.erase()

        self._patches.append(patch)

    def _patch_lists(self, name: str, ops: Sequence[Any], changed: list[str], kinds: list[Any]) -> None:
        """Ops that list static numbers in attributes, and the others as operands."""
        one, lists, leading = ops[0], *_STATIC_LISTS[name]
        if set(changed) - set(lists):
            raise _refusal(one, "depends on sizes")
        fitted = {
            key: [
                self._fitted(column, one)
                for column in zip(
                    *(list(ir.DenseI64ArrayAttr(op.attributes[key])) for op in ops), strict=True
                )
            ]
            for key in lists
        }
        kind = kinds[0] or (one.results[0].type, ())

        def parts(_: Any) -> tuple[list[ir.Value], dict[str, Any]]:
            unknown = ir.ShapedType.get_dynamic_size()
            attributes = dict(one.attributes.items())
            computed = iter(list(one.operands)[leading:])
            groups = [self._positions(numbers, computed) for numbers in fitted.values()]
            for key, numbers in fitted.items():
                known = [unknown if isinstance(n, Affine) else n for n in numbers]
                attributes[key] = ir.DenseI64ArrayAttr.get(known)
            if len(fitted) > 1:  # several groups of operands; the op does not show this attribute
                counts = [1] * leading + [len(x) for x in groups]
                attributes["operandSegmentSizes"] = ir.DenseI32ArrayAttr.get(counts)
            return [*list(one.operands)[:leading], *(x for group in groups for x in group)], attributes

        self._replace(one, kind, parts)

    def _patch_barrier(self, op: Any, kinds: list[Any]) -> None:
        """A barrier, behind which IREE cannot look extents up."""

        def patch() -> None:
            for result, kind in zip(op.results, kinds, strict=True):
                if kind is None:
                    continue
                result.set_type(kind[0])
                with ir.InsertionPoint.after(op.operation), op.location:
                    extents = self._extents(kind[1])
                    tied = ir.Operation.create(_TIE, results=[kind[0]], operands=[result, *extents])
                result.replace_all_uses_except(tied.result, tied)

        self._patches.append(patch)

    def _patch_kernel(self, op: Any, kinds: list[Any]) -> None:
        """A dispatch, which takes the unknown extents of its results."""
        types = [r.type if kind is None else kind[0] for r, kind in zip(op.results, kinds, strict=True)]

        def patch() -> None:
            with ir.InsertionPoint(op), op.location:
                extents = [x for kind in kinds if kind for x in self._extents(kind[1])]
                counts = ir.DenseI32ArrayAttr.get([len(extents), 0])
                attributes = {**dict(op.attributes.items()), "operandSegmentSizes": counts}
                new = ir.Operation.create(
                    _KERNEL, results=types, operands=extents, attributes=attributes, regions=2
                )
            for old, target in zip(op.regions, new.regions, strict=True):
                for block in list(old.blocks):
                    block.append_to(target)
            for before, after in zip(op.results, new.results, strict=True):
                before.replace_all_uses_with(after)
                if not list(after.uses):
                    # What nobody uses is dropped, and the kernel would keep it on the stack.
                    with ir.InsertionPoint.after(new), op.location:
                        optimization_barrier(after)
            op.operation.erase()

        self._patches.append(patch)

    def _patch_constant(self, ops: Sequence[Any], kind: Any) -> None:
        one = ops[0]
        values = [_number(op) for op in ops]
        if any(v is None for v in values):
            raise _refusal(one, "is a table that depends on sizes")
        tensor = isinstance(one.results[0].type, ir.RankedTensorType)
        element = ir.RankedTensorType(one.results[0].type).element_type if tensor else one.results[0].type
        make = self._scalar(values, element, one)

        def patch() -> None:
            with ir.InsertionPoint(one), one.location:
                new = make()
                if tensor:
                    sizes = kind[1] if kind else ir.RankedTensorType(one.results[0].type).shape
                    new = fill([self._extent(n) if isinstance(n, Affine) else n for n in sizes], new)
            one.results[0].replace_all_uses_with(new)
            one.operation.erase()

        self._patches.append(patch)

    def _scalar(self, values: Sequence[Any], element: ir.Type, op: Any) -> Callable[[], ir.Value]:
        """What makes a number that is one of ``values`` for each of the samples."""
        if len({repr(v) for v in values}) == 1:
            attribute = _scalar_attribute(op)
            return lambda: arith.constant(element, attribute)
        if isinstance(element, ir.FloatType):
            return self._float(values, element, op)
        affine = fit(values, self._samples)
        if affine is None:
            raise _refusal(op, "is a number that is no sum of multiples of the named sizes")
        if isinstance(element, ir.IndexType):
            return lambda: self._extent(affine)
        return lambda: arith.index_cast(element, self._extent(affine))

    def _float(self, values: Sequence[float], element: ir.Type, op: Any) -> Callable[[], ir.Value]:
        """A float that is an affine function of sizes, or a number divided by one; rounded as NumPy rounds it."""
        kind = {"f32": np.float32, "f64": np.float64}.get(str(element))
        if kind is None or not np.isfinite(values).all():
            raise _refusal(op, "is a number that depends on sizes in a way that is not known")
        if all(map(float.is_integer, values)):
            affine = fit([round(v) for v in values], self._samples)
            if affine is not None:
                return lambda: self._as_float(affine, element)
        for numerator, affine in self._quotients(values):
            if all(
                kind(numerator) / kind(affine.value(s)) == v
                for s, v in zip(self._samples, values, strict=True)
            ):
                attribute = ir.FloatAttr.get(element, numerator)
                return lambda: arith.divf(arith.constant(element, attribute), self._as_float(affine, element))
        raise _refusal(op, "is a number that depends on sizes in a way that is not known")

    def _quotients(self, values: Sequence[float]) -> Iterator[tuple[float, Affine]]:
        """Numerators and denominators that may give the values: small numbers over each size that occurs."""
        for numerator in (1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 4.0, -4.0):
            affine = fit([round(numerator / v) if v else 0 for v in values], self._samples)
            if affine is not None and all(affine.value(s) for s in self._samples):
                yield numerator, affine

    def _as_float(self, affine: Affine, element: ir.Type) -> ir.Value:
        i64 = ir.IntegerType.get_signless(64)
        return arith.sitofp(element, arith.index_cast(i64, self._extent(affine)))

    # Sizes. -----------------------------------------------------------------------------------------

    def _separate_constants(self) -> None:
        """Keep what is computed from nothing apart from reductions.

        IREE would fuse it into them, and with it drop the size of the loop: sums of ones would be 1.
        """
        for op in list(self._entry.operations):
            if not _comes_from_nothing(op):
                continue
            users = [use.owner.operation for use in op.results[0].uses]
            if any(user.name == "linalg.generic" for user in users):
                with ir.InsertionPoint.after(op.operation), op.location:
                    barrier = self._tied(optimization_barrier(op.results[0]), list(op.operands)[-1])
                for user in users:
                    if user.name == "linalg.generic":
                        _replace_operand(user, op.results[0], barrier)

    def _tied(self, x: ir.Value, empty: ir.Value) -> ir.Value:
        """A tensor with its extents, which IREE cannot look up behind a barrier."""
        extents = list(empty.owner.operands)
        return ir.Operation.create(_TIE, results=[x.type], operands=[x, *extents]).result

    def _read_sizes(self) -> None:
        """Compute each named size at the start of the function, from an axis that depends on it alone."""
        for argument, shape in zip(self._entry.arguments, self._shapes, strict=False):
            for axis, size in enumerate(shape):
                if isinstance(size, Affine) and len(size.terms) == 1 and size.terms[0][0] not in self._values:
                    self._values[size.terms[0][0]] = self._solved(argument, axis, size)

    def _solved(self, argument: ir.Value, axis: int, size: Affine) -> ir.Value:
        with self._first:
            index = ir.IndexType.get()
            place = arith.constant(index, ir.IntegerAttr.get(index, axis))
            found = ir.Operation.create("tensor.dim", results=[index], operands=[argument, place]).result
            if size.constant:
                found = arith.subi(found, arith.constant(index, ir.IntegerAttr.get(index, size.constant)))
            if size.terms[0][1] != 1:
                found = arith.divui(found, arith.constant(index, ir.IntegerAttr.get(index, size.terms[0][1])))
            return found

    def _positions(self, numbers: Sequence[int | Affine], computed: Iterator[ir.Value]) -> list[ir.Value]:
        """The operands for a list of numbers, of which the program computes some."""
        unknown = ir.ShapedType.get_dynamic_size()
        found = []
        for n in numbers:
            if isinstance(n, Affine):
                found.append(self._extent(n))
            elif n == unknown:
                found.append(next(computed))
        return found

    def _extents(self, sizes: Sequence[int | Affine]) -> list[ir.Value]:
        return [self._extent(n) for n in sizes if isinstance(n, Affine)]

    def _extent(self, affine: Affine) -> ir.Value:
        """An affine function of sizes as an index."""
        index = ir.IndexType.get()
        terms: list[ir.Value] = []
        for name, factor in affine.terms:
            term = self._values[name]
            if factor != 1:
                term = arith.muli(term, arith.constant(index, ir.IntegerAttr.get(index, factor)))
            terms.append(term)
        if affine.constant or not terms:
            terms.append(arith.constant(index, ir.IntegerAttr.get(index, affine.constant)))
        return functools.reduce(arith.addi, terms)


# Attributes that list numbers, and how many operands come before those for unknown numbers.
_STATIC_LISTS = {
    "tensor.expand_shape": (("static_output_shape",), 1),
    "tensor.extract_slice": (("static_offsets", "static_sizes", "static_strides"), 1),
    "tensor.insert_slice": (("static_offsets", "static_sizes", "static_strides"), 2),
}
# Ops that are the same for any extents of their operands.
_TYPES_ONLY = (
    "linalg.",
    "tensor.collapse_shape",
    "tensor.bitcast",
    "func.return",
    "flow.return",
    "scf.",
    "tensor.insert",
    "tensor.pad",
    "vector.transfer_write",
)
_KERNEL = "flow.dispatch.region"
_TIE = "flow.tensor.tie_shape"


def _first_difference(blocks: Sequence[Any]) -> Any:
    """The first op of a block that the other blocks do not have."""
    lists = [list(b.operations) for b in blocks]
    for ops in zip(*lists, strict=False):
        if len({op.operation.name for op in ops}) > 1:
            return next(op for op in ops if not op.operation.name.endswith("return"))
    return max(lists, key=len)[-2 if len(lists[0]) > 1 else -1]


def _aligned(lists: Sequence[Any], op: Any) -> Iterator[tuple[Any, ...]]:
    """Corresponding items of lists, which must be of one length."""
    items = [list(x) for x in lists]
    if len({len(x) for x in items}) > 1:
        raise _refusal(op, "has another program for other sizes")
    return iter(zip(*items, strict=True))


def _differs(ops: Sequence[Any], key: str) -> bool:
    if any(key not in op.attributes for op in ops):
        return True
    return any(op.attributes[key] != ops[0].attributes[key] for op in ops)


def _number(op: Any) -> Any:
    """The number of a constant, or that of all its elements; ``None`` if they differ."""
    attribute = _scalar_attribute(op)
    return None if attribute is None else attribute.value


def _scalar_attribute(op: Any) -> Any:
    value = op.attributes["value"]
    if isinstance(value, ir.FloatAttr | ir.IntegerAttr | ir.BoolAttr):
        return value
    if isinstance(value, ir.DenseElementsAttr) and value.is_splat:
        return value.get_splat_value()
    return None


def _comes_from_nothing(op: Any) -> bool:
    """Whether an op computes a tensor of unknown size from no other one."""
    name = op.operation.name
    if (
        name not in ("linalg.fill", "linalg.generic")
        or ir.RankedTensorType(op.results[0].type).has_static_shape
    ):
        return False
    inputs = list(op.operands)[: len(op.operands) - len(op.results)]
    return not any(isinstance(x.type, ir.RankedTensorType) for x in inputs)


def _replace_operand(op: ir.Operation, old: ir.Value, new: ir.Value) -> None:
    """Replace what an op reads; where it is only what a reduction starts from, it stays."""
    for number in range(len(op.operands) - len(op.results)):
        if op.operands[number] == old:
            op.operands[number] = new


def _refusal(op: Any, what: str) -> CompileError:
    place = place_of(op)
    at = f" At {place}" if place else ""
    name = op.operation.name
    return CompileError(
        f"export: a symbolic size cannot go through {name}, which {what}. Use fixed sizes.{at}"
    )
