"""Zeros that rules of custom derivatives take and give by their types alone."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from axir._src import pytree
from axir._src.array import Array
from axir._src.autodiff import float0
from axir._src.convert import convert, to_array
from axir._src.trace import bind
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import is_inexact

__all__ = [
    "CustomVJPPrimal",
    "SymbolicZero",
    "custom_vjp_primal_tree_values",
    "forward_rule",
    "reverse_rules",
    "zero_from_primal",
    "zeros_of",
]


class _Type(NamedTuple):
    shape: tuple[int, ...]
    dtype: Any


class SymbolicZero:
    """A tangent or cotangent that is zero, by its type alone; see ``symbolic_zeros`` of ``custom_jvp``.

    Attributes:
        aval: Shape and dtype.
    """

    def __init__(self, aval: Any):
        self.aval = aval

    shape = property(lambda self: self.aval.shape)
    dtype = property(lambda self: self.aval.dtype)
    ndim = property(lambda self: len(self.aval.shape))

    def __repr__(self) -> str:
        return f"SymbolicZero({self.aval})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SymbolicZero) and other.aval == self.aval

    def __hash__(self) -> int:
        return hash(self.aval)


@dataclass(frozen=True)
class CustomVJPPrimal:
    """What the forward rule of ``custom_vjp`` takes for an array with ``symbolic_zeros``."""

    value: Any
    perturbed: bool


def _is_primal(x: Any) -> bool:
    return isinstance(x, CustomVJPPrimal)


def custom_vjp_primal_tree_values(tree: Any) -> Any:
    """A pytree of ``CustomVJPPrimal`` as the pytree of their values.

    Raises: TypeError for other leaves.
    """

    def value(leaf: Any) -> Any:
        if not _is_primal(leaf):
            raise TypeError(
                f"custom_vjp_primal_tree_values: leaves must be CustomVJPPrimal; got {type(leaf)}."
            )
        return leaf.value

    leaves, structure = pytree.flatten(tree, is_leaf=_is_primal)
    return pytree.unflatten(structure, [value(x) for x in leaves])


def zero_from_primal(x: Any, symbolic_zeros: bool = False) -> Any:
    """The zero tangent of an array, as an array or as a ``SymbolicZero``."""
    array = to_array(x)
    dtype = array.dtype if is_inexact(array.dtype) else float0
    if symbolic_zeros:
        return SymbolicZero(_Type(array.shape, dtype))
    return zeros_of(array) if dtype == array.dtype else np.zeros(array.shape, float0)


def zeros_of(x: Any) -> Array:
    """Zeros of the shape and dtype of ``x``."""
    return bind(OPS["broadcast_in_dim"], convert(to_array(0.0), x.dtype), shape=x.shape, dimensions=())


def _symbolic(x: Any) -> Any:
    """``SymbolicZero`` for what carries nothing, arrays as they are."""
    carries_nothing = isinstance(x, np.ndarray) and x.dtype == float0
    return SymbolicZero(_Type(x.shape, float0)) if carries_nothing else x


def _instantiated(x: Any) -> Any:
    """Arrays for ``SymbolicZero``."""
    if not isinstance(x, SymbolicZero):
        return x
    return np.zeros(x.shape, float0) if x.dtype == float0 else zeros_of(x)


def _marked(x: Any) -> CustomVJPPrimal:
    """An array as the forward rule takes it."""
    return CustomVJPPrimal(x, is_inexact(to_array(x).dtype))


def forward_rule(jvp: Callable[..., Any]) -> Callable[..., Any]:
    """The rule of ``custom_jvp`` on arrays for one on symbolic zeros."""

    @functools.wraps(jvp)
    def rule(*args: Any) -> Any:
        out = jvp(*args[:-1], pytree.map_tree(_symbolic, args[-1]))
        if not isinstance(out, tuple | list) or len(out) != 2:
            return out
        return out[0], pytree.map_tree(_instantiated, out[1])

    return rule


def reverse_rules(
    fwd: Callable[..., Any], bwd: Callable[..., Any], static: Sequence[int]
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The rules of ``custom_vjp`` on arrays for those on symbolic zeros; ``static`` arguments stay as they are."""

    def forward(*args: Any) -> Any:
        fixed = [i % len(args) for i in static]
        return fwd(*(x if i in fixed else pytree.map_tree(_marked, x) for i, x in enumerate(args)))

    def backward(*args: Any) -> Any:
        found = bwd(*args[:-1], pytree.map_tree(_symbolic, args[-1]))
        if not isinstance(found, tuple | list):
            return found
        return tuple(None if x is None else pytree.map_tree(_instantiated, x) for x in found)

    return forward, backward
