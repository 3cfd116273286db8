"""Cholesky, LU, QR, symmetric eigenvalues, singular values; systems of equations."""

from __future__ import annotations

import enum
from typing import Any, Literal, overload

import numpy as np

from axir._src.array import Array
from axir._src.axes import static_int
from axir._src.convert import ArrayLike, to_array
from axir._src.messages import located
from axir._src.trace import bind
from axir.lax._operands import same_dtype
from axir.lax.elementwise import add, conj, convert_element_type, eq, gt, mul, select, sub
from axir.lax.linalg._lapack import DTYPES
from axir.lax.linalg.pivoting import exchanged
from axir.lax.reductions import batch_matmul
from axir.lax.shapes import broadcasted_iota, expand_dims, full_like, squeeze, transpose
from axir.lax.slicing import slice_in_dim
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import COMPLEX

__all__ = [
    "EighImplementation",
    "SvdAlgorithm",
    "cholesky",
    "eigh",
    "householder_product",
    "lu",
    "lu_pivots_to_permutation",
    "qr",
    "svd",
    "triangular_solve",
]


class EighImplementation(enum.Enum):
    """Names of algorithms of `eigh`; there is one, QR iterations."""

    QR = "qr"
    JACOBI = "jacobi"
    QDWH = "qdwh"


class SvdAlgorithm(enum.Enum):
    """Names of algorithms of `svd`; there is one, QR iterations, which stands in for divide and conquer too."""

    DEFAULT = "default"
    QR = "QR"
    JACOBI = "Jacobi"
    POLAR = "polar"
    DIVIDE_AND_CONQUER = "divide_and_conquer"


def _one_of(given: enum.Enum | None, known: tuple[enum.Enum, ...], where: str) -> None:
    if given is not None and given not in known:
        names = ", ".join(map(str, known))
        raise located(ShapeError(f"{where} must be None or one of {names}; got {given!r}. Leave it out."))


def adjoint(x: Array) -> Array:
    """Conjugate transposes of matrices."""
    turned = transpose(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))
    return conj(turned) if x.dtype in COMPLEX else turned


def _symmetrized(x: Array) -> Array:
    """Half the sum of square matrices and their adjoints; what is not square is left to the op's own check."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        return x
    return mul(add(x, adjoint(x)), 0.5)


def cholesky(x: ArrayLike, *, symmetrize_input: bool = True) -> Array:
    """Lower triangular ``L`` with ``x = L L^H``.

    Args:
        x: Positive definite matrices, ``f[..., n, n]``.
        symmetrize_input: Take ``(x + x^H) / 2`` first, without which only the lower triangle is read.

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
        conjugate_a: ``op(a)`` is the conjugate of ``a``, or of ``a^T``.
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


@overload
def qr(
    x: ArrayLike,
    *,
    pivoting: Literal[False] = False,
    full_matrices: bool = True,
    use_magma: bool | None = None,
) -> tuple[Array, Array]: ...
@overload
def qr(x: ArrayLike, *, pivoting: bool, full_matrices: bool = True, use_magma: bool | None = None) -> Any: ...
def qr(
    x: ArrayLike, *, pivoting: bool = False, full_matrices: bool = True, use_magma: bool | None = None
) -> Any:
    """``Q`` with orthonormal columns and upper triangular ``R``, ``x = Q R``, by Householder reflectors.

    Args:
        x: Matrices ``f[..., m, n]``.
        pivoting: Exchange columns so that the diagonal of ``R`` does not grow, ``x[:, P] = Q R``, and give ``P`` too.
            LAPACK finds the order on the machine that calls the program.
        full_matrices: Give ``Q`` ``f[..., m, m]`` and ``R`` ``f[..., m, n]``; otherwise ``min(m, n)`` columns and rows.
        use_magma: Has no effect.

    There are derivatives if ``m >= n``, with ``full_matrices=False`` unless the matrices are square.

    Returns: ``(Q, R)``, or ``(Q, R, P)`` with ``P`` ``i32[..., n]``.
    Raises: ShapeError for less than two axes, DTypeError for other dtypes.
    """
    array = to_array(x)
    if not pivoting or array.ndim < 2 or array.dtype not in DTYPES:
        return bind(OPS["qr"], array, full_matrices=int(full_matrices))
    moved, order = exchanged(array)
    return *bind(OPS["qr"], moved, full_matrices=int(full_matrices)), order


def householder_product(a: ArrayLike, taus: ArrayLike) -> Array:
    """The first ``n`` columns of ``H_1 H_2 ... H_k``, ``H_i = I - tau_i v_i v_i^H``.

    Args:
        a: ``f[..., m, n]`` with ``m >= n``, whose columns below the diagonal hold ``v_i``, which are 1 on the diagonal.
        taus: ``f[..., k]`` with ``k <= n``.

    Returns: ``f[..., m, n]``.
    Raises: ShapeError, DTypeError if operands do not fit together.
    """
    (array, factors), _ = same_dtype("linalg.householder_product", (a, taus))
    fits = array.ndim >= 2 and factors.ndim == array.ndim - 1 and array.shape[:-2] == factors.shape[:-1]
    if not fits or array.shape[-2] < array.shape[-1] or factors.shape[-1] > array.shape[-1]:
        raise located(
            ShapeError(
                "householder_product: a must be [..., m, n] and taus [..., k] with k <= n <= m; "
                f"got {array.aval} and {factors.aval}."
            )
        )
    vectors, inner = compact_wy(array, factors)
    top = adjoint(slice_in_dim(vectors, 0, array.shape[-1], axis=-2))
    ones = _eye_like(array)
    return sub(ones, _product(vectors, _product(inner, top)))


