"""What is repaired in programs for shaders, threads that have to wait for each other among it."""

from __future__ import annotations

import pytest

from axir_compiler.exact_shaders import add_barriers
from axir_compiler.mlir import context, ir
from axir_compiler.recorded_copies import record_copies_again

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
    %some = spirv.IEqual %thread, %one : i32
    %a = spirv.AccessChain %all[%zero, %thread] : {types}
    %b = spirv.AccessChain %all[%zero, %next] : {types}
    {step}
    spirv.Return
  }}
  spirv.EntryPoint "GLCompute" @kernel, @__builtin__LocalInvocationId__
  spirv.ExecutionMode @kernel "LocalSize", 64, 1, 1
}}
"""
TYPES = (
    "!spirv.ptr<!spirv.struct<(!spirv.array<64 x f32>)>, Workgroup>, i32, i32 -> !spirv.ptr<f32, Workgroup>"
)
WRITE = 'spirv.Store "Workgroup" %a, %x : f32'
READ = '%y = spirv.Load "Workgroup" {place} : f32'
WAIT = "spirv.ControlBarrier <Workgroup>, <Workgroup>, <AcquireRelease|WorkgroupMemory>"


@pytest.mark.parametrize("between", ["", WAIT], ids=["missing", "there"])
def test_threads_wait_between_steps(between: str) -> None:
    text = SHADER.format(types=TYPES, step=f"{WRITE}\n{between}\n{READ}").replace("{place}", "%b")
    with context():
        module = ir.Module.parse(text)
        assert add_barriers(module.operation)
        assert module.operation.verify()
    written, _, rest = str(module).partition("spirv.Store")
    assert "ControlBarrier" not in written
    assert rest.count("ControlBarrier") == 1
    assert rest.index("ControlBarrier") < rest.index("spirv.Load")


@pytest.mark.parametrize(("place", "enough"), [("%b", False), ("%a", True)], ids=["another's", "its own"])
def test_within_a_step_threads_cannot_wait(place: str, enough: bool) -> None:
    step = f"""
    spirv.mlir.selection {{
      spirv.BranchConditional %some, ^then, ^merge
    ^then:
      {WRITE}
      {READ}
      spirv.Branch ^merge
    ^merge:
      spirv.mlir.merge
    }}
    """
    text = SHADER.format(types=TYPES, step=step).replace("{place}", place)
    with context():
        module = ir.Module.parse(text)
        assert add_barriers(module.operation) is enough
    assert "ControlBarrier" not in str(module)


RECORDED = """
util.func private @record() -> i32 {{
  {command}
  %recorded = arith.constant 7 : i32
  util.return %recorded : i32
}}
util.global private @kept : i32
util.initializer {{
  %recorded = util.call @record() : () -> i32
  util.global.store %recorded, @kept : i32
  util.return
}}
util.func private @unknown() -> (!hal.command_buffer, !hal.buffer)
util.func public @main() -> i32 {{
  %recorded = util.global.load immutable @kept : i32
  util.return %recorded : i32
}}
"""
FILL = """
%c0 = arith.constant 0 : index
%zero = arith.constant 0 : i32
%commands, %buffer = util.call @unknown() : () -> (!hal.command_buffer, !hal.buffer)
hal.command_buffer.fill_buffer<%commands : !hal.command_buffer>
    target(%buffer : !hal.buffer)[%c0, %c0] pattern(%zero : i32) flags("None")
"""


@pytest.mark.parametrize(("command", "count"), [(FILL, 1), ("", 0)], ids=["fills", "kernels alone"])
def test_copies_are_recorded_for_each_call(command: str, count: int) -> None:
    with context():
        module = ir.Module.parse(RECORDED.format(command=command))
        assert record_copies_again(module.operation) == count
        assert module.operation.verify()
    main = str(module).partition("@main")[2]
    assert ("util.call @record" in main, "util.global.load" in main) == (count == 1, count == 0)
