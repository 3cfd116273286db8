"""``jax.stages``: what ``jit`` gives."""

from axir._src.jit import JitFunction as Wrapped

__all__ = ["Wrapped"]
