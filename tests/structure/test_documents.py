"""Code that documents quote is in the tree, and paths that they name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sources import ROOT

from axir_tools.api_reference import PAGES

DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "tests" / "README.md",
    *(ROOT / "docs").glob("*.md"),
]
_GENERATED = {f"reference/{name}" for name in ("index.md", *(f"{page}.md" for page in PAGES))}
_QUOTE = re.compile(r"^```python\n# (\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"`((?:compiler|frontend|runtime|tools|tests|docs|bench|examples)/[\w./-]+)`")
_LINK = re.compile(r"\]\((?!https?://)([^)#]+)\)")


def _id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_contributing_quotes_each_kind_of_example() -> None:
    quoted = {path for path, _ in _QUOTE.findall((ROOT / "CONTRIBUTING.md").read_text())}
    for folder in (
        "compiler/axir_compiler/ops",
        "compiler/axir_compiler/passes",
        "compiler/axir_compiler/targets",
    ):
        assert any(path.startswith(folder) for path in quoted)


@pytest.mark.parametrize("document", DOCUMENTS, ids=_id)
def test_quoted_code_is_in_the_tree(document: Path) -> None:
    for path, code in _QUOTE.findall(document.read_text()):
        assert code.rstrip() in (ROOT / path).read_text(), f"{path} no longer contains:\n{code}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=_id)
def test_named_paths_exist(document: Path) -> None:
    text = document.read_text()
    places = (ROOT, document.parent)
    missing = [p for p in _PATH.findall(text) if not any((place / p).exists() for place in places)]
    links = [p for p in _LINK.findall(text) if p not in _GENERATED]
    missing += [p for p in links if not (document.parent / p).exists()]
    assert not missing
