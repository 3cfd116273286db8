"""What ``jax.dtypes`` has beyond ``axir.dtypes``."""

from axir._src.autodiff import float0
from axir.errors import DTypeError as TypePromotionError

__all__ = ["TypePromotionError", "float0"]
