"""The reference of the dialect says what the ops declare."""

from __future__ import annotations

from pathlib import Path

import pytest

from axir_compiler.ir.module import functions, parse_module, walk
from axir_compiler.ir.op import OPS
from axir_compiler.passes.verify import verify_module
from axir_tools.dialect_reference import FAMILIES, dialect_page, examples

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = examples()


def test_the_page_is_up_to_date() -> None:
    written = (ROOT / "docs" / "dialect.md").read_text()
    assert written == dialect_page(), "run: python -m axir_tools.dialect_reference docs/dialect.md"


def test_every_op_is_on_the_page_once() -> None:
    assert set(EXAMPLES) == set(OPS)
    modules = [module for group in FAMILIES.values() for module in group]
    assert len(modules) == len(set(modules))
    assert {op.__module__.rpartition(".")[2] for op in OPS.values()} == set(modules)


@pytest.mark.parametrize("name", OPS)
def test_examples_are_valid_and_show_the_op(name: str) -> None:
    module = parse_module(EXAMPLES[name], name)
    verify_module(module)
    assert any(isinstance(op, OPS[name]) for f in functions(module).values() for op in walk(f))


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("add", ("- operands: `lhs`, `rhs`", "- derivative: linear in `lhs`, `rhs`, jointly")),
        ("mul", ("- derivative: linear in `lhs`, `rhs`, each by itself",)),
        ("sin", ("- dtypes: floats, complex numbers", "- rules: infer, numpy, jvp, batch, lower")),
        ("floor", ("- dtypes: floats", "- derivative: zero wherever it exists")),
        ("slice", ("- attributes: `start` (ints), `limit` (ints), `stride` (ints)",)),
        ("concatenate", ("- operands: `operands` (any number)",)),
        ("threefry2x32", ("- dtypes: ui32",)),
        ("scan", ("- rules: infer, numpy, jvp, transpose, batch, lower",)),
    ],
)
def test_entries_tell_what_is_declared(name: str, lines: tuple[str, ...]) -> None:
    page = dialect_page()
    entry = page[page.index(f"### axir.{name}\n") :].split("\n### ")[0].splitlines()
    assert set(lines) <= set(entry)
