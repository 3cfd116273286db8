"""Artifacts where there is nothing but the runtime: no compiler, no frontend; and under IREE's own tools."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path
from typing import Any, Literal, NamedTuple

import iree.runtime
import ml_dtypes
import numpy as onp
import pytest

import axir
import axir.numpy as np
import axir_runtime

WEIGHTS = np.asarray(onp.linspace(-1, 1, 64 * 10, dtype="f4").reshape(64, 10))
X = onp.linspace(-2, 2, 4 * 64, dtype="f4").reshape(4, 64)


def scores(x: Any) -> Any:
    return axir.nn.softmax(x @ WEIGHTS)


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alone")
    onp.save(folder / "x.npy", X)
    onp.save(folder / "expected.npy", onp.asarray(scores(X)))
    return axir.aot.export(scores, "f32[4,64]", name="model").save(folder / "model.axir")


@pytest.fixture(scope="module")
def empty_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with just the packages that axir-runtime asks for."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "iree").mkdir()
    for package in (axir_runtime, onp, ml_dtypes):
        where = Path(str(package.__file__)).parent
        (folder / where.name).symlink_to(where)
        libraries = where.with_name(f"{where.name}.libs")
        if libraries.exists():
            (folder / libraries.name).symlink_to(libraries)
    for entry in Path(str(iree.runtime.__file__)).parents[1].iterdir():
        if entry.name != "compiler":
            (folder / "iree" / entry.name).symlink_to(entry)
    return folder


SCRIPT = """
import sys, json, resource
sys.path.insert(0, {site!r})
import numpy as np, axir_runtime
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
model = axir_runtime.load({path!r})
found = model.scores(np.load({x!r}))
np.testing.assert_allclose(found, np.load({expected!r}), 1e-5, 1e-6)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
names = sorted(m for m in sys.modules if m.startswith(("axir", "iree", "scipy", "optree", "jax")))
try:
    import iree.compiler
    compiler = True
except ImportError:
    compiler = False
