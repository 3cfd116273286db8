"""Functions that give their run-time errors as results, and the checks that such errors come from."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axir._src import pytree
from axir._src.array import Array
from axir._src.call import flatten_arrays, name_of
from axir._src.check_errors import (
    Description,
    DivisionByZeroError,
    Error,
    FailedCheckError,
    Message,
    NaNError,
    OutOfBoundsError,
    RuntimeCheckError,
    init_error,
    message_of,
)
from axir._src.convert import to_array
from axir._src.execute import transform
from axir._src.trace import Frame, Key, Origin, Spec, state
from axir.lax import argmax, dynamic_index_in_dim, eq, reduce_or, reshape, rev
from axir.lax import sub as subtract
from axir_compiler.ir.host_functions import host_object
from axir_compiler.ir.types import Aval
from axir_compiler.ops.check import CheckOp
from axir_compiler.transforms.checks import Checked, Functionalizer

__all__ = [
    "Error",
    "ErrorCategory",
    "all_checks",
    "automatic_checks",
    "check",
    "check_error",
    "checkify",
    "debug_check",
    "div_checks",
    "float_checks",
    "index_checks",
    "init_error",
    "nan_checks",
    "user_checks",
]

ErrorCategory = type[RuntimeCheckError]
"""What may be looked for is a set of these."""

user_checks: frozenset[ErrorCategory] = frozenset({FailedCheckError})
"""Predicates given to ``check`` and ``debug_check``."""
nan_checks: frozenset[ErrorCategory] = frozenset({NaNError})
"""Operations that give NaN."""
index_checks: frozenset[ErrorCategory] = frozenset({OutOfBoundsError})
"""Indices outside an array, of reads and writes."""
div_checks: frozenset[ErrorCategory] = frozenset({DivisionByZeroError})
"""Divisions by zero, of integers too."""
float_checks = nan_checks | div_checks
"""NaN and divisions by zero."""
automatic_checks = float_checks | index_checks
"""All but the user's own checks."""
all_checks = automatic_checks | user_checks
"""Everything."""

_KINDS: dict[ErrorCategory, str] = {
    FailedCheckError: "user",
    NaNError: "nan",
    OutOfBoundsError: "index",
    DivisionByZeroError: "div",
}


def checkify(
    f: Callable[..., Any], errors: frozenset[ErrorCategory] = user_checks
) -> Callable[..., tuple[Error, Any]]:
    """A function that gives the first run-time error before its result, instead of raising it.

    It can be transformed and compiled like any other, and goes through ``jit``, derivatives, ``vmap``, loops and
    branches of ``f``. Where ``f`` takes derivatives of functions that have rules of their own (``custom_jvp``,
    ``custom_vjp``), the rules are searched. A rule that a derivative of the checked function itself applies gives no
    error, and a check in it raises, as without ``checkify``; so does one in a ``linear_call``. Under ``vmap`` the error
    has the batch axis, and ``err.get()`` tells the items apart. A loop that ``vmap`` made of a ``while_loop`` computes
    all items until the last is done, and automatic checks see all of them.

    Args:
        f: Function of pytrees of arrays; what is no array is handed over as it is.
        errors: What to look for: ``user_checks`` (calls of ``check``), ``nan_checks``, ``div_checks``,
            ``index_checks``, or unions of these such as ``float_checks``, ``automatic_checks`` and ``all_checks``.

    Returns: a function that gives ``(error, result)``. ``error.get()`` is a message, or None if nothing failed;
        ``error.throw()`` raises ``JaxRuntimeError`` (axir's ``CheckError``, a ValueError) with it.

    Raises:
        TypeError: ``errors`` holds something else than these categories.

    Example:
        >>> import axir
        >>> from axir.experimental import checkify
        >>> def f(x):
        ...     checkify.check(x > 0, "{x} must be positive", x=x)
        ...     return 1 / x
        >>> err, out = axir.jit(checkify.checkify(f))(-2.0)
        >>> print(err.get(), out)
        -2.0 must be positive (`check` failed) -0.5
    """
    if not set(errors) <= set(_KINDS):
        raise TypeError(f"checkify: errors must be a set such as user_checks or all_checks; got {errors!r}.")
    enabled = frozenset(_KINDS[e] for e in errors)

    @functools.wraps(f)
    def checked(*args: Any, **kwargs: Any) -> tuple[Error, Any]:
        return _Call(f, enabled, args, kwargs).result()

    return checked


