"""What a row of the parity tables is, and the samples that the rows share (NumPy alone: no JAX)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as onp

EVERYWHERE = frozenset({"eager", "jit", "grad", "vmap"})

Use = Callable[[Any, Callable[..., Any]], Callable[..., Any]]


@dataclass(frozen=True)
class Key:
    """A typed random key among the arguments of a row."""

    seed: int = 7

    def __repr__(self) -> str:
        return f"key({self.seed})"


@dataclass(frozen=True)
class Row:
    """A public function, given by its module and name, with one set of arguments.

    NumPy arrays and keys among ``args``, also in lists and tuples, are handed over as arrays of the library
    under test; the rest stays Python. ``use(library, function)`` is what is called where that is not the
    function itself: functions of functions get their callables from it, collectives a named axis.
    """

    module: str
    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    rtol: float = 2e-5
    checks: frozenset[str] = EVERYWHERE
    use: Use | None = None

    def __str__(self) -> str:
        return f"{self.module}.{self.name}({', '.join(map(_shown, self.args))}){self.kwargs or ''}"


def _shown(arg: Any) -> str:
    if isinstance(arg, list | tuple):
        return f"[{', '.join(map(_shown, arg))}]"
    return f"{arg.dtype}{list(arg.shape)}" if isinstance(arg, onp.ndarray) else repr(arg)


def each(
    module: str,
    names: str,
    *args: Any,
    without: str = "",
    rtol: float = 2e-5,
    use: Use | None = None,
    **kwargs: Any,
) -> list[Row]:
    """A row with these arguments for every name of `names`, without the checks named in `without`."""
    checks = EVERYWHERE - set(without.split())
    return [Row(module, name, args, kwargs, rtol, checks, use) for name in names.split()]


def on_host(module: str, names: str, *args: Any, **kwargs: Any) -> list[Row]:
    """Rows of functions whose results depend on values or are no arrays: they are called as they are."""
    return each(module, names, *args, without="jit grad vmap", **kwargs)


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
