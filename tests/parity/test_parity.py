"""The public functions against JAX: value, dtype, weak type and shape."""

import pytest

pytest.importorskip("jax", reason="the parity tests compare with JAX: install the extra [parity]")

from parity import lax_rows, missing, numpy_rows, runner

TABLES = {"numpy": numpy_rows.ROWS, "lax": lax_rows.ROWS}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("check", sorted(missing.CHECKED))
@pytest.mark.parametrize("table", TABLES)
def test_results_are_those_of_jax(table: str, check: str) -> None:
    rows = [row for row in TABLES[table] if check in row.checks]
    rows = [row for row in rows if (check, row.module, row.name) not in missing.DIFFERENT]
    found = {
        str(row): d
        for row, (ours, theirs) in zip(rows, runner.results(check, rows), strict=True)
        if (d := runner.difference(row, ours, theirs))
    }
    assert found == {}
