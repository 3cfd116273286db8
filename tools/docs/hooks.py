"""What MkDocs calls while it builds the site: adds the pages that are made of docstrings, and links to them."""

from __future__ import annotations

import functools
import importlib
import re
from typing import Any

from axir_tools.api_reference import PAGES, anchor_of, names_of, pages

__all__ = ["on_config", "on_files", "on_page_content"]

_HERE = "reference"
_SHORT = {"np": "axir.numpy", "lax": "axir.lax", "random": "axir.random", "nn": "axir.nn"}
"""Modules by the names under which examples import them."""
_CODE = re.compile(r"<(a|pre|h\d)\b.*?</\1>|<code>([\w.]+)(?:\([^<]*\))?</code>", re.DOTALL)


def on_config(config: Any) -> Any:
    """Append the reference to the navigation."""
    names = ["index", *PAGES]
    config.nav.append({"Reference": [f"{_HERE}/{name}.md" for name in names]})
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the generated pages."""
    made = importlib.import_module("mkdocs.structure.files").File.generated
    for name, text in pages().items():
        files.append(made(config, f"{_HERE}/{name}", content=text))
    return files


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """Make links of the public names that a page mentions as code."""
    folder = "" if page.url.startswith(f"{_HERE}/") else f"{_HERE}/"

    def link(found: re.Match[str]) -> str:
        target = _targets().get(found[2] or "")
        return f'<a href="{folder}{target}">{found[0]}</a>' if target else found[0]

    return _CODE.sub(link, html)


@functools.cache
def _targets() -> dict[str, str]:
    """Where public modules and names are, by the ways of writing them."""
    found = {name: f"{name}.html" for name in PAGES}
    for name in PAGES:
        for label in names_of(name):
            found[f"{name}.{label}"] = f"{name}.html#{anchor_of(name, label)}"
    for short, module in _SHORT.items():
        for label in names_of(module):
            found[f"{short}.{label}"] = found[f"{module}.{label}"]
    return found
