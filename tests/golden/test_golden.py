"""The collector itself: malformed golden files are refused, wrong output is found."""

from __future__ import annotations

import pytest

from axir_compiler.errors import VerificationError
from golden import GoldenError, RunLine, parse_golden, run_golden

RUN = "// RUN: axir opt %s --passes cse | filecheck %s\n"
MODULE = """func.func @f(%x: tensor<f32>) -> tensor<f32> {
  %y = "axir.sin"(%x) : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("// CHECK: return\n", "there is no line"),
        (RUN, "no directive has the prefix CHECK"),
        (RUN + "// CHECK: a\n// CHECK-NEXT b\n", "'CHECK-NEXT' is no directive"),
        (RUN + "// CHECK: a\n// CHEKC: b\n", "'CHEKC' is no directive"),
        (RUN + "// CHECK: a\n// CHECK-NXT: b\n", "'CHECK-NXT' is no directive"),
        (RUN + "// CHECK: a\n// Check-next: b\n", "'Check-next' is no directive"),
        (RUN + "// CHECK: a\n// OTHER: b\n// CHECK-OTHER: b\n", "'CHECK-OTHER' is no directive"),
        (RUN + "// CHECK: a\n// ERROR: b\n", "'ERROR' is no directive"),
        (RUN + "// CHECK: a\n// RUN axir opt %s --passes dce | filecheck %s\n", "'RUN' is no directive"),
        (RUN.replace("%s\n", "%s --check-prefix JVP\n") + "// CHECK: a\n", "'CHECK' is no directive"),
        ("// RUN: axir opt %s --passes cse\n// CHECK: a\n", "output goes to"),
        ("// RUN: axir opt %s --passes cse | filecheck\n// CHECK: a\n", "output goes to"),
        ("// RUN: axir opt --passes cse %s | filecheck %s\n// CHECK: a\n", "a RUN line reads"),
        ("// RUN: mlir-opt %s --cse | filecheck %s\n// CHECK: a\n", "a RUN line reads"),
    ],
)
def test_malformed_files_are_refused(text: str, message: str) -> None:
    with pytest.raises(GoldenError, match=message):
        parse_golden(text + MODULE, "test.mlir")


def test_a_file_may_have_several_run_lines_and_prefixes() -> None:
    text = (
        RUN
        + "// RUN: axir opt %s --passes 'dce' | filecheck %s --check-prefix DCE\n// CHECK: a\n// DCE-NOT: b\n"
    )
    assert [(r.passes, r.prefix) for r in parse_golden(text, "test.mlir")] == [
        ("cse", "CHECK"),
        ("dce", "DCE"),
    ]


def test_ordinary_comments_are_no_directives() -> None:
    text = "// Checks that sine stays.\n// The error is small: it RUNs.\n" + RUN + "// CHECK: axir.sin\n"
    assert len(parse_golden(text, "test.mlir")) == 1


@pytest.mark.parametrize(
    "line", ["// CHECK: axir.cos", "// CHECK-NOT: axir.sin", "// CHECK: return\n// CHECK: sin"]
)
def test_wrong_output_is_found(line: str) -> None:
    text = f"{line}\n{MODULE}"
    with pytest.raises(GoldenError, match="The output:"):
        run_golden(RunLine("", "cse", "CHECK"), text, "test.mlir")


def test_undefined_variables_are_found() -> None:
    with pytest.raises(GoldenError, match="referenced before assignment"):
        run_golden(RunLine("", "cse", "CHECK"), "// CHECK: %[[X]]\n" + MODULE, "test.mlir")


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("// ERROR: operands", "is accepted; expected the error 'operands'"),
        ("", "has no comment"),
    ],
)
def test_expected_errors_must_come(comment: str, message: str) -> None:
    with pytest.raises(VerificationError, match=message):
        run_golden(RunLine("", "verify", None), f"{comment}\n{MODULE}", "test.mlir")


def test_other_errors_than_expected_are_found() -> None:
    text = "// ERROR: result type\n" + MODULE.replace("axir.sin", "axir.sine")
    with pytest.raises(
        VerificationError, match=r"expected the error 'result type'; got .*axir.sine is not an op"
    ):
        run_golden(RunLine("", "verify", None), text, "test.mlir")
