"""Operands on a common dtype and shape: what every elementwise function does before its op."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np

from axir._src.array import Array, ConcreteArray
from axir._src.config import config
from axir._src.convert import constant, convert, to_array, typed
from axir._src.messages import located, warn
from axir._src.nan_checks import check_op
from axir._src.promotion import common, common_of_two, inexact
from axir._src.remember import LARGE
from axir._src.trace import Tracer, bind, current_frame
from axir_compiler.errors import ShapeError
from axir_compiler.ir.op import OPS, AxirOp
from axir_compiler.ir.types import COMPLEX, INEXACT
from axir_runtime import aligned_empty

__all__ = [
    "apply",
    "apply_binary",
    "apply_unary",
    "at_dtype",
    "broadcast",
    "broadcast_shapes",
    "broadcast_to",
    "check_ranks",
    "evaluated",
    "is_concrete",
    "is_eager",
    "operands",
    "promoted",
    "scalar_like",
]

_NUMBERS = frozenset({bool, int, float, complex})
_CONVERT = OPS["convert"]
_local = config._local


def operands(args: Sequence[Any]) -> list[Any]:
    """Arguments as arrays, Python numbers left as they are."""
    return [x if isinstance(x, Array) or type(x) in _NUMBERS else to_array(x) for x in args]


def at_dtype(xs: Sequence[Any], dtype: np.dtype, weak: bool = False) -> list[Array]:
    """Arrays and Python numbers as arrays of a dtype."""
    traced = any(isinstance(x, Tracer) for x in xs)
    return [
        constant(x, dtype, weak, traced)
        if type(x) in _NUMBERS
        else x
        if x.dtype == dtype
        else bind(_CONVERT, x, weak=weak, dtype=dtype)
        for x in xs
    ]


def promoted(*args: Any, to_float: bool = False) -> tuple[list[Array], bool]:
    """Arguments as arrays of their common dtype, and whether results of them are weak.

    ``to_float`` takes integers and bools to the default float dtype.
    """
    xs = operands(args)
    dtype, weak = common([typed(x) for x in xs])
    arrays = at_dtype(xs, inexact(dtype) if to_float else dtype, weak)
    return [convert(x, x.dtype, weak) for x in arrays], weak


def scalar_like(value: bool | int | float | complex, x: Array) -> Array:
    """A Python number as a scalar of the dtype of ``x``."""
    return constant(value, x.dtype, x.weak_type, isinstance(x, Tracer))


def is_eager(xs: Sequence[Array]) -> bool:
    """Whether an operation on these arrays is evaluated on the spot, by NumPy."""
    for x in xs:
        if type(x) is not ConcreteArray:
            return False
    if _local.mode.placed:
        return False
    frame = current_frame()
    return frame is None or not frame.staged


@functools.lru_cache(maxsize=4096)
def _broadcast_shapes(shapes: tuple[tuple[int, ...], ...]) -> tuple[int, ...] | None:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        return None


def broadcast_shapes(*shapes: tuple[int, ...], where: str = "broadcast_shapes") -> tuple[int, ...]:
    """The shape that arrays of these shapes broadcast to.

    Raises:
        ShapeError: two sizes of one axis differ and neither is 1.
    """
    found = _broadcast_shapes(shapes)
    if found is None:
        given = ", ".join(map(str, shapes))
        raise located(
            ShapeError(
                f"{where}: shapes must broadcast, that is, sizes must be equal or 1 counted from the last axis; "
                f"got {given}."
            )
        )
    return found


def broadcast_to(x: Array, shape: tuple[int, ...]) -> Array:
    """An array repeated to a shape that it broadcasts to."""
    if x.shape == shape:
        return x
    offset = len(shape) - x.ndim
    return bind(OPS["broadcast_in_dim"], x, shape=shape, dimensions=tuple(range(offset, len(shape))))


def broadcast(xs: Sequence[Array], where: str = "broadcast") -> list[Array]:
    """Arrays repeated to their common shape."""
    shape = xs[0].shape
    if all(x.shape == shape for x in xs):
        return list(xs)
    shape = broadcast_shapes(*[x.shape for x in xs], where=where)
    return [broadcast_to(x, shape) for x in xs]


def check_ranks(xs: Sequence[Array], where: str) -> None:
    """Say that operands of different rank broadcast, where ``axir_numpy_rank_promotion`` asks for it.

    Raises:
        ShapeError: they do, and the option is ``raise``.
    """
    if len({x.ndim for x in xs if x.ndim}) < 2:
        return
    given = ", ".join(str(x.shape) for x in xs)
    message = (
        f"{where}: operands must have one rank under axir_numpy_rank_promotion='{config.mode.rank_promotion}'; got "
        f"{given}. Add axes with reshape or x[None]."
    )
    if config.mode.rank_promotion == "raise":
        raise located(ShapeError(message))
    warn(message)


def apply(op: type[AxirOp], xs: Sequence[Array], weak: bool, **attrs: Any) -> Any:
    """An elementwise op on arrays that broadcast; dtypes must be as the op demands."""
    mode = config.mode
    if len(xs) == 2 and mode.rank_promotion != "allow":
        check_ranks(xs, op.short_name)
    if not mode.checked and is_eager(xs) and (op.dtypes is None or xs[0].dtype in op.dtypes):
        # NumPy broadcasts without copies.
        broadcast_shapes(*[x.shape for x in xs], where=op.short_name)
        with np.errstate(all="ignore"):
            return ConcreteArray(op.numpy(*[x.to_numpy() for x in xs], **attrs), weak)
    if is_concrete(xs) and not mode.checked:
        from axir._src.device_ops import run_elementwise  # which traces programs

        shape = broadcast_shapes(*[x.shape for x in xs], where=op.short_name)
        found = run_elementwise(op, xs, attrs, shape, weak)
        if found is not None:
            return found
    return bind(op, *broadcast(xs, op.short_name), weak=weak, **attrs)


def is_concrete(xs: Sequence[Array]) -> TypeGuard[Sequence[ConcreteArray]]:
    """Whether an operation on these arrays runs on the spot, wherever they are."""
    frame = current_frame()
    return (frame is None or not frame.staged) and all(isinstance(x, ConcreteArray) for x in xs)


def evaluated(op: type[AxirOp], x: Array, weak: bool, **attrs: Any) -> ConcreteArray:
    """An op of one concrete operand, whose dtype and attributes are as the op demands."""
    value = x.to_numpy()
    if value.size >= LARGE and not attrs and not _local.mode.careful:
        compiled = _by_kernel(op, x)
        if compiled is not None:
            return compiled
    with np.errstate(all="ignore"):
        found = op.numpy(value, **attrs)
    if _local.mode.checked:
        check_op(op.short_name, found, _local.mode)
    return ConcreteArray(found, weak)


def _by_kernel(op: type[AxirOp], *xs: Any) -> ConcreteArray | None:
    from axir._src.large_kernels import large_op  # which traces and compiles

    return large_op(op, *xs)


def _memory(op: type[AxirOp], left: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    """Where NumPy puts a large result, so that a kernel takes it as it is: NumPy's own memory would be copied."""
    if not isinstance(op.numpy, np.ufunc) or (left.shape != right.shape and left.ndim and right.ndim):
        return {}
    return {"out": aligned_empty((left if left.ndim else right).shape, left.dtype)}


