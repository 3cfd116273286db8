"""The commands ``axir opt`` and ``axir golden``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from axir_compiler.pipeline import PASSES
from axir_tools.golden import draft
from axir_tools.main import app

MODULE = """func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = "axir.sin"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
"""
BROKEN = """func.func @f(%x: tensor<4xf32>) -> tensor<5xf32> {
  %y = "axir.sin"(%x) : (tensor<4xf32>) -> tensor<5xf32>
  return %y : tensor<5xf32>
}
"""
runner = CliRunner()


def run(*words: str, stdin: str | None = None):
    return runner.invoke(app, list(words), input=stdin)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "sine.mlir"
    path.write_text(MODULE)
    return str(path)


def test_a_file_is_transformed(file: str) -> None:
    found = run("opt", file, "--passes", "jvp{func=f},cse")
    assert found.exit_code == 0, found.output
    assert "func.func public @f_jvp(" in found.stdout
    assert '"axir.cos"' in found.stdout


@pytest.mark.parametrize("words", [(), ("-",)])
def test_standard_input_is_transformed(words: tuple[str, ...]) -> None:
    found = run("opt", *words, "--passes", "dce", stdin=MODULE)
    assert found.exit_code == 0, found.output
    assert '"axir.sin"' in found.stdout


def test_without_passes_a_module_is_verified_and_printed(file: str) -> None:
    once = run("opt", file)
    again = run("opt", stdin=once.stdout)
    assert once.exit_code == again.exit_code == 0
    assert once.stdout == again.stdout


def test_lowered_modules_are_printed(file: str) -> None:
    found = run("opt", file, "--passes", "lower-to-linalg")
    assert found.exit_code == 0, found.output
    assert "linalg.generic" in found.stdout


@pytest.mark.parametrize(
    ("text", "passes", "message"),
    [
        ("func.func @f(", "", "<stdin>: "),
        (BROKEN, "", "axir.sin: result type must be f32[4]; got f32[5]. At "),
        (MODULE, "nothing", "there is no pass 'nothing'"),
        (MODULE, "jvp{func=g}", "there is no function @g"),
        (MODULE, "vmap{func=f,size=x}", "option size must be of type int"),
    ],
)
def test_errors_are_one_line_and_exit_code_1(text: str, passes: str, message: str) -> None:
    found = run("opt", "--passes", passes, stdin=text)
    assert found.exit_code == 1
    assert found.stdout == ""
    assert found.stderr.startswith("axir opt: ")
    assert message in found.stderr
    assert found.stderr.count("\n") == 1


def test_missing_files_are_an_error(tmp_path: Path) -> None:
    found = run("opt", str(tmp_path / "nothing.mlir"))
    assert found.exit_code == 1
    assert "nothing.mlir" in found.stderr


def test_all_passes_are_listed() -> None:
    found = run("opt", "--list-passes")
    assert found.exit_code == 0
    lines = found.stdout.splitlines()
    assert [line.partition(":")[0].partition("{")[0] for line in lines] == list(PASSES)
    assert "jvp{func, wrt}: Add ``@func_jvp``" in found.stdout


def test_the_ir_is_printed_after_each_pass(file: str) -> None:
    found = run("opt", file, "--passes", "jvp{func=f},dce", "--print-after-all")
    titles = [line for line in found.stderr.splitlines() if line.startswith("// ")]
    assert titles == ["// input", "// jvp{func=f}", "// dce"]
    assert found.stderr.count("func.func @f(") == 3
    assert found.stdout.count("func.func @f(") == 1


def test_times_are_printed(file: str) -> None:
    found = run("opt", file, "--passes", "cse,dce", "--timing")
    assert [line.split()[-1] for line in found.stderr.splitlines()] == ["cse", "dce"]
    assert all(line.split()[1] == "ms" for line in found.stderr.splitlines())


def test_expected_errors() -> None:
    text = f"// ERROR: result type must be\n{BROKEN}// -----\n// ERROR: result type\n// ERROR: got f32[5]\n{BROKEN}"
    found = run("opt", "--passes", "verify", "--expect-errors", stdin=text)
    assert found.exit_code == 0, found.stderr
    assert found.stdout == "2 sections fail as they should\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MODULE, "section 1 has no comment"),
        (f"// ERROR: result type\n{MODULE}", "section 1 is accepted"),
        (
            f"// ERROR: result type\n{BROKEN}// -----\n// ERROR: operands\n{BROKEN}",
            "section 2: expected the error",
        ),
    ],
)
def test_other_results_than_the_expected_errors(text: str, message: str) -> None:
    found = run("opt", "--passes", "verify", "--expect-errors", stdin=text)
    assert found.exit_code == 1
    assert message in found.stderr


def test_the_command_runs_in_a_shell(file: str) -> None:
    code = "from axir_tools.main import main; main()"
    words = [sys.executable, "-c", code, "opt", file, "--passes", "jvp{func=f}"]
    found = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert "@f_jvp(" in found.stdout
    assert found.stderr == ""


def test_drafts_of_golden_files_hold() -> None:
    text = draft(f"// Sine becomes cosine.\n{MODULE}", "jvp{func=f}")
    assert text.startswith(
        "// Sine becomes cosine.\n// RUN: axir opt %s --passes 'jvp{func=f}' | filecheck %s\n"
    )
    assert '// CHECK-NEXT:    %[[V1:.+]] = "axir.cos"(%[[A0]])\n' in text
    assert text.endswith(MODULE)
    assert draft(text, "jvp{func=f}") == text


def test_drafts_are_printed(file: str) -> None:
    found = run("golden", file, "--passes", "vmap{func=f,size=2}")
    assert found.exit_code == 0, found.output
    assert "// CHECK-LABEL: func.func public @f_vmap(" in found.stdout
    assert run("golden", file, "--passes", "nothing").exit_code == 1
