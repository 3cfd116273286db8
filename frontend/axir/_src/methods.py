"""Operators and methods of arrays: functions of ``axir.numpy``, attached to ``Array``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as _numpy

import axir.numpy as np
from axir import lax
from axir._src.array import Array, ConcreteArray
from axir._src.at import At
from axir._src.axes import is_sequence
from axir._src.convert import check_device, convert
from axir._src.indexing import getitem, iterate
from axir._src.messages import located
from axir._src.placement import settled
from axir._src.promotion import DTypeLike, default_int, requested
from axir._src.ufunc import ufunc
from axir.numpy.standard import namespace
from axir_compiler.errors import DTypeError, MissingRuleError

__all__: list[str] = []

_OPERANDS = (Array, bool, int, float, complex, _numpy.ndarray, _numpy.generic)

_OPERATORS = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.true_divide,
    "floordiv": np.floor_divide,
    "mod": np.remainder,
    "divmod": np.divmod,
    "pow": np.power,
    "matmul": np.matmul,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "lshift": np.left_shift,
    "rshift": np.right_shift,
}
_COMPARISONS = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
_UNARY = {"neg": np.negative, "pos": np.positive, "abs": np.absolute, "invert": np.invert}


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """What a universal function calls: operators need none of its options."""
    return function._call if isinstance(function, ufunc) else function


def _forward(function: Callable[[Any, Any], Any]) -> Callable[[Array, Any], Any]:
    function = _plain(function)

    def operator(self: Array, other: Any) -> Any:
        return function(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    return operator


def _reflected(function: Callable[[Any, Any], Any]) -> Callable[[Array, Any], Any]:
    function = _plain(function)

    def operator(self: Array, other: Any) -> Any:
        return function(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    return operator


def _unary(function: Callable[[Any], Any]) -> Callable[[Array], Any]:
    function = _plain(function)
    return lambda self: function(self)


def _round(self: Array, ndigits: int | None = None) -> Any:
    return convert(np.round(self), default_int()) if ndigits is None else np.round(self, ndigits)


def _setitem(self: Array, index: Any, value: Any) -> None:
    raise located(
        DTypeError(
            "array: arrays are immutable, so items cannot be assigned. Instead of x[index] = v build a new array, with "
            "x = x.at[index].set(v) or another method of .at."
        )
    )


def _iter(self: Array) -> Iterator[Array]:
    return iterate(self)


def _contains(self: Array, item: Any) -> bool:
    return bool(np.any(np.equal(self, item)))


def _dlpack(
    self: Array,
    *,
    stream: Any = None,
    max_version: tuple[int, int] | None = None,
    dl_device: tuple[int, int] | None = None,
    copy: bool | None = None,
) -> Any:
    """A DLPack capsule on the array's memory, as the array API standard defines it.

    Raises: BufferError for a stream or another device than host memory.
    """
    array = self if isinstance(self, ConcreteArray) else ConcreteArray(self.to_numpy("its memory"))
    return array.buffer.__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)


def _dlpack_device(self: Array) -> tuple[int, int]:
    """The kind and the number of the device, as DLPack counts them."""
    return self.buffer.__dlpack_device__() if isinstance(self, ConcreteArray) else (1, 0)


def _array_namespace(self: Array, *, api_version: str | None = None) -> Any:
    """``axir.numpy``, which implements the array API standard.

    Raises: ValueError for a version of it that is not there.
    """
    return namespace(api_version)


def _astype(self: Array, dtype: DTypeLike, copy: bool = False, device: Any = None) -> Array:
    """The array in another dtype; see ``axir.numpy.astype``."""
    return np.astype(self, requested(dtype, "astype"), device=device)


def _view(self: Array, dtype: DTypeLike = None, type: None = None) -> Array:
    """The bits of the array as another dtype; the size of the last axis changes with the width.

    ``type``, another class of arrays, must be ``None``.

    Raises: ShapeError if the last axis does not hold a whole number of elements; MissingRuleError for ``type``.
    """
    if type is not None:
        raise located(MissingRuleError(f"view: type must be None, there are no other arrays; got {type!r}."))
    if dtype is None:
        return self
    wanted = requested(dtype, "view")
    if wanted.itemsize > self.itemsize and self.ndim:
        parts = wanted.itemsize // self.itemsize
        return lax.bitcast_convert_type(np.reshape(self, (*self.shape[:-1], -1, parts)), wanted)
    found = lax.bitcast_convert_type(self, wanted)
    return np.reshape(found, (*self.shape[:-1], -1)) if found.ndim > max(self.ndim, 1) else found


def _reshape(self: Array, *shape: Any, order: str = "C") -> Array:
    """The same elements under another shape: ``x.reshape(2, -1)`` or ``x.reshape((2, -1))``."""
    return np.reshape(self, shape[0] if len(shape) == 1 else shape, order)


def _transpose(self: Array, *axes: Any) -> Array:
    """The axes in another order, by default reversed: ``x.transpose(1, 0)`` or ``x.transpose((1, 0))``."""
    given = axes[0] if len(axes) == 1 and (axes[0] is None or is_sequence(axes[0])) else axes or None
    return np.transpose(self, given)


def _flatten(self: Array, order: str = "C") -> Array:
    """All elements along one axis."""
    return np.ravel(self, order)


def _clip(self: Array, min: Any = None, max: Any = None) -> Array:
    """The array limited to ``[min, max]``."""
    return np.clip(self, min, max)


def _compress(
    self: Array,
    condition: Any,
    axis: int | None = None,
    out: None = None,
    *,
    size: int | None = None,
    fill_value: Any = 0,
) -> Array:
    """See ``axir.numpy.compress``."""
    return np.compress(condition, self, axis, out=out, size=size, fill_value=fill_value)


def _to_device(self: Array, device: Any, *, stream: Any = None) -> Array:
    """The array committed to a device, one of ``axir.devices()``; ``stream`` must be ``None``.

    Raises: DTypeError for anything else.
    """
    check_device("to_device", device)
    if stream is not None:
        raise located(DTypeError(f"to_device: stream must be None; got {stream!r}."))
    return self if device is None else settled(self, device)


def _tobytes(self: Array, order: str = "C") -> bytes:
    """The bytes of the elements, the last axis fastest, or the first one for order ``"F"``."""
    return self.to_numpy("its bytes").tobytes(order)  # pyright: ignore[reportArgumentType]


def _byteswap(self: Array) -> Array:
    """The array with the bytes of each element in opposite order."""
    if self.itemsize == 1:
        return self
    if self.dtype.kind == "c":
        return lax.complex(_byteswap(lax.real(self)), _byteswap(lax.imag(self)))
    bytes_of = lax.bitcast_convert_type(self, "uint8")
    return lax.bitcast_convert_type(lax.rev(bytes_of, (bytes_of.ndim - 1,)), self.dtype)


def _copy(self: Array) -> Array:
    """The array itself, since it is immutable."""
    return self


# Functions of ``axir.numpy`` whose first argument is the array.
_SHARED = (
    "all",
    "any",
    "argmax",
    "argmin",
    "choose",
    "argpartition",
    "argsort",
    "conj",
    "cumprod",
    "cumsum",
    "diagonal",
    "dot",
    "max",
    "mean",
    "min",
    "nonzero",
    "prod",
    "ptp",
    "ravel",
    "repeat",
    "round",
    "searchsorted",
    "sort",
    "squeeze",
    "std",
    "sum",
    "swapaxes",
    "take",
    "trace",
    "var",
)
_OWN = {
    "astype": _astype,
    "byteswap": _byteswap,
    "clip": _clip,
    "compress": _compress,
    "conjugate": np.conj,
    "copy": _copy,
    "flatten": _flatten,
    "reshape": _reshape,
    "to_device": _to_device,
    "tobytes": _tobytes,
    "transpose": _transpose,
    "view": _view,
}
_PROPERTIES = {
    "at": At,
    "T": np.transpose,
    "mT": np.matrix_transpose,
    "real": np.real,
    "imag": np.imag,
}


def _attach() -> None:
    for name, function in _OPERATORS.items():
        setattr(Array, f"__{name}__", _forward(function))
        setattr(Array, f"__r{name}__", _reflected(function))
    for name, function in _COMPARISONS.items():
        setattr(Array, f"__{name}__", _forward(function))
    for name, function in _UNARY.items():
        setattr(Array, f"__{name}__", _unary(function))
    for name in _SHARED:
        setattr(Array, name, getattr(np, name))
    for name, function in _OWN.items():
        setattr(Array, name, function)
    for name, function in _PROPERTIES.items():
        setattr(Array, name, property(_unary(function), doc=function.__doc__))
    special = {
        "__round__": _round,
        "__getitem__": getitem,
        "__setitem__": _setitem,
        "__iter__": _iter,
        "__contains__": _contains,
        "__dlpack__": _dlpack,
        "__dlpack_device__": _dlpack_device,
        "__array_namespace__": _array_namespace,
    }
    for name, function in special.items():
        setattr(Array, name, function)


_attach()
