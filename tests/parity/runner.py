"""Run the rows on both libraries and compare what comes out."""

import importlib
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as onp

import axir
from parity.rows import Row

LIBRARIES = {"axir": axir, "jax": jax}


def function(library: str, row: Row) -> Callable[..., Any]:
    """The public function of a row, of its array arguments alone."""
    public = getattr(importlib.import_module(f"{library}.{row.module}"), row.name)

    def call(*arrays: Any) -> Any:
        left = iter(arrays)
        args = [next(left) if isinstance(a, onp.ndarray) else a for a in row.args]
        return public(*args, **row.kwargs)

    return call


def arrays(row: Row, library: str) -> list[Any]:
    make = LIBRARIES[library].numpy.asarray
    return [make(a) for a in row.args if isinstance(a, onp.ndarray)]


def _eager(library: str, row: Row) -> Callable[..., Any]:
    return function(library, row)


def _gradient(library: str, row: Row) -> Callable[..., Any]:
    module, call = LIBRARIES[library], function(library, row)
    given = [a for a in row.args if isinstance(a, onp.ndarray)]
    floats = tuple(i for i, a in enumerate(given) if a.dtype.kind == "f")

    def total(*values: Any) -> Any:
        leaves = [x for x in module.tree_util.tree_leaves(call(*values)) if x.dtype.kind == "f"]
        return sum((module.numpy.sum(x) for x in leaves), module.numpy.float32(0))

    return module.grad(total, argnums=floats)


def _mapped(library: str, row: Row) -> Callable[..., Any]:
    module, call = LIBRARIES[library], function(library, row)
    return lambda *values: module.vmap(call)(*[module.numpy.stack([x, x[::-1]]) for x in values])


CHECKS = {"eager": _eager, "jit": _eager, "grad": _gradient, "vmap": _mapped}


def results(check: str, rows: Sequence[Row]) -> list[tuple[Any, Any]]:
    """What axir and JAX give for every row; all rows but the eager ones are one compiled axir function."""
    ours: list[Any] = [None] * len(rows)

    def collect(given: list[list[Any]]) -> list[Any]:
        return [_tried(CHECKS[check]("axir", row), xs) for row, xs in zip(rows, given, strict=True)]

    failures: dict[int, Exception] = {}

    def traced(given: list[list[Any]]) -> list[Any]:
        found = collect(given)
        failures.update({i: x for i, x in enumerate(found) if isinstance(x, Exception)})
        return [None if isinstance(x, Exception) else x for x in found]

    ours = (traced if check == "eager" else axir.jit(traced))([arrays(row, "axir") for row in rows])
    ours = [failures.get(i, x) for i, x in enumerate(ours)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = [_tried(CHECKS[check]("jax", row), arrays(row, "jax")) for row in rows]
    return list(zip(ours, theirs, strict=True))


def _tried(call: Callable[..., Any], values: Sequence[Any]) -> Any:
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
    kinds = [(str(a.dtype), tuple(a.shape), bool(getattr(a, "weak_type", False))) for a in (x, y)]
    if kinds[0] != kinds[1]:
        return f"dtype, shape, weak type {kinds[0]}, JAX {kinds[1]}"
    if onp.allclose(onp.asarray(x), onp.asarray(y), rtol=row.rtol, atol=row.rtol / 2, equal_nan=True):
        return None
    return f"values {onp.asarray(x).ravel()[:6]}, JAX {onp.asarray(y).ravel()[:6]}"
