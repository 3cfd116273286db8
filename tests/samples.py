"""What a row of the case table is, and the arrays on which it is tried."""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from axir_compiler.ir.op import OPS, AxirOp
from axir_compiler.ir.types import (
    BFLOAT16,
    BOOL,
    COMPLEX,
    DTYPES,
    FLOATING,
    INTEGER,
    Aval,
    dtype_name,
    is_inexact,
    real_dtype,
)

__all__ = ["COMPLEX128", "FLOAT64", "Arg", "Case", "Dtypes", "special_values"]

Dtypes = frozenset[np.dtype]
FLOAT64 = np.dtype("float64")
COMPLEX128 = np.dtype("complex128")


@dataclass(frozen=True)
class Arg:
    """One operand.

    Attributes:
        shape: Its shape.
        low, high: Range of ordinary values, inside the domain of the op; of complex ones that of both parts.
        dtype: ``None`` for the dtype that the case is run with.
        values: What the operand holds, instead of values that are drawn.
        special: Take the edge cases of the dtype (NaN, infinities, extreme integers) as values. With several
            such operands there is one element for each combination; the shape is ignored.
        rigid: Further items of a batch are multiples of the first, not its elements in other places.
    """

    shape: tuple[int, ...] = ()
    low: float = -3
    high: float = 3
    dtype: np.dtype | None = None
    values: Any = None
    special: bool = False
    rigid: bool = False


@dataclass(frozen=True)
class Case:
    """One op with shapes and attributes, run with each of ``dtypes``.

    Attributes:
        op: Name of the op.
        label: Tells apart the rows of one op.
        args: Its operands.
        reference: What the op computes, written without the op's own NumPy rule.
        dtypes: Dtypes that operands without a fixed dtype take.
        attrs: Attributes of the op, or a function from the dtype to them.
        ulp: Allowed distance between the evaluated result and the reference, in units in the last place.
        kernel_ulp: The same between the compiled and the evaluated result.
        exact: Operands hold small whole numbers, so that sums are exact in any order.
        smooth: Whether the derivative exists on the drawn values.
        outcome: What is compared in place of the results, as a function of operands and results, where results may
            differ in sign or are sums of many terms; floats are then compared relative to the largest one.
    """

    op: str
    label: str
    args: tuple[Arg, ...]
    reference: Callable[..., Any]
    dtypes: Dtypes
    attrs: Mapping[str, Any] | Callable[[np.dtype], Mapping[str, Any]] = field(default_factory=dict)
    ulp: float = 0
    kernel_ulp: float = 0
    exact: bool = False
    smooth: bool = True
    outcome: Callable[[Sequence[np.ndarray], Sequence[np.ndarray]], Sequence[Any]] | None = None

    @property
    def op_class(self) -> type[AxirOp]:
        return OPS[self.op]

    def attrs_for(self, dtype: np.dtype) -> dict[str, Any]:
        return dict(self.attrs(dtype) if callable(self.attrs) else self.attrs)

    def runs(self) -> Iterator[tuple[Case, np.dtype]]:
        """The case with each dtype, in a fixed order."""
        for dtype in DTYPES:
            if dtype in self.dtypes:
                yield self, dtype

    def name(self, dtype: np.dtype) -> str:
        """For example ``pad[interior]-f32``."""
        return f"{self.op}[{self.label}]-{dtype_name(dtype)}"

    def arrays(self, dtype: np.dtype, *, derivative: bool = False) -> list[np.ndarray]:
        """Operands, always the same ones. With ``derivative`` floats are drawn from a continuous range."""
        rng = np.random.default_rng(zlib.crc32(self.name(dtype).encode()))
        special = iter(_combinations([a.dtype or dtype for a in self.args if a.special]))
        ranks = iter(rng.permutation(sum(math.prod(a.shape) for a in self.args)))
        return [
            next(special) if a.special else self._draw(a, a.dtype or dtype, ranks, rng, derivative)
            for a in self.args
        ]

    def _draw(
        self, arg: Arg, dtype: np.dtype, ranks: Iterator[int], rng: np.random.Generator, derivative: bool
    ) -> np.ndarray:
        if arg.values is not None:
            return np.array(arg.values, dtype)
        count = math.prod(arg.shape)
        if dtype in BOOL:
            return rng.integers(0, 2, arg.shape).astype(bool)
        if dtype in INTEGER:
            low = 0 if dtype.kind == "u" and arg.low < 0 else math.ceil(arg.low)
            return rng.integers(low, max(low, math.floor(arg.high)) + 1, arg.shape).astype(dtype)
        if dtype in COMPLEX:
            part = real_dtype(dtype)
            re = self._draw(arg, part, ranks, rng, derivative)
            im = rng.permutation(re.ravel()).reshape(re.shape) if re.size > 1 else arg.low + arg.high - re
            return np.asarray(re + 1j * im, dtype)
        # Each value has a cell of the range to itself, so that no two operands or elements tie.
        cells = np.array([next(ranks) for _ in range(count)])
        total = sum(math.prod(a.shape) for a in self.args)
        position = (cells + rng.uniform(0.2, 0.8, count)) / max(total, 1)
        values = (arg.low + position * (arg.high - arg.low)).reshape(arg.shape)
        return np.asarray(np.rint(values) if self.exact and not derivative else values, dtype)

    def results(self, arrays: Sequence[np.ndarray], dtype: np.dtype) -> tuple[Aval, ...]:
        """Result types by the op's type rule."""
        return self.op_class.infer_checked([Aval(x.shape, x.dtype) for x in arrays], self.attrs_for(dtype))

    def active(self, dtype: np.dtype) -> tuple[int, ...]:
        """Operands that can carry tangents."""
        return tuple(i for i, a in enumerate(self.args) if is_inexact(a.dtype or dtype))


