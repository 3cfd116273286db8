"""Arrays as users see them: immutable, with NumPy's operators and methods.

``Array`` is the type of concrete arrays and of tracers alike. Operators and methods are functions of
``axir.numpy`` attached by ``axir._src.methods``.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from axir._src.interface import ArrayInterface
from axir_compiler.ir.types import Aval
from axir_runtime import Buffer, Device, devices

__all__ = ["Array", "ArrayType", "ConcreteArray"]

_new = object.__new__


class Array(ArrayInterface):
    """An immutable n-dimensional array: concrete, or a tracer while a function is being traced."""

    __slots__ = ("__weakref__",)
    __array_priority__: ClassVar[int] = 1000
    __hash__: ClassVar[None] = None  # pyright: ignore[reportIncompatibleMethodOverride]

    aval: Aval
    weak_type: bool
    """Whether the dtype gives way to that of other operands, as the dtype of a Python number does."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Size of each axis."""
        return self.aval.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the elements."""
        return self.aval.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.aval.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.aval.size

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.aval.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.itemsize

    @property
    def device(self) -> Device:
        """The device that holds the elements, or will."""
        return devices("cpu")[0]

    def to_numpy(self, asked_for: str = "its value") -> np.ndarray:
        """The value as a read-only NumPy array that shares memory with this one where it can.

        Raises:
            ConcretizationError: the array is traced and has no value yet.
        """
        raise NotImplementedError

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        value = self.to_numpy("a NumPy array of it")
        if dtype is not None and value.dtype != dtype:
            if copy is False:
                raise ValueError(
                    f"array: dtype {dtype} needs a copy of {self.aval}, but copy=False was given."
                )
            return value.astype(dtype)
        return value.copy() if copy else value

    def _scalar(self, kind: type) -> Any:
        if self.size != 1:
            raise TypeError(
                f"array: only an array of one element converts to {kind.__name__}; got {self.aval}."
            )
        return self.to_numpy(f"{kind.__name__}() of it").reshape(())[()]

    def _real_scalar(self, kind: type) -> Any:
        if self.dtype.kind == "c":
            raise TypeError(
                f"array: a complex number does not convert to {kind.__name__}; got {self.aval}. Take its real part."
            )
        return self._scalar(kind)

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError(
                f"array: the truth value of {self.aval} is ambiguous. Use .any() or .all(), or axir.numpy.where."
            )
        return bool(self._scalar(bool))

    def __int__(self) -> int:
        return int(self._real_scalar(int))

    def __float__(self) -> float:
        return float(self._real_scalar(float))

    def __complex__(self) -> complex:
        return complex(self._scalar(complex))

    def __index__(self) -> int:
        if self.ndim or self.dtype.kind not in "iu":
            raise TypeError(f"array: only an integer scalar can be used as an index; got {self.aval}.")
        return int(self._scalar(int))

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("array: len() of a scalar array.")
        return self.shape[0]

    def __format__(self, spec: str) -> str:
        return format(self._scalar(float).item(), spec) if spec and self.ndim == 0 else str(self)

    def item(self, *index: int) -> Any:
        """One element as a Python number; without an index the array must have just one."""
        return self.to_numpy("an element of it").item(*index)

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        return self.to_numpy("a list of it").tolist()


class ArrayType:
    """Shape, dtype, weakness and place of an array; equal ones are one object, so that look-ups by it are quick.

    ``placement`` is ``None`` for arrays that nobody put on a device.
    """

    __slots__ = ("aval", "placement", "weak")
    _known: ClassVar[dict[tuple[Aval, bool, Any], ArrayType]] = {}
    _limit: ClassVar[int] = 50_000

    def __init__(self, aval: Aval, weak: bool, placement: Any):
        self.aval = aval
        self.weak = weak
        self.placement = placement

    @staticmethod
    def of(aval: Aval, weak: bool, placement: Any = None) -> ArrayType:
        """The one object for these."""
        known = ArrayType._known
        found = known.get((aval, weak, placement))
        if found is None:
            if len(known) > ArrayType._limit:
                known.clear()
            found = known.setdefault((aval, weak, placement), ArrayType(aval, weak, placement))
        return found


class ConcreteArray(Array):
    """An array whose elements are there: in host memory and free to move, unless it is a ``PlacedArray``.

    It holds a NumPy array, or the buffer of a compiled function's result, or both on the same memory.
    """

    __slots__ = ("_aval", "_buffer", "_type", "_value", "weak_type")

    def __init__(self, value: Any, weak: bool = False):
        self._value: np.ndarray | None = np.asarray(value)
        self._buffer: Buffer | None = None
        self._aval: Aval | None = None
        self._type: ArrayType | None = None
        self.weak_type = weak

    @staticmethod
    def from_buffer(buffer: Buffer, kind: ArrayType) -> ConcreteArray:
        """The array of a buffer."""
        array = _new(ConcreteArray)
        array._value = None
        array._buffer = buffer
        array._type = kind
        array._aval = kind.aval
        array.weak_type = kind.weak
        return array

    @property
    def type(self) -> ArrayType:
        """Shape, dtype, weakness and place as one object."""
        found = self._type
        if found is None:
            found = self._type = ArrayType.of(self.aval, self.weak_type)
        return found

    @property
    def aval(self) -> Aval:  # pyright: ignore[reportIncompatibleVariableOverride]
        found = self._aval
        if found is None:
            value = self._value
            assert value is not None
            found = self._aval = Aval(value.shape, value.dtype)
        return found

    @property
    def buffer(self) -> Buffer:
        """What compiled functions take."""
        found = self._buffer
        if found is None:
            if self._value is None:
                raise self._deleted()
            self._aval = self.aval
            found = self._buffer = Buffer(self._value)
            # The buffer makes an aligned copy if it must: it alone holds the elements from now on.
            self._value = None
        return found

    def to_numpy(self, asked_for: str = "its value") -> np.ndarray:
        value = self._value
        if value is None:
            if self._buffer is None:
                raise self._deleted()
            return self._buffer.array
        if value.flags.writeable:
            # Nothing else writes to it: what axir makes is written once, what users give was copied.
            value.flags.writeable = False
        return value

    def devices(self) -> set[Device]:
        """The devices that hold the elements."""
        return {self.device}

    @property
    def committed(self) -> bool:
        """Whether the array stays on its device, and computations with it run there."""
        return False

    def copy_to_host_async(self) -> None:
        """Begin to bring the elements to the host; this happens when they are read."""

    def delete(self) -> None:
        """Let go of the elements: whatever asks for them from now on raises ``RuntimeError``.

        The memory is free once no work that is under way and no view of NumPy's uses it.
        """
        self._aval = self.aval
        self._value = self._buffer = None

    def is_deleted(self) -> bool:
        """Whether ``delete`` was called."""
        return self._value is None and self._buffer is None

    def _deleted(self) -> RuntimeError:
        return RuntimeError(
            f"array: {self.aval} has been deleted, by its method delete(). Keep it, or compute it anew."
        )

    def on_device_size_in_bytes(self) -> int:
        """Bytes of the elements on the device."""
        return self.nbytes

    @property
    def is_fully_addressable(self) -> bool:
        """Whether this process can reach all elements."""
        return True

    @property
    def is_fully_replicated(self) -> bool:
        """Whether each of its devices, of which there is one, holds all elements."""
        return True

    @property
    def sharding(self) -> Any:
        """How the array lies on devices: whole, on one of them."""
        from axir.compat.jax.sharding import SingleDeviceSharding

        return SingleDeviceSharding(self.device)

    @property
    def addressable_shards(self) -> list[Any]:
        """The parts of the array on the devices of this process, of which there is one."""
        from axir.compat.jax.sharding import Shard

        return [Shard(self.device, (slice(None),) * self.ndim, 0, self)]

    @property
    def global_shards(self) -> list[Any]:
        """The parts of the array on all devices."""
        return self.addressable_shards

    def unsafe_buffer_pointer(self) -> int:
        """Where the elements are in memory; of an array that a GPU holds, where their copy on the host is."""
        return self.to_numpy().ctypes.data

    def clone(self) -> ConcreteArray:
        """The array; it is immutable."""
        return self

    def addressable_data(self, index: int) -> ConcreteArray:
        """The part of the array on device number ``index`` of those that hold it; there is one."""
        if index != 0:
            raise IndexError(f"array: it lies on one device; got index {index}.")
        return self

    def is_ready(self) -> bool:
        """Whether the elements are computed."""
        buffer = self._buffer
        return buffer is None or buffer.is_ready()

    def block_until_ready(self) -> ConcreteArray:
        """Wait until the elements are computed; gives the array itself."""
        buffer = self._buffer
        if buffer is not None:
            buffer.wait()
        return self

    def __reduce__(self) -> Any:
        return _restore, (np.asarray(self.to_numpy()), self.weak_type)

    def __copy__(self) -> ConcreteArray:
        return self

    def __deepcopy__(self, memo: Any) -> ConcreteArray:
        return self

    def __repr__(self) -> str:
        text = np.array2string(self.to_numpy(), separator=", ", prefix="Array(")
        weak = ", weak_type=True" if self.weak_type else ""
        return f"Array({text}, dtype={self.dtype}{weak})"

    def __str__(self) -> str:
        return str(self.to_numpy())


def _restore(value: np.ndarray, weak: bool) -> ConcreteArray:
    return ConcreteArray(value, weak)
