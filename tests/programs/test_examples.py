"""The programs in examples/ run and say what they should."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_ahead_of_time() -> None:
    script = str(EXAMPLES / "ahead_of_time.py")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "classify(x: float32[64, 2]) -> (float32[64, 2], int32[64])" in done.stdout
    accuracy = float(done.stdout.rsplit("accuracy without axir: ", 1)[1])
    assert accuracy > 0.95
