"""The ``axir`` command as a whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

import axir
from axir_tools.main import SUBCOMMANDS, app

ROOT = Path(__file__).parents[2]
PAGES = "\n".join(page.read_text() for page in (ROOT / "docs").glob("*.md"))
CODE = "from axir_tools.main import main; main()"
runner = CliRunner()


def test_every_command_has_help_and_a_page() -> None:
    assert {"ir", "opt", "diff", "stats", "viz", "bench", "cache", "doctor"} <= set(SUBCOMMANDS)
    listed = runner.invoke(app, ["--help"], env={"COLUMNS": "200"}).stdout
    for name, one in SUBCOMMANDS.items():
        assert f" {name} " in listed and one.help in listed
        found = runner.invoke(app, [name, "--help"], env={"COLUMNS": "200"})
        assert found.exit_code == 0, found.output
        assert one.help in found.stdout, "the list of commands has another text"
        assert name == "golden" or f"axir {name}" in PAGES, f"axir {name} is in no page of docs"


def test_unknown_commands_suggest_one() -> None:
    found = runner.invoke(app, ["inspct"])
    assert found.exit_code == 2 and "Did you mean 'inspect'?" in found.stderr
    found = runner.invoke(app, ["cache", "lst"])
    assert found.exit_code == 2 and "Did you mean" in found.stderr


def test_version() -> None:
    found = runner.invoke(app, ["--version"])
    assert (found.exit_code, found.stdout) == (0, f"axir {axir.__version__}\n")


@pytest.mark.parametrize(
    ("words", "foreign"),
    [
        (["--help"], {"axir", "axir_compiler.mlir", "axir_runtime", "numpy"}),
        (["--version"], {"axir", "axir_compiler.mlir", "axir_runtime", "numpy", "rich"}),
        (["cache", "list"], {"axir", "axir_compiler.mlir"}),
        (["inspect", "none.axir"], {"axir", "axir_compiler.mlir"}),
        (["run", "none.axir"], {"axir", "axir_compiler.mlir"}),
        (["opt", "none.mlir"], {"axir", "rich"}),
    ],
)
def test_commands_import_only_what_they_need(words: list[str], foreign: set[str]) -> None:
    code = f"import sys\ntry:\n    {CODE}\nfinally:\n    print('modules:', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    loaded = set(done.stdout.rpartition("modules:")[2].split())
    assert "axir_tools.main" in loaded, done.stderr
    assert not loaded & foreign


@pytest.mark.skipif(os.name == "nt", reason="signals are sent to processes on Unix")
def test_ctrl_c_is_quiet(tmp_path: Path) -> None:
    program = tmp_path / "slow_program.py"
    program.write_text("import time\nprint('started', flush=True)\ntime.sleep(60)\ndef f(x): return x\n")
    words = [sys.executable, "-c", CODE, "ir", f"{program}:f", "f32"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGINT)
        end = time.monotonic() + 20
        out, errors = process.communicate(timeout=20)
    assert time.monotonic() < end
    assert (process.returncode, out, errors) == (130, "", "")


def test_defects_of_axir_are_one_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("something")

    monkeypatch.setattr("axir_tools.opt.transform", broken)
    found = runner.invoke(app, ["opt"], input="module {}")
    assert found.exit_code == 1
    assert found.stderr == "axir opt: KeyError: 'something'. Set AXIR_TRACEBACK=1 to see where.\n"
    monkeypatch.setenv("AXIR_TRACEBACK", "1")
    assert isinstance(runner.invoke(app, ["opt"], input="module {}").exception, KeyError)
