"""Names that JAX keeps in ``jax.experimental``."""

from axir._src.callbacks import io_callback
from axir.experimental import checkify

__all__ = ["checkify", "io_callback"]
