"""Linear algebra as kernels of loops and vectors, each a single dispatch without calls of a library."""

from axir_compiler.lowering.linalg.cholesky import cholesky
from axir_compiler.lowering.linalg.eigen import eigh
from axir_compiler.lowering.linalg.lu import lu
from axir_compiler.lowering.linalg.qr import qr
from axir_compiler.lowering.linalg.rows import add_rows, pivots_to_permutation, take_rows
from axir_compiler.lowering.linalg.svd import svd
from axir_compiler.lowering.linalg.systems import det, pinv, solve
from axir_compiler.lowering.linalg.triangular import triangular_solve

__all__ = [
    "add_rows",
    "cholesky",
    "det",
    "eigh",
    "lu",
    "pinv",
    "pivots_to_permutation",
    "qr",
    "solve",
    "svd",
    "take_rows",
    "triangular_solve",
]
