"""Compiled kernels for functions of large arrays outside ``jit``.

NumPy makes a pass over memory for each operation of a function such as ``selu``. For arrays of ``remember.LARGE``
elements or more a remembered function (``axir._src.remember``) that computes element by element, or sums up a vector,
is compiled at its first call, once for each kind of call: for all sizes and all numbers among its arguments. The kernel
is kept on disk. Smaller arrays are NumPy's, and so is what has no kernel.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from axir._src import pytree
from axir._src.array import Array, ConcreteArray
from axir._src.config import config
from axir._src.convert import ArrayLike, typed
from axir._src.device_targets import target_of
from axir._src.elementwise import apply_binary, apply_unary
from axir._src.execute import disk_cache, stored_code, text_key
from axir._src.log import logger
from axir._src.once import Once
from axir._src.progress import progress
from axir._src.trace import Function, Spec, trace_program
from axir_compiler import pipeline
from axir_compiler.generalize import Affine, generalize
from axir_compiler.ir.module import body_of, lookup
from axir_compiler.ir.op import AxirOp
from axir_compiler.ir.types import Aval, aval_of
from axir_compiler.later import backend
from axir_compiler.lowering.generality import for_any_size
from axir_compiler.mlir import context, ir
from axir_compiler.ops.elementwise import ElementwiseUnary
from axir_runtime import Buffer, Executable, cpu_features, devices

__all__ = ["LargeCall", "large_call", "large_op"]

_MOST = 1 << 31
_SAMPLES = tuple({"n": n} for n in (1_000_003, 1_100_009, 1_300_021))
"""Sizes to trace for: neither round nor multiples of each other, all of them large."""
_SIZE = Affine(0, (("n", 1),))
_REDUCTIONS = frozenset({"reduce_sum", "reduce_max", "reduce_min"})
_FREE = frozenset({"constant", "broadcast_in_dim"})
_SEVERAL_PASSES = frozenset({"select", "max", "min"})
"""Operations that are several of NumPy's."""

_kernels: Once[Any] = Once(1024)


class _Kernel(NamedTuple):
    """A compiled function of arrays of ``n`` elements and of numbers."""

    executable: Executable
    weak: tuple[bool, ...]
    tree: pytree.TreeDef


class _Call(NamedTuple):
    """Arguments by name: arrays and numbers, which are traced, and what is known while tracing."""

    given: dict[str, Any]
    static: dict[str, Any]
    shape: tuple[int, ...]

    def specs(self, shape: tuple[int, ...]) -> list[Spec]:
        """Types of the traced arguments, arrays of the call's shape taken to be of another."""
        return [_spec(x, shape) for x in self.given.values()]


class LargeCall:
    """A kernel for calls of a function with arrays of certain types, one of which is large."""

    __slots__ = ("_function", "_kernel")

    def __init__(self, function: Callable[..., Any], kernel: _Kernel):
        self._function = function
        self._kernel = kernel

    def __call__(self, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """The function's result for arguments of these types."""
        call = _split(self._function, args, options)
        assert call is not None
        found = self._kernel.executable.run([_flat_buffer(x) for x in call.given.values()])
        arrays = [_shaped(b, w, call.shape) for b, w in zip(found, self._kernel.weak, strict=True)]
        return pytree.unflatten(self._kernel.tree, arrays)


def large_call(
    function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]
) -> LargeCall | None:
    """The kernel for such a call; ``None`` if NumPy evaluates it."""
    if not config.get("axir_large_kernels"):
        return None
    call = _split(function, args, options)
    if call is None:
        return None
    # Of any size: only which arguments are arrays counts, and the rank.
    types = tuple((name, s.aval, s.weak) for name, s in zip(call.given, call.specs((0,)), strict=True))
    static = tuple((name, type(x), x) for name, x in call.static.items())
    key = (function, types, len(call.shape), static, config.mode.tracing)
    found = _kernels.get(key, lambda: _made(function, call) or _Refused())
    return LargeCall(function, found) if isinstance(found, _Kernel) else None


