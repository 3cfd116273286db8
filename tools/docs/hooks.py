"""What MkDocs calls while it builds the site: adds the pages that are made of docstrings."""

from __future__ import annotations

import importlib
from typing import Any

from axir_tools.api_reference import PAGES, pages

__all__ = ["on_config", "on_files"]

_HERE = "reference"


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
