"""Values in another dtype, where NumPy's conversion is not the one that is wanted."""

from __future__ import annotations

import numpy as np

from axir_compiler.ir.types import BFLOAT16, BOOL, INTEGER, is_complex, is_float

__all__ = ["converted"]


def _float64_to_bfloat16(x: np.ndarray) -> np.ndarray:
    """Round once: by way of float32 rounded to odd, since ml_dtypes rounds to float32 and then again."""
    near = np.asarray(x.astype(np.float32))
    inexact = (near != x) & np.isfinite(x) & np.isfinite(near)
    bits = near.view(np.uint32)
    toward_zero = bits - (inexact & (np.abs(near) > np.abs(x))).astype(np.uint32)
    return (toward_zero | inexact.astype(np.uint32)).view(np.float32).astype(BFLOAT16)


def converted(x: np.ndarray, *, dtype: np.dtype) -> np.ndarray:
    """``x`` in another dtype; see ``ConvertOp``."""
    if x.dtype == np.dtype("float64") and dtype == BFLOAT16:
        return _float64_to_bfloat16(x)
    if is_complex(x.dtype) and not is_complex(dtype) and dtype not in BOOL:
        return converted(np.real(x), dtype=dtype)
    if not is_float(x.dtype) or dtype not in INTEGER:
        return x.astype(dtype)
    info = np.iinfo(dtype)
    # Most often all fit, which is quick to see.
    if dtype.kind == "i" and x.dtype.kind == "f" and (np.abs(x) < float(info.max)).all():
        return x.astype(dtype)
    wide = x.astype(np.float64)
    # The largest integers are no float64: compare, then convert what is inside.
    above, below = wide >= float(info.max), wide <= float(info.min)
    inside = np.where(above | below | np.isnan(wide), 0, wide).astype(dtype)
    return np.where(above, info.max, np.where(below, info.min, inside)).astype(dtype)