class _Call:
    """One call of a checked function."""

    def __init__(
        self, f: Callable[..., Any], enabled: frozenset[str], args: tuple[Any, ...], kwargs: dict[str, Any]
    ):
        self._f = f
        self._title = f"checkify({name_of(f)})"
        self._enabled = enabled
        self._leaves, self._tree = pytree.flatten((args, kwargs))
        # What is no array is a constant of the program, as in JAX.
        self._arrays = [
            i for i, x in enumerate(self._leaves) if isinstance(x, Array | np.ndarray | np.generic)
        ]
        self._made: list[tuple[Checked, tuple[Description, ...], pytree.TreeDef]] = []

    def result(self) -> tuple[Error, Any]:
        found = list(
            transform(name_of(self._f), self._run, [to_array(self._leaves[i]) for i in self._arrays])
        )
        checked, messages, tree = self._made[0]
        width = 1 + len(checked.slots)
        code = found[0] if messages else None
        return Error(code, found[1:width], messages, checked.places), pytree.unflatten(tree, found[width:])

    def _run(self, frame: Frame, arrays: Sequence[Array]) -> Sequence[Array]:
        outer = [frame.lift(x) for x in arrays]
        # All operations go into the program: those on constants may fail, too.
        with Frame(frame.program, name_of(self._f), list(map(Spec.of, arrays)), staged=True) as inner:
            for tracer, x in zip(inner.arguments, outer, strict=True):
                tracer.set_known(Origin.of(lambda value: value, (x,)))
            leaves, tree = self._traced(inner.arguments)
            function = inner.finish(leaves)
        frame.program.expander.expand(function.symbol)
        checked = Functionalizer(frame.program.module, self._enabled).run(function.symbol)
        self._made.append((checked, tuple(_description(*check) for check in checked.checks), tree))
        first = [Spec(a, False) for a in (Aval((), np.dtype("int32")), *checked.slots)]
        new = function._replace(
            symbol=checked.symbol,
            outputs=(*first, *function.outputs),
            key=Key(("checked", self._enabled, function.key)),
        )
        return frame.emit_call(None, new, arrays, new.outputs)

    def _traced(self, arguments: Sequence[Array]) -> tuple[list[Array], pytree.TreeDef]:
        leaves = list(self._leaves)
        for i, x in zip(self._arrays, arguments, strict=True):
            leaves[i] = x
        args, kwargs = pytree.unflatten(self._tree, leaves)
        return flatten_arrays(self._title, self._f(*args, **kwargs))


def _description(kind: str, what: Any) -> Description:
    """The description of what may fail, as the rewrite names it."""
    if kind != "check":
        return Description(kind, what)
    return host_object(what, Message).description


def check(pred: Any, msg: str, *fmt_args: Any, debug: bool = False, **fmt_kwargs: Any) -> None:
    """Say that something must hold.

    Within ``checkify`` a predicate that is False becomes the error of the checked function. Outside it raises: at once,
    or under ``grad`` and ``vmap`` when the program that is being traced runs. A compiled program cannot raise, so
    ``jit`` of a function with checks is an error unless ``checkify`` is between them.

    Args:
        pred: What must be True: a bool, or a bool array of rank 0.
        msg: The message, a format string for what follows.
        *fmt_args, **fmt_kwargs: Pytrees of arrays, which may be traced.
        debug: Whether to do nothing outside ``checkify``, as ``debug_check``.

    Raises:
        TypeError: the predicate is no bool scalar, or a value for the message no array.
        CheckError: the predicate is False, or the check is compiled without ``checkify``.
    """
    title = "debug_check" if debug else "check"
    scalar = isinstance(pred, bool) or (getattr(pred, "shape", None) == () and pred.dtype == bool)
    if not scalar:
        raise TypeError(f"{title}: takes a bool scalar as predicate; got {pred!r}.")
    leaves, tree = pytree.flatten((fmt_args, fmt_kwargs))
    for x in leaves:
        if not isinstance(x, Array | np.ndarray):
            raise TypeError(
                f"{title}: the values for the message must be pytrees of arrays; got {x!r} of type {type(x)}. Put "
                "other values into the message itself."
            )
    _record(Description("user", (msg, tree)), ~to_array(pred), [to_array(x) for x in leaves], debug)


def debug_check(pred: Any, msg: str, *fmt_args: Any, **fmt_kwargs: Any) -> None:
    """Say that something must hold within ``checkify``; outside it does nothing, under ``jit`` too.

    Args:
        pred: What must be True: a bool, or a bool array of rank 0.
        msg: The message, a format string for what follows.
        *fmt_args, **fmt_kwargs: Pytrees of arrays, which may be traced.

    Raises:
        TypeError: the predicate is no bool scalar, or a value for the message no array.
    """
    check(pred, msg, *fmt_args, debug=True, **fmt_kwargs)


def check_error(error: Error) -> None:
    """Raise an error that ``checkify`` gave, or make it part of that of a checked function around.

    Args:
        error: May be one of a batch, of which the last item that failed counts.

    Raises:
        TypeError: the argument is no ``Error``.
        CheckError: there is an error, or it is compiled without ``checkify``.
    """
    if not isinstance(error, Error):
        raise TypeError(f"check_error: takes an Error; got {type(error)}.")
    for number, description, payload in error.cases():
        assert error.code is not None
        _record(description, *_one(eq(error.code, number), payload), False)


def _one(failed: Array, payload: Sequence[Array]) -> tuple[Array, list[Array]]:
    """The last item of a batch that failed."""
    rank = failed.ndim
    if not rank:
        return failed, list(payload)
    flat = reshape(failed, (failed.size,))
    if not failed.size:
        return reduce_or(flat, (0,)), [to_array(np.zeros(x.shape[rank:], x.dtype)) for x in payload]
    last = subtract(to_array(np.int32(failed.size - 1)), argmax(rev(flat, (0,)), 0, np.dtype("int32")))
    rows = [reshape(x, (failed.size, *x.shape[rank:])) for x in payload]
    return reduce_or(flat, (0,)), [dynamic_index_in_dim(x, last, keepdims=False) for x in rows]


def _record(description: Description, failed: Array, payload: Sequence[Array], debug: bool) -> None:
    """Check now, or as part of the program that is being traced."""
    message, frame = message_of(description), state.frame
    if frame is None:
        if not debug and failed.to_numpy():
            message.fail([x.to_numpy() for x in payload])
        return
    frame.program.hosts.add(message)
    frame.program.has_effect |= not debug
    frame.emit(CheckOp, [failed, *payload], {"error": message.number, "debug": debug}, False)
