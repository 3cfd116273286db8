"""All passes by name; ``axir_compiler.pipeline`` puts them in order."""

from axir_compiler.passes.base import Pass
from axir_compiler.passes.canonicalize import CanonicalizePass
from axir_compiler.passes.cse import CommonSubexpressionsPass
from axir_compiler.passes.dce import DeadCodePass, DeadFunctionsPass
from axir_compiler.passes.expand import (
    ExpandTransformsPass,
    JvpPass,
    LinearizePass,
    TransposePass,
    VmapPass,
)
from axir_compiler.passes.fold_constants import FoldConstantsPass
from axir_compiler.passes.inline import InlinePass
from axir_compiler.passes.lower_to_linalg import LowerToLinalgPass
from axir_compiler.passes.replace_kernels import ReplaceKernelsPass
from axir_compiler.passes.verify import VerifyPass

__all__ = ["PASSES", "Pass"]

PASSES: dict[str, type[Pass]] = {
    p.name: p
    for p in (
        CanonicalizePass,
        CommonSubexpressionsPass,
        DeadCodePass,
        DeadFunctionsPass,
        ExpandTransformsPass,
        FoldConstantsPass,
        InlinePass,
        JvpPass,
        LinearizePass,
        LowerToLinalgPass,
        ReplaceKernelsPass,
        TransposePass,
        VerifyPass,
        VmapPass,
    )
}
