"""The attributes that tell IREE's CPU backend how to cut an op into tiles."""

from __future__ import annotations

from collections.abc import Sequence

from axir_compiler.mlir import ir

__all__ = ["lowering_config", "set_tiles"]


def lowering_config(parts: Sequence[int], kept: Sequence[int], reduced: Sequence[int]) -> str:
    """The tiles of an op; each argument has a number for each of its loops, 0 where it does not cut that one.

    Args:
        parts: steps that one task takes.
        kept: steps of parallel loops that a kernel takes at once, in registers.
        reduced: steps of reductions that it takes at once.
    """
    return (
        f"#iree_cpu.lowering_config<distribution = {list(parts)}, vector_common_parallel = {list(kept)}, "
        f"vector_reduction = {list(reduced)}>"
    )


def set_tiles(op: ir.Operation, config: str, pipeline: str = "DoubleTilingExpert") -> None:
    """Say how the kernel is cut that ends with an op; what no tile takes is computed apart (peeling)."""
    op.attributes["compilation_info"] = ir.Attribute.parse(
        f"#iree_codegen.compilation_info<lowering_config = {config}, translation_info = "
        f"#iree_codegen.translation_info<pipeline = #iree_cpu.pipeline<{pipeline}>, {{enable_loop_peeling}}>>",
        op.context,
    )
