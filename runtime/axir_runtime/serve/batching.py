"""Requests that run together: which functions allow it, and how requests are joined and divided again.

A function can run several requests at once if every result has the rows of the arguments along one axis, and each
row of the results depends on the same row of the arguments only. The former is seen in the signature (``plan_of``).
The latter is tried on numbers when the server starts (``rows_are_independent``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np

from axir_runtime.dtypes import DType
from axir_runtime.manifest import Entry
from axir_runtime.signature import Spec
from axir_runtime.sizes import Bounds, Size, resolved

Array = np.ndarray[Any, Any]


class Plan(NamedTuple):
    """How the requests of a function are joined: along which named size, and on which axis of each array.

    Arrays of the arguments without that size, whose axis is None, must be equal in joined requests.
    """

    size: str
    bounds: Bounds
    arguments: tuple[int | None, ...]
    results: tuple[int, ...]

    def rows(self, arrays: Sequence[Array]) -> int:
        """The rows of a request."""
        return next(x.shape[a] for x, a in zip(arrays, self.arguments, strict=True) if a is not None)

    def joined(self, requests: Sequence[Sequence[Array]]) -> list[Array]:
        """The arrays of several requests as those of one."""
        columns = zip(*requests, strict=True)
        return [
            column[0] if axis is None else np.concatenate(column, axis)
            for axis, column in zip(self.arguments, columns, strict=True)
        ]

    def divided(self, results: Sequence[Array], rows: Sequence[int]) -> list[list[Array]]:
        """What of the results belongs to each request."""
        ends = np.cumsum(rows)[:-1]
        columns = [np.split(x, ends, axis) for x, axis in zip(results, self.results, strict=True)]
        return [list(row) for row in zip(*columns, strict=True)]

    def key(self, arrays: Sequence[Array]) -> tuple[Any, ...]:
        """Equal for requests that may run together: same other sizes, same values of what they share."""
        parts: list[Any] = []
        for x, axis in zip(arrays, self.arguments, strict=True):
            if axis is None:
                parts.append(
                    (x.shape, hashlib.blake2b(np.ascontiguousarray(x).data, digest_size=32).digest())
                )
            else:
                parts.append((*x.shape[:axis], *x.shape[axis + 1 :]))
        return tuple(parts)


def plan_of(entry: Entry) -> Plan | str:
    """How requests of this function can be joined, or why they cannot."""
    if not entry.sizes:
        return "no size of it has a name"
    reasons: list[str] = []
    for name, bounds in entry.sizes.items():
        try:
            arguments = [_axis(name, spec) for p in entry.parameters for spec in p.specs]
            results = [_axis(name, spec) for spec in entry.result_specs]
        except ValueError as error:
            reasons.append(str(error))
            continue
        axes = [axis for axis in results if axis is not None]
        if not results or len(axes) != len(results):
            reasons.append(f"not all of its results have the size {name!r}")
        else:
            return Plan(name, bounds, tuple(arguments), tuple(axes))
    return "; ".join(reasons)


def _axis(name: str, spec: Spec) -> int | None:
    """The axis of the rows.

    Raises: ValueError if the size is on several axes, or part of a sum.
    """
    found = [i for i, n in enumerate(spec.shape) if isinstance(n, Size) and name in dict(n.terms)]
    if not found:
        return None
    if len(found) > 1 or spec.shape[found[0]] != Size.make(0, {name: 1}):
        raise ValueError(f"{spec} does not have the size {name!r} on one axis as it is")
    return found[0]


# The trial. -----------------------------------------------------------------------------------------


def rows_are_independent(
    call: Callable[[Sequence[Array]], Sequence[Array]], entry: Entry, plan: Plan, seed: int = 0
) -> bool:
    """Whether joined requests give what they give alone, for random numbers of several kinds.

    One of two requests is made of NaN in one of the rounds: whatever it reaches becomes NaN too.
    """
    rng = np.random.default_rng(seed)
    first = max(plan.bounds.min, 1)
    if 2 * first + 1 > plan.bounds.max:
        return False
    rows = [first, first + 1]
    specs = [spec for p in entry.parameters for spec in p.specs]
    other = {name: min(max(b.min, 3), b.max) for name, b in entry.sizes.items()}
    for kinds in (("normal", "normal"), ("positive", "negative"), ("normal", "nan")):
        requests: list[list[Array]] = []
        for count, kind in zip(rows, kinds, strict=True):
            sizes = {**other, plan.size: count}
            drawn = [_draw(rng, spec, sizes, kind) for spec in specs]
            if requests:
                same = zip(plan.arguments, requests[0], drawn, strict=True)
                drawn = [shared if axis is None else own for axis, shared, own in same]
            requests.append(drawn)
        apart = [call(arrays) for arrays in requests]
        together = plan.divided(call(plan.joined(requests)), rows)
        if not all(
            _close(a, b)
            for one, other_ in zip(apart, together, strict=True)
            for a, b in zip(one, other_, strict=True)
        ):
            return False
    return True


def _draw(rng: np.random.Generator, spec: Spec, sizes: dict[str, int], kind: str) -> Array:
    """Random numbers of a dtype."""
    shape = tuple(int(n) for n in resolved(spec.shape, sizes))  # pyright: ignore[reportArgumentType]
    dtype = spec.dtype
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype.kind in "iu":
        return rng.integers(0, 5, shape).astype(dtype)
    values = rng.standard_normal(shape)
    values = {"positive": np.abs(values) + 1, "negative": -np.abs(values), "nan": values * np.nan}.get(
        kind, values
    )
    return values.astype(dtype)


def _close(one: Array, other: Array) -> bool:
    """Whether two results are the same but for the order of sums."""
    if one.dtype.kind in "biu":
        return np.array_equal(one, other)
    wide = np.complex128 if one.dtype.kind == "c" else np.float64
    x, y = one.astype(wide), other.astype(wide)
    finite = np.isfinite(x)
    if not np.array_equal(finite, np.isfinite(y)):
        return False
    size = np.abs(x[finite]).max(initial=0)
    return bool((np.abs(x[finite] - y[finite]) <= tolerance(one.dtype) * size).all())


def tolerance(dtype: DType) -> float:
    """Difference that another order of sums may make, relative to the largest element."""
    return min(0.05, 256 * float(ml_dtypes.finfo(dtype).eps))
