"""The steps from a function to code: what ``jit(f).trace``, ``.lower`` and ``.compile`` give."""

from axir._src.jit import JitFunction as Wrapped
from axir._src.specs import parse_spec
from axir._src.stages import ArgInfo, Compiled, CompiledMemoryStats, Lowered, Stage, Traced
from axir_compiler.stages import STAGES

__all__ = [
    "STAGES",
    "ArgInfo",
    "Compiled",
    "CompiledMemoryStats",
    "Lowered",
    "Stage",
    "Traced",
    "Wrapped",
    "parse_spec",
]
