"""The command ``axir ir``, and how programs are found, transformed and traced."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import axir
import axir.numpy as np
from axir.stages import parse_spec
from axir_compiler.ir.listing import pretty_lines, selected, text_lines
from axir_compiler.ir.module import parse_module
from axir_tools.console import CommandError
from axir_tools.main import app
from axir_tools.pass_diff import diff_lines
from axir_tools.programs import apply_transforms

PROGRAM = """import axir.numpy as np

def loss(w, x):
    h = np.tanh(x @ w)
    y = h * 2
    return np.sum(y * y)

def example_args():
    return np.ones((3, 2)), np.ones((4, 3))

keywords = {"w": np.ones((3, 2)), "x": np.ones((4, 3))}
number = 3

def raises(x):
    return x + 1 / 0

def add(x, y):
    return x + y

def wide(x):
    return x * 2
"""
TYPES = ("f32[3,2]", "f32[4,3]")
runner = CliRunner()


@pytest.fixture
def program(tmp_path: Path) -> str:
    path = tmp_path / "program_for_tests.py"
    path.write_text(PROGRAM)
    return str(path)


def run(*words: str):
    return runner.invoke(app, ["ir", *words])


def test_the_traced_program_is_printed_and_parses(program: str) -> None:
    found = run(f"{program}:loss", *TYPES, "--transform", "grad")
    assert found.exit_code == 0, found.output
    assert '"axir.vjp"' in found.stdout
    assert str(parse_module(found.stdout)).strip() == found.stdout.strip()


@pytest.mark.parametrize(
    ("stage", "mark"), [("rewritten", '"axir.tanh"'), ("linalg", "linalg.generic"), ("asm", "# kernel ")]
)
def test_stages(program: str, stage: str, mark: str) -> None:
    found = run(f"{program}:loss", *TYPES, "--stage", stage)
    assert found.exit_code == 0, found.output
    assert mark in found.stdout


def test_the_short_form(program: str) -> None:
    found = run(f"{program}:loss", *TYPES, "--pretty")
    assert found.stdout.splitlines() == [
        "loss(a: f32[3,2], b: f32[4,3]) -> (f32[]):",
        "  c: f32[4,2] = dot_general[lhs_contract=(1) rhs_contract=(0) lhs_batch=() rhs_batch=() dtype=f32] b a",
        "  d: f32[4,2] = tanh c",
        "  e: f32[4,2] = broadcast_in_dim[shape=(4,2) dimensions=()] 2.0",
        "  f: f32[4,2] = mul d e",
        "  g: f32[4,2] = mul f f",
        "  h: f32[] = reduce_sum[axes=(0,1)] g",
        "  return h",
    ]


def test_the_short_form_shows_regions_callees_and_other_dtypes() -> None:
    def f(x):
        return axir.lax.scan(lambda c, y: (c + y, c), np.uint8(7), x.astype("uint8"))

    lines = [x.text for x in pretty_lines(axir.jit(f).trace(parse_spec("f32[5]")).ir.module)]
    assert "  c: ui8[], d: ui8[5] = scan[carry=1 xs=1 length=5 reverse=False] 7:ui8 b" in lines
    assert "    region 0 (e: ui8[], f: ui8[]):" in lines
    assert "      return g e" in lines
    outer = axir.jit(lambda x: axir.jit(np.sin)(x)).trace(1.0).ir.module
    assert any("= call[@sin_1] a" in x.text or "= call[@sin] a" in x.text for x in pretty_lines(outer))


def test_locations(program: str) -> None:
    found = run(f"{program}:loss", *TYPES, "--pretty", "--locations", "--transform", "grad")
    assert "// program_for_tests.py:4 in loss: h = np.tanh(x @ w)" in found.stdout
    assert "programs.py" not in found.stdout
    plain = run(f"{program}:loss", *TYPES, "--locations")
    assert "// program_for_tests.py:5 in loss: y = h * 2" in plain.stdout
    assert " loc(" not in plain.stdout


def test_the_source_with_the_ops_of_each_line(program: str) -> None:
    found = run(f"{program}:loss", *TYPES, "--pretty", "--by-source").stdout.splitlines()
    assert found[0] == program
    at = found.index("    5      y = h * 2")
    assert found[at + 1].strip() == "| e: f32[4,2] = broadcast_in_dim[shape=(4,2) dimensions=()] 2.0"
    assert found[at + 2].strip() == "| f: f32[4,2] = mul d e"


@pytest.mark.parametrize("pretty", [True, False])
def test_only_some_ops(program: str, pretty: bool) -> None:
    words = (f"{program}:loss", *TYPES, *(["--pretty"] if pretty else []))
    only = run(*words, "--only", "mul").stdout
    assert ("tanh" in only, only.count("mul")) == (False, 2)
    around = run(*words, "--around", "tanh").stdout
    assert ("dot_general" in around, "reduce_sum" in around) == (True, False)
    assert "..." in around
    missing = run(*words, "--only", "sin")
    assert (missing.exit_code, missing.stderr) == (
        1,
        "axir ir: there is no op 'sin' at stage trace.\n",
    )


def test_json(program: str) -> None:
    found = json.loads(run(f"{program}:loss", *TYPES, "--json").stdout)
    assert (found["function"], found["stage"]) == ("loss", "trace")
    tanh = next(x for x in found["lines"] if x["op"] == "tanh")
    assert tanh["place"] == {"function": "loss", "file": program, "line": 4}
    assert tanh["uses"] == found["lines"][2]["defines"] == ["%0"]
    short = json.loads(run(f"{program}:loss", *TYPES, "--json", "--pretty").stdout)
    assert [x["op"] for x in short["lines"]][1:3] == ["dot_general", "tanh"]


def test_pass_by_pass(program: str) -> None:
    words = (f"{program}:loss", *TYPES, "--transform", "grad", "--pass-by-pass")
    text = run(*words).stdout
    titles = [x.split(":")[0] for x in text.splitlines() if " ms, " in x]
    assert titles[0] == "expand-transforms"
    assert titles[-1] == "dce"
    assert "+   d: f32[4,2] = tanh c" in text
    assert "\x1b[" not in text
    steps = json.loads(run(*words, "--json").stdout)
    assert [s["name"] for s in steps] == titles
    assert all(a["after"] == b["before"] for a, b in itertools.pairwise(steps))
    assert all(s["milliseconds"] > 0 for s in steps)


def test_differences_ignore_names_but_not_operands() -> None:
    def lines(body: str):
        head = "func.func @f(%x: tensor<f32>, %y: tensor<f32>) -> tensor<f32> {\n"
        return pretty_lines(parse_module(f"{head}{body}  return %z : tensor<f32>\n}}"))

    def op(result: str, name: str, operand: str) -> str:
        return f'  %{result} = "axir.{name}"(%{operand}) : (tensor<f32>) -> tensor<f32>\n'

    before = lines(op("a", "sin", "x") + op("b", "cos", "x") + op("z", "exp", "b"))
    assert diff_lines(before, before) == []
    removed = lines(op("b", "cos", "x") + op("z", "exp", "b"))
    assert [x for x in diff_lines(before, removed) if x[0] in "+-"] == ["-   c: f32[] = sin a"]
    other = lines(op("a", "sin", "x") + op("b", "cos", "x") + op("z", "exp", "a"))
    changed = [x for x in diff_lines(before, other) if x[0] in "+-"]
    assert changed == ["-   e: f32[] = exp d", "+   e: f32[] = exp c"]


def test_arguments_from_the_program(program: str) -> None:
    types = run(f"{program}:loss", *TYPES).stdout
    assert run(f"{program}:loss", "--args-from", f"{program}:example_args").stdout == types
    assert run(f"{program}:loss", "--args-from", f"{program}:keywords").stdout == types
    single = run(f"{program}:wide", "--args-from", f"{program}:number", "--pretty").stdout
    assert single.startswith("wide(a: i32[]) -> (i32[]):")


def test_wide_types_switch_64_bit_dtypes_on(program: str) -> None:
    assert run(f"{program}:wide", "f64[2]", "--pretty").stdout.startswith("wide(a: f64[2]) -> (f64[2]):")
    assert not axir.config.x64_enabled


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("FILE:nothing", "f32"), "there is no 'nothing' in FILE; it has loss, example_args"),
        (("FILE:number", "f32"), "FILE:number is no function; it is a int."),
        (("FILE", "f32"), "a function is given as file.py:name"),
        (("none.py:f", "f32"), "there is no file none.py."),
        (("no_such_module:f", "f32"), "no_such_module: ModuleNotFoundError"),
        (("FILE:loss", "f33[2]"), "there is no dtype 'f33'"),
        (
            ("FILE:loss", "f32[2"),
            "a type reads dtype[size,...], for example f32[8,16] or i32[]; got 'f32[2'.",
        ),
        (("FILE:loss", "f32[a]"), "sizes must be whole numbers; got 'a'"),
        (("FILE:loss", "f32[2]"), "missing 1 required positional argument: 'x'"),
        (
            ("FILE:raises", "f32"),
            "ZeroDivisionError: division by zero. At program_for_tests.py:15: return x + 1 / 0",
        ),
        (("FILE:add", "f32[3]", "f32[4]"), "got (3,), (4,). At program_for_tests.py:18: return x + y"),
        (("FILE:add", "f32", "--transform", "grid"), "there is no 'grid'; use checkpoint, grad"),
        (("FILE:add", "f32", "--transform", "grad("), "takes names with options"),
        (("FILE:add", "f32", "--transform", "vmap(size=3)"), "unexpected keyword argument 'size'"),
        (("FILE:add", "f32", "--stage", "flo"), "there is no stage 'flo'"),
        (("FILE:add", "f32", "--stage", "vm", "--pretty"), "--pretty shows the stages trace and rewritten"),
        (("FILE:add", "f32", "--only", "add", "--around", "add"), "give --only or --around, not both"),
        (("FILE:add", "f32", "--args-from", "FILE:number"), "or --args-from, not both"),
    ],
)
def test_errors_are_one_line(program: str, words: tuple[str, ...], message: str) -> None:
    found = run(*(w.replace("FILE", program) for w in words))
    assert found.exit_code == 1
    assert found.stdout == ""
    assert found.stderr.startswith("axir ir: ")
    assert found.stderr.count("\n") == 1
    assert message.replace("FILE", program) in found.stderr


def test_transformations_apply_from_left_to_right() -> None:
    def f(x):
        return np.sin(x)

    assert apply_transforms(f, " ") is f
    batched = apply_transforms(f, "grad, vmap(in_axes=0)")
    assert np.allclose(batched(np.arange(3.0)), np.cos(np.arange(3.0)))
    primal, tangent = apply_transforms(f, "jvp")(1.0, 2.0)
    assert np.allclose(tangent, 2 * np.cos(1.0))
    value, (slope,) = apply_transforms(f, "vjp")(1.0, 3.0)
    assert np.allclose(np.array([primal, slope]), np.array([value, 3 * np.cos(1.0)]))
    with pytest.raises(CommandError, match=r"there is no 'np\.sin'"):
        apply_transforms(f, "np.sin")


@pytest.mark.parametrize(
    ("text", "shape", "dtype"),
    [
        ("f32[8,16]", (8, 16), "float32"),
        (" i32[] ", (), "int32"),
        ("i32", (), "int32"),
        ("bool[3]", (3,), "bool"),
        ("u8[0]", (0,), "uint8"),
        ("ui16[ 2 , 3 ]", (2, 3), "uint16"),
        ("bf16[1]", (1,), "bfloat16"),
        ("c64[2]", (2,), "complex64"),
        ("float64[2]", (2,), "float64"),
    ],
)
def test_specs(text: str, shape: tuple[int, ...], dtype: str) -> None:
    found = parse_spec(text)
    assert (found.shape, found.dtype.name) == (shape, dtype)


def test_the_short_form_in_python() -> None:
    program = axir.make_ir(lambda x: np.sin(x))(1.0)
    assert program.as_text(pretty=True).splitlines()[1] == "  b: f32[] = sin a"
    assert "= sin a  // <lambda>, test_ir.py:" in program.as_text(pretty=True, locations=True)


def test_lines_of_later_stages_know_places_and_values() -> None:
    def f(x):
        return np.exp(x) + 1

    text = axir.jit(f).trace(parse_spec("f32[8]")).as_text("linalg", debug_info=True)
    lines = text_lines(text)
    assert not any("#loc" in x.text for x in lines)
    assert any(x.place and x.place.file == __file__ for x in lines)
    only = selected(lines, "linalg.generic", around=False)
    assert {x.op for x in only if x.op} == {"func.func", "linalg.generic"}


def test_closed_pipes_are_quiet(program: str) -> None:
    code = "from axir_tools.main import main; main()"
    words = f"{sys.executable} -c '{code}' ir {program}:loss {' '.join(TYPES)} --stage linalg | head -n 1"
    found = subprocess.run(words, shell=True, capture_output=True, text=True, timeout=60, check=False)
    assert found.stdout.count("\n") == 1
    assert found.stderr == ""


@pytest.mark.parametrize(
    ("target", "stage", "mark"),
    [
        ("cuda:sm_80", "asm", ".target sm_80"),
        ("vulkan", "asm", "spirv.module"),
        ("vulkan", "executables", "vulkan-spirv-fb"),
        ("metal", "linalg", "linalg.generic"),
    ],
)
def test_stages_for_other_targets(program: str, target: str, stage: str, mark: str) -> None:
    found = run(f"{program}:loss", *TYPES, "--stage", stage, "--target", target)
    assert found.exit_code == 0, found.output
    assert mark in found.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--target", "vulkan"], "--target shows in the stages from linalg on; got --stage trace."),
        (["--stage", "asm", "--target", "z80"], "there is no target 'z80'. Use one of cpu, "),
        (["--stage", "llvm", "--target", "vulkan"], "have no form 'llvm' that is text. Use 'asm'."),
        (["--stage", "asm", "--only", "add"], "--only is for MLIR, which the stage asm is not."),
        (["--stage", "llvm", "--locations"], "--locations is for MLIR, which the stage llvm is not."),
        (["--locations", "--by-source"], "give --locations or --by-source, not both."),
        (
            ["--pass-by-pass", "--pretty"],
            "--pass-by-pass shows the passes from trace to rewritten; leave --pretty out.",
        ),
        (["--pass-by-pass", "--stage", "hal"], "leave --stage out."),
    ],
)
def test_options_without_effect_are_refused(program: str, words: list[str], message: str) -> None:
    found = run(f"{program}:loss", *TYPES, *words)
    assert found.exit_code == 1
    assert message in found.output
