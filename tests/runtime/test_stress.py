"""Many threads and many calls on CPUs: results are right, and memory does not grow."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import numpy as np
import pytest
from runtime_program import floats

from axir_runtime import Buffer, Device, Executable, OutOfMemoryError


def test_threads_with_mixed_calls(module: bytes, device: Device) -> None:
    """Eight threads with a thousand calls each, of small and of parallel programs, some loaded on the way."""
    add = Executable(device, module, function="add")
    spread = Executable(device, module, function="add", parallel=True)
    problems: list[object] = []

    def work(k: int) -> None:
        try:
            step, total = Buffer(np.full(8, k, np.float32)), Buffer(np.zeros(8, np.float32))
            for n in range(1, 1001):
                run = spread if n % 50 == 0 else add
                if n % 250 == 0:
                    run = Executable(device, module, function="add_dynamic", parallel=bool(k % 2))
                (total,) = run([total, step])
                if n % 97 == 0 and not np.array_equal(total.array, np.full(8, n * k)):
                    problems.append((k, n))
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert problems == []


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not tell resident memory")
def test_many_calls_do_not_grow(module: bytes, device: Device) -> None:
    """A hundred thousand calls; a leak of 64 bytes a call would be 6 MB."""
    add = Executable(device, module, function="add")
    x = Buffer(floats(8))
    for _ in range(2000):
        add([x, x])
    gc.collect()
    before = _resident()
    for _ in range(100_000):
        add([x, x])
    assert _resident() - before < 4 << 20


def test_out_of_memory_on_the_host(module: bytes, device: Device) -> None:
    """IREE's error, injected: memory of this machine cannot be exhausted without harm to others."""
    add = Executable(device, module, function="add")
    works = add._invoke

    def fails(*_: object) -> None:
        raise RuntimeError("c/runtime/allocator.c:1: RESOURCE_EXHAUSTED; failed to allocate; ")

    held = Buffer(np.zeros((5, 1 << 20), np.float32))
    add._invoke = fails
    add._bind()
    with pytest.raises(
        OutOfMemoryError, match=r"add: .*cpu:0 has no memory left.*float32\[5, 1048576\] \(20\.0 MiB\)"
    ):
        add([floats(8), floats(8)])
    add._invoke = works
    add._bind()
    np.testing.assert_array_equal(add([floats(8), floats(8)])[0].array, 2 * floats(8))
    assert held.nbytes == 20 << 20
