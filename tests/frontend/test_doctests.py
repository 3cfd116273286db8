"""The examples in docstrings and documents around the numerical functions do what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = [
    "axir._src.closures",
    "axir._src.dtype_questions",
    "axir._src.key_paths",
    "axir._src.trees",
    "axir._src.scalar_types",
    "axir._src.scopes",
    "axir.aot",
    "axir.aot._specs",
    "axir._src.tree_functions",
    "axir._src.tree_registration",
    "axir.profiler",
]

DOCUMENTS = sorted(p.name for p in (ROOT / "docs").glob("*.md") if ">>>" in p.read_text())


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted and not found.failed


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents(name):
    path = ROOT / "docs" / name
    found = doctest.testfile(str(path), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert found.attempted and not found.failed
