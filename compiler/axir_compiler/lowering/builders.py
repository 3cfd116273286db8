"""Tensor-level lowering: builders on values of signless ranked tensor types.

The families live in modules of their own; the ops of the dialect find all of them here.
"""

from axir_compiler.lowering.contractions import dot_general
from axir_compiler.lowering.generic import constant, elementwise, elementwise_multi, iota
from axir_compiler.lowering.linalg import (
    add_rows,
    cholesky,
    det,
    eigh,
    lu,
    pinv,
    pivots_to_permutation,
    qr,
    solve,
    svd,
    take_rows,
    triangular_solve,
)
from axir_compiler.lowering.movement import (
    broadcast_in_dim,
    concatenate,
    pad,
    reshape,
    reverse,
    slice,
    transpose,
)
from axir_compiler.lowering.reductions import argmax, argmin, reduce
from axir_compiler.lowering.windows import dynamic_slice, dynamic_update_slice, index_operands

__all__ = [
    "add_rows",
    "argmax",
    "argmin",
    "broadcast_in_dim",
    "cholesky",
    "concatenate",
    "constant",
    "det",
    "dot_general",
    "dynamic_slice",
    "dynamic_update_slice",
    "eigh",
    "elementwise",
    "elementwise_multi",
    "index_operands",
    "iota",
    "lu",
    "pad",
    "pinv",
    "pivots_to_permutation",
    "qr",
    "reduce",
    "reshape",
    "reverse",
    "slice",
    "solve",
    "svd",
    "take_rows",
    "transpose",
    "triangular_solve",
]
