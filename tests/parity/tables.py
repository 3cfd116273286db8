"""All rows, one table for each family of modules."""

from collections.abc import Iterable
from typing import Final

from parity import (
    lax_more_rows,
    lax_rows,
    linalg_rows,
    missing,
    more_rows,
    numpy_more_rows,
    numpy_rows,
    random_rows,
)
from parity.rows import Row

TABLES: Final[dict[str, list[Row]]] = {
    "numpy": numpy_rows.ROWS,
    "numpy_more": numpy_more_rows.ROWS,
    "lax": lax_rows.ROWS,
    "lax_more": lax_more_rows.ROWS,
    "linalg": linalg_rows.ROWS,
    "random": random_rows.ROWS,
    "more": more_rows.ROWS,
}
QUICK: Final = ("numpy", "lax")
"""The tables of which the ordinary test run makes the eager check."""
ROWS: Final = [row for table in TABLES.values() for row in table]
CHECKS: Final = ("eager", "jit", "grad", "vmap")
BATCH: Final = 25
"""Rows of one test, and of one compiled function: a module costs half a second and more than its kernels."""


def batches(check: str, names: Iterable[str] = TABLES) -> dict[str, list[Row]]:
    """The rows of one check in small groups, by a name for each."""
    chosen = {name: [row for row in TABLES[name] if _is_made(check, row)] for name in names}
    return {
        f"{check}-{name}-{start // BATCH}": rows[start : start + BATCH]
        for name, rows in chosen.items()
        for start in range(0, len(rows), BATCH)
    }


def _is_made(check: str, row: Row) -> bool:
    return check in row.checks and str(row) not in missing.DIFFERENT


def counts() -> list[str]:
    """One line for each module and one for all: what is compared, and what is not."""
    lines = []
    for module in missing.MODULES:
        rows = [row for row in ROWS if row.module == module]
        lines.append(
            f"{module}: {len({row.name for row in rows})} functions in {len(rows)} rows, "
            f"{len(missing.ABSENT.get(module, {}))} absent in axir, "
            f"{len(missing.WITHOUT_ROW.get(module, ()))} without a row"
        )
    other = {row.name for row in ROWS if row.module not in missing.MODULES}
    lines.append(f"other modules: {len(other)} functions")
    made = sum(_is_made(check, row) for check in CHECKS for row in ROWS)
    lines.append(f"{len(ROWS)} rows, {made} comparisons, {len(missing.DIFFERENT)} known to differ")
    return lines
