"""All rows, one table for each family of modules."""

from typing import Final

from parity import lax_rows, missing, numpy_rows
from parity.rows import Row

TABLES: Final[dict[str, list[Row]]] = {"numpy": numpy_rows.ROWS, "lax": lax_rows.ROWS}
ROWS: Final = [row for table in TABLES.values() for row in table]
CHECKS: Final = ("eager", "jit", "grad", "vmap")
BATCH: Final = 25
"""Rows of one test, and of one compiled function: a module costs half a second and more than its kernels."""


def batches(check: str) -> dict[str, list[Row]]:
    """The rows of one check in small groups, by a name for each."""
    chosen = {name: [row for row in table if _is_made(check, row)] for name, table in TABLES.items()}
    return {
        f"{check}-{name}-{start // BATCH}": rows[start : start + BATCH]
        for name, rows in chosen.items()
        for start in range(0, len(rows), BATCH)
    }


def _is_made(check: str, row: Row) -> bool:
    return check in row.checks and (check, row.module, row.name) not in missing.DIFFERENT


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
    made = sum(_is_made(check, row) for check in CHECKS for row in ROWS)
    lines.append(f"{len(ROWS)} rows, {made} comparisons, {len(missing.DIFFERENT)} known to differ")
    return lines
