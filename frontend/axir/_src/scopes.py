"""Names for parts of a program, and evaluation while a program is being traced."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from axir._src.call import name_of
from axir._src.convert import to_array
from axir._src.jit import ShapeDtypeStruct
from axir._src.source import scopes
from axir._src.trace import state

__all__ = ["ensure_compile_time_eval", "named_call", "named_scope", "typeof"]

F = TypeVar("F", bound=Callable[..., Any])


class named_scope(contextlib.ContextDecorator):
    """A name for the operations of a block: they carry it in their locations, ``"scope/function"("file.py":3:0)``.

    Args:
        name: The name; scopes nest, their names joined by slashes.

    Example:
        >>> import axir
        >>> def f(x):
        ...     with axir.named_scope("norm"):
        ...         return x / axir.numpy.sqrt(x @ x)
    """

    def __init__(self, name: str):
        if not isinstance(name, str):
            raise TypeError(f"named_scope: name must be a str; got {name!r}.")
        self._name = name
        self._before: list[str] = []

    def __enter__(self) -> named_scope:
        self._before.append(scopes.prefix)
        scopes.prefix += self._name + "/"
        return self

    def __exit__(self, *error: object) -> None:
        scopes.prefix = self._before.pop()


def named_call(fun: F, *, name: str | None = None) -> F:
    """A function whose operations carry a name, by default its own; see ``named_scope``."""
    called = name or name_of(fun)

    @functools.wraps(fun)
    def scoped(*args: Any, **kwargs: Any) -> Any:
        with named_scope(called):
            return fun(*args, **kwargs)

    return scoped  # pyright: ignore[reportReturnType]


@contextlib.contextmanager
def ensure_compile_time_eval() -> Iterator[None]:
    """Evaluate operations of a block at once, also while a program is being traced: they become its constants.

    Operations of the block cannot use traced arrays.

    Raises:
        ConcretizationError: one does.

    Example:
        >>> import axir, axir.numpy as np
        >>> @axir.jit
        ... def f(x):
        ...     with axir.ensure_compile_time_eval():
        ...         n = int(np.ceil(np.sqrt(np.array(10.0))))
        ...     return x[:n]
        >>> f(np.arange(9)).shape
        (4,)
    """
    frame, state.frame = state.frame, None
    try:
        yield
    finally:
        state.frame = frame


def typeof(x: Any) -> ShapeDtypeStruct:
    """Shape, dtype and weakness of an array or number, also of a traced one.

    Raises:
        DTypeError: ``x`` is neither.
    """
    array = to_array(x)
    return ShapeDtypeStruct(array.shape, array.dtype, array.weak_type)
