"""Universal functions: elementwise functions that can reduce, accumulate and update as well.

The methods of those that ``axir.numpy`` has are its functions where there is one (``np.add.reduce`` is ``np.sum``);
else associative functions combine halves, and all others run through the elements one by one.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.axes import axis_of
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import broadcast_to
from axir._src.messages import located
from axir._src.promotion import BOOL, DTypeLike, requested
from axir_compiler.errors import MissingRuleError, ShapeError
from axir_compiler.ir.types import INEXACT

__all__ = ["BinaryUfunc", "UnaryUfunc", "binary_ufunc", "frompyfunc", "ufunc", "unary_ufunc"]


class Special(NamedTuple):
    """What is known of a universal function: names of functions in ``axir.numpy``, ``axir.lax`` and ``x.at[]``."""

    identity: Any = None
    associative: bool = True
    reduce: str = ""
    accumulate: str = ""
    at: str = ""


_SPECIAL = {
    "add": Special(0, reduce="sum", accumulate="cumsum", at="add"),
    "multiply": Special(1, reduce="prod", accumulate="cumprod", at="multiply"),
    "subtract": Special(associative=False, at="subtract"),
    "maximum": Special(reduce="max", accumulate="cummax", at="max"),
    "minimum": Special(reduce="min", accumulate="cummin", at="min"),
    "logical_and": Special(True, reduce="all"),
    "logical_or": Special(False, reduce="any"),
    "logical_xor": Special(False),
    "bitwise_and": Special(-1),
    "bitwise_or": Special(0),
    "bitwise_xor": Special(0),
    "logaddexp": Special(-math.inf),
    "logaddexp2": Special(-math.inf),
}


class ufunc:
    """An elementwise function of a fixed number of arrays, which broadcast, with methods to combine many elements.

    ``np.add``, ``np.maximum`` and others are of this type, and so is what ``frompyfunc`` makes. ``nin`` and ``nout``
    are the numbers of operands and results, ``identity`` is the value that changes nothing, or ``None``.

    >>> import axir.numpy as np
    >>> np.add.reduce(np.arange(4)), np.maximum.accumulate(np.array([1, 3, 2]))
    (Array(6, dtype=int32), Array([1, 3, 3], dtype=int32))
    """

    __module__ = "axir.numpy"

    def __init__(
        self,
        func: Callable[..., Any],
        /,
        nin: int,
        nout: int,
        *,
        name: str | None = None,
        nargs: int | None = None,
        identity: Any = None,
        call: Callable[..., Any] | None = None,
    ):
        self._func = func
        self.nin = operator.index(nin)
        self.nout = operator.index(nout)
        self.nargs = operator.index(nargs or nin)
        self.identity = identity
        self.__name__ = self.__qualname__ = name or getattr(func, "__name__", type(func).__name__)
        self.__doc__ = func.__doc__ or type(self).__doc__
        self._call: Callable[..., Any] = self._vectorized if call is None else call
        self._special = _SPECIAL.get(self.__name__, Special()) if call else Special(associative=False)

    def _vectorized(self, *args: ArrayLike) -> Any:
        from axir.numpy.vectorization import vectorize

        if len(args) != self.nin:
            raise located(MissingArguments(f"{self.__name__}: takes {self.nin} operands; got {len(args)}."))
        return vectorize(self._func)(*args)

    def _key(self) -> tuple[Any, ...]:
        return self._func, self.__name__, self.identity, self.nin, self.nout, self.nargs

    def __hash__(self) -> int:
        return hash(self._key())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ufunc) and self._key() == other._key()

    def __repr__(self) -> str:
        return f"<axir.numpy.ufunc '{self.__name__}'>"

    def __reduce__(self) -> Any:
        return (_named, (self.__name__,)) if self.__name__ in _BUILT_IN else object.__reduce__(self)

    def __call__(self, *args: ArrayLike, out: None = None, where: None = None) -> Any:
        if out is not None or where is not None:
            self._refuse(out, where)
        return self._call(*args)

    def _refuse(self, out: Any, where: Any = None) -> None:
        if out is not None or where is not None:
            name = "out" if out is not None else "where"
            raise located(
                MissingRuleError(
                    f"{self.__name__}: {name} must be None, since arrays are immutable. Use axir.numpy.where on the "
                    "result."
                )
            )

    def _must_be_binary(self, method: str) -> None:
        if self.nin != 2 or self.nout != 1:
            raise located(
                ShapeError(
                    f"{self.__name__}.{method}: is there for functions of two operands with one result; this one has "
                    f"{self.nin} and {self.nout}."
                )
            )

    def _result_dtype(self, x: Array, dtype: DTypeLike, method: str) -> np.dtype:
        """The dtype of a combination of elements: what the function gives for them unless one is asked for."""
        if dtype is not None:
            return requested(dtype, f"{self.__name__}.{method}")
        one = lax.full((), 1, x.dtype)
        return self._call(one, one).dtype

    def reduce(
        self,
        a: ArrayLike,
        axis: Any = 0,
        dtype: DTypeLike = None,
        out: None = None,
        keepdims: bool = False,
        initial: ArrayLike | None = None,
        where: ArrayLike | None = None,
    ) -> Array:
        """All elements along an axis combined.

        Args:
            a: Array.
            axis: Axis, ``None`` for all; several only for functions that ``axir.numpy`` has a reduction for.
            dtype: Dtype of the result.
            out: Must be ``None``.
            keepdims: Whether the axis stays, with size 1.
            initial: Combined with the elements, in front of the first one.
            where: Bool mask of the elements that take part; needs an identity or ``initial``.

        Raises: ShapeError if the function has not two operands and one result, ``where`` is not bool or lacks a value
            to begin with, or there is no element and no identity; AxisError; MissingRuleError for ``out``.
        """
        self._must_be_binary("reduce")
        self._refuse(out)
        x, mask = to_array(a), None if where is None else to_array(where)
        if mask is not None and mask.dtype != BOOL:
            raise located(ShapeError(f"{self.__name__}.reduce: where must be bool; got {mask.aval}."))
        if mask is not None and initial is None and self.identity is None:
            raise located(
                ShapeError(
                    f"{self.__name__}.reduce: there is no identity, so where needs the argument initial."
                )
            )
        if self._special.reduce:
            return self._known_reduction(x, axis, dtype, keepdims, initial, mask)
        return self._combined(x, axis, dtype, keepdims, initial, mask)

    def _known_reduction(
        self, x: Array, axis: Any, dtype: DTypeLike, keepdims: bool, initial: Any, mask: Array | None
    ) -> Array:
        import axir.numpy as anp

        name = self._special.reduce
        function = getattr(anp, name)
        if name in ("sum", "prod"):
            return function(x, axis, dtype, None, keepdims, initial, mask)
        if name in ("all", "any"):
            found = function(x, axis, None, keepdims, where=mask)
            found = found if initial is None else self._call(initial, found)
            return found if dtype is None else convert(found, requested(dtype, "reduce"))
        x = x if dtype is None else convert(x, requested(dtype, "reduce"))
        return function(x, axis, None, keepdims, initial, mask)

    def _combined(
        self, x: Array, axis: Any, dtype: DTypeLike, keepdims: bool, initial: Any, mask: Array | None
    ) -> Array:
        wanted = self._result_dtype(x, dtype, "reduce")
        mask = None if mask is None else broadcast_to(mask, x.shape)
        rows, shape = _to_front(x, axis, keepdims, f"{self.__name__}.reduce")
        mask = None if mask is None else _to_front(mask, axis, keepdims, "reduce")[0]
        start = self.identity if initial is None else initial
        if start is None and not rows.shape[0]:
            raise located(
                ShapeError(f"{self.__name__}.reduce: there is no element in {x.aval}, and no identity.")
            )
        rows = convert(rows, wanted)
        first = None if start is None else broadcast_to(convert(to_array(start), wanted), rows.shape[1:])
        combine = self._by_halves if self._special.associative else self._one_by_one
        return lax.reshape(convert(combine(rows, first, mask), wanted), shape)

    def _by_halves(self, rows: Array, first: Array | None, mask: Array | None) -> Array:
        """An associative function of all rows: pairs, pairs of pairs, and so on."""
        if mask is not None:
            neutral = broadcast_to(convert(to_array(self.identity), rows.dtype), rows.shape)
            rows = lax.select(mask, rows, neutral)
        while rows.shape[0] > 1:
            n = rows.shape[0]
            pairs = self._call(*(lax.slice_in_dim(rows, k, n - n % 2, 2) for k in (0, 1)))
            rest = lax.slice_in_dim(rows, n - n % 2, n)
            rows = (
                lax.concatenate([convert(pairs, rows.dtype), rest], 0)
                if n % 2
                else convert(pairs, rows.dtype)
            )
        if not rows.shape[0]:
            assert first is not None
            return first
        found = lax.squeeze(rows, (0,))
        return found if first is None else self._call(first, found)

    def _one_by_one(self, rows: Array, first: Array | None, mask: Array | None) -> Array:
        if first is None:
            first, rows = lax.index_in_dim(rows, 0, keepdims=False), lax.slice_in_dim(rows, 1, rows.shape[0])

        def step(carry: Array, item: Any) -> tuple[Array, None]:
            row, kept = item
            found = convert(to_array(self._call(carry, row)), carry.dtype)
            return (found if kept is None else lax.select(kept, found, carry)), None

        return lax.scan(step, first, (rows, mask))[0] if rows.shape[0] else first

    def accumulate(self, a: ArrayLike, axis: int = 0, dtype: DTypeLike = None, out: None = None) -> Array:
        """Each element combined with all before it along an axis.

        Raises: ShapeError if the function has not two operands and one result, or there is more than one axis;
            AxisError; MissingRuleError for ``out``.
        """
        self._must_be_binary("accumulate")
        self._refuse(out)
        x = to_array(a)
        if axis is None or isinstance(axis, tuple | list):
            raise located(ShapeError(f"{self.__name__}.accumulate: needs one axis; got {axis}."))
        at = axis_of(axis, x.ndim, f"{self.__name__}.accumulate")
        if self._special.accumulate in ("cumsum", "cumprod"):
            import axir.numpy as anp

            return getattr(anp, self._special.accumulate)(x, at, dtype)
        x = convert(x, self._result_dtype(x, dtype, "accumulate"))
        if self._special.accumulate and x.dtype != BOOL:
            return getattr(lax, self._special.accumulate)(x, at)
        combine = self._running_pairs if self._special.associative else self._running
        return combine(x, at) if x.size else x

    def _running_pairs(self, x: Array, axis: int) -> Array:
        return lax.associative_scan(lambda u, v: convert(self._call(u, v), u.dtype), x, axis=axis)

    def _running(self, x: Array, axis: int) -> Array:
        from axir.numpy.shapes import moveaxis

        rows = moveaxis(x, axis, 0)
        first = lax.index_in_dim(rows, 0, keepdims=False)

        def step(carry: Array, row: Array) -> tuple[Array, Array]:
            found = convert(to_array(self._call(carry, row)), carry.dtype)
            return found, found

        rest = lax.scan(step, first, lax.slice_in_dim(rows, 1, rows.shape[0]))[1]
        return moveaxis(lax.concatenate([lax.expand_dims(first, (0,)), rest], 0), 0, axis)

    def at(self, a: ArrayLike, indices: Any, b: ArrayLike | None = None, /, *, inplace: bool = True) -> Array:
        """``a`` with the function applied to the elements at ``indices``; one that is named twice is changed twice.

        Args:
            a: Array.
            indices: What may stand in ``a[...]``.
            b: The other operand of a function of two, which broadcasts with ``a[indices]``.
            inplace: Must be ``False``: a new array is given.

        Raises: MissingRuleError for ``inplace=True``.
        """
        if inplace:
            raise located(
                MissingRuleError(
                    f"{self.__name__}.at: arrays are immutable. Give inplace=False and use the result."
                )
            )
        x = to_array(a)
        operands = () if b is None else (to_array(b),)
        if self._special.at and operands and x.dtype != BOOL:
            return getattr(x.at[indices], self._special.at)(operands[0])
        return self._updated(x, indices, operands)

    def _updated(self, x: Array, indices: Any, operands: tuple[Array, ...]) -> Array:
        """Updates one by one, in the order of the indices; positions out of bounds are left out."""
        ones = [lax.full((), 1, v.dtype) for v in (x, *operands)]
        x = convert(x, to_array(self._call(*ones)).dtype)
        numbers = lax.reshape(lax.iota("int32", x.size), x.shape)
        places = numbers.at[indices].get(mode="fill", fill_value=x.size)
        values = [lax.reshape(broadcast_to(v, places.shape), (places.size,)) for v in operands]

        def step(flat: Array, item: Any) -> tuple[Array, None]:
            place, *others = item
            found = convert(to_array(self._call(flat[place], *others)), flat.dtype)
            return flat.at[place].set(found), None

        flat = lax.reshape(x, (x.size,))
        if places.size and x.size:
            flat = lax.scan(step, flat, [lax.reshape(places, (places.size,)), *values])[0]
        return lax.reshape(flat, x.shape)

    def reduceat(
        self,
        a: ArrayLike,
        indices: ArrayLike,
        axis: int = 0,
        dtype: DTypeLike = None,
        out: None = None,
    ) -> Array:
        """Reductions of parts along an axis: item ``k`` is that of ``a[indices[k]:indices[k + 1]]``.

        The last part goes to the end. A part that is empty gives the element at its beginning.

        Raises: ShapeError if the function has not two operands and one result, ``a`` is a scalar, or ``indices`` no
            vector; AxisError; MissingRuleError for ``out``.
        """
        from axir.numpy.indexing import take

        self._must_be_binary("reduceat")
        self._refuse(out)
        x, starts = to_array(a), to_array(indices)
        if x.ndim == 0 or starts.ndim != 1 or not isinstance(axis, int):
            raise located(
                ShapeError(
                    f"{self.__name__}.reduceat: needs an array with axes, a vector of indices and one axis; got "
                    f"{x.aval}, {starts.aval} and {axis}."
                )
            )
        at = axis_of(axis, x.ndim, f"{self.__name__}.reduceat")
        wanted = self._result_dtype(x, dtype, "reduceat")
        # Integers whose combination is a float become one; that of numbers which is a bool is kept as a number.
        x = x if dtype is None and wanted not in INEXACT else convert(x, wanted)
        n = x.shape[at]
        found = take(x, starts, at)
        ends = lax.concatenate([lax.slice_in_dim(starts, 1, starts.size), lax.full((1,), n, starts.dtype)], 0)
        lows, highs = (lax.broadcast_in_dim(v, found.shape, (at,)) for v in (starts, ends))

        def step(k: Any, carry: Array) -> Array:
            row = broadcast_to(lax.dynamic_slice_in_dim(x, k, 1, at), carry.shape)
            inside = lax.bitwise_and(lows < k, highs > k)
            return lax.select(inside, convert(to_array(self._call(carry, row)), carry.dtype), carry)

        return lax.fori_loop(0, n, step, found) if starts.size else found

    def outer(self, A: ArrayLike, B: ArrayLike, /) -> Array:
        """The function of each element of ``A`` with each of ``B``, of shape ``(*A.shape, *B.shape)``.

        Raises: ShapeError if the function has not two operands and one result.
        """
        self._must_be_binary("outer")
        x, y = to_array(A), to_array(B)
        return self._call(lax.reshape(x, (*x.shape, *(1,) * y.ndim)), y)


class MissingArguments(ShapeError, TypeError):
    """A call with another number of operands than the function has."""


class UnaryUfunc(ufunc):
    """A universal function of one operand."""

    def __call__(self, x: ArrayLike, /, *, out: None = None, where: None = None) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        if out is not None or where is not None:
            self._refuse(out, where)
        return self._call(x)


class BinaryUfunc(ufunc):
    """A universal function of two operands."""

    def __call__(self, x1: ArrayLike, x2: ArrayLike, /, *, out: None = None, where: None = None) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        if out is not None or where is not None:
            self._refuse(out, where)
        return self._call(x1, x2)


def _to_front(x: Array, axis: Any, keepdims: bool, where: str) -> tuple[Array, tuple[int, ...]]:
    """The array with the axis to reduce in front, and the shape of the result."""
    from axir.numpy.shapes import moveaxis

    if axis is None:
        return lax.reshape(x, (x.size,)), (1,) * x.ndim if keepdims else ()
    if isinstance(axis, tuple | list):
        raise located(MissingRuleError(f"{where}: takes one axis or None; got {axis}. Reduce them in turn."))
    at = axis_of(axis, x.ndim, where)
    middle = (1,) if keepdims else ()
    return moveaxis(x, at, 0), (*x.shape[:at], *middle, *x.shape[at + 1 :])


_BUILT_IN: dict[str, ufunc] = {}


def _named(name: str) -> ufunc:
    return _BUILT_IN[name]


def binary_ufunc(function: Callable[[ArrayLike, ArrayLike], Array]) -> BinaryUfunc:
    """A function of ``axir.numpy`` as a universal function under its name."""
    name = function.__name__
    identity = _SPECIAL[name].identity
    found = _BUILT_IN[name] = BinaryUfunc(function, 2, 1, identity=identity, call=function)
    return found


def unary_ufunc(function: Callable[[ArrayLike], Array]) -> UnaryUfunc:
    """A function of ``axir.numpy`` as a universal function under its name."""
    found = UnaryUfunc(function, 1, 1, call=function)
    _BUILT_IN[function.__name__] = found
    return found


def frompyfunc(func: Callable[..., Any], /, nin: int, nout: int, *, identity: Any = None) -> ufunc:
    """A universal function of a Python function of scalars.

    Args:
        func: Takes ``nin`` scalars and gives ``nout``; it must be traceable, as for ``vmap``.
        nin, nout: Numbers of operands and results.
        identity: Value that changes nothing, or ``None``.

    >>> import axir.numpy as np
    >>> np.frompyfunc(lambda x, y: 2 * x + y, 2, 1).reduce(np.arange(4))
    Array(11, dtype=int32)
    """
    return ufunc(func, nin, nout, identity=identity)
