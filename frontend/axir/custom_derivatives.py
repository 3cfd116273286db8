"""Functions with derivative rules of their own."""

from axir._src.closures import closure_convert as closure_convert
from axir._src.closures import custom_gradient as custom_gradient
from axir._src.custom import custom_jvp as custom_jvp
from axir._src.custom import custom_vjp as custom_vjp
from axir._src.linear_call import linear_call as linear_call
from axir._src.symbolic_zeros import CustomVJPPrimal as CustomVJPPrimal
from axir._src.symbolic_zeros import SymbolicZero as SymbolicZero
from axir._src.symbolic_zeros import custom_vjp_primal_tree_values as custom_vjp_primal_tree_values
from axir._src.symbolic_zeros import zero_from_primal as zero_from_primal

__all__ = [
    "CustomVJPPrimal",
    "SymbolicZero",
    "closure_convert",
    "custom_gradient",
    "custom_jvp",
    "custom_vjp",
    "custom_vjp_primal_tree_values",
    "linear_call",
    "zero_from_primal",
]
