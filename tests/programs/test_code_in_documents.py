"""Every block of code in the README and in docs does what the page says.

A page is one program, run from top to bottom in an empty folder. The word behind the fence says what a block is:

    pycon     Python with prompts, and what comes out; ``...`` stands for anything
    python    Python
    mlir      a module that parses and that the verifier accepts; ``// name.mlir`` in front makes a file of it
    console   commands behind ``$`` and what they print
    sh        commands that succeed
    text      no code
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from axir_compiler.ir.module import parse_module
from axir_compiler.passes.verify import verify_module

ROOT = Path(__file__).resolve().parents[2]
PAGES = {path.name: path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
OWN_PROCESS = {"compat.md": "optax"}
"""Pages that change the process for good, and the package that they need."""
NOT_RUN = {
    ("README.md", "make demo"): "makes an environment",
    ("README.md", "make test"): "is what runs this",
    ("README.md", "make docs"): "is what tests/tools/test_site.py runs",
    ("index.md", "pip install ./runtime ."): "installs",
    ("compat.md", "python -m axir.compat.jax train.py --steps 100"): "a program of the reader's",
    ("compat.md", "python -m axir.compat.jax -m package.train"): "a program of the reader's",
}
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Where iree-run-module is.
_PROGRAMS = str(Path(sys.executable).parent)
_SHELL = (
    'axir() { "$PYTHON" -c "from axir_tools.main import main; main()" "$@"; }\npython() { "$PYTHON" "$@"; }\n'
)


@dataclass(frozen=True)
class Block:
    """One block of code: what it is, and where."""

    page: str
    language: str
    text: str
    line: int

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: str, text: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    for found in _FENCE.finditer(text):
        yield Block(page, found[1], found[2], text.count("\n", 0, found.start(2)) + 1)


def _examples(block: Block, names: dict[str, Any]) -> None:
    test = doctest.DocTestParser().get_doctest(block.text, names, block.page, str(block), block.line - 1)
    assert test.examples, f"{block}: no prompt"
    test.globs = names
    output: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=output.append, clear_globs=False)
    assert not runner.failures, "".join(output)


def _python(block: Block, names: dict[str, Any]) -> None:
    exec(compile("\n" * (block.line - 1) + block.text, block.page, "exec"), names)


def _mlir(block: Block, names: dict[str, Any]) -> None:
    verify_module(parse_module(block.text, str(block)))
    name = re.match(r"// (\w+\.mlir)\n", block.text)
    if name:
        Path(name[1]).write_text(block.text)


def _shell(block: Block, commands: str) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", _SHELL + commands],
        env={
            **os.environ,
            "PYTHON": sys.executable,
            "PATH": os.pathsep.join([_PROGRAMS, os.environ["PATH"]]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{block}: {commands}\n{done.stderr}"
    return done.stdout


def _console(block: Block, names: dict[str, Any]) -> None:
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        printed = re.sub(r"\n+\Z", "\n", _shell(block, command))
        same = doctest.OutputChecker().check_output(expected, printed, doctest.ELLIPSIS)
        assert same, f"{block}: {command} printed\n{printed}"


def _commands(block: Block, names: dict[str, Any]) -> None:
    lines = [line.partition(" #")[0].strip() for line in block.text.splitlines()]
    lines = [line for line in lines if line and (block.page, line) not in NOT_RUN]
    if lines:
        _shell(block, "\n".join(lines))


RUN: dict[str, Callable[[Block, dict[str, Any]], None]] = {
    "pycon": _examples,
    "python": _python,
    "mlir": _mlir,
    "console": _console,
    "sh": _commands,
    "text": lambda block, names: None,
}


def run(page: str) -> None:
    """Run a page from top to bottom."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks_of(page, PAGES[page].read_text()):
        RUN[block.language](block, names)


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is(page: str) -> None:
    text = PAGES[page].read_text()
    assert {b.language for b in blocks_of(page, text)} <= set(RUN)
    rest = _FENCE.sub("", text)
    assert "```" not in rest
    indented = re.findall(r"(?:^|\n)(?!\s*[-*\d])[^\n]*\n\n(    \S.*)", rest)
    assert not indented, "a block between fences can say what it is"


@pytest.mark.parametrize("page", PAGES)
def test_code_does_what_the_page_says(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if page in OWN_PROCESS:
        pytest.importorskip(OWN_PROCESS[page])
        subprocess.run([sys.executable, __file__, page], check=True)
    else:
        run(page)


def test_what_is_not_run_is_there() -> None:
    shown = {
        (block.page, line.partition(" #")[0].strip())
        for page, path in PAGES.items()
        for block in blocks_of(page, path.read_text())
        for line in block.text.splitlines()
    }
    assert set(NOT_RUN) <= shown
    assert set(OWN_PROCESS) <= set(PAGES)


@pytest.mark.parametrize(
    "block",
    [
        Block("page", "pycon", ">>> 1 + 1\n3\n", 1),
        Block("page", "pycon", "1 + 1\n", 1),
        Block("page", "python", "assert 1 > 2\n", 1),
        Block("page", "console", "$ echo a\nb\n", 1),
        Block("page", "sh", "false\n", 1),
        Block("page", "mlir", 'func.func @f() { "axir.sin"() : () -> () return }\n', 1),
    ],
    ids=lambda block: f"{block.language}: {block.text.strip()}",
)
def test_code_that_is_wrong_is_found(block: Block) -> None:
    with pytest.raises(Exception):  # noqa: B017  (errors of any kind: the block's own)
        RUN[block.language](block, {})


if __name__ == "__main__":
    run(sys.argv[1])
