"""The case table: at least one row for each op of the dialect. Every law in ``laws/`` runs over all rows.

An elementwise op is one line of ``ELEMENTWISE``, which becomes several cases: edge cases of each dtype in
all combinations, an odd number of elements, one element, rank 0, and no elements. Other ops list their cases in
``STRUCTURED``.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

import axir_compiler.ops  # noqa: F401  (declares the ops)
import references as ref
from axir_compiler.ir.attributes import ScalarValue
from axir_compiler.ir.types import (
    BFLOAT16,
    BOOL,
    COMPLEX,
    DTYPES,
    FLOATING,
    INEXACT,
    INTEGER,
    NUMERIC,
    SIGNED,
)
from cases_fourier import TRANSFORMS
from linalg_cases import LINALG
from precision_cases import PRECISION
from references import each, numeric, real, sized, whole
from samples import COMPLEX128, FLOAT64, Arg, Case, Dtypes
from sliding_cases import WINDOWED
from sorting_cases import SORTING
from special_cases import SPECIAL
from window_cases import WINDOWS

__all__ = ["CASES", "TRANSFORMED"]

ALL: Dtypes = frozenset(DTYPES)
BITS = INTEGER | BOOL
REINTERPRETED = INTEGER | FLOATING
FLOAT32, INT32, UINT32 = np.dtype("float32"), np.dtype("int32"), np.dtype("uint32")
PARTS: Dtypes = frozenset({FLOAT32, FLOAT64})
# Ops that move elements do not look at them: their first case runs with all dtypes, the others with these.
MOVED: Dtypes = frozenset(map(np.dtype, ("bool", "int8", "uint16", "float32", "float64", "complex128"))) | {
    BFLOAT16
}


class Line(NamedTuple):
    """An elementwise op: reference, dtypes, domain of each operand, allowed errors."""

    op: str
    reference: Callable[..., Any]
    dtypes: Dtypes = FLOATING
    domains: Sequence[tuple[float, float]] = ((-3, 3),)
    attrs: Any = MappingProxyType({})
    ulp: float = 2
    kernel_ulp: float = 6
    label: str = ""
    special: bool = True


def _sigmoid(x: Any) -> Any:
    return np.where(x < 0, np.exp(x) / (1 + np.exp(x)), 1 / (1 + np.exp(-x)))


ANY, UNIT, ABOVE, INNER = ((-3, 3),), ((-0.95, 0.95),), ((0.2, 4),), ((0.1, 0.9),)
TWO = ((-3, 3), (-3, 3))
SHIFT = ((-100, 100), (0, 9))

ELEMENTWISE: tuple[Line, ...] = (
    # Sign and rounding.
    Line("neg", numeric(real(operator.neg), whole(operator.neg)), NUMERIC | COMPLEX, ulp=0, kernel_ulp=0),
    Line("abs", numeric(real(np.abs), whole(abs)), NUMERIC, ulp=0, kernel_ulp=0),
    Line("abs", real(np.abs), COMPLEX, ulp=1, kernel_ulp=2, label="complex"),
    Line("sign", real(ref.unit), COMPLEX, ulp=2, kernel_ulp=4, label="complex"),
    Line(
        "sign",
        numeric(
            real(lambda x: np.where(x > 0, 1, np.where(x < 0, -1, x))), whole(lambda x: (x > 0) - (x < 0))
        ),
        NUMERIC,
        ulp=0,
        kernel_ulp=0,
    ),
    Line("floor", each(lambda x: float(math.floor(x)) if math.isfinite(x) and x else x), ulp=0, kernel_ulp=0),
    Line("ceil", real(lambda x: -np.floor(-x)), ulp=0, kernel_ulp=0),
    Line("round_half_even", real(np.round), ulp=0, kernel_ulp=0),
    Line("round_half_away", real(ref.half_away), ulp=0, kernel_ulp=0),
    # Exponentials and powers.
    Line("exp", real(np.exp), INEXACT),
    Line("exp2", real(np.exp2), INEXACT),
    Line("expm1", real(ref.by_kind(ref.complex_expm1, np.expm1)), INEXACT),
    Line("log", real(np.log), INEXACT, domains=ABOVE),
    Line("log1p", real(np.log1p), INEXACT, domains=INNER),
    Line("sqrt", real(np.sqrt), INEXACT, domains=ABOVE),
    Line("rsqrt", real(lambda x: ref.over(np.ones_like(x), np.sqrt(x))), INEXACT, domains=ABOVE),
    Line("cbrt", real(np.cbrt), domains=ABOVE),
    Line("logistic", real(ref.by_kind(ref.complex_sigmoid, _sigmoid)), INEXACT, ulp=4),
    *(
        Line(
            "integer_pow",
            real(ref.by_kind(ref.raised, lambda x, *, exponent: x**exponent)),
            INEXACT,
            attrs={"exponent": n},
            ulp=4,
            label=f"{n}",
        )
        for n in (-3, -1)
    ),
    *(
        Line(
            "integer_pow",
            numeric(
                real(ref.by_kind(ref.raised, lambda x, *, exponent: x**exponent)),
                whole(lambda x, *, exponent: x**exponent),
            ),
            NUMERIC | COMPLEX,
            attrs={"exponent": n},
            ulp=4,
            label=f"{n}",
        )
        for n in (0, 1, 2, 5)
    ),
    # Trigonometric and hyperbolic functions.
    Line("sin", real(np.sin), INEXACT),
    Line("cos", real(np.cos), INEXACT),
    Line("tan", real(np.tan), INEXACT, domains=((-1.2, 1.2),)),
    Line("asin", real(np.arcsin), INEXACT, domains=UNIT),
    Line("acos", real(np.arccos), INEXACT, domains=UNIT),
    Line("atan", real(np.arctan), INEXACT),
    Line("sinh", real(np.sinh), INEXACT),
    Line("cosh", real(np.cosh), INEXACT),
    Line("tanh", real(np.tanh), INEXACT),
    Line("asinh", real(np.arcsinh), INEXACT),
    Line("acosh", real(np.arccosh), INEXACT, domains=((1.2, 4),)),
    Line("atanh", real(np.arctanh), INEXACT, domains=UNIT),
    # Special functions.
    Line("erf", each(math.erf), ulp=4),
    Line("erfc", each(math.erfc), ulp=16),
    Line("erf_inv", each(ref.erf_inverse), domains=UNIT, ulp=4),
    # Near their zeros SciPy is off by up to 1e-15; the kernels are within 4 ulp.
    Line("lgamma", each(ref.log_gamma), domains=ABOVE, ulp=128, kernel_ulp=64),
    Line("digamma", each(ref.digamma), domains=ABOVE, ulp=8, kernel_ulp=32),
    *(
        Line("polygamma", each(ref.polygamma), domains=ABOVE, attrs={"order": n}, ulp=8, label=f"{n}")
        for n in (1, 2, 3)
    ),
    # Bits and conversions.
    Line("not", whole(operator.invert), INTEGER),
    Line("not", lambda x: np.equal(x, False), BOOL, label="bool"),
    Line("popcnt", sized(lambda n, x: (x & ((1 << n) - 1)).bit_count()), INTEGER),
    Line("clz", sized(lambda n, x: n - (x & ((1 << n) - 1)).bit_length()), INTEGER),
    Line("is_finite", ref.is_finite, INEXACT),
    Line("stop_gradient", lambda x: x.copy(), ALL, ulp=0, kernel_ulp=0),
    Line("optimization_barrier", lambda x: x.copy(), ALL, ulp=0, kernel_ulp=0),
    Line("checkpoint_name", lambda x, label: x.copy(), ALL, ulp=0, kernel_ulp=0, attrs={"label": "hidden"}),
    *(
        Line("convert", ref.convert, ALL, attrs={"dtype": to}, ulp=1, kernel_ulp=1, label=f"to {code}")
        for to, code in DTYPES.items()
    ),
    *(
        Line(
            "bitcast",
            ref.bitcast,
            frozenset(d for d in REINTERPRETED if d.itemsize == to.itemsize) if to in REINTERPRETED else {to},
            attrs={"dtype": to},
            ulp=0,
            kernel_ulp=0,
            label=f"to {code}",
        )
        for to, code in DTYPES.items()
    ),
    # Two operands.
    Line(
        "add", numeric(real(operator.add), whole(operator.add)), NUMERIC | COMPLEX, TWO, ulp=1, kernel_ulp=0
    ),
    Line(
        "sub", numeric(real(operator.sub), whole(operator.sub)), NUMERIC | COMPLEX, TWO, ulp=1, kernel_ulp=0
    ),
    Line("mul", numeric(real(operator.mul), whole(operator.mul)), NUMERIC, TWO, ulp=1, kernel_ulp=0),
    Line("mul", real(ref.product), COMPLEX, TWO, ulp=2, kernel_ulp=2, label="complex"),
    Line(
        "div",
        numeric(real(operator.truediv), whole(ref.quotient)),
        NUMERIC,
        ((-3, 3), (0.5, 4)),
        ulp=1,
        kernel_ulp=0,
    ),
    Line(
        "div", real(ref.complex_quotient), COMPLEX, ((-3, 3), (0.5, 4)), ulp=4, kernel_ulp=4, label="complex"
    ),
    Line(
        "rem",
        numeric(real(np.fmod), whole(ref.remainder)),
        NUMERIC,
        ((1, 9), (2.1, 2.9)),
        ulp=0,
        kernel_ulp=0,
    ),
    Line("pow", numeric(real(np.power), sized(ref.power)), NUMERIC, ((0.5, 3), (-2, 3)), ulp=4),
    # Infinite operands give NaN in most places, in which is not defined.
    Line(
        "pow",
        real(ref.complex_power),
        COMPLEX,
        ((0.5, 3), (-2, 3)),
        ulp=16,
        kernel_ulp=24,
        label="complex",
        special=False,
    ),
    Line("max", ref.extremum(True), ALL, TWO, ulp=0, kernel_ulp=0),
    Line("min", ref.extremum(False), ALL, TWO, ulp=0, kernel_ulp=0),
    Line("atan2", real(np.arctan2), domains=TWO),
    Line("nextafter", ref.next_after, domains=TWO, ulp=0, kernel_ulp=0),
    Line("and", whole(operator.and_), BITS, TWO),
    Line("or", whole(operator.or_), BITS, TWO),
    Line("xor", whole(operator.xor), BITS, TWO),
    *(
        Line(op, sized(functools.partial(ref.shifted, kind=kind)), INTEGER, SHIFT)
        for op, kind in (
            ("shift_left", "left"),
            ("shift_right_logical", "logical"),
            ("shift_right_arithmetic", "arithmetic"),
        )
    ),
    *(
        Line("compare", ref.compare, dtypes, TWO, attrs={"direction": d}, label=d)
        for dtypes, directions in ((ALL, ("eq", "ne")), (ALL - COMPLEX, ("lt", "le", "gt", "ge")))
        for d in directions
    ),
    # Parts of complex numbers.
    Line("complex", ref.from_parts, PARTS, TWO, ulp=0, kernel_ulp=0),
    Line("real", lambda x: ref.parts(x)[0], COMPLEX, ulp=0, kernel_ulp=0),
    Line("imag", lambda x: ref.parts(x)[1], COMPLEX, ulp=0, kernel_ulp=0),
    Line("conj", ref.conjugate, COMPLEX, ulp=0, kernel_ulp=0),
    # Three operands.
    Line("clamp", ref.clamp, NUMERIC, ((-2, -1), (-3, 3), (1, 2)), ulp=0, kernel_ulp=0),
)


def _elementwise_cases(line: Line) -> Iterator[Case]:
    shapes = {"odd": (7,), "one": (1,), "rank 0": (), "empty": (2, 0, 3)}
    label = f"{line.label}, " if line.label else ""
    common: dict[str, Any] = {"attrs": line.attrs, "ulp": line.ulp, "kernel_ulp": line.kernel_ulp}
    for name, shape in shapes.items():
        args = tuple(Arg(shape, low, high) for low, high in line.domains)
        yield Case(line.op, label + name, args, line.reference, line.dtypes, **common)
    if not line.special:
        return
    args = tuple(Arg(special=True) for _ in line.domains)
    yield Case(line.op, f"{label}special", args, line.reference, line.dtypes, **common, smooth=False)


# Ops with shapes of their own. --------------------------------------------------------------------------


def _move(op: str, label: str, shapes: Any, reference: Any, **attrs: Any) -> Case:
    """An op that moves elements: results are equal bit for bit."""
    return Case(op, label, tuple(Arg(s, -9, 9) for s in shapes), reference, MOVED, attrs)


def _pad(label: str, shape: tuple[int, ...], low: Any, high: Any, interior: Any) -> Case:
    return _move("pad", label, (shape, ()), ref.pad, low=low, high=high, interior=interior)


def _slice(label: str, shape: tuple[int, ...], start: Any, limit: Any, stride: Any) -> Case:
    return _move("slice", label, (shape,), ref.window, start=start, limit=limit, stride=stride)


def _starts(values: Sequence[int], dtype: str = "int32") -> tuple[Arg, ...]:
    return tuple(Arg((), dtype=np.dtype(dtype), values=v) for v in values)


def _dynamic_slice(label: str, shape: Any, starts: Sequence[int], sizes: Any, dtype: str = "int32") -> Case:
    args = (Arg(shape, -9, 9), *_starts(starts, dtype))
    return Case("dynamic_slice", label, args, ref.dynamic_window, MOVED, {"sizes": sizes})


def _dynamic_update(label: str, shape: Any, window: Any, starts: Sequence[int], dtype: str = "int32") -> Case:
    args = (Arg(shape, -9, 9), Arg(window, -9, 9), *_starts(starts, dtype))
    return Case("dynamic_update_slice", label, args, ref.dynamic_update, MOVED)


def _dot(
    label: str,
    shapes: tuple[tuple[int, ...], tuple[int, ...]],
    contract: tuple[Any, Any] = ((), ()),
    batch: tuple[Any, Any] = ((), ()),
    dtypes: Dtypes = frozenset({FLOAT32, FLOAT64, INT32, COMPLEX128}),
    result: Mapping[np.dtype, np.dtype] | None = None,
) -> Case:
    def attrs(dtype: np.dtype) -> dict[str, Any]:
        return {
            "lhs_contract": contract[0],
            "rhs_contract": contract[1],
            "lhs_batch": batch[0],
            "rhs_batch": batch[1],
            "dtype": result[dtype] if result else dtype,
        }

    args = tuple(Arg(s, -3, 3) for s in shapes)
    return Case("dot_general", label, args, ref.dot_general, dtypes, attrs, exact=True)


WIDER = {BFLOAT16: FLOAT32, np.dtype("float16"): FLOAT32, FLOAT32: FLOAT64, np.dtype("int8"): INT32}
WIDER |= {np.dtype("uint8"): UINT32}

DOTS = (
    _dot("matmul", ((3, 4), (4, 5)), ((1,), (0,)), dtypes=NUMERIC | COMPLEX),
    _dot("wider result", ((3, 4), (4, 5)), ((1,), (0,)), dtypes=frozenset(WIDER), result=WIDER),
    _dot("transposed", ((4, 3), (5, 4)), ((0,), (1,))),
    _dot("batched", ((2, 3, 4), (2, 4, 5)), ((2,), (1,)), ((0,), (0,))),
    _dot("batch axes last", ((3, 4, 2), (5, 2, 4)), ((1,), (2,)), ((2,), (1,))),
    _dot("two batch axes", ((2, 3, 2, 4), (3, 4, 2, 3)), ((3,), (1,)), ((0, 1), (2, 3))),
    _dot("two contracted axes", ((2, 3, 4), (5, 4, 3)), ((2, 1), (1, 2))),
    _dot("vectors", ((5,), (5,)), ((0,), (0,))),
    _dot("matrix by vector", ((3, 5), (5,)), ((1,), (0,))),
    _dot("vector by matrix", ((5,), (5, 3)), ((0,), (0,))),
    _dot("outer", ((3,), (2,))),
    _dot("scalars", ((), ())),
    _dot("scalar by matrix", ((), (2, 3))),
    _dot("batch only", ((3,), (3,)), batch=((0,), (0,))),
    _dot("empty sum", ((3, 0), (0, 2)), ((1,), (0,))),
    _dot("no rows", ((0, 3), (3, 2)), ((1,), (0,))),
    _dot("one element", ((1, 1), (1, 1)), ((1,), (0,))),
)

MOVES = (
    *(
        _move("broadcast_in_dim", label, (shape,), ref.broadcast, shape=to, dimensions=dims)
        for label, shape, to, dims in (
            ("scalar", (), (2, 3), ()),
            ("new axes", (3,), (2, 3, 2), (1,)),
            ("size 1", (1, 3), (2, 3), (0, 1)),
            ("size 1 kept", (1, 3), (1, 2, 3), (0, 2)),
            ("same", (2, 3), (2, 3), (0, 1)),
            ("rank 0", (), (), ()),
            ("empty", (3,), (0, 3), (1,)),
            ("from size 1 to empty", (1,), (0,), (0,)),
        )
    ),
    *(
        _move("reshape", label, (shape,), ref.reshape, shape=to)
        for label, shape, to in (
            ("merge", (2, 3, 4), (6, 4)),
            ("split", (6, 4), (2, 3, 4)),
            ("regroup", (4, 6), (3, 8)),
            ("to rank 0", (1, 1), ()),
            ("from rank 0", (), (1, 1)),
            ("ones", (1, 3, 1), (3, 1)),
            ("empty", (0, 3), (2, 0, 5)),
        )
    ),
    *(
        _move("transpose", label, (shape,), ref.transpose, permutation=order)
        for label, shape, order in (
            ("matrix", (2, 3), (1, 0)),
            ("cycle", (2, 3, 4), (2, 0, 1)),
            ("identity", (2, 3), (0, 1)),
            ("rank 0", (), ()),
            ("empty", (2, 0, 3), (1, 2, 0)),
        )
    ),
    *(
        _move("reverse", label, (shape,), ref.reverse, dimensions=dims)
        for label, shape, dims in (
            ("one axis", (2, 3), (1,)),
            ("two axes", (2, 3, 4), (2, 0)),
            ("no axis", (3,), ()),
            ("empty", (0, 2), (0, 1)),
        )
    ),
    *(
        _move("concatenate", label, shapes, ref.concatenate, dimension=axis)
        for label, shapes, axis in (
            ("first axis", ((2, 3), (1, 3), (4, 3)), 0),
            ("last axis", ((2, 3), (2, 1)), 1),
            ("with empty", ((2, 0), (2, 3), (2, 0)), 1),
            ("one operand", ((3,),), 0),
            ("all empty", ((0, 2), (0, 2)), 0),
        )
    ),
    _pad("both ends", (2, 3), (1, 0), (2, 3), (0, 0)),
    _pad("interior", (2, 3), (0, 0), (0, 0), (1, 2)),
    _pad("negative", (4, 5), (-1, 0), (0, -2), (0, 0)),
    _pad("negative and interior", (3, 4), (-1, 2), (2, -3), (2, 1)),
    _pad("interior and cut in the gaps", (3,), (-2,), (-1,), (3,)),
    _pad("cut to nothing", (3,), (-2,), (-1,), (0,)),
    _pad("empty", (0, 2), (1, 0), (2, 1), (3, 0)),
    _pad("one element", (1,), (0,), (2,), (4,)),
    _pad("rank 0", (), (), (), ()),
    _slice("window", (4, 5), (1, 2), (3, 5), (1, 1)),
    _slice("strided", (7, 5), (1, 0), (7, 5), (3, 2)),
    _slice("whole", (2, 3), (0, 0), (2, 3), (1, 1)),
    _slice("nothing", (4,), (2,), (2,), (1,)),
    _slice("stride past the end", (5,), (1,), (4,), (9,)),
    _slice("rank 0", (), (), (), ()),
    _dynamic_slice("inside", (5, 4), (1, 2), (3, 2)),
    _dynamic_slice("past the end", (5, 4), (9, 2), (3, 3)),
    _dynamic_slice("before the start", (5, 4), (-7, 1), (3, 2), "int64"),
    _dynamic_slice("whole", (2, 3), (1, -1), (2, 3)),
    _dynamic_slice("unsigned start", (6,), (200,), (2,), "uint8"),
    _dynamic_slice("huge start", (6,), (2**63 + 5,), (2,), "uint64"),
    _dynamic_slice("no elements", (5,), (2,), (0,)),
    _dynamic_slice("rank 0", (), (), ()),
    _dynamic_update("inside", (5, 4), (2, 2), (1, 1)),
    _dynamic_update("past the end", (5, 4), (2, 3), (4, 3)),
    _dynamic_update("before the start", (5, 4), (2, 2), (-1, -9), "int64"),
    _dynamic_update("small start dtype", (5,), (2,), (100,), "int8"),
    _dynamic_update("whole", (2, 2), (2, 2), (1, 1)),
    _dynamic_update("no elements", (3,), (0,), (1,)),
    _dynamic_update("rank 0", (), (), ()),
)


def _first_with_all_dtypes(cases: Sequence[Case]) -> Iterator[Case]:
    seen: set[str] = set()
    for case in cases:
        yield case if case.op in seen else replace(case, dtypes=ALL)
        seen.add(case.op)


NAN, INF = math.nan, math.inf
EDGES = ((NAN, 1, 2), (INF, -INF, 1), (-0.0, -0.0, -0.0), (0.0, -0.0, -1), (INF, 1, INF), (1, NAN, NAN))
EXTREME = ((0, 0, 0), (1, 0, 127), (127, 127, 127), (100, 27, 3))


class Fold(NamedTuple):
    """A reduction: reference, dtypes, whether floats have edge cases."""

    op: str
    reference: Callable[..., Any]
    dtypes: Dtypes = NUMERIC
    floats: bool = True


FOLDS = (
    Fold("reduce_sum", ref.reduced(operator.add, 0), NUMERIC | COMPLEX),
    Fold("reduce_prod", ref.reduced(operator.mul, 1), NUMERIC | COMPLEX),
    Fold("reduce_max", ref.reduced_extremum(True), NUMERIC | COMPLEX),
    Fold("reduce_min", ref.reduced_extremum(False), NUMERIC | COMPLEX),
    Fold("reduce_and", ref.reduced(operator.and_, -1), BITS, floats=False),
    Fold("reduce_or", ref.reduced(operator.or_, 0), BITS, floats=False),
    Fold("reduce_xor", ref.reduced(operator.xor, 0), BITS, floats=False),
)


def _fold_cases(fold: Fold) -> Iterator[Case]:
    shapes = (
        ("last axis", (3, 5), (1,)),
        ("first axis", (5, 3), (0,)),
        ("middle axis", (2, 3, 4), (1,)),
        ("two axes", (2, 3, 4), (0, 2)),
        ("all axes", (2, 3), (0, 1)),
        ("no axis", (2, 3), ()),
        ("size 1", (1, 1), (0,)),
        ("rank 0", (), ()),
        ("nothing to combine", (2, 0), (1,)),
        ("no results", (0, 3), (1,)),
    )
    structural = frozenset({FLOAT32, FLOAT64, COMPLEX128}) & fold.dtypes if fold.floats else BOOL | {INT32}
    for label, shape, axes in shapes:
        dtypes = fold.dtypes if label == "last axis" else structural
        yield Case(fold.op, label, (Arg(shape, -3, 3),), fold.reference, dtypes, {"axes": axes}, exact=True)
    if fold.floats:
        edges = (Arg((6, 3), values=EDGES),)
        yield Case(fold.op, "edge cases", edges, fold.reference, FLOATING, {"axes": (1,)}, smooth=False)
    extreme = (Arg((4, 3), values=EXTREME),)
    yield Case(
        fold.op, "extreme", extreme, fold.reference, fold.dtypes & INTEGER, {"axes": (1,)}, smooth=False
    )


def _position_cases(op: str, largest: bool) -> Iterator[Case]:
    reference = ref.position(largest)
    ties = ((1, 2, 2, 1), (3, 3, 3, 3), (2, 1, 1, 2))
    for label, shape, axis, index in (
        ("last axis", (3, 5), 1, "int32"),
        ("first axis", (5, 3), 0, "int64"),
        ("size 1", (2, 1), 1, "int8"),
        ("no results", (0, 2), 1, "int32"),
        ("vector", (7,), 0, "uint32"),
    ):
        dtypes = NUMERIC | BOOL if label == "last axis" else frozenset({FLOAT32, INT32})
        attrs = {"axis": axis, "index_dtype": np.dtype(index)}
        yield Case(op, label, (Arg(shape),), reference, dtypes, attrs)
    attrs = {"axis": 1, "index_dtype": INT32}
    yield Case(op, "ties", (Arg((3, 4), values=ties),), reference, NUMERIC, attrs)
    yield Case(op, "edge cases", (Arg((6, 3), values=EDGES),), reference, FLOATING, attrs)


def _typed(dtype: np.dtype) -> dict[str, Any]:
    return {"shape": (2, 3, 4), "dimension": 1, "dtype": dtype}


def _constant(value: Callable[[np.dtype], Any], label: str, dtypes: Dtypes) -> Case:
    return Case("constant", label, (), ref.constant, dtypes, lambda d: {"value": ScalarValue(value(d), d)})


def _extreme_integer(dtype: np.dtype) -> int:
    info = np.iinfo(dtype)
    return int(info.min if dtype in SIGNED else info.max)


WORD = Arg((5,), dtype=UINT32, values=(0, 0xFFFFFFFF, 0x243F6A88, 1, 77))
OTHER = Arg((5,), dtype=UINT32, values=(0, 0xFFFFFFFF, 0x85A308D3, 2, 0))
SELECTED = (
    ("odd", (7,)),
    ("one", (1,)),
    ("rank 0", ()),
    ("empty", (2, 0)),
)

COMPLEX_POINTS = tuple(complex(re, im) for re in (0.0, -0.0, 1.0, -2.5) for im in (0.0, -0.0, 0.5, -1.0))
BASES, EXPONENTS = zip(*((x, y) for x in COMPLEX_POINTS for y in COMPLEX_POINTS), strict=True)

STRUCTURED: tuple[Case, ...] = (
    Case(
        "pow",
        "complex points",
        (Arg((256,), values=BASES), Arg((256,), values=EXPONENTS)),
        real(ref.complex_power),
        COMPLEX,
        ulp=16,
        kernel_ulp=24,
        smooth=False,
    ),
    _constant(lambda d: 1, "one", ALL),
    _constant(lambda d: -0.0, "negative zero", FLOATING),
    _constant(lambda d: NAN, "nan", FLOATING),
    _constant(lambda d: INF, "infinity", FLOATING),
    _constant(_extreme_integer, "extreme", INTEGER),
    _constant(lambda d: complex(-0.0, INF), "parts", COMPLEX),
    Case("iota", "middle axis", (), ref.iota, NUMERIC | COMPLEX, _typed),
    *(
        Case(
            "iota", label, (), ref.iota, frozenset({INT32}), {"shape": shape, "dimension": 0, "dtype": INT32}
        )
        for label, shape in (("vector", (5,)), ("one", (1,)), ("empty", (0, 3)))
    ),
    *(
        Case(
            "select",
            label,
            (Arg(shape, dtype=np.dtype(bool)), Arg(shape, -9, 9), Arg(shape, -9, 9)),
            ref.select,
            ALL if label == "odd" else MOVED,
        )
        for label, shape in SELECTED
    ),
    Case(
        "select",
        "special",
        (Arg(special=True, dtype=np.dtype(bool)), Arg(special=True), Arg(special=True)),
        ref.select,
        ALL,
        smooth=False,
    ),
    Case("threefry2x32", "known answers", (WORD, OTHER, OTHER, WORD), ref.threefry, frozenset({UINT32})),
    Case("threefry2x32", "one", (Arg((1,), 0, 99),) * 4, ref.threefry, frozenset({UINT32})),
    Case("threefry2x32", "empty", (Arg((0,)),) * 4, ref.threefry, frozenset({UINT32})),
    *_first_with_all_dtypes(MOVES),
    *DOTS,
    *WINDOWED,
    *TRANSFORMS,
    *(case for fold in FOLDS for case in _fold_cases(fold)),
    *_position_cases("argmax", True),
    *_position_cases("argmin", False),
    *WINDOWS,
    *LINALG,
    *SORTING,
    *PRECISION,
    *SPECIAL,
)

CASES: tuple[Case, ...] = (*(case for line in ELEMENTWISE for case in _elementwise_cases(line)), *STRUCTURED)


def _transformed(case: Case) -> list[np.dtype]:
    """The dtypes for the laws of the transformations: float64 and complex128 where the op takes them."""
    found = [d for d in (FLOAT64, COMPLEX128) if d in case.dtypes]
    return found or [next(d for d in DTYPES if d in case.dtypes)]


TRANSFORMED: tuple[tuple[Case, np.dtype], ...] = tuple(
    (c, d) for c in CASES if c.smooth for d in _transformed(c)
)
"""Cases without edge values, each with one or two dtypes, for the laws of the transformations."""
