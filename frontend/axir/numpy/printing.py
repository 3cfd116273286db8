"""Arrays as text, by NumPy's printing options."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from axir._src.array import Array
from axir._src.convert import ArrayLike, to_array

__all__ = ["array_repr", "array_str", "get_printoptions", "printoptions", "set_printoptions"]


def array_repr(
    arr: ArrayLike,
    max_line_width: int | None = None,
    precision: int | None = None,
    suppress_small: bool | None = None,
) -> str:
    """An array as ``repr`` gives it.

    Args:
        arr: Array.
        max_line_width: Characters of a line.
        precision: Digits behind the point.
        suppress_small: Whether numbers that are close to zero are shown as zero.

    What is ``None`` follows the printing options.
    """
    x = to_array(arr)
    if not isinstance(x, Array) or (max_line_width, precision, suppress_small) == (None, None, None):
        return repr(x)
    return _text(x, max_line_width, precision, suppress_small)


def _text(x: Array, width: int | None, precision: int | None, suppress: bool | None) -> str:
    value = x.to_numpy("its text")
    text = np.array2string(value, width, precision, suppress, separator=", ", prefix="Array(")
    weak = ", weak_type=True" if x.weak_type else ""
    return f"Array({text}, dtype={x.dtype}{weak})"


def array_str(
    a: ArrayLike,
    max_line_width: int | None = None,
    precision: int | None = None,
    suppress_small: bool | None = None,
) -> str:
    """An array as ``str`` gives it, without its class and dtype.

    Args:
        a: Array whose values are known.
        max_line_width: Characters in a line, by default as set by ``set_printoptions``.
        precision: Digits behind the point.
        suppress_small: Whether numbers that are zero in these digits are shown as such.

    Raises: ConcretizationError for a traced array.
    """
    return np.array_str(to_array(a).to_numpy("its text"), max_line_width, precision, suppress_small)


def set_printoptions(*args: Any, **kwargs: Any) -> None:
    """Set NumPy's printing options, which arrays are shown by: ``precision``, ``threshold``, ``linewidth``, ..."""
    np.set_printoptions(*args, **kwargs)


def get_printoptions() -> dict[str, Any]:
    """The printing options."""
    return dict(np.get_printoptions())


def printoptions(*args: Any, **kwargs: Any) -> AbstractContextManager[dict[str, Any]]:
    """Printing options for a block of code: ``with printoptions(precision=2): ...``."""
    return np.printoptions(*args, **kwargs)  # pyright: ignore[reportReturnType]
