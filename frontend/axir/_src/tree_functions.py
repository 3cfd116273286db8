"""Functions of pytrees beyond flattening and mapping, and of their structures."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import optree

from axir._src.key_paths import (
    NAMESPACE,
    KeyEntry,
    KeyPath,
    Predicate,
    children_with_keys,
    leaves_with_path,
    one_level,
)
from axir._src.pytree import TreeDef, rest_leaves, unflatten
from axir._src.tree_differences import prefix_difference
from axir._src.trees import flatten, leaves, structure
from axir_compiler.errors import TreeError

__all__ = [
    "all_leaves",
    "flatten_one_level",
    "flatten_one_level_with_keys",
    "is_tree_node",
    "tree_all",
    "tree_broadcast",
    "tree_flatten_with_path",
    "tree_leaves_with_path",
    "tree_map_with_path",
    "tree_reduce",
    "tree_reduce_associative",
    "tree_transpose",
    "treedef_children",
    "treedef_is_leaf",
    "treedef_tuple",
]

_NOTHING: Any = object()
IsLeaf = Callable[[Any], bool] | None


def tree_leaves_with_path(
    tree: Any, is_leaf: Predicate = None, is_leaf_takes_path: bool = False
) -> list[tuple[KeyPath, Any]]:
    """Leaves of a pytree, each with its path.

    Args:
        tree: A pytree.
        is_leaf: Whether to treat a subtree as a leaf: a function of it, or of its path and it.
        is_leaf_takes_path: Whether ``is_leaf`` takes the path.
    """
    return list(leaves_with_path(tree, is_leaf, is_leaf_takes_path))


def tree_flatten_with_path(
    tree: Any, is_leaf: Predicate = None, is_leaf_takes_path: bool = False
) -> tuple[list[tuple[KeyPath, Any]], TreeDef]:
    """Leaves with their paths, and the structure; arguments as for ``tree_leaves_with_path``.

    Example:
        >>> import axir
        >>> axir.tree.flatten_with_path({"w": [1.0]})[0]
        [((DictKey(key='w'), SequenceKey(idx=0)), 1.0)]
    """
    answers: list[bool] = []

    def remembered(path: KeyPath, x: Any) -> bool:
        found = False if is_leaf is None else bool(is_leaf(path, x) if is_leaf_takes_path else is_leaf(x))
        answers.append(found)
        return found

    found = list(leaves_with_path(tree, remembered, True))
    # Flattening asks in the same order.
    again = iter(answers)
    return found, structure(tree, lambda _: next(again))


def tree_map_with_path(
    f: Callable[..., Any],
    tree: Any,
    *rest: Any,
    is_leaf: Predicate = None,
    is_leaf_takes_path: bool = False,
) -> Any:
    """Apply a function to paths and corresponding leaves of pytrees.

    Args:
        f: Takes a path, the leaf of ``tree`` there, and what the other trees have in its place.
        tree, *rest: Pytrees, as for ``tree_map``.
        is_leaf, is_leaf_takes_path: As for ``tree_leaves_with_path``.

    Raises:
        TreeError: a structure differs; the message says where.
    """
    found, treedef = tree_flatten_with_path(tree, is_leaf, is_leaf_takes_path)
    plain = None if is_leaf_takes_path else is_leaf
    others = rest_leaves("tree.map_with_path", treedef, tree, rest, plain)
    paths, values = [path for path, _ in found], [x for _, x in found]
    return unflatten(treedef, map(f, paths, values, *others))


def tree_all(tree: Any, *, is_leaf: IsLeaf = None) -> bool:
    """Whether all leaves are true."""
    return all(leaves(tree, is_leaf))


def tree_reduce(
    function: Callable[[Any, Any], Any], tree: Any, initializer: Any = _NOTHING, is_leaf: IsLeaf = None
) -> Any:
    """Combine the leaves from the first to the last: ``function(function(x0, x1), x2)``.

    Args:
        function: Takes what was combined so far and a leaf.
        tree: A pytree.
        initializer: What to start with, before the first leaf.
        is_leaf: Whether to treat a subtree as a leaf.

    Raises:
        TypeError: there are no leaves and no ``initializer``.
    """
    start = () if initializer is _NOTHING else (initializer,)
    return functools.reduce(function, leaves(tree, is_leaf), *start)


def tree_reduce_associative(
    operation: Callable[[Any, Any], Any], tree: Any, *, identity: Any = _NOTHING, is_leaf: IsLeaf = None
) -> Any:
    """Combine the leaves in pairs, halves first, which keeps rounding errors small and chains short.

    Args:
        operation: Associative function of two leaves.
        tree: A pytree.
        identity: The result where there are no leaves.
        is_leaf: Whether to treat a subtree as a leaf.

    Raises:
        TypeError: there are no leaves and no ``identity``.
    """
    found = leaves(tree, is_leaf)
    if found:
        return _halves(operation, found)
    if identity is _NOTHING:
        raise TypeError("tree.reduce_associative: a tree without leaves needs an identity; got none.")
    return identity


def _halves(operation: Callable[[Any, Any], Any], items: list[Any]) -> Any:
    if len(items) == 1:
        return items[0]
    middle = len(items) // 2
    return operation(_halves(operation, items[:middle]), _halves(operation, items[middle:]))


def tree_broadcast(prefix_tree: Any, full_tree: Any, is_leaf: IsLeaf = None) -> Any:
    """The structure of ``full_tree`` with each leaf of ``prefix_tree`` in place of all leaves below it.

    Args:
        prefix_tree: A pytree whose leaves stand for subtrees of ``full_tree``.
        full_tree: A pytree.
        is_leaf: Whether to treat a subtree of ``prefix_tree`` as a leaf.

    Raises:
        TreeError: ``prefix_tree`` is no prefix; the message says where.

    Example:
        >>> import axir
        >>> axir.tree.broadcast((1, 2), ({"a": 0, "b": 0}, [0]))
        ({'a': 1, 'b': 1}, [2])
    """
    values, treedef = flatten(prefix_tree, is_leaf)
    try:
        below = treedef.flatten_up_to(full_tree)
    except ValueError as error:
        where = prefix_difference(prefix_tree, full_tree, "prefix_tree", "full_tree", is_leaf) or str(error)
        raise TreeError(f"tree.broadcast: prefix_tree must be a prefix of full_tree; {where}") from None
    repeated = [x for x, subtree in zip(values, below, strict=True) for _ in leaves(subtree)]
    return unflatten(structure(full_tree), repeated)


def tree_transpose(outer_treedef: TreeDef, inner_treedef: TreeDef | None, pytree_to_transpose: Any) -> Any:
    """A tree of trees with the two structures exchanged.

    Args:
        outer_treedef: The outer structure.
        inner_treedef: The structure in place of each of its leaves; by default that of the first.
        pytree_to_transpose: A pytree of the two composed.

    Raises:
        TypeError: the pytree has another structure.

    Example:
        >>> import axir
        >>> axir.tree.transpose(axir.tree.structure([0, 0]), None, [(1, 2), (3, 4)])
        ([1, 3], [2, 4])
    """
    values, treedef = flatten(pytree_to_transpose)
    if inner_treedef is None:
        inner_treedef = structure(outer_treedef.flatten_up_to(pytree_to_transpose)[0])
    outer, inner = outer_treedef.num_leaves, inner_treedef.num_leaves
    if len(values) != outer * inner:
        expected = outer_treedef.compose(inner_treedef)
        raise TypeError(f"tree.transpose: the tree must be {expected}; got {treedef}.")
    columns = [unflatten(outer_treedef, values[i::inner]) for i in range(inner)]
    return unflatten(inner_treedef, columns)


def all_leaves(iterable: Iterable[Any], is_leaf: IsLeaf = None) -> bool:
    """Whether all items are leaves; ``None`` and empty containers are none."""
    return optree.all_leaves(list(iterable), is_leaf=is_leaf, namespace=NAMESPACE)


def is_tree_node(typ: type) -> bool:
    """Whether a class is registered as a container, or one of Python's containers."""
    return optree.register_pytree_node.get(typ, namespace=NAMESPACE) is not None


