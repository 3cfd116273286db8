"""Python objects that programs name by number.

IR holds no Python objects: an ``axir.callback`` names its function by a number of this process. Who needs the function
later (the trace, a plan, an executable) holds it; a number whose function is gone is never given to another one.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar
from weakref import WeakValueDictionary

import numpy as np

from axir_compiler.errors import ConcretizationError, InternalError
from axir_compiler.ir.types import Aval

__all__ = [
    "Call",
    "HostFunction",
    "HostObject",
    "effects_are_silent",
    "host_object",
    "why_no_derivative",
    "without_effects",
]

Call = Callable[[Sequence[np.ndarray], Sequence[Any]], Sequence[np.ndarray]]
"""Takes the arguments, and for each result an object with ``shape`` and ``dtype``; gives arrays of these."""

_numbers = itertools.count()
_objects: WeakValueDictionary[int, HostObject] = WeakValueDictionary()


class HostObject:
    """A Python object that programs may name, with its number; ``named_by`` is the op that does."""

    __slots__ = ("__weakref__", "number")

    named_by: ClassVar[str]

    def __init__(self) -> None:
        self.number = next(_numbers)
        _objects[self.number] = self


class HostFunction(HostObject):
    """A function of NumPy arrays that programs may call.

    ``no_derivative`` is what there is to say where its derivative is asked for, if anything in particular; ``title``
    is what the user called.
    """

    __slots__ = ("call", "no_derivative", "title")

    named_by = "callback"

    def __init__(self, call: Call, no_derivative: str = "", title: str = ""):
        super().__init__()
        self.call = call
        self.no_derivative = no_derivative
        self.title = title

    def evaluate(
        self, arrays: Sequence[np.ndarray], outputs: Sequence[Aval], effect: bool
    ) -> tuple[np.ndarray, ...]:
        """A call from a program that is evaluated with NumPy."""
        if effect and _mode.silent:
            if outputs:
                raise ConcretizationError(
                    "callback: Python asked for a value that depends on the result of a callback with effects, which "
                    "runs with the program and not while it is traced. Use pure_callback, or call the function "
                    "inside jit."
                )
            return ()
        # Evaluation silences the warnings of NumPy; those of the user's function are not ours.
        with np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
            # In memory of their own: the function may write to what it gave.
            return tuple(np.array(x) for x in self.call([np.asarray(x) for x in arrays], outputs))


_Kind = TypeVar("_Kind", bound=HostObject)


def host_object(number: int, kind: type[_Kind]) -> _Kind:
    """The object of a number, which is of this kind.

    Raises:
        InternalError: there is none in this process, or nobody holds it any more.
    """
    found = _objects.get(number)
    if not isinstance(found, kind):
        raise InternalError(
            f"{kind.named_by}: there is no Python function number {number} in this process. Programs that name "
            "Python functions run in the process that traced them."
        )
    return found


def why_no_derivative(number: int) -> str:
    """What there is to say in particular where the derivative of a function is asked for; maybe nothing."""
    found = _objects.get(number)
    return found.no_derivative if isinstance(found, HostFunction) else ""


class _Mode(threading.local):
    silent = False


_mode = _Mode()


def effects_are_silent() -> bool:
    """Whether programs are evaluated in this thread without their effects."""
    return _mode.silent


@contextmanager
def without_effects() -> Iterator[None]:
    """Evaluate programs in this thread without their effects, for values that Python asks for while tracing."""
    previous, _mode.silent = _mode.silent, True
    try:
        yield
    finally:
        _mode.silent = previous
