"""The public functions against JAX: value, dtype, weak type and shape.

With ``AXIR_PARITY=all`` all rows under every transformation, without it the elementary ones eagerly.
"""

import os

import pytest

pytest.importorskip("jax", reason="the parity tests compare with JAX: install the extra [parity]")

from parity import runner, tables

ALL = os.environ.get("AXIR_PARITY") == "all"
CHECKS, NAMES = (tables.CHECKS, tables.TABLES) if ALL else (("eager",), tables.QUICK)
BATCHES = {name: (check, rows) for check in CHECKS for name, rows in tables.batches(check, NAMES).items()}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("batch", BATCHES)
def test_results_are_those_of_jax(batch: str) -> None:
    check, rows = BATCHES[batch]
    found = {
        str(row): d
        for row, (ours, theirs) in zip(rows, runner.results(check, rows), strict=True)
        if (d := runner.difference(row, ours, theirs))
    }
    assert found == {}
