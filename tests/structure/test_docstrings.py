"""Public functions with several parameters say what these are."""

from __future__ import annotations

import importlib
import inspect

import pytest

MODULES = ["axir.lax", "axir.numpy", "axir.numpy.linalg", "axir.numpy.fft", "axir.nn", "axir.random"]


@pytest.mark.parametrize("module", MODULES)
def test_functions_of_several_parameters_describe_them(module: str) -> None:
    found = importlib.import_module(module)
    functions = [getattr(found, name) for name in found.__all__]
    short = [
        f.__name__
        for f in functions
        if inspect.isroutine(f)
        and len(inspect.signature(f).parameters) > 2
        and len(inspect.getdoc(f).strip().splitlines()) < 2
    ]
    assert not short, f"{module}: the docstrings of {short} have one line"
