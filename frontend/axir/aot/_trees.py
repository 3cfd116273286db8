"""Structures in the plain form that ``axir_runtime.trees`` documents."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Any

import optree

from axir._src import pytree
from axir_compiler.errors import TreeError

__all__ = ["plain_tree"]


def plain_tree(treedef: pytree.TreeDef, where: str) -> Any:
    """A structure as JSON.

    Raises:
        TreeError: a container is of a class that only this program knows.
    """
    if treedef.is_leaf():
        return "*"
    kind: Any = treedef.type
    if kind is type(None):
        return None
    items = [plain_tree(child, where) for child in treedef.children()]
    if kind is tuple or kind is list:
        return {kind.__name__: items}
    if kind is dict:
        return {"dict": _pairs(treedef, items, where)}
    if kind is OrderedDict:
        return {"ordered_dict": _pairs(treedef, items, where)}
    if kind is deque:
        return {"deque": items, "maxlen": _empty(treedef).maxlen}
    if optree.is_namedtuple_class(kind):
        return {"namedtuple": kind.__name__, "fields": list(kind._fields), "items": items}
    raise TreeError(
        f"export: {where} holds a {kind.__name__}, which does not exist where the artifact runs. Use dicts, lists, "
        "tuples, namedtuples, OrderedDicts, deques and None around arrays."
    )


def _pairs(treedef: pytree.TreeDef, items: list[Any], where: str) -> list[list[Any]]:
    keys = treedef.entries()
    for key in keys:
        if not isinstance(key, str | int):
            raise TreeError(
                f"export: {where} holds a dict with the key {key!r}. Use strings, whole numbers or bools as keys."
            )
    return [[key, item] for key, item in zip(keys, items, strict=True)]


def _empty(treedef: pytree.TreeDef) -> Any:
    """The container with nothing in its places."""
    level = treedef.one_level()
    assert level is not None
    return level.unflatten([None] * treedef.num_children)
