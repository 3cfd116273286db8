"""Where a leaf sits in its pytree: paths of keys, and the children of one node by their keys.

A key prints as the Python expression that leads from a container to its child: ``['w']``, ``[0]``, ``.weight``.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import optree

__all__ = [
    "NAMESPACE",
    "DictKey",
    "FlattenedIndexKey",
    "GetAttrKey",
    "KeyEntry",
    "KeyPath",
    "Predicate",
    "SequenceKey",
    "children_with_keys",
    "keyed",
    "keystr",
    "leaves_with_path",
    "one_level",
]

NAMESPACE = "axir"
Predicate = Callable[..., bool] | None
"""``is_leaf``: whether to stop at a subtree, given the subtree or its path and the subtree."""


@dataclass(frozen=True)
class SequenceKey:
    """Position in a list or tuple."""

    idx: int

    def __str__(self) -> str:
        return f"[{self.idx!r}]"


@dataclass(frozen=True)
class DictKey:
    """Key of a dict."""

    key: Any

    def __str__(self) -> str:
        return f"[{self.key!r}]"


@dataclass(frozen=True)
class GetAttrKey:
    """Name of an attribute: of a namedtuple, a registered dataclass."""

    name: str

    def __str__(self) -> str:
        return f".{self.name}"


@dataclass(frozen=True)
class FlattenedIndexKey:
    """Number of a child of a registered class that names no keys."""

    key: int

    def __str__(self) -> str:
        return f"[<flat index {self.key}>]"


KeyEntry = Any
"""One of the keys of this module, or whatever a registered class uses as keys."""

KeyPath = tuple[KeyEntry, ...]
"""Keys from the root of a pytree to a leaf."""

KeyedChildren = Iterable[tuple[KeyEntry, Any]]

keyed: dict[type, Callable[[Any], tuple[KeyedChildren, Any]]] = {}
"""How classes that were registered with keys give their children by them."""


def keystr(keys: KeyPath, *, simple: bool = False, separator: str = "") -> str:
    """A path as text.

    Args:
        keys: The path.
        simple: Give names and numbers alone, without brackets and quotes.
        separator: What stands between two keys.

    Example:
        >>> from axir.tree_util import DictKey, GetAttrKey, SequenceKey, keystr
        >>> path = (DictKey("layers"), SequenceKey(0), GetAttrKey("bias"))
        >>> keystr(path)
        "['layers'][0].bias"
        >>> keystr(path, simple=True, separator="/")
        'layers/0/bias'
    """
    return separator.join(map(_simple if simple else str, keys))


def _simple(key: KeyEntry) -> str:
    for kind, name in (
        (SequenceKey, "idx"),
        (DictKey, "key"),
        (GetAttrKey, "name"),
        (FlattenedIndexKey, "key"),
    ):
        if isinstance(key, kind):
            return str(getattr(key, name))
    return str(key)


def one_level(node: Any) -> tuple[list[Any], Any, tuple[Any, ...]] | None:
    """Children of a container, what else it is made of, and its entries; ``None`` for a leaf."""
    if optree.tree_is_leaf(node, namespace=NAMESPACE):
        return None
    children, metadata, entries, _ = optree.tree_flatten_one_level(node, namespace=NAMESPACE)
    return list(children), _metadata(node, metadata), entries


def _metadata(node: Any, metadata: Any) -> Any:
    kind = type(node)
    if kind in (dict, OrderedDict):
        return tuple(metadata)
    if kind is defaultdict:
        return metadata[0], tuple(metadata[1])
    return metadata


def children_with_keys(node: Any) -> list[tuple[KeyEntry, Any]] | None:
    """Children of a container by their keys; ``None`` for a leaf."""
    by_key = keyed.get(type(node))
    if by_key is not None:
        return list(by_key(node)[0])
    found = one_level(node)
    if found is None:
        return None
    children, _, entries = found
    return list(zip(_keys(node, entries), children, strict=True))


def _keys(node: Any, entries: tuple[Any, ...]) -> list[KeyEntry]:
    if type(node) in (dict, OrderedDict, defaultdict):
        return [DictKey(key) for key in entries]
    if optree.is_namedtuple_instance(node):
        return [GetAttrKey(name) for name in type(node)._fields]
    if isinstance(node, tuple | list):
        return [SequenceKey(i) for i in range(len(entries))]
    return [FlattenedIndexKey(i) for i in range(len(entries))]


def leaves_with_path(
    tree: Any, is_leaf: Predicate = None, takes_path: bool = False, path: KeyPath = ()
) -> Iterator[tuple[KeyPath, Any]]:
    """Leaves in the order of flattening, each with its path."""
    if is_leaf is not None and (is_leaf(path, tree) if takes_path else is_leaf(tree)):
        yield path, tree
        return
    children = children_with_keys(tree)
    if children is None:
        yield path, tree
        return
    for key, child in children:
        yield from leaves_with_path(child, is_leaf, takes_path, (*path, key))
