"""``linalg.generic`` and what it is made of: shapes, maps, empty tensors, constants.

All builders append at the current insertion point. Sizes are Python integers, or index values where the
dimension is dynamic.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axir_compiler.errors import InternalError
from axir_compiler.ir.types import BOOL, is_complex, is_float, is_inexact, real_dtype
from axir_compiler.lowering import emit
from axir_compiler.lowering.conversions import convert
from axir_compiler.lowering.emit import signless, signless_type
from axir_compiler.mlir import arith, complex, context, ir, linalg, tensor

__all__ = [
    "Body",
    "Size",
    "constant",
    "element_type_of",
    "elementwise",
    "elementwise_multi",
    "empty",
    "fill",
    "full",
    "generic",
    "identity_map",
    "iota",
    "is_empty",
    "map_of_dims",
    "optimization_barrier",
    "rank_of",
    "scalar_of",
    "shape_of",
    "sizes_of",
    "splat",
    "splat_of",
    "zeros",
]

Size = int | ir.Value
Body = Callable[..., ir.Value | Sequence[ir.Value]]
PARALLEL, REDUCTION = "parallel", "reduction"
_INT64 = np.dtype("int64")
# Larger arrays are arguments of the program: attributes stay in the context for the life of the process.
_LARGEST_CONSTANT = 4096


def _type(x: ir.Value) -> ir.RankedTensorType:
    return ir.RankedTensorType(x.type)


def shape_of(x: ir.Value) -> tuple[int, ...]:
    """Sizes in the type; a dynamic one is negative."""
    kind = _type(x)
    return tuple(-1 if kind.is_dynamic_dim(d) else kind.get_dim_size(d) for d in range(kind.rank))


def rank_of(x: ir.Value) -> int:
    """Number of axes."""
    return _type(x).rank


def element_type_of(x: ir.Value) -> ir.Type:
    """Type of an element."""
    return _type(x).element_type


def sizes_of(x: ir.Value) -> list[Size]:
    """Sizes of the axes, read from the value where they are dynamic."""
    return [n if n >= 0 else _dim(x, d) for d, n in enumerate(shape_of(x))]


def _dim(x: ir.Value, axis: int) -> ir.Value:
    return tensor.dim(x, emit.constant(ir.IndexType.get(), axis))


def is_empty(sizes: Sequence[Size]) -> bool:
    """Whether there is certainly no element."""
    return any(isinstance(n, int) and n == 0 for n in sizes)


def empty(sizes: Sequence[Size], kind: ir.Type) -> ir.Value:
    """A tensor whose elements have no value yet."""
    return tensor.EmptyOp(list(sizes), kind).result


def fill(sizes: Sequence[Size], value: ir.Value) -> ir.Value:
    """A tensor of one number."""
    init = empty(sizes, value.type)
    op = ir.Operation.create(
        "linalg.fill",
        results=[init.type],
        operands=[value, init],
        attributes={"operandSegmentSizes": ir.DenseI32ArrayAttr.get([1, 1])},
        regions=1,
    )
    block = op.regions[0].blocks.append(value.type, value.type, arg_locs=[op.location] * 2)
    with ir.InsertionPoint(block):
        linalg.yield_([block.arguments[0]])
    return op.result


def optimization_barrier(x: ir.Value) -> ir.Value:
    """The same tensor, in memory: IREE fuses nothing across it."""
    return ir.Operation.create("util.optimization_barrier", results=[x.type], operands=[x]).result


def zeros(sizes: Sequence[Size], kind: ir.Type) -> ir.Value:
    """Zeros; also what stands for a tensor without elements."""
    return full(sizes, kind, 0)


def full(sizes: Sequence[Size], kind: ir.Type, value: Any) -> ir.Value:
    """A tensor that repeats a number and is a value of the program, not only what a reduction starts from."""
    if isinstance(kind, ir.ComplexType):
        parts = (value.real, value.imag)
        return _complex_splat(sizes, [ir.FloatAttr.get(kind.element_type, float(part)) for part in parts])
    return fill(sizes, emit.constant(kind, value))


@functools.cache
def identity_map(rank: int) -> ir.AffineMap:
    """``(d0, d1, ...) -> (d0, d1, ...)``."""
    return ir.AffineMap.get_identity(rank, context())


def map_of_dims(rank: int, dims: Sequence[int]) -> ir.AffineMap:
    """``(d0, ..., d_rank-1) -> (d_dims[0], d_dims[1], ...)``."""
    return _map_of_dims(rank, tuple(dims))


@functools.lru_cache(4096)
def _map_of_dims(rank: int, dims: tuple[int, ...]) -> ir.AffineMap:
    return ir.AffineMap.get(rank, 0, [ir.AffineDimExpr.get(d, context()) for d in dims], context())


@functools.cache
def _iterator(name: str) -> ir.Attribute:
    return ir.Attribute.parse(f"#linalg.iterator_type<{name}>", context())


def generic(
    inputs: Sequence[ir.Value],
    inits: Sequence[ir.Value],
    maps: Sequence[ir.AffineMap],
    body: Body,
    *,
    reduced: Sequence[int] = (),
) -> list[ir.Value]:
    """One ``linalg.generic``; ``body`` gets an element of each input and init and gives the new elements.

    Args:
        inputs: Tensors that are read.
        inits: Tensors that are started from, one for each result.
        maps: One map from the loops for each input and init.
        body: Builds the body; called with the insertion point inside.
        reduced: Loops that are reductions.
    """
    loops = maps[0].n_dims
    iterators = [_iterator(REDUCTION if d in reduced else PARALLEL) for d in range(loops)]
    op = ir.Operation.create(
        "linalg.generic",
        results=[init.type for init in inits],
        operands=[*inputs, *inits],
        attributes={
            "indexing_maps": ir.ArrayAttr.get([ir.AffineMapAttr.get(m) for m in maps]),
            "iterator_types": ir.ArrayAttr.get(iterators),
            "operandSegmentSizes": ir.DenseI32ArrayAttr.get([len(inputs), len(inits)]),
        },
        regions=1,
    )
    elements = [element_type_of(x) for x in (*inputs, *inits)]
    location = op.location
    block = op.regions[0].blocks.append(*elements, arg_locs=[location] * len(elements))
    with ir.InsertionPoint(block):
        results = body(*block.arguments)
        linalg.yield_([results] if isinstance(results, ir.Value) else list(results))
    return list(op.results)


def splat_of(x: ir.Value) -> ir.Attribute | None:
    """The number that a constant tensor repeats, or ``None`` if ``x`` is anything else.

    A complex number is an array of its two parts: IREE crashes on constants of complex type.
    """
    owner = x.owner
    if isinstance(owner, ir.Block):
        return None
    if owner.name == "linalg.generic":
        return _complex_splat_of(owner)
    if owner.name != "arith.constant":
        return None
    value = owner.attributes["value"]
    if not isinstance(value, ir.DenseElementsAttr) or not value.is_splat:
        return None
    return value.get_splat_value()


def _complex_splat_of(op: Any) -> ir.Attribute | None:
    """The number that a kernel made by ``_complex_splat`` repeats."""
    parts = [x.owner for x in op.operands][:-1]
    if len(parts) != 2 or any(isinstance(p, ir.Block) or p.name != "arith.constant" for p in parts):
        return None
    body = op.regions[0].blocks[0].operations
    if body[0].operation.name != "complex.create" or len(body) != 2:
        return None
    return ir.ArrayAttr.get([p.attributes["value"].get_splat_value() for p in parts])


def _complex_splat(sizes: Sequence[Size], parts: Sequence[Any]) -> ir.Value:
    """A kernel, since IREE can fill memory with at most 64 bits at a time."""
    kind = ir.ComplexType.get(parts[0].type)
    scalar = ir.RankedTensorType.get([], parts[0].type)
    inputs = [arith.constant(scalar, ir.DenseElementsAttr.get_splat(scalar, part)) for part in parts]
    maps = [*[map_of_dims(len(sizes), ())] * 2, identity_map(len(sizes))]
    return generic(
        inputs, [empty(sizes, kind)], maps, lambda re, im, _: complex.CreateOp(kind, re, im).result
    )[0]


def scalar_of(number: Any) -> ir.Value:
    """The constant that ``splat_of`` found, as a scalar."""
    if isinstance(number, ir.ArrayAttr):
        parts = [arith.constant(part.type, part) for part in number]
        return complex.CreateOp(ir.ComplexType.get(parts[0].type), *parts).result
    return arith.constant(number.type, number)


def splat(sizes: Sequence[Size], number: Any) -> ir.Value:
    """A tensor that repeats a constant that ``splat_of`` found."""
    if isinstance(number, ir.ArrayAttr):
        return _complex_splat(sizes, list(number))
    kind = ir.RankedTensorType.get([n for n in sizes if isinstance(n, int)], number.type)
    return arith.constant(kind, ir.DenseElementsAttr.get_splat(kind, number))


def elementwise(scalar_fn: Body, operands: Sequence[ir.Value], result_element_type: ir.Type) -> ir.Value:
    """``scalar_fn`` at each position of operands of equal shape."""
    return elementwise_multi(scalar_fn, operands, (result_element_type,))[0]


def elementwise_multi(
    scalar_fn: Body, operands: Sequence[ir.Value], result_element_types: Sequence[ir.Type]
) -> list[ir.Value]:
    """``scalar_fn`` at each position of operands of equal shape, with several results.

    An operand that repeats one constant becomes a constant of the body: there is no tensor to read, and
    LLVM sees ``x ** 2.0`` or ``x * 0.5`` for what it is.
    """
    sizes, rank = sizes_of(operands[0]), rank_of(operands[0])
    splats = [splat_of(x) for x in operands]
    inputs = [x for x, splat in zip(operands, splats, strict=True) if splat is None]

    def body(*elements: ir.Value) -> ir.Value | Sequence[ir.Value]:
        given = iter(elements)
        return scalar_fn(*(next(given) if s is None else scalar_of(s) for s in splats))

    inits = [empty(sizes, signless_type(kind)) for kind in result_element_types]
    return generic(inputs, inits, [identity_map(rank)] * (len(inputs) + len(inits)), body)


def constant(array: np.ndarray) -> ir.Value:
    """A small array as a constant of signless type.

    Raises:
        InternalError: the array is large; it belongs into the arguments of the program.
    """
    if array.size > _LARGEST_CONSTANT and not _is_splat(array):
        raise InternalError(
            f"lowering: a constant of shape {array.shape} is too large; pass it as an argument."
        )
    if is_complex(array.dtype):
        if array.size != 1:
            raise InternalError("lowering: constants of complex dtype are scalars.")
        part = real_dtype(array.dtype)
        return _complex_splat(array.shape, [_number(v, part) for v in array.reshape(-1).view(part)])
    kind = ir.RankedTensorType.get(array.shape, signless(array.dtype))
    return arith.constant(kind, _dense(array, kind))


def _is_splat(array: np.ndarray) -> bool:
    return array.tobytes() == array.reshape(-1)[:1].tobytes() * array.size


def _dense(array: np.ndarray, kind: ir.RankedTensorType) -> ir.Attribute:
    """Dense attribute with exactly the bits of the array."""
    if array.size and _is_splat(array):
        return ir.DenseElementsAttr.get_splat(kind, _number(array.reshape(-1)[0], array.dtype))
    if array.dtype in BOOL and array.size:
        return ir.DenseElementsAttr.get([ir.BoolAttr.get(bool(v)) for v in array.flat], kind)
    bits = np.ascontiguousarray(array).view(f"i{array.dtype.itemsize}")
    return ir.DenseElementsAttr.get(bits, type=kind.element_type, shape=array.shape)


def _number(value: Any, dtype: np.dtype) -> ir.Attribute:
    kind = signless(dtype)
    if is_float(dtype):
        return ir.FloatAttr.get(kind, float(value))
    return emit.integer_attribute(kind, int(value))


def iota(shape: Sequence[int], dimension: int, dtype: np.dtype) -> ir.Value:
    """``0, 1, 2, ...`` along one axis, repeated along the others; integers wrap around."""

    def body(_: ir.Value) -> ir.Value:
        index = linalg.IndexOp(dimension).result
        if not is_inexact(dtype):
            return arith.index_cast(signless(dtype), index)
        return convert(_INT64, dtype, arith.index_cast(signless(_INT64), index))

    return generic([], [empty(list(shape), signless(dtype))], [identity_map(len(shape))], body)[0]
