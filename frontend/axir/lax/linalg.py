"""Factorizations of matrices in the last two axes; leading axes are a batch.

Names and signatures are those of ``jax.lax.linalg``. Matrices are float32 or float64. Compiled programs hold the
algorithms themselves and call no library.
"""

from __future__ import annotations

from axir._src.array import Array
from axir._src.axes import static_int
from axir._src.convert import ArrayLike, to_array
from axir._src.messages import located
from axir._src.trace import bind
from axir.lax._operands import same_dtype
from axir.lax.elementwise import add, mul
from axir.lax.shapes import expand_dims, squeeze, transpose
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.op import OPS

__all__ = [
    "cholesky",
    "lu",
    "lu_pivots_to_permutation",
    "triangular_solve",
]


def _adjoint(x: Array) -> Array:
    return transpose(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def _symmetrized(x: Array) -> Array:
    """Half the sum of square matrices and their transposes; what is not square is left to the op's own check."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        return x
    return mul(add(x, _adjoint(x)), 0.5)


def cholesky(x: ArrayLike, *, symmetrize_input: bool = True) -> Array:
    """Lower triangular ``L`` with ``x = L L^T``.

    Args:
        x: Positive definite matrices, ``f[..., n, n]``.
        symmetrize_input: Take ``(x + x^T) / 2`` first, without which only the lower triangle is read.

    Returns: ``f[..., n, n]``; the lower triangle is NaN for a matrix that is not positive definite.
    Raises: ShapeError if the matrices are not square, DTypeError for other dtypes.
    """
    array = to_array(x)
    return bind(OPS["cholesky"], _symmetrized(array) if symmetrize_input else array)


def triangular_solve(
    a: ArrayLike,
    b: ArrayLike,
    *,
    left_side: bool = False,
    lower: bool = False,
    transpose_a: bool = False,
    conjugate_a: bool = False,
    unit_diagonal: bool = False,
) -> Array:
    """``x`` with ``op(a) x = b`` (``left_side``) or ``x op(a) = b``, for triangular ``a``.

    Args:
        a: Matrices ``f[..., n, n]``, of which one triangle is read.
        b: Right sides ``f[..., n, m]`` (``f[..., m, n]`` unless ``left_side``), or vectors ``f[..., n]``.
        left_side: On which side of ``x`` the matrix stands.
        lower: Which triangle is read.
        transpose_a: ``op(a)`` is ``a^T``.
        conjugate_a: ``op`` conjugates, which does nothing to real numbers.
        unit_diagonal: The diagonal is not read but taken to be ones.

    Returns: Array of the shape of ``b``; infinities and NaN where a diagonal element is zero.
    Raises: ShapeError, DTypeError if operands do not fit together.
    """
    (matrix, right), _ = same_dtype("linalg.triangular_solve", (a, b))
    vector = right.ndim == matrix.ndim - 1
    if vector:
        right = expand_dims(right, [-1 if left_side else -2])
    found = bind(
        OPS["triangular_solve"],
        matrix,
        right,
        left_side=int(left_side),
        upper=int(not lower),
        transpose_a=int(transpose_a),
        conjugate_a=int(conjugate_a),
        unit_diagonal=int(unit_diagonal),
    )
    return squeeze(found, [found.ndim - 1 if left_side else found.ndim - 2]) if vector else found


def lu(x: ArrayLike) -> tuple[Array, Array, Array]:
    """``P x = L U`` with partial pivoting.

    Args:
        x: Matrices ``f[..., m, n]``.

    Returns: ``L`` (below the diagonal, which is ones) and ``U`` in one array ``f[..., m, n]``; the pivots
        ``i32[..., min(m, n)]``, row ``i`` having been swapped with row ``pivots[i]``; and the permutation
        ``i32[..., m]``: ``x[permutation] = L U``. A singular matrix has a zero on the diagonal of ``U``.
    Raises: ShapeError for less than two axes, DTypeError for other dtypes.
    """
    return bind(OPS["lu"], to_array(x))


def lu_pivots_to_permutation(pivots: ArrayLike, permutation_size: int) -> Array:
    """The permutation that is made by swapping ``i`` and ``pivots[i]`` for each ``i`` in turn.

    Args:
        pivots: ``i32[..., k]``.
        permutation_size: Length of the permutation, at least ``k``.

    Returns: ``i32[..., permutation_size]``.
    Raises: ShapeError if there are more pivots than places, DTypeError if they are not int32.
    """
    array = to_array(pivots)
    if array.ndim == 0:
        raise located(ShapeError("lu_pivots_to_permutation: pivots need at least one axis; got a scalar."))
    if array.dtype.kind != "i" or array.dtype.itemsize != 4:
        raise located(
            DTypeError(f"lu_pivots_to_permutation: pivots must be int32; got {array.aval}. Convert them.")
        )
    size = static_int(permutation_size, "lu_pivots_to_permutation")
    return bind(OPS["lu_pivots_to_permutation"], array, weak=False, permutation_size=size)
