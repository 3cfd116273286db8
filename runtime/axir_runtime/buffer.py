"""Host memory that both NumPy and compiled modules use, without a copy between them.

Who keeps what alive: a module's result is IREE's memory, and the ndarray on it holds the mapping. An
ndarray that goes in is handed over through DLPack, so that IREE itself holds a reference to it until
the last of *its* objects is gone; this matters when a program returns one of its arguments, because the
result then outlives everything Python knows about. (``import_host_allocation`` looks simpler, but ties
the array to a Python wrapper only, and accepts memory on which vector instructions fault.)
"""

from __future__ import annotations

import math
from ctypes import addressof, c_char
from typing import Any, cast

import ml_dtypes
import numpy as np
from iree.runtime import BufferUsage, HalBufferView, MemoryType, VmRef

from axir_runtime.device import Device, Queue, devices, state
from axir_runtime.dtypes import DType, element_type
from axir_runtime.in_flight import Run
from axir_runtime.pool import Pool

ALIGNMENT = 64  # bytes; kernels load whole vectors at the start of each array
Shape = tuple[int, ...]

_BYTE = np.dtype(np.uint8)
_BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
_MEMORY = int(MemoryType.HOST_LOCAL | MemoryType.DEVICE_VISIBLE)
_USAGE = int(BufferUsage.DEFAULT)
_new = object.__new__
_pool = Pool(limit=1 << 27, least=1 << 17)
# What VmRef.deref calls, in a quarter of its time.
view_of: Any = getattr(HalBufferView, "__iree_vm_cast__")  # noqa: B009, not in the type stubs


def aligned_empty(shape: Shape, dtype: Any) -> np.ndarray[Any, Any]:
    """Uninitialised C-contiguous array whose memory starts at a multiple of 64 bytes."""
    dtype = np.dtype(dtype)
    raw = np.empty(math.prod(shape) * dtype.itemsize + ALIGNMENT, _BYTE)
    return np.ndarray(shape, dtype, raw, -_address(raw) % ALIGNMENT)


def storage_for(shape: Shape, dtype: DType) -> np.ndarray[Any, Any]:
    """As ``aligned_empty``, for results; large memory that others gave back is used again."""
    return np.ndarray(shape, dtype, _pool.empty(math.prod(shape) * dtype.itemsize))


def _address(array: np.ndarray[Any, Any]) -> int:
    """Where a contiguous array's memory starts; where possible four times as fast as NumPy's own way."""
    if array.size and array.flags.writeable and array.dtype.isbuiltin == 1:
        return addressof(c_char.from_buffer(cast(Any, array)))
    return array.ctypes.data


