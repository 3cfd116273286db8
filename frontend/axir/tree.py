"""Pytrees with short names: ``axir.tree.map``, ``axir.tree.leaves``."""

from axir._src.pytree import unflatten as unflatten
from axir._src.tree_functions import tree_all as all
from axir._src.tree_functions import tree_broadcast as broadcast
from axir._src.tree_functions import tree_flatten_with_path as flatten_with_path
from axir._src.tree_functions import tree_leaves_with_path as leaves_with_path
from axir._src.tree_functions import tree_map_with_path as map_with_path
from axir._src.tree_functions import tree_reduce as reduce
from axir._src.tree_functions import tree_reduce_associative as reduce_associative
from axir._src.tree_functions import tree_transpose as transpose
from axir._src.tree_registration import static as static
from axir._src.trees import flatten as flatten
from axir._src.trees import leaves as leaves
from axir._src.trees import map_tree as map
from axir._src.trees import structure as structure

__all__ = [
    "all",
    "broadcast",
    "flatten",
    "flatten_with_path",
    "leaves",
    "leaves_with_path",
    "map",
    "map_with_path",
    "reduce",
    "reduce_associative",
    "static",
    "structure",
    "transpose",
    "unflatten",
]
