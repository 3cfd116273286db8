"""Pytrees with short names: ``axir.tree.map``, ``axir.tree.leaves``."""

from axir._src.pytree import unflatten as unflatten
from axir._src.trees import flatten as flatten
from axir._src.trees import leaves as leaves
from axir._src.trees import map_tree as map
from axir._src.trees import structure as structure

__all__ = ["flatten", "leaves", "map", "structure", "unflatten"]
