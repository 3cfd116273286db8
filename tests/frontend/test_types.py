"""What a type checker makes of programs: pyright tells the types that the comments of ``typed_program.py`` say."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyright")

PROGRAM = Path(__file__).with_name("typed_program.py")
ROOT = PROGRAM.parents[2]


def test_transformations_keep_the_types_of_functions(tmp_path) -> None:
    config = {"extraPaths": [str(ROOT / part) for part in ("frontend", "compiler", "runtime")]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({**config, "typeCheckingMode": "basic"}))
    (tmp_path / "program.py").write_text(PROGRAM.read_text())
    options = ["--outputjson", "--pythonpath", sys.executable, "-p", str(tmp_path)]
    run = subprocess.run(
        [sys.executable, "-m", "pyright", *options], capture_output=True, text=True, check=False
    )
    found = {}
    for said in json.loads(run.stdout)["generalDiagnostics"]:
        kind = re.fullmatch(r'Type of ".*" is "(.*)"', said["message"])
        found[said["range"]["start"]["line"]] = kind[1] if kind else said["rule"]
    lines = PROGRAM.read_text().splitlines()
    expected = {i: line.split("  # ")[1] for i, line in enumerate(lines) if "  # " in line}
    assert found == expected
    assert len(expected) > 25
