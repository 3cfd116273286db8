"""Loaded modules, ready to be called: the hot path of the whole library."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from typing import Any
from weakref import ref

import numpy as np
from iree.runtime import HalFence, VmContext, VmFunction, VmModule, VmRef, VmVariantList
from iree.runtime.function import ArgumentPacker, InvokeContext, _invoke_statics

from axir_runtime import in_flight
from axir_runtime.buffer import Buffer, Shape, aligned_copy, storage_for, storage_view, view_of
from axir_runtime.callbacks import Callback, Callbacks
from axir_runtime.device import Device, state
from axir_runtime.device_buffer import DeviceBuffer, device_failure
from axir_runtime.errors import MixedDevicesError, RuntimeFailure, status_reason
from axir_runtime.in_flight import Run
from axir_runtime.linked import LinkedModule
from axir_runtime.signature import Dim, Signature, Spec, mismatch, parse_declaration, specs

# Results of one call may lie in one allocation, which lives as long as any of them. Keeping a loss must
# not keep all gradients: a result this small is copied out of an allocation this large.
_SMALL_RESULT = 4096  # bytes
_LARGE_ALLOCATION = 65536  # bytes

FENCES = "coarse-fences"
"""IREE's name for the calling convention of asynchronous functions: one fence to wait for, one to signal."""

Array = np.ndarray[Any, Any]
_from_ref = Buffer.from_ref
_NO_NAMES: dict[str, Any] = {}
_reload_lock = threading.Lock()


