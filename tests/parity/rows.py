"""What a row of the parity tables is, and the samples that the rows share (NumPy alone: no JAX)."""

from dataclasses import dataclass, field
from typing import Any

import numpy as onp

EVERYWHERE = frozenset({"eager", "jit", "grad", "vmap"})


@dataclass(frozen=True)
class Row:
    """A public function, given by its module and name, with one set of arguments.

    NumPy arrays among ``args`` are handed over as arrays of the library under test; the rest stays Python.
    """

    module: str
    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    rtol: float = 2e-5
    checks: frozenset[str] = EVERYWHERE

    def __str__(self) -> str:
        return f"{self.module}.{self.name}{_shown(self.args)}{self.kwargs or ''}"


def _shown(args: tuple[Any, ...]) -> str:
    kinds = (f"{a.dtype}{list(a.shape)}" if isinstance(a, onp.ndarray) else repr(a) for a in args)
    return f"({', '.join(kinds)})"


def each(
    module: str, names: str, *args: Any, without: str = "", rtol: float = 2e-5, **kwargs: Any
) -> list[Row]:
    """A row with these arguments for every name of `names`, without the checks named in `without`."""
    checks = EVERYWHERE - set(without.split())
    return [Row(module, name, args, kwargs, rtol, checks) for name in names.split()]


_rng = onp.random.default_rng(11)
VECTOR = onp.array([0.3, -0.7, 0.55, 0.12, -0.2], "float32")
OTHER = onp.array([0.8, 0.4, -0.35, 0.61, 0.25], "float32")
ABOVE_ONE = onp.array([1.3, 2.7, 1.55, 4.12], "float32")
MATRIX = _rng.uniform(-1, 1, (3, 4)).astype("float32")
SQUARE = (_rng.uniform(-1, 1, (3, 3)) + 2 * onp.eye(3)).astype("float32")
POSITIVE = (SQUARE @ SQUARE.T + onp.eye(3)).astype("float32")
INTS = onp.array([5, 3, -7, 2, 9], "int32")
SMALL = onp.array([1, 2, 3, 1, 2], "int32")
BOOLS = onp.array([True, False, True, True, False])
HOLES = onp.array([0.3, onp.nan, 0.55, onp.inf, -0.2], "float32")
COMPLEX = onp.array([1 + 2j, -0.5 + 0.1j, 0.3 - 1j], "complex64")
