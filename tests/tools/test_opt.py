"""The commands ``axir opt`` and ``axir golden``."""

from __future__ import annotations

import json
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


@pytest.mark.parametrize("name", ["lower-to-linalg", "to-linalg"])
def test_lowered_modules_are_printed(file: str, name: str) -> None:
    found = run("opt", file, "--passes", name)
    assert found.exit_code == 0, found.output
    assert "linalg.generic" in found.stdout


def test_json_needs_something_to_print(file: str) -> None:
    found = run("opt", file, "--json")
    assert (found.exit_code, found.stdout) == (1, "")
    assert "give --list-passes or --timing too." in found.stderr


@pytest.mark.parametrize(
    ("text", "passes", "message"),
    [
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


CARET = """axir opt: {name}:{line}:8: axir.sin: result type must be f32[4]; got f32[5].
    %y = "axir.sin"(%x) : (tensor<4xf32>) -> tensor<5xf32>
         ^
"""


def test_errors_show_the_line_with_a_caret(tmp_path: Path) -> None:
    found = run("opt", stdin=BROKEN)
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == CARET.format(name="<stdin>", line=2)
    path = tmp_path / "broken.mlir"
    path.write_text(f"{MODULE}// -----\n{BROKEN}")
    found = run("opt", str(path), "--split-input-file")
    assert found.exit_code == 1
    assert found.stderr == CARET.format(name=path, line=7)
    assert '"axir.sin"' in found.stdout
    syntax = run("opt", stdin="func.func @f(")
    assert syntax.stderr.startswith("axir opt: <stdin>:1:13: expected non-function type.\n")
    assert syntax.stderr.endswith("  func.func @f(\n              ^\n")


def test_sections_are_transformed_alone() -> None:
    found = run(
        "opt", "--split-input-file", "--passes", "vmap{func=f,size=2}", stdin=f"{MODULE}// -----\n{MODULE}"
    )
    assert found.exit_code == 0, found.output
    assert found.stdout.count("@f_vmap(") == 2
    assert found.stdout.count("\n// -----\n") == 1
    assert run("opt", "--split-input-file", stdin=found.stdout).stdout == found.stdout
    assert run("opt", stdin=f"{MODULE}// -----\n{MODULE}").exit_code == 1


def test_passes_may_be_verified_at_the_end_only() -> None:
    found = run("opt", "--no-verify-each", "--passes", "jvp{func=f},cse", stdin=MODULE)
    assert found.exit_code == 0, found.output
    assert found.stdout == run("opt", "--passes", "jvp{func=f},cse", stdin=MODULE).stdout


def test_results_go_to_a_file(file: str, tmp_path: Path) -> None:
    path = tmp_path / "out.mlir"
    found = run("opt", file, "-o", str(path))
    assert (found.exit_code, found.stdout) == (0, "")
    assert run("opt", str(path)).stdout.strip() == path.read_text().strip()


def test_locations_are_kept() -> None:
    text = MODULE.replace("-> tensor<4xf32>\n", '-> tensor<4xf32> loc("user.py":3:1)\n', 1)
    assert 'loc("user.py":3:1)' in run("opt", "--locations", stdin=text).stdout
    assert "loc(" not in run("opt", stdin=text).stdout


def test_missing_files_are_an_error(tmp_path: Path) -> None:
    found = run("opt", str(tmp_path / "nothing.mlir"))
    assert found.exit_code == 1
    assert "nothing.mlir" in found.stderr


def test_all_passes_are_listed() -> None:
    found = run("opt", "--list-passes")
    assert found.exit_code == 0
    titles = [line for line in found.stdout.splitlines() if line and not line.startswith(" ")]
    assert [line.partition("{")[0] for line in titles] == list(PASSES)
    assert (
        "jvp{func, wrt}\n    Add ``@func_jvp``, the forward derivative of a function.\n\n    It takes"
        in found.stdout
    )
    listed = json.loads(run("opt", "--list-passes", "--json").stdout)
    assert [p["name"] for p in listed] == list(PASSES)
    assert {"name", "options", "documentation"} == set(listed[0])


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        (["--print-ir-after-all"], ["after jvp{func=f}", "after dce"]),
        (["--print-ir-before-all"], ["before jvp{func=f}", "before dce"]),
        (["--print-ir-before", "dce"], ["before dce"]),
        (["--print-ir-after", "jvp", "--print-ir-before", "dce"], ["after jvp{func=f}", "before dce"]),
    ],
)
def test_the_ir_is_printed_around_passes(file: str, words: list[str], titles: list[str]) -> None:
    found = run("opt", file, "--passes", "jvp{func=f},dce", *words)
    shown = [line for line in found.stderr.splitlines() if line.startswith("// -----// IR")]
    assert shown == [f"// -----// IR {t} //----- //" for t in titles]
    assert found.stderr.count("func.func @f(") == len(titles)
    assert found.stdout.count("func.func @f(") == 1
    assert run("opt", file, "--print-ir-after", "none").stderr.startswith("axir opt: there is no pass 'none'")


def test_times_are_printed(file: str) -> None:
    found = run("opt", file, "--passes", "cse,dce", "--timing")
    assert [line.split()[-1] for line in found.stderr.splitlines()] == ["cse", "dce", "total"]
    assert all(line.split()[1] == "ms" for line in found.stderr.splitlines())
    times = json.loads(run("opt", file, "--passes", "cse,dce", "--timing", "--json").stdout)
    assert [t["pass"] for t in times["passes"]] == ["cse", "dce"]
    assert times["milliseconds"] > 0


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[1] / "golden" / "passes").glob("*.mlir"))[::4]
)
def test_what_is_printed_parses(path: Path) -> None:
    once = run("opt", str(path))
    again = run("opt", stdin=once.stdout)
    assert once.exit_code == 0, once.output
    assert once.stdout == again.stdout


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
