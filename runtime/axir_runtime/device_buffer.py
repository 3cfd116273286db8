"""Arrays in the memory of a GPU, and their transfer to and from the host."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from iree.runtime import BufferUsage, HalBufferView, HalFence, MemoryType

from axir_runtime.device import Device, state
from axir_runtime.dtypes import DType, describe, element_type
from axir_runtime.errors import OutOfMemoryError, RuntimeFailure, is_out_of_memory, status_reason

Shape = tuple[int, ...]

_BYTE = np.dtype(np.uint8)
_DEVICE_MEMORY = int(MemoryType.DEVICE_LOCAL)
_DEVICE_USAGE = int(BufferUsage.DEFAULT)
_STAGING_MEMORY = int(MemoryType.HOST_LOCAL | MemoryType.DEVICE_VISIBLE)
_STAGING_USAGE = int(BufferUsage.TRANSFER | BufferUsage.MAPPING_SCOPED)
# DLDeviceType of the DLPack specification.
_HOST = (1, 0)
_DLPACK_KINDS = {"cuda": 2, "vulkan": 7, "metal": 8, "hip": 10}
_SHAREABLE = ("cuda", "hip")
_new = object.__new__


class DeviceBuffer:
    """An immutable n-dimensional array in the memory of a device that is not the host.

    It may still be computed when it is made; whatever reads it waits for that.
    """

    __slots__ = ("__weakref__", "_epoch", "_shown", "_source", "device", "dtype", "fence", "shape", "view")

    shape: Shape
    dtype: DType
    device: Device
    view: HalBufferView
    """What compiled modules take."""
    fence: HalFence | None
    """What work with the contents must wait for; ``None`` once they are known to be there."""
    _source: str  # the function that computes them
    _shown: np.ndarray[Any, Any] | None  # the copy on the host, once somebody asked for it
    _epoch: int

    def __init__(self, array: np.ndarray[Any, Any], device: Device) -> None:
        """Copy an array to a device; any layout and byte order will do.

        Raises: TypeError for what is no ndarray, or of a dtype that no module takes; OutOfMemoryError.
        """
        if not isinstance(array, np.ndarray):
            raise TypeError(f"DeviceBuffer: expected a numpy.ndarray; got {type(array).__name__}")
        native = array.dtype.newbyteorder("=")
        kind = element_type(native)
        self._epoch = state.epoch
        self.shape, self.dtype, self.device = array.shape, native, device
        self._shown = self.fence = None
        self._source = ""
        self.view = _uploaded(np.ascontiguousarray(array, native), kind, device, array.shape)

    @staticmethod
    def from_view(
        view: HalBufferView,
        shape: Shape,
        dtype: DType,
        device: Device,
        fence: HalFence | None = None,
        source: str = "",
    ) -> DeviceBuffer:
        """Wrap what a module returned; ``dtype`` may be any of the element type's size.

        ``fence`` says when function ``source`` has computed it.
        """
        buffer = _new(DeviceBuffer)
        buffer.fence, buffer._source = fence, source
        buffer.view, buffer.shape, buffer.dtype, buffer.device = view, shape, dtype, device
        buffer._shown, buffer._epoch = None, state.epoch
        return buffer

    def reshaped(self, shape: Shape, dtype: DType | None = None) -> DeviceBuffer:
        """The same memory under another shape, and another dtype of the same width."""
        dtype = self.dtype if dtype is None else dtype
        view = HalBufferView(self.view.get_buffer(), shape, element_type(dtype))  # pyright: ignore[reportArgumentType]
        return DeviceBuffer.from_view(view, shape, dtype, self.device, self.fence, self._source)

    @property
    def array(self) -> np.ndarray[Any, Any]:
        """The contents as a read-only ndarray: a copy on the host, made once.

        Raises: RuntimeFailure if the device fails, or was opened by the parent of a forked process.
        """
        shown = self._shown
        if shown is None:
            shown = self._shown = self._download()
        return shown

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    @property
    def is_usable(self) -> bool:
        """Whether this process can reach the memory, as the child of one that made the buffer cannot."""
        return self._epoch == state.epoch

    def is_ready(self) -> bool:
        """Whether the contents are computed, or the run that should have done so failed."""
        if self.fence is None:
            return True
        self._check_process()
        try:
            return bool(self.fence.wait(timeout=0))
        except (RuntimeError, ValueError):
            return True

    def wait(self) -> None:
        """Wait until the contents are computed.

        Raises: RuntimeFailure if that failed; the message names the function.
        """
        if self.fence is None:
            return
        self._check_process()
        try:
            self.fence.wait()
        except Exception as error:
            raise device_failure(f"{self._source}: the run failed", error, self.device) from None
        self.fence = None

    def _check_process(self) -> None:
        if self._epoch != state.epoch:
            state.check(self.device.platform)

    def __repr__(self) -> str:
        return f"DeviceBuffer({self.dtype}{list(self.shape)}, {self.device})"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if copy is False:
            raise ValueError(f"the array is in the memory of {self.device}: NumPy needs a copy")
        return self.array.astype(self.dtype if dtype is None else dtype, copy=bool(copy))

    def __dlpack_device__(self) -> tuple[int, int]:
        return _DLPACK_KINDS[self.device.platform], self.device.id

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        """A DLPack capsule: of the memory itself (CUDA and HIP), or of a copy on the host for ``dl_device=(1, 0)``.

        Raises: BufferError where the memory cannot be shared: that of Vulkan and Metal has no address.
        """
        if dl_device == _HOST:
            if copy is False:
                raise BufferError(f"__dlpack__: the array is on {self.device}; the host needs a copy")
            return self.array.__dlpack__(max_version=max_version, copy=copy)
        if (
            dl_device not in (None, self.__dlpack_device__())
            or copy
            or self.device.platform not in _SHAREABLE
        ):
            raise BufferError(
                f"__dlpack__: memory of {self.device} cannot be shared so; got {dl_device=}, {copy=}. "
                "Ask for the host, dl_device=(1, 0), or take numpy.asarray of the array."
            )
        self.wait()
        return self.device.queue().device.create_dlpack_capsule(self.view, *self.__dlpack_device__())

    def _download(self) -> np.ndarray[Any, Any]:
        self._check_process()
        self.wait()
        try:
            memory = _downloaded(self.view, self.nbytes, self.device)
        except Exception as error:
            what = describe(self.shape, self.dtype)
            raise device_failure(f"{what} cannot be read from {self.device}", error, self.device) from None
        found = memory.view(self.dtype).reshape(self.shape)
        found.flags.writeable = False
        return found


def _uploaded(array: np.ndarray[Any, Any], kind: Any, device: Device, shape: Shape) -> HalBufferView:
    target = device.queue().device
    # Python's buffer protocol knows neither bfloat16 nor float8; bytes always pass.
    data = array.reshape(-1).view(_BYTE)
    try:
        memory = target.allocator.allocate_buffer_copy(_DEVICE_MEMORY, _DEVICE_USAGE, target, data)
        return HalBufferView(memory, shape, kind)  # pyright: ignore[reportArgumentType]
    except Exception as error:
        what = describe(shape, array.dtype)
        raise device_failure(f"{what} cannot be copied to {device}", error, device) from None


def _downloaded(view: HalBufferView, nbytes: int, device: Device) -> np.ndarray[Any, Any]:
    """The bytes of a buffer. IREE's own way imports the host's memory, which drivers refuse."""
    if not nbytes:
        return np.empty(0, _BYTE)
    target, source = device.queue().device, view.get_buffer()
    size = source.byte_length()
    staging = target.allocator.allocate_buffer(_STAGING_MEMORY, _STAGING_USAGE, size)
    done = target.create_semaphore(0)
    target.queue_copy(source, staging, [], [(done, 1)])
    done.wait(1)
    # Copied again, because memory that devices can write to is scarce, and may be slow to read.
    return np.array(staging.map().asarray((size,), _BYTE)[:nbytes])


def device_failure(what: str, error: Exception, device: Device) -> RuntimeFailure:
    """Our words for an error that IREE raised while it used a device."""
    if isinstance(error, RuntimeFailure):
        return error
    if not is_out_of_memory(error):
        return RuntimeFailure(f"{what}: {status_reason(error)}", str(error))
    from axir_runtime.statistics import largest  # it looks for buffers

    return OutOfMemoryError(
        f"{what}: {device} has no memory left. Let go of arrays that are not needed; {largest(device)}",
        str(error),
    )
