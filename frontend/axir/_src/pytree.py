"""Pytrees: nested containers of arrays, flattened by optree in JAX's order.

Tuples, lists, dicts (by sorted key), OrderedDicts, namedtuples and ``None`` (which holds nothing) are
containers; everything else is a leaf unless its class is registered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import optree

from axir_compiler.errors import TreeError

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
    "result_names",
    "structure",
    "unflatten",
]

PUBLIC = "axir"
"""Where the classes of users are containers, and an array of typed keys is a leaf (see ``axir._src.trees``)."""

NAMESPACE = "axir.words"
"""Where, besides those, an array of typed keys is a container of its words."""

TreeDef = optree.PyTreeSpec


def flatten(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> tuple[list[Any], TreeDef]:
    """Leaves of a pytree, and its structure."""
    return optree.tree_flatten(tree, is_leaf=is_leaf, namespace=NAMESPACE)


def unflatten(treedef: TreeDef, leaves: Sequence[Any]) -> Any:
    """The pytree of a structure with these leaves."""
    return optree.tree_unflatten(treedef, leaves)


def leaves(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> list[Any]:
    """Leaves of a pytree."""
    return optree.tree_leaves(tree, is_leaf=is_leaf, namespace=NAMESPACE)


def structure(tree: Any) -> TreeDef:
    """Structure of a pytree."""
    return optree.tree_structure(tree, namespace=NAMESPACE)


def map_tree(function: Callable[..., Any], tree: Any, *rest: Any, is_leaf: Any = None) -> Any:
    """Apply a function to corresponding leaves of pytrees of one structure."""
    return optree.tree_map(function, tree, *rest, is_leaf=is_leaf, namespace=NAMESPACE)


def leaf_names(what: str, tree: Any) -> list[str]:
    """What each leaf is called in messages: ``what['w'][0]``."""
    paths = optree.tree_paths(tree, namespace=NAMESPACE)
    return [what + "".join(f"[{entry!r}]" for entry in path) for path in paths]


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
    kind: type,
    flatten_function: Callable[[Any], tuple[Any, Any]],
    unflatten_function: Callable[[Any, Any], Any],
    namespaces: Sequence[str] = (PUBLIC, NAMESPACE),
) -> None:
    """Make a class a container.

    Args:
        kind: the class.
        flatten_function: object -> (children, auxiliary data, which must be hashable).
        unflatten_function: (auxiliary data, children) -> object.
        namespaces: where the class is a container.
    """
    for namespace in namespaces:
        optree.register_pytree_node(kind, flatten_function, unflatten_function, namespace=namespace)


def register_pytree_node_class(kind: type) -> type:
    """Class decorator for classes with ``tree_flatten()`` and ``tree_unflatten(aux, children)``."""
    register_pytree_node(kind, lambda x: x.tree_flatten(), kind.tree_unflatten)  # pyright: ignore
    return kind


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
