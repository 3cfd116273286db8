"""Values of users as arrays: Python numbers, NumPy arrays, nested lists, arrays of other libraries."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeGuard, TypeVar, cast

import numpy as np

import axir_runtime
from axir._src.array import Array, ConcreteArray
from axir._src.config import config
from axir._src.messages import located
from axir._src.placement import PlacedArray, placed_value, settled
from axir._src.promotion import (
    BOOL,
    DTypeLike,
    canonical,
    common,
    default_complex,
    default_float,
    default_int,
    requested,
    to_dtype,
)
from axir._src.trace import Tracer, bind, current_frame
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.attributes import ScalarValue
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import COMPLEX, DTYPES

__all__ = [
    "ArrayLike",
    "array",
    "asarray",
    "check_device",
    "constant",
    "convert",
    "creation",
    "from_dlpack",
    "is_number",
    "isscalar",
    "iterable",
    "shaped",
    "to_array",
    "typed",
]

ArrayLike: TypeAlias = Array | np.ndarray | np.generic | bool | int | float | complex
"""What operations take as an array. Lists are not among them; ``axir.numpy.asarray`` makes arrays of them."""

_Made = TypeVar("_Made", bound=Callable[..., Any])
_NUMBERS = frozenset({bool, int, float, complex})
_local = config._local


def is_number(x: Any) -> TypeGuard[bool | int | float | complex]:
    """Whether ``x`` is a Python number, whose dtype is weak."""
    return type(x) in _NUMBERS


def isscalar(element: Any) -> bool:
    """Whether an object is a number, a text, or an array without axes."""
    if isinstance(element, Array | np.ndarray):
        return element.ndim == 0
    if np.isscalar(element):
        return True
    return hasattr(element, "__jax_array__") and to_array(element).ndim == 0


def iterable(y: Any) -> bool:
    """Whether ``iter(y)`` works."""
    try:
        iter(y)
    except TypeError:
        return False
    return True


def typed(x: Any) -> tuple[np.dtype, bool]:
    """The dtype of a Python number or array, and whether it is weak."""
    if isinstance(x, Array):
        return x.dtype, x.weak_type
    kind = type(x)
    if kind is float:
        return default_float(), True
    if kind is complex:
        return default_complex(), True
    return (BOOL, False) if kind is bool else (default_int(), True)


def to_array(x: Any) -> Array:
    """``x`` as an array; Python numbers get a weak type.

    Raises:
        DTypeError: ``x`` is neither an array nor a number, or has a dtype that is not supported.
        OverflowError: an integer does not fit into the default width.
    """
    if isinstance(x, Array):
        return x
    if type(x) in _NUMBERS:
        dtype, weak = typed(x)
        return constant(x, dtype, weak)
    if isinstance(x, np.ndarray | np.generic):
        return ConcreteArray(_owned(supported(x)))
    return to_array(_plain(x))


def shaped(x: Any) -> Any:
    """What has the shape, dtype and weakness of ``x``: itself if it is an array or describes one, else an array."""
    if isinstance(x, Array) or all(hasattr(x, name) for name in ("shape", "dtype", "weak_type", "ndim")):
        return x
    return to_array(x)


def _plain(x: Any) -> Any:
    """A Python number or array for objects that stand for one."""
    kinds: tuple[Any, ...] = (int, float, complex)
    for kind in kinds:
        if isinstance(x, kind):
            return kind(x)
    if hasattr(x, "__jax_array__"):
        return x.__jax_array__()
    what = f"{type(x).__name__} {x!r}" if x is None or isinstance(x, str) else type(x).__name__
    if isinstance(x, list | tuple):
        what += ". Use axir.numpy.asarray on it"
    raise located(DTypeError(f"array: operands must be arrays or numbers; got {what}."))


def constant(value: bool | int | float | complex, dtype: np.dtype, weak: bool, traced: bool = False) -> Array:
    """A Python number as a scalar array of a dtype.

    ``traced`` makes it a constant of the program that is being traced also outside ``jit``.

    Raises:
        OverflowError: the integer does not fit into the dtype.
    """
    number = _checked_number(value, dtype)
    frame = current_frame()
    if frame is None or not (traced or frame.staged):
        return ConcreteArray(number, weak)
    return frame.emit(OPS["constant"], (), {"value": ScalarValue(number, dtype)}, weak)


def _checked_number(value: Any, dtype: np.dtype) -> np.ndarray:
    if isinstance(value, complex) and dtype not in COMPLEX:
        raise located(
            DTypeError(f"array: the complex number {value} does not fit into {dtype}. Take its real part.")
        )
    try:
        return np.array(value, dtype)
    except OverflowError:
        raise OverflowError(
            f"array: the Python integer {value} does not fit into {dtype}. Use a wider dtype, or wrap it around "
            "yourself."
        ) from None


def supported(x: Any) -> np.ndarray:
    """A NumPy array in a dtype of axir, 32 bits wide unless x64 is enabled.

    Raises:
        OverflowError: an integer is lost by that.
    """
    if isinstance(x, np.ma.MaskedArray):
        raise located(DTypeError("array: masked arrays are not supported. Use x.filled(value)."))
    value = np.asarray(x)
    dtype = value.dtype
    if dtype not in DTYPES or not config.x64_enabled:
        dtype = canonical(to_dtype(dtype, "array"))
    if dtype == value.dtype:
        return value
    if dtype.kind in "iu" and value.size and value.dtype.itemsize > dtype.itemsize:
        _check_range(value, dtype)
    return value.astype(dtype)


def _check_range(value: np.ndarray, dtype: np.dtype) -> None:
    info = np.iinfo(dtype)
    low, high = value.min(), value.max()
    if low < info.min or high > info.max:
        outside = low if low < info.min else high
        raise OverflowError(
            f"array: the integer {outside} of a {value.dtype} array does not fit into {dtype}. Enable 64-bit "
            "dtypes with axir.config.update('axir_enable_x64', True), or convert the array first."
        )


def _owned(value: np.ndarray) -> np.ndarray:
    """An array that nobody else can write to: itself if that is so already, else a copy."""
    flags = value.flags
    frozen = flags.owndata and not flags.writeable and type(value) is np.ndarray
    return value if frozen else np.array(value, subok=False)


def convert(x: Array, dtype: np.dtype, weak: bool = False) -> Array:
    """An array in another dtype, or itself; ``weak`` says how the result takes part in promotion."""
    if x.dtype == dtype and x.weak_type == weak:
        return x
    if x.dtype == dtype and isinstance(x, ConcreteArray):
        if isinstance(x, PlacedArray):
            return placed_value(x.buffer, x.aval, weak, x.placement)
        return ConcreteArray(x.to_numpy(), weak)
    return bind(OPS["convert"], x, weak=weak, dtype=dtype)


def check_device(where: str, device: Any) -> None:
    """Refuse what is no device.

    Raises:
        DTypeError: ``device`` is neither ``None`` nor one of ``axir.devices()``.
    """
    if device is not None and not isinstance(device, axir_runtime.Device):
        raise located(DTypeError(f"{where}: device must be None or one of axir.devices(); got {device!r}."))


def creation(function: _Made) -> _Made:
    """A function that makes arrays, with an argument ``device``: the arrays are made on the host and moved there."""

    @functools.wraps(function)
    def make(*args: Any, device: Any = None, **kwargs: Any) -> Any:
        if device is None and not _local.mode.placed:
            return function(*args, **kwargs)
        check_device(function.__name__, device)
        with config.override("axir_default_device", "cpu"):
            found = function(*args, **kwargs)
        return (
            tuple(settled(x, device) for x in found) if isinstance(found, tuple) else settled(found, device)
        )

    return cast(_Made, make)


@creation
def asarray(
    a: Any,
    dtype: DTypeLike = None,
    order: str | None = None,
    *,
    copy: bool | None = None,
    device: Any = None,
) -> Array:
    """``a`` as an array.

    Args:
        a: Array, number, NumPy array or scalar, (nested) list of such, or an object with ``__array__``,
            ``__dlpack__`` or the buffer protocol.
        dtype: Dtype of the result; by default that of ``a``, 32 bits wide unless x64 is enabled. Python
            numbers keep a weak type if it is not given.
        order: ``"K"``, ``"C"`` or ``None``; the layout of arrays is not observable.
        copy: ``False`` demands that no copy is made.
        device: One of ``axir.devices()``, which the array is then committed to.

    Raises:
        DTypeError: the dtype is not supported, ``a`` is no array, or ``device`` is none.
        ShapeError: lists of unequal lengths.
        OverflowError: a Python integer does not fit into the dtype.
        ValueError: ``copy=False`` and a copy is needed.
    """
    if order not in (None, "K", "C", "A"):
        raise located(ShapeError(f"asarray: order must be None, 'C', 'K' or 'A'; got {order!r}."))
    if copy is False and not isinstance(a, Array):
        raise ValueError("asarray: the data must be copied into an axir array, but copy=False was given.")
    wanted = None if dtype is None else requested(dtype, "asarray")
    if is_number(a):
        return to_array(a) if wanted is None else constant(a, wanted, False)
    found = a if isinstance(a, Array) else _from_object(a, wanted)
    return found if wanted is None else convert(found, wanted)


@creation
def array(
    object: Any,
    dtype: DTypeLike = None,
    copy: bool = True,
    order: str | None = "K",
    ndmin: int = 0,
    *,
    device: Any = None,
) -> Array:
    """A new array of the values of ``object``; see ``asarray``.

    ``ndmin`` is the least number of axes; axes of size 1 are put in front. Arrays are immutable, so a copy of
    one is the array itself.
    """
    found = asarray(object, dtype, order)
    missing = ndmin - found.ndim
    return found if missing <= 0 else bind(OPS["reshape"], found, shape=(*(1,) * missing, *found.shape))


@creation
def from_dlpack(external_array: Any, /, *, device: Any = None, copy: bool | None = None) -> Array:
    """An array on the memory of an array of another library, which must not write to it any more.

    Args:
        external_array: Object with ``__dlpack__``, in host memory.
        device: One of ``axir.devices()``, which the array is copied to if it is a GPU.
        copy: ``True`` demands a copy.

    Raises:
        TypeError: the object has no ``__dlpack__``.
        BufferError: its memory or dtype cannot be used.
        DTypeError: the dtype is not supported.
    """
    value = supported(axir_runtime.from_dlpack(external_array).array)
    return ConcreteArray(_owned(value) if copy else value)


def _from_object(x: Any, dtype: np.dtype | None) -> Array:
    if isinstance(x, np.ndarray | np.generic):
        return ConcreteArray(_owned(_wanted(x, dtype)))
    if isinstance(x, list | tuple | range):
        return _from_sequence(x, dtype)
    if hasattr(x, "__array__") or isinstance(x, memoryview | bytearray) or hasattr(x, "__array_interface__"):
        return ConcreteArray(_owned(_wanted(np.asarray(x), dtype)))
    if hasattr(x, "__dlpack__"):
        return ConcreteArray(_owned(_wanted(axir_runtime.from_dlpack(x).array, dtype)))
    try:
        return to_array(x)
    except DTypeError:
        buffer = None if isinstance(x, bytes) else _buffer(x)
        if buffer is None:
            raise
        return ConcreteArray(_owned(_wanted(np.asarray(buffer), dtype)))


def _buffer(x: Any) -> memoryview | None:
    try:
        return memoryview(x)
    except TypeError:
        return None


def _wanted(x: Any, dtype: np.dtype | None) -> np.ndarray:
    """A NumPy value in the dtype that was asked for, as an explicit conversion."""
    if dtype is None or x.dtype == dtype:
        return supported(x)
    to_dtype(x.dtype, "asarray")
    return OPS["convert"].numpy(np.asarray(x), dtype=dtype)


def _from_sequence(x: Sequence[Any], dtype: np.dtype | None) -> Array:
    leaves: list[Any] = []
    plain = _collect(x, leaves)
    if not leaves:
        return ConcreteArray(_numpy_of(x, default_float() if dtype is None else dtype))
    if not plain:
        leaves = [v if type(v) in _NUMBERS else asarray(v) for v in leaves]
    found = common(set(map(typed, leaves)))[0] if dtype is None else dtype
    if any(isinstance(v, Tracer) for v in leaves):
        return _stacked(x, found)
    return ConcreteArray(_numpy_of(x if plain else _as_numpy(x, found), found))


def _collect(x: Any, leaves: list[Any]) -> bool:
    """Append the leaves of nested lists; whether all of them are Python numbers."""
    plain = True
    for item in x:
        kind = type(item)
        if kind in _NUMBERS:
            leaves.append(item)
        elif kind is list or kind is tuple or kind is range:
            plain = _collect(item, leaves) and plain
        else:
            leaves.append(item)
            plain = False
    return plain


def _as_numpy(x: Any, dtype: np.dtype) -> Any:
    """Nested lists with their arrays in NumPy."""
    if isinstance(x, list | tuple | range):
        return [_as_numpy(item, dtype) for item in x]
    return x if type(x) in _NUMBERS else convert(asarray(x), dtype).to_numpy()


def _numpy_of(x: Any, dtype: np.dtype) -> np.ndarray:
    try:
        return np.array(x, dtype)
    except OverflowError as error:
        raise OverflowError(f"array: {error}. Use a wider dtype, or wrap it around yourself.") from None
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        raise located(
            ShapeError(
                "array: nested lists must have equal lengths on each level; got ragged ones. Pad them first."
            )
        ) from None


def _stacked(x: Any, dtype: np.dtype) -> Array:
    """Nested lists with tracers in them, joined level by level."""
    if not isinstance(x, list | tuple | range):
        return constant(x, dtype, False) if type(x) in _NUMBERS else convert(asarray(x), dtype)
    items = [_stacked(item, dtype) for item in x]
    shapes = {item.shape for item in items}
    if len(shapes) > 1:
        given = ", ".join(map(str, sorted(shapes)))
        raise located(
            ShapeError(f"array: items of a list must have equal shapes; got {given}. Pad them first.")
        )
    if not items:
        return ConcreteArray(np.zeros(0, dtype))
    rows = [bind(OPS["reshape"], item, shape=(1, *item.shape)) for item in items]
    return bind(OPS["concatenate"], *rows, dimension=0) if len(rows) > 1 else rows[0]
