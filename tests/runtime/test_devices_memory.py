"""Buffers on devices with memory of their own, and programs that take and give them."""

from __future__ import annotations

import gc
import threading

import ml_dtypes
import numpy as np
import pytest
from device_program import KERNEL_SHAPES, PLATFORMS, compiled, device_or_skip, kernel_dtypes
from runtime_program import floats, run_python, shape_name

from axir_runtime import (
    Buffer,
    Device,
    DeviceBuffer,
    DeviceExecutable,
    Executable,
    MixedDevicesError,
    OutOfMemoryError,
    RuntimeFailure,
    devices,
)
from axir_runtime.dtypes import ELEMENT_TYPES

pytestmark = [PLATFORMS, pytest.mark.gpu]


@pytest.fixture
def device(platform: str) -> Device:
    return device_or_skip(platform)


@pytest.fixture
def add(platform: str, device: Device) -> Executable:
    return Executable(device, compiled(platform), function="add")


def _samples(dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    values = np.arange(int(np.prod(shape))).reshape(shape) % 7
    found = values.astype(dtype)
    return found * dtype.type(1 - 2j) if dtype.kind == "c" else found


@pytest.mark.parametrize("row", ELEMENT_TYPES, ids=lambda row: str(row.dtype))
def test_every_dtype_there_and_back(row, device: Device) -> None:
    array = _samples(row.dtype, (3, 5))
    buffer = DeviceBuffer(array, device)
    assert (buffer.shape, buffer.dtype, buffer.device) == ((3, 5), row.dtype, device)
    assert (buffer.ndim, buffer.size, buffer.nbytes) == (2, 15, array.nbytes)
    assert buffer.array.dtype == row.dtype
    np.testing.assert_array_equal(buffer.array, array)
    assert not np.shares_memory(buffer.array, array)


@pytest.mark.parametrize("rank", range(9))
def test_every_rank_there_and_back(rank: int, device: Device) -> None:
    array = floats(*[1 + i % 3 for i in range(rank)])
    np.testing.assert_array_equal(DeviceBuffer(array, device).array, array)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0, 4)])
def test_empty_arrays_there_and_back(shape: tuple[int, ...], device: Device) -> None:
    found = DeviceBuffer(np.zeros(shape, np.int16), device).array
    assert (found.shape, found.dtype) == (shape, np.int16)


_FROZEN = np.arange(8, dtype=np.float32)
_FROZEN.flags.writeable = False


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(np.arange(16, dtype=np.float32)[::2], id="strided"),
        pytest.param(np.arange(8, dtype=np.float32)[::-1], id="reversed"),
        pytest.param(np.broadcast_to(np.float32(3), (8,)), id="broadcast"),
        pytest.param(np.arange(8, dtype=">f4"), id="big-endian"),
        pytest.param(_FROZEN, id="read-only"),
        pytest.param(np.frombuffer(np.arange(8, dtype=np.float32).tobytes(), np.float32), id="bytes"),
        pytest.param(np.arange(8, dtype=np.float32).reshape(2, 4).T, id="transposed"),
        pytest.param(np.arange(8).astype(ml_dtypes.bfloat16)[::3], id="strided-bfloat16"),
        pytest.param(floats(8), id="unaligned"),
    ],
)
def test_any_layout_is_accepted(array: np.ndarray, device: Device) -> None:
    found = DeviceBuffer(array, device)
    assert found.dtype.isnative
    np.testing.assert_array_equal(found.array, array)


def test_the_device_has_a_copy(device: Device) -> None:
    array = floats(8)
    buffer = DeviceBuffer(array, device)
    array[:] = 0
    np.testing.assert_array_equal(buffer.array, floats(8))


def test_contents_cannot_be_written(add: Executable, device: Device) -> None:
    given = DeviceBuffer(floats(8), device)
    for buffer in (given, add([given, given])[0]):
        with pytest.raises(ValueError, match="read-only"):
            buffer.array[0] = 1


def test_numpy_takes_them(device: Device) -> None:
    buffer = DeviceBuffer(floats(8), device)
    np.testing.assert_array_equal(np.asarray(buffer), floats(8))
    assert np.asarray(buffer, np.int32).dtype == np.int32
    np.array(buffer)[0] = 1  # a copy of one's own
    assert buffer.array is buffer.array
    with pytest.raises(ValueError, match="NumPy needs a copy"):
        np.asarray(buffer, copy=False)


