"""Exchange of host arrays with other libraries by DLPack, without a copy where alignment permits."""

from __future__ import annotations

from typing import Any, cast

import ml_dtypes
import numpy as np
from iree.runtime import HalElementType

from axir_runtime.buffer import Buffer, host_queue
from axir_runtime.errors import status_reason

# Buffer views tell their element type as a plain number.
_BFLOAT16 = int(cast(Any, HalElementType.BFLOAT_16))


def to_dlpack(buffer: Buffer, **options: Any) -> Any:
    """A capsule sharing the buffer's memory; ``options`` are those of ``Buffer.__dlpack__``."""
    return buffer.__dlpack__(**options)


def from_dlpack(source: Any) -> Buffer:
    """A buffer on the memory of any object with ``__dlpack__``; its owner must not write to it any more.

    Raises: TypeError if ``source`` has no ``__dlpack__``; BufferError if its memory is not the host's or
        its dtype unknown.
    """
    if not hasattr(source, "__dlpack__"):
        raise TypeError(f"from_dlpack: expected an object with __dlpack__; got {type(source).__name__}")
    try:
        return Buffer(np.from_dlpack(source))
    except (BufferError, RuntimeError, ValueError) as refused:
        return _from_bfloat16(source, refused)


def _from_bfloat16(source: Any, refused: Exception) -> Buffer:
    """NumPy does not import bfloat16, IREE does."""
    try:
        view = host_queue().device.from_dlpack_capsule(source.__dlpack__())
    except Exception as error:
        raise BufferError(f"from_dlpack: {refused}; {status_reason(error)}") from None
    if view.element_type != _BFLOAT16:
        raise BufferError(f"from_dlpack: {refused}")
    return Buffer.from_ref(view.ref, tuple(view.shape), np.dtype(ml_dtypes.bfloat16))
