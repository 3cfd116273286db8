"""Programs as text at each stage, and how they are refused."""

from __future__ import annotations

from typing import Any

import pytest

from axir_compiler import backend, stages
from axir_compiler.errors import CompileError
from axir_compiler.ir.module import parse_module
from axir_compiler.mlir import context
from axir_compiler.targets import host

TEXT = """func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = "axir.exp"(%x) : (tensor<8xf32>) -> tensor<8xf32> loc("user.py":7:1)
  return %y : tensor<8xf32>
}
"""


def text(stage: str, **options: Any) -> str:
    with context():
        return stages.stage_text(parse_module(TEXT), "f", stage, host(), **options)


def test_the_module_is_left_as_it_is() -> None:
    module = parse_module(TEXT)
    before = str(module)
    with context():
        stages.stage_text(module, "f", "flow", host())
    assert str(module) == before


def test_results_may_be_written_to_memory_of_the_caller() -> None:
    assert "iree.abi.output" in text("linalg", result_storage=True)
    assert "iree.abi.output" not in text("linalg")


@pytest.mark.parametrize("stage", ["trace", "rewritten", "linalg", "flow"])
def test_locations(stage: str) -> None:
    assert '"user.py":7:1' in text(stage, locations=True)
    assert "user.py" not in text(stage)


def test_kernels_are_shown_without_what_is_linked_to_them() -> None:
    assembly, code = text("asm"), text("llvm")
    assert assembly.count("# kernel ") == code.count("; kernel ") == 1
    assert assembly.startswith("# kernel main_dispatch_0")
    assert ".cfi" not in assembly
    assert "!dbg" not in code
    assert code.count("\ndefine ") == 1


def test_machine_code_is_left_out_of_texts() -> None:
    assert "__elided__" in text("hal")
    assert len(text("vm")) < 40_000


def test_unknown_stages_are_refused() -> None:
    with pytest.raises(ValueError, match=r"stage: there is no stage 'xla'; the stages are trace, .*, asm\."):
        text("xla")


def test_less_fused_forms_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text is that of the form that compiles, as the compiled module is."""
    known = backend._text_at
    tried: list[int] = []

    def refusing(*args: Any) -> Any:
        tried.append(1)
        return known(*args) if len(tried) == 3 else (None, [(2, f"refused {len(tried)}")])

    monkeypatch.setattr(backend, "_text_at", refusing)
    assert "flow.dispatch" in text("flow")
    monkeypatch.setattr(backend, "_text_at", lambda *_: (None, [(2, "no such kernel")]))
    with pytest.raises(CompileError, match="no such kernel"):
        text("flow")
