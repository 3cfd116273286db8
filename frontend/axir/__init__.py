"""axir: NumPy's interface, compiled. ``jit``, ``grad`` and ``vmap`` on MLIR and IREE."""

import axir._src.methods  # attaches the operators and methods of arrays
from axir import dtypes as dtypes
from axir import errors as errors
from axir import lax as lax
from axir import numpy as numpy
from axir import random as random
from axir import tree as tree
from axir import tree_util as tree_util
from axir._src.array import Array as Array
from axir._src.autodiff import float0 as float0
from axir._src.autodiff import grad as grad
from axir._src.autodiff import hessian as hessian
from axir._src.autodiff import jacfwd as jacfwd
from axir._src.autodiff import jacobian as jacobian
from axir._src.autodiff import jacrev as jacrev
from axir._src.autodiff import jvp as jvp
from axir._src.autodiff import linear_transpose as linear_transpose
from axir._src.autodiff import linearize as linearize
from axir._src.autodiff import value_and_grad as value_and_grad
from axir._src.autodiff import vjp as vjp
from axir._src.config import config as config
from axir._src.config import enable_x64 as enable_x64
from axir._src.devices import block_until_ready as block_until_ready
from axir._src.devices import default_backend as default_backend
from axir._src.devices import device_count as device_count
from axir._src.devices import device_get as device_get
from axir._src.devices import device_put as device_put
from axir._src.devices import devices as devices
from axir._src.execute import clear_caches as clear_caches
from axir._src.jit import ShapeDtypeStruct as ShapeDtypeStruct
from axir._src.jit import eval_shape as eval_shape
from axir._src.jit import jit as jit
from axir._src.show import make_ir as make_ir
from axir._src.vectorize import vmap as vmap

make_jaxpr = make_ir
