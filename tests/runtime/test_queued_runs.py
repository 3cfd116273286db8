"""Asynchronous programs on all cores of the host: what waits for what, memory, errors, threads, forks, the end."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from iree.runtime import HalFence
from runtime_program import BIG, FIXED, FLAGS, elementwise, floats, run_python
from test_executables import resident_bytes

from axir_runtime import Buffer, Device, Executable, RuntimeFailure, in_flight, to_dlpack
from axir_runtime.buffer import aligned_copy
from axir_runtime.in_flight import Run

ASYNCHRONOUS = "--iree-execution-model=async-external"
PROGRAM = "\n".join(
    [
        elementwise("add", "8x", "arith.addf", 2),
        elementwise("add_into", f"{BIG}x", "arith.addf", 2, storage=True),
        FIXED,
    ]
)


@pytest.fixture(scope="module")
def queued() -> bytes:
    from iree.compiler import tools

    compiled = tools.compile_str(f"module {{{PROGRAM}}}", extra_args=[*FLAGS, ASYNCHRONOUS])
    assert compiled is not None
    return compiled


@pytest.fixture(scope="module")
def file(queued: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("queued") / "module"
    path.write_bytes(queued)
    return path


@pytest.fixture
def add(queued: bytes, device: Device) -> Executable:
    return Executable(device, queued, function="add", title="sum_of_two", parallel=True)


@pytest.fixture
def add_into(queued: bytes, device: Device) -> Executable:
    return Executable(device, queued, function="add_into", title="large_sum", parallel=True)


def hold(device: Device, *shape: int) -> tuple[Buffer, HalFence]:
    """A buffer of floats that counts as not computed until its fence is signalled."""
    fence = HalFence.create_at(device.queue(True).device.create_semaphore(0), 1)
    values = aligned_copy(floats(*shape))
    return Buffer.from_run(Run(fence), values, values.shape, values.dtype), fence


@pytest.fixture
def held(device: Device) -> Iterator[tuple[Buffer, HalFence]]:
    yield hold(device, 8)
    in_flight.drain()


def signal_soon(fence: HalFence) -> threading.Event:
    """Signal from another thread; the event is set just before."""
    said = threading.Event()

    def signal() -> None:
        said.set()
        fence.signal()

    threading.Timer(0.05, signal).start()
    return said


def test_calls_return_before_the_work_is_done(add: Executable, held) -> None:
    buffer, fence = held
    (found,) = add([buffer, buffer])
    one = Buffer(floats(8))
    chain = [found]
    for _ in range(100):
        chain += add([chain[-1], one])
    assert add.is_asynchronous
    assert not any(b.is_ready() for b in chain)
    fence.signal()
    np.testing.assert_array_equal(chain[-1].array, 102 * floats(8))
    assert all(b.is_ready() for b in chain)


READS = {
    "array": lambda b: b.array,
    "numpy": np.asarray,
    "view": lambda b: b.view,
    "wait": lambda b: b.wait(),
    "dlpack": np.from_dlpack,
    "old dlpack": lambda b: to_dlpack(b),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_reading_waits(read, add: Executable, held) -> None:
    buffer, fence = held
    (found,) = add([buffer, buffer])
    said = signal_soon(fence)
    read(found)
    assert said.is_set()
    assert found.is_ready()


def test_programs_of_the_calling_thread_wait(module: bytes, device: Device, add: Executable, held) -> None:
    buffer, fence = held
    small = Executable(device, module, function="add")
    (found,) = add([buffer, buffer])
    signal_soon(fence)
    np.testing.assert_array_equal(small([found, found])[0].array, 4 * floats(8))


def test_arrays_of_numpy_may_be_written_to_after_the_call(add: Executable, held) -> None:
    buffer, fence = held
    mine = floats(8)
    said = signal_soon(fence)
    (found,) = add([buffer, mine])
    assert said.is_set()
    mine[:] = -1
    np.testing.assert_array_equal(found.array, 2 * floats(8))


def test_errors_come_when_results_are_read(add: Executable, held) -> None:
    buffer, fence = held
    one = Buffer(floats(8))
    (found,) = add([buffer, one])
    (later,) = add([found, one])
    fence.fail("the cores caught fire")
    for result in (found, later):
        for read in (*READS.values(), READS["wait"]):
            with pytest.raises(RuntimeFailure, match="sum_of_two: the run failed: the cores caught fire"):
                read(result)
        assert result.is_ready()
    with pytest.raises(RuntimeFailure, match="caught fire"):
        add([later, one])[0].wait()
    np.testing.assert_array_equal(add([one, one])[0].array, 2 * floats(8))  # others are not concerned


def test_a_program_that_refuses_to_run(queued: bytes, device: Device) -> None:
    refuses = Executable(device, queued, function="refuses", parallel=True, title="picky")
    with pytest.raises(RuntimeFailure, match="picky: the run failed: told so"):
        refuses([Buffer(floats(8))])[0].wait()


def test_asynchronous_programs_are_for_all_cores(queued: bytes, device: Device) -> None:
    with pytest.raises(RuntimeFailure, match="add: the function cannot be called here: it is asynchronous"):
        Executable(device, queued, function="add")


def test_results_of_a_program_that_does_nothing(queued: bytes, device: Device, held) -> None:
    buffer, fence = held
    (same,) = Executable(device, queued, function="identity", parallel=True)([buffer])
    del buffer, held
    gc.collect()
    fence.signal()
    np.testing.assert_array_equal(same.array, floats(8))


def test_memory_may_be_dropped_while_it_is_used(queued: bytes, device: Device, add_into: Executable) -> None:
    buffer, fence = hold(device, BIG)
    (found,) = add_into([buffer, Buffer(floats(BIG))])
    (found,) = add_into([found, found])
    for _ in range(20):  # results that nobody wants
        add_into([found, Buffer(floats(BIG))])
    del buffer, add_into
    gc.collect()
    others = [np.full(BIG, -1, np.float32) for _ in range(40)]  # would take memory given back
    fence.signal()
    np.testing.assert_array_equal(found.array, 4 * floats(BIG))
    in_flight.drain()
    assert all((other == -1).all() for other in others)


def test_small_results_leave_the_memory_of_large_ones(queued: bytes, device: Device) -> None:
    run = Executable(device, queued, function="small_and_large", parallel=True)
    buffer, fence = hold(device, BIG)
    small, large = run([buffer])
    fence.signal()
    in_flight.drain()
    assert small._ref is None
    assert large._ref is not None
    np.testing.assert_allclose(small.array, floats(BIG).sum(dtype=np.float64), rtol=1e-4)
    np.testing.assert_array_equal(large.array, 2 * floats(BIG))


def test_a_long_chain(add: Executable) -> None:
    """Of more calls than may be under way at a time."""
    found, one = Buffer(np.zeros(8, np.float32)), Buffer(np.ones(8, np.float32))
    assert in_flight.LIMIT < 2000
    for _ in range(2000):
        (found,) = add([found, one])
        assert len(in_flight._open) <= in_flight.LIMIT
    np.testing.assert_array_equal(found.array, 2000)


def test_results_under_way_are_bounded(add_into: Executable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_flight, "BYTES", 12 * BIG)
    in_flight.drain()
    x = Buffer(floats(BIG))
    for _ in range(20):
        add_into([x, x])
        assert in_flight._bytes <= 16 * BIG
    in_flight.drain()
    assert (in_flight._bytes, len(in_flight._open)) == (0, 0)


def test_memory_does_not_grow(add: Executable, add_into: Executable) -> None:
    """Thousands of calls whose results nobody waits for."""
    x, large = Buffer(floats(8)), Buffer(floats(BIG))

    def calls(count: int) -> None:
        for _ in range(count):
            add([x, x])
            add([add([x, x])[0], x])
        for _ in range(count // 20):
            add_into([large, large])
        in_flight.drain()

    calls(5000)
    gc.collect()
    before = resident_bytes()
    calls(5000)
    assert resident_bytes() - before < 4 << 20


def test_many_threads(module: bytes, device: Device, add: Executable) -> None:
    """Eight threads with a thousand calls each, of both kinds of programs, of which some are read at once."""
    small = Executable(device, module, function="add")
    problems: list[object] = []

    def work(k: int) -> None:
        try:
            step, total = Buffer(np.full(8, k, np.float32)), Buffer(np.zeros(8, np.float32))
            for n in range(1, 1001):
                (total,) = (small if n % 7 == 0 else add)([total, step])
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


def test_a_fork_between_call_and_result(device: Device, add: Executable, held) -> None:
    """What the child is told about work that another thread of its parent began while it was forked."""
    buffer, fence = held
    (found,) = add([buffer, buffer])
    in_flight.forget()
    with pytest.raises(
        RuntimeFailure, match="sum_of_two: the run failed: this process was forked while it was under way"
    ):
        found.wait()
    fence.signal()


START = """
    import os, sys
    import numpy as np
    from axir_runtime import *
    device = devices("cpu")[0]
    add = Executable(device, open(sys.argv[1], "rb").read(), function="add_into", parallel=True)
    found = x = Buffer(np.ones(1 << 18, np.float32))
    for _ in range(500):
        (found,) = add([found, x])
"""


def test_the_process_ends_with_work_in_flight(file: Path) -> None:
    assert run_python(START + "    print('queued')", file).stdout == "queued\n"


def test_work_is_done_when_the_process_forks(file: Path) -> None:
    """The child reads what its parent began, and goes on with it."""
    code = """
    if (child := os.fork()) == 0:
        print(found.is_ready(), found.array[-1], add([found, x])[0].array[0], flush=True)
        sys.exit(0)
    os.wait()
    print(found.array[0], add([found, x])[0].array[0])
    """
    assert run_python(START + code, file).stdout == "True 501.0 502.0\n501.0 502.0\n"
