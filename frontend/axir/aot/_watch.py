"""Sizes that remember where they come from and what Python code asks about them.

While a function with named sizes is traced, the extents of its arguments are whole numbers of a class of their own.
Sums, products, quotients and remainders of them are such numbers again, and each comparison is recorded with what was
compared. Evaluated for all sizes, the records tell which sizes take the same way through the Python code: one of
each kind has to be traced, or the program would be made without having seen what the code does there.

Numbers that leave Python's integers are not followed any further: ``float(n)``, ``n / 2``, ``int(n)``, ``range(n)``,
and what NumPy makes of a size. Nor does looking a size up in a dict or set tell what else could have been found there.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from axir_runtime import Bounds, Size

__all__ = ["Form", "Records", "Watched", "kinds_of_sizes", "stand_for_others", "watched", "watching"]

Form = tuple[Any, ...] | int
"""``("name", n)``, ``(function, form, form)``, or a number."""
Env = Mapping[str, Any]

# So many combinations of sizes are looked at, if there are more.
_MOST_POINTS = 1 << 16
# Sums of more terms, which Python code adds up in a loop, are followed no further.
_DEEPEST = 200
# Small sizes are all looked at.
_SMALL = 1 << 12


class Records:
    """The questions that were asked about sizes, without repetitions."""

    def __init__(self) -> None:
        self.questions: dict[Form, None] = {}

    def add(self, question: Form) -> None:
        """Remember a question."""
        self.questions.setdefault(question)


_records: ContextVar[Records | None] = ContextVar("axir_size_records", default=None)


@contextmanager
def watching(records: Records) -> Iterator[None]:
    """Let comparisons of watched numbers be recorded."""
    token = _records.set(records)
    try:
        yield
    finally:
        _records.reset(token)


def _ask(function: Callable[..., Any], *forms: Form) -> None:
    records = _records.get()
    if records is not None:
        records.add((function, *forms))


def _form(x: Any) -> Form:
    return x.form if isinstance(x, Watched) else int(x)


def _binary(function: Callable[..., Any], plain: str) -> Callable[..., Any]:
    method = getattr(int, plain)

    def compute(self: Watched, other: Any) -> Any:
        found = method(self, other)
        if not isinstance(found, int) or _records.get() is None or self.depth > _DEEPEST:
            return found
        sides = (_form(self), _form(other))
        form = (function, *(reversed(sides) if plain.startswith("__r") else sides))
        if function in (operator.floordiv, operator.mod):
            # The quotient goes up in steps; whether it is exact tells one kind of size from the others.
            _ask(operator.eq, (operator.mod, *form[1:]), 0)
        depth = max(self.depth, getattr(other, "depth", 0)) + 1
        return Watched(found, form, depth)

    return compute


def _comparison(function: Callable[..., Any], plain: str) -> Callable[..., Any]:
    method = getattr(int, plain)

    def compare(self: Watched, other: Any) -> Any:
        # Tables that are looked up by size compare only what is equal: that is no choice between sizes.
        if isinstance(other, int) and int.__ne__(self, other):
            _ask(function, self.form, _form(other))
        return method(self, other)

    return compare


class Watched(int):
    """A size for which a function is traced, and the ``form`` that gives it for other sizes."""

    form: Form
    depth: int

    def __new__(cls, value: int, form: Form, depth: int = 0) -> Watched:
        made = super().__new__(cls, value)
        made.form, made.depth = form, depth
        return made

    __add__ = _binary(operator.add, "__add__")
    __radd__ = _binary(operator.add, "__radd__")
    __sub__ = _binary(operator.sub, "__sub__")
    __rsub__ = _binary(operator.sub, "__rsub__")
    __mul__ = _binary(operator.mul, "__mul__")
    __rmul__ = _binary(operator.mul, "__rmul__")
    __floordiv__ = _binary(operator.floordiv, "__floordiv__")
    __rfloordiv__ = _binary(operator.floordiv, "__rfloordiv__")
    __pow__ = _binary(operator.pow, "__pow__")
    __mod__ = _binary(operator.mod, "__mod__")
    __rmod__ = _binary(operator.mod, "__rmod__")
    __eq__ = _comparison(operator.eq, "__eq__")
    __ne__ = _comparison(operator.ne, "__ne__")
    __lt__ = _comparison(operator.lt, "__lt__")
    __le__ = _comparison(operator.le, "__le__")
    __gt__ = _comparison(operator.gt, "__gt__")
    __ge__ = _comparison(operator.ge, "__ge__")
    __hash__ = int.__hash__

    def __neg__(self) -> Any:
        return 0 - self

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self if self >= 0 else -self

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __bool__(self) -> bool:
        _ask(operator.ne, self.form, 0)
        return int.__bool__(self)

    def __reduce__(self) -> Any:
        return int, (int.__int__(self),)


def watched(size: Size, sizes: Mapping[str, int]) -> int:
    """A size of an argument; names that are not among ``sizes`` belong to no sample."""
    form: Form = size.constant
    for name, factor in size.terms:
        form = (operator.add, form, (operator.mul, ("name", name), factor))
    return Watched(size.value(sizes), form)


# What was asked, for all sizes. ---------------------------------------------------------------------


def kinds_of_sizes(
    questions: Sequence[Form], bounds: Mapping[str, Bounds], samples: Sequence[Mapping[str, int]]
) -> list[dict[str, int]]:
    """One choice of sizes for each kind that is not among the samples; a kind gives all questions the same answers.

    One size is looked at everywhere between its bounds, or if there are too many numbers at small ones and others at
    random; several sizes at small ones, at their bounds, where they are equal, and at random.
    """
    points = _points(bounds, samples)
    kinds = _kinds(questions, points)
    _, first = np.unique(kinds, return_index=True)
    known = set(kinds[: len(samples)].tolist())
    missing = [at for at in first.tolist() if int(kinds[at]) not in known]
    return [{name: int(values[at]) for name, values in points.items()} for at in missing]


def stand_for_others(
    questions: Sequence[Form],
    bounds: Mapping[str, Bounds],
    samples: Sequence[Mapping[str, int]],
    aside: Sequence[int],
) -> bool:
    """Whether a kind of sizes, of which only samples that are set ``aside`` are known, has other sizes too."""
    points = _points(bounds, samples)
    kinds = _kinds(questions, points)
    rest = set(kinds[[i for i in range(len(samples)) if i not in aside]].tolist())
    own = [i for i in aside if int(kinds[i]) not in rest]
    inside = np.isin(kinds, kinds[own])
    for name, values in points.items():
        inside &= ~np.isin(values, [samples[i][name] for i in own])
    return bool(inside.any())


def _kinds(questions: Sequence[Form], points: Env) -> np.ndarray:
    """A number for the kind of each choice of sizes."""
    # One random number of 64 bits for each "yes": their sums tell the kinds apart.
    weights = np.random.default_rng(1).integers(-(1 << 62), 1 << 62, len(questions))
    kinds = np.zeros(len(next(iter(points.values()))), np.int64)
    for question, weight in zip(questions, weights, strict=True):
        answers = _answers(question, points)
        if answers is not None:
            kinds += np.where(answers, weight, 0)
    return kinds


def _points(bounds: Mapping[str, Bounds], samples: Sequence[Mapping[str, int]]) -> dict[str, np.ndarray]:
    """Sizes to look at, the samples first."""
    rng = np.random.default_rng(0)
    names = sorted(bounds)
    least = {name: max(bounds[name].min, 2) for name in names}
    if len(names) == 1:
        (name,) = names
        low, high = least[name], bounds[name].max
        if high - low <= _MOST_POINTS:
            columns = [np.arange(low, high + 1)]
        else:
            near = [np.arange(low, low + _SMALL), np.arange(high - _SMALL, high + 1)]
            columns = [np.concatenate([*near, rng.integers(low, high + 1, _MOST_POINTS)])]
    else:
        columns = _grid([least[name] for name in names], [bounds[name].max for name in names], rng)
    given = {name: np.array([s[name] for s in samples], np.int64) for name in names}
    return {name: np.concatenate([given[name], x]) for name, x in zip(names, columns, strict=True)}


def _grid(low: Sequence[int], high: Sequence[int], rng: np.random.Generator) -> list[np.ndarray]:
    """Several sizes: all small ones, the bounds, equal ones, and others at random."""
    count = len(low)
    side = int(_SMALL ** (2 / count) / 2)
    axes = [
        np.unique(np.clip([*range(a, a + side), b // 2, b - 1, b], a, b))
        for a, b in zip(low, high, strict=True)
    ]
    small = np.stack([x.ravel() for x in np.meshgrid(*axes, indexing="ij")], axis=1)
    wide = np.stack([rng.integers(a, b + 1, _MOST_POINTS) for a, b in zip(low, high, strict=True)], axis=1)
    equal = np.clip(wide[:, :1], low, high)
    return list(np.concatenate([small, wide, np.broadcast_to(equal, wide.shape)]).T)


def _answers(question: Form, points: Env) -> np.ndarray | None:
    """What a question gives for each choice of sizes; ``None`` if it is about other sizes."""
    count = len(next(iter(points.values())))
    try:
        with np.errstate(divide="ignore", over="ignore"):
            return np.broadcast_to(_value(question, points), (count,)).astype(bool)
    except KeyError:
        return None


def _value(form: Form, points: Env) -> Any:
    if not isinstance(form, tuple):
        return form
    if form[0] == "name":
        return points[form[1]]
    return form[0](*(_value(x, points) for x in form[1:]))
