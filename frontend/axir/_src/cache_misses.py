"""Why a function under jit is traced: what distinguishes a call from those that it was traced for."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from types import CodeType
from typing import Any

from axir._src import pytree
from axir._src.tree_differences import prefix_difference
from axir_runtime import LruCache

__all__ = ["cause", "is_new_object"]

_numbers = itertools.count(1)
_first_objects: LruCache[CodeType, int] = LruCache(1024)


def is_new_object(function: Any) -> bool:
    """Whether another function object of the same code was traced before, so that nothing of it can be used.

    That is what ``jit(lambda x: ...)`` in a loop does.
    """
    code = getattr(getattr(function, "__wrapped__", None), "__code__", None)
    if code is None:
        return False
    number = function.__dict__.get("_number") or function.__dict__.setdefault("_number", next(_numbers))
    first = _first_objects.get(code)
    if first is None:
        _first_objects.put(code, number)
    return first not in (None, number) and not function._entries


def cause(key: Sequence[Any], known: Sequence[Sequence[Any]]) -> str:
    """What distinguishes a signature from the nearest of those that are known.

    A signature is a structure of arguments, their types, their static part, the options and the named axes.
    """
    if not known:
        return "first call"
    found = min((_differences(key, other) for other in known), key=len)
    many = f" (nearest of {len(known)} signatures)" if len(known) > 1 else ""
    return "; ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "") + many


def _differences(key: Sequence[Any], other: Sequence[Any]) -> list[str]:
    treedef, avals, static, options, axes = key
    treedef0, avals0, static0, options0, axes0 = other
    found = _static_differences(static, static0)
    if treedef != treedef0:
        found.append(
            "new structure of arguments: " + _structure_difference(treedef, static, treedef0, static0)
        )
    else:
        found += _type_differences(_names(treedef, static), avals, avals0)
    if options != options0:
        found.append(f"other options (x64, promotion of dtypes, of ranks): {options}, was {options0}")
    if axes != axes0:
        found.append("other named axes")
    return found


def _type_differences(names: Sequence[str], new: Sequence[Any], old: Sequence[Any]) -> list[str]:
    found = []
    for name, (aval, weak), (aval0, weak0) in zip(names, new, old, strict=True):
        if aval != aval0:
            what = (
                "shape"
                if aval.dtype == aval0.dtype
                else "dtype"
                if aval.shape == aval0.shape
                else "shape and dtype"
            )
            found.append(f"new {what} of {name}: {aval}, was {aval0}")
        elif weak != weak0:
            found.append(
                f"{name} has a {'weak' if weak else 'strong'} type, was {'weak' if weak0 else 'strong'}"
            )
    return found


def _static_differences(static: Any, old: Any) -> list[str]:
    now, before = _by_name(static), _by_name(old)
    return [
        f"new static argument {name}: {now.get(name, 'absent')}, was {before.get(name, 'absent')}"
        for name in {**now, **before}
        if name not in now or name not in before or now[name] != before[name]
    ]


def _by_name(static: Any) -> dict[str, Any]:
    positional = zip(map(str, static.positions), static.values, strict=True)
    return {**dict(positional), **{repr(name): value for name, value in static.named}}


def _names(treedef: pytree.TreeDef, static: Any) -> list[str]:
    """What the leaves of the arguments are called."""
    return [n for key, x in _arguments(treedef, static) for n in pytree.leaf_names(f"argument {key!r}", x)]


def _arguments(treedef: pytree.TreeDef, static: Any) -> list[tuple[Any, Any]]:
    """The arguments by position, in the user's numbering, and by name."""
    args, kwargs = pytree.unflatten(treedef, [0] * treedef.num_leaves)
    numbers = (i for i in itertools.count() if i not in static.positions)
    return [*zip(numbers, args, strict=False), *kwargs.items()]


def _structure_difference(
    treedef: pytree.TreeDef, static: Any, treedef0: pytree.TreeDef, static0: Any
) -> str:
    new, old = dict(_arguments(treedef, static)), dict(_arguments(treedef0, static0))
    if new.keys() != old.keys():
        return f"arguments {_listed(new)} are given, were {_listed(old)}"
    for key, x in new.items():
        found = prefix_difference(x, old[key], "this call", "the known one")
        if found is not None:
            return f"in argument {key!r} {found}".rstrip(".")
    return f"{treedef}, was {treedef0}"


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(map(repr, names)) or "none"
