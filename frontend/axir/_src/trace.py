"""Tracing: Python functions become functions of the dialect.

While a function is traced its array arguments are tracers, thin handles on IR values. Each operation on
them appends one op to the *frame* of the function that is being traced. Frames nest: ``grad`` inside
``vmap`` traces into a second function of the same module. A value from outside that a function uses
becomes a hidden argument of it (a *capture*), so that IR holds no data.

A tracer whose value follows from concrete arrays is *known*: Python may ask for its value, which is then
evaluated on the spot. This is what lets ``if x > 0`` work under ``grad`` outside ``jit``.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np

from axir._src.array import Array, ConcreteArray
from axir._src.config import config
from axir._src.leaks import checked_for_leaks
from axir._src.leaks import state as leaks
from axir._src.messages import located
from axir._src.nan_checks import check_op
from axir._src.placement import PlacedArray
from axir._src.source import mlir_location, source_line, where
from axir_compiler.errors import AxirError, ConcretizationError, LeakedTracerError
from axir_compiler.ir.evaluate import Plan, evaluate_op, make_plan
from axir_compiler.ir.host_functions import HostObject, without_effects
from axir_compiler.ir.module import (
    FunctionBuilder,
    body_of,
    call,
    copy_functions,
    copy_op,
    lookup,
    new_module,
    set_type,
)
from axir_compiler.ir.op import AxirOp
from axir_compiler.ir.region import RegionOp
from axir_compiler.ir.types import Aval, aval_of, mlir_type
from axir_compiler.mlir import context, func, ir
from axir_compiler.ops.custom import NamedFunctionsOp
from axir_compiler.ops.transformation import TransformationOp
from axir_compiler.transforms.expand import Expander

__all__ = [
    "Frame",
    "Function",
    "Key",
    "Origin",
    "Program",
    "Spec",
    "Tracer",
    "bind",
    "current_frame",
    "trace_program",
]


_local = config._local


class Spec(NamedTuple):
    """What is known of an argument or result before running: shape, dtype and weakness of its type."""

    aval: Aval
    weak: bool

    @staticmethod
    def of(x: Array) -> Spec:
        return Spec(x.aval, x.weak_type)


class Key:
    """A structural key with its hash kept: equal keys mean equal programs."""

    __slots__ = ("_hash", "parts")

    def __init__(self, parts: Hashable):
        self.parts = parts
        self._hash = hash(parts)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Key) and self._hash == other._hash and self.parts == other.parts


class _State(threading.local):
    frame: Frame | None = None


state = _State()
"""What this thread traces."""


def current_frame() -> Frame | None:
    """The frame of the function that is being traced in this thread."""
    return state.frame


class Program:
    """A module under construction or finished, with the rewrites that were done in it."""

    def __init__(self) -> None:
        self.module: ir.Module = new_module()
        self.expander = Expander(self.module)
        self.hosts: set[HostObject] = set()
        """The Python objects that the program names, which live as long as it."""
        self.has_effect = False
        self._embedded: dict[int, tuple[Function, str]] = {}

    def forget(self) -> None:
        """Let go of the functions that were embedded, and so of the tracers that these use; nothing more comes in."""
        self._embedded.clear()

    def embed(self, function: Function) -> str:
        """The symbol of a function of any program in this one; copied in once, with all that it calls."""
        if function.program is self:
            return function.symbol
        known = self._embedded.get(id(function))
        if known is not None:
            return known[1]
        renamed = copy_functions(function.program.module, self.module, function.symbol)
        self.hosts |= function.program.hosts
        self.has_effect |= function.program.has_effect
        self._embedded[id(function)] = (function, renamed)
        return renamed


class Function(NamedTuple):
    """A traced function: a symbol of a program, its types, and the outer values that it uses.

    Its IR arguments are ``inputs`` followed by one for each capture.
    """

    program: Program
    symbol: str
    inputs: tuple[Spec, ...]
    outputs: tuple[Spec, ...]
    captures: tuple[Array, ...]
    key: Key

    @property
    def closed(self) -> bool:
        """Whether the function uses concrete outer values only, no tracers."""
        return all(isinstance(c, ConcreteArray) for c in self.captures)

    @property
    def concrete_captures(self) -> list[ConcreteArray]:
        """The captures of a closed function."""
        return [c for c in self.captures if isinstance(c, ConcreteArray)]

    @property
    def arguments(self) -> tuple[Spec, ...]:
        """Specs of all IR arguments."""
        return (*self.inputs, *map(Spec.of, self.captures))


class Origin:
    """How known values are computed: a function of the arrays of other tracers, called at most once."""

    __slots__ = ("_function", "args", "result")

    def __init__(self, function: Callable[..., Any], args: Sequence[Tracer] = ()):
        self._function: Callable[..., Any] | None = function
        self.args = args
        self.result: Any = None

    @property
    def done(self) -> bool:
        return self._function is None

    def compute(self) -> None:
        """Compute the result; that of every argument is there."""
        assert self._function is not None
        with without_effects():  # those come when the program runs
            self.result = self._function(*[t.concrete for t in self.args])
        self._function, self.args = None, ()

    @staticmethod
    def of(function: Callable[..., Any], args: Sequence[Tracer]) -> Origin | None:
        """The origin of a result of ``args``; ``None`` if one of them is unknown."""
        for t in args:
            if t._origin is None:
                return None
        return Origin(function, args)


class Tracer(Array):
    """An array that stands for a value of the program that is being traced."""

    __slots__ = ("_item", "_origin", "aval", "frame", "index", "value", "weak_type")

    def __init__(
        self,
        frame: Frame,
        value: ir.Value,
        spec: Spec,
        origin: Origin | None = None,
        item: int | None = None,
    ):
        self.frame = frame
        self.value = value
        self.aval, self.weak_type = spec
        self.index = frame.number()
        self._origin = origin
        self._item = item
        if leaks.born is not None:
            leaks.born.append(weakref.ref(self))

    @property
    def known(self) -> bool:
        """Whether the value follows from concrete arrays."""
        return self._origin is not None

    def set_known(self, origin: Origin | None) -> None:
        """Say how the value is computed."""
        self._origin = origin

    @property
    def concrete(self) -> Any:
        """The value of a known tracer, computed at the first request."""
        pending = [self._origin]
        while pending:
            origin = pending[-1]
            assert origin is not None
            missing = [t._origin for t in origin.args if t._origin is not None and not t._origin.done]
            pending.extend(missing)
            if not missing:
                if not origin.done:
                    origin.compute()
                pending.pop()
        assert self._origin is not None
        result = self._origin.result
        return result if self._item is None else result[self._item]

    def to_numpy(self, asked_for: str = "its value") -> np.ndarray:
        """The value as a NumPy array.

        Raises:
            ConcretizationError: the value is only known when the compiled program runs.
            LeakedTracerError: the function that it belongs to has returned.
        """
        if not self.known and self.frame.closed:
            raise _leaked(self)
        if not self.known:
            raise ConcretizationError(
                f"{self.frame.name}: Python asked for {asked_for}, but the array {self.aval} is traced and has no "
                f"value yet. At {where()}: {source_line()}\nUse axir.numpy.where or axir.lax.cond to choose by an "
                "array's value, mark the argument as static (static_argnums), or call the function outside jit."
            )
        return np.asarray(self.concrete)

    def __repr__(self) -> str:
        return f"Tracer({self.aval})"


def _leaked(x: Tracer) -> LeakedTracerError:
    return LeakedTracerError(
        f"{x.frame.name}: the traced array {x.aval} was used after the function had returned. At {where()}. "
        "Return it from the function instead of storing it elsewhere."
    )


class Frame:
    """A function that is being traced.

    ``staged`` frames (``jit``) take every operation into the program; the others leave operations on
    concrete arrays alone to eager evaluation.
    """

    def __init__(
        self, program: Program, name: str, specs: Sequence[Spec], *, staged: bool, jit: bool = False
    ):
        self.program = program
        self.parent = state.frame
        self.name = name
        self.staged = staged or (self.parent is not None and self.parent.staged)
        self.closed = False
        self.captured: dict[int, Array] = {}
        self.tape: list[Hashable] = []
        self._numbers = 0
        self._lifted: dict[int, Tracer] = {}
        inputs = [mlir_type(s.aval) for s in specs]
        self.builder = FunctionBuilder(program.module, _symbol(name), inputs, jit=jit)
        self._ip = ir.InsertionPoint(self.builder.block)
        self.arguments = [
            Tracer(self, v, spec) for v, spec in zip(self.builder.arguments, specs, strict=True)
        ]

    def number(self) -> int:
        """The next number of a value; numbers make up the structural key."""
        self._numbers += 1
        return self._numbers - 1

    def __enter__(self) -> Frame:
        state.frame = self
        return self

    def __exit__(self, *error: Any) -> None:
        state.frame = self.parent
        self.closed = True

    def lift(self, x: Array) -> Tracer:
        """An array as a tracer of this frame; values from outside become captures.

        Raises:
            LeakedTracerError: a tracer of a function that has returned.
        """
        if isinstance(x, Tracer) and x.frame is self:
            return x
        found = self._lifted.get(id(x))
        if found is None:
            if isinstance(x, Tracer):
                self._check_outer(x)
            with context():
                value = self.builder.block.add_argument(mlir_type(x.aval), ir.Location.unknown())
            found = Tracer(self, value, Spec.of(x), _capture_origin(x))
            self.tape.append(("capture", found.index))
            self.captured[id(x)] = x
            self._lifted[id(x)] = found
        return found

    def _check_outer(self, x: Tracer) -> None:
        frame = self.parent
        while frame is not None:
            if frame is x.frame:
                return
            frame = frame.parent
        raise _leaked(x)

    def emit(self, op: type[AxirOp], args: Sequence[Array], attrs: dict[str, Any], weak: bool) -> Any:
        """Append an op; gives a tracer, or a tuple of them."""
        lifted = [self.lift(x) for x in args]
        operation, results = op.append_at([t.value for t in lifted], attrs, mlir_location(), self._ip)
        self.tape.append((op.short_name, *[t.index for t in lifted], *attrs.items()))
        origin = Origin.of(lambda *xs: evaluate_op(op, xs, attrs), lifted)
        if len(results) == 1:
            return Tracer(self, operation.result, Spec(results[0], weak), origin)
        return tuple(
            Tracer(self, r, Spec(a, weak), origin, i)
            for i, (r, a) in enumerate(zip(operation.results, results, strict=True))
        )

    def emit_call(
        self,
        op: type[TransformationOp] | None,
        function: Function,
        args: Sequence[Array],
        results: Sequence[Spec],
        attrs: dict[str, Any] | None = None,
        trailing: Sequence[Array] = (),
    ) -> list[Tracer]:
        """Append a call of a function, or of its transform by ``op``.

        Operands are ``args``, the function's captures, and ``trailing`` (tangents or cotangents).
        """
        lifted = [self.lift(x) for x in (*args, *function.captures, *trailing)]
        symbol = self.program.embed(function)
        operands = [t.value for t in lifted]
        attrs = dict(attrs or {})

        def append(values: Sequence[ir.Value]) -> list[ir.Value]:
            if op is None:
                return call(symbol, values, [mlir_type(s.aval) for s in results])
            return list(op.create(values, [s.aval for s in results], {**attrs, "callee": symbol}).results)

        with self._ip, mlir_location():
            values = append(operands)
        name = "call" if op is None else op.short_name
        self.tape.append((name, function.key, *[t.index for t in lifted], *attrs.items()))
        kinds = [mlir_type(t.aval) for t in lifted]
        origin = Origin.of(lambda *xs: self._probe(append, kinds)(*xs), lifted)
        return [
            Tracer(self, v, spec, origin, i) for i, (v, spec) in enumerate(zip(values, results, strict=True))
        ]

    def emit_regions(
        self,
        op: type[RegionOp],
        functions: Sequence[Function],
        args: Sequence[Array],
        attrs: dict[str, Any],
        weak: Sequence[bool],
    ) -> list[Tracer]:
        """Append an op whose regions are functions that were traced in this program; they become part of it.

        Operands are ``args`` and what the functions use from outside; ``weak`` says which results have a weak type.
        """
        captures = list({id(c): c for f in functions for c in f.captures}.values())
        lifted = [self.lift(x) for x in (*args, *captures)]
        bodies = [_with_arguments_for(lookup(self.program.module, f.symbol), f, captures) for f in functions]
        with self._ip, mlir_location():
            values = op.assemble([t.value for t in lifted], bodies, attrs)
        keys = tuple(f.key for f in functions)
        self.tape.append((op.short_name, keys, *[t.index for t in lifted], *attrs.items()))
        if not values:
            return []
        made = values[0].owner.opview

        def append(operands: Sequence[ir.Value]) -> list[ir.Value]:
            return list(copy_op(made, dict(zip(made.operands, operands, strict=True))).results)

        kinds = [mlir_type(t.aval) for t in lifted]
        origin = Origin.of(lambda *xs: self._probe(append, kinds)(*xs), lifted)
        return [
            Tracer(self, v, Spec(aval_of(v), w), origin, i)
            for i, (v, w) in enumerate(zip(values, weak, strict=True))
        ]

    def emit_named(
        self,
        op: type[NamedFunctionsOp],
        functions: dict[str, Function],
        args: Sequence[Array],
        attrs: dict[str, Any],
        recursive: Sequence[ir.OpView] = (),
    ) -> list[Tracer]:
        """Append a call that names several functions, which were traced for it in this program.

        Operands are ``args`` and what the functions use from outside, which each of them takes last. ``recursive``
        are the calls of the same functions in their bodies.
        """
        captures = list({id(c): c for f in functions.values() for c in f.captures}.values())
        module = self.program.module
        for f in functions.values():
            set_type(_with_arguments_for(lookup(module, f.symbol), f, captures))
        symbols = {name: f.symbol for name, f in functions.items()}
        for one in recursive:
            _complete(one, symbols, len(args), len(captures))
        keys = tuple(f.key for f in functions.values())
        return self._emit_named(op, functions["callee"], symbols, [*args, *captures], attrs, keys)

    def emit_recursive(
        self,
        op: type[NamedFunctionsOp],
        callee: Function,
        names: Sequence[str],
        args: Sequence[Array],
        attrs: dict[str, Any],
    ) -> tuple[list[Tracer], ir.OpView]:
        """Append a call of functions of which only ``callee`` is traced so far; ``emit_named`` completes it."""
        symbols = dict.fromkeys(names, callee.symbol)
        found = self._emit_named(op, callee, symbols, [*args, *callee.captures], attrs, (callee.key,))
        return found, found[0].value.owner.opview

    def _emit_named(
        self,
        op: type[NamedFunctionsOp],
        callee: Function,
        symbols: dict[str, str],
        args: Sequence[Array],
        attrs: dict[str, Any],
        keys: Hashable,
    ) -> list[Tracer]:
        lifted = [self.lift(x) for x in args]
        results = callee.outputs
        with self._ip, mlir_location():
            values = op.append([t.value for t in lifted], [s.aval for s in results], **symbols, **attrs)
        self.tape.append((op.short_name, keys, *[t.index for t in lifted], *attrs.items()))
        types = [mlir_type(s.aval) for s in results]

        def append(operands: Sequence[ir.Value]) -> list[ir.Value]:
            return call(callee.symbol, operands, types)

        kinds = [mlir_type(t.aval) for t in lifted]
        origin = Origin.of(lambda *xs: self._probe(append, kinds)(*xs), lifted)
        return [
            Tracer(self, v, spec, origin, i) for i, (v, spec) in enumerate(zip(values, results, strict=True))
        ]

    def _probe(self, append: Callable[[Sequence[ir.Value]], list[ir.Value]], inputs: list[ir.Type]) -> Plan:
        """A plan for a single call, through a function made for it alone."""
        module = self.program.module
        with context(), ir.Location.unknown():
            probe = FunctionBuilder(module, "probe", inputs)
            with probe:
                values = append(probe.arguments)
            probe.finish(values)
            self.program.expander.expand(probe.name)
            plan = make_plan(module, probe.name)
            probe.op.operation.erase()
        return plan

    def finish(self, outputs: Sequence[Array]) -> Function:
        """Return ``outputs`` from the function."""
        lifted = [self.lift(x) for x in outputs]
        self.builder.finish([t.value for t in lifted])
        inputs = tuple(map(Spec.of, self.arguments))
        captures = tuple(self.captured.values())
        results = tuple(t.index for t in lifted)
        specs = tuple(map(Spec.of, captures))
        key = Key((inputs, specs, tuple(map(Spec.of, lifted)), results, tuple(self.tape)))
        return Function(self.program, self.builder.name, inputs, tuple(map(Spec.of, lifted)), captures, key)


def _capture_origin(x: Array) -> Origin | None:
    if isinstance(x, Tracer):
        return Origin.of(lambda value: value, (x,))
    return Origin(x.to_numpy)


def _with_arguments_for(body: func.FuncOp, function: Function, captures: Sequence[Array]) -> func.FuncOp:
    """The function with one argument for each of ``captures``, of which its own are some, behind its inputs."""
    block, first = body_of(body), len(function.inputs)
    own = {id(c): block.arguments[first + k] for k, c in enumerate(function.captures)}
    for capture in captures:
        new = block.add_argument(mlir_type(capture.aval), ir.Location.unknown())
        if id(capture) in own:
            own[id(capture)].replace_all_uses_with(new)
    for k in reversed(range(len(function.captures))):
        block.erase_argument(first + k)
    return body


def _complete(op: ir.OpView, symbols: dict[str, str], inputs: int, captures: int) -> None:
    """Let a call in the body of one of the functions that it names name them all, and take what they use."""
    block = op.operation.block
    values = list(op.operands)
    if len(values) != inputs + captures:
        if len(block.arguments) < captures or not isinstance(block.owner.opview, func.FuncOp):
            raise NotImplementedError(
                f"{op.OPERATION_NAME}: a rule that uses values from outside calls its own function inside a loop or a "
                "branch. Make the values arguments of the function."
            )
        values = values[:inputs] + list(block.arguments)[len(block.arguments) - captures :]
    attributes = dict(op.attributes.items())
    for name, symbol in symbols.items():
        attributes[name] = ir.FlatSymbolRefAttr.get(symbol, context())
    with ir.InsertionPoint(op), op.location:
        new = ir.Operation.create(
            op.OPERATION_NAME, results=[r.type for r in op.results], operands=values, attributes=attributes
        )
    for old, result in zip(op.results, new.results, strict=True):
        old.replace_all_uses_with(result)
    op.operation.erase()


def _symbol(name: str) -> str:
    """A Python name as an MLIR symbol."""
    cleaned = "".join(c if c.isalnum() or c == "_" else "_" for c in name).strip("_")
    return cleaned or "f"


def bind(op: type[AxirOp], *args: Array, weak: bool | None = None, **attrs: Any) -> Any:
    """Apply an op to arrays: evaluate it, or append it to the program that is being traced.

    ``weak`` says whether the type of the result is weak; by default it is if that of every operand is.
    """
    if weak is None:
        weak = bool(args) and all(x.weak_type for x in args)
    frame = state.frame
    try:
        if frame is not None and (frame.staged or any(isinstance(x, Tracer) for x in args)):
            return frame.emit(op, args, attrs, weak)
        results = op.infer_checked([x.aval for x in args], attrs)
        if _local.mode.placed or PlacedArray in map(type, args):
            from axir._src.device_ops import run_op  # which traces programs

            return run_op(op, args, attrs, results, weak)
        found = evaluate_op(op, [x.to_numpy() for x in args], attrs)
    except AxirError as error:
        raise located(error) from None
    if _local.mode.checked:
        check_op(op.short_name, found, _local.mode)
    if len(results) == 1:
        return ConcreteArray(found, weak)
    return tuple(ConcreteArray(value, weak) for value in found)


def trace_program(
    name: str,
    run: Callable[[list[Tracer]], Sequence[Array]],
    specs: Sequence[Spec],
    *,
    staged: bool,
    jit: bool = False,
) -> Function:
    """Trace a Python function on flat arguments into a program of its own."""
    with checked_for_leaks(name):
        return _trace_program(name, run, specs, staged, jit)


def _trace_program(
    name: str, run: Callable[[list[Tracer]], Sequence[Array]], specs: Sequence[Spec], staged: bool, jit: bool
) -> Function:
    program = Program()
    with context(), Frame(program, name, specs, staged=staged, jit=jit) as frame:
        found = frame.finish(run(frame.arguments))
    program.forget()
    return found
