"""Arrays of other libraries without a copy."""

from axir._src.convert import from_dlpack as from_dlpack
from axir._src.dtype_questions import is_supported_dtype as is_supported_dtype

__all__ = ["from_dlpack", "is_supported_dtype"]
