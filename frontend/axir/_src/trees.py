"""Pytrees as users see them: like ``axir._src.pytree``, but an array of typed random keys is one leaf.

Inside transformations such an array is a container of its words, so that nothing there needs to know of keys.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import optree

from axir._src.pytree import PUBLIC, TreeDef

__all__ = ["flatten", "leaves", "map_tree", "structure"]


def flatten(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> tuple[list[Any], TreeDef]:
    """Leaves of a pytree, and its structure."""
    return optree.tree_flatten(tree, is_leaf=is_leaf, namespace=PUBLIC)


def leaves(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> list[Any]:
    """Leaves of a pytree."""
    return optree.tree_leaves(tree, is_leaf=is_leaf, namespace=PUBLIC)


def structure(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> TreeDef:
    """Structure of a pytree."""
    return optree.tree_structure(tree, is_leaf=is_leaf, namespace=PUBLIC)


def map_tree(function: Callable[..., Any], tree: Any, *rest: Any, is_leaf: Any = None) -> Any:
    """Apply a function to corresponding leaves of pytrees of one structure."""
    return optree.tree_map(function, tree, *rest, is_leaf=is_leaf, namespace=PUBLIC)
