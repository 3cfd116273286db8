"""Sorting, running reductions and positions along an axis, written a second time on single elements."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from axir_compiler.ir.types import is_complex, is_float
from references import fold_extremum, wrap

__all__ = [
    "add_along",
    "log_sum_exp",
    "product",
    "running",
    "running_extreme",
    "searchsorted",
    "sort",
    "take_along",
    "total",
]

Array = np.ndarray


def _lines(shape: Sequence[int], axis: int) -> Iterator[tuple[Any, ...]]:
    """An index for each line of an array along an axis."""
    for at in np.ndindex(*shape[:axis], *shape[axis + 1 :]):
        yield (*at[:axis], slice(None), *at[axis:])


def _rank(value: Any) -> tuple[Any, ...]:
    """What Python compares instead of an element: every NaN is the same one and last."""
    if np.iscomplexobj(value):
        return _rank(value.real), _rank(value.imag)
    is_nan = value != value
    return is_nan, 0 if is_nan else value


def sort(*xs: Array, dimension: int, num_keys: int) -> tuple[Array, ...]:
    results = tuple(np.empty_like(x) for x in xs)
    for line in _lines(xs[0].shape, dimension):
        keys = [tuple(_rank(x[line][i]) for x in xs[:num_keys]) for i in range(xs[0].shape[dimension])]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        for x, result in zip(xs, results, strict=True):
            result[line] = [x[line][i] for i in order]
    return results


def searchsorted(x: Array, values: Array, *, right: bool) -> Array:
    """By counting."""
    result = np.empty(values.shape, np.int32)
    for at in np.ndindex(values.shape):
        wanted, ranks = _rank(values[at]), [_rank(v) for v in x[at[:-1]]]
        result[at] = sum(r <= wanted if right else r < wanted for r in ranks)
    return result


def running(combine: Callable[[list[Any]], Any]) -> Callable[..., Array]:
    """A reduction of all elements up to each one, in Python numbers."""

    def call(x: Array, *, axis: int, reverse: bool) -> Array:
        found = np.empty(x.shape, object)
        kind = complex if is_complex(x.dtype) else float if is_float(x.dtype) else int
        for line in _lines(x.shape, axis):
            values = [kind(v) for v in x[line]]
            n = len(values)
            ranges = [range(n - 1, i - 1, -1) if reverse else range(i + 1) for i in range(n)]
            found[line] = [combine([values[j] for j in r]) for r in ranges]
        if is_complex(x.dtype):
            return found.astype(x.dtype)
        return found.astype(np.float64).astype(x.dtype) if is_float(x.dtype) else wrap(found, x.dtype)

    return call


def running_extreme(largest: bool) -> Callable[..., Array]:
    return running(lambda values: fold_extremum(values, largest))


def total(values: Sequence[Any]) -> Any:
    """The sum, -0.0 if all are -0.0."""
    return functools.reduce(operator.add, values)


def product(values: Sequence[Any]) -> Any:
    """The product, of one number that number itself."""
    return functools.reduce(operator.mul, values)


def log_sum_exp(values: Sequence[float]) -> float:
    """By the largest one, which may be infinite."""
    if len(values) == 1:
        return values[0]
    top = max(values)
    if any(v != v for v in values) or math.isinf(top):
        return math.nan if any(v != v for v in values) else top
    return top + math.log(math.fsum(math.exp(v - top) for v in values))


def _clamped(index: Any, size: int) -> int:
    return max(0, min(int(index), size - 1))


def take_along(x: Array, indices: Array, *, axis: int) -> Array:
    result = np.empty(indices.shape, x.dtype)
    for line in _lines(indices.shape, axis):
        result[line] = [x[line][_clamped(i, x.shape[axis])] for i in indices[line]]
    return result


def add_along(updates: Array, indices: Array, *, axis: int, size: int) -> Array:
    shape = (*updates.shape[:axis], size, *updates.shape[axis + 1 :])
    kind = complex if is_complex(updates.dtype) else float if is_float(updates.dtype) else int
    wide = np.zeros(shape, object if kind is int else kind)
    for line in _lines(updates.shape, axis):
        for value, index in zip(updates[line], indices[line], strict=True):
            total = wide[line]
            total[_clamped(index, size)] += kind(value)
            wide[line] = total
    return wrap(wide, updates.dtype) if kind is int else wide.astype(updates.dtype)
