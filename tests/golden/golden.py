"""Golden files: MLIR with RUN lines, run in process and compared with ``filecheck``.

A RUN line is a command for the shell:

    // RUN: axir opt %s --passes 'jvp{func=f}' | filecheck %s
    // RUN: axir opt %s --passes verify --expect-errors

Mistakes that would make a file pass without testing anything are errors: no RUN line, a directive that is
misspelt or lacks its colon, a prefix that no RUN line uses, a RUN line whose prefix has no directive.
"""

from __future__ import annotations

import contextlib
import difflib
import io
import re
import shlex
from dataclasses import dataclass
from typing import NamedTuple

from filecheck.error import CheckError, ParseError
from filecheck.finput import FInput
from filecheck.matcher import Matcher
from filecheck.options import Options
from filecheck.parser import Parser, pattern_for_opts

from axir_compiler.pipeline import parse_pipeline
from axir_tools.opt import check_errors, transform

__all__ = ["GoldenError", "RunLine", "parse_golden", "run_golden"]

SUFFIXES = ("", "-NEXT", "-SAME", "-NOT", "-DAG", "-LABEL", "-EMPTY")
_RUN = re.compile(r"^\s*//\s*RUN: *(.+)$", re.MULTILINE)
# A comment whose first word looks like a keyword of these files.
_COMMENT = re.compile(r"//\s*([A-Za-z][\w-]*)(\{LITERAL\})?\s*(:?)")
_COUNT = re.compile(r"-COUNT-\d+$")


class GoldenError(Exception):
    """A golden file is malformed, or the output is not what it says."""


@dataclass(frozen=True)
class RunLine:
    """One RUN line: pipeline, and the prefix of its directives (``None``: errors are expected)."""

    command: str
    passes: str
    prefix: str | None


class _Word(NamedTuple):
    line: int
    text: str
    colon: bool


def parse_golden(text: str, name: str) -> list[RunLine]:
    """The RUN lines of a golden file.

    Raises:
        GoldenError: the file would not test what it seems to test.
    """
    commands = _RUN.findall(text)
    if not commands:
        raise GoldenError(f"{name}: there is no line '// RUN: axir opt %s ...'.")
    runs = [_parse_command(command.strip(), name) for command in commands]
    _check_words(text, name, {r.prefix for r in runs if r.prefix}, any(r.prefix is None for r in runs))
    return runs


def _parse_command(command: str, name: str) -> RunLine:
    first, bar, second = command.partition("|")
    words, check = shlex.split(first), shlex.split(second)
    if words[:3] != ["axir", "opt", "%s"] or words[3:4] != ["--passes"] or len(words) not in (5, 6):
        raise GoldenError(f"{name}: a RUN line reads \"axir opt %s --passes '...'\"; got {command!r}.")
    if words[5:] == ["--expect-errors"] and not bar:
        return RunLine(command, words[4], None)
    prefix = {2: "CHECK", 4: check[-1] if check[2:3] == ["--check-prefix"] else ""}.get(len(check), "")
    if words[5:] or check[:2] != ["filecheck", "%s"] or not prefix:
        raise GoldenError(f"{name}: output goes to 'filecheck %s [--check-prefix NAME]'; got {command!r}.")
    return RunLine(command, words[4], prefix)


def _check_words(text: str, name: str, prefixes: set[str], errors: bool) -> None:
    known = {"RUN"} | ({"ERROR"} if errors else set())
    known |= {p + s for p in prefixes for s in SUFFIXES}
    likely = [*known, "ERROR", *(f"CHECK{s}" for s in SUFFIXES), "CHECK-COUNT"]
    seen = set()
    for word in _words(text):
        base = _COUNT.sub("", word.text)
        if base in known and word.colon:
            seen.add(base.removesuffix(next(s for s in SUFFIXES[::-1] if base.endswith(s))))
            continue
        misspelt = word.text.isupper() and difflib.get_close_matches(base, likely, 1, 0.75)
        if base.upper() in likely or misspelt:
            raise GoldenError(
                f"{name}:{word.line}: {word.text!r} is no directive; is a colon or a RUN line missing?"
            )
    for prefix in prefixes - seen:
        raise GoldenError(f"{name}: no directive has the prefix {prefix}.")


def _words(text: str) -> list[_Word]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        match = _COMMENT.search(line)
        if match is not None:
            found.append(_Word(number, match[1], match[3] == ":"))
    return found


def run_golden(run: RunLine, text: str, name: str) -> None:
    """Run the command of a RUN line on the text of its file.

    Raises:
        GoldenError: the output does not match; the message shows it.
        AxirError: a pass fails, or no error comes where one is expected.
    """
    passes = parse_pipeline(run.passes)
    if run.prefix is None:
        check_errors(text, passes, name=name)
        return
    output, _ = transform(text, passes, name=name)
    options = Options(name, check_prefixes=[run.prefix])
    matcher = Matcher(
        options, FInput(name, output), Parser(options, io.StringIO(text), *pattern_for_opts(options))
    )
    matcher.stderr = messages = io.StringIO()
    try:
        with contextlib.redirect_stdout(messages):
            failed = matcher.run() != 0
    except (CheckError, ParseError) as error:
        raise GoldenError(f"{name}: {error.message}") from None
    if failed:
        raise GoldenError(f"{name}: {run.command}\n{messages.getvalue()}\nThe output:\n{output}")
