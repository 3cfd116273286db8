"""jit: trace once for each signature, compile, and call the compiled function from then on."""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Concatenate, Generic, NamedTuple, ParamSpec, TypeVar, overload

import numpy as np
import optree

from axir._src import pytree
from axir._src.array import Array, ConcreteArray
from axir._src.cache_misses import cause, is_new_object
from axir._src.call import flatten_arrays, name_of
from axir._src.config import Mode, config
from axir._src.convert import to_array
from axir._src.entries import Entry
from axir._src.keys import WORDS, KeyArray, KeyDType, map_arrays
from axir._src.log import logger
from axir._src.named_axes import axes_in_force
from axir._src.nan_checks import check_call
from axir._src.placement import PlacedArray, Placement, common_placement
from axir._src.profile import span
from axir._src.promotion import canonical
from axir._src.small_arguments import small_argument
from axir._src.trace import Function, Spec, Tracer, current_frame, trace_program
from axir._src.trace import state as _state
from axir_compiler.ir.types import DTYPES, Aval
from axir_runtime import Device, devices

if TYPE_CHECKING:
    from axir._src.stages import Lowered, Traced

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
S = TypeVar("S")

__all__ = ["JitFunction", "ShapeDtypeStruct", "Static", "eval_shape", "jit"]


class ShapeDtypeStruct:
    """Shape and dtype of an array that is not there; the dtype may be that of typed random keys."""

    __slots__ = ("dtype", "shape", "weak_type")

    def __init__(self, shape: Sequence[int], dtype: Any, weak_type: bool = False):
        self.shape = tuple(shape)
        self.dtype: Any = dtype if isinstance(dtype, KeyDType) else np.dtype(dtype)
        self.weak_type = weak_type

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ShapeDtypeStruct) and (self.shape, self.dtype) == (other.shape, other.dtype)

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    def __repr__(self) -> str:
        return f"ShapeDtypeStruct(shape={self.shape}, dtype={self.dtype})"


class Static(NamedTuple):
    """The static part of a call: values of static arguments by position and by name."""

    positions: tuple[int, ...]
    values: tuple[Any, ...]
    named: tuple[tuple[str, Any], ...]


_local = config._local
_NOTHING_STATIC = Static((), (), ())
_flatten: Any = functools.partial(optree.tree_flatten, namespace=pytree.NAMESPACE)


def _borrow(x: np.ndarray, borrowed: list[np.ndarray]) -> Array:
    """A NumPy argument without a copy, for the time of one call; in another dtype if it must be."""
    if x.dtype not in DTYPES or (x.dtype.itemsize == 8 and not config.x64_enabled):
        return to_array(x)
    borrowed.append(x)
    return ConcreteArray(x.view())


def _taken(leaves: Sequence[Any], mode: Mode) -> list[Any]:
    """The arrays of arguments; ``None`` for what is neither one nor quickly made one."""
    return [x if isinstance(x, ConcreteArray) else small_argument(x, mode.x64) for x in leaves]


