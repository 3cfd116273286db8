"""The public functions against JAX: value, dtype, weak type and shape.

With ``AXIR_PARITY=all`` under every transformation; without it eagerly, which takes a fraction of the time.
"""

import os

import pytest

pytest.importorskip("jax", reason="the parity tests compare with JAX: install the extra [parity]")

from parity import runner, tables

CHECKS = tables.CHECKS if os.environ.get("AXIR_PARITY") == "all" else ("eager",)
BATCHES = {name: (check, rows) for check in CHECKS for name, rows in tables.batches(check).items()}


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
