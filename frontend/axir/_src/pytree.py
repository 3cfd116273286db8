"""Pytrees: nested containers of arrays, flattened by optree in JAX's order.

Tuples, lists, dicts (by sorted key), OrderedDicts (by insertion), defaultdicts, deques, namedtuples and ``None``
(which holds nothing) are containers; everything else is a leaf unless its class is registered. A dict that is made
from a structure has its keys in sorted order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import optree

from axir._src.key_paths import NAMESPACE as PUBLIC
from axir._src.key_paths import keyed, keystr, leaves_with_path
from axir._src.tree_differences import prefix_difference
from axir_compiler.errors import TreeError
from axir_runtime import LruCache

__all__ = [
    "TreeDef",
    "argument_names",
    "call_names",
    "flatten",
    "flatten_axes",
    "leaf_names",
    "leaves",
    "map_tree",
    "register_pytree_node",
    "register_pytree_node_class",
    "rest_leaves",
    "result_names",
    "structure",
    "unflatten",
]

T = TypeVar("T")

NAMESPACE = "axir.words"
"""Where, besides the containers of the public namespace, an array of typed keys is a container of its words."""

TreeDef = optree.PyTreeSpec
IsLeaf = Callable[[Any], bool] | None


def flatten(tree: Any, is_leaf: IsLeaf = None, namespace: str = NAMESPACE) -> tuple[list[Any], TreeDef]:
    """Leaves of a pytree, and its structure."""
    found, treedef = optree.tree_flatten(tree, is_leaf=is_leaf, namespace=namespace)
    return found, _canonical(treedef)


_canonical_forms: LruCache[TreeDef, TreeDef] = LruCache(1024)


def _canonical(treedef: TreeDef) -> TreeDef:
    """The structure whose dicts have sorted keys when it is filled again.

    Equal structures may remember different orders of insertion; a compiled function, which is kept for all of them,
    must not depend on which it saw first.
    """
    if treedef.num_nodes == treedef.num_leaves:
        return treedef
    try:
        found = _canonical_forms.get(treedef)
    except Exception:  # auxiliary data of the user's that cannot be hashed or compared
        return treedef.transform(_sorted_node)
    if found is None:
        found = treedef.transform(_sorted_node)
        _canonical_forms.put(treedef, found)
    return found


def _sorted_node(node: TreeDef) -> TreeDef:
    if node.type is not dict and node.type is not defaultdict:
        return node
    children = dict(zip(node.entries(), node.children(), strict=True))
    if node.type is dict:
        return optree.treespec_dict(children, namespace=node.namespace)
    level = node.one_level()
    assert level is not None
    filled: Any = level.unflatten([None] * len(children))
    return optree.treespec_defaultdict(filled.default_factory, children, namespace=node.namespace)


def unflatten(treedef: TreeDef, leaves: Iterable[Any]) -> Any:
    """The pytree of a structure with these leaves."""
    return optree.tree_unflatten(treedef, leaves)


def leaves(tree: Any, is_leaf: IsLeaf = None, namespace: str = NAMESPACE) -> list[Any]:
    """Leaves of a pytree."""
    return optree.tree_leaves(tree, is_leaf=is_leaf, namespace=namespace)


def structure(tree: Any, is_leaf: IsLeaf = None, namespace: str = NAMESPACE) -> TreeDef:
    """Structure of a pytree."""
    return _canonical(optree.tree_structure(tree, is_leaf=is_leaf, namespace=namespace))


def map_tree(
    f: Callable[..., Any], tree: Any, *rest: Any, is_leaf: IsLeaf = None, namespace: str = NAMESPACE
) -> Any:
    """Apply a function to corresponding leaves of pytrees; see ``axir.tree.map``."""
    leaves, treedef = flatten(tree, is_leaf, namespace)
    return treedef.unflatten(map(f, leaves, *rest_leaves("tree.map", treedef, tree, rest, is_leaf)))


def rest_leaves(
    title: str, treedef: TreeDef, tree: Any, rest: Sequence[Any], is_leaf: IsLeaf = None
) -> list[list[Any]]:
    """What further trees have in place of the leaves of the first.

    Raises:
        TreeError: a structure differs.
    """
    found = []
    for i, other in enumerate(rest, 1):
        try:
            found.append(treedef.flatten_up_to(other))
        except ValueError as error:
            where = prefix_difference(tree, other, "tree 0", f"tree {i}", is_leaf) or str(error)
            raise TreeError(f"{title}: the trees must have one structure; {where}") from None
    return found


def leaf_names(what: str, tree: Any) -> list[str]:
    """What each leaf is called in messages: ``what['w'][0]``."""
    return [what + keystr(path) for path, _ in leaves_with_path(tree)]


def result_names(tree: Any) -> list[str]:
    """What the leaves of a result are called."""
    return leaf_names("the result", tree)


def argument_names(args: Any, positions: Sequence[int] | None = None) -> list[str]:
    """What the leaves of positional arguments are called, by default those numbered from 0."""
    numbered = zip(range(len(args)) if positions is None else positions, args, strict=True)
    return [name for i, x in numbered for name in leaf_names(f"argument {i}", x)]


def call_names(call: tuple[Sequence[Any], dict[str, Any]]) -> list[str]:
    """What the leaves of a call's positional and keyword arguments are called."""
    args, kwargs = call
    return argument_names(args) + [
        n for key in sorted(kwargs) for n in leaf_names(f"argument {key!r}", kwargs[key])
    ]


