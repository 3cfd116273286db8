"""What ``jax`` itself has beyond ``axir``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from axir._src import devices as _devices
from axir.compat.jax.config import config, option_context
from axir.compat.jax.core import typeof
from axir.compat.jax.sharding import Mesh, NamedSharding, Sharding
from axir.compat.jax.sharding import PartitionSpec as P
from axir.compat.jax.version import __version__, __version_info__
from axir_runtime import Device

__all__ = [
    "Device",
    "NamedSharding",
    "P",
    "__version__",
    "__version_info__",
    "check_tracer_leaks",
    "config",
    "debug_infs",
    "debug_nans",
    "default_device",
    "default_matmul_precision",
    "device_put",
    "disable_jit",
    "enable_x64",
    "host_count",
    "host_id",
    "local_device_count",
    "local_devices",
    "log_compiles",
    "make_mesh",
    "named_call",
    "named_scope",
    "numpy_dtype_promotion",
    "numpy_rank_promotion",
    "process_count",
    "process_index",
    "transfer_guard",
    "typeof",
]

check_tracer_leaks = option_context("jax_check_tracer_leaks")
debug_infs = option_context("jax_debug_infs")
debug_nans = option_context("jax_debug_nans")
default_matmul_precision = option_context("jax_default_matmul_precision")
disable_jit = option_context("jax_disable_jit")
enable_x64 = option_context("jax_enable_x64")
log_compiles = option_context("jax_log_compiles")
numpy_dtype_promotion = option_context("jax_numpy_dtype_promotion")
numpy_rank_promotion = option_context("jax_numpy_rank_promotion")
transfer_guard = option_context("jax_transfer_guard")


def default_device(new_value: Device | str | None = None) -> AbstractContextManager[None]:
    """A context in which arrays are made on a device; it must be the one there is."""
    if isinstance(new_value, str):
        _devices.devices(new_value)
    return nullcontext()


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


def named_scope(name: str) -> AbstractContextManager[None]:
    """A context that JAX puts into the names of operations; axir names them by source lines, so it has no effect."""
    return nullcontext()


def named_call(fun: Callable[..., Any], *, name: str | None = None) -> Callable[..., Any]:
    """The function itself; see ``named_scope``."""
    return fun


def local_devices(process_index: int | None = None, backend: str | None = None) -> list[Device]:
    """The devices of this process: all."""
    return _devices.devices(backend)


def local_device_count(backend: str | None = None) -> int:
    """Number of devices of this process."""
    return _devices.device_count(backend)


def process_index(backend: str | None = None) -> int:
    """The number of this process: 0."""
    return 0


def process_count(backend: str | None = None) -> int:
    """How many processes compute together: 1."""
    return 1


host_id = process_index
host_count = process_count
