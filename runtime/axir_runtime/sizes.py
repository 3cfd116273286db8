"""Sizes that are known only at a call: sums of multiples of named sizes, such as ``2*batch+1``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from axir_runtime.dtypes import describe
from axir_runtime.errors import ArgumentShapeError, DamagedError
from axir_runtime.signature import Spec

_TERM = re.compile(
    r"\s*(?P<sign>[+-]?)\s*(?:(?P<factor>\d+)\s*\*\s*)?(?:(?P<name>[A-Za-z_]\w*)|(?P<number>\d+))\s*"
)


class Size(NamedTuple):
    """``constant + sum(factor * size)``; the names are sorted and no factor is zero."""

    constant: int
    terms: tuple[tuple[str, int], ...]

    @staticmethod
    def make(constant: int, factors: Mapping[str, int]) -> Size:
        return Size(constant, tuple((name, f) for name, f in sorted(factors.items()) if f))

    def value(self, sizes: Mapping[str, int]) -> int:
        """The number for some sizes."""
        return self.constant + sum(factor * sizes[name] for name, factor in self.terms)

    def __str__(self) -> str:
        words = [name if factor == 1 else f"{factor}*{name}" for name, factor in self.terms]
        words += [str(self.constant)] if self.constant or not words else []
        return "+".join(words).replace("+-", "-")


def parse_size(text: str) -> Size:
    """A size from text: ``batch``, ``2*n``, ``n+1``, ``n+m-2``.

    Raises: ValueError if it is none.
    """
    factors: dict[str, int] = {}
    constant = at = 0
    while at < len(text) or not text:
        found = _TERM.match(text, at)
        if found is None or not (at == 0 or found["sign"]):
            raise ValueError(f"a size is a number, a name, or a sum such as '2*n+1'; got {text!r}")
        sign = -1 if found["sign"] == "-" else 1
        factor = sign * int(found["factor"] or 1)
        if found["name"]:
            factors[found["name"]] = factors.get(found["name"], 0) + factor
        else:
            constant += factor * int(found["number"])
        at = found.end()
    return Size.make(constant, factors)


class Bounds(NamedTuple):
    """The least and the greatest that a named size may be."""

    min: int
    max: int


class SizeChecker:
    """Finds the named sizes of a call in the shapes of its arguments, and checks every shape against them."""

    def __init__(self, name: str, leaves: Sequence[tuple[str, Spec]], bounds: Mapping[str, Bounds]) -> None:
        self._name = name
        self._leaves = leaves
        self._bounds = bounds
        self._places = _places(leaves)
        missing = set(bounds) - set(self._places)
        if missing:
            raise DamagedError(f"the manifest has sizes that no argument of {name} tells: {sorted(missing)}")

    def sizes(self, shapes: Sequence[tuple[int, ...]]) -> dict[str, int]:
        """The named sizes, for shapes of the right ranks.

        Raises: ArgumentShapeError if a shape does not fit, or a size is out of its bounds.
        """
        found: dict[str, int] = {}
        for name, (leaf, axis, size) in self._places.items():
            given = shapes[leaf][axis] - size.constant
            value, rest = divmod(given, size.terms[0][1])
            least, greatest = self._bounds[name]
            if rest or not least <= value <= greatest:
                where, spec = self._leaves[leaf]
                got = describe(shapes[leaf], spec.dtype)
                raise ArgumentShapeError(
                    f"{where} must be {spec} with {least} <= {name} <= {greatest}; got {got}"
                )
            found[name] = value
        for (where, spec), shape in zip(self._leaves, shapes, strict=True):
            if shape != resolved(spec.shape, found):
                values = ", ".join(f"{name}={value}" for name, value in found.items())
                raise ArgumentShapeError(
                    f"{where} must be {spec} where {values}; got {describe(shape, spec.dtype)}"
                )
        return found


def resolved(shape: Iterable[object], sizes: Mapping[str, int]) -> tuple[object, ...]:
    """A shape with numbers in place of named sizes."""
    return tuple(n.value(sizes) if isinstance(n, Size) else n for n in shape)


def _places(leaves: Sequence[tuple[str, Spec]]) -> dict[str, tuple[int, int, Size]]:
    """For each name the first axis whose size depends on it alone."""
    found: dict[str, tuple[int, int, Size]] = {}
    for leaf, (_, spec) in enumerate(leaves):
        for axis, size in enumerate(spec.shape):
            if isinstance(size, Size) and len(size.terms) == 1:
                found.setdefault(size.terms[0][0], (leaf, axis, size))
    return found
