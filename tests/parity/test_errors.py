"""What JAX refuses, axir refuses: with an error that ``except`` clauses written for JAX catch."""

import pytest

pytest.importorskip("jax", reason="the parity tests compare with JAX: install the extra [parity]")

from parity import error_class_rows, error_rows, runner

CLASSES = (NotImplementedError, TypeError, IndexError, KeyError, NameError, ValueError)
"""Where JAX raises anything else it has no check of its own."""


_UNCHECKED = "JAX looks at a position that is not there; axir has a check, which raises a ShapeError"
_WRITTEN = "JAX calls it not implemented; axir calls the argument wrong, as NumPy does"
DIFFERENT = {
    "numpy.hstack([])": _UNCHECKED,
    "lax.conv(float32[5], float32[5], [1], 'SAME')": _UNCHECKED,
    "numpy.pad(float32[3, 4], 1){'mode': 'nonsense'}": _WRITTEN,
    "numpy.fill_diagonal(float32[3, 3], int32[2], 1.0)": _WRITTEN,
}
"""Calls for which both raise, but not the same."""


def _is_caught(ours: object, theirs: BaseException) -> bool:
    wanted = (kind for kind in CLASSES if isinstance(theirs, kind))
    return isinstance(ours, Exception) and all(isinstance(ours, kind) for kind in wanted)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("rows", [error_rows.ROWS, error_class_rows.ROWS], ids=["general", "classes"])
def test_what_jax_refuses_is_refused(rows: list[runner.Row]) -> None:
    wrong = {}
    for row in rows:
        ours, theirs = (
            runner.tried(runner.function(library, row), runner.arrays(row, library))
            for library in ("axir", "jax")
        )
        assert isinstance(theirs, Exception), f"JAX takes {row}"
        known = str(row) in DIFFERENT and isinstance(ours, Exception)
        if not known and not _is_caught(ours, theirs):
            wrong[str(row)] = (ours, theirs)
    assert wrong == {}