def _as_partner(y: Any, dtype: np.dtype) -> np.ndarray | None:
    """A Python number in the dtype of the other operand, if that is where both meet."""
    kind = type(y)
    fits = dtype in INEXACT if kind is float else dtype in COMPLEX if kind is complex else dtype.kind != "b"
    if kind is not bool and fits:
        try:
            return np.array(y, dtype)
        except OverflowError:
            return None
    return None


def _evaluate_pair(
    op: type[AxirOp], x: Any, y: Any, weak: bool | None, attrs: dict[str, Any]
) -> Array | None:
    """The result for concrete operands of one type; ``None`` where the general way must be taken.

    This is the path of most eager arithmetic: NumPy broadcasts and nothing is promoted.
    """
    own = x if type(x) is ConcreteArray else y
    dtype = own.dtype
    left = x.to_numpy() if type(x) is ConcreteArray else _as_partner(x, dtype)
    right = y.to_numpy() if type(y) is ConcreteArray else _as_partner(y, dtype)
    if left is None or right is None or left.dtype is not right.dtype:
        return None
    if type(x) is type(y) and x.weak_type is not y.weak_type:
        return None
    if op.dtypes is not None and dtype not in op.dtypes:
        return None
    frame = current_frame()
    if (frame is not None and frame.staged) or _local.mode.careful:
        return None
    if (left.size >= LARGE or right.size >= LARGE) and not attrs:
        compiled = _by_kernel(op, x, y)
        if compiled is not None:
            return compiled
        attrs = _memory(op, left, right)
    try:
        with np.errstate(all="ignore"):
            return ConcreteArray(op.numpy(left, right, **attrs), own.weak_type if weak is None else weak)
    except ValueError:
        return None


def apply_binary(
    op: type[AxirOp], x: Any, y: Any, to_float: bool = False, weak: bool | None = None, **attrs: Any
) -> Array:
    """An op of two operands after promotion and broadcasting.

    ``weak`` says whether the type of the result is weak, if not that follows from the operands.
    """
    first, second = type(x), type(y)
    if (first is ConcreteArray and (second is ConcreteArray or second in _NUMBERS)) or (
        second is ConcreteArray and first in _NUMBERS
    ):
        own = x if first is ConcreteArray else y
        if not to_float or own.dtype in INEXACT:
            found = _evaluate_pair(op, x, y, weak, attrs)
            if found is not None:
                return found
    xs = operands((x, y))
    dtype, all_weak = common_of_two(*typed(xs[0]), *typed(xs[1]))
    if to_float:
        dtype = inexact(dtype)
    return apply(op, at_dtype(xs, dtype, all_weak), all_weak if weak is None else weak, **attrs)


def apply_unary(op: type[AxirOp], x: Any, to_float: bool = False) -> Array:
    """An op of one operand, integers and bools taken to the default float dtype on request."""
    x = to_array(x)
    if type(x) is ConcreteArray and (op.dtypes is None or x.dtype in op.dtypes):
        # The path of most eager functions: nothing is promoted, and the op's own rule gives the dtype.
        frame = current_frame()
        if (frame is None or not frame.staged) and not _local.mode.placed:
            return evaluated(op, x, x.weak_type)
    if to_float:
        dtype = inexact(x.dtype)
        if dtype != x.dtype:
            weak = x.weak_type
            return bind(op, bind(_CONVERT, x, weak=weak, dtype=dtype), weak=weak)
    return bind(op, x)
