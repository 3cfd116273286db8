"""The programs in examples/ run and say what they should."""

from __future__ import annotations

import re
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


def test_served_classifier() -> None:
    script = str(EXAMPLES / "served_classifier.py")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    for words in ("requests", "one request"):
        assert float(re.search(rf"accuracy of (256 )?{words}: (.*)", done.stdout)[2]) > 0.95
    assert int(re.search(r"257 requests in (\d+) runs", done.stdout)[1]) <= 257
    assert done.stdout.endswith("the server ended with exit code 0\n") and done.stderr == ""