def compact_wy(array: Array, factors: Array) -> tuple[Array, Array]:
    """``V`` and ``T`` with ``H_1 H_2 ... H_k = I - V T V^H``, for reflectors in the columns of ``array``.

    Upper triangular ``T`` solves ``(1 + D S) T = D`` for ``D = diag(factors)`` and ``S``, the part of ``V^H V`` above
    the diagonal (R. Schreiber, C. Van Loan, A storage-efficient WY representation for products of Householder
    transformations, 1989).
    """
    vectors = _strictly_lower(slice_in_dim(array, 0, factors.shape[-1], axis=-1))
    vectors = add(vectors, _eye_like(vectors))
    above = adjoint(_strictly_lower(_product(adjoint(vectors), vectors)))
    diagonal = mul(expand_dims(factors, [-1]), _eye_like(above))
    system = add(_eye_like(above), mul(expand_dims(factors, [-1]), above))
    return vectors, triangular_solve(system, diagonal, left_side=True, unit_diagonal=True)


def _product(x: Array, y: Array) -> Array:
    return batch_matmul(x, y)


def _positions(x: Array) -> tuple[Array, Array]:
    rows = broadcasted_iota(np.dtype("int32"), x.shape, x.ndim - 2)
    return rows, broadcasted_iota(np.dtype("int32"), x.shape, x.ndim - 1)


def _eye_like(x: Array) -> Array:
    return convert_element_type(eq(*_positions(x)), x.dtype)


def _strictly_lower(x: Array) -> Array:
    return select(gt(*_positions(x)), x, full_like(x, 0))


def _whole(subset: tuple[int, int] | None, count: int, where: str) -> None:
    if subset is not None and tuple(subset) != (0, count):
        raise located(
            ShapeError(
                f"{where}: subset_by_index must be None or (0, {count}); got {subset}. Slice the results."
            )
        )


def eigh(
    x: ArrayLike,
    *,
    lower: bool = True,
    symmetrize_input: bool = True,
    sort_eigenvalues: bool = True,
    subset_by_index: tuple[int, int] | None = None,
    implementation: EighImplementation | None = None,
) -> tuple[Array, Array]:
    """Eigenvectors and eigenvalues of symmetric or hermitian matrices, in this order.

    Args:
        x: Matrices ``f[..., n, n]``.
        lower: Which triangle is read, if not ``symmetrize_input``.
        symmetrize_input: Take ``(x + x^H) / 2`` first.
        sort_eigenvalues: They are sorted in either case.
        subset_by_index: ``None`` or all of them.
        implementation: ``None`` or ``EighImplementation.QR``.

    Returns: Eigenvectors ``v`` as columns, ``f[..., n, n]``, and ascending eigenvalues ``w``, ``f[..., n]``; NaN for a
        matrix that is not finite. Eigenvectors of repeated eigenvalues have no derivative.
    Raises: ShapeError if the matrices are not square or for another implementation, DTypeError for other dtypes.
    """
    array = to_array(x)
    _one_of(implementation, (EighImplementation.QR,), "linalg.eigh: implementation")
    _whole(subset_by_index, array.shape[-1] if array.ndim else 0, "linalg.eigh")
    w, v = bind(OPS["eigh"], _symmetrized(array) if symmetrize_input else array, upper=int(not lower))
    return v, w


_SVD_ALGORITHMS = (SvdAlgorithm.DEFAULT, SvdAlgorithm.QR, SvdAlgorithm.DIVIDE_AND_CONQUER)


@overload
def svd(
    x: ArrayLike,
    *,
    full_matrices: bool = True,
    compute_uv: Literal[True] = True,
    subset_by_index: tuple[int, int] | None = None,
    algorithm: SvdAlgorithm | None = None,
) -> tuple[Array, Array, Array]: ...
@overload
def svd(
    x: ArrayLike,
    *,
    full_matrices: bool = True,
    compute_uv: bool,
    subset_by_index: tuple[int, int] | None = None,
    algorithm: SvdAlgorithm | None = None,
) -> Any: ...
def svd(
    x: ArrayLike,
    *,
    full_matrices: bool = True,
    compute_uv: bool = True,
    subset_by_index: tuple[int, int] | None = None,
    algorithm: SvdAlgorithm | None = None,
) -> Any:
    """Singular value decomposition ``x = u diag(s) vh``.

    Args:
        x: Matrices ``f[..., m, n]``.
        full_matrices: Give square ``u`` and ``vh``, instead of ``min(m, n)`` columns and rows.
        compute_uv: Give ``u`` and ``vh``.
        subset_by_index: ``None`` or all of them.
        algorithm: ``None``, or ``SvdAlgorithm.DEFAULT``, ``QR`` or ``DIVIDE_AND_CONQUER``, which all do the same.

    Returns: ``u``, descending ``s`` and ``vh``, or ``s`` alone; NaN for a matrix that is not finite. Vectors have
        derivatives with ``full_matrices=False`` or of square matrices, if singular values differ and none is zero.
    Raises: ShapeError for less than two axes or another algorithm, DTypeError for other dtypes.
    """
    array = to_array(x)
    _one_of(algorithm, _SVD_ALGORITHMS, "linalg.svd: algorithm")
    _whole(subset_by_index, min(array.shape[-2:], default=0), "linalg.svd")
    found = bind(
        OPS["svd"], array, full_matrices=int(full_matrices and compute_uv), compute_uv=int(compute_uv)
    )
    return (found[1], found[0], found[2]) if compute_uv else found
