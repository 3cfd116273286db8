"""Loaded modules, ready to be called: the hot path of the whole library."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from iree.runtime import HalBufferView, VmContext, VmFunction, VmModule, VmVariantList

from axir_runtime import device as _device
from axir_runtime.buffer import Buffer, aligned_empty, import_array
from axir_runtime.device import Device
from axir_runtime.errors import RuntimeFailure, status_reason
from axir_runtime.signature import Dim, Signature, Spec, mismatch, parse_declaration, specs

# Results of one call may lie in one allocation, which lives as long as any of them. Keeping a loss must
# not keep all gradients: a result this small is copied out of an allocation this large.
_SMALL_RESULT = 4096  # bytes
_LARGE_ALLOCATION = 65536  # bytes

_from_view = Buffer.from_view


class Executable:
    """One function of one compiled module, loaded on a device. Safe to call from several threads.

    Args:
        device: where it runs.
        module: bytes of an IREE module; kept, because a forked child loads it again.
        function: name of the exported function.
        arguments: shape and dtype of each argument, checked at every call; axes may be named (all axes of
            one name must agree) or None. By default IREE checks against the module's own declaration,
            which does not tell signed from unsigned integers.
        results: shape and dtype of each result; by default as declared in the module, where integers
            without a sign read as signed.
        parallel: run on all cores (large programs) instead of on the calling thread (small ones).

    If the declaration marks trailing arguments as storage of results (``iree.abi.output``), each call
    supplies fresh memory for them. Parallel modules should be compiled that way: IREE's allocator for
    parallel programs does not reuse the memory of all results that are dropped together.

    Raises: RuntimeFailure if the bytes are no loadable module, or the function is not in it.
    """

    __slots__ = (
        "__weakref__",
        "_arity",
        "_checked",
        "_context",
        "_copied",
        "_device",
        "_epoch",
        "_function",
        "_invoke",
        "_lock",
        "_module",
        "_outputs",
        "_storage",
        "name",
        "parallel",
        "signature",
    )

    def __init__(
        self,
        device: Device,
        module: bytes,
        *,
        function: str = "main",
        arguments: Sequence[tuple[Sequence[Dim], Any]] | None = None,
        results: Sequence[tuple[Sequence[Dim], Any]] | None = None,
        parallel: bool = False,
    ) -> None:
        self.name = function
        self.parallel = parallel
        self._device = device
        self._module = bytes(module)
        self._lock = threading.Lock()
        self._load()
        declared = parse_declaration(self.reflection.get("iree.abi.declaration", ""))
        stated = declared.arguments if arguments is None else specs(arguments)
        returned = declared.results if results is None else specs(results)
        self._check_statement(declared, stated, returned)
        self.signature = Signature(stated, returned, declared.storage)
        self._checked = arguments is not None
        self._prepare()

    @property
    def device(self) -> Device:
        return self._device

    @property
    def reflection(self) -> dict[str, str]:
        """The strings that the compiler attached to the function."""
        return self._function.reflection

    def __repr__(self) -> str:
        return f"Executable({self.name}, {len(self._module)} bytes, {self._device})"

    def __call__(self, args: Sequence[Buffer | np.ndarray[Any, Any]]) -> list[Buffer]:
        """Run the function; returns when the results are there.

        Raises: TypeError or ValueError for arguments that do not fit; RuntimeFailure if the run fails.
        """
        if self._epoch != _device._state.epoch:
            self._reload()
        if len(args) != self._arity:
            raise TypeError(f"{self.name}: expected {self._arity} arguments; got {len(args)}")
        if self._checked:
            self._check(args)
        inputs = VmVariantList(self._arity)
        push = inputs.push_ref
        for arg in args:
            push(arg.view if type(arg) is Buffer else self._as_buffer(arg, args).view)
        outputs = VmVariantList(1)
        for spec in self._storage:
            push(import_array(aligned_empty(spec.shape, spec.dtype)))  # pyright: ignore[reportArgumentType]
        try:
            self._invoke(self._function, inputs, outputs)
        except Exception as error:
            raise self._explained(args, error) from None
        take = outputs.get_as_object
        return [
            _from_view(take(index, HalBufferView), shape, dtype) for index, shape, dtype in self._outputs
        ]
