"""Registration of classes as pytrees with keys, of dataclasses and of static values, and ``Partial``."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from axir._src.key_paths import GetAttrKey, KeyEntry
from axir._src.pytree import register_pytree_node

__all__ = [
    "Partial",
    "register_dataclass",
    "register_pytree_with_keys",
    "register_pytree_with_keys_class",
    "register_static",
    "static",
]

T = TypeVar("T")
C = TypeVar("C", bound=type)
Keyed = Callable[[Any], tuple[Iterable[tuple[KeyEntry, Any]], Any]]
Plain = Callable[[Any], tuple[Iterable[Any], Any]]


def register_pytree_with_keys(
    nodetype: type,
    flatten_with_keys: Keyed,
    unflatten_func: Callable[[Any, Any], Any],
    flatten_func: Plain | None = None,
) -> None:
    """Make a class a container whose children have keys.

    Args:
        nodetype: The class.
        flatten_with_keys: object -> (pairs of key and child, auxiliary data).
        unflatten_func: (auxiliary data, children) -> object.
        flatten_func: object -> (children, auxiliary data), where that is quicker than through the keys.

    Raises:
        ValueError: the class is registered already.
    """

    def without_keys(x: Any) -> tuple[Iterable[Any], Any]:
        children, data = flatten_with_keys(x)
        return [child for _, child in children], data

    register_pytree_node(nodetype, flatten_func or without_keys, unflatten_func, flatten_with_keys)


def register_pytree_with_keys_class(cls: type[T]) -> type[T]:
    """Class decorator for classes with ``tree_flatten_with_keys()`` and ``tree_unflatten(aux, children)``.

    A method ``tree_flatten()`` is used where keys are not needed.
    """
    kind: Any = cls
    plain: Any = (lambda x: x.tree_flatten()) if hasattr(cls, "tree_flatten") else None
    register_pytree_with_keys(kind, lambda x: x.tree_flatten_with_keys(), kind.tree_unflatten, plain)
    return cls


def register_dataclass(
    nodetype: C,
    data_fields: Sequence[str] | None = None,
    meta_fields: Sequence[str] | None = None,
    drop_fields: Sequence[str] = (),
) -> C:
    """Make a dataclass, or a class made from keyword arguments, a container; a class decorator.

    Args:
        nodetype: The class.
        data_fields: Names of the attributes that hold children. Without both lists they are all fields of the dataclass
            but those with ``metadata={"static": True}``.
        meta_fields: Names of the attributes that are part of the structure, hashable and comparable.
        drop_fields: Names of fields that are neither; unflattening leaves them to their defaults.

    Returns: the class.

    Raises:
        TypeError: only one of the lists is given, or none for a class that is no dataclass.
        ValueError: the lists overlap, or are not the fields that ``__init__`` takes.

    Example:
        >>> import axir, dataclasses
        >>> @axir.tree_util.register_dataclass
        ... @dataclasses.dataclass
        ... class Layer:
        ...     weight: float
        ...     name: str = dataclasses.field(default="", metadata={"static": True})
        >>> axir.tree.map(lambda x: 2 * x, Layer(1.5, "first"))
        Layer(weight=3.0, name='first')
    """
    data, meta = _fields(nodetype, data_fields, meta_fields)
    _check_fields(nodetype, data, meta, drop_fields)
    keys = tuple(map(GetAttrKey, data))

    def flatten(x: Any) -> tuple[tuple[Any, ...], Any]:
        return tuple([getattr(x, n) for n in data]), tuple([getattr(x, n) for n in meta])

    def flatten_with_keys(x: Any) -> tuple[Iterable[tuple[KeyEntry, Any]], Any]:
        children, static_values = flatten(x)
        return list(zip(keys, children, strict=True)), static_values

    def unflatten(static_values: Any, children: Any) -> Any:
        return nodetype(
            **dict(zip(meta, static_values, strict=True)), **dict(zip(data, children, strict=True))
        )

    register_pytree_node(nodetype, flatten, unflatten, flatten_with_keys)
    return nodetype


def _fields(
    nodetype: Any, data: Sequence[str] | None, meta: Sequence[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The two lists, read off the dataclass where they are left out."""
    if data is not None and meta is not None:
        return tuple(data), tuple(meta)
    if data is not None or meta is not None:
        raise TypeError(
            "register_dataclass: data_fields and meta_fields must be given together; got "
            f"data_fields={data}, meta_fields={meta}."
        )
    if not isinstance(nodetype, type) or not dataclasses.is_dataclass(nodetype):
        raise TypeError(
            f"register_dataclass: {nodetype!r} is no dataclass. Name its data_fields and meta_fields."
        )
    fields = dataclasses.fields(nodetype)
    is_static = {f.name: bool(f.metadata.get("static", False)) for f in fields}
    return tuple(n for n in is_static if not is_static[n]), tuple(n for n in is_static if is_static[n])


