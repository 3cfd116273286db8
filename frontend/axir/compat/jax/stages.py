"""``jax.stages``: the steps from a function to code."""

from axir._src.jit import JitFunction as Wrapped
from axir._src.stages import ArgInfo, Compiled, Lowered, Stage, Traced

__all__ = ["ArgInfo", "Compiled", "Lowered", "Stage", "Traced", "Wrapped"]
