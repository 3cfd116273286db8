"""Every pass keeps what a program computes, bit for bit, and its verification; some make it smaller."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from random_programs import arguments, random_module

from axir_compiler.errors import InternalError
from axir_compiler.ir.evaluate import make_plan
from axir_compiler.ir.module import JIT, body_of, functions, lookup, parse_module
from axir_compiler.mlir import func, ir
from axir_compiler.passes.base import Pass
from axir_compiler.passes.canonicalize import CanonicalizePass
from axir_compiler.passes.cse import CommonSubexpressionsPass
from axir_compiler.passes.dce import DeadCodePass, DeadFunctionsPass
from axir_compiler.passes.fold_constants import FoldConstantsPass
from axir_compiler.passes.inline import InlinePass
from axir_compiler.passes.lower_to_linalg import LowerToLinalgPass
from axir_compiler.passes.verify import verify_module
from axir_compiler.pipeline import EVALUATION, REWRITES, run_passes

SEEDS = range(25)
PIPELINES: dict[str, Sequence[Pass]] = {
    "canonicalize": [CanonicalizePass()],
    "cse": [CommonSubexpressionsPass()],
    "dce": [DeadCodePass()],
    "symbol-dce": [DeadFunctionsPass()],
    "fold-constants": [FoldConstantsPass()],
    "inline": [InlinePass()],
    "rewrites": REWRITES,
    "evaluation": EVALUATION,
}


def _size(module: ir.Module) -> int:
    return sum(len(body_of(f).operations) for f in functions(module).values())


@pytest.mark.parametrize("name", PIPELINES)
def test_passes_change_no_result(name: str) -> None:
    for seed in SEEDS:
        module = random_module(seed)
        verify_module(module)
        inputs = arguments(seed)
        before = make_plan(module, "f")(*inputs)
        run_passes(module, PIPELINES[name])
        verify_module(module)
        for actual, expected in zip(make_plan(module, "f")(*inputs), before, strict=True):
            assert actual.dtype == expected.dtype
            if name in ("canonicalize", "rewrites", "evaluation") and expected.dtype.kind == "f":
                # A product with a transposed operand is summed by another BLAS kernel.
                np.testing.assert_allclose(actual, expected, rtol=1e-13, atol=1e-13)
            else:
                np.testing.assert_array_equal(
                    actual.view(f"i{actual.itemsize}"), expected.view(f"i{actual.itemsize}")
                )


@pytest.mark.parametrize("name", ["canonicalize", "cse", "dce", "fold-constants", "rewrites"])
def test_passes_find_nothing_the_second_time(name: str) -> None:
    for seed in SEEDS:
        module = random_module(seed)
        run_passes(module, PIPELINES[name])
        once = str(module)
        run_passes(module, PIPELINES[name])
        # Folding may make new constants equal to old ones, which a second cse merges.
        assert str(module) == once or (name == "rewrites" and len(str(module)) < len(once))


def test_passes_make_programs_smaller() -> None:
    sizes = dict.fromkeys(("cse", "dce", "inline", "rewrites"), 0)
    for seed in SEEDS:
        for name in sizes:
            module = random_module(seed)
            whole = _size(module)
            run_passes(module, [InlinePass(), DeadFunctionsPass()])
            inlined = _size(module)
            run_passes(module, PIPELINES[name])
            assert _size(module) <= inlined
            sizes[name] += whole - _size(module)
    assert sizes["rewrites"] > max(sizes["cse"], sizes["dce"]) > sizes["inline"]


def test_rewritten_programs_are_one_function_without_calls() -> None:
    for seed in SEEDS:
        module = random_module(seed)
        run_passes(module, REWRITES)
        (function,) = functions(module).values()
        assert not any(isinstance(op, func.CallOp) for op in body_of(function).operations)


def test_inlining_keeps_functions_that_others_call() -> None:
    module = parse_module("""
        func.func @shared(%x: tensor<f32>) -> tensor<f32> {
          return %x : tensor<f32>
        }
        func.func @f(%x: tensor<f32>) -> tensor<f32> {
          %y = call @shared(%x) : (tensor<f32>) -> tensor<f32>
          return %y : tensor<f32>
        }""")
    run_passes(module, [InlinePass()])
    assert list(functions(module)) == ["shared", "f"]
    assert len(body_of(lookup(module, "f")).operations) == 1


def test_evaluation_keeps_calls_of_jitted_functions() -> None:
    module = random_module(1)
    with module.context:
        lookup(module, "h").attributes[JIT] = ir.UnitAttr.get()
    run_passes(module, EVALUATION)
    callees = {
        op.callee.value for op in body_of(lookup(module, "f")).operations if isinstance(op, func.CallOp)
    }
    assert callees == {"h"}
    called = []

    def compile_jit(symbol: str):
        called.append(symbol)
        return make_plan(module, symbol)

    inputs = arguments(1)
    expected = make_plan(module, "f")(*inputs)
    found = make_plan(module, "f", compile_jit)(*inputs)
    assert called == ["h"]
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_array_equal(x, y)


def test_lowering_needs_inlined_programs() -> None:
    with pytest.raises(InternalError, match=r"func\.call cannot be lowered; inline calls first"):
        run_passes(random_module(1), [LowerToLinalgPass()])


def test_evaluation_needs_expanded_programs() -> None:
    module = parse_module("""
        func.func private @g(%x: tensor<f32>) -> tensor<f32> {
          return %x : tensor<f32>
        }
        func.func @f(%x: tensor<f32>) -> tensor<f32> {
          %y = "axir.vmap"(%x) {callee = @g, in_axes = array<i64: -1>, out_axes = array<i64: -1>, size = 2 : i64}
            : (tensor<f32>) -> tensor<f32>
          return %y : tensor<f32>
        }""")
    with pytest.raises(InternalError, match=r"axir\.vmap must be expanded first"):
        make_plan(module, "f")
