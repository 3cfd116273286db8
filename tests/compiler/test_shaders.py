"""What is repaired in programs for shaders, and the search for threads that do not wait for each other."""

from __future__ import annotations

import pytest

from axir_compiler.exact_shaders import has_races, leading_zeros, split_fma
from axir_compiler.mlir import context, ir

SHADER = """
spirv.module Logical GLSL450 {{
  spirv.GlobalVariable @memory : !spirv.ptr<!spirv.struct<(!spirv.array<64 x f32>)>, Workgroup>
  spirv.GlobalVariable @__builtin__LocalInvocationId__ built_in("LocalInvocationId") : !spirv.ptr<vector<3xi32>, Input>
  spirv.func @kernel() "None" {{
    %all = spirv.mlir.addressof @memory : !spirv.ptr<!spirv.struct<(!spirv.array<64 x f32>)>, Workgroup>
    %ids = spirv.mlir.addressof @__builtin__LocalInvocationId__ : !spirv.ptr<vector<3xi32>, Input>
    %id = spirv.Load "Input" %ids : vector<3xi32>
    %thread = spirv.CompositeExtract %id[0 : i32] : vector<3xi32>
    %zero = spirv.Constant 0 : i32
    %one = spirv.Constant 1 : i32
    %next = spirv.IAdd %thread, %one : i32
    %x = spirv.Constant 1.0 : f32
    %a = spirv.AccessChain %all[%zero, {written}] : {types}
    %b = spirv.AccessChain %all[%zero, {read}] : {types}
    spirv.Store "Workgroup" %a, %x : f32
    {between}
    %y = spirv.Load "Workgroup" {place} : f32
    spirv.Return
  }}
  spirv.EntryPoint "GLCompute" @kernel, @__builtin__LocalInvocationId__
  spirv.ExecutionMode @kernel "LocalSize", {threads}, 1, 1
}}
"""
TYPES = (
    "!spirv.ptr<!spirv.struct<(!spirv.array<64 x f32>)>, Workgroup>, i32, i32 -> !spirv.ptr<f32, Workgroup>"
)
WAIT = "spirv.ControlBarrier <Workgroup>, <Workgroup>, <AcquireRelease|WorkgroupMemory>"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"between": WAIT}, False),
        ({"place": "%a"}, False),
        ({"place": "%a", "written": "%one"}, True),
        ({"threads": 1}, False),
    ],
    ids=["another's", "another's, after a barrier", "its own", "everybody's", "one thread"],
)
def test_reads_of_what_other_threads_write(changes: dict[str, str], expected: bool) -> None:
    usual = {"written": "%thread", "read": "%next", "between": "", "place": "%b", "threads": 64}
    text = SHADER.format(**{**usual, "types": TYPES, **changes})
    with context():
        assert has_races(ir.Module.parse(text).operation) is expected


def test_repairs_leave_nothing_behind() -> None:
    text = """
    func.func @f(%x: f32, %y: f64, %a: i8, %b: i32, %c: i64) -> (f32, f64, i8, i32, i64) {
      %0 = math.fma %x, %x, %x : f32
      %1 = math.fma %y, %y, %y : f64
      %2 = math.ctlz %a : i8
      %3 = math.ctlz %b : i32
      %4 = math.ctlz %c : i64
      return %0, %1, %2, %3, %4 : f32, f64, i8, i32, i64
    }
    """
    with context():
        module = ir.Module.parse(text)
        split_fma(module.operation)
        leading_zeros(module.operation)
        assert module.operation.verify()
    found = str(module)
    assert "math.fma" not in found
    counted = [line.rpartition(": ")[2] for line in found.splitlines() if "math.ctlz" in line]
    assert counted == ["i32"] * 4  # one for i8, one for i32, two for i64