def _check_fields(nodetype: type, data: Sequence[str], meta: Sequence[str], drop: Sequence[str]) -> None:
    if overlap := sorted({*data} & {*meta}):
        raise ValueError(f"register_dataclass: data_fields and meta_fields overlap in {', '.join(overlap)}.")
    if not dataclasses.is_dataclass(nodetype):
        return
    name = nodetype.__qualname__
    taken = {f.name for f in dataclasses.fields(nodetype) if f.init} - {*drop}
    missing, unexpected = sorted(taken - {*data, *meta}), sorted({*data, *meta} - taken)
    if missing or unexpected:
        wrong = [f"{', '.join(missing)} is missing"] * bool(missing)
        wrong += [f"{', '.join(unexpected)} is no such field"] * bool(unexpected)
        raise ValueError(
            f"register_dataclass: data_fields and meta_fields must be the fields that {name}() takes; "
            f"{' and '.join(wrong)}. Name in drop_fields what to leave out."
        )


def register_static(cls: type[T]) -> type[T]:
    """Class decorator: objects of the class are part of a tree's structure, without leaves.

    They must be hashable and comparable: ``jit`` compiles anew for a value that is not equal to one seen before.
    """
    register_pytree_node(cls, lambda x: ((), x), lambda x, _: x)
    return cls


def static(**kwargs: Any) -> Any:
    """A field of a dataclass that is part of the structure: ``dataclasses.field`` with ``metadata={"static": True}``.

    Args:
        **kwargs: Arguments of ``dataclasses.field``.
    """
    metadata = {**(kwargs.pop("metadata", None) or {}), "static": True}
    return dataclasses.field(metadata=metadata, **kwargs)


class _Whole:
    """A function that ``functools.partial`` does not take apart."""

    def __init__(self, fun: Callable[..., Any]):
        self.fun = fun

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.fun(*args, **kwargs)

    def __eq__(self, other: object) -> bool:
        return self.fun == (other.fun if isinstance(other, _Whole) else other)

    def __hash__(self) -> int:
        return hash(self.fun)

    def __repr__(self) -> str:
        return repr(self.fun)


class Partial(functools.partial[Any]):
    """``functools.partial`` as a pytree: the bound arguments are its children, the function is part of the structure.

    Example:
        >>> import axir
        >>> axir.jit(lambda f, x: f(x))(axir.tree_util.Partial(axir.numpy.add, 1), 2)
        Array(3, dtype=int32, weak_type=True)
    """

    def __new__(cls, func: Callable[..., Any], /, *args: Any, **keywords: Any) -> Partial:
        # partial() would merge the arguments of a partial into these, which would make children of them.
        whole = _Whole(func) if isinstance(func, functools.partial) else func
        return super().__new__(cls, whole, *args, **keywords)


register_pytree_node(
    Partial, lambda x: ((x.args, x.keywords), x.func), lambda func, xs: Partial(func, *xs[0], **xs[1])
)