print(json.dumps([names, compiler, grown]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory with Linux's units")
def test_nothing_but_the_runtime_is_needed(artifact: Path, empty_environment: Path) -> None:
    folder = artifact.parent
    places = {name: str(folder / f"{name}.npy") for name in ("x", "expected")}
    script = SCRIPT.format(site=str(empty_environment), path=str(artifact), **places)
    # Isolated, and without the site-packages of this interpreter.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    names, compiler, grown = json.loads(done.stdout)
    assert not compiler, "the compiler is out of reach"
    assert {name.partition(".")[0] for name in names} == {"axir_runtime", "iree"}
    assert not [name for name in names if name.startswith("iree.compiler")]
    assert grown < 32_000, "kilobytes of memory for loading and one call"


SERVING = """
import sys
sys.path.insert(0, {site!r})
from axir_runtime.serve.__main__ import main
sys.exit(main([{path!r}, "--port", "0"]))
"""
SERVER_PACKAGES = ("starlette", "uvicorn", "anyio", "click", "h11", "idna", "sniffio", "typing_extensions")
"""starlette, uvicorn, and what they ask for."""


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory with Linux's units")
def test_serving_needs_two_packages_more(artifact: Path, empty_environment: Path, tmp_path: Path) -> None:
    for entry in empty_environment.iterdir():
        (tmp_path / entry.name).symlink_to(entry)
    for found in filter(None, map(importlib.util.find_spec, SERVER_PACKAGES)):
        origin = Path(str(found.origin))
        origin = origin.parent if origin.name == "__init__.py" else origin
        (tmp_path / origin.name).symlink_to(origin)
    script = SERVING.format(site=str(tmp_path), path=str(artifact))
    words = [sys.executable, "-I", "-S", "-c", script]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("serving 'model'"), process.communicate(timeout=20)
        body = json.dumps({"inputs": [X.tolist()]}).encode()
        with urllib.request.urlopen(f"{line.split()[-1]}/v1/scores", body, timeout=60) as answer:
            result = json.load(answer)["result"]
        onp.testing.assert_allclose(result["data"], onp.asarray(scores(X)), 1e-5, 1e-6)
        status = Path(f"/proc/{process.pid}/status").read_text()
        resident = int(re.search(r"VmRSS:\s*(\d+)", status)[1])  # pyright: ignore[reportOptionalSubscript]
        process.terminate()
        assert process.wait(30) == 0
    assert resident < 90_000, "kilobytes of memory of the whole process"


class Run(NamedTuple):
    """A call of a function of an artifact by IREE's tool: its arguments and results as files."""

    artifact: Path
    function: str
    inputs: dict[str, str]
    expected: tuple[onp.ndarray, ...]
    device: str = "local-sync"
    storage: tuple[str, ...] = ()


def run_by_irees_tool(run: Run, folder: Path) -> list[onp.ndarray]:
    """The results of the plain ``.vmfb`` inside of an artifact, which any tool for zip files finds."""
    tool = shutil.which("iree-run-module", path=str(Path(sys.executable).parent)) or shutil.which(
        "iree-run-module"
    )
    if tool is None:
        pytest.skip("iree-run-module is not installed beside the interpreter")
    with zipfile.ZipFile(run.artifact) as archive:
        archive.extractall(folder)
    weights = json.loads((folder / "manifest.json").read_text())["parameters"]
    flags = [f"--module={folder / 'modules' / 'cpu-host.vmfb'}", f"--device={run.device}"]
    if weights is not None:
        place = (folder if weights["inside"] else run.artifact.parent) / weights["file"]
        flags.append(f"--parameters={weights['scope']}={place}")
    flags += [f"--function={run.function}", *(f"--input={text}" for text in run.inputs.values())]
    flags += [f"--input={text}" for text in run.storage]
    outputs = [folder / f"result{i}.npy" for i in range(len(run.expected))]
    done = subprocess.run(
        [tool, *flags, *(f"--output=@{path}" for path in outputs)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return [onp.load(path) for path in outputs]


@pytest.mark.parametrize("weights", ["inside", "separate"])
def test_modules_inside_run_under_irees_tool(weights: Literal["inside", "separate"], tmp_path: Path) -> None:
    def both(x: Any, shift: Any) -> Any:
        """A pytree of results, of the same weights."""
        return {"scores": scores(x), "sum": np.sum(x @ WEIGHTS, axis=1) + shift}

    def loss(x: Any, shift: Any) -> Any:
        return np.sum(both(x, shift)["sum"] ** 2)

    functions = {"both": both, "slope": axir.grad(loss)}
    exported = axir.aot.export(functions, "f32[4,64]", "f32[]", name="model", weights=weights)
    path = exported.save(tmp_path / "model.axir")
    assert (tmp_path / "model.irpa").exists() == (weights == "separate")
    onp.save(tmp_path / "x.npy", X)
    inputs = {"x": f"@{tmp_path / 'x.npy'}", "shift": "f32=0.25"}
    product = X @ onp.asarray(WEIGHTS)
    shifted = product.sum(axis=1) + 0.25
    powers = onp.exp(product - product.max(axis=1, keepdims=True))
    wanted = powers / powers.sum(axis=1, keepdims=True), shifted
    found = run_by_irees_tool(Run(path, "both", inputs, wanted), tmp_path / "both")
    for actual, expected in zip(found, wanted, strict=True):
        onp.testing.assert_allclose(actual, expected, 1e-5, 1e-5)
    slope = 2 * shifted[:, None] * onp.asarray(WEIGHTS).sum(axis=1)
    (actual,) = run_by_irees_tool(Run(path, "slope", inputs, (slope,)), tmp_path / "slope")
    onp.testing.assert_allclose(actual, slope, 1e-4, 1e-4)


def test_modules_with_named_sizes_and_on_all_cores_run_under_irees_tool(tmp_path: Path) -> None:
    exported = axir.aot.export(lambda x: x @ WEIGHTS, "f32[batch,64]", name="model")
    path = exported.save(tmp_path / "sizes.axir")
    for rows in (1, 4):
        # Rows of one size may have a program of their own, which the manifest tells.
        cases = axir_runtime.read_manifest(path)[0].functions[0].cases
        name = {dict(c.sizes)["batch"]: c.function for c in cases}.get(rows, "model")
        run = Run(path, name, {"x": f"{rows}x64xf32=0.5"}, (onp.empty(0),))
        (found,) = run_by_irees_tool(run, tmp_path / f"rows{rows}")
        wanted = onp.full((rows, 64), 0.5, "f4") @ onp.asarray(WEIGHTS)
        onp.testing.assert_allclose(found, wanted, 1e-5, 1e-5)
    large = axir.aot.export(lambda x: np.tanh(x) + 1, "f32[400000]", name="model")
    assert "-> float32[400000]" in repr(large)
    path = large.save(tmp_path / "large.axir")
    assert axir_runtime.read_manifest(path)[0].variants[0].parallel
    run = Run(path, "model", {"x": "400000xf32=0.5"}, (onp.empty(0),), "local-task", ("400000xf32",))
    (found,) = run_by_irees_tool(run, tmp_path / "large")
    onp.testing.assert_allclose(found, onp.full(400000, onp.tanh(0.5) + 1, "f4"), 1e-6)


def test_the_runtime_declares_what_it_imports() -> None:
    """Whoever installs axir-runtime gets all that the empty environment had."""
    project = (Path(axir_runtime.__file__).parents[1] / "pyproject.toml").read_text()
    found = re.search(r"^dependencies = (\[.*\])$", project, re.MULTILINE)
    assert found is not None
    names = [re.split(r"[=<>]", one)[0] for one in json.loads(found[1])]
    assert names == ["iree-base-runtime", "ml_dtypes", "numpy"]
