"""Python functions that run on the host as part of a program, with JAX's names and meaning.

They run on the thread that calls the program. All that have effects run in the order of the program, ``ordered`` or
not; where a function is traced outside ``jit`` (under ``grad``, ``vmap``, ...), they run when the trace is done.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import numpy as np

from axir._src import pytree
from axir._src.array import Array, ConcreteArray
from axir._src.call import flatten_arrays, name_of
from axir._src.convert import to_array
from axir._src.messages import located
from axir._src.promotion import canonical
from axir._src.trace import Tracer, state
from axir_compiler.errors import DTypeError, ShapeError, TreeError
from axir_compiler.ir.host_functions import Call, HostFunction
from axir_compiler.ir.types import DTYPES, Aval
from axir_compiler.ops.callback import VMAP_METHODS, CallbackOp

__all__ = ["Arguments", "call_for_effect", "call_library", "effects_barrier", "io_callback", "pure_callback"]


class Arguments(NamedTuple):
    """Arguments of a call: arrays, and the rest, which is part of the program. ``None`` marks where an array was."""

    tree: pytree.TreeDef
    static: tuple[tuple[int, Any], ...]

    def merged(self, arrays: Sequence[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positional and named arguments with these arrays."""
        static, rest = dict(self.static), iter(arrays)
        count = len(static) + len(arrays)
        return pytree.unflatten(self.tree, [static[i] if i in static else next(rest) for i in range(count)])

    @staticmethod
    def split(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Arguments, list[Array]]:
        """The arguments and the arrays among them; other leaves are taken as they are."""
        leaves, tree = pytree.flatten((args, kwargs))
        static: list[tuple[int, Any]] = []
        arrays: list[Array] = []
        for i, x in enumerate(leaves):
            try:
                arrays.append(to_array(x))
            except TypeError:
                static.append((i, x))
        return Arguments(tree, tuple(static)), arrays


_hosts: WeakValueDictionary[Hashable, HostFunction] = WeakValueDictionary()


def _host(
    title: str, callback: Callable[..., Any], arguments: Arguments, types: Sequence[Hashable], results: bool
) -> HostFunction:
    """The host function of a call; equal calls share one, so that equal programs are equal."""
    if not callable(callback):
        raise TypeError(f"{title}: takes a function first; got {callback!r}.")
    key = (callback, arguments, tuple(types), results)
    try:
        found = _hosts.get(key)
    except TypeError:  # what cannot be hashed is told apart by identity
        return HostFunction(_flat(title, callback, arguments, results), title=f"{title}({name_of(callback)})")
    if found is None:
        made = HostFunction(_flat(title, callback, arguments, results), title=f"{title}({name_of(callback)})")
        found = _hosts.setdefault(key, made)
    return found


def _flat(
    title: str, callback: Callable[..., Any], arguments: Arguments, results: bool
) -> Callable[[Sequence[np.ndarray], Sequence[Any]], list[np.ndarray]]:
    """The callback on NumPy arrays, as programs call it."""
    title = f"{title}({name_of(callback)})"

    def call(arrays: Sequence[np.ndarray], outputs: Sequence[Any]) -> list[np.ndarray]:
        frame, state.frame = state.frame, None  # it is not part of what is being traced
        try:
            args, kwargs = arguments.merged([ConcreteArray(x) for x in arrays])
            found = callback(*args, **kwargs)
            return _checked(title, found, outputs) if results else []
        finally:
            state.frame = frame

    return call


def _checked(title: str, found: Any, outputs: Sequence[Any]) -> list[np.ndarray]:
    """What a callback gave as arrays of the types that were announced."""
    leaves = pytree.leaves(found)
    if len(leaves) != len(outputs):
        raise TreeError(f"{title}: the callback must give {len(outputs)} arrays; it gave {len(leaves)}.")
    arrays = [np.asarray(x) for x in leaves]
    arrays = [x.astype(canonical(x.dtype)) if x.dtype in DTYPES else x for x in arrays]
    for i, (x, wanted) in enumerate(zip(arrays, outputs, strict=True)):
        if x.shape != wanted.shape:
            raise ShapeError(
                f"{title}: result {i} must have shape {wanted.shape}; the callback gave {x.shape}."
            )
        if x.dtype != wanted.dtype:
            raise DTypeError(
                f"{title}: result {i} must have dtype {wanted.dtype}; the callback gave {x.dtype}. Convert it there."
            )
    return arrays