def _combinations(dtypes: Sequence[np.dtype]) -> list[np.ndarray]:
    """One flat array for each dtype; together they run through all combinations of edge cases."""
    tables = [special_values(d, few=len(dtypes) > 2) for d in dtypes]
    rows = list(itertools.product(*(range(len(t)) for t in tables)))
    return [t[np.array([row[i] for row in rows], int)] for i, t in enumerate(tables)]


def special_values(dtype: np.dtype, *, few: bool = False) -> np.ndarray:
    """The edge cases of a dtype."""
    if dtype in BOOL:
        return np.array([False, True])
    if dtype in FLOATING:
        return _special_floats(dtype, few)
    if dtype in COMPLEX:
        parts = [0.0, 1.0, math.inf] if few else [0.0, 0.5, 1.0, 2.5, math.inf]
        parts = [*parts, *(-p for p in parts), math.nan]
        # Not by arithmetic, which loses infinities.
        return np.array([complex(re, im) for re in parts for im in parts], dtype)
    info = np.iinfo(dtype)
    small = [n for n in (0, 1, 2, 3, 7, 31, 64, 100, -1, -2, -3, -7, -100) if info.min <= n]
    edges = [info.min, info.min + 1, info.max, info.max - 1, info.max // 2 + 1]
    return np.array([*edges, *(small[:3] if few else small)], dtype)


def _special_floats(dtype: np.dtype, few: bool) -> np.ndarray:
    info = _finfo(dtype)
    positive = [0.0, 1.0, 2.5, math.inf]
    if not few:
        positive += [0.5, 2.0, 3.0, 1e-3, 0.7, 3.7, 9.25, 80.0, 130.0, 1e4, float(info.max), float(info.tiny)]
    return np.array([*positive, *(-x for x in positive), math.nan]).astype(dtype)


def _finfo(dtype: np.dtype) -> Any:
    import ml_dtypes

    return ml_dtypes.finfo(dtype) if dtype == BFLOAT16 else np.finfo(dtype)
