"""Tensor-level lowering: builders on values of signless ranked tensor types.

The families live in modules of their own; the ops of the dialect find all of them here.
"""

from axir_compiler.lowering.contractions import dot_general
from axir_compiler.lowering.fourier import fft
from axir_compiler.lowering.generic import constant, elementwise, elementwise_multi, iota
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
    "argmax",
    "argmin",
    "broadcast_in_dim",
    "concatenate",
    "constant",
    "dot_general",
    "dynamic_slice",
    "dynamic_update_slice",
    "elementwise",
    "elementwise_multi",
    "fft",
    "index_operands",
    "iota",
    "pad",
    "reduce",
    "reshape",
    "reverse",
    "slice",
    "transpose",
]