@pytest.mark.parametrize("value", [[1.0], np.array([None]), np.array(["a"])], ids=["list", "object", "text"])
def test_what_is_no_array_is_refused(value: object, device: Device) -> None:
    with pytest.raises(TypeError):
        DeviceBuffer(value, device)  # pyright: ignore[reportArgumentType]


# Programs. ------------------------------------------------------------------------------------------


def test_a_program_runs(add: Executable, device: Device) -> None:
    assert isinstance(add, DeviceExecutable)
    (found,) = add([DeviceBuffer(floats(8), device), DeviceBuffer(floats(8) * 3, device)])
    assert type(found) is DeviceBuffer
    assert found.device is device
    np.testing.assert_array_equal(found.array, 4 * floats(8))
    (again,) = add([found, floats(8)])  # arrays of NumPy are copied there
    np.testing.assert_array_equal(again.array, 5 * floats(8))


@pytest.mark.parametrize("name", [str(row.dtype) for row in ELEMENT_TYPES])
def test_every_dtype_in_and_out(name: str, platform: str, device: Device) -> None:
    if name not in kernel_dtypes(platform):
        pytest.skip(f"the program for {platform} has no kernel of {name}")
    dtype = next(row.dtype for row in ELEMENT_TYPES if str(row.dtype) == name)
    array = _samples(dtype, (4, 8))
    moved = Executable(device, compiled(platform), function=f"moved_{name}", results=[((8, 4), dtype)])
    (found,) = moved([DeviceBuffer(array, device)])
    assert found.dtype == dtype
    np.testing.assert_array_equal(found.array, array.T)


@pytest.mark.parametrize("shape", KERNEL_SHAPES, ids=str)
def test_every_rank_in_and_out(shape: tuple[int, ...], platform: str, device: Device) -> None:
    (found,) = Executable(device, compiled(platform), function=shape_name(shape))([floats(*shape)])
    assert found.shape == shape
    np.testing.assert_array_equal(found.array, -floats(*shape))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_sizes_known_when_it_runs(size: int, platform: str, device: Device) -> None:
    add = Executable(
        device,
        compiled(platform),
        function="add_dynamic",
        arguments=[(("n",), np.float32), (("n",), np.float32)],
    )
    (found,) = add([floats(size), floats(size)])
    assert found.shape == (size,)
    np.testing.assert_array_equal(found.array, 2 * floats(size))
    with pytest.raises(ValueError, match="argument 1 must be"):
        add([floats(size), floats(size + 1)])


def test_results_without_elements_or_of_arguments(platform: str, device: Device) -> None:
    (empty,) = Executable(device, compiled(platform), function="empty")([])
    assert empty.array.shape == (0, 3)
    given = DeviceBuffer(floats(8), device)
    (same,) = Executable(device, compiled(platform), function="identity")([given])
    del given
    gc.collect()
    np.testing.assert_array_equal(same.array, floats(8))


def test_results_outlive_their_program(platform: str, device: Device) -> None:
    add = Executable(device, compiled(platform), function="add")
    (found,) = add([floats(8), floats(8)])
    del add
    gc.collect()
    np.testing.assert_array_equal(found.array, 2 * floats(8))


def test_arguments_that_do_not_fit(add: Executable, device: Device) -> None:
    good = DeviceBuffer(floats(8), device)
    with pytest.raises(TypeError, match="add: expected 2 arguments; got 1"):
        add([good])
    with pytest.raises(ValueError, match=r"add: argument 1 must be float32\[8\]; got float32\[7\]"):
        add([good, DeviceBuffer(floats(7), device)])
    with pytest.raises(TypeError, match=r"add: argument 0 must be float32\[8\]; got int32\[8\]"):
        add([DeviceBuffer(np.arange(8, dtype=np.int32), device), good])
    with pytest.raises(TypeError, match="add: argument 1 must be a buffer or ndarray; got list"):
        add([good, [1.0]])  # pyright: ignore[reportArgumentType]


def test_arguments_on_another_device(add: Executable, module: bytes, platform: str, device: Device) -> None:
    there = DeviceBuffer(floats(8), device)
    with pytest.raises(MixedDevicesError, match=f"add: argument 1 must be on {device}; it is on cpu:0"):
        add([there, Buffer(floats(8))])
    here = Executable(devices("cpu")[0], module, function="add")
    with pytest.raises(MixedDevicesError, match=f"add: argument 0 must be on the CPU; it is on {device}"):
        here([there, Buffer(floats(8))])  # pyright: ignore[reportArgumentType]


