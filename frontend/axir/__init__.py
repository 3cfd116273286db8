"""axir: NumPy's interface, compiled. ``jit``, ``grad`` and ``vmap`` on MLIR and IREE."""

import importlib as _importlib
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from axir import (
    ad_checkpoint,
    custom_batching,
    custom_derivatives,
    debug,
    dlpack,
    dtypes,
    errors,
    flatten_util,
    lax,
    nn,
    numpy,
    ops,
    profiler,
    random,
    stages,
    test_util,
    tree,
    tree_util,
    typing,
)
from axir._src import methods as _methods  # noqa: F401  (attaches the operators and methods of arrays)
from axir._src.autodiff import (
    float0,
    grad,
    jvp,
    linear_transpose,
    linearize,
    value_and_grad,
    vjp,
)
from axir._src.callbacks import effects_barrier, pure_callback
from axir._src.closures import closure_convert, custom_gradient
from axir._src.config import config
from axir._src.config_managers import (
    check_tracer_leaks,
    checking_leaks,
    debug_infs,
    debug_nans,
    default_matmul_precision,
    default_prng_impl,
    disable_jit,
    enable_x64,
    explain_cache_misses,
    log_compiles,
    numpy_dtype_promotion,
    numpy_rank_promotion,
    threefry_partitionable,
    transfer_guard,
    transfer_guard_device_to_device,
    transfer_guard_device_to_host,
    transfer_guard_host_to_device,
)
from axir._src.custom import checkpoint, checkpoint_policies, custom_jvp, custom_vjp
from axir._src.devices import (
    Device,
    block_until_ready,
    default_backend,
    device_count,
    device_get,
    device_put,
    devices,
)
from axir._src.execute import clear_caches
from axir._src.jacobians import hessian, jacfwd, jacobian, jacrev
from axir._src.jit import ShapeDtypeStruct, eval_shape, jit
from axir._src.processes import (
    copy_to_host_async,
    default_device,
    host_count,
    host_id,
    host_ids,
    live_arrays,
    local_device_count,
    local_devices,
    print_environment_info,
    process_count,
    process_index,
    process_indices,
)
from axir._src.public_array import Array
from axir._src.scopes import ensure_compile_time_eval, named_call, named_scope, typeof
from axir._src.show import make_ir
from axir._src.vectorize import vmap
from axir._src.version import __version__

if _TYPE_CHECKING:
    from axir import aot, experimental, image, scipy

make_jaxpr = make_ir
remat = checkpoint

_LATER = ("aot", "experimental", "image", "scipy")


def __getattr__(name: str) -> _Any:
    """The modules that most programs do not use: they are imported when they are first asked for."""
    if name not in _LATER:
        raise AttributeError(f"module 'axir' has no attribute {name!r}")
    return _importlib.import_module(f"axir.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})


__all__ = [
    "Array",
    "Device",
    "ShapeDtypeStruct",
    "__version__",
    "ad_checkpoint",
    "aot",
    "block_until_ready",
    "check_tracer_leaks",
    "checking_leaks",
    "checkpoint",
    "checkpoint_policies",
    "clear_caches",
    "closure_convert",
    "config",
    "copy_to_host_async",
    "custom_batching",
    "custom_derivatives",
    "custom_gradient",
    "custom_jvp",
    "custom_vjp",
    "debug",
    "debug_infs",
    "debug_nans",
    "default_backend",
    "default_device",
    "default_matmul_precision",
    "default_prng_impl",
    "device_count",
    "device_get",
    "device_put",
    "devices",
    "disable_jit",
    "dlpack",
    "dtypes",
    "effects_barrier",
    "enable_x64",
    "ensure_compile_time_eval",
    "errors",
    "eval_shape",
    "experimental",
    "explain_cache_misses",
    "flatten_util",
    "float0",
    "grad",
    "hessian",
    "host_count",
    "host_id",
    "host_ids",
    "image",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "lax",
    "linear_transpose",
    "linearize",
    "live_arrays",
    "local_device_count",
    "local_devices",
    "log_compiles",
    "make_ir",
    "make_jaxpr",
    "named_call",
    "named_scope",
    "nn",
    "numpy",
    "numpy_dtype_promotion",
    "numpy_rank_promotion",
    "ops",
    "print_environment_info",
    "process_count",
    "process_index",
    "process_indices",
    "profiler",
    "pure_callback",
    "random",
    "remat",
    "scipy",
    "stages",
    "test_util",
    "threefry_partitionable",
    "transfer_guard",
    "transfer_guard_device_to_device",
    "transfer_guard_device_to_host",
    "transfer_guard_host_to_device",
    "tree",
    "tree_util",
    "typeof",
    "typing",
    "value_and_grad",
    "vjp",
    "vmap",
]
