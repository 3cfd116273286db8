"""Run the rows on both libraries and compare what comes out."""

import importlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as onp

import axir
from parity.rows import Key, Row

LIBRARIES = {"axir": axir, "jax": jax}


def function(library: str, row: Row) -> Callable[..., Any]:
    """The public function of a row, of its array arguments alone."""
    module = LIBRARIES[library]
    public = getattr(importlib.import_module(f"{library}.{row.module}"), row.name)
    called = row.use(module, public) if row.use else public

    def call(*arrays: Any) -> Any:
        return called(*_filled(row.args, iter(arrays)), **row.kwargs)

    return call


def _filled(args: Any, left: Iterator[Any]) -> Any:
    """``args`` with what ``left`` gives in place of its arrays."""
    if isinstance(args, list | tuple):
        return type(args)(_filled(a, left) for a in args)
    return next(left) if isinstance(args, onp.ndarray | Key) else args


def leaves(args: Any) -> list[onp.ndarray | Key]:
    """The arrays and keys among the arguments of a row."""
    if isinstance(args, list | tuple):
        return [x for a in args for x in leaves(a)]
    return [args] if isinstance(args, onp.ndarray | Key) else []


def arrays(row: Row, library: str) -> list[Any]:
    module = LIBRARIES[library]
    return [
        module.random.key(a.seed) if isinstance(a, Key) else module.numpy.asarray(a) for a in leaves(row.args)
    ]


def _plain(library: str, row: Row) -> Callable[..., Any]:
    return function(library, row)


def _gradient(library: str, row: Row) -> Callable[..., Any]:
    module, call = LIBRARIES[library], function(library, row)
    floats = tuple(
        i for i, a in enumerate(leaves(row.args)) if isinstance(a, onp.ndarray) and a.dtype.kind == "f"
    )

    def total(*values: Any) -> Any:
        found = [x for x in module.tree_util.tree_leaves(call(*values)) if x.dtype.kind == "f"]
        return sum((module.numpy.sum(x) for x in found), module.numpy.float32(0))

    return module.grad(total, argnums=floats)


def _mapped(library: str, row: Row) -> Callable[..., Any]:
    module, call = LIBRARIES[library], function(library, row)

    def pair(x: Any, given: onp.ndarray | Key) -> Any:
        if isinstance(given, Key):
            return module.random.split(x, 2)
        return module.numpy.stack([x, module.numpy.flip(x)])  # of all axes: matrices stay positive definite

    def call_both(*values: Any) -> Any:
        return module.vmap(call)(*map(pair, values, leaves(row.args)))

    return call_both


CHECKS = {"eager": _plain, "jit": _plain, "grad": _gradient, "vmap": _mapped}


def results(check: str, rows: Sequence[Row]) -> list[tuple[Any, Any]]:
    """What axir and JAX give for every row; all rows but the eager ones are one compiled axir function."""
    ours = _eagerly(check, "axir", rows) if check == "eager" else _compiled(check, rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = _eagerly(check, "jax", rows)
    return list(zip(ours, theirs, strict=True))


def _eagerly(check: str, library: str, rows: Sequence[Row]) -> list[Any]:
    return [tried(CHECKS[check](library, row), arrays(row, library)) for row in rows]


def _compiled(check: str, rows: Sequence[Row]) -> list[Any]:
    failures: dict[int, Exception] = {}

    def traced(given: list[list[Any]]) -> list[Any]:
        found = [tried(CHECKS[check]("axir", row), xs) for row, xs in zip(rows, given, strict=True)]
        failures.update({i: x for i, x in enumerate(found) if isinstance(x, Exception)})
        return [None if isinstance(x, Exception) else x for x in found]

    ours = axir.jit(traced)([arrays(row, "axir") for row in rows])
    return [failures.get(i, x) for i, x in enumerate(ours)]


def tried(call: Callable[..., Any], values: Sequence[Any]) -> Any:
    try:
        return call(*values)
    except Exception as error:  # a row that raises is a difference of its own, not the end of the others
        return error


def difference(row: Row, ours: Any, theirs: Any) -> str | None:
    """How the two results differ, None where they do not. An error on JAX's side is an error of the row."""
    for library, found in (("axir", ours), ("JAX", theirs)):
        if isinstance(found, Exception):
            return f"{library} raises {type(found).__name__}: {str(found)[:200]}"
    mine, wanted = axir.tree_util.tree_leaves(ours), jax.tree_util.tree_leaves(theirs)
    if len(mine) != len(wanted):
        return f"{len(mine)} results, JAX {len(wanted)}"
    return next((d for x, y in zip(mine, wanted, strict=True) if (d := _leaf(row, x, y))), None)


def _leaf(row: Row, x: Any, y: Any) -> str | None:
    if not all(hasattr(a, "shape") and hasattr(a, "dtype") for a in (x, y)):  # Python values, text, dtypes
        return None if str(x) == str(y) and type(x).__name__ == type(y).__name__ else f"{x!r}, JAX {y!r}"
    kinds = [(str(a.dtype), tuple(a.shape), bool(getattr(a, "weak_type", False))) for a in (x, y)]
    if kinds[0] != kinds[1]:
        return f"dtype, shape, weak type {kinds[0]}, JAX {kinds[1]}"
    if kinds[0][0].startswith("key"):
        x, y = axir.random.key_data(x), jax.random.key_data(y)
    if onp.allclose(onp.asarray(x), onp.asarray(y), rtol=row.rtol, atol=row.rtol / 2, equal_nan=True):
        return None
    return f"values {onp.asarray(x).ravel()[:6]}, JAX {onp.asarray(y).ravel()[:6]}"