def register_pytree_node(
    nodetype: type,
    flatten_func: Callable[[Any], tuple[Any, Any]],
    unflatten_func: Callable[[Any, Any], Any],
    flatten_with_keys_func: Callable[[Any], tuple[Any, Any]] | None = None,
    namespaces: Sequence[str] = (PUBLIC, NAMESPACE),
) -> None:
    """Make a class a container.

    Args:
        nodetype: The class; its subclasses stay what they are.
        flatten_func: object -> (children, auxiliary data, which must be hashable and comparable).
        unflatten_func: (auxiliary data, children) -> object.
        flatten_with_keys_func: object -> (pairs of key and child, auxiliary data), for paths. Without it the keys are
            numbers.
        namespaces: Where the class is a container.

    Raises:
        ValueError: the class is registered already.
    """
    _check_functions(nodetype, flatten_func, unflatten_func)
    for namespace in namespaces:
        optree.register_pytree_node(nodetype, flatten_func, unflatten_func, namespace=namespace)
    if flatten_with_keys_func is not None:
        keyed[nodetype] = flatten_with_keys_func


def _check_functions(nodetype: Any, *functions: Any) -> None:
    if not isinstance(nodetype, type):
        raise TypeError(f"register_pytree_node: takes a class; got {nodetype!r}.")
    for function in functions:
        if not callable(function):
            raise TypeError(f"register_pytree_node: {nodetype.__name__} needs functions; got {function!r}.")


def register_pytree_node_class(cls: type[T]) -> type[T]:
    """Class decorator for classes with ``tree_flatten()`` and ``tree_unflatten(aux, children)``."""
    kind: Any = cls
    register_pytree_node(kind, lambda x: x.tree_flatten(), kind.tree_unflatten)
    return cls


def _is_none(x: Any) -> bool:
    return x is None


def flatten_axes(name: str, axes: Any, tree: Any) -> list[Any]:
    """One axis for each leaf of ``tree``, from a prefix of its structure; ``None`` counts as an axis.

    Raises:
        TreeError: ``axes`` is not a prefix of the structure of ``tree``.
    """
    try:
        found = optree.broadcast_prefix(axes, tree, is_leaf=_is_none, none_is_leaf=True, namespace=NAMESPACE)
    except (ValueError, TypeError):
        raise TreeError(
            f"{name} must be a number, None, or a prefix of the arguments' pytree; got {axes!r} for {structure(tree)}."
        ) from None
    # Only in ``axes`` does None stand for something.
    values = optree.tree_leaves(tree, none_is_leaf=True, namespace=NAMESPACE)
    return [axis for axis, value in zip(found, values, strict=True) if value is not None]