def _level(tree: Any) -> tuple[list[Any], Any, tuple[Any, ...]]:
    found = one_level(tree)
    if found is None:
        raise ValueError(f"flatten_one_level: takes a container; got a leaf of type {type(tree).__name__}.")
    return found


def flatten_one_level(tree: Any) -> tuple[Iterable[Any], Any]:
    """Children of a container, and what else it is made of.

    Raises:
        ValueError: it is a leaf.
    """
    children, metadata, _ = _level(tree)
    return children, metadata


def flatten_one_level_with_keys(tree: Any) -> tuple[Iterable[tuple[KeyEntry, Any]], Any]:
    """Children of a container by their keys, and what else it is made of.

    Raises:
        ValueError: it is a leaf.
    """
    metadata = _level(tree)[1]
    return children_with_keys(tree) or [], metadata


def treedef_children(treedef: TreeDef) -> list[TreeDef]:
    """Structures of the children; none for a leaf."""
    return treedef.children()


def treedef_is_leaf(treedef: TreeDef) -> bool:
    """Whether a structure has one node: a leaf, ``None``, or an empty container."""
    return treedef.num_nodes == 1


def treedef_tuple(treedefs: Iterable[TreeDef]) -> TreeDef:
    """The structure of a tuple of subtrees of these structures."""
    return optree.treespec_tuple(treedefs, namespace=NAMESPACE)
