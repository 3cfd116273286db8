"""Saying where the structures of two pytrees part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import optree

from axir._src.key_paths import KeyPath, children_with_keys, keystr, one_level

__all__ = ["prefix_difference"]


def prefix_difference(
    prefix: Any, full: Any, first: str, second: str, is_leaf: Callable[[Any], bool] | None = None
) -> str | None:
    """The first place where ``prefix`` is no prefix of ``full``, as a sentence; ``None`` if it is one.

    ``first`` and ``second`` are what the two are called.
    """
    found = _difference((), prefix, full, is_leaf)
    if found is None:
        return None
    path, one, other = found
    at = f"at {keystr(path)} " if path else ""
    return f"{at}{first} has {one}, {second} has {other}."


def _difference(
    path: KeyPath, prefix: Any, full: Any, is_leaf: Callable[[Any], bool] | None
) -> tuple[KeyPath, str, str] | None:
    """The path of the first difference and what the trees have there."""
    if is_leaf is not None and is_leaf(prefix):
        return None
    expected = one_level(prefix)
    if expected is None:
        return None
    given = one_level(full)
    if type(prefix) is not type(full) or given is None:
        return path, _described(prefix), _described(full)
    if expected[1] != given[1] or len(expected[0]) != len(given[0]):
        return path, *_contents(prefix, expected, full, given)
    children = zip(children_with_keys(prefix) or (), children_with_keys(full) or (), strict=True)
    for (key, one), (_, other) in children:
        found = _difference((*path, key), one, other, is_leaf)
        if found is not None:
            return found
    return None


def _described(node: Any) -> str:
    """A container by its class and size, a leaf by what it is."""
    if node is None:
        return "None"
    level = one_level(node)
    name = type(node).__name__
    if level is None:
        return f"a leaf of type {name}"
    if optree.is_namedtuple_instance(node):
        return f"a namedtuple {name}"
    return f"{_article(name)} {name} of {len(level[0])}"


def _contents(prefix: Any, expected: Any, full: Any, given: Any) -> tuple[str, str]:
    """Two containers of one class by what distinguishes them: keys, size, or auxiliary data."""
    if isinstance(prefix, dict) and set(prefix) != set(full):
        return f"a {type(prefix).__name__} with keys {_keys(prefix)}", f"one with keys {_keys(full)}"
    if len(expected[0]) != len(given[0]):
        return _described(prefix), f"one of {len(given[0])}"
    name = type(prefix).__name__
    return f"{_article(name)} {name} with data {expected[1]!r}", f"one with data {given[1]!r}"


def _keys(node: dict[Any, Any]) -> str:
    return ", ".join(map(repr, node)) or "none"


def _article(name: str) -> str:
    return "an" if name[0] in "aeiouAEIOU" else "a"