class Executable:
    """One function of one compiled module, loaded on a device. Safe to call from several threads.

    It takes and gives ``Buffer``s on CPUs, ``DeviceBuffer``s elsewhere.

    Args:
        device: where it runs.
        module: bytes of an IREE module; kept, because a forked child loads it again. Or a module that several
            executables share, which says itself where it runs.
        function: name of the exported function.
        arguments: shape and dtype of each argument, checked at every call; axes may be named (all axes of
            one name must agree) or None. By default IREE checks against the module's own declaration,
            which does not tell signed from unsigned integers.
        results: shape and dtype of each result; by default as declared in the module, where integers
            without a sign read as signed.
        parallel: run on all cores (large programs) instead of on the calling thread (small ones).
        callbacks: the Python functions that the program calls while it runs, by position; called on the thread
            that runs the program, in its order.
        title: what messages about runs that failed call the function; its name by default.

    If the declaration marks trailing arguments as storage of results (``iree.abi.output``), each call
    supplies fresh memory for them. Parallel modules should be compiled that way: IREE's allocator for
    parallel programs does not reuse the memory of all results that are dropped together.

    Raises: RuntimeFailure if the bytes are no loadable module, or the function is not in it; ValueError if
        it calls more callbacks than are given.
    """

    __slots__ = (
        "__weakref__",
        "_arity",
        "_asynchronous",
        "_bound",
        "_callbacks",
        "_checked",
        "_copied",
        "_device",
        "_direct",
        "_epoch",
        "_function",
        "_imports",
        "_invoke",
        "_module",
        "_nbytes",
        "_outputs",
        "_storage",
        "name",
        "parallel",
        "signature",
        "title",
    )

    def __new__(cls, device: Device, *args: Any, **kwargs: Any) -> Executable:
        """For a device with memory of its own, its kind of executable: a ``DeviceExecutable``."""
        if device.is_host:
            return object.__new__(cls)
        from axir_runtime.device_executable import DeviceExecutable  # which derives from this class

        return object.__new__(DeviceExecutable)

    def __init__(
        self,
        device: Device,
        module: bytes | LinkedModule,
        *,
        function: str = "main",
        arguments: Sequence[tuple[Sequence[Dim], Any]] | None = None,
        results: Sequence[tuple[Sequence[Dim], Any]] | None = None,
        parallel: bool = False,
        callbacks: Sequence[Callback] = (),
        title: str | None = None,
    ) -> None:
        self.name = function
        self.title = function if title is None else title
        self.parallel = parallel
        self._device = device
        self._module = module if isinstance(module, LinkedModule) else bytes(module)
        self._callbacks = tuple(callbacks)
        self._load()
        declared = parse_declaration(self.reflection.get("iree.abi.declaration", ""))
        self.signature = Signature(
            declared.arguments if arguments is None else specs(arguments),
            declared.results if results is None else specs(results),
            declared.storage,
            declared.numbers,
        )
        self._checked = arguments is not None
        self._prepare(declared)

    @property
    def device(self) -> Device:
        return self._device

    @property
    def reflection(self) -> dict[str, str]:
        """The strings that the compiler attached to the function."""
        return self._function.reflection

    def __repr__(self) -> str:
        return f"Executable({self.name}, {self._device})"

    @property
    def is_asynchronous(self) -> bool:
        """Whether calls return before the work is done."""
        return self._asynchronous

    def __call__(self, args: Sequence[Buffer | Array]) -> list[Buffer]:
        """Run the function. An asynchronous one returns when its work is queued; results wait when they are read.

        With ndarrays among the arguments, which may be written to afterwards, it returns when the work is done.

        Raises: TypeError or ValueError for arguments that do not fit; RuntimeFailure if the run fails;
            what a callback raises, as it is.
        """
        if len(args) != self._arity:
            raise TypeError(f"{self.name}: expected {self._arity} arguments; got {len(args)}")
        if self._checked:
            self._check(args)
        found = self.run([arg if type(arg) is Buffer else _as_buffer(arg, args, self.name) for arg in args])
        if self._asynchronous and found and any(type(arg) is not Buffer for arg in args):
            found[0].wait()
        return found

    def run(self, buffers: Sequence[Buffer]) -> list[Buffer]:
        """As a call, with arguments that fit: of the types that the function was compiled for, which is not checked.

        Raises: RuntimeFailure if the run fails; what a callback raises, as it is.
        """
        epoch, pack, place, invoke, function, storage, direct, results = self._bound
        if epoch != state.epoch:
            return self._run_otherwise(buffers)
        inputs = pack(place, [buffer._view or buffer.view for buffer in buffers], _NO_NAMES)
        stored = {}
        for index, shape, dtype in storage:
            stored[index] = memory = storage_for(shape, dtype)
            inputs.push_ref(storage_view(memory).ref)
        outputs = VmVariantList(len(results))
        failure = None
        try:
            invoke(function, inputs, outputs)
        except BaseException as error:
            in_flight.abandon(stored)
            if not isinstance(error, Exception):
                raise
            failure = self._imports.take_error()
            if failure is None:
                raise self._explained(buffers, error) from None
        if failure is not None:
            try:
                # Outside the handler, so that its cause and context stay what they are.
                raise failure
            finally:
                del failure  # the traceback holds this frame
        take = outputs.get_as_ref
        if direct:
            return [_from_ref(take(index), shape, dtype) for index, shape, dtype in results]
        return [
            Buffer(stored[index]) if index in stored else self._collected(take(index), index)
            for index in range(len(results))
        ]

    def _run_otherwise(self, buffers: Sequence[Buffer]) -> list[Buffer]:
        """The runs that are not usual: of asynchronous functions, and the first one in a forked child."""
        if self._epoch != state.epoch:
            self._reload()
        if not self._asynchronous:
            return self.run(buffers)
        inputs, stored = VmVariantList(len(buffers) + len(self._storage) + 2), {}
        fences = [fence for buffer in buffers if (fence := _pushed(inputs, buffer)) is not None]
        for index, shape, dtype in self._storage:
            stored[index] = memory = storage_for(shape, dtype)
            inputs.push_ref(storage_view(memory).ref)
        fence = HalFence.create_at(self._device.queue(True).device.create_semaphore(0), 1)
        inputs.push_ref(joined(fences).ref)
        inputs.push_ref(fence.ref)
        run = Run(fence, self._failure, stored, self._nbytes)
        outputs = VmVariantList(len(self._outputs))
        try:
            self._invoke(self._function, inputs, outputs)
        except BaseException as error:
            in_flight.abandon(stored)
            if isinstance(error, Exception):
                raise self._explained(buffers, error) from None
            raise
        return self._begun(run, stored, outputs)

    def _begun(self, run: Run, stored: dict[int, Array], outputs: VmVariantList) -> list[Buffer]:
        """The results of an asynchronous run."""
        take, results = outputs.get_as_ref, []
        for index, shape, dtype in self._outputs:
            memory = stored[index] if index in stored else take(index)
            sizes = shape if self._direct or index in stored else tuple(view_of(memory).shape)
            results.append(Buffer.from_run(run, memory, sizes, dtype))
        run.parting = [ref(results[index]) for index in self._copied]
        if results:
            in_flight.add(run)
        else:
            run.wait()  # nobody else could
        return results

    def _load(self) -> None:
        """Link the module against the device, and look the function up."""
        epoch = state.epoch
        if isinstance(self._module, LinkedModule):
            link = self._module.link()
            self._function = self._found(link.module)
            self._imports = Callbacks(self.name, (), self._function.reflection, self._device)
            self._invoke = link.context.invoke
            self._epoch = epoch
            return
        queue = self._device.queue(self.parallel)
        try:
            module = VmModule.copy_buffer(queue.instance, self._module)
        except Exception as error:
            raise self._not_loaded(error) from None
        function = self._found(module)
        imports = Callbacks(self.name, self._callbacks, function.reflection, self._device)
        try:
            context = VmContext(queue.instance, [queue.hal, *imports.modules(), module])
        except Exception as error:
            raise self._not_loaded(error) from None
        self._function = function
        self._imports = imports
        self._invoke = context.invoke
        self._epoch = epoch

    def _found(self, module: VmModule) -> VmFunction:
        function = module.lookup_function(self.name)
        if function is None:
            names = ", ".join(name for name in module.function_names if not name.startswith("__"))
            raise RuntimeFailure(f"the module has no function {self.name!r}; it has {names or 'none'}")
        return function

    def _not_loaded(self, error: Exception) -> RuntimeFailure:
        return RuntimeFailure(f"{self.name}: the module cannot be loaded: {status_reason(error)}", str(error))

    def _reload(self) -> None:
        """In a forked child: the parent's worker threads do not exist here."""
        with _reload_lock:
            if self._epoch != state.epoch:
                self._load()
                self._bind()

    def _prepare(self, declared: Signature) -> None:
        """Everything that need not be worked out at each call."""
        self._check_statement(declared)
        self._asynchronous = self.reflection.get("iree.abi.model") == FENCES
        if self._asynchronous and self._device.is_host and not self.parallel:
            raise RuntimeFailure(f"{self.name}: the function cannot be called here: it is asynchronous")
        if declared.numbers and self._device.is_host:
            raise RuntimeFailure(f"{self.name}: the function cannot be called here: it takes numbers")
        results = self.signature.results
        self._arity = len(self.signature.arguments)
        self._storage = tuple((i, _sizes(results[i]), results[i].dtype) for i in declared.storage)
        nbytes = {index: _nbytes(spec) for index, spec in enumerate(results) if spec.is_static}
        self._nbytes = sum(nbytes.values())
        shared = not self._storage and self._nbytes >= _LARGE_ALLOCATION
        self._copied = {index for index, size in nbytes.items() if shared and size <= _SMALL_RESULT}
        self._direct = len(nbytes) == len(results) and not self._copied
        self._outputs = tuple((index, _sizes(spec), spec.dtype) for index, spec in enumerate(results))
        self._bind()

    def _bind(self) -> None:
        """All that a run uses, in one place: looking each up takes a tenth of a small run."""
        plain = self._direct and not self._storage
        self._bound = (
            None if self._asynchronous else self._epoch,  # no usual runs
            ArgumentPacker(_invoke_statics).pack,
            InvokeContext(self._device.queue(self.parallel).device),
            self._invoke,
            self._function,
            self._storage,
            plain,
            self._outputs,
        )

    def _check_statement(self, declared: Signature) -> None:
        """What the caller says about the function must fit what the module says."""
        for kind in ("arguments", "results"):
            stated, actual = getattr(self.signature, kind), getattr(declared, kind)
            if len(stated) != len(actual):
                raise ValueError(f"{self.name}: the module has {len(actual)} {kind}, not {len(stated)}")
            for index, (one, other) in enumerate(zip(stated, actual, strict=True)):
                if not one.fits(other):
                    raise ValueError(f"{self.name}: {kind[:-1]} {index} of the module is {other}, not {one}")
        if any(not self.signature.results[index].is_static for index in declared.storage):
            raise ValueError(f"{self.name}: storage for results needs static shapes")

    def _check(self, args: Sequence[Buffer | Array]) -> None:
        """Compare with the stated arguments; the usual case, all equal, is quick."""
        for arg, spec in zip(args, self.signature.arguments, strict=True):
            if not isinstance(arg, (Buffer, np.ndarray)):
                _as_buffer(arg, args, self.name)  # raises
            if arg.shape != spec.shape or arg.dtype != spec.dtype:
                break
        else:
            return
        problem = self._mismatch(args)
        if problem is not None:
            raise problem

    def _mismatch(self, args: Sequence[Buffer | Array]) -> Exception | None:
        given = [(arg.shape, arg.dtype) for arg in args]
        return mismatch(self.name, given, self.signature.arguments, signless=not self._checked)

    def _explained(self, args: Sequence[Buffer | Array], error: Exception) -> Exception:
        """Our words for an error that IREE raised at a call."""
        problem = self._mismatch(args)
        if problem is not None:
            return problem
        return self._failure(error)

    def _failure(self, error: Exception) -> Exception:
        return device_failure(f"{self.title}: the run failed", error, self._device)

    def _collected(self, ref: VmRef, index: int) -> Buffer:
        """A result whose shape is known only now, or that must not keep its neighbours' memory alive."""
        _, shape, dtype = self._outputs[index]
        if index in self._copied:
            return Buffer(aligned_copy(_from_ref(ref, shape, dtype).array))
        return _from_ref(ref, tuple(view_of(ref).shape), dtype)


