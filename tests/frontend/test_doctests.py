"""The examples in docstrings do what they say."""

import doctest
import importlib

import pytest

MODULES = [
    "axir._src.closures",
    "axir._src.dtype_questions",
    "axir._src.key_paths",
    "axir._src.trees",
    "axir._src.scalar_types",
    "axir._src.scopes",
    "axir._src.tree_functions",
    "axir._src.tree_registration",
    "axir.profiler",
]


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted and not found.failed
