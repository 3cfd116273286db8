"""QR, eigenvalues, singular values, and what follows from them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import broadcast_to, promoted
from axir._src.messages import located
from axir._src.trace import bind
from axir.lax import linalg as lax_linalg
from axir.lax.linalg.factorizations import adjoint
from axir.numpy.contractions import matmul
from axir.numpy.linalg.norms import norm
from axir.numpy.linalg.systems import floating, inv, square
from axir.numpy.logic import where
from axir.numpy.reductions import max as _max
from axir.numpy.reductions import sum as _sum
from axir_compiler.errors import ShapeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import real_dtype

__all__ = [
    "EigResult",
    "EighResult",
    "QRResult",
    "SVDResult",
    "cond",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "lstsq",
    "matrix_rank",
    "pinv",
    "qr",
    "svd",
    "svdvals",
]


class EigResult(NamedTuple):
    """Eigenvalues and, as columns, eigenvectors."""

    eigenvalues: Array
    eigenvectors: Array


class EighResult(NamedTuple):
    """Ascending eigenvalues and, as columns, eigenvectors."""

    eigenvalues: Array
    eigenvectors: Array


class QRResult(NamedTuple):
    """Orthonormal columns and an upper triangle."""

    Q: Array
    R: Array


class SVDResult(NamedTuple):
    """Left singular vectors, descending singular values, right singular vectors as rows."""

    U: Array
    S: Array
    Vh: Array


def _matrices(x: ArrayLike, where: str) -> Array:
    array = floating(x)
    if array.ndim < 2:
        raise located(ShapeError(f"{where}: needs matrices in the last two axes; got {array.aval}."))
    return array


def qr(a: ArrayLike, mode: str = "reduced") -> Any:
    """``a = Q R`` with orthonormal columns of ``Q`` and upper triangular ``R``.

    Args:
        a: Matrices ``f[..., m, n]``.
        mode: ``"reduced"`` for ``min(m, n)`` columns of ``Q``, ``"complete"`` for ``m``, ``"r"`` for ``R`` alone.

    Raises: ShapeError for less than two axes or another mode.
    """
    if mode not in ("reduced", "complete", "r"):
        raise located(ShapeError(f"qr: mode must be 'reduced', 'complete' or 'r'; got {mode!r}."))
    q, r = lax_linalg.qr(_matrices(a, "qr"), full_matrices=mode == "complete")
    return r if mode == "r" else QRResult(q, r)


def eigh(a: ArrayLike, UPLO: str | None = None, symmetrize_input: bool = True) -> EighResult:
    """Ascending eigenvalues and orthonormal eigenvectors of symmetric or hermitian matrices.

    Args:
        a: Matrices ``f[..., n, n]``.
        UPLO: Which triangle is read without ``symmetrize_input``: ``"L"``, which is the default, or ``"U"``.
        symmetrize_input: Take ``(a + a^H) / 2`` first.

    Returns: ``eigenvalues`` ``f[..., n]`` and ``eigenvectors`` ``f[..., n, n]`` (columns).
    Raises: ShapeError if the matrices are not square or for another ``UPLO``.
    """
    if UPLO not in (None, "L", "U"):
        raise located(ShapeError(f"eigh: UPLO must be 'L' or 'U'; got {UPLO!r}."))
    v, w = lax_linalg.eigh(square(a, "eigh"), lower=UPLO != "U", symmetrize_input=symmetrize_input)
    return EighResult(w, v)


def eigvalsh(a: ArrayLike, UPLO: str | None = "L", *, symmetrize_input: bool = True) -> Array:
    """Ascending eigenvalues of symmetric matrices; see ``eigh``.

    Args:
        a: Matrices ``f[..., n, n]``, symmetric or Hermitian.
        UPLO: ``"L"`` or ``"U"``: the triangle that counts.
        symmetrize_input: Take the mean of the matrix and its adjoint instead.

    Returns: floats ``[..., n]``.

    Raises: ShapeError if they are not square; ValueError for another UPLO.
    """
    return eigh(a, UPLO, symmetrize_input).eigenvalues


def eig(a: ArrayLike) -> EigResult:
    """Complex eigenvalues, in no particular order, and right eigenvectors of general matrices.

    LAPACK on the machine that calls the program.

    Args:
        a: Matrices ``f[..., n, n]``.

    Returns: ``eigenvalues`` ``c[..., n]`` and ``eigenvectors`` ``c[..., n, n]`` (columns of length one); NaN for a
        matrix that is not finite. They have no derivative: see `eigvals`, and ``enable_eigvec_derivs`` of
        ``axir.lax.linalg.eig``.
    Raises: ShapeError if the matrices are not square.
    """
    w, v = lax_linalg.eig(square(a, "eig"), compute_left_eigenvectors=False)
    return EigResult(w, v)


def eigvals(a: ArrayLike) -> Array:
    """Complex eigenvalues of general matrices ``c[..., n]``, with derivatives where they are simple; see `eig`.

    Raises: ShapeError if the matrices are not square.
    """
    matrix = square(a, "eigvals")
    (w,) = lax_linalg.eig(matrix, compute_left_eigenvectors=False, compute_right_eigenvectors=False)
    return w


def svd(
    a: ArrayLike,
    full_matrices: bool = True,
    compute_uv: bool = True,
    hermitian: bool = False,
    subset_by_index: tuple[int, int] | None = None,
) -> Any:
    """Singular value decomposition ``a = U diag(S) Vh``.

    Args:
        a: Matrices ``f[..., m, n]``.
        full_matrices: Give square ``U`` and ``Vh``, instead of ``min(m, n)`` columns and rows.
        compute_uv: Give ``U`` and ``Vh``.
        hermitian: Says that the matrices are symmetric; has no effect.
        subset_by_index: ``None`` or all of them.

    Returns: An ``SVDResult``, or the singular values ``f[..., min(m, n)]`` alone.
    Raises: ShapeError for less than two axes.
    """
    options: dict[str, Any] = {"full_matrices": full_matrices, "subset_by_index": subset_by_index}
    found: Any = lax_linalg.svd(_matrices(a, "svd"), compute_uv=compute_uv, **options)
    return SVDResult(*found) if compute_uv else found


def svdvals(x: ArrayLike, /) -> Array:
    """Descending singular values ``f[..., min(m, n)]`` of matrices ``f[..., m, n]``."""
    return svd(x, compute_uv=False)


def _tolerance(x: Array) -> float:
    """Relative size of the singular values that rounding makes of zeros."""
    return max(x.shape[-2:]) * float(np.finfo(x.dtype).eps)


def pinv(
    a: ArrayLike, rtol: ArrayLike | None = None, hermitian: bool = False, *, rcond: ArrayLike | None = None
) -> Array:
    """Moore-Penrose inverses.

    Args:
        a: Matrices ``f[..., m, n]``.
        rtol: Singular values up to this times the largest count as zero, ``f[...]``; by default
            ``10 max(m, n)`` times the distance of 1 to the next number.
        hermitian: Says that the matrices are symmetric; has no effect.
        rcond: Another name of ``rtol``.

    Returns: ``f[..., n, m]``. Derivatives are those for a constant rank.
    Raises: ShapeError for less than two axes or if both names are given.
    """
    if rtol is not None and rcond is not None:
        raise located(ShapeError("pinv: rtol and rcond are two names of one argument; give one of them."))
    matrix = _matrices(a, "pinv")
    given = rcond if rtol is None else rtol
    limit = to_array(10 * _tolerance(matrix) if given is None else given)
    limit = broadcast_to(convert(limit, real_dtype(matrix.dtype)), matrix.shape[:-2])
    return bind(OPS["pinv"], matrix, limit, weak=matrix.weak_type)


def matrix_rank(
    M: ArrayLike, rtol: ArrayLike | None = None, *, hermitian: bool = False, tol: ArrayLike | None = None
) -> Array:
    """Number of singular values that are larger than ``rtol`` times the largest.

    Args:
        M: Matrices ``f[..., m, n]``.
        rtol: By default ``max(m, n)`` times the distance of 1 to the next number.
        hermitian: Says that the matrices are symmetric; has no effect.
        tol: Another name of ``rtol``.

    Returns: Integers of the default dtype, ``i[...]``.
    Raises: ShapeError for less than two axes or if both names are given.
    """
    if rtol is not None and tol is not None:
        raise located(
            ShapeError("matrix_rank: rtol and tol are two names of one argument; give one of them.")
        )
    matrix = _matrices(M, "matrix_rank")
    s = svdvals(matrix)
    given = tol if rtol is None else rtol
    limit = to_array(_tolerance(matrix) if given is None else given)
    limit = broadcast_to(convert(limit, s.dtype), matrix.shape[:-2])
    most = _max(s, -1, initial=0)
    return _sum(lax.gt(s, broadcast_to(lax.expand_dims(most * limit, [-1]), s.shape)), -1)


def cond(x: ArrayLike, p: Any = None) -> Array:
    """Condition numbers: the norm of each matrix times that of its inverse.

    Args:
        x: Matrices ``f[..., m, n]``, square unless ``p`` is ``None``, 2 or -2.
        p: Order of the norm, see ``norm``; ``None`` means 2.

    Raises: ShapeError if the matrices are not square where they must be.
    """
    matrix = _matrices(x, "cond")
    if p in (None, 2, -2):
        s = svdvals(matrix)
        first, last = s[..., 0], s[..., -1]
        return last / first if p == -2 else first / last
    matrix = square(matrix, "cond")
    found = norm(matrix, p, (-2, -1)) * norm(inv(matrix), p, (-2, -1))
    # Infinities and NaN of the inverse of a singular matrix.
    return where(
        lax.ne(found, found) & ~lax.ne(_sum(matrix, (-2, -1)), _sum(matrix, (-2, -1))), np.inf, found
    )


def lstsq(
    a: ArrayLike, b: ArrayLike, rcond: float | None = None, *, numpy_resid: bool = False
) -> tuple[Array, Array, Array, Array]:
    """``x`` of least norm among those that minimize ``norm(a x - b)``.

    Args:
        a: Matrix ``f[m, n]``.
        b: Vector ``f[m]`` or right sides ``f[m, k]``.
        rcond: Singular values up to this times the largest count as zero; by default ``max(m, n)`` times the distance
            of 1 to the next number.
        numpy_resid: As NumPy, give no residuals unless ``m > n`` and the rank is ``n``; not under ``jit``.

    Returns: ``x``, the sums of squares of the residuals ``f[k]``, the rank, and the singular values.
    Raises: ShapeError if operands do not fit together.
    """
    (matrix, right), _ = promoted(a, b, to_float=True)
    if matrix.ndim != 2 or right.ndim not in (1, 2) or matrix.shape[0] != right.shape[0]:
        raise located(
            ShapeError(
                "lstsq: a must be a matrix with as many rows as b, which has one or two axes; "
                f"got {matrix.aval} and {right.aval}."
            )
        )
    vector = right.ndim == 1
    right = lax.expand_dims(right, [1]) if vector else right
    x, rank, s = _least_squares(matrix, right, _tolerance(matrix) if rcond is None else rcond)
    rest = right - matmul(matrix, x)
    residuals = _sum(lax.integer_pow(lax.abs(rest), 2), 0)
    if numpy_resid and (matrix.shape[0] <= matrix.shape[1] or int(rank) < matrix.shape[1]):
        residuals = residuals[:0]
    return (lax.squeeze(x, [1]) if vector else x), residuals, rank, s


def _least_squares(a: Array, b: Array, rcond: float) -> tuple[Array, Array, Array]:
    u, s, vh = svd(a, full_matrices=False)
    kept = s > rcond * _max(s, initial=0)
    inverse = where(kept, 1 / where(kept, s, 1), 0)
    scaled = lax.expand_dims(inverse, [1]) * matmul(adjoint(u), b)
    return matmul(adjoint(vh), scaled), _sum(kept), s