class JitFunction(Generic[P, R]):
    """A function that is compiled for each signature that it is called with; made by ``jit``."""

    def __init__(
        self,
        fun: Callable[P, R],
        static_argnums: tuple[int, ...],
        static_argnames: tuple[str, ...],
        donated: tuple[int | str, ...] = (),
        device: Device | None = None,
        tiered: bool | None = None,
    ):
        functools.update_wrapper(self, fun)
        self._fun = fun
        self._title = f"jit({name_of(fun)})"
        self._static_argnums, self._static_argnames = _resolve_static(fun, static_argnums, static_argnames)
        self._has_static = bool(self._static_argnums or self._static_argnames)
        self._donated = frozenset(donated)
        self._device = device
        self._tiered = tiered
        self._entries: dict[Any, Entry] = {}
        # Calls with nothing but positional concrete arrays are found here, by the types of the arrays;
        self._plain: dict[tuple[Any, ...], Entry] = {}
        # others with containers, numbers and small arrays of NumPy here, by their structure too.
        self._nested: dict[tuple[Any, ...], Entry] = {}

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> JitFunction[P, R]: ...
    @overload
    def __get__(
        self: JitFunction[Concatenate[S, Q], R], instance: S, owner: type | None = None
    ) -> Callable[Q, R]: ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __repr__(self) -> str:
        return f"<jit of {self._fun!r}>"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        mode = _local.mode
        if _state.frame is None:
            if not kwargs:
                try:
                    entry = self._plain[(mode, *[x._type for x in args])]  # pyright: ignore[reportAttributeAccessIssue]
                except (KeyError, AttributeError):
                    pass
                else:
                    return entry.run(args)
            found = self._found(mode, args, kwargs)
            if found is not None:
                entry, arrays = found
                return entry.run(arrays)
        return self._general_call(mode, args, kwargs)

    def _found(
        self, mode: Mode, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Entry, list[Any]] | None:
        """The entry of a call that was noted, and its arrays; ``None`` of others."""
        if self._has_static:
            return None
        if not self._nested:
            return None
        leaves, structure = _flatten((args, kwargs))
        arrays = _taken(leaves, mode)
        try:
            return self._nested[(mode, structure, *[x._type for x in arrays])], arrays
        except (KeyError, AttributeError, TypeError):
            return None

    def _general_call(self, mode: Mode, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if mode.disable_jit:
            return self._fun(*args, **kwargs)
        borrowed: list[np.ndarray] = []
        arrays, entry = self._lookup(args, kwargs, borrowed)
        if mode.placed or self._device is not None or PlacedArray in map(type, arrays):
            entry = entry.at(self._placement(args, kwargs, arrays))
        if not mode.watched and entry.function.closed:
            self._note(entry, mode, args, kwargs)
        frame = current_frame()
        if frame is None or (
            not frame.staged
            and entry.function.closed
            and _all_concrete(arrays)
            and not entry.function.program.has_effect
        ):
            if mode.watched:
                return self._watched_run(mode, entry, arrays, borrowed)
            if entry.compiled is None and self._is_tiered():
                entry.begin_tiers()
            return entry.run(arrays, borrowed)
        if borrowed:
            # The program runs later: it needs copies.
            arrays = [to_array(x.to_numpy()) if type(x) is ConcreteArray else x for x in arrays]
        found = frame.emit_call(None, entry.function, arrays, entry.function.outputs)
        return pytree.unflatten(entry.out_tree, found)

    def _note(self, entry: Entry, mode: Mode, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Let calls like this one find the entry at once, if all that they pass are arrays and numbers."""
        if not kwargs and all(isinstance(x, ConcreteArray) for x in args):
            self._plain[(mode, *[x.type for x in args])] = entry
        elif not self._has_static:
            leaves, structure = _flatten((args, kwargs))
            arrays = _taken(leaves, mode)
            if all(isinstance(x, ConcreteArray) for x in arrays):
                self._nested[(mode, structure, *[x.type for x in arrays])] = entry

    def _is_tiered(self) -> bool:
        return bool(config.get("axir_tiered")) if self._tiered is None else self._tiered

    def _placement(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], arrays: Sequence[Array]
    ) -> Placement | None:
        """Where a call with these arguments runs; ``arrays`` are their leaves, without static ones."""

        def names() -> list[str]:
            if self._has_static:
                given, named, _ = self._split(args, kwargs)
                return pytree.call_names((given, named))
            return pytree.call_names((args, kwargs))

        return common_placement(self._title, arrays, names, self._device)

    def _watched_run(self, mode: Mode, entry: Entry, arrays: list[Array], borrowed: list[np.ndarray]) -> Any:
        """A call that is searched for nan or recorded."""
        entry.prepare()
        with span(f"run {self._title}", "run") if mode.profiled else nullcontext():
            found = entry.run(arrays, borrowed)
        if mode.checked:
            function = entry.function
            check_call(
                self._title,
                function.program.module,
                function.symbol,
                [x.to_numpy() for x in (*arrays, *function.captures)],
                [x.to_numpy() for x in pytree.leaves(found)],
                mode,
            )
        return found

    def _lookup(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], borrowed: list[np.ndarray]
    ) -> tuple[list[Array], Entry]:
        static = _NOTHING_STATIC
        if self._has_static:
            args, kwargs, static = self._split(args, kwargs)
        leaves, treedef = pytree.flatten((args, kwargs))
        try:
            arrays = [
                x
                if isinstance(x, ConcreteArray)
                else _borrow(x, borrowed)
                if type(x) is np.ndarray
                else to_array(x)
                for x in leaves
            ]
        except TypeError:
            flatten_arrays(self._title, (args, kwargs), pytree.call_names)  # says which leaf it is
            raise
        return arrays, self._entry(tuple([(x.aval, x.weak_type) for x in arrays]), treedef, static)

    def _entry(self, kinds: tuple[tuple[Aval, bool], ...], treedef: pytree.TreeDef, static: Static) -> Entry:
        """What is kept for arguments of these types."""
        key = (
            treedef,
            kinds,
            static,
            config.mode.tracing,
            axes_in_force(),
        )
        try:
            entry = self._entries.get(key)
        except TypeError:
            what = f"static arguments must be hashable; got {static.values}, {static.named}"
            if static == _NOTHING_STATIC:
                what = f"static parts of containers must be hashable; got {treedef}"
            raise ValueError(f"{self._title}: {what}.") from None
        if entry is None:
            new_object = is_new_object(self)
            if config.get("axir_log_compiles") or config.get("axir_explain_cache_misses"):
                types = ", ".join(str(aval) for aval, _ in kinds)
                why = "new function object" if new_object else cause(key, list(self._entries))
                logger.warning("%s: tracing for (%s). Cause: %s.", self._title, types, why)
            with span(f"trace {self._title}", "compile") if config.mode.profiled else nullcontext():
                entry = self._trace([Spec(*kind) for kind in kinds], treedef, static)
            if entry.function.closed:
                # A function that uses values of an outer trace is good for that trace only.
                self._entries[key] = entry
        return entry

    def _split(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any], Static]:
        positions = tuple(i for i in self._static_argnums if i < len(args))
        static = Static(
            positions,
            tuple(args[i] for i in positions),
            tuple((n, kwargs[n]) for n in self._static_argnames if n in kwargs),
        )
        dynamic = tuple(x for i, x in enumerate(args) if i not in positions)
        return dynamic, {n: x for n, x in kwargs.items() if n not in self._static_argnames}, static

    def _trace(self, specs: Sequence[Spec], treedef: pytree.TreeDef, static: Static) -> Entry:
        trees: list[pytree.TreeDef] = []

        def run(tracers: list[Tracer]) -> list[Array]:
            args, kwargs = pytree.unflatten(treedef, tracers)
            args = list(args)
            for i, value in zip(static.positions, static.values, strict=True):
                args.insert(i, value)
            fun: Callable[..., Any] = self._fun
            out = fun(*args, **kwargs, **dict(static.named))
            leaves, tree = flatten_arrays(self._title, out)
            trees.append(tree)
            return leaves

        start = time.perf_counter()
        function = trace_program(name_of(self._fun), run, specs, staged=True, jit=True)
        return Entry(function, trees[0], time.perf_counter() - start)

    def traced(self, *args: Any, **kwargs: Any) -> Entry:
        """The traced function for the signature of these arguments."""
        return self._lookup(args, kwargs, [])[1]

    def trace(self, *args: Any, **kwargs: Any) -> Traced:
        """Trace the function for arguments that are arrays, numbers or ``ShapeDtypeStruct``s, and stop there.

        Returns: the traced function; ``.lower()`` and ``.compile()`` take it further.
        """
        from axir._src.stages import Traced

        static = _NOTHING_STATIC
        if self._has_static:
            args, kwargs, static = self._split(args, kwargs)
        donated = self._donated_leaves(args, kwargs, static.positions) if self._donated else ()
        leaves, treedef = pytree.flatten((args, kwargs))
        try:
            kinds = tuple([_spec_of(x) for x in leaves])
        except TypeError:
            shapes = pytree.unflatten(treedef, [0 if isinstance(x, ShapeDtypeStruct) else x for x in leaves])
            flatten_arrays(self._title, shapes, pytree.call_names)  # says which leaf it is
            raise
        entry = self._entry(kinds, treedef, static)
        given = [x for x in leaves if isinstance(x, ConcreteArray)]
        entry = entry.at(common_placement(self._title, given, device=self._device))
        return Traced(name_of(self._fun), entry, treedef, donated)

    def _donated_leaves(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], static: tuple[int, ...]
    ) -> tuple[int, ...]:
        """Numbers of the arrays among the arguments that are donated; ``static`` positions are not in ``args``."""
        total = len(args) + len(static)
        positions = [i for i in range(total) if i not in static]
        marks: list[bool] = []
        for i, x in zip(positions, args, strict=True):
            marks += [i in self._donated or i - total in self._donated] * len(pytree.leaves(x))
        for name in sorted(kwargs):
            marks += [name in self._donated] * len(pytree.leaves(kwargs[name]))
        return tuple(i for i, marked in enumerate(marks) if marked)

    def lower(self, *args: Any, **kwargs: Any) -> Lowered:
        """As ``trace(...).lower()``: the function as it is handed to the compiler."""
        return self.trace(*args, **kwargs).lower()

    def warmup(self, *args: Any, **kwargs: Any) -> JitFunction[P, R]:
        """Compile for arguments that are arrays, numbers or ``ShapeDtypeStruct``s, and wait until that is done.

        Returns: the function itself, whose calls with arguments of these types run compiled code from the first on.

        Raises:
            CompileError: the program cannot be compiled.

        Example:
            >>> import axir
            >>> double = axir.jit(lambda x: 2 * x).warmup(axir.ShapeDtypeStruct((3,), "float32"))
        """
        self.lower(*args, **kwargs).compile()
        return self

    def eval_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The results' pytree with a ``ShapeDtypeStruct`` for each array."""
        return self.trace(*args, **kwargs).out_info

    def clear_cache(self) -> None:
        """Forget every signature."""
        self._entries.clear()
        self._plain.clear()
        self._nested.clear()


def _all_concrete(arrays: Sequence[Array]) -> bool:
    return all(isinstance(x, ConcreteArray) for x in arrays)


def _as_tuple(value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, int | str) else tuple(value)


def _resolve_static(
    fun: Callable[..., Any], positions: tuple[int, ...], names: tuple[str, ...]
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Complete static positions and names from each other through the signature of ``fun``."""
    if not positions and not names:
        return (), ()
    try:
        parameters = list(inspect.signature(fun).parameters.values())
    except (ValueError, TypeError):
        return positions, names
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    ordered = [p.name for p in parameters if p.kind in kinds]
    variadic = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters)
    resolved = []
    for i in positions:
        if not variadic and not -len(ordered) <= i < len(ordered):
            raise ValueError(
                f"jit: static_argnums names position {i}, but {name_of(fun)} takes {len(ordered)} arguments."
            )
        resolved.append(i % len(ordered) if i < 0 else i)
    known = {p.name for p in parameters}
    takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)
    for name in names:
        if name not in known and not takes_any:
            raise ValueError(f"jit: static_argnames names {name!r}, which is no argument of {name_of(fun)}.")
    all_positions = {*resolved, *(ordered.index(n) for n in names if n in ordered)}
    all_names = {*names, *(ordered[i] for i in resolved if i < len(ordered))}
    return tuple(sorted(all_positions)), tuple(sorted(all_names))


@overload
def jit(
    fun: Callable[P, R],
    *,
    static_argnums: int | Iterable[int] | None = None,
    static_argnames: str | Iterable[str] | None = None,
    donate_argnums: int | Iterable[int] | None = None,
    donate_argnames: str | Iterable[str] | None = None,
    inline: bool = False,
    device: Device | None = None,
    backend: str | None = None,
    tiered: bool | None = None,
) -> JitFunction[P, R]: ...
@overload
def jit(
    *,
    static_argnums: int | Iterable[int] | None = None,
    static_argnames: str | Iterable[str] | None = None,
    donate_argnums: int | Iterable[int] | None = None,
    donate_argnames: str | Iterable[str] | None = None,
    inline: bool = False,
    device: Device | None = None,
    backend: str | None = None,
    tiered: bool | None = None,
) -> Callable[[Callable[P, R]], JitFunction[P, R]]: ...
def jit(
    fun: Callable[..., Any] | None = None,
    *,
    static_argnums: int | Iterable[int] | None = None,
    static_argnames: str | Iterable[str] | None = None,
    donate_argnums: int | Iterable[int] | None = None,
    donate_argnames: str | Iterable[str] | None = None,
    inline: bool = False,
    device: Device | None = None,
    backend: str | None = None,
    tiered: bool | None = None,
) -> Any:
    """Compile a function for the shapes and dtypes that it is called with.

    The first call with a new signature traces the function and compiles it (or reads it from the disk cache);
    later ones run the compiled code. Python side effects happen while tracing only.

    Args:
        fun: function of pytrees of arrays; without it ``jit`` is a decorator with options.
        static_argnums, static_argnames: arguments that are Python values known while tracing; each new value, compared
            by ``==``, compiles anew. They must be hashable.
        donate_argnums, donate_argnames: arguments whose memory may be reused for results; accepted as a hint.
        inline: accepted for compatibility; calls are always inlined when a program is compiled.
        device: where the function runs; by default on the device that its arguments are committed to, or else on the
            default one. Results stay where it ran.
        backend: a platform in place of a device: its first one.
        tiered: whether the first calls are evaluated with NumPy while a thread in the background compiles; by default
            as the option ``axir_tiered`` says. See docs/performance.md.

    Raises:
        MixedDevicesError: when called, if arguments are committed to different devices.
        ConcretizationError: when called, if the function needs the value of a traced array in Python.
        CompileError: when called, if the program cannot be compiled.

    Example:
        >>> import axir, axir.numpy as np
        >>> @axir.jit
        ... def selu(x, alpha=1.67, scale=1.05):
        ...     return scale * np.where(x > 0, x, alpha * np.exp(x) - alpha)
        >>> selu(np.array([-1.0, 0.0, 2.0])).round(3)
        Array([-1.108,  0.   ,  2.1  ], dtype=float32)
    """
    if fun is None:
        return functools.partial(
            jit,
            static_argnums=static_argnums,
            static_argnames=static_argnames,
            donate_argnums=donate_argnums,
            donate_argnames=donate_argnames,
            inline=inline,
            device=device,
            backend=backend,
            tiered=tiered,
        )
    if not callable(fun):
        raise TypeError(f"jit: takes a function; got {fun!r}.")
    donated = (*_as_tuple(donate_argnums), *_as_tuple(donate_argnames))
    static = _as_tuple(static_argnums), _as_tuple(static_argnames)
    if tiered is not None and not isinstance(tiered, bool):
        raise TypeError(f"jit: tiered must be True, False or None; got {tiered!r}.")
    return JitFunction(fun, *static, donated, _chosen(device, backend), tiered)


def _chosen(device: Any, backend: str | None) -> Device | None:
    """The device that ``jit`` was asked to run a function on."""
    if device is not None and backend is not None:
        raise ValueError(f"jit: takes a device or a backend, not both; got {device!r} and {backend!r}.")
    if device is not None and not isinstance(device, Device):
        raise TypeError(f"jit: device must be one of axir.devices(); got {device!r}.")
    return devices(backend)[0] if backend is not None else device


def _spec_of(x: Any) -> Spec:
    if isinstance(x, ShapeDtypeStruct):
        return Spec(Aval(x.shape, canonical(x.dtype)), x.weak_type)
    return Spec.of(to_array(x))


def _words_of_keys(x: Any) -> Any:
    """The description of typed keys as keys whose words are described."""
    if isinstance(x, ShapeDtypeStruct) and isinstance(x.dtype, KeyDType):
        return KeyArray(ShapeDtypeStruct((*x.shape, WORDS), "uint32"))
    return x


def _keys_of_words(x: Any) -> Any:
    """The inverse of ``_words_of_keys``."""
    return ShapeDtypeStruct(x.shape, x.dtype) if isinstance(x, KeyArray) else x


def trace_for_specs(fun: Callable[..., Any], args: Any, kwargs: Any) -> tuple[Function, pytree.TreeDef]:
    """Trace a function for arguments that are arrays or ShapeDtypeStructs."""
    leaves, treedef = pytree.flatten(map_arrays(_words_of_keys, (args, kwargs)))
    trees: list[pytree.TreeDef] = []

    def run(tracers: list[Tracer]) -> list[Array]:
        positional, named = pytree.unflatten(treedef, tracers)
        found, tree = flatten_arrays(name_of(fun), fun(*positional, **named))
        trees.append(tree)
        return found

    return trace_program(name_of(fun), run, [_spec_of(x) for x in leaves], staged=True), trees[0]


def eval_shape(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Shapes and dtypes of the results of a function, without computing them.

    Args:
        fun: any function of pytrees of arrays.
        *args, **kwargs: arrays or ``ShapeDtypeStruct``s.

    Returns: the result's pytree with a ``ShapeDtypeStruct`` for each array.

    Example:
        >>> import axir, axir.numpy as np
        >>> big = axir.ShapeDtypeStruct((100_000, 100_000), "float32")
        >>> axir.eval_shape(lambda x: x @ x[0], big).shape
        (100000,)
    """
    function, tree = trace_for_specs(fun, args, kwargs)
    found = pytree.unflatten(
        tree, [ShapeDtypeStruct(s.aval.shape, s.aval.dtype, s.weak) for s in function.outputs]
    )
    return map_arrays(_keys_of_words, found)
