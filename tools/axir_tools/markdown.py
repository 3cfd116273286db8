"""Docstrings as Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

__all__ = ["escaped", "first_sentence", "from_docstring"]

_SECTION = re.compile(
    r"(Args|Arguments|Returns|Raises|Yields|Examples?|Attributes|References?|Sources?):(.*)"
)
_LISTS = ("Args", "Arguments", "Attributes")
_ITEM = re.compile(r"([*\w.`, ()]+?): (.*)|([*\w.`, ()]+?):$")
_CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
_ERROR = re.compile(r"(?<![\w`.])([A-Z]\w*(?:Error|Failure|Warning|Exception))\b(?!`)")


def escaped(text: str) -> str:
    """Plain text in which nothing but code between backticks means anything to Markdown."""
    parts: list[str] = []
    end = 0
    for code in _CODE.finditer(text):
        parts += [_plain(text[end : code.start()]), f"`{code[2]}`"]
        end = code.end()
    return "".join([*parts, _plain(text[end:])])


def _plain(text: str) -> str:
    return re.sub(r"([*_|\[\]])", r"\\\1", text).replace("<", "&lt;")


def first_sentence(documented: Any) -> str:
    """The first sentence of a docstring, on one line."""
    text = " ".join((inspect.getdoc(documented) or "").partition("\n\n")[0].split())
    return escaped(re.split(r"(?<=[.!?])\s+(?=[A-Z`])", text)[0])


def from_docstring(text: str) -> str:
    """A docstring as Markdown: sections, lists of arguments, examples and indented blocks are told apart."""
    found = "\n".join(_blocks(inspect.cleandoc(text).splitlines())).strip()
    return re.sub(r"\n{3,}", "\n\n", found)


def _blocks(lines: list[str]) -> Iterator[str]:
    i = 0
    while i < len(lines):
        line = lines[i]
        section = _SECTION.fullmatch(line)
        if not line:
            end = i + 1
        elif section:
            end = _end_of_indented(lines, i + 1)
            body = inspect.cleandoc("\n".join(["", *lines[i + 1 : end]])).splitlines()
            yield from _section(section[1], section[2].strip(), body)
        elif line.lstrip().startswith(">>>"):
            end = next((k for k in range(i, len(lines)) if not lines[k].strip()), len(lines))
            yield from _fenced("pycon", lines[i:end])
        elif line.startswith("    "):
            end = _end_of_indented(lines, i)
            yield from _fenced("text", lines[i:end])
        else:
            end = next((k for k in range(i + 1, len(lines)) if _starts_block(lines[k])), len(lines))
            yield from ("", escaped("\n".join(lines[i:end])), "")
        i = end


def _starts_block(line: str) -> bool:
    return not line or bool(_SECTION.fullmatch(line)) or line.startswith((">>>", "    "))


def _end_of_indented(lines: list[str], start: int) -> int:
    end = start
    while end < len(lines) and (not lines[end] or lines[end].startswith("  ")):
        end += 1
    return end


def _fenced(language: str, lines: list[str]) -> Iterator[str]:
    text = inspect.cleandoc("\n".join(["", *lines])).rstrip()
    yield from ("", f"```{language}", text, "```", "")


def _section(title: str, first: str, body: list[str]) -> Iterator[str]:
    """A section under its title; lists of names become lists."""
    yield from ("", f"**{title}**", "")
    lines = [*([first] if first else []), *body]
    if title == "Raises":
        yield from ("- " + _ERROR.sub(r"`\1`", escaped(item)) for item in _errors(lines))
    elif title in _LISTS:
        for item in _items(lines):
            name, _, description = item.partition(": ")
            name = ", ".join(f"`{part.strip(' `')}`" for part in name.split(","))
            yield f"- {name}: {escaped(description)}" if description else f"- {name}"
    else:
        yield from _blocks(lines)
    yield ""


def _items(lines: list[str]) -> Iterator[str]:
    """Items of a list whose continuation lines are indented."""
    item = ""
    for line in lines:
        if line.strip() and not line.startswith(" ") and _ITEM.fullmatch(line):
            if item:
                yield item
            item = line
        else:
            item = f"{item} {line.strip()}".strip()
    if item:
        yield item


def _errors(lines: list[str]) -> Iterator[str]:
    """What is raised: an item for each error that begins a line or follows a semicolon."""
    joined = ""
    for line in lines:
        separator = "\n" if not line.startswith(" ") and _ERROR.match(line) else " "
        joined = f"{joined}{separator}{line.strip()}" if joined else line.strip()
    for part in joined.splitlines():
        starts = [0, *(m.start() for m in _ERROR.finditer(part) if part[: m.start()].endswith("; "))]
        for start, end in zip(starts, [*starts[1:], len(part)], strict=True):
            yield part[start:end].removesuffix("; ")
