"""Executables on devices with memory of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from iree.runtime import HalBufferView, HalFence, VmVariantList

from axir_runtime import in_flight
from axir_runtime.buffer import Buffer
from axir_runtime.device import state
from axir_runtime.device_buffer import DeviceBuffer, device_failure
from axir_runtime.errors import MixedDevicesError, OutOfMemoryError
from axir_runtime.executable import Executable, joined
from axir_runtime.signature import Spec, mismatch

Array = np.ndarray[Any, Any]


class DeviceExecutable(Executable):
    """An ``Executable`` whose arguments must live on its device; its results do. Arrays of NumPy are copied to it."""

    __slots__ = ()

    def __call__(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, args: Sequence[Buffer | DeviceBuffer | Array], numbers: Sequence[int] = ()
    ) -> list[DeviceBuffer]:
        """Run the function. An asynchronous one returns when its work is queued; results wait when they are read.

        Args:
            args: the arrays.
            numbers: the 64-bit integers that come after them, if the function takes any.

        Raises: TypeError or ValueError for arguments that do not fit; MixedDevicesError for one on another device;
            RuntimeFailure if the run fails, OutOfMemoryError if memory is what it lacks. Failures of asynchronous work
            come when its results are read.
        """
        if self._epoch != state.epoch:
            self._reload()
        buffers = self._on_device(args)
        if len(numbers) != self.signature.numbers:
            raise TypeError(f"{self.name}: expected {self.signature.numbers} numbers; got {len(numbers)}")
        fence, outputs, failure = self._run(buffers, numbers)
        if isinstance(failure, OutOfMemoryError):
            # What is under way holds memory that it gives back when it is done.
            in_flight.drain()
            fence, outputs, failure = self._run(buffers, numbers)
        if failure is not None:
            try:
                raise failure
            finally:
                del failure  # the traceback holds this frame
        if fence is not None:
            in_flight.add(in_flight.Run(fence))
        return [self._result(outputs, index, fence) for index in range(len(self._outputs))]

    def _on_device(self, args: Sequence[Buffer | DeviceBuffer | Array]) -> list[DeviceBuffer]:
        if len(args) != self._arity:
            raise TypeError(f"{self.name}: expected {self._arity} arguments; got {len(args)}")
        buffers = [self._taken(index, arg) for index, arg in enumerate(args)]
        if self._checked:
            problem = self._misfit(buffers)
            if problem is not None:
                raise problem
        return buffers

    def _taken(self, index: int, arg: Any) -> DeviceBuffer:
        if type(arg) is DeviceBuffer and arg.device is self._device:
            return arg
        if isinstance(arg, np.ndarray):
            return DeviceBuffer(arg, self._device)
        if isinstance(arg, DeviceBuffer | Buffer):
            raise MixedDevicesError(
                f"{self.name}: argument {index} must be on {self._device}; it is on {arg.device}. Copy it there first."
            )
        raise TypeError(
            f"{self.name}: argument {index} must be a buffer or ndarray; got {type(arg).__name__}"
        )

    def _misfit(self, buffers: Sequence[DeviceBuffer]) -> Exception | None:
        given = [(b.shape, b.dtype) for b in buffers]
        return mismatch(self.name, given, self.signature.arguments, signless=not self._checked)

    def _run(
        self, buffers: Sequence[DeviceBuffer], numbers: Sequence[int]
    ) -> tuple[HalFence | None, VmVariantList, BaseException | None]:
        """Invoke the function; gives the fence of its results, these, and the exception that the caller shall see."""
        inputs, outputs, fence = VmVariantList(self._arity + 2), VmVariantList(len(self._outputs)), None
        push: Any = inputs.push_ref
        for buffer in buffers:
            push(buffer.view)
        for number in numbers:
            inputs.push_int(number)
        try:
            if self.is_asynchronous:
                fence = HalFence.create_at(self._device.queue().device.create_semaphore(0), 1)
                push(joined([b.fence for b in buffers if b.fence is not None]))
                push(fence)
            else:
                for buffer in buffers:
                    buffer.wait()
            self._invoke(self._function, inputs, outputs)
        except Exception as error:
            failure = self._imports.take_error() or self._misfit(buffers)
            return (
                None,
                outputs,
                failure or device_failure(f"{self.name}: the run failed", error, self._device),
            )
        return fence, outputs, None

    def _result(self, outputs: VmVariantList, index: int, fence: HalFence | None) -> DeviceBuffer:
        view: HalBufferView = outputs.get_as_object(index, HalBufferView)
        spec: Spec = self.signature.results[index]
        return DeviceBuffer.from_view(view, tuple(view.shape), spec.dtype, self._device, fence, self.title)
