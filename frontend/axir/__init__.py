"""axir: NumPy's interface, compiled. ``jit``, ``grad`` and ``vmap`` on MLIR and IREE."""

from axir import (
    ad_checkpoint,
    debug,
    dtypes,
    errors,
    experimental,
    flatten_util,
    image,
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
from axir._src.config import config, enable_x64
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
    "checkpoint",
    "checkpoint_policies",
    "clear_caches",
    "config",
    "custom_jvp",
    "custom_vjp",
    "debug",
    "default_backend",
    "device_count",
    "device_get",
    "device_put",
    "devices",
    "dtypes",
    "effects_barrier",
    "enable_x64",
    "errors",
    "eval_shape",
    "experimental",
    "flatten_util",
    "float0",
    "grad",
    "hessian",
    "image",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "lax",
    "linear_transpose",
    "linearize",
    "make_ir",
    "make_jaxpr",
    "nn",
    "numpy",
    "ops",
    "pure_callback",
    "random",
    "remat",
    "scipy",
    "tree",
    "tree_util",
    "value_and_grad",
    "vjp",
    "vmap",
]
