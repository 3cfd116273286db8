"""``jax.sharding`` on one device: programs that spread arrays over a mesh of one device run as they are.

Everything lies on the one device whatever a sharding says, so that a sharding is a description that can be made,
compared and passed on. A mesh of several devices is refused.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from axir._src.devices import devices
from axir_runtime import Device

__all__ = [
    "AbstractMesh",
    "Mesh",
    "NamedSharding",
    "PartitionSpec",
    "Shard",
    "Sharding",
    "SingleDeviceSharding",
]


class PartitionSpec(tuple[Any, ...]):
    """For each axis of an array the name of the mesh's axis that it is spread over, or ``None``."""

    __slots__ = ()

    def __new__(cls, *partitions: Any) -> PartitionSpec:
        return super().__new__(cls, partitions)

    def __repr__(self) -> str:
        return f"PartitionSpec({', '.join(map(repr, self))})"

    def __reduce__(self) -> Any:
        return type(self), tuple(self)


class AbstractMesh:
    """Names and sizes of the axes of a mesh, without its device; each size must be 1."""

    def __init__(self, axis_sizes: tuple[int, ...] = (), axis_names: tuple[str, ...] = ()):
        if math.prod(axis_sizes) != 1 or len(axis_sizes) != len(axis_names):
            raise ValueError(
                f"sharding: arrays lie on one device; got a mesh of sizes {axis_sizes} for axes {axis_names}."
            )
        self.axis_sizes = tuple(axis_sizes)
        self.axis_names = tuple(axis_names)

    @property
    def shape(self) -> dict[str, int]:
        """Size of each axis."""
        return dict(zip(self.axis_names, self.axis_sizes, strict=True))

    @property
    def empty(self) -> bool:
        """Whether there are no axes."""
        return not self.axis_names

    @property
    def size(self) -> int:
        """Number of devices."""
        return math.prod(self.axis_sizes)

    @property
    def are_all_axes_explicit(self) -> bool:
        """Whether types say how arrays are spread; they never do."""
        return False

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.shape == self.shape  # pyright: ignore

    def __hash__(self) -> int:
        return hash((type(self), self.axis_names))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shape})"


class Mesh(AbstractMesh):
    """The one device as an array with named axes; also a context, which changes nothing."""

    def __init__(self, devices: Any, axis_names: str | tuple[str, ...]):
        self.devices = np.asarray(devices)
        names = (axis_names,) if isinstance(axis_names, str) else tuple(axis_names)
        super().__init__(self.devices.shape, names)

    def __enter__(self) -> Mesh:
        return self

    def __exit__(self, *error: Any) -> None:
        return None


class Shard(NamedTuple):
    """The part of an array that lies on a device: which part of the whole, which copy of it, and the array itself."""

    device: Device
    index: tuple[slice, ...]
    replica_id: int
    data: Any


class Sharding:
    """How an array lies on devices: on the one there is."""

    @property
    def device_set(self) -> set[Device]:
        """The devices."""
        return set(devices("cpu")[:1])

    @property
    def is_fully_replicated(self) -> bool:
        """Whether each device holds the whole array; the one does."""
        return True

    @property
    def is_fully_addressable(self) -> bool:
        """Whether this process reaches all devices."""
        return True

    def shard_shape(self, global_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of the part on each device: that of the array."""
        return tuple(global_shape)


class SingleDeviceSharding(Sharding):
    """The whole array on one device."""

    def __init__(self, device: Device):
        self._device = device

    @property
    def device_set(self) -> set[Device]:
        """The device."""
        return {self._device}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SingleDeviceSharding) and other._device is self._device

    def __hash__(self) -> int:
        return hash((type(self), id(self._device)))

    def __repr__(self) -> str:
        return f"SingleDeviceSharding({self._device})"


class NamedSharding(Sharding):
    """An array spread over the axes of a mesh."""

    def __init__(self, mesh: AbstractMesh, spec: PartitionSpec):
        named = {n for part in spec if part is not None for n in ((part,) if isinstance(part, str) else part)}
        if not named <= set(mesh.axis_names):
            raise ValueError(f"sharding: {spec} names axes that {mesh} does not have.")
        self.mesh = mesh
        self.spec = spec

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NamedSharding) and (other.mesh, other.spec) == (self.mesh, self.spec)

    def __hash__(self) -> int:
        return hash((self.mesh, self.spec))

    def __repr__(self) -> str:
        return f"NamedSharding({self.mesh}, {self.spec})"
