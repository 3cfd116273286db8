"""Buffers: what is shared, what is copied, who keeps what alive, and what is refused."""

from __future__ import annotations

import gc
import weakref

import ml_dtypes
import numpy as np
import pytest
from runtime_program import SHAPES, floats, shape_name

from axir_runtime import Buffer, Device, Executable, aligned_empty, from_dlpack, to_dlpack
from axir_runtime.buffer import ALIGNMENT, import_array
from axir_runtime.dtypes import ELEMENT_TYPES, element_type


class Tracked(np.ndarray):
    """An ndarray that can be watched dying."""


@pytest.mark.parametrize("shape", [(), (0,), (1,), (7,), (3, 0, 2), (5, 3), (1 << 16,)])
@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.float32, np.complex128, ml_dtypes.bfloat16])
def test_aligned_empty(shape: tuple[int, ...], dtype: type) -> None:
    array = aligned_empty(shape, dtype)
    assert array.shape == shape
    assert array.dtype == dtype
    assert array.ctypes.data % ALIGNMENT == 0
    assert array.flags.c_contiguous
    assert array.flags.writeable


def test_aligned_arrays_are_shared_and_others_copied(add: Executable) -> None:
    aligned, unaligned = aligned_empty((8,), np.float32), floats(8)
    aligned[:] = floats(8)
    assert unaligned.ctypes.data % ALIGNMENT != 0
    shared, copied = Buffer(aligned), Buffer(unaligned)
    result = add([shared, copied])[0]
    np.testing.assert_array_equal(result.array, 2 * floats(8))
    assert np.shares_memory(shared.array, aligned)
    assert not np.shares_memory(copied.array, unaligned)
    assert copied.array.ctypes.data % ALIGNMENT == 0
    assert copied.view is copied.view  # copied once


def test_before_any_call_every_array_is_shared() -> None:
    unaligned = floats(8)
    assert np.shares_memory(Buffer(unaligned).array, unaligned)


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(np.arange(16, dtype=np.float32)[::2], id="strided"),
        pytest.param(np.arange(8, dtype=np.float32)[::-1], id="reversed"),
        pytest.param(np.broadcast_to(np.float32(3), (8,)), id="broadcast"),
        pytest.param(np.arange(8, dtype=">f4"), id="big-endian"),
        pytest.param(np.arange(8, dtype=np.float32).view(Tracked), id="subclass"),
        pytest.param(np.frombuffer(np.arange(8, dtype=np.float32).tobytes(), np.float32), id="bytes"),
        pytest.param(
            np.asfortranarray(np.arange(8, dtype=np.float32).reshape(2, 4)).T.ravel("K"), id="order"
        ),
    ],
)
def test_any_layout_is_accepted(array: np.ndarray, add: Executable) -> None:
    expected = np.array(array, np.float32) * 2
    buffer = Buffer(array)
    assert type(buffer.array) is np.ndarray
    assert buffer.array.dtype.isnative
    np.testing.assert_array_equal(add([buffer, buffer])[0].array, expected)


def test_aligned_read_only_memory_is_shared(add: Executable) -> None:
    array = aligned_empty((8,), np.float32)
    array[:] = floats(8)
    array.flags.writeable = False
    buffer = Buffer(array)
    np.testing.assert_array_equal(add([buffer, buffer])[0].array, 2 * floats(8))
    assert np.shares_memory(buffer.array, array)


def test_contents_cannot_be_written(add: Executable) -> None:
    given = Buffer(floats(8))
    for buffer in (given, add([given, given])[0], given):
        with pytest.raises(ValueError, match="read-only"):
            buffer.array[0] = 1


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_rank_and_empty_arrays(shape: tuple[int, ...], module: bytes, device: Device) -> None:
    array = floats(*shape)
    result = Executable(device, module, function=shape_name(shape))([Buffer(array)])[0]
    assert result.array.shape == result.shape == shape
    assert (result.ndim, result.size, result.nbytes) == (array.ndim, array.size, array.nbytes)
    np.testing.assert_array_equal(result.array, -array)


@pytest.mark.parametrize("row", ELEMENT_TYPES, ids=lambda row: str(row.dtype))
@pytest.mark.parametrize("aligned", [False, True], ids=["copied", "shared"])
def test_every_dtype_in_and_out(row, aligned: bool, module: bytes, device: Device) -> None:
    array = np.array([[0, 1, 2], [3, 5, 1]]).astype(row.dtype)
    if row.dtype.kind == "c":
        array = array * row.dtype.type(1 - 2j)
    if row.dtype.kind == "u":
        array[0, 0] = np.iinfo(row.dtype).max
    if aligned:
        memory = aligned_empty((2, 3), row.dtype)
        memory[...] = array
        array = memory
    moved = Executable(device, module, function=f"moved_{row.dtype}", results=[((3, 2), row.dtype)])
    result = moved([Buffer(array)])[0]
    assert result.dtype == result.array.dtype == row.dtype
    np.testing.assert_array_equal(result.array, array.T)


