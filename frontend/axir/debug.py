"""Looking into programs while they run: ``print``, ``log``, ``breakpoint`` and ``callback``, which change nothing else.

They work on traced values in any function: compiled, in loops and branches, under ``vmap`` (once for each item) and
under differentiation (on the values, not on their tangents).
"""

from __future__ import annotations

import logging
import string
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

import numpy as np

from axir._src.breakpoints import enter as _enter
from axir._src.callbacks import call_for_effect

__all__ = ["breakpoint", "callback", "log", "print"]


def callback(
    callback: Callable[..., Any] | None = None, *args: Any, ordered: bool = False, **kwargs: Any
) -> Any:
    """Call a Python function for its effect; what it gives is ignored.

    Args:
        callback: Takes ``args`` and ``kwargs``, arrays as arrays and everything else as it is. Without it the result
            is a function of callback and arguments, to which ``ordered`` is no argument of the callback.
        ordered: Whether the order of such calls matters. They run in the order of the program in any case.

    Example:
        >>> import axir
        >>> seen = []
        >>> axir.grad(lambda x: axir.debug.callback(seen.append, x) or x * x)(3.0)
        Array(6., dtype=float32, weak_type=True)
        >>> seen
        [Array(3., dtype=float32)]
    """

    def call(function: Callable[..., Any], *given: Any, **named: Any) -> None:
        call_for_effect("debug.callback", function, given, named, ordered)

    if callback is not None:
        return call(callback, *args, **kwargs)
    _refuse_arguments("callback", args, kwargs)
    return call


def print(fmt: str | None = None, *args: Any, ordered: bool = False, **kwargs: Any) -> Any:
    """Print values while the program runs: ``fmt.format(*args, **kwargs)`` with the values that they have then.

    Args:
        fmt: A format string as for ``str.format``; not an f-string, which is made while tracing. Without it the result
            is a function of format and arguments.
        *args, **kwargs: Arrays, formatted as NumPy prints them where the program was traced, or anything else.
        ordered: Whether the order of such lines matters. They come in the order of the program in any case.

    Raises:
        ValueError: the format leaves arguments unused. IndexError or KeyError: it names one that is not there.

    Example:
        >>> import axir
        >>> axir.jit(lambda x: axir.debug.print("x is {} and twice {y:.1f}", x, y=2 * x))(1.5)
        x is 1.5 and twice 3.0
    """

    return _formatted("print", _Printer, fmt, args, kwargs, ordered)


def log(fmt: str | None = None, *args: Any, ordered: bool = False, **kwargs: Any) -> Any:
    """Log values while the program runs, with level INFO of the logger ``axir.debug``; otherwise like ``print``.

    Example:
        >>> import axir
        >>> axir.jit(lambda x: axir.debug.log("x is {}", x))(1.5)
    """

    return _formatted("log", _Logger, fmt, args, kwargs, ordered)


def _formatted(
    name: str,
    sink: type[_Printer],
    fmt: str | None,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    ordered: bool,
) -> Any:
    """Send a formatted line to a sink while the program runs; without a format, the function that does."""

    def call(fmt: str, *given: Any, **named: Any) -> None:
        _FormatCheck().vformat(fmt, given, named)
        call_for_effect(f"debug.{name}", sink(fmt), given, named, ordered)

    if fmt is not None:
        return call(fmt, *args, **kwargs)
    _refuse_arguments(name, args, kwargs)
    return call


def breakpoint(
    *,
    backend: str | None = None,
    filter_frames: bool = True,
    num_frames: int | None = None,
    ordered: bool = False,
    token: Any = None,
    stdin: IO[str] | None = None,
    stdout: IO[str] | None = None,
) -> Any:
    """Stop the program here, when it runs, at a prompt for the frames in which it was traced.

    Traced arrays in local variables have the values of this run. Commands are those of pdb: ``p`` and ``pp`` show
    expressions (as does an expression alone), ``u`` and ``d`` go through frames, ``l`` and ``w`` show where it is,
    ``c`` goes on, ``q`` leaves Python.

    Args:
        backend: ``"cli"`` or None: a prompt on the terminal.
        filter_frames: Leave out the frames of axir itself.
        num_frames: The number of frames to keep, from the innermost; by default all.
        ordered: Whether the order of breakpoints and prints matters. They come in the order of the program anyway.
        token: Arrays that are computed before; they are returned as they are.
        stdin, stdout: Files to read commands from and to write to, instead of those of the process.

    Raises: ValueError for another backend, or for ``ordered`` with a token.
    """
    if backend not in (None, "cli"):
        raise ValueError(f"debug.breakpoint: the backend must be 'cli' or None; got {backend!r}.")
    if ordered and token is not None:
        raise ValueError("debug.breakpoint: takes ordered=True or a token, not both.")
    _enter(filter_frames, num_frames, ordered, token, stdin, stdout)
    return token


def _refuse_arguments(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    if args or kwargs:
        raise TypeError(f"debug.{name}: options come in a call of their own; got {args}, {kwargs}.")


class _FormatCheck(string.Formatter):
    """Looks all fields up and formats nothing: traced arrays have no value yet."""

    def format_field(self, value: Any, format_spec: str) -> str:
        return ""

    def convert_field(self, value: Any, conversion: Any) -> Any:
        return value

    def check_unused_args(
        self, used_args: set[int | str], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> None:
        unused = [f"argument {i}" for i in range(len(args)) if i not in used_args]
        unused += [f"{name!r}" for name in kwargs if name not in used_args]
        if unused:
            raise ValueError(
                f"debug.print: the format must use all arguments; it does not use {', '.join(unused)}. Write "
                'print("{x}", x=x), not an f-string.'
            )


class _Printer:
    """Formats and prints; equal ones print the same."""

    def __init__(self, fmt: str):
        self._fmt = fmt
        self._options = np.get_printoptions()
        self.__name__ = repr(fmt)
        self._key = (fmt, repr(sorted(self._options.items())))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Printer) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        with np.printoptions(**self._options):
            self._emit(self._fmt.format(*args, **kwargs))

    def _emit(self, line: str) -> None:
        sys.stdout.write(line + "\n")


class _Logger(_Printer):
    """Formats and logs."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Logger) and super().__eq__(other)

    __hash__ = _Printer.__hash__

    def _emit(self, line: str) -> None:
        logging.getLogger("axir.debug").info("%s", line)
