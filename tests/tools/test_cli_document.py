"""The examples of docs/cli.md run and print what it says."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from axir_tools.main import app

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "cli.md").read_text()
BLOCKS = re.findall(r"^```console\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli")
    source = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)[0]
    (path / "layer.py").write_text(source)
    axir = path / "axir"
    axir.write_text(f"#!{sys.executable}\nfrom axir_tools.main import main\nmain()\n")
    axir.chmod(0o755)
    return path


def commands(block: str) -> list[tuple[str, str]]:
    """Each command with the output that follows it."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(command, output) for command, _, output in (part.partition("\n") for part in parts)]


def run(command: str) -> tuple[int, str]:
    """Exit code and output; a command without redirections runs in this process, which is quicker."""
    if command.startswith("axir ") and not re.search(r"[|>]", command):
        found = CliRunner().invoke(app, shlex.split(command)[1:])
        return found.exit_code, found.stdout + found.stderr
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("block", BLOCKS, ids=[b.splitlines()[0][2:30] for b in BLOCKS])
def test_examples_run(block: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(p for p in sys.path if p))
    monkeypatch.setenv("AXIR_CACHE_DIR", str(folder / "cache"))
    for command, expected in commands(block):
        code, output = run(command)
        assert code == ("(exit code 1)" in expected), output
        if expected:
            wanted = expected.replace("(exit code 1)\n", "")
            assert doctest.OutputChecker().check_output(wanted, output, OPTIONS), output


def test_every_command_is_documented() -> None:
    names = list(typer.main.get_command(app).commands)  # pyright: ignore[reportAttributeAccessIssue]
    missing = [n for n in names if n != "golden" and f"axir {n}" not in TEXT]
    assert "stats" in names
    assert not missing
