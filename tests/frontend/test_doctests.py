"""The examples in docstrings do what they say, for a reader who imports what they import."""

import doctest
import importlib
from pathlib import Path

import pytest

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
MODULES = [
    ".".join(path.relative_to(FRONTEND).with_suffix("").parts)
    for path in sorted(FRONTEND.rglob("*.py"))
    if ">>> " in path.read_text()
]


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name):
    found = doctest.testmod(importlib.import_module(name), globs={}, optionflags=doctest.ELLIPSIS)
    assert found.attempted and not found.failed
