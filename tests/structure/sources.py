"""The source files of the tree, as text and as syntax trees."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

__all__ = ["PACKAGES", "ROOT", "imports", "name_of", "python_files", "syntax"]

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "axir": ROOT / "frontend" / "axir",
    "axir_compiler": ROOT / "compiler" / "axir_compiler",
    "axir_runtime": ROOT / "runtime" / "axir_runtime",
    "axir_tools": ROOT / "tools" / "axir_tools",
}


def python_files(*folders: Path) -> list[Path]:
    """All Python files below some folders."""
    return sorted(p for folder in folders for p in folder.rglob("*.py") if "__pycache__" not in p.parts)


def name_of(path: Path) -> str:
    """Path from the root, for messages."""
    return str(path.relative_to(ROOT))


@functools.cache
def syntax(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(), str(path))


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Full names of the modules (or of names in modules) that a file imports, and the lines."""
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: imports are absolute"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
