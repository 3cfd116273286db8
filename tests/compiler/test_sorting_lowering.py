"""What the lowering of sorts refuses."""

from __future__ import annotations

import numpy as np
import pytest

from axir_compiler import ops
from axir_compiler.errors import ShapeError
from axir_compiler.ir.module import FunctionBuilder, new_module
from axir_compiler.ir.types import Aval, mlir_type
from axir_compiler.mlir import context, ir
from axir_compiler.passes.lower_to_linalg import LowerToLinalgPass


def test_an_axis_that_is_too_long_to_count_is_not_sorted() -> None:
    module = new_module()
    builder = FunctionBuilder(module, "main", [mlir_type(Aval((2, 2**31), np.dtype("int8")))])
    with builder, ir.Location.unknown(context()):
        found = ops.sort(*builder.arguments, dimension=1, num_keys=1)
    builder.finish([found])
    with pytest.raises(ShapeError, match="at most 2147483647 elements"):
        LowerToLinalgPass().run(module)
