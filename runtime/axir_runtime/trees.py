"""Pytrees without the frontend: nested containers of arrays, described in JSON.

| JSON | Python |
|---|---|
| ``"*"`` | a leaf: one array |
| ``null`` | ``None``, which holds nothing |
| ``{"tuple": [...]}``, ``{"list": [...]}`` | the same |
| ``{"dict": [[key, ...], ...]}`` | a dict, by sorted key; keys are strings, whole numbers or bools |
| ``{"ordered_dict": [[key, ...], ...]}`` | an ``OrderedDict``, by insertion |
| ``{"deque": [...], "maxlen": n}`` | a ``deque`` |
| ``{"namedtuple": name, "fields": [...], "items": [...]}`` | a namedtuple; equal names and fields make equal types |

A namedtuple comes out as a type made here, since the class itself need not exist where the artifact runs; one that goes
in may be of any class of that name with these fields.
"""

from __future__ import annotations

import functools
import keyword
from collections import OrderedDict, deque, namedtuple
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Any, NamedTuple

from axir_runtime.errors import ArgumentStructureError, DamagedError

LEAF = "*"


class Tree(NamedTuple):
    """A structure: what kind of container, what tells its items apart, and the items."""

    kind: str
    keys: tuple[Any, ...] = ()
    items: tuple[Tree, ...] = ()
    detail: Any = None
    """The name of a namedtuple, the length of a deque."""

    @property
    def leaves(self) -> int:
        """Number of leaves."""
        return 1 if self.kind == "leaf" else sum(item.leaves for item in self.items)

    def __str__(self) -> str:
        return self.text(repeat(LEAF))

    def text(self, leaves: Iterator[str]) -> str:
        """The structure as Python writes it, with the next of ``leaves`` for each leaf."""
        return _text(self, leaves)


_LEAF = Tree("leaf")
_NONE = Tree("none")


# Reading the description. ---------------------------------------------------------------------------


def parse_tree(form: Any) -> Tree:
    """A structure from its JSON form.

    Raises: DamagedError if it is none.
    """
    if form == LEAF and isinstance(form, str):
        return _LEAF
    if form is None:
        return _NONE
    if isinstance(form, dict):
        for kind, read in _READERS.items():
            if kind in form:
                return read(kind, form)
    raise DamagedError(f"the manifest describes a structure that there is not: {str(form)[:80]}")


def _read_sequence(kind: str, form: dict[str, Any]) -> Tree:
    items = tuple(map(parse_tree, _list(form[kind])))
    length = form.get("maxlen")
    if length is not None and (type(length) is not int or length < len(items)):
        raise DamagedError("the manifest describes a deque that is longer than it can be")
    return Tree(kind, tuple(range(len(items))), items, length)


def _read_mapping(kind: str, form: dict[str, Any]) -> Tree:
    pairs = [_list(pair) for pair in _list(form[kind])]
    keys = tuple(pair[0] for pair in pairs if len(pair) == 2)
    if len(keys) != len(pairs) or not all(isinstance(key, str | int) for key in keys):
        raise DamagedError("the manifest describes a dict with keys that it cannot have")
    if len(set(keys)) != len(keys):
        raise DamagedError("the manifest describes a dict with a key that comes twice")
    return Tree(kind, keys, tuple(parse_tree(pair[1]) for pair in pairs))


def _read_namedtuple(kind: str, form: dict[str, Any]) -> Tree:
    name, fields = form[kind], tuple(_list(form.get("fields")))
    items = tuple(map(parse_tree, _list(form.get("items"))))
    names = [name, *fields]
    valid = all(isinstance(n, str) and n.isidentifier() and not keyword.iskeyword(n) for n in names)
    valid = valid and not any(field.startswith("_") for field in fields)
    if not valid or len(fields) != len(items) or len(set(fields)) != len(fields):
        raise DamagedError("the manifest describes a namedtuple that there cannot be")
    return Tree(kind, fields, items, name)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise DamagedError("the manifest describes a structure without its items")
    return value


_READERS = {
    "tuple": _read_sequence,
    "list": _read_sequence,
    "deque": _read_sequence,
    "dict": _read_mapping,
    "ordered_dict": _read_mapping,
    "namedtuple": _read_namedtuple,
}


# Values. --------------------------------------------------------------------------------------------

_CLASSES: dict[str, type] = {
    "tuple": tuple,
    "list": list,
    "deque": deque,
    "dict": dict,
    "ordered_dict": OrderedDict,
}


def flatten(tree: Tree, value: Any, where: str) -> list[Any]:
    """The leaves of a value that has this structure; ``where`` is what messages call it.

    Raises: ArgumentStructureError if it has another one; the message says where they differ first.
    """
    found: list[Any] = []
    _flatten_into(found, tree, value, where)
    return found


