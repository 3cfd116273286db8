"""Tensor-level builders against NumPy: every case is one result of one compiled module for its group."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
import pytest
from iree_runner import Suite

from axir_compiler.errors import InternalError
from axir_compiler.ir.types import COMPLEX, DTYPES, is_float
from axir_compiler.lowering import builders
from axir_compiler.lowering.emit import signless
from axir_compiler.mlir import context, ir

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
F32, F64, F16, I32, I8, U8, U32, BOOL = (np.dtype(n) for n in ("f4", "f8", "f2", "i4", "i1", "u1", "u4", "?"))
DYNAMIC_STARTS = ((0, 0), (1, 2), (-5, 1), (100, 100), (2**31 - 1, -(2**31)))


class Case(NamedTuple):
    name: str
    build: Callable[..., Any]
    inputs: Sequence[Any]
    expected: Any


def numbers(dtype: np.dtype, *shape: int, seed: int = 0) -> np.ndarray:
    """Small numbers, exact in every dtype, so that sums are exact as well."""
    rng = np.random.default_rng(seed)
    if dtype == BOOL:
        return rng.integers(0, 2, shape).astype(bool)
    low = 0 if dtype.kind == "u" else -4
    return rng.integers(low, 5, shape).astype(dtype)


def iota_like(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape)


def movement_cases() -> Iterator[Case]:
    x = iota_like(3, 4, 2)
    for shape, new in RESHAPES:
        a = iota_like(*shape)
        yield Case(f"reshape {shape} {new}", lambda v, new=new: builders.reshape(v, new), [a], a.reshape(new))
    for order in itertools.permutations(range(3)):
        yield Case(f"transpose {order}", lambda v, o=order: builders.transpose(v, o), [x], x.transpose(order))
    for shape in ((), (0, 3), (1, 5), (5, 1, 2)):
        a = iota_like(*shape)
        order = tuple(reversed(range(len(shape))))
        yield Case(f"transpose {shape}", lambda v, o=order: builders.transpose(v, o), [a], a.transpose(order))
    for dims in ((), (0,), (1,), (0, 2), (0, 1, 2)):
        yield Case(f"reverse {dims}", lambda v, d=dims: builders.reverse(v, d), [x], np.flip(x, dims))
    for shape, new, dims in BROADCASTS:
        a = iota_like(*shape)
        column = [1] * len(new)
        for n, d in zip(shape, dims, strict=True):
            column[d] = n
        expected = np.broadcast_to(a.reshape(column), new)
        name = f"broadcast {shape} {new} {dims}"
        yield Case(name, lambda v, n=new, d=dims: builders.broadcast_in_dim(v, n, d), [a], expected)
    yield from join_cases()
    yield from slice_cases()
    yield from pad_cases()


RESHAPES = [
    ((), (1, 1)),
    ((1,), ()),
    ((6,), (2, 3)),
    ((2, 3), (6,)),
    ((4, 6), (2, 2, 3, 2)),
    ((2, 3, 4), (4, 3, 2)),
    ((2, 3), (2, 1, 3, 1)),
    ((1, 2, 1, 3), (3, 2)),
    ((0, 3), (5, 0)),
    ((7,), (7, 1, 1)),
]
BROADCASTS = [
    ((), (2, 3), ()),
    ((), (), ()),
    ((3,), (2, 3), (1,)),
    ((2,), (2, 3), (0,)),
    ((1, 3), (2, 3), (0, 1)),
    ((2, 1, 3), (2, 4, 5, 3), (0, 2, 3)),
    ((3,), (1, 3, 1), (1,)),
    ((3,), (0, 3), (1,)),
    ((1,), (0,), (0,)),
]


def join_cases() -> Iterator[Case]:
    parts = [iota_like(2, 3), -iota_like(2, 1), iota_like(2, 0), iota_like(2, 4) + 0.5]
    yield Case("concatenate columns", lambda *v: builders.concatenate(v, 1), parts, np.concatenate(parts, 1))
    rows = [iota_like(1, 3), iota_like(0, 3), iota_like(4, 3)]
    yield Case("concatenate rows", lambda *v: builders.concatenate(v, 0), rows, np.concatenate(rows, 0))
    nothing = [iota_like(0, 3), iota_like(0, 3)]
    yield Case(
        "concatenate nothing", lambda *v: builders.concatenate(v, 0), nothing, np.concatenate(nothing, 0)
    )
    bools = [np.array([True, False, True]), np.array([False])]
    yield Case("concatenate bools", lambda *v: builders.concatenate(v, 0), bools, np.concatenate(bools))


def slice_cases() -> Iterator[Case]:
    x = iota_like(5, 7)
    for start, limit, stride in SLICES:
        window = tuple(slice(*s) for s in zip(start, limit, stride, strict=True))
        name = f"slice {start} {limit} {stride}"
        yield Case(name, lambda v, s=(start, limit, stride): builders.slice(v, *s), [x], x[window])
    scalar_input = np.float32(3).reshape(())
    yield Case("slice scalar", lambda v: builders.slice(v, (), (), ()), [scalar_input], scalar_input)


SLICES = [
    ((0, 0), (5, 7), (1, 1)),
    ((1, 2), (4, 6), (1, 1)),
    ((1, 2), (5, 7), (2, 3)),
    ((2, 0), (2, 7), (1, 1)),
    ((4, 6), (5, 7), (1, 1)),
]


def numpy_pad(x: np.ndarray, value: float, low: Any, high: Any, interior: Any) -> np.ndarray:
    """Element by element, straight from the definition."""
    shape = [
        max(n + a + b + max(n - 1, 0) * i, 0) for n, a, b, i in zip(x.shape, low, high, interior, strict=True)
    ]
    result = np.full(shape, value, x.dtype)
    for index in np.ndindex(*x.shape):
        at = tuple(a + i * (n + 1) for i, a, n in zip(index, low, interior, strict=True))
        if all(0 <= i < n for i, n in zip(at, shape, strict=True)):
            result[at] = x[index]
    return result


def pad_cases() -> Iterator[Case]:
    for shape, low, high, interior in PADS:
        x = iota_like(*shape) + 1
        widths = (low, high, interior)
        expected = numpy_pad(x, -9, *widths)
        name = f"pad {shape} {low} {high} {interior}"

        def known(v: ir.Value, w: Any = widths) -> ir.Value:
            return builders.pad(v, builders.constant(np.array(-9, np.float32)), *w)

        yield Case(name, known, [x], expected)
        value = np.float32(-9).reshape(())
        yield Case(f"{name} value", lambda v, p, w=widths: builders.pad(v, p, *w), [x, value], expected)


PADS = [
    ((), (), (), ()),
    ((3,), (2,), (1,), (0,)),
    ((3,), (0,), (0,), (2,)),
    ((3,), (-1,), (2,), (0,)),
    ((4,), (-2,), (-3,), (2,)),
    ((4,), (-1,), (-1,), (0,)),
    ((2,), (-1,), (-2,), (3,)),
    ((0,), (2,), (1,), (3,)),
    ((3,), (-3,), (2,), (0,)),
    ((3,), (-5,), (4,), (0,)),
    ((3,), (-2,), (-1,), (0,)),
    ((2, 3), (1, -1), (0, 2), (1, 0)),
    ((2, 3), (1, 1), (2, 2), (0, 0)),
]


def window_cases() -> Iterator[Case]:
    x, update = iota_like(5, 7), -iota_like(2, 3) - 1
    for dtype, start in itertools.product((I32, I8, U32, np.dtype("i8"), np.dtype("u8")), DYNAMIC_STARTS):
        at = [np.asarray(s % 2**32).astype(dtype) for s in start]
        clamped = [min(max(int(a), 0), n - m) for a, n, m in zip(at, (5, 7), (2, 3), strict=True)]
        window = tuple(slice(a, a + m) for a, m in zip(clamped, (2, 3), strict=True))
        replaced = x.copy()
        replaced[window] = update
        tail = f"{dtype} {start}"
        yield Case(f"dynamic_slice {tail}", _slicer(dtype, (2, 3)), [x, *at], x[window])
        yield Case(f"dynamic_update_slice {tail}", _updater(dtype), [x, update, *at], replaced)
        if dtype in (I8, U32):
            yield Case(f"dynamic_slice known {tail}", _known_slicer(at, (2, 3)), [x], x[window])
    zero = np.int32(0).reshape(())
    yield Case("dynamic_slice nothing", _slicer(I32, (0, 3)), [x, zero, zero], x[:0, :3])
    yield Case("dynamic_slice everything", _slicer(I32, (5, 7)), [x, zero, zero], x)
    yield Case("dynamic_update_slice nothing", _updater(I32), [x, x[:0], zero, zero], x)
    yield Case("dynamic_slice scalar", _slicer(I32, ()), [np.float32(2).reshape(())], np.float32(2))


def _slicer(dtype: np.dtype, sizes: tuple[int, ...]) -> Callable[..., Any]:
    def build(v: ir.Value, *starts: ir.Value) -> ir.Value:
        return builders.dynamic_slice(v, builders.index_operands(starts, [dtype] * len(starts)), sizes)

    return build


def _known_slicer(starts: list[np.ndarray], sizes: tuple[int, ...]) -> Callable[..., Any]:
    return lambda v: _slicer(starts[0].dtype, sizes)(v, *map(builders.constant, starts))


def _updater(dtype: np.dtype) -> Callable[..., Any]:
    def build(v: ir.Value, u: ir.Value, *starts: ir.Value) -> ir.Value:
        return builders.dynamic_update_slice(v, u, builders.index_operands(starts, [dtype] * len(starts)))

    return build


REDUCERS: dict[str, Callable[..., Any]] = {
    "sum": np.sum,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "and": np.bitwise_and.reduce,
    "or": np.bitwise_or.reduce,
    "xor": np.bitwise_xor.reduce,
}
REDUCE_DTYPES = (F32, F64, F16, BFLOAT16, I32, I8, U8, BOOL)


def _reduces(kind: str, dtype: np.dtype) -> bool:
    if dtype == BOOL:
        return kind in ("max", "min", "and", "or", "xor")
    return kind in ("sum", "prod", "max", "min") or not is_float(dtype)


def _reduced(kind: str, x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    wide = x.astype(np.float32) if x.dtype in (F16, BFLOAT16) else x
    options = {} if kind in ("max", "min") else {"dtype": wide.dtype}
    return np.asarray(REDUCERS[kind](wide, axis=axes, **options)).astype(x.dtype)


def reduction_cases() -> Iterator[Case]:
    for kind, dtype in itertools.product(REDUCERS, REDUCE_DTYPES):
        if not _reduces(kind, dtype):
            continue
        x = numbers(dtype, 3, 5)
        axes = (1,) if dtype != F32 else (0,)
        yield Case(f"{kind} {dtype}", _reducer(kind, axes, dtype), [x], _reduced(kind, x, axes))
        empty = np.zeros((0, 2), dtype)
        identity = np.asarray(IDENTITIES[kind](dtype)).astype(dtype)
        yield Case(f"{kind} {dtype} empty", _reducer(kind, (0,), dtype), [empty], np.full(2, identity))
    x = numbers(F32, 2, 3, 4, 5)
    for axes in ((), (0, 1, 2, 3), (0, 2), (1, 3), (3,)):
        yield Case(f"sum axes {axes}", _reducer("sum", axes, F32), [x], np.sum(x, axes))
    yield Case("sum to nothing", _reducer("sum", (1,), F32), [numbers(F32, 0, 3)], np.zeros(0, F32))
    yield Case("sum of one", _reducer("sum", (0,), F32), [numbers(F32, 1)], numbers(F32, 1)[0])
    long = np.full(5000, 1, F16)
    yield Case("sum half in single", _reducer("sum", (0,), F16), [long], np.float16(5000))


def _lowest(dtype: np.dtype) -> Any:
    return -np.inf if is_float(dtype) else 0 if dtype == BOOL else np.iinfo(dtype).min


def _highest(dtype: np.dtype) -> Any:
    return np.inf if is_float(dtype) else 1 if dtype == BOOL else np.iinfo(dtype).max


IDENTITIES: dict[str, Callable[[np.dtype], Any]] = {
    "sum": lambda d: 0,
    "prod": lambda d: 1,
    "max": _lowest,
    "min": _highest,
    "and": lambda d: True if d == BOOL else ~np.zeros((), d),
    "or": lambda d: 0,
    "xor": lambda d: 0,
}


def _reducer(kind: str, axes: tuple[int, ...], dtype: np.dtype) -> Callable[..., Any]:
    return lambda v: builders.reduce(kind, v, axes, dtype)


def index_cases() -> Iterator[Case]:
    for name, dtype in itertools.product(("argmax", "argmin"), (F32, F16, BFLOAT16, F64, I32, I8, U8, BOOL)):
        x = numbers(dtype, 4, 9, seed=3)
        for axis in (0, 1):
            yield _arg_case(f"{name} {dtype} {axis}", name, x, axis, I32)
    x = numbers(F32, 4, 9)
    x[1, 3] = x[1, 7] = x[3, 0] = np.nan
    worst = np.full((2, 70), -np.inf, np.float32)
    for name in ("argmax", "argmin"):
        yield _arg_case(f"{name} nan", name, x, 1, I32)
        yield _arg_case(f"{name} worst", name, worst if name == "argmax" else -worst, 1, I32)
        yield _arg_case(f"{name} ties", name, np.zeros((3, 200), np.int32), 1, np.dtype("i8"))
        yield _arg_case(f"{name} narrow", name, numbers(I32, 2, 100, seed=5), 1, U8)
        yield _arg_case(f"{name} nothing", name, numbers(I32, 0, 4), 1, I32)
        yield _arg_case(f"{name} vector", name, numbers(F32, 1000, seed=8), 0, I32)


def _arg_case(label: str, name: str, x: np.ndarray, axis: int, index: np.dtype) -> Case:
    def build(v: ir.Value) -> ir.Value:
        return getattr(builders, name)(v, axis, signless(index), x.dtype)

    return Case(label, build, [x], getattr(np, name)(x, axis).astype(index))


CONTRACTIONS = [
    ("dot", (5,), (5,), (0,), (0,), (), ()),
    ("outer", (3,), (4,), (), (), (), ()),
    ("scalars", (), (), (), (), (), ()),
    ("matvec", (3, 5), (5,), (1,), (0,), (), ()),
    ("vecmat", (5,), (5, 3), (0,), (0,), (), ()),
    ("matmul", (3, 5), (5, 4), (1,), (0,), (), ()),
    ("matmul nt", (3, 5), (4, 5), (1,), (1,), (), ()),
    ("matmul tn", (5, 3), (5, 4), (0,), (0,), (), ()),
    ("matmul ones", (1, 1), (1, 1), (1,), (0,), (), ()),
    ("batched", (2, 3, 5), (2, 5, 4), (2,), (1,), (0,), (0,)),
    ("batch last", (3, 5, 2), (5, 4, 2), (1,), (0,), (2,), (2,)),
    ("batch elementwise", (2, 3), (2, 3), (), (), (0, 1), (0, 1)),
    ("batched dot", (2, 3), (2, 3), (1,), (1,), (0,), (0,)),
    ("two batches crossed", (2, 3, 4), (3, 2, 4), (2,), (2,), (0, 1), (1, 0)),
    ("two contracted", (2, 3, 4), (3, 4, 5), (1, 2), (0, 1), (), ()),
    ("two contracted crossed", (2, 3, 4), (4, 3, 5), (1, 2), (1, 0), (), ()),
    ("contracted apart", (3, 2, 4), (3, 5, 4), (2, 0), (2, 0), (), ()),
    ("free apart", (2, 4, 3), (4, 5), (1,), (0,), (), ()),
    ("no inner", (3, 0), (0, 4), (1,), (0,), (), ()),
    ("no rows", (0, 5), (5, 4), (1,), (0,), (), ()),
]


def contraction_cases() -> Iterator[Case]:
    for label, x, y, *dims in CONTRACTIONS:
        left, right = numbers(F32, *x), numbers(F32, *y, seed=1)
        yield _dot_case(label, left, right, dims, F32)
    matmul = [(1,), (0,), (), ()]
    pairs = [(d, d) for d in (F64, F16, BFLOAT16, I8, U8, I32, BOOL)]
    pairs += [(F16, F32), (BFLOAT16, F32), (I8, I32), (U8, U32), (I8, F32), (F32, F64), (F32, BFLOAT16)]
    for operand, result in pairs:
        x, y = numbers(operand, 6, 33), numbers(operand, 33, 7, seed=1)
        yield _dot_case(f"matmul {operand} {result}", x, y, matmul, result)
    big = [numbers(F32, 40, 70), numbers(F32, 70, 50)]
    yield _dot_case("matmul uneven", big[0], big[1], matmul, F32)
    ones = np.full((1, 5000), 1, F16)
    yield _dot_case("half in single", ones, ones.T, matmul, F16)


def _dot_case(label: str, x: np.ndarray, y: np.ndarray, dims: Any, result: np.dtype) -> Case:
    def build(v: ir.Value, w: ir.Value) -> ir.Value:
        return builders.dot_general(v, w, *dims, result_dtype=result, operand_dtype=x.dtype)

    return Case(label, build, [x, y], _numpy_dot(x, y, *dims, result=result))


def _numpy_dot(
    x: np.ndarray,
    y: np.ndarray,
    lhs_contract: Any,
    rhs_contract: Any,
    lhs_batch: Any,
    rhs_batch: Any,
    result: np.dtype,
) -> np.ndarray:
    """Through einsum, in float64 or int64, then wrapped or rounded to the result."""
    letters = iter("abcdefghijkl")
    left, right = [next(letters) for _ in x.shape], [next(letters) for _ in y.shape]
    for a, b in zip((*lhs_contract, *lhs_batch), (*rhs_contract, *rhs_batch), strict=True):
        right[b] = left[a]
    batch = [left[a] for a in lhs_batch]
    free = [c for c in left if c not in right] + [c for c in right if c not in left]
    spec = f"{''.join(left)},{''.join(right)}->{''.join(batch + free)}"
    wide = np.float64 if is_float(x.dtype) or is_float(result) else np.int64
    return np.einsum(spec, x.astype(wide), y.astype(wide)).astype(result)


def constant_cases() -> Iterator[Case]:
    for dtype in (d for d in DTYPES if d not in COMPLEX):
        if dtype == BOOL:
            arrays = [
                np.array([True, False, True, True, False, False, False, True, True]),
                np.ones((2, 2), bool),
            ]
        else:
            arrays = [np.array([0, 1, 100, 3], dtype), np.full((2, 3), 7, dtype), np.array(5, dtype)]
            arrays.append(np.array([_highest(dtype), -0.0 if is_float(dtype) else _lowest(dtype)], dtype))
        arrays.append(np.zeros((0, 2), dtype))
        for i, array in enumerate(arrays):
            yield Case(f"constant {dtype} {i}", lambda a=array: builders.constant(a), [], array)
        if dtype != BOOL:
            count = np.broadcast_to(np.arange(300).astype(dtype)[:, None], (300, 2))
            yield Case(f"iota {dtype}", lambda d=dtype: builders.iota((300, 2), 0, d), [], count)


GROUPS = {
    "movement": movement_cases,
    "windows": window_cases,
    "reductions": reduction_cases,
    "indices": index_cases,
    "contractions": contraction_cases,
    "constants": constant_cases,
}
ALL = [(group, case) for group, cases in GROUPS.items() for case in cases()]


@functools.cache
def compiled(group: str) -> dict[str, np.ndarray] | Exception:
    """Results of a group by case name, or why there are none; compiled when first asked for."""
    suite = Suite()
    for case in GROUPS[group]():
        suite.add(case.name, case.build, case.inputs, case.expected.dtype)
    try:
        return suite.run()
    except Exception as error:
        return error


@pytest.mark.parametrize(("group", "case"), ALL, ids=[f"{g}: {c.name}" for g, c in ALL])
def test_builder_equals_numpy(group: str, case: Case) -> None:
    results = compiled(group)
    if isinstance(results, Exception):
        raise results
    actual = results[case.name]
    assert actual.shape == case.expected.shape
    assert actual.dtype == case.expected.dtype
    np.testing.assert_array_equal(actual, case.expected)


def test_large_constant_is_refused() -> None:
    with context(), ir.Location.unknown():
        module = ir.Module.create()
        with ir.InsertionPoint(module.body), pytest.raises(InternalError, match="too large"):
            builders.constant(np.arange(5000))
