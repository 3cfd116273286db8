"""``axir stats``, ``bench``, ``cache`` and ``doctor``."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from axir.stages import ArgInfo
from axir_compiler.analysis.cost import Cost
from axir_compiler.ir.types import Aval
from axir_runtime import DiskCache
from axir_tools import doctor as doctor_module
from axir_tools import machine
from axir_tools.bench import random_like, time_calls
from axir_tools.main import app

PROGRAM = """import axir.numpy as np
from axir import lax

def loss(w, x):
    h = np.tanh(x @ w)
    return np.sum(h * h)

def loop(x):
    return lax.while_loop(lambda y: y[0] < 10, lambda y: y + 1, x)

def scaled(p, n):
    return p["x"] * n

arguments = ({"x": np.arange(3.0)}, 2)
"""
MODULE = """func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = "axir.sin"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
func.func @g(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
"""
MACHINE = machine.Roofline(flops=1e9, transcendentals=1e8, bytes=1e9)
runner = CliRunner()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a program and an MLIR file, a cache of its own, and a machine whose limits are known."""
    monkeypatch.setenv("AXIR_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "program_to_count.py").write_text(PROGRAM)
    (tmp_path / "module.mlir").write_text(MODULE)
    monkeypatch.setattr(machine, "_measured", lambda: MACHINE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str):
    return runner.invoke(app, list(words))


def figures(*words: str) -> dict[str, Any]:
    found = run(*words, "--json")
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def test_operations_bytes_and_memory(folder: Path) -> None:
    found = figures("stats", "program_to_count.py:loss", "f32[8,4]", "f32[16,8]")
    product = 2 * 16 * 8 * 4
    assert found["by op"]["dot_general"]["flops"] == product
    assert found["by op"]["tanh"]["transcendentals"] == 64
    assert found["total"]["flops"] == product + 64 + 63
    assert found["total"]["ops"] == 4
    assert found["memory"]["arguments"] == 4 * (32 + 128)
    assert found["memory"]["outputs"] == 4
    assert found["memory"]["peak"] >= 4 * (32 + 128 + 64)
    lines = found["by line"]
    assert list(lines) == [
        "program_to_count.py:5: h = np.tanh(x @ w)",
        "program_to_count.py:6: return np.sum(h * h)",
    ]
    assert lines["program_to_count.py:5: h = np.tanh(x @ w)"]["ops"] == 2
    for table in (found["by op"], lines):
        assert sum(r["flops"] for r in table.values()) == found["total"]["flops"]
        assert sum(r["fused bytes"] for r in table.values()) == found["total"]["fused bytes"]


def test_estimates_take_the_tighter_limit(folder: Path) -> None:
    found = figures("stats", "program_to_count.py:loss", "f32[8,4]", "f32[16,8]")
    tanh = found["by op"]["tanh"]
    assert tanh["estimated seconds"] == max(64 / 1e8, tanh["fused bytes"] / 1e9)
    assert found["machine"] == MACHINE._asdict()
    assert MACHINE.bound(Cost(flops=10, fused_bytes=5)) == "compute"
    assert MACHINE.bound(Cost(flops=5, fused_bytes=10)) == "memory"


def test_mlir_files_are_counted(folder: Path) -> None:
    assert figures("stats", "module.mlir")["by op"]["sin"]["transcendentals"] == 4
    assert figures("stats", "module.mlir", "--func", "g")["by op"] == {}
    missing = run("stats", "module.mlir", "--func", "h")
    assert (missing.exit_code, missing.stderr) == (
        1,
        "axir stats: module.mlir: there is no function @h; it has f, g.\n",
    )
    typed = run("stats", "module.mlir", "f32[4]")
    assert typed.exit_code == 1 and "module.mlir is an MLIR file, which has its types" in typed.stderr


def test_the_tables_are_text(folder: Path) -> None:
    found = run(
        "stats", "program_to_count.py:loss", "f32[8,4]", "f32[16,8]", "--transform", "grad", "--top", "2"
    )
    assert found.exit_code == 0, found.output
    assert "by op\n" in found.stdout
    assert "dot_general" in found.stdout
    assert "more; see --top" in found.stdout
    assert "\x1b[" not in found.stdout
    assert "1 of unknown length" in run("stats", "program_to_count.py:loop", "f32[3]").stdout


def test_the_machine_is_measured_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.roofline() == MACHINE
    other = MACHINE._replace(bytes=5.0)
    monkeypatch.setattr(machine, "_measured", lambda: other)
    assert machine.roofline() == MACHINE
    assert machine.roofline(measure=True) == other
    assert machine.roofline() == other
    (file,) = (folder / "cache").glob("roofline-*.json")
    file.write_text("[]")
    assert machine.roofline() == other
    monkeypatch.setenv("AXIR_CACHE_DIR", "off")
    assert machine.roofline() == other


def test_a_machine_is_measured() -> None:
    found = machine._measured()
    assert all(x > 1e6 for x in found)


# bench. -------------------------------------------------------------------------------------------------


def test_functions_are_timed(folder: Path) -> None:
    found = figures("bench", "program_to_count.py:loss", "f32[8,4]", "f32[16,8]", "--seconds", "0.05")
    times = found["seconds"]
    assert times["calls"] >= 5
    assert 0 < times["min"] <= times["median"] <= times["p95"] <= times["max"]
    assert found["flops per second"] == pytest.approx((1024 + 64 + 63 + 64) / times["median"])
    assert found["memory"]["argument_size_in_bytes"] == 4 * (32 + 128)
    text = run("bench", "program_to_count.py:loss", "f32[8,4]", "f32[16,8]", "--seconds", "0.01")
    assert "median of" in text.stdout


def test_arguments_of_the_user_are_used(folder: Path) -> None:
    found = run(
        "bench",
        "program_to_count.py:scaled",
        "--args-from",
        "program_to_count.py:arguments",
        "--seconds",
        "0.01",
    )
    assert found.exit_code == 0, found.output


@pytest.mark.parametrize("dtype", ["float32", "int8", "bool", "complex64"])
def test_random_arguments(dtype: str) -> None:
    info = ArgInfo(Aval((50,), np.dtype(dtype)))
    found = random_like(info, np.random.default_rng(0))
    assert (found.shape, found.dtype) == ((50,), np.dtype(dtype))
    assert len(np.unique(found)) > 1


def test_calls_are_repeated() -> None:
    calls: list[int] = []
    assert len(time_calls(lambda: calls.append(1), 0.0)) == 5
    assert len(calls) == 6


# cache. -------------------------------------------------------------------------------------------------


def fill(folder: Path) -> DiskCache:
    store = DiskCache(folder / "cache")
    for number in range(3):
        store.put(f"{number:064}", bytes(1000), {"function": f"f{number}"})
        path = store.entries()[-1].path
        os.utime(path, (time.time() - (3 - number) * 86400,) * 2)
    return store


def test_the_cache_is_listed(folder: Path) -> None:
    assert run("cache", "list").stdout.startswith("0 modules, 0 B of at most 1 GiB, in ")
    fill(folder)
    found = figures("cache", "list")
    assert [e["function"] for e in found["entries"]] == ["f2", "f1", "f0"]
    assert found["bytes"] == sum(e["bytes"] for e in found["entries"])
    text = run("cache", "list").stdout
    assert "3 days ago" in text
    assert "3 modules" in text


def test_damaged_entries_are_listed(folder: Path) -> None:
    fill(folder).entries()[0].path.write_bytes(b"nonsense")
    assert "(damaged)" in run("cache", "list").stdout


def test_the_cache_is_pruned_and_cleared(folder: Path) -> None:
    store = fill(folder)
    assert figures("cache", "prune", "--unused-days", "2.5")["removed"] == 1
    size = store.entries()[0].size
    assert figures("cache", "prune", "--max-bytes", str(size))["removed"] == 1
    assert run("cache", "clear").stdout.startswith("removed 1 modules")
    assert store.entries() == []


def test_a_cache_that_is_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AXIR_CACHE_DIR", "off")
    found = run("cache", "list")
    assert (found.exit_code, found.stderr) == (
        1,
        "axir cache list: the cache is switched off by AXIR_CACHE_DIR.\n",
    )


# doctor. ------------------------------------------------------------------------------------------------


def test_a_sound_installation(folder: Path) -> None:
    found = figures("doctor")
    assert {c["section"] for c in found} == {"versions", "machine", "cache", "environment", "devices"}
    assert not [c for c in found if c["ok"] is False]
    devices = {c["name"].partition(":")[0]: c for c in found if c["section"] == "devices"}
    assert set(devices) == {"cpu", "cuda", "hip", "metal", "vulkan"}
    assert "compiled and ran a program" in devices["cpu"]["value"]
    for platform, row in devices.items():
        assert "works" in row["value"] or f"no {platform} device here: " in row["value"]


def test_what_does_not_work_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("no such driver\nand more")

    monkeypatch.setattr(doctor_module, "_compile_and_run", broken)
    monkeypatch.setitem(doctor_module._SECTIONS, "machine", lambda: 1 / 0)
    found = run("doctor")
    assert found.exit_code == 1
    assert "FAIL" in found.stdout
    assert "does not work: no such driver\n" in found.stdout
    assert "ZeroDivisionError" in found.stdout
