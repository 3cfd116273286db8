"""``axir diff``: programs that are the same, and what tells others apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from axir_compiler.ir.module import parse_module
from axir_compiler.ir.structure import structure_of
from axir_tools.diff import compare
from axir_tools.main import app

HEAD = "func.func @f(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {\n"
BODY = """  %a = "axir.sin"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %b = "axir.cos"(%y) : (tensor<4xf32>) -> tensor<4xf32>
  %c = "axir.sub"(%a, %b) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %c : tensor<4xf32>
}
"""
SWAPPED = """  %q = "axir.cos"(%y) : (tensor<4xf32>) -> tensor<4xf32> loc("user.py":3:1)
  %p = "axir.sin"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %c = "axir.sub"(%p, %q) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %c : tensor<4xf32>
}
"""
LOOP = """func.func @loop(%x: tensor<4xf32>, %y: tensor<f32>) -> tensor<f32> {
  %s = "axir.scan"(%y, %x) ({
  ^bb0(%c: tensor<f32>, %e: tensor<f32>):
    %n = "axir.add"(%c, %e) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "axir.yield"(%n) : (tensor<f32>) -> ()
  }) {carry = 1 : i64, xs = 1 : i64, length = 4 : i64, reverse = false} : (tensor<f32>, tensor<4xf32>) -> tensor<f32>
  return %s : tensor<f32>
}
"""
CALL = """func.func @f(%x: tensor<f32>) -> tensor<f32> {
  %y = func.call @NAME(%x) : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
func.func private @NAME(%x: tensor<f32>) -> tensor<f32> {
  %y = "axir.OP"(%x) : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
"""
runner = CliRunner()


def same(one: str, other: str, name: str = "f") -> bool:
    return structure_of(parse_module(one))[name] == structure_of(parse_module(other))[name]


def test_names_locations_and_order_do_not_count() -> None:
    assert same(HEAD + BODY, HEAD + SWAPPED)
    assert compare(parse_module(HEAD + BODY), parse_module(HEAD + SWAPPED)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(%a, %b)", "(%b, %a)"),
        ('"axir.cos"(%y)', '"axir.cos"(%x)'),
        ('"axir.cos"(%y)', '"axir.tan"(%y)'),
        ("return %c", "return %a"),
    ],
)
def test_operands_ops_and_results_count(old: str, new: str) -> None:
    assert not same(HEAD + BODY, HEAD + BODY.replace(old, new))


def test_regions_and_attributes_count() -> None:
    for old, new in (
        ("(%c, %e)", "(%c, %c)"),
        ("reverse = false", "reverse = true"),
        ("axir.add", "axir.mul"),
    ):
        assert same(LOOP, LOOP.replace("%n", "%m"), "loop")
        assert not same(LOOP, LOOP.replace(old, new), "loop")


def test_called_functions_count_and_not_their_names() -> None:
    text = CALL.replace("OP", "sin")
    assert same(text.replace("NAME", "g"), text.replace("NAME", "h"))
    assert not same(text.replace("NAME", "g"), CALL.replace("OP", "cos").replace("NAME", "g"))


def test_differences_name_functions_and_ops() -> None:
    before = parse_module(HEAD + BODY + LOOP)
    after = parse_module(HEAD + BODY.replace("axir.sin", "axir.exp"))
    changed, removed = compare(before, after)
    assert (changed.function, changed.kind, changed.ops) == ("f", "changed", {"exp": 1, "sin": -1})
    assert [x for x in changed.lines if x[0] in "+-"][:2] == [
        "-   c: f32[4] = sin a",
        "+   c: f32[4] = exp a",
    ]
    assert (removed.function, removed.kind) == ("loop", "removed")


def test_modules_of_other_dialects_are_compared() -> None:
    text = """func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = arith.addf %x, %x : tensor<4xf32>
  return %y : tensor<4xf32>
}"""
    (found,) = compare(parse_module(text), parse_module(text.replace("addf", "mulf")))
    assert found.ops == {"arith.addf": -1, "arith.mulf": 1}
    assert any("arith.mulf" in x for x in found.lines if x.startswith("+"))


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, str]:
    texts = {"a": HEAD + BODY, "b": HEAD + SWAPPED, "c": HEAD + BODY.replace("axir.cos", "axir.tan")}
    for name, text in texts.items():
        (tmp_path / f"{name}.mlir").write_text(text)
    a, b, c = (str(tmp_path / f"{name}.mlir") for name in texts)
    return a, b, c


def test_the_command(files: tuple[str, str, str]) -> None:
    a, b, c = files
    equal = runner.invoke(app, ["diff", a, b])
    assert (equal.exit_code, equal.stdout) == (0, "")
    other = runner.invoke(app, ["diff", a, c])
    assert other.exit_code == 1
    assert other.stdout.splitlines()[0] == "@f: changed (-1 cos, +1 tan)"
    brief = runner.invoke(app, ["diff", a, c, "--brief"])
    assert brief.stdout == "@f: changed (-1 cos, +1 tan)\n"
    (found,) = json.loads(runner.invoke(app, ["diff", a, c, "--json"]).stdout)
    assert found["ops"] == {"cos": -1, "tan": 1}


def test_files_that_cannot_be_read(files: tuple[str, str, str], tmp_path: Path) -> None:
    missing = runner.invoke(app, ["diff", files[0], str(tmp_path / "none.mlir")])
    assert (missing.exit_code, missing.stdout) == (2, "")
    assert missing.stderr.startswith("axir diff: ")
    (tmp_path / "bad.mlir").write_text("func.func @f(")
    assert runner.invoke(app, ["diff", files[0], str(tmp_path / "bad.mlir")]).exit_code == 2
