"""What JAX refuses, axir refuses: with an error of the same built-in class, or a ValueError.

JAX raises TypeError for many shapes that do not fit; axir's
`ShapeError` is a ValueError, as NumPy's errors about shapes, and so is `TreeError` for structures.
"""

import pytest

pytest.importorskip("jax", reason="the parity tests compare with JAX: install the extra [parity]")

from axir.errors import ShapeError, TreeError
from parity import error_rows, runner

CLASSES = (NotImplementedError, TypeError, IndexError, KeyError, NameError, ValueError)


def _classes(error: BaseException) -> set[type]:
    return {kind for kind in CLASSES if isinstance(error, kind)}


@pytest.mark.filterwarnings("ignore")
def test_what_jax_refuses_is_refused() -> None:
    wrong = {}
    for row in error_rows.ROWS:
        ours, theirs = (
            runner.tried(runner.function(library, row), runner.arrays(row, library))
            for library in ("axir", "jax")
        )
        assert isinstance(theirs, Exception), f"JAX takes {row}"
        if not isinstance(ours, ShapeError | TreeError | theirs.__class__) and not (
            isinstance(ours, Exception) and _classes(ours) & _classes(theirs)
        ):
            wrong[str(row)] = (ours, theirs)
    assert wrong == {}