class Buffer:
    """An immutable n-dimensional array in host memory, usable by NumPy and by compiled modules.

    Made from an ndarray, it takes that array over: whoever still holds a writable reference must not
    write to it. Memory that IREE can use as it is (C-contiguous, 64-byte aligned, native byte order) is
    shared; anything else is copied once, when a module first needs it.
    """

    __slots__ = ("__weakref__", "_array", "_pending", "_ref", "_shown", "_view", "dtype", "shape")

    shape: Shape
    dtype: DType
    _array: np.ndarray[Any, Any] | None  # the memory as handed in; None for results of a module
    _shown: np.ndarray[Any, Any] | None  # the read-only ndarray that callers get
    _ref: VmRef | None  # what a module returned: IREE's reference to a buffer view
    _view: HalBufferView | None  # what modules get; None until first needed, and while it is computed
    _pending: Run | None  # what computes the contents, until somebody has waited for it

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        if not isinstance(array, np.ndarray):
            raise TypeError(f"Buffer: expected a numpy.ndarray; got {type(array).__name__}")
        element_type(array.dtype.newbyteorder("="))  # refuse object, str, ... now, not at the first call
        array = array if type(array) is np.ndarray else array.view(np.ndarray)
        if not array.dtype.isnative:
            array = array.astype(array.dtype.newbyteorder("="))
        self._array = array
        self._shown = None
        self._ref = self._view = self._pending = None
        self.shape = array.shape
        self.dtype = array.dtype

    @staticmethod
    def from_ref(ref: VmRef, shape: Shape, dtype: DType) -> Buffer:
        """Wrap a buffer view that a module returned; ``dtype`` may be any of the element type's size."""
        buffer = _new(Buffer)
        buffer._ref = ref
        buffer._view = None
        buffer.shape = shape
        buffer.dtype = dtype
        buffer._array = buffer._shown = buffer._pending = None
        return buffer

    @staticmethod
    def from_run(run: Run, memory: np.ndarray[Any, Any] | VmRef, shape: Shape, dtype: DType) -> Buffer:
        """The contents that a run computes into memory: an array, or what a module returned."""
        buffer = _new(Buffer)
        is_array = isinstance(memory, np.ndarray)
        buffer._array, buffer._ref = (memory, None) if is_array else (None, memory)
        buffer._view = buffer._shown = None
        buffer._pending = run
        buffer.shape = shape
        buffer.dtype = dtype
        return buffer

    @staticmethod
    def of_copy(array: np.ndarray[Any, Any]) -> Buffer:
        """A copy in IREE's memory of an array that is C-contiguous and not empty."""
        buffer = _new(Buffer)
        buffer._view = copy_array(array)
        buffer.shape = array.shape
        buffer.dtype = array.dtype
        buffer._array = buffer._shown = buffer._ref = buffer._pending = None
        return buffer

    @property
    def array(self) -> np.ndarray[Any, Any]:
        """The contents as a read-only ndarray, without a copy."""
        shown = self._shown
        if shown is None:
            self.wait()
            shown = self._map(self.view) if self._array is None else self._array.view()
            shown.flags.writeable = False
            self._shown = shown
        return shown

    @property
    def view(self) -> HalBufferView:
        """What IREE takes as an argument, once the contents are there."""
        view = self._view
        if view is None:
            self.wait()
            ref = self._ref
            view = self._view = self._import() if ref is None else view_of(ref)
        return view

    def early_view(self) -> HalBufferView:
        """What IREE takes as an argument of a run that waits itself for what computes the contents.

        A copy would be made too early: only memory that a run was given will do.
        """
        ref = self._ref
        if ref is not None:
            return view_of(ref)
        assert self._array is not None
        return import_array(self._array)

    @property
    def device(self) -> Device:
        """The CPU; all of its devices share host memory."""
        return devices("cpu")[0]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    def is_ready(self) -> bool:
        """Whether the contents are computed, or the run that should have done so failed."""
        pending = self._pending
        return pending is None or pending.is_done()

    def wait(self) -> None:
        """Wait until the contents are computed.

        Raises: RuntimeFailure if that failed; the message names the function.
        """
        pending = self._pending
        if pending is not None:
            pending.wait()
            self._pending = None

    def part(self) -> None:
        """Let go of memory that results of one run share, once the contents are there."""
        ref = self._ref
        if ref is not None:
            self._array = aligned_copy(self._map(view_of(ref)))
            self._ref = None

    def __repr__(self) -> str:
        return f"Buffer({self.dtype}{list(self.shape)})"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if dtype is None and copy is not True:
            return self.array
        if copy is False and np.dtype(dtype) != self.dtype:
            raise ValueError(f"cannot turn {self.dtype} into {np.dtype(dtype)} without a copy")
        return self.array.astype(self.dtype if dtype is None else dtype, copy=bool(copy))

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        """A DLPack capsule on the same memory, with the meaning the array API standard gives it.

        Consumers of DLPack 1.0 (``max_version=(1, 0)``) are told that the memory is read-only. Older
        ones cannot be told, and must not write.
        """
        if stream is not None or dl_device not in (None, self.__dlpack_device__()):
            raise BufferError(f"__dlpack__: the array is in host memory; got {stream=}, {dl_device=}")
        if self.dtype == _BFLOAT16 and not copy:  # NumPy cannot export it, IREE can
            return host_queue().device.create_dlpack_capsule(self.view, *self.__dlpack_device__())
        if copy or (max_version is not None and max_version >= (1, 0)):
            return self.array.__dlpack__(max_version=max_version, copy=copy)
        return _bytes_of(self.array).view(self.dtype).reshape(self.shape).__dlpack__()

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)  # kDLCPU

    def _map(self, view: HalBufferView) -> np.ndarray[Any, Any]:
        """IREE's memory as an ndarray.

        The mapping lives as long as the very array that `asarray` gives. Views have that one as base only if it is
        flat: for other shapes it is a view itself, which views of it skip.
        """
        return view.map().asarray((self.size,), self.dtype).reshape(self.shape)

    def _import(self) -> HalBufferView:
        """Hand the array to IREE, after copying it to where IREE can use it if need be."""
        array = self._array
        assert array is not None
        if array.size and not array.flags.c_contiguous:
            array = aligned_copy(array)
        if is_importable(array):
            view, kept = import_array(array), array
        else:
            view, kept = copy_array(array), None  # the copy is IREE's memory
        if kept is not self._array:  # from now on the copy is the contents; free the original
            self._array, self._shown = kept, None
        return view


