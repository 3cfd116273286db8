"""Arguments of exported functions that are given by keyword, or are no arrays but values known at export."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from axir_compiler.errors import AxirError

__all__ = ["Given", "checked_keywords", "without_static"]


class Given(NamedTuple):
    """A function with the types of its arguments, by position and by keyword."""

    function: Callable[..., Any]
    specs: tuple[Any, ...]
    keywords: dict[str, Any]


def without_static(given: Given, argnums: Iterable[int], argnames: Iterable[str], where: str) -> Given:
    """The function of the arguments that are left when those that are static have their values.

    Args:
        given: static arguments have their value in place of a type.
        argnums, argnames: which arguments are static.
        where: what the function is called in messages.

    Raises:
        AxirError: there is no such argument.
    """
    function, specs, keywords = given
    listed = _parameters(function)
    order = [p.name for p in listed][: len(specs)]
    places = {_place(i, len(specs), where) for i in argnums}
    named: dict[str, Any] = {}
    for name in argnames:
        if name in keywords:
            named[name] = keywords[name]
        elif name in order:
            places.add(order.index(name))
        else:
            raise AxirError(f"export: {where}: there is no argument {name!r} to be static.")
    if not places and not named:
        return given

    @functools.wraps(function)
    def bound(*args: Any, **others: Any) -> Any:
        left = iter(args)
        values = [spec if i in places else next(left) for i, spec in enumerate(specs)]
        return function(*values, **named, **others)

    kept = [p for i, p in enumerate(listed) if i not in places and p.name not in named]
    bound.__signature__ = inspect.Signature(kept)  # pyright: ignore[reportAttributeAccessIssue]
    rest = tuple(spec for i, spec in enumerate(specs) if i not in places)
    return Given(bound, rest, {n: x for n, x in keywords.items() if n not in named})


def _parameters(function: Callable[..., Any]) -> Sequence[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (ValueError, TypeError):
        return []


def _place(i: int, count: int, where: str) -> int:
    if not -count <= i < count:
        raise AxirError(f"export: {where}: static_argnums has {i}, but there are {count} arguments.")
    return i % count


def checked_keywords(function: Callable[..., Any], keywords: Mapping[str, Any], where: str) -> None:
    """Check that a function takes these keywords.

    Raises:
        AxirError: it does not.
    """
    listed = _parameters(function)
    kinds = {p.kind for p in listed}
    known = {p.name for p in listed if p.kind is not p.POSITIONAL_ONLY}
    unknown = sorted(set(keywords) - known)
    if unknown and listed and inspect.Parameter.VAR_KEYWORD not in kinds:
        raise AxirError(f"export: {where}: the function takes no argument {unknown[0]!r}.")
