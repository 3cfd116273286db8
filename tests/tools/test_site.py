"""The site can be built, offline, without a warning, and the reference has every public name."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from axir_tools.api_reference import PAGES, anchor_of, page, signature_of
from axir_tools.markdown import from_docstring

ROOT = Path(__file__).resolve().parents[2]


def modules_below(name: str) -> Iterator[str]:
    """Public modules that have more to list than further modules."""
    module = importlib.import_module(name)
    listed = {label: getattr(module, label) for label in module.__all__}
    if not all(isinstance(value, ModuleType) for value in listed.values()):
        yield name
    for label, value in listed.items():
        if isinstance(value, ModuleType):
            yield from modules_below(f"{name}.{label}")


def test_every_public_module_has_a_page() -> None:
    assert set(modules_below("axir")) <= set(PAGES)


@pytest.mark.parametrize("name", [name for name in PAGES if name != "axir.config"])
def test_pages_have_every_name_once(name: str) -> None:
    module = importlib.import_module(name)
    text = page(name)
    anchors = re.findall(r"^###? .* \{#(.*)\}$", text, re.MULTILINE)
    rows = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    assert len(anchors) == len(set(anchors))
    public = {label for label in module.__all__ if not isinstance(getattr(module, label), ModuleType)}
    assert {anchor_of(name, label) for label in public} <= {*anchors, *(anchor_of(name, r) for r in rows)}


def test_sections_of_docstrings() -> None:
    text = from_docstring("""Sum of ``x`` where a*b*c < 3.

        Args:
            x: An array,
                of any shape.
            y, z: Others.

        Raises:
            ShapeError: too long; DTypeError: a string.
            ValueError if ``y`` is
                negative; TypeError.

        >>> 1 + 1
        2

        A call ``f(a,
        *b)`` for example

            a   b

        and more.""")
    assert "Sum of `x` where a\\*b\\*c &lt; 3." in text
    assert "**Args**\n\n- `x`: An array, of any shape.\n- `y`, `z`: Others." in text
    assert "**Raises**\n\n- `ShapeError`: too long\n- `DTypeError`: a string.\n- `ValueError` if" in text
    assert "- `ValueError` if `y` is negative\n- `TypeError`.\n" in text
    assert "A call `f(a,\n*b)` for example" in text
    assert "```pycon\n>>> 1 + 1\n2\n```" in text
    assert "```text\na   b\n```" in text


def test_values_are_described() -> None:
    assert "| `ArrayLike` | What operations take as an array." in page("axir.typing")
    assert "| `pi` | `3.14159" in page("axir.numpy")
    assert "| `float0` | Dtype of tangents of integers" in page("axir.dtypes")


def test_signatures_read_as_source() -> None:
    def short(x: int, /, *, y: str = "a") -> bool:
        return True

    def long(first_argument: int, second_argument: float = 1.0, *, third_argument: type = int) -> None: ...

    assert signature_of("f", short) == "f(x: int, /, *, y: str = 'a') -> bool"
    assert signature_of("a_function_with_a_long_name", long) == (
        "a_function_with_a_long_name(\n    first_argument: int,\n    second_argument: float = 1.0,\n    *,\n"
        "    third_argument: type = int,\n) -> None"
    )


def dead_links(pages: dict[str, str]) -> Iterator[str]:
    """Links into the reference that lead nowhere."""
    ids = {name: set(re.findall(r'\bid="([^"]+)"', text)) for name, text in pages.items()}
    for name, text in pages.items():
        for link, anchor in set(re.findall(r'href="((?:reference/)?axir[\w.]*\.html)(?:#([^"]*))?"', text)):
            target = link if link.startswith("reference/") else f"{name.rpartition('/')[0]}/{link}"
            if target not in ids or (anchor and anchor not in ids[target]):
                yield f"{name}: {target}#{anchor}"


def test_the_site_builds_without_warnings_and_loads_nothing(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="needs the extra docs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", "tools/docs/mkdocs.yml"]
    built = subprocess.run(
        [*command, "--site-dir", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    pages = {path.relative_to(tmp_path).as_posix(): path.read_text() for path in tmp_path.rglob("*.html")}
    assert {f"{p.stem}.html" for p in (ROOT / "docs").glob("*.md")} <= set(pages)
    assert {f"reference/{name}.html" for name in PAGES} <= set(pages)
    assert 'href="reference/axir.lax.html#axir.lax.while_loop"' in pages["sharp_bits.html"]
    assert not list(dead_links(pages))
    remote = re.compile(r"<(?:script|img|iframe)[^>]*src=\"?https?:|<link[^>]*stylesheet[^>]*https?:")
    assert not [name for name, text in pages.items() if remote.search(text)]
    styles = [path.read_text() for path in tmp_path.rglob("*.css")]
    assert styles and not any(re.search(r"(?:@import|url\()\s*[\"']?https?:", text) for text in styles)