def test_a_program_that_fails(platform: str, device: Device) -> None:
    refuses = Executable(device, compiled(platform), function="refuses")
    with pytest.raises(RuntimeFailure, match="refuses: the run failed: told so"):
        refuses([floats(8)])


def test_a_module_for_another_device_is_refused(module: bytes, platform: str, device: Device) -> None:
    with pytest.raises(RuntimeFailure, match="add: the module cannot be loaded"):
        Executable(device, module, function="add")


# Memory. --------------------------------------------------------------------------------------------


def test_memory_is_counted(device: Device) -> None:
    gc.collect()
    before = device.memory_stats()
    held = [DeviceBuffer(np.zeros(1 << k, np.uint8), device) for k in (10, 12)]
    after = device.memory_stats()
    assert after["bytes_in_use"] - before["bytes_in_use"] == (1 << 10) + (1 << 12)
    assert after["num_allocs"] - before["num_allocs"] == 2
    assert after["largest_alloc_size"] >= 1 << 12
    held.clear()
    assert device.memory_stats() == before


def _exhaust(huge: Executable) -> None:
    """Take 4 GiB again and again, in vain where there is less; at most as much as the largest GPUs have."""
    results = []
    for _ in range(80):
        results += huge([np.ones((), np.float32)])


def test_out_of_memory_lists_the_largest_arrays(platform: str, device: Device) -> None:
    held = DeviceBuffer(np.zeros((3, 1 << 20), np.float32), device)
    huge = Executable(device, compiled(platform), function="huge")
    with pytest.raises(
        OutOfMemoryError, match=r"huge: .* no memory left.*float32\[3, 1048576\] \(12\.0 MiB\)"
    ):
        _exhaust(huge)
    assert issubclass(OutOfMemoryError, MemoryError)
    np.testing.assert_array_equal(held.array[0, :2], 0)  # the device works on
    np.testing.assert_array_equal(DeviceBuffer(floats(4), device).array, floats(4))


def test_threads(add: Executable, device: Device) -> None:
    problems: list[object] = []

    def work(k: int) -> None:
        try:
            x = DeviceBuffer(floats(8) * k, device)
            for _ in range(20):
                if not np.array_equal(add([x, floats(8)])[0].array, floats(8) * (k + 1)):
                    problems.append(k)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert problems == []


# Processes. -----------------------------------------------------------------------------------------


def test_exit_with_everything_alive(platform: str, device: Device, tmp_path) -> None:
    (tmp_path / "module").write_bytes(compiled(platform))
    code = """
    import sys
    import numpy as np
    from axir_runtime import *
    device = devices(sys.argv[1])[0]
    add = Executable(device, open(sys.argv[2], "rb").read(), function="add")
    x = DeviceBuffer(np.arange(8, dtype=np.float32), device)
    results = [add([x, x])[0] for _ in range(5)]
    print(results[0].array[3])
    cycle = [add, results, x]; cycle.append(cycle)
    """
    assert run_python(code, platform, tmp_path / "module").stdout == "6.0\n"


def test_a_forked_child_is_told(platform: str, device: Device) -> None:
    code = """
    import os, sys
    import numpy as np
    from axir_runtime import *
    device = devices(sys.argv[1])[0]
    x = DeviceBuffer(np.arange(8, dtype=np.float32), device)
    if os.fork() == 0:
        for action in (lambda: x.array, lambda: DeviceBuffer(np.zeros(3), device)):
            try:
                action()
            except RuntimeFailure as error:
                print(error, flush=True)
        del x
        print(devices("cpu")[0].memory_stats()["bytes_in_use"] >= 0, flush=True)
        os._exit(0)
    os.wait()
    print(x.array[3])
    """
    lines = run_python(code, platform).stdout.splitlines()
    told = (
        f"{platform}: its driver was opened before this process was forked, and does not work in the child."
    )
    assert [line.startswith(told) for line in lines[:2]] == [True, True]
    assert lines[2:] == ["True", "3.0"]


def test_a_child_forked_before_the_first_use_opens_the_device(platform: str, device: Device) -> None:
    code = """
    import os, sys
    import numpy as np
    from axir_runtime import *
    if os.fork() == 0:
        device = devices(sys.argv[1])[0]
        print(DeviceBuffer(np.arange(8.0), device).array[3], flush=True)
        os._exit(0)
    os.wait()
    """
    assert run_python(code, platform).stdout == "3.0\n"
