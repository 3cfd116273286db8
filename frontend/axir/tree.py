"""Pytrees with short names: ``axir.tree.map``, ``axir.tree.leaves``."""

from axir._src.pytree import flatten as flatten
from axir._src.pytree import leaves as leaves
from axir._src.pytree import map_tree as map
from axir._src.pytree import structure as structure
from axir._src.pytree import unflatten as unflatten

__all__ = ["flatten", "leaves", "map", "structure", "unflatten"]
