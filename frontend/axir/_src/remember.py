"""Functions composed of many operations, quick outside ``jit``: a program that was seen before is not run in Python.

Evaluated op by op, each operation costs some microseconds of Python besides the microsecond that NumPy needs. A
*remembered* function is traced once it was called several times with arrays of the same types and equal other
arguments; from then on its plan, a flat list of NumPy calls, is all that runs. The NumPy functions are those of its
operations, so that the results are the same. For large arrays there may be a compiled kernel instead, from the first
call on (``axir._src.large_kernels``).

This is for functions that depend on nothing but their arguments: not on values of arrays (those cannot be traced and
are run in Python each time), on functions of the user, or on state.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from axir._src import pytree
from axir._src.array import Array, ConcreteArray
from axir._src.config import config
from axir._src.keys import KeyArray
from axir._src.messages import warned
from axir._src.trace import Function, Spec, state, trace_program
from axir_compiler import pipeline
from axir_compiler.ir.evaluate import Plan, make_plan
from axir_compiler.mlir import context
from axir_compiler.passes.cse import CommonSubexpressionsPass
from axir_compiler.passes.dce import DeadCodePass
from axir_compiler.passes.expand import ExpandTransformsPass
from axir_compiler.passes.inline import InlinePass
from axir_compiler.refine import refined

__all__ = ["forget", "remembered"]

F = TypeVar("F", bound=Callable[..., Any])

_local = config._local

_CALLS = 2
"""Calls in Python before a function is traced."""
_LIMIT = 4096
"""Kinds of calls that are known at most."""
LARGE = 1 << 19
"""Elements from which on a compiled kernel saves more than a millisecond in a call."""
_NEVER = -1
"""Instead of a number of calls: this kind must run in Python."""

_EVALUATION = (ExpandTransformsPass(), InlinePass(), CommonSubexpressionsPass(), DeadCodePass())
"""What leaves every operation as it was called: others could be evaluated to other bits."""

_known: dict[tuple[Any, ...], Any] = {}
"""By kind of call: its program, or how often it ran in Python."""


class _Calls(threading.local):
    inside: bool = False
    """Whether a remembered function runs in Python, of which those that it calls will be a part."""


_calls = _Calls()

_STATIC = frozenset({int, bool, str, type(None), type(Ellipsis), type})


class _Remembered(NamedTuple):
    plan: Plan
    constants: tuple[np.ndarray, ...]
    weak: tuple[bool, ...]
    tree: pytree.TreeDef | None

    def run(self, arrays: Sequence[np.ndarray]) -> Any:
        found = self.plan(*arrays, *self.constants)
        if self.tree is None:
            return ConcreteArray(found[0], self.weak[0])
        return pytree.unflatten(self.tree, list(map(ConcreteArray, found, self.weak)))


def forget() -> None:
    """Let go of all programs."""
    _known.clear()


def remembered(function: F) -> F:
    """The function, which depends on nothing but its arguments, in a form that knows its programs."""

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        frame, mode = state.frame, _local.mode
        if (frame is not None and frame.staged) or mode.careful or _calls.inside:
            return function(*args, **options)
        key: list[Any] = [function, mode]
        arrays: list[np.ndarray] = []
        for x in args:
            if not _note(x, key, arrays):
                return function(*args, **options)
        for name, x in options.items():
            key.append(name)
            if not _note(x, key, arrays):
                return function(*args, **options)
        kind = tuple(key)
        found = _known.get(kind, 0)
        if type(found) is _Remembered:
            return found.run(arrays)
        if max([x.size for x in arrays], default=0) >= LARGE:
            kernel = _kernel(function, args, options, kind, found)
            if kernel is not None:
                return kernel(args, options)
        return _in_python(function, args, options, kind, found)

    return call  # pyright: ignore[reportReturnType]


def _note(x: Any, key: list[Any], arrays: list[np.ndarray]) -> bool:
    """Add an argument to the kind of a call, and its arrays to the arguments of the program; whether that is possible.

    Equal entries of a key mean equal arguments: each begins with its type, or, of arrays, with a shape.
    """
    kind = type(x)
    if kind is ConcreteArray:
        value = x.to_numpy()
        arrays.append(value)
        key += (value.shape, value.dtype, x.weak_type)
        return True
    if kind in _STATIC:
        key += (kind, x)
        return True
    if kind is float:
        key += (kind, x or str(x))  # zeros differ by their sign
        return True
    if kind is tuple or kind is list:
        key += (kind, len(x))
        return all(_note(item, key, arrays) for item in x)
    if kind is KeyArray:
        key.append(kind)
        return _note(x.words, key, arrays)
    if isinstance(x, np.dtype):
        key += (np.dtype, x)
        return True
    return False


def _kernel(
    function: Callable[..., Any], args: Any, options: Any, kind: Any, found: Any
) -> Callable[[Any, Any], Any] | None:
    """What computes calls of this kind, whose arrays are large, if that is not NumPy; decided at the first of them."""
    if found == 0:
        from axir._src.large_kernels import large_call  # which traces and compiles

        found = large_call(function, args, options)
        if found is not None:
            _known[kind] = found
    return None if found is None or type(found) is int else found


def _in_python(function: Callable[..., Any], args: Any, options: Any, kind: Any, calls: int) -> Any:
    """The function itself, which is traced if it was called often enough."""
    warnings = warned()
    if calls == _CALLS:
        found = _traced(function, args, options)
        # What warns must do so each time.
        _known[kind] = _NEVER if found is None or warned() != warnings else found
    if not 0 <= calls < _CALLS:
        return function(*args, **options)
    _calls.inside = True
    try:
        result = function(*args, **options)
    finally:
        _calls.inside = False
    if len(_known) >= _LIMIT:
        _known.clear()
    _known[kind] = calls + 1
    return result


def _traced(function: Callable[..., Any], args: Any, options: Any) -> _Remembered | None:
    """The program of a call; ``None`` if it has none."""
    leaves, tree = pytree.flatten((args, options))
    places = [i for i, x in enumerate(leaves) if isinstance(x, Array)]
    trees: list[pytree.TreeDef] = []

    def run(tracers: Sequence[Array]) -> Sequence[Array]:
        given = list(leaves)
        for i, tracer in zip(places, tracers, strict=True):
            given[i] = tracer
        inner_args, inner_options = pytree.unflatten(tree, given)
        results, found = pytree.flatten(function(*inner_args, **inner_options))
        trees.append(found)
        return results

    try:
        traced = trace_program(function.__name__, run, [Spec.of(leaves[i]) for i in places], staged=True)
    except Exception:
        # It needs values or gives no arrays; if it is an error of the user's, calling the function shows it.
        return None
    if not traced.closed or traced.program.has_effect:
        return None
    weak = tuple(s.weak for s in traced.outputs)
    constants = tuple(x.to_numpy() for x in traced.captures)
    single = len(weak) == 1 and trees[0].is_leaf()
    return _Remembered(_plan(traced), constants, weak, None if single else trees[0])


def _plan(traced: Function) -> Plan:
    with context():
        module = pipeline.extract(traced.program.module, traced.symbol, "main")
        pipeline.run_passes(module, _EVALUATION)
        return refined(make_plan(module, "main"))
