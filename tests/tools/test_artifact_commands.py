"""``axir compile``, ``axir run`` and ``axir inspect``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from axir import aot
from axir_tools.main import app

PROGRAM = """
import axir.numpy as np
W = np.arange(12.0).reshape(4, 3)
def f(x):
    return np.tanh(x @ W)
def g(x, y):
    return {"sum": x.sum() + y["a"], "rest": [x.max(), y["b"]]}
def h(x):
    return np.linalg.eig(x)
def order(x):
    return np.sort(x)
example = ("f32[2]", {"a": 1.0, "b": "bool[2]"})
"""


def axir(*words: str | Path, code: int = 0) -> str:
    done = CliRunner().invoke(app, [str(w) for w in words])
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands")
    path = folder / "functions_of_test.py"
    path.write_text(PROGRAM)
    targets = ("--target", "cpu", "--target", "vulkan", "--target", "cpu:riscv64")
    said = axir("compile", f"{path}:f", "f32[2,4]", "-o", folder / "f.axir", *targets, "--include-ir")
    assert "f(x: float32[2, 4]) -> float32[2, 3]" in said and "for cpu:host, vulkan, cpu:riscv64" in said
    axir("compile", f"{path}:g", "--args-from", f"{path}:example", "-o", folder / "g.axir", "--name", "other")
    return folder


def test_run_prints_and_writes_results(folder: Path) -> None:
    x = np.linspace(-1, 1, 8, dtype="f4").reshape(2, 4)
    np.save(folder / "x.npy", x)
    axir("run", folder / "f.axir", "--input", folder / "x.npy", "--output", folder / "y.npy")
    expected = np.tanh(x @ np.arange(12, dtype="f4").reshape(4, 3))
    np.testing.assert_allclose(np.load(folder / "y.npy"), expected, 1e-5, 1e-6)
    words = ["--input", "f32[2]=1,2.5", "--input", "f32[]=3", "--input", "bool[2]=true"]
    said = axir("run", folder / "g.axir", "g", *words)
    assert said.splitlines() == ["float32[]", "2.5", "bool[2]", "[ True  True]", "float32[]", "6.5"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "none.axir"], "none.axir"),
        (["run", "f.axir", "g"], "axir run: name one of its functions: f."),
        (["run", "f.axir"], "takes 1 arrays; got 0. Give each by --input."),
        (["run", "f.axir", "--input", "f32[2,4]=1,2"], "the shape has 8 elements, the text 2"),
        (["run", "f.axir", "--input", "f32[2,4]=one"], "not all of the elements are float32 numbers"),
        (["run", "f.axir", "--input", "f33[2,4]=1"], "there is no dtype 'f33'"),
        (["run", "f.axir", "--input", "i8[2]=300"], "not all of the elements are int8 numbers"),
        (["run", "f.axir", "--input", "f64[2,4]=1"], "must be float32[2, 4]; got float64[2, 4]"),
        (["run", "f.axir", "--target", "cpu:riscv64", "--input", "f32[2,4]=1"], "no module that runs here"),
        (["run", "f.axir", "--input", "none.npy"], "none.npy: No such file or directory"),
        (["inspect", "none.axir"], "none.axir: No such file or directory"),
        (["inspect", "functions_of_test.py"], "not an axir artifact"),
        (["compile", "functions_of_test.py:f,g", "f32[2,4]"], "functions_of_test.py:f,g: TypeError: "),
        (
            ["compile", "functions_of_test.py:f", "f32[batch,4]", "--dim", "rows=1..9"],
            "there are bounds of 'rows', which no argument has; the sizes with names are batch.",
        ),
        (
            ["compile", "functions_of_test.py:order", "f32[n]", "--target", "vulkan"],
            "So it is in the program for GPUs; that for CPUs is another one.",
        ),
        (["compile", "functions_of_test.py:k", "f32[2]"], "there is no 'k' in functions_of_test.py"),
        (["compile", "functions_of_test.py"], "given as file.py:name"),
        (["compile", "none.py:f"], "there is no file none.py"),
        (["compile", "functions_of_test.py:h", "f32[2,2]"], "export: h calls linalg.eig"),
        (["compile", "functions_of_test.py:f", "f32[2,4]", "--target", "abacus"], "no target 'abacus'"),
    ],
)
def test_errors_are_one_line(
    words: list[str], message: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    said = axir(*words, code=1)
    assert said.startswith(f"axir {words[0]}: ") and message in said and said.count("\n") == 1


def test_inspect_describes_an_artifact(folder: Path) -> None:
    said = axir("inspect", folder / "f.axir")
    for words in (
        "'f', ",
        "f(x: float32[2, 4]) -> float32[2, 3]",
        "cpu:host: modules/cpu-host.vmfb",
        "SPIR-V",
        "p0: float32[4, 3]",
    ):
        assert words in said
    assert "one core, runs here" in said and "one core, does not run here" in said
    assert "cpu:riscv64 is for the CPU of a riscv64 machine." in said
    (gpu,) = (line for line in said.splitlines() if "modules/vulkan.vmfb" in line)
    assert "core" not in gpu
    manifest = json.loads(axir("inspect", folder / "f.axir", "--json"))
    assert [t["name"] for t in manifest["targets"]] == ["cpu:host", "vulkan", "cpu:riscv64"]
    axir("inspect", folder / "f.axir", "--extract", folder / "members")
    assert (folder / "members" / "ir" / "f.mlir").read_text().startswith("module")
    assert (folder / "members" / "modules" / "vulkan.vmfb").stat().st_size > 1000


def test_targets_are_listed() -> None:
    assert axir("compile", "--list-targets").splitlines() == list(aot.TARGETS)
    assert {"cpu", "vulkan", "vulkan:native", "cuda:sm_80", "metal"} <= set(aot.TARGETS)


def test_sizes_have_bounds_from_the_command_line(folder: Path) -> None:
    program, artifact = folder / "functions_of_test.py", folder / "sizes.axir"
    said = axir("compile", f"{program}:f", "f32[batch,4]", "-o", artifact, "--dim", "batch=2..9")
    assert "f(x: float32[batch, 4]) -> float32[batch, 3]" in said
    axir("run", artifact, "--input", "f32[3,4]=0")
    assert "2 <= batch <= 9; got float32[10, 4]" in axir("run", artifact, "--input", "f32[10,4]=0", code=1)
    said = axir("compile", f"{program}:f", "f32[batch,4]", "-o", artifact, "--dim", "batch=9", code=1)
    assert "--dim takes bounds such as 'batch=1..4096'; got 'batch=9'." in said
