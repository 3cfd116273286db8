"""What programs leave behind: nothing, however often they are called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import axir
import axir.numpy as np

N = 2_500_000


def _in_kernels_of_ours(x: Any) -> Any:
    for _ in range(5):
        x = np.cumsum(np.sin(x))
    return x.sum()


def _read_in_two_ways(x: Any) -> Any:
    rows = x.reshape(-1, 2, 2).sum(-1)
    return np.sin(rows[:, :, None] - rows[:, None, :]).sum()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not tell resident memory")
def test_calls_leave_no_memory_behind() -> None:
    """The backward pass reads what each step of the forward pass left, which takes several slabs of memory."""
    f, x = axir.jit(axir.grad(_in_kernels_of_ours)), np.ones(N)
    for _ in range(3):
        f(x).block_until_ready()
    before = _resident()
    for _ in range(8):
        f(x).block_until_ready()
    assert _resident() - before < 100_000_000  # 240,000,000 if buffers wait for the end of a call


@pytest.mark.parametrize("program", [_in_kernels_of_ours, _read_in_two_ways])
def test_barriers_are_gone_when_kernels_are_made(program: Callable[[Any], Any]) -> None:
    lowered = axir.jit(program).lower(np.ones(100))
    assert "axir.kernel_barrier" in lowered.as_text("linalg")
    assert "util.optimization_barrier" in lowered.as_text("flow")
    assert "util.optimization_barrier" not in lowered.as_text("stream")
