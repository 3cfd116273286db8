"""The ``axir`` command as a whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from axir_tools.main import app

ROOT = Path(__file__).parents[2]
PAGES = "\n".join(page.read_text() for page in (ROOT / "docs").glob("*.md"))
CODE = "from axir_tools.main import main; main()"
runner = CliRunner()


def commands() -> dict[str, typer.core.TyperCommand]:
    return typer.main.get_command(app).commands  # pyright: ignore[reportAttributeAccessIssue]


def test_every_command_has_help_and_a_page() -> None:
    names = commands()
    assert {"ir", "opt", "diff", "stats", "viz", "bench", "cache", "doctor"} <= set(names)
    listed = runner.invoke(app, ["--help"]).stdout
    for name, one in names.items():
        assert one.help, name
        assert f" {name} " in listed
        found = runner.invoke(app, [name, "--help"])
        assert found.exit_code == 0, found.output
        assert name == "golden" or f"axir {name}" in PAGES, f"axir {name} is in no page of docs"


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