def _announced(title: str, result_shape_dtypes: Any) -> tuple[tuple[Aval, ...], pytree.TreeDef]:
    """The types of the results, and their structure."""
    leaves, tree = pytree.flatten(result_shape_dtypes)
    avals = []
    for x in leaves:
        if not (hasattr(x, "shape") and hasattr(x, "dtype")):
            raise located(
                DTypeError(
                    f"{title}: result_shape_dtypes must be a pytree of what has a shape and a dtype, such as "
                    f"axir.ShapeDtypeStruct; got {x!r}."
                )
            )
        aval = Aval(tuple(map(int, x.shape)), np.dtype(x.dtype))
        if aval.dtype not in DTYPES or canonical(aval.dtype) != aval.dtype:
            why = "is not supported" if aval.dtype not in DTYPES else "needs axir_enable_x64"
            raise located(DTypeError(f"{title}: result_shape_dtypes has dtype {aval.dtype}, which {why}."))
        avals.append(aval)
    return tuple(avals), tree


def _call(
    title: str,
    callback: Callable[..., Any],
    result_shape_dtypes: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    **attrs: str,
) -> Any:
    outputs, out_tree = _announced(title, result_shape_dtypes)
    leaves, tree = flatten_arrays(title, (args, kwargs), pytree.call_names)
    host = _host(title, callback, Arguments(tree, ()), [x.dtype for x in leaves], True)
    return pytree.unflatten(out_tree, _append(host, leaves, outputs, **attrs))


def _append(
    host: HostFunction,
    arrays: Sequence[Array],
    outputs: tuple[Aval, ...],
    effect: str,
    vmap_method: str = "none",
) -> Sequence[Array]:
    """Call a function: now, or as part of the program that is being traced."""
    frame, acts = state.frame, effect != "pure"
    # Effects keep their order: within a program that is traced, all of them are part of it.
    if frame is None or not (frame.staged or acts or any(isinstance(x, Tracer) for x in arrays)):
        return [ConcreteArray(x) for x in host.evaluate([x.to_numpy() for x in arrays], outputs, acts)]
    attrs = {"function": host.number, "outputs": outputs, "effect": effect, "vmap_method": vmap_method}
    frame.program.hosts.add(host)
    frame.program.has_effect |= acts
    found = frame.emit(CallbackOp, arrays, attrs, False)
    return found if isinstance(found, tuple) else [found]


def pure_callback(
    callback: Callable[..., Any],
    result_shape_dtypes: Any,
    *args: Any,
    sharding: Any = None,
    vmap_method: str | None = None,
    **kwargs: Any,
) -> Any:
    """Call a Python function without effects from a program.

    It may run any number of times, or not at all if its result is not used. It has no derivative: give the function
    around it one by ``custom_jvp`` or ``custom_vjp``. Arguments are read-only arrays on the host.

    Args:
        callback: Takes ``args`` and ``kwargs`` as arrays; gives arrays (leaves of any pytree) of the types announced.
        result_shape_dtypes: A pytree whose leaves have ``shape`` and ``dtype``, such as ``ShapeDtypeStruct``.
        *args, **kwargs: Pytrees of arrays.
        sharding: Must be None; programs run on one device.
        vmap_method: What it does over a batch.
            ``"sequential"``, ``"sequential_unrolled"``: one call for each item, in order.
            ``"expand_dims"``: one call for all items; arguments have the batch axis in front, those that are the same
            for all items with size 1. Results have it in front too.
            ``"broadcast_all"``: likewise, with all arguments repeated along the batch axis.
            ``"legacy_vectorized"``: likewise, with what is the same for all items as it is.
            None: ``vmap`` is an error.

    Returns: arrays in the structure of ``result_shape_dtypes``.

    Raises:
        ValueError: ``vmap_method`` is not one of these.
        ShapeError, DTypeError, TreeError: when it runs, if the results are not as announced.

    What the callback raises comes out of the call of the program as it is.

    Example:
        >>> import axir, numpy
        >>> out = axir.ShapeDtypeStruct((3,), "float32")
        >>> axir.jit(lambda x: axir.pure_callback(numpy.cumsum, out, x))(numpy.ones(3, "float32"))
        Array([1., 2., 3.], dtype=float32)
    """
    if vmap_method is not None and vmap_method not in VMAP_METHODS[1:]:
        known = ", ".join(repr(m) for m in VMAP_METHODS[1:])
        raise ValueError(f"pure_callback: vmap_method must be None or one of {known}; got {vmap_method!r}.")
    _refuse_sharding("pure_callback", sharding)
    return _call(
        "pure_callback",
        callback,
        result_shape_dtypes,
        args,
        kwargs,
        effect="pure",
        vmap_method=vmap_method or "none",
    )


