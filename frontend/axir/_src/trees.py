"""Pytrees as users see them: like ``axir._src.pytree``, but an array of typed random keys is one leaf.

Inside transformations such an array is a container of its words, so that nothing there needs to know of keys.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from axir._src import pytree
from axir._src.key_paths import NAMESPACE
from axir._src.pytree import IsLeaf, TreeDef

__all__ = ["flatten", "leaves", "map_tree", "structure"]


def flatten(tree: Any, is_leaf: IsLeaf = None) -> tuple[list[Any], TreeDef]:
    """Leaves of a pytree, and its structure."""
    return pytree.flatten(tree, is_leaf, NAMESPACE)


def leaves(tree: Any, is_leaf: IsLeaf = None) -> list[Any]:
    """Leaves of a pytree."""
    return pytree.leaves(tree, is_leaf, NAMESPACE)


def structure(tree: Any, is_leaf: IsLeaf = None) -> TreeDef:
    """Structure of a pytree."""
    return pytree.structure(tree, is_leaf, NAMESPACE)


def map_tree(f: Callable[..., Any], tree: Any, *rest: Any, is_leaf: IsLeaf = None) -> Any:
    """Apply a function to corresponding leaves of pytrees.

    Args:
        f: Takes a leaf of ``tree`` and what the other trees have in its place.
        tree: A pytree.
        *rest: Pytrees of the same structure, or with subtrees where ``tree`` has leaves.
        is_leaf: Whether to treat a subtree of ``tree`` as a leaf.

    Returns: the results in the structure of ``tree``.

    Raises:
        TreeError: a structure differs; the message says where.

    Example:
        >>> import axir
        >>> axir.tree.map(lambda x, y: x + y, {"a": 1, "b": (2, None)}, {"a": 10, "b": (20, None)})
        {'a': 11, 'b': (22, None)}
    """
    return pytree.map_tree(f, tree, *rest, is_leaf=is_leaf, namespace=NAMESPACE)
