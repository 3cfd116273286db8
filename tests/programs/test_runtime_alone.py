"""Artifacts where there is nothing but the runtime: no compiler, no frontend; and under IREE's own tools."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

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


def test_modules_inside_run_under_irees_tool(artifact: Path, tmp_path: Path) -> None:
    tool = shutil.which("iree-run-module", path=str(Path(sys.executable).parent)) or shutil.which(
        "iree-run-module"
    )
    if tool is None:
        pytest.skip("iree-run-module is not installed beside the interpreter")
    _, archive = axir_runtime.read_manifest(artifact)
    for name in ("modules/cpu-host.vmfb", "parameters.irpa"):
        (tmp_path / Path(name).name).write_bytes(archive.member(name))
    flags = [
        f"--module={tmp_path / 'cpu-host.vmfb'}",
        f"--parameters=model={tmp_path / 'parameters.irpa'}",
        "--device=local-sync",
        "--function=scores",
        f"--input=@{artifact.parent / 'x.npy'}",
        f"--output=@{tmp_path / 'y.npy'}",
    ]
    done = subprocess.run([tool, *flags], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    onp.testing.assert_allclose(onp.load(tmp_path / "y.npy"), onp.asarray(scores(X)), 1e-5, 1e-6)


def test_the_runtime_declares_what_it_imports() -> None:
    """Whoever installs axir-runtime gets all that the empty environment had."""
    project = (Path(axir_runtime.__file__).parents[1] / "pyproject.toml").read_text()
    found = re.search(r"^dependencies = (\[.*\])$", project, re.MULTILINE)
    assert found is not None
    names = [re.split(r"[=<>]", one)[0] for one in json.loads(found[1])]
    assert names == ["iree-base-runtime", "ml_dtypes", "numpy"]