def _pushed(inputs: VmVariantList, buffer: Buffer) -> HalFence | None:
    """Add an argument; gives the fence that the run must wait for."""
    pending = buffer._pending
    fence = None if pending is None or 0 in buffer.shape else pending.fence
    inputs.push_ref((buffer.view if fence is None else buffer.early_view()).ref)
    return fence


def joined(fences: Sequence[HalFence]) -> HalFence:
    """One fence to wait for."""
    if not fences:
        return HalFence(0)
    return fences[0] if len(fences) == 1 else HalFence.join(list(dict.fromkeys(fences)))


def _as_buffer(arg: Any, args: Sequence[Any], name: str) -> Buffer:
    """A Buffer for this call only, from an ndarray."""
    index = next(index for index, other in enumerate(args) if other is arg)
    if isinstance(arg, DeviceBuffer):
        raise MixedDevicesError(
            f"{name}: argument {index} must be on the CPU; it is on {arg.device}. Copy it there first."
        )
    if not isinstance(arg, np.ndarray):
        raise TypeError(f"{name}: argument {index} must be a Buffer or ndarray; got {type(arg).__name__}")
    try:
        return Buffer(arg)
    except TypeError as error:
        raise TypeError(f"{name}: argument {index}: {error}") from None


def _sizes(spec: Spec) -> Shape:
    """A static shape; of a dynamic one, the axes that are known."""
    return tuple(size for size in spec.shape if isinstance(size, int))


def _nbytes(spec: Spec) -> int:
    return math.prod(_sizes(spec)) * spec.dtype.itemsize
