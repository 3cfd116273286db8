"""Pytrees under JAX's names."""

from axir._src.pytree import register_pytree_node as register_pytree_node
from axir._src.pytree import register_pytree_node_class as register_pytree_node_class
from axir._src.pytree import unflatten as tree_unflatten
from axir._src.trees import flatten as tree_flatten
from axir._src.trees import leaves as tree_leaves
from axir._src.trees import map_tree as tree_map
from axir._src.trees import structure as tree_structure

__all__ = [
    "register_pytree_node",
    "register_pytree_node_class",
    "tree_flatten",
    "tree_leaves",
    "tree_map",
    "tree_structure",
    "tree_unflatten",
]