def gains_alone(op: type[AxirOp]) -> bool:
    """Whether a kernel for nothing but this operation is quicker than NumPy."""
    return op.transcendental or op.short_name in _SEVERAL_PASSES


def large_op(op: type[AxirOp], *xs: Any) -> ConcreteArray | None:
    """An elementwise operation without attributes on arrays and numbers, one of which is large, by its kernel."""
    if not gains_alone(op):
        return None
    call = large_call(_alone(op), xs, {})
    return None if call is None else call(xs, {})


@functools.cache
def _alone(op: type[AxirOp]) -> Callable[..., Array]:
    """The operation as a function of its operands."""

    def of_one(x: ArrayLike) -> Array:
        return apply_unary(op, x)

    def of_two(x: ArrayLike, y: ArrayLike) -> Array:
        return apply_binary(op, x, y)

    function = of_one if issubclass(op, ElementwiseUnary) else of_two
    function.__name__ = op.short_name
    return function


class _Refused:
    """Stands for a kernel that there is not."""


# Arguments. -----------------------------------------------------------------------------------------


def _split(function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> _Call | None:
    """The arguments of a call whose arrays have one shape or no axes; ``None`` of others."""
    given: dict[str, Any] = {}
    static: dict[str, Any] = {}
    shape: tuple[int, ...] = ()
    numbers = _takes_arrays(function)
    for name, x in _signature(function).bind(*args, **options).arguments.items():
        if type(x) is ConcreteArray:
            if x.ndim and shape not in ((), x.shape):
                return None
            shape = x.shape or shape
            given[name] = x
        elif type(x) in (int, float) and name in numbers:
            given[name] = x
        elif x is None or type(x) in (bool, int, float, str):
            static[name] = x
        else:
            return None
    return _Call(given, static, shape)


@functools.cache
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(function)


@functools.cache
def _takes_arrays(function: Callable[..., Any]) -> frozenset[str]:
    """Parameters that may be arrays, so that a number for one of them need not be known while tracing."""
    parameters = _signature(function).parameters.values()
    return frozenset(p.name for p in parameters if "ArrayLike" in str(p.annotation))


def _spec(x: Any, shape: tuple[int, ...]) -> Spec:
    if type(x) is not ConcreteArray:
        return Spec(Aval((), typed(x)[0]), weak=True)
    return Spec(Aval(shape if x.ndim else (), x.dtype), x.weak_type)


def _flat_buffer(x: Any) -> Buffer:
    if type(x) is not ConcreteArray:
        return Buffer(np.asarray(x, typed(x)[0]))
    return x.buffer if x.ndim < 2 else Buffer(x.buffer.array.reshape(-1))


def _shaped(buffer: Buffer, weak: bool, shape: tuple[int, ...]) -> ConcreteArray:
    value = buffer.array
    # Of vectors there are sums, with or without their axis; other arrays go through a kernel as vectors.
    return ConcreteArray(value if len(shape) == 1 or not value.ndim else value.reshape(shape), weak)


# Kernels. -------------------------------------------------------------------------------------------


def _made(function: Callable[..., Any], call: _Call) -> _Kernel | None:
    """The kernel, compiled or from the disk; ``None`` where there is none."""
    try:
        traced, _ = _traced(function, call, call.shape)
        first, tree = _traced(function, call, (_SAMPLES[0]["n"],))
        if not (_is_suitable(traced, call.shape) and _is_suitable(first, call.shape)):
            return None
        return _Kernel(_loaded(function, call, first), tuple(s.weak for s in first.outputs), tree)
    except Exception as error:
        # It needs values, gives no arrays, or its program is another one for other sizes. An error of the user's
        # shows itself when the function is called.
        logger.debug("%s: no kernel for large arrays: %s", function.__name__, error)
        return None


def _traced(
    function: Callable[..., Any], call: _Call, shape: tuple[int, ...]
) -> tuple[Function, pytree.TreeDef]:
    trees: list[pytree.TreeDef] = []

    def run(tracers: Sequence[Array]) -> Sequence[Array]:
        leaves, tree = pytree.flatten(
            _called(function, dict(zip(call.given, tracers, strict=True)), call.static)
        )
        trees.append(tree)
        return leaves

    return trace_program(function.__name__, run, call.specs(shape), staged=True), trees[0]


def _called(function: Callable[..., Any], given: dict[str, Any], static: dict[str, Any]) -> Any:
    signature = _signature(function)
    everything = {**given, **static}
    ordered = {name: everything[name] for name in signature.parameters if name in everything}
    bound = inspect.BoundArguments(signature, ordered)  # pyright: ignore[reportArgumentType]
    return function(*bound.args, **bound.kwargs)


def _is_suitable(traced: Function, shape: tuple[int, ...]) -> bool:
    """Whether a function computes each element by itself, or sums a vector, and does more than NumPy does at once."""
    if not traced.closed or traced.captures or traced.program.has_effect:
        return False
    allowed = _REDUCTIONS if len(shape) == 1 else frozenset()
    with context():
        module = pipeline.extract(traced.program.module, traced.symbol, "main")
        pipeline.run_passes(module, pipeline.EVALUATION)
        *found, _ = body_of(lookup(module, "main")).operations
        if not all(isinstance(op, AxirOp) for op in found):
            return False
        counted = [op for op in found if isinstance(op, AxirOp) and not _is_free(op)]
        plain = all(op.elementwise or op.short_name in allowed for op in counted)
        return plain and (len(counted) > 1 or any(gains_alone(type(op)) for op in counted))


def _is_free(op: AxirOp) -> bool:
    """Whether an operation does no work: a constant, or numbers that are repeated or get axes of size 1."""
    return op.short_name in _FREE or (op.short_name == "reshape" and aval_of(op.results[0]).size == 1)


def _loaded(function: Callable[..., Any], call: _Call, first: Function) -> Executable:
    """The function of arrays of any size on all cores, through the cache on disk."""
    device = devices("cpu")[0]
    target = target_of(device, parallel=True)
    with context():
        # The program for one size and the rule by which it becomes one for all are the same in the next process.
        key = text_key(_program(first), f"any size {target.fingerprint()}")
        stored = stored_code(key)
        if stored is None:
            name = function.__name__
            if config.get("axir_log_compiles"):
                logger.warning("%s: compiling for large arrays outside jit.", name)
            with progress(f"Compiling {name} for large arrays"):
                binary = backend.compile_module(_for_all_sizes(function, call, first), target)
            meta = {"function": name, "cpu_features": sorted(cpu_features()), "parallel": True}
            disk_cache().put(key, binary, meta)
        else:
            binary = stored.binary
    return Executable(device, binary, parallel=True, title=function.__name__)


def _program(traced: Function) -> ir.Module:
    module = pipeline.extract(traced.program.module, traced.symbol, "main")
    pipeline.settle(module)
    return module


def _for_all_sizes(function: Callable[..., Any], call: _Call, first: Function) -> ir.Module:
    """The lowered program for all sizes.

    Raises:
        CompileError: it is another one for other sizes.
    """
    from axir_compiler.lowering.constants import with_constant_kernels_folded

    others = [_traced(function, call, (sample["n"],))[0] for sample in _SAMPLES[1:]]
    lowered = []
    for traced in (first, *others):
        form = pipeline.rewritten_form(_program(traced), "main")
        with for_any_size():
            pipeline.LowerToLinalgPass().run(form)
        lowered.append(with_constant_kernels_folded(form))
    shapes = [[_SIZE] if spec.aval.shape else [] for spec in first.arguments]
    generalize(lowered, _SAMPLES, shapes)
    return lowered[0]