def call_library(
    function: Call, arrays: Sequence[Array], outputs: tuple[Aval, ...], no_derivative: str, title: str
) -> Sequence[Array]:
    """Results of a function of the library's own that works on NumPy arrays, without effects.

    Args:
        function: Gets the arguments and the types of the results, all with the same further axes in front over a
            batch. Equal functions are one, in programs and caches.
        arrays: Arguments.
        outputs: Types of the results.
        no_derivative: What to say where a derivative is asked for.
        title: What the user called.
    """
    host = _hosts.get(function)
    if host is None:
        host = _hosts.setdefault(function, HostFunction(function, no_derivative, title))
    return _append(host, arrays, outputs, "pure", "broadcast_all")


def io_callback(
    callback: Callable[..., Any],
    result_shape_dtypes: Any,
    *args: Any,
    sharding: Any = None,
    ordered: bool = False,
    **kwargs: Any,
) -> Any:
    """Call a Python function with effects from a program: once for each time that the program comes to it.

    Args:
        callback: Takes ``args`` and ``kwargs`` as arrays; gives arrays (leaves of any pytree) of the types announced.
        result_shape_dtypes: A pytree whose leaves have ``shape`` and ``dtype``; ``None`` for no results.
        *args, **kwargs: Pytrees of arrays.
        sharding: Must be None; programs run on one device.
        ordered: Whether the order of such calls matters. They run in the order of the program in any case; ``vmap``
            of an ordered one is an error, and of another one calls the function for each item.

    Returns: arrays in the structure of ``result_shape_dtypes``. It has no derivative.

    Raises:
        ShapeError, DTypeError, TreeError: when it runs, if the results are not as announced.

    What the callback raises comes out of the call of the program as it is.

    Example:
        >>> import axir
        >>> seen = []
        >>> axir.jit(lambda x: axir.experimental.io_callback(lambda y: seen.append(int(y)), None, x + 1))(1)
        >>> seen
        [2]
    """
    _refuse_sharding("io_callback", sharding)
    effect = "ordered_io" if ordered else "io"
    return _call("io_callback", callback, result_shape_dtypes, args, kwargs, effect=effect)


def _refuse_sharding(title: str, sharding: Any) -> None:
    if sharding is not None:
        raise NotImplementedError(
            f"{title}: programs run on one device, where there is nothing to shard; got sharding={sharding!r}."
        )


def call_for_effect(
    title: str,
    callback: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    ordered: bool,
) -> None:
    """Call a function for its effect; leaves that are no arrays are handed over as they are."""
    arguments, arrays = Arguments.split(args, kwargs)
    host = _host(title, callback, arguments, [x.dtype for x in arrays], False)
    effect = "ordered_debug" if ordered else "debug"
    _append(host, arrays, (), effect)


def effects_barrier() -> None:
    """Wait until the callbacks of all programs that were called have run.

    A call of a program returns when its callbacks have run, so there is nothing to wait for; the function is there
    for programs that are written for asynchronous calls.
    """
