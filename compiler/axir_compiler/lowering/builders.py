"""Tensor-level lowering: builders on values of signless ranked tensor types.

The families live in modules of their own; the ops of the dialect find all of them here.
"""

from axir_compiler.lowering.along import add_along, take_along
from axir_compiler.lowering.contractions import dot_general
from axir_compiler.lowering.convolutions import convolution
from axir_compiler.lowering.cumulative import cumulative
from axir_compiler.lowering.fourier import fft
from axir_compiler.lowering.gathers import gather
from axir_compiler.lowering.generic import (
    constant,
    elementwise,
    elementwise_multi,
    iota,
    optimization_barrier,
)
from axir_compiler.lowering.host_calls import host_call
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
from axir_compiler.lowering.loops import scan, switch, while_loop
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
from axir_compiler.lowering.scatters import scatter
from axir_compiler.lowering.sliding import reduce_window, select_and_gather_add, select_and_scatter_add
from axir_compiler.lowering.sorting import searchsorted, sort
from axir_compiler.lowering.windows import dynamic_slice, dynamic_update_slice, index_operands

__all__ = [
    "add_along",
    "add_rows",
    "argmax",
    "argmin",
    "broadcast_in_dim",
    "cholesky",
    "concatenate",
    "constant",
    "convolution",
    "cumulative",
    "det",
    "dot_general",
    "dynamic_slice",
    "dynamic_update_slice",
    "eigh",
    "elementwise",
    "elementwise_multi",
    "fft",
    "gather",
    "host_call",
    "index_operands",
    "iota",
    "lu",
    "optimization_barrier",
    "pad",
    "pinv",
    "pivots_to_permutation",
    "qr",
    "reduce",
    "reduce_window",
    "reshape",
    "reverse",
    "scan",
    "scatter",
    "searchsorted",
    "select_and_gather_add",
    "select_and_scatter_add",
    "slice",
    "solve",
    "sort",
    "svd",
    "switch",
    "take_along",
    "take_rows",
    "transpose",
    "triangular_solve",
    "while_loop",
]
