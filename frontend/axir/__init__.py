"""axir: NumPy's interface, compiled. ``jit``, ``grad`` and ``vmap`` on MLIR and IREE."""

from axir import (
    ad_checkpoint,
    debug,
    dtypes,
    errors,
    experimental,
    lax,
    nn,
    numpy,
    ops,
    random,
    scipy,
    tree,
    tree_util,
)
from axir._src import methods as _methods  # noqa: F401  (attaches the operators and methods of arrays)
from axir._src.array import Array
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
from axir._src.show import make_ir
from axir._src.vectorize import vmap

make_jaxpr = make_ir
remat = checkpoint

__all__ = [
    "Array",
    "ShapeDtypeStruct",
    "ad_checkpoint",
    "block_until_ready",
    "check_tracer_leaks",
    "checking_leaks",
    "checkpoint",
    "checkpoint_policies",
    "clear_caches",
    "config",
    "custom_jvp",
    "custom_vjp",
    "debug",
    "debug_infs",
    "debug_nans",
    "default_backend",
    "default_matmul_precision",
    "default_prng_impl",
    "device_count",
    "device_get",
    "device_put",
    "devices",
    "disable_jit",
    "dtypes",
    "effects_barrier",
    "enable_x64",
    "errors",
    "eval_shape",
    "experimental",
    "explain_cache_misses",
    "float0",
    "grad",
    "hessian",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "lax",
    "linear_transpose",
    "linearize",
    "log_compiles",
    "make_ir",
    "make_jaxpr",
    "nn",
    "numpy",
    "numpy_dtype_promotion",
    "numpy_rank_promotion",
    "ops",
    "pure_callback",
    "random",
    "remat",
    "scipy",
    "threefry_partitionable",
    "transfer_guard",
    "transfer_guard_device_to_device",
    "transfer_guard_device_to_host",
    "transfer_guard_host_to_device",
    "tree",
    "tree_util",
    "value_and_grad",
    "vjp",
    "vmap",
]