def _flatten_into(found: list[Any], tree: Tree, value: Any, where: str) -> None:
    if tree.kind == "leaf":
        if value is None or isinstance(value, tuple | list | dict | deque):
            raise ArgumentStructureError(f"{where} must be an array; got {_kind_of(value)}")
        found.append(value)
        return
    if not _is_instance(tree, value):
        raise ArgumentStructureError(f"{where} must be {_describe(tree)}; got {_kind_of(value)}")
    for key, item, inner in zip(tree.keys, tree.items, _items(tree, value, where), strict=True):
        _flatten_into(found, item, inner, f"{where}{_step(tree, key)}")


def _is_instance(tree: Tree, value: Any) -> bool:
    if tree.kind == "none":
        return value is None
    if tree.kind == "namedtuple":
        fields = getattr(value, "_fields", None)
        return isinstance(value, tuple) and fields == tree.keys and type(value).__name__ == tree.detail
    return type(value) is _CLASSES[tree.kind]


def _items(tree: Tree, value: Any, where: str) -> Sequence[Any]:
    """The items of a container, in the order of the structure."""
    if tree.kind in ("dict", "ordered_dict"):
        given = list(value)
        if set(map(_tagged, given)) != set(map(_tagged, tree.keys)):
            raise ArgumentStructureError(f"{where} must have the keys {list(tree.keys)}; got {given}")
        if tree.kind == "ordered_dict" and given != list(tree.keys):
            raise ArgumentStructureError(f"{where} must have its keys in the order {list(tree.keys)}")
        return [value[key] for key in tree.keys]
    if tree.kind == "none":
        return ()
    if len(value) != len(tree.items):
        raise ArgumentStructureError(f"{where} must have {len(tree.items)} items; got {len(value)}")
    if tree.kind == "deque" and value.maxlen != tree.detail:
        raise ArgumentStructureError(f"{where} must have maxlen={tree.detail}; got {value.maxlen}")
    return value


def _tagged(key: Any) -> Any:
    """Keys compare with their types: True is not 1."""
    return type(key), key


def unflatten(tree: Tree, leaves: Iterator[Any]) -> Any:
    """The value of this structure with the next leaves of an iterator."""
    if tree.kind == "leaf":
        return next(leaves)
    if tree.kind == "none":
        return None
    items = [unflatten(item, leaves) for item in tree.items]
    if tree.kind == "namedtuple":
        return _namedtuple_class(tree.detail, tree.keys)(*items)
    if tree.kind == "deque":
        return deque(items, tree.detail)
    if tree.kind in ("dict", "ordered_dict"):
        return _CLASSES[tree.kind](zip(tree.keys, items, strict=True))
    return _CLASSES[tree.kind](items)


@functools.lru_cache(256)
def _namedtuple_class(name: str, fields: tuple[str, ...]) -> Any:
    return namedtuple(name, fields)


# Words. ---------------------------------------------------------------------------------------------


def leaf_names(tree: Tree, where: str) -> list[str]:
    """What messages call each leaf: ``params['w'][0]``."""
    if tree.kind == "leaf":
        return [where]
    pairs = zip(tree.keys, tree.items, strict=True)
    return [name for key, item in pairs for name in leaf_names(item, where + _step(tree, key))]


def _step(tree: Tree, key: Any) -> str:
    return f".{key}" if tree.kind == "namedtuple" else f"[{key!r}]"


def _describe(tree: Tree) -> str:
    if tree.kind == "none":
        return "None"
    if tree.kind == "namedtuple":
        return f"a namedtuple {tree.detail}({', '.join(tree.keys)})"
    return f"a {_CLASSES[tree.kind].__name__}"


def _kind_of(value: Any) -> str:
    if value is None:
        return "None"
    fields = getattr(value, "_fields", None)
    name = type(value).__name__
    return f"a namedtuple {name}({', '.join(fields)})" if isinstance(fields, tuple) else f"a {name}"


def _text(tree: Tree, leaves: Iterator[str]) -> str:
    if tree.kind in ("leaf", "none"):
        return next(leaves) if tree.kind == "leaf" else "None"
    items = [_text(item, leaves) for item in tree.items]
    if tree.kind == "namedtuple":
        return f"{tree.detail}({', '.join(f'{k}={i}' for k, i in zip(tree.keys, items, strict=True))})"
    if tree.kind in ("dict", "ordered_dict"):
        inner = ", ".join(f"{k!r}: {i}" for k, i in zip(tree.keys, items, strict=True))
        return f"{{{inner}}}" if tree.kind == "dict" else f"OrderedDict({{{inner}}})"
    joined = ", ".join(items)
    if tree.kind == "tuple":
        return f"({joined}{',' * (len(items) == 1)})"
    return f"[{joined}]" if tree.kind == "list" else f"deque([{joined}])"
