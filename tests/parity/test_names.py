"""Every public function of the compared JAX modules has a row or stands in missing.py."""

import importlib
import inspect

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


@pytest.mark.parametrize("module", missing.MODULES)
def test_every_shared_function_has_a_row_or_is_listed(module: str) -> None:
    ours = set(dir(importlib.import_module(f"axir.{module}")))
    bare = {n for n in _functions("jax", module) & ours if (module, n) not in COVERED}
    assert bare == missing.WITHOUT_ROW.get(module, set())
