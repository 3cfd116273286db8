"""Form of the source files: size, documentation, nothing that belongs to one machine."""

from __future__ import annotations

import ast
import importlib
import re
import types
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from sources import PACKAGES, ROOT, name_of, python_files, syntax

from axir_tools.api_reference import PAGES

LONGEST = 600
FOLDERS = [ROOT / name for name in ("frontend", "compiler", "runtime", "tools", "tests", "bench", "examples")]
# Assembled from parts, so that this file does not contain what it looks for.
MACHINE = re.compile(
    "|".join(("/" + "work/", "/" + "tmp/", "/" + "root/", "/" + r"home/\w", r"[A-Z]:\\" + "Users"))
)
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
# axir.config is an object; the other two list types that are made elsewhere.
PUBLIC = (
    *(name for name in PAGES if name not in ("axir.config", "axir.tree_util", "axir.typing")),
    "axir_runtime",
)
PUBLISHED = python_files(*PACKAGES.values())


def _text_files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (p for p in folder.rglob("*") if p.suffix in (".py", ".mlir", ".md", ".toml"))
    yield from (ROOT / name for name in ("pyproject.toml", "README.md", "CONTRIBUTING.md", "Makefile"))


def test_files_are_of_readable_length() -> None:
    """But for tables of numbers that a script writes, which nobody reads."""
    texts = {name_of(p): p.read_text() for p in python_files(*FOLDERS)}
    long = {name for name, text in texts.items() if len(text.splitlines()) > LONGEST}
    assert {name for name in long if "\nWritten by tools/fit_polynomials.py" not in texts[name]} == set()


@pytest.mark.parametrize("pattern", [MACHINE, UNFINISHED], ids=["machine paths", "unfinished"])
def test_no_file_contains(pattern: re.Pattern[str]) -> None:
    found = [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in _text_files()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, "\n".join(found)


def _undocumented(path: Path) -> Iterator[str]:
    """Public classes and functions at the top of a file, and the file itself, without documentation."""
    tree = syntax(path)
    if tree.body and ast.get_docstring(tree) is None:
        yield name_of(path)
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            overload = any("overload" in ast.unparse(d) for d in node.decorator_list)
            if ast.get_docstring(node) is None and not overload:
                yield f"{name_of(path)}:{node.lineno}: {node.name}"


def test_public_names_are_documented() -> None:
    missing = [place for path in PUBLISHED for place in _undocumented(path)]
    assert not missing, "\n".join(missing)


def _public_names(module: ModuleType) -> list[str]:
    """``__all__``, or what a package imports under its own name (``import x as x``)."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return list(listed)
    nodes = [n for n in syntax(Path(str(module.__file__))).body if isinstance(n, ast.ImportFrom)]
    return [alias.name for n in nodes for alias in n.names if alias.asname == alias.name]


def _is_numpy_type(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, np.generic | np.dtype | Warning)


@pytest.mark.parametrize("name", PUBLIC)
def test_public_modules_list_their_names(name: str) -> None:
    module = importlib.import_module(name)
    names = _public_names(module)
    assert names, f"{name} has no __all__"
    assert len(names) == len(set(names))
    missing = [n for n in names if not hasattr(module, n)]
    assert not missing
    foreign = []
    for n in names:
        value = getattr(module, n)
        home = getattr(value, "__module__", None) or ""
        alias = isinstance(value, types.GenericAlias)
        if callable(value) and not alias and not (home.startswith("axir") or _is_numpy_type(value)):
            foreign.append(f"{name}.{n} is from {home}")
        if callable(value) and not getattr(value, "__doc__", None):
            foreign.append(f"{name}.{n} has no documentation")
    assert not foreign, "\n".join(foreign)


def test_all_lists_only_names_that_exist() -> None:
    wrong = []
    for path in PUBLISHED:
        tree = syntax(path)
        package = next(folder for folder in PACKAGES.values() if folder in path.parents)
        parts = path.relative_to(package.parent).with_suffix("").parts
        if not any("__all__" in ast.unparse(n) for n in tree.body if isinstance(n, ast.Assign)):
            continue
        module = importlib.import_module(".".join(p for p in parts if p != "__init__"))
        wrong += [f"{module.__name__}.{n}" for n in _public_names(module) if not hasattr(module, n)]
    assert not wrong
