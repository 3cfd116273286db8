"""Every public function of the compared JAX modules has a row or stands in missing.py."""

import importlib
import inspect
from typing import Any

import pytest

pytest.importorskip("jax", reason="the parity tests compare with JAX: install the extra [parity]")

from parity import missing, tables

COVERED = {(row.module, row.name) for row in tables.ROWS}


def _functions(library: str, module: str) -> set[str]:
    found = importlib.import_module(f"{library}.{module}")
    names = (n for n in dir(found) if not n.startswith("_"))
    return {n for n in names if callable(x := getattr(found, n)) and not inspect.isclass(x)}


@pytest.mark.parametrize("module", missing.MODULES)
def test_axir_has_every_name_that_is_not_listed_as_absent(module: str) -> None:
    theirs = {n for n in _functions("jax", module) if not n.endswith("_p")}
    ours = dir(importlib.import_module(f"axir.{module}"))
    assert theirs - set(ours) == set(missing.ABSENT.get(module, {}))


def _named(function: Any) -> set[str]:
    """Parameters that may be given by name."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return set()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {p.name for p in parameters if p.kind in kinds}


@pytest.mark.parametrize("module", missing.MODULES)
def test_functions_take_the_parameters_of_jax(module: str) -> None:
    theirs, ours = (importlib.import_module(f"{library}.{module}") for library in ("jax", "axir"))
    lacking = {}
    for name in _functions("jax", module) & set(dir(ours)):
        known = _named(getattr(ours, name))
        left = _named(getattr(theirs, name)) - known - {"sharding", "out_sharding"}
        if known and left:
            lacking[f"{module}.{name}"] = left
    assert lacking == {n: p for n, p in missing.PARAMETERS.items() if n.rpartition(".")[0] == module}


def test_rows_that_differ_are_in_the_tables() -> None:
    assert set(missing.DIFFERENT) - {str(row) for row in tables.ROWS} == set()


@pytest.mark.parametrize("module", missing.MODULES)
def test_every_shared_function_has_a_row_or_is_listed(module: str) -> None:
    ours = set(dir(importlib.import_module(f"axir.{module}")))
    bare = {n for n in _functions("jax", module) & ours if (module, n) not in COVERED}
    assert bare == missing.WITHOUT_ROW.get(module, set())
