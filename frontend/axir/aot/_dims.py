"""Sizes that are known only at a call, and the samples of them that programs are traced for."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from axir_compiler.errors import ShapeError
from axir_runtime import Bounds, Size

__all__ = ["DEFAULT_BOUNDS", "Dim", "bounds_of", "fixed", "merged", "samples", "special_choices"]

DEFAULT_BOUNDS = Bounds(1, 65536)
# With more names there would be too many programs for sizes that are 1.
_MOST_NAMES = 3
# Sizes at which programs tend to differ, if they do; those within the bounds are tried.
_TELLING = (2, 3, 4, 5, 7, 8, 16, 17, 31, 32, 64, 97, 101, 128, 256, 1000, 1024, 4096)


class Dim:
    """A size with a name, or a sum of multiples of such sizes.

    Args:
        name: equal names mean equal sizes.
        min, max: bounds, which each call checks; from 0 on.

    Example:
        >>> from axir.aot import Dim
        >>> batch = Dim("batch", max=4096)
        >>> 2 * batch + 1
        Dim(2*batch+1)
    """

    __slots__ = ("bounds", "size")

    def __init__(self, name: str, *, min: int = DEFAULT_BOUNDS.min, max: int = DEFAULT_BOUNDS.max):
        if not (name.isidentifier() and name.isascii()):
            raise ShapeError(f"Dim: the name of a size is a word; got {name!r}.")
        if not 0 <= min <= max or max < 2 or max > 1 << 24:
            raise ShapeError(
                f"Dim: bounds must be 0 <= min <= max <= {1 << 24}, and max at least 2; got {min}, {max}."
            )
        self.size = Size.make(0, {name: 1})
        self.bounds = {name: Bounds(min, max)}

    @staticmethod
    def of(size: Size, bounds: Mapping[str, Bounds]) -> Dim:
        """A size with the bounds of its names."""
        found = object.__new__(Dim)
        found.size, found.bounds = size, dict(bounds)
        return found

    def __add__(self, other: int | Dim) -> Dim:
        if isinstance(other, int):
            return Dim.of(self.size._replace(constant=self.size.constant + other), self.bounds)
        factors = dict(self.size.terms)
        for name, factor in other.size.terms:
            factors[name] = factors.get(name, 0) + factor
        joined = Size.make(self.size.constant + other.size.constant, factors)
        return Dim.of(joined, merged([self.bounds, other.bounds]))

    def __mul__(self, factor: int) -> Dim:
        factors = {name: factor * f for name, f in self.size.terms}
        return Dim.of(Size.make(factor * self.size.constant, factors), self.bounds)

    def __sub__(self, other: int | Dim) -> Dim:
        return self + (-other if isinstance(other, int) else other * -1)

    __radd__ = __add__
    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"Dim({self.size})"


def merged(bounds: Iterable[Mapping[str, Bounds]]) -> dict[str, Bounds]:
    """All names with their bounds.

    Raises:
        ShapeError: one name has different bounds.
    """
    found: dict[str, Bounds] = {}
    for name, pair in (item for one in bounds for item in one.items()):
        if found.setdefault(name, pair) != pair:
            raise ShapeError(
                f"Dim: {name!r} has the bounds {tuple(found[name])} and {tuple(pair)}. Use one Dim for it."
            )
    return found


def bounds_of(shapes: Iterable[Sequence[Any]], dims: Mapping[str, Bounds], where: str) -> dict[str, Bounds]:
    """The names in some shapes with their bounds, of which ``dims`` has those that were given.

    Raises:
        ShapeError: a name cannot be told from the shapes, there are too many, or a size may be negative.
    """
    used = [n for shape in shapes for n in shape if isinstance(n, Size)]
    names = sorted({name for size in used for name, _ in size.terms})
    bounds = {name: dims.get(name, DEFAULT_BOUNDS) for name in names}
    alone = {size.terms[0][0] for size in used if len(size.terms) == 1 and size.terms[0][1] > 0}
    for name in names:
        if name not in alone:
            raise ShapeError(
                f"export: {where}: no argument has an axis that depends on the size {name!r} alone."
            )
    if len(names) > _MOST_NAMES:
        raise ShapeError(
            f"export: {where}: at most {_MOST_NAMES} sizes may have names; got {', '.join(names)}."
        )
    for size in used:
        least = size.constant + sum(f * (bounds[n].min if f > 0 else bounds[n].max) for n, f in size.terms)
        limit = 0 if any(bounds[n].min == 0 for n, _ in size.terms) else 1
        if least < limit:
            raise ShapeError(
                f"export: {where}: the size {size} may be less than {limit}. Give its names other bounds."
            )
    return bounds


def special_choices(bounds: Mapping[str, Bounds]) -> Iterator[dict[str, int]]:
    """Which of the sizes are 0 or 1, in every combination that there may be; none of them first."""
    names = sorted(bounds)
    choices = [[None, *(n for n in (1, 0) if bounds[name].min <= n)] for name in names]
    for values in itertools.product(*choices):
        yield {name: value for name, value in zip(names, values, strict=True) if value is not None}


def samples(bounds: Mapping[str, Bounds], where: str) -> list[dict[str, int]]:
    """Sizes to trace a program for: the bounds, small ones, powers of two and their neighbours, large ones.

    Raises:
        ShapeError: the bounds leave too few.
    """
    names = sorted(bounds)
    choices = {name: _candidates(bounds[name]) for name in names}
    count = max(map(len, choices.values()), default=1) + len(names)
    found = [
        {name: choices[name][(s * (k + 1) + 2 * k) % len(choices[name])] for k, name in enumerate(names)}
        for s in range(count)
    ]
    unique = [dict(pairs) for pairs in dict.fromkeys(tuple(sorted(s.items())) for s in found)]
    matrix = [[1, *(s[n] for n in names)] for s in unique]
    if names and np.linalg.matrix_rank(np.array(matrix, float)) <= len(names):
        raise ShapeError(
            f"export: {where}: the bounds of {', '.join(names)} leave no choice. Use fixed sizes."
        )
    return unique


def _candidates(pair: Bounds) -> list[int]:
    least = max(pair.min, 2)
    near = {least, least + 1, least + 2, pair.max, pair.max - 1, (least + pair.max) // 2}
    return sorted(n for n in {*near, *_TELLING} if least <= n <= pair.max)


def fixed(shape: Sequence[Any], sizes: Mapping[str, int]) -> tuple[Any, ...]:
    """A shape with numbers in place of these names."""
    return tuple(_fixed(n, sizes) if isinstance(n, Size) else n for n in shape)


def _fixed(size: Size, sizes: Mapping[str, int]) -> int | Size:
    constant = size.constant + sum(f * sizes[n] for n, f in size.terms if n in sizes)
    left = {n: f for n, f in size.terms if n not in sizes}
    return Size.make(constant, left) if left else constant
