"""What every transformation does with a user's function: flatten its arguments, trace it, name it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from axir._src import pytree
from axir._src.array import Array
from axir._src.convert import to_array
from axir._src.trace import Frame, Function, Origin, Spec, Tracer

__all__ = ["flatten_arrays", "name_of", "trace_flat"]


def name_of(fun: Callable[..., Any]) -> str:
    """The name of a function for messages and symbols."""
    return getattr(fun, "__name__", type(fun).__name__)


def flatten_arrays(
    title: str, tree: Any, names: Callable[[Any], list[str]] = pytree.result_names
) -> tuple[list[Array], pytree.TreeDef]:
    """Leaves of a pytree as arrays, and its structure; ``names`` says what leaves are called in messages.

    Raises:
        DTypeError: a leaf is not an array or number; the message says which.
    """
    leaves, treedef = pytree.flatten(tree)
    try:
        return [to_array(x) for x in leaves], treedef
    except TypeError as error:
        for x, name in zip(leaves, names(tree), strict=True):
            try:
                to_array(x)
            except TypeError:
                raise type(error)(f"{title}: {name}: {error}") from None
        raise


def trace_flat(
    frame: Frame,
    name: str,
    flat: Callable[[list[Tracer]], Sequence[Array]],
    arrays: Sequence[Array],
    *,
    specs: Sequence[Spec] | None = None,
    known: bool = True,
) -> Function:
    """Trace a function of flat arguments inside the program of ``frame``.

    ``known`` says that the traced arguments have the values of ``arrays``, as far as those are known.
    """
    outer = [frame.lift(x) for x in arrays] if known else []
    specs = [Spec.of(x) for x in arrays] if specs is None else specs
    with Frame(frame.program, name, specs, staged=False) as inner:
        for tracer, x in zip(inner.arguments, outer, strict=False):
            tracer.set_known(Origin.of(lambda value: value, (x,)))
        return inner.finish(flat(inner.arguments))
