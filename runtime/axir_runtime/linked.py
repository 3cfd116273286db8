"""Modules that several functions share: loaded once for all of them, with their parameters."""

from __future__ import annotations

import threading
from typing import NamedTuple

from iree.runtime import (
    FileHandle,
    ParameterIndex,
    VmContext,
    VmModule,
    create_io_parameters_module,
)

from axir_runtime.device import Device, state
from axir_runtime.errors import RuntimeFailure, status_reason


class Link(NamedTuple):
    """A module together with the context that it runs in."""

    module: VmModule
    context: VmContext


class LinkedModule:
    """A module and its parameters on a device; ``link`` loads them, again in a forked child.

    Args:
        device: where it runs.
        module: an IREE module, at a multiple of 64 bytes. The memory is used as it is and must not change.
        parallel: run on all cores instead of on the calling thread.
        parameters: scope and contents of a parameter archive, which may be mapped too.
    """

    def __init__(
        self,
        device: Device,
        module: memoryview,
        *,
        parallel: bool = False,
        parameters: tuple[str, memoryview] | None = None,
    ) -> None:
        self.device = device
        self.parallel = parallel
        self.module = module
        self._parameters = parameters
        self._lock = threading.Lock()
        self._epoch = -1
        self._link: Link | None = None

    def link(self) -> Link:
        """The loaded module of this process.

        Raises: RuntimeFailure if IREE refuses it.
        """
        with self._lock:
            if self._link is None or self._epoch != state.epoch:
                self._link, self._epoch = self._load(), state.epoch
            return self._link

    def _load(self) -> Link:
        queue = self.device.queue(self.parallel)
        try:
            module = VmModule.wrap_buffer(queue.instance, self.module)
            modules = [queue.hal, module]
            if self._parameters is not None:
                scope, contents = self._parameters
                index = ParameterIndex()
                index.load_from_file_handle(FileHandle.wrap_memory(contents), "irpa")
                provider = index.create_provider(scope=scope)
                modules.insert(1, create_io_parameters_module(queue.instance, provider))
            return Link(module, VmContext(queue.instance, modules))
        except Exception as error:
            raise RuntimeFailure(f"the module cannot be loaded: {status_reason(error)}", str(error)) from None
