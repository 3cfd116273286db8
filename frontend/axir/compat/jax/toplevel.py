"""What ``jax`` itself has beyond ``axir``, and where it differs."""

from __future__ import annotations

from typing import Any

from axir._src import devices as _devices
from axir.compat.jax.config import config
from axir.compat.jax.core import typeof
from axir.compat.jax.mapping import pmap, shard_map
from axir.compat.jax.sharding import Mesh, NamedSharding, Sharding
from axir.compat.jax.sharding import PartitionSpec as P
from axir.compat.jax.version import __version__, __version_info__

__all__ = [
    "NamedSharding",
    "P",
    "__version__",
    "__version_info__",
    "config",
    "device_put",
    "make_mesh",
    "pmap",
    "shard_map",
    "typeof",
]


def device_put(x: Any, device: Any = None, **options: Any) -> Any:
    """A pytree of arrays on a device, or as a sharding says, which is on the one device.

    ``src``, ``donate`` and ``may_alias`` are accepted and have no effect.
    """
    unknown = set(options) - {"src", "donate", "may_alias"}
    if unknown:
        raise TypeError(f"device_put: there is no argument {sorted(unknown)[0]!r}.")
    return _devices.device_put(x, None if isinstance(device, Sharding) else device)


def make_mesh(axis_shapes: tuple[int, ...], axis_names: tuple[str, ...], **options: Any) -> Mesh:
    """The mesh of the one device; all sizes must be 1."""
    import numpy as np

    found = np.empty((1,), object)
    found[0] = _devices.devices()[0]
    if any(n != 1 for n in axis_shapes):
        raise ValueError(f"make_mesh: there is one device; got a mesh of sizes {axis_shapes}.")
    return Mesh(found.reshape(axis_shapes), axis_names)
