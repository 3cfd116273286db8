"""The check of known results that a device must pass before it is used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from axir._src import self_check, vulkan_devices
from axir._src.vulkan_devices import vulkan_target
from axir_compiler.errors import CompileError
from axir_runtime import Device, PlatformError, devices

pytestmark = pytest.mark.gpu

_ROWS = self_check.checks(frozenset({np.dtype("float32"), np.dtype("int32")}), 8)


def _right(binary: bytes, arrays: Sequence[np.ndarray], results: Any) -> list[np.ndarray]:
    return [row.expected for row in _ROWS]


def _fault(change: Any) -> str:
    def run(binary: bytes, arrays: Sequence[np.ndarray], results: Any) -> list[np.ndarray]:
        return change(_right(binary, arrays, results))

    return self_check.first_fault(_ROWS, lambda module: b"", run)


def test_right_results_pass() -> None:
    assert _fault(lambda found: found) == ""


@pytest.mark.parametrize("row", [0, 3, len(_ROWS) - 1])
def test_one_wrong_number_is_found(row: int) -> None:
    def change(found: list[np.ndarray]) -> list[np.ndarray]:
        spoiled = found[row].copy()
        spoiled.flat[-1] += 1
        return [*found[:row], spoiled, *found[row + 1 :]]

    assert _ROWS[row].op in _fault(change)


def test_nan_is_no_number() -> None:
    assert "wrong" in _fault(lambda found: [x * np.nan if x.dtype.kind == "f" else x for x in found])


def test_sums_cover_sizes_around_the_subgroup() -> None:
    sizes = {row.arrays[0].shape[1] for row in _ROWS if row.op == "reduce_sum"}
    assert {7, 8, 9, 16, 1024} <= sizes


def test_failure_to_compile_is_a_fault() -> None:
    def refuse(module: Any) -> bytes:
        raise CompileError("compile: no")

    assert "compile: no" in self_check.first_fault(_ROWS, refuse, _right)


def test_a_device_that_fails_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    try:
        device: Device = devices("vulkan")[0]
    except PlatformError as error:
        pytest.skip(str(error))
    monkeypatch.setenv("AXIR_CACHE_DIR", str(tmp_path))
    calls: list[str] = []

    def fails(*_: Any) -> str:
        calls.append("check")
        return "reduce_sum is wrong in 3 places"

    monkeypatch.setattr(vulkan_devices, "first_fault", fails)
    for _ in range(2):
        with pytest.raises(PlatformError, match="reduce_sum is wrong in 3 places"):
            vulkan_target(device)
    assert len(calls) == 2, "both profiles once; then the verdicts come from disk"
