"""Programs in notebooks: MLIR text with colours, in HTML that needs nothing else."""

from __future__ import annotations

import html
import re

__all__ = ["highlighted", "program_html"]

_LONGEST = 400
"""Lines that a notebook shows of a program."""

_TOKENS = re.compile(
    r"(?P<comment>//[^\n]*)|(?P<string>&quot;.*?&quot;)|(?P<value>%[\w#]+|\^\w+)|(?P<symbol>@\w+)"
    r"|(?P<type>\b(?:tensor|vector|complex|memref)&lt;[^\n]*?&gt;+|\b(?:[fi]\d+|ui\d+|bf16|index)\b)"
    r"|(?P<keyword>\b(?:module|func\.\w+|return|public|private|loc)\b)"
)
_COLOURS = {
    "comment": "#6a737d",
    "string": "#22863a",
    "value": "#005cc5",
    "symbol": "#6f42c1",
    "type": "#b08800",
    "keyword": "#d73a49",
}


def highlighted(text: str) -> str:
    """MLIR as HTML with colours."""

    def paint(match: re.Match[str]) -> str:
        return f'<span style="color:{_COLOURS[str(match.lastgroup)]}">{match[0]}</span>'

    return _TOKENS.sub(paint, html.escape(text))


def program_html(title: str, text: str) -> str:
    """A program that folds open, under a title."""
    lines = text.rstrip().splitlines()
    if len(lines) > _LONGEST:
        lines = [*lines[:_LONGEST], f"// and {len(lines) - _LONGEST} more lines; see as_text()"]
    code = highlighted("\n".join(lines))
    return (
        f'<details open><summary style="font-family:monospace">{html.escape(title)}</summary>'
        f'<pre style="line-height:1.3;overflow-x:auto">{code}</pre></details>'
    )
