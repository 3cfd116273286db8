"""Ops that stand in for what a target lacks."""

from __future__ import annotations

import pytest

from axir_compiler.mlir import context, ir
from axir_compiler.multiply_add import split_fma
from axir_compiler.stand_ins import STAND_INS, replace_ops


def test_leading_zeros_are_counted_in_32_bits() -> None:
    text = """
    func.func @f(%a: i8, %b: i32, %c: i64) -> (i8, i32, i64) {
      %2 = math.ctlz %a : i8
      %3 = math.ctlz %b : i32
      %4 = math.ctlz %c : i64
      return %2, %3, %4 : i8, i32, i64
    }
    """
    with context():
        module = ir.Module.parse(text)
        replace_ops(module.operation, STAND_INS)
        assert module.operation.verify()
    counted = [line.rpartition(": ")[2] for line in str(module).splitlines() if "math.ctlz" in line]
    assert counted == ["i32"] * 4  # one for i8, one for i32, two for i64


@pytest.mark.parametrize(
    ("kind", "word", "capabilities"),
    [
        ("f32", "i32", "[Shader]"),
        ("vector<4xf32>", "vector<4xi32>", "[Shader]"),
        ("f64", "i64", "[Int64, Shader]"),
    ],
)
def test_multiply_add_is_made_of_products_and_sums(kind: str, word: str, capabilities: str) -> None:
    text = f"""
    spirv.module Logical GLSL450 requires #spirv.vce<v1.0, [Shader], []> {{
      spirv.func @kernel(%x: {kind}, %y: {kind}, %z: {kind}) -> {kind} "None" {{
        %f = spirv.GL.Fma %x, %y, %z : {kind}
        spirv.ReturnValue %f : {kind}
      }}
    }}
    """
    with context():
        module = ir.Module.parse(text)
        split_fma(module.operation)
        assert module.operation.verify()
    found = str(module)
    assert "Fma" not in found
    assert f"spirv.Bitcast %arg0 : {kind} to {word}" in found
    assert capabilities in found
