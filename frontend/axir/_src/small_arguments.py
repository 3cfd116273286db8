"""Small NumPy arrays and Python numbers as arguments of compiled functions.

Their elements are copied into IREE's memory, which takes a third of the time that sharing NumPy's memory takes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from axir._src.array import ArrayType, ConcreteArray
from axir._src.convert import is_number, supported, to_array
from axir_compiler.ir.types import DTYPES, Aval
from axir_runtime import Buffer

__all__ = ["small_argument"]

_LARGEST = 4096  # bytes


def small_argument(x: Any, x64: bool) -> ConcreteArray | None:
    """The array of a number or of a small array of NumPy, else ``None``; ``x64``: whether 64-bit dtypes are kept."""
    weak = False
    if type(x) is np.ndarray:
        if not 0 < x.nbytes <= _LARGEST:
            return None
        dtype = x.dtype
        if dtype not in DTYPES or (dtype.itemsize >= 8 and not x64):
            x = supported(x)
        if not x.flags.c_contiguous:
            x = np.ascontiguousarray(x)
    elif is_number(x):
        array = to_array(x)
        x, weak = array.to_numpy(), array.weak_type
    else:
        return None
    return ConcreteArray.from_buffer(Buffer.of_copy(x), ArrayType.of(Aval(x.shape, x.dtype), weak))
