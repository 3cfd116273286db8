"""Asynchronous programs: what waits for what, errors, memory dropped early, threads, the end of the process."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import numpy as np
import pytest
from device_program import ASYNCHRONOUS, PLATFORMS, compiled, device_or_skip
from iree.runtime import HalFence
from runtime_program import floats, run_python

from axir_runtime import Device, DeviceBuffer, Executable, OutOfMemoryError, RuntimeFailure, in_flight

pytestmark = [PLATFORMS, pytest.mark.gpu]


@pytest.fixture
def device(platform: str) -> Device:
    return device_or_skip(platform)


@pytest.fixture
def module(platform: str, device: Device) -> bytes:
    return compiled(platform, ASYNCHRONOUS)


@pytest.fixture
def add(module: bytes, device: Device) -> Executable:
    return Executable(device, module, function="add", title="sum_of_two")


@pytest.fixture
def held(device: Device):
    """A buffer that counts as not computed until its fence is signalled."""
    buffer = DeviceBuffer(floats(8), device)
    buffer.fence = fence = HalFence.create_at(device.queue().device.create_semaphore(0), 1)
    yield buffer, fence
    in_flight.drain()


def test_calls_return_before_the_work_is_done(add: Executable, held) -> None:
    buffer, fence = held
    (found,) = add([buffer, buffer])
    assert not found.is_ready()
    chain = [found]
    for _ in range(100):
        chain += add([chain[-1], floats(8)])
    assert not any(b.is_ready() for b in chain)
    fence.signal()
    np.testing.assert_array_equal(chain[-1].array, 102 * floats(8))
    assert all(b.is_ready() for b in chain)
    chain[-1].wait()
    assert chain[-1].fence is None


def test_errors_come_when_results_are_read(add: Executable, held) -> None:
    buffer, fence = held
    (found,) = add([buffer, buffer])
    (later,) = add([found, floats(8)])
    fence.fail("the device caught fire")
    for result in (found, later, later.reshaped((2, 4))):
        for read in (result.wait, lambda r=result: r.array, result.wait):
            with pytest.raises(RuntimeFailure, match="sum_of_two: the run failed: the device caught fire"):
                read()
        assert result.is_ready()
    np.testing.assert_array_equal(
        add([floats(8), floats(8)])[0].array, 2 * floats(8)
    )  # others are not concerned


def test_a_program_that_refuses_to_run(module: bytes, device: Device) -> None:
    refuses = Executable(device, module, function="refuses")
    with pytest.raises(RuntimeFailure, match="refuses: the run failed: told so"):
        refuses([floats(8)])[0].wait()


def test_results_of_a_program_that_does_nothing(module: bytes, device: Device, held) -> None:
    buffer, fence = held
    (same,) = Executable(device, module, function="identity")([buffer])
    fence.signal()
    np.testing.assert_array_equal(same.array, floats(8))


def test_memory_may_be_dropped_while_it_is_used(module: bytes, device: Device, held) -> None:
    buffer, fence = held
    add = Executable(device, module, function="add")
    (found,) = add([buffer, DeviceBuffer(floats(8), device)])
    (found,) = add([found, found])
    for _ in range(20):  # results that nobody wants
        add([found, DeviceBuffer(floats(8), device)])
    del buffer, add
    gc.collect()
    others = [
        DeviceBuffer(np.full(8, -1, np.float32), device) for _ in range(20)
    ]  # would take memory given back
    fence.signal()
    np.testing.assert_array_equal(found.array, 4 * floats(8))
    assert others[0].array[0] == -1


def test_a_long_chain(add: Executable, device: Device) -> None:
    """Of more calls than may be under way at a time."""
    found, one = DeviceBuffer(np.zeros(8, np.float32), device), DeviceBuffer(np.ones(8, np.float32), device)
    assert in_flight.LIMIT < 2000
    for _ in range(2000):
        (found,) = add([found, one])
    np.testing.assert_array_equal(found.array, 2000)


def test_out_of_memory_waits_for_what_is_under_way(module: bytes, device: Device) -> None:
    huge = Executable(device, module, function="huge")
    with pytest.raises(OutOfMemoryError, match="no memory left"):
        results = []
        for _ in range(80):
            results += huge([np.ones((), np.float32)])
            results[-1].wait()
    np.testing.assert_array_equal(DeviceBuffer(floats(4), device).array, floats(4))


def test_many_threads(add: Executable, device: Device) -> None:
    """Eight threads with a thousand calls each, of which some are read at once."""
    problems: list[object] = []

    def work(k: int) -> None:
        try:
            step = DeviceBuffer(np.full(8, k, np.float32), device)
            total = DeviceBuffer(np.zeros(8, np.float32), device)
            for n in range(1, 1001):
                (total,) = add([total, step])
                if n % 100 == k and not np.array_equal(total.array, np.full(8, n * k)):
                    problems.append((k, n))
            if not np.array_equal(total.array, np.full(8, 1000 * k)):
                problems.append(k)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert problems == []


START = """
    import os, sys
    import numpy as np
    from axir_runtime import *
    device = devices(sys.argv[1])[0]
    add = Executable(device, open(sys.argv[2], "rb").read(), function="add")
    x = DeviceBuffer(np.ones(8, np.float32), device)
    found = x
    for _ in range(500):
        (found,) = add([found, x])
"""


@pytest.fixture
def file(module: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "module"
    path.write_bytes(module)
    return path


def test_the_process_ends_with_work_in_flight(platform: str, file: Path) -> None:
    assert run_python(START + "    print('queued')", platform, file).stdout == "queued\n"


def test_a_child_does_not_wait_for_work_of_its_parent(platform: str, file: Path) -> None:
    code = (
        START
        + """
    if os.fork() == 0:
        for read in (found.wait, lambda: found.array, lambda: add([x, x])):
            try:
                read()
            except RuntimeFailure as error:
                print(str(error)[:30], flush=True)
        sys.exit(0)
    os.wait()
    print(found.array[0])
    """
    )
    lines = run_python(code, platform, file).stdout.splitlines()
    assert len(set(lines[:3])) == 1
    assert lines[0].startswith(f"{platform}: its driver was")
    assert lines[3:] == ["501.0"]