def host_queue() -> Queue:
    """The device whose allocator owns what is imported; all CPU programs can use its buffers."""
    return state.queue("local-sync")


def is_importable(array: np.ndarray[Any, Any]) -> bool:
    """Whether compiled code can work on this memory as it is."""
    return array.flags.c_contiguous and array.size > 0 and _address(array) % ALIGNMENT == 0


def aligned_copy(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same values in memory that compiled code can use."""
    copy = aligned_empty(array.shape, array.dtype)
    np.copyto(copy, array)
    return copy


def copy_array(array: np.ndarray[Any, Any]) -> HalBufferView:
    """A buffer view on a copy of the array, which must be C-contiguous, in memory of IREE's."""
    device = host_queue().device
    return device.allocator.allocate_buffer_copy(_MEMORY, _USAGE, device, array, element_type(array.dtype))  # pyright: ignore[reportReturnType]


def import_array(array: np.ndarray[Any, Any]) -> HalBufferView:
    """A buffer view on the array's own memory; IREE keeps the array alive for as long as it uses it.

    Raises: ValueError if the memory is empty, not C-contiguous, or not aligned (IREE would crash later).
    """
    if not is_importable(array):
        raise ValueError(f"import_array: memory must be C-contiguous and aligned to {ALIGNMENT} bytes")
    # DLPack does not know bfloat16 as NumPy has it, and is strict about strides: bytes always pass.
    memory = host_queue().device.from_dlpack_capsule(_bytes_of(array).__dlpack__())
    return HalBufferView(memory.get_buffer(), array.shape, element_type(array.dtype))


def storage_view(array: np.ndarray[Any, Any]) -> HalBufferView:
    """A view on aligned memory that a module may write to in any way, for one call: IREE does not keep it alive.

    Memory that came through DLPack does not do: IREE refuses to copy to it.
    """
    memory = host_queue().device.allocator.import_host_allocation(
        array.reshape(-1).view(_BYTE), _MEMORY, _USAGE
    )
    return HalBufferView(memory, array.shape, element_type(array.dtype))


def _bytes_of(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The memory of a contiguous array as writable bytes."""
    if array.flags.writeable:
        return array.reshape(-1).view(_BYTE)
    return np.asarray(_Bytes(array))


class _Bytes:
    """A read-only array presented as writable bytes, which is the only kind NumPy exports to DLPack 0.8.

    Compiled modules write to results only.
    """

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.array = array
        self.__array_interface__ = {
            "version": 3,
            "shape": (array.nbytes,),
            "typestr": "|u1",
            "data": (array.ctypes.data, False),
        }
