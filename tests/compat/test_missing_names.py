"""What docs/compat.md lists as missing is missing, so that the list does not outlive the gaps."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "compat.md"
IN_PART = {"jax._src", "jax.experimental", "jax.stages", "jax.sharding.Mesh"}
"""Modules and classes of which a part is there, as the page says."""
LOOKUP = """
import importlib, sys
import axir.compat.jax
axir.compat.jax.install()
import jax

def exists(name):
    home, _, label = name.rpartition(".")
    try:
        return hasattr(importlib.import_module(home), label) or bool(importlib.import_module(name))
    except ImportError:
        return False

print(*(name for name in sys.argv[1:] if exists(name)))
"""


def _listed() -> list[str]:
    rows = PAGE.read_text().partition("## What is missing")[2].splitlines()
    cells = [row.split("|")[1] for row in rows if row.startswith("| `")]
    return sorted(set(re.findall(r"`(jax\.[\w.]+)`", "".join(cells))) - IN_PART)


def _existing(*names: str) -> list[str]:
    command = [sys.executable, "-c", LOOKUP, *names]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def test_what_the_page_lists_is_missing() -> None:
    names = _listed()
    assert len(names) > 10
    assert _existing(*names, "jax.numpy.sin", "jax.lax") == ["jax.numpy.sin", "jax.lax"]
