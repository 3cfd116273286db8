"""Names that JAX keeps in ``jax.experimental``."""

from axir._src.callbacks import io_callback

__all__ = ["io_callback"]
