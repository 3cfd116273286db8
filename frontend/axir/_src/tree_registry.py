"""The registry of container classes as an object, for programs that are written against one."""

from __future__ import annotations

from typing import Any

from axir._src.key_paths import KeyPath, Predicate
from axir._src.pytree import TreeDef, register_pytree_node
from axir._src.tree_functions import (
    flatten_one_level,
    flatten_one_level_with_keys,
    is_tree_node,
    tree_flatten_with_path,
)
from axir._src.tree_registration import register_dataclass
from axir._src.trees import flatten

__all__ = ["PyTreeRegistry", "default_registry"]


class PyTreeRegistry:
    """The functions of pytrees as methods; there is one registry."""

    register_node = staticmethod(register_pytree_node)
    register_dataclass_node = staticmethod(register_dataclass)
    is_node = staticmethod(is_tree_node)

    def flatten(self, tree: Any, leaf_predicate: Predicate = None) -> tuple[list[Any], TreeDef]:
        """Leaves of a pytree, and its structure."""
        return flatten(tree, leaf_predicate)

    def flatten_with_path(
        self, tree: Any, leaf_predicate: Predicate = None
    ) -> tuple[list[tuple[KeyPath, Any]], TreeDef]:
        """Leaves with their paths, and the structure."""
        return tree_flatten_with_path(tree, leaf_predicate)

    def flatten_one_level(self, tree: Any) -> Any:
        """Children of a container and what else it is made of; ``None`` for a leaf."""
        return flatten_one_level(tree) if is_tree_node(type(tree)) else None

    def flatten_one_level_with_keys(self, tree: Any) -> Any:
        """Children of a container by their keys and what else it is made of; ``None`` for a leaf."""
        return flatten_one_level_with_keys(tree) if is_tree_node(type(tree)) else None


default_registry = PyTreeRegistry()