@pytest.mark.parametrize("dtype", ["O", "U3", "M8[s]", np.longdouble, [("a", "i4")]], ids=str)
def test_other_dtypes_are_refused(dtype) -> None:
    with pytest.raises(TypeError, match="cannot be passed to a compiled module"):
        Buffer(np.zeros(3, dtype))
    with pytest.raises(TypeError, match="float32"):
        element_type(np.dtype(dtype))


def test_lists_are_refused() -> None:
    with pytest.raises(TypeError, match=r"expected a numpy.ndarray; got list"):
        Buffer([1.0])  # pyright: ignore[reportArgumentType]


def test_importing_unaligned_memory_is_refused() -> None:
    for array in (floats(8), aligned_empty((16,), np.float32)[::2], aligned_empty((0,), np.float32)):
        with pytest.raises(ValueError, match="64 bytes"):
            import_array(array)


def test_iree_keeps_an_imported_array_alive() -> None:
    array = aligned_empty((8,), np.float32).view(Tracked)
    alive = weakref.ref(array)
    view = import_array(array)
    del array
    gc.collect()
    assert alive() is not None
    del view
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize("function", ["identity", "reshape"])
def test_a_result_that_is_an_argument_outlives_it(function: str, module: bytes, device: Device) -> None:
    run = Executable(device, module, function=function)
    array = aligned_empty((8,), np.float32)
    array[:] = floats(8)
    watched = array.view(Tracked)
    del array
    alive = weakref.ref(watched)
    result = run([Buffer(watched)])[0].array
    del watched
    gc.collect()
    noise = [aligned_empty((8,), np.float32) for _ in range(100)]
    for other in noise:
        other[:] = -1
    assert result.base is not None
    np.testing.assert_array_equal(result.ravel(), floats(8))
    del result
    gc.collect()
    assert alive() is None


def test_results_outlive_executable_and_buffer(module: bytes, device: Device) -> None:
    run = Executable(device, module, function="constant")
    first, second = (buffer.array for buffer in run([]))
    del run
    gc.collect()
    np.testing.assert_array_equal(first, np.array([1, 2, 3], np.float32))
    np.testing.assert_array_equal(second, np.array([4, 5], np.int8))


def test_numpy_protocol() -> None:
    buffer = Buffer(floats(4))
    assert np.shares_memory(np.asarray(buffer), buffer.array)
    assert np.asarray(buffer, np.float64).dtype == np.float64
    copied = np.array(buffer)
    assert copied.flags.writeable
    assert not np.shares_memory(copied, buffer.array)
    with pytest.raises(ValueError, match="without a copy"):
        np.asarray(buffer, np.float64, copy=False)
    assert repr(buffer) == "Buffer(float32[4])"


def test_dlpack_shares_memory_both_ways() -> None:
    array = aligned_empty((2, 3), np.float32)
    array[...] = 1.5
    buffer = from_dlpack(array)
    assert np.shares_memory(buffer.array, array)
    again = np.from_dlpack(buffer)
    assert np.shares_memory(again, array)
    assert not again.flags.writeable
    assert buffer.__dlpack_device__() == (1, 0)


@pytest.mark.parametrize("dtype", [np.bool_, np.uint16, np.complex64, ml_dtypes.bfloat16], ids=str)
def test_dlpack_dtypes(dtype) -> None:
    buffer = Buffer(np.array([[0, 1, 1], [1, 0, 1]]).astype(dtype))
    result = from_dlpack(buffer)
    assert (result.dtype, result.shape) == (buffer.dtype, buffer.shape)
    np.testing.assert_array_equal(result.array, buffer.array)


def test_dlpack_for_consumers_of_old_versions() -> None:
    buffer = Buffer(floats(2, 3))

    class Old:
        """Asks without ``max_version``, as everybody did before DLPack 1.0."""

        def __dlpack__(self, **_: object) -> object:
            return to_dlpack(buffer)

        def __dlpack_device__(self) -> tuple[int, int]:
            return buffer.__dlpack_device__()

    assert '"dltensor"' in repr(to_dlpack(buffer))
    array = np.from_dlpack(Old())  # pyright: ignore[reportArgumentType]
    assert np.shares_memory(array, buffer.array)
    np.testing.assert_array_equal(array, floats(2, 3))


def test_dlpack_refusals() -> None:
    with pytest.raises(TypeError, match="__dlpack__"):
        from_dlpack([1, 2])
    with pytest.raises(BufferError, match="host memory"):
        to_dlpack(Buffer(floats(3)), stream=1)

    class Elsewhere:
        def __dlpack_device__(self) -> tuple[int, int]:
            return (2, 0)

        def __dlpack__(self, **_: object) -> object:
            raise BufferError("in the memory of a GPU")

    with pytest.raises(BufferError, match="GPU"):
        from_dlpack(Elsewhere())
