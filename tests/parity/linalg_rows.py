"""Rows for axir.scipy.linalg and for what axir.numpy.linalg has beside the elementary."""

from collections.abc import Callable
from typing import Any

from parity.rows import ABOVE_ONE, COMPLEX, INTS, OTHER, POSITIVE, SQUARE, VECTOR, each

S, N = "scipy.linalg", "numpy.linalg"


def _sizes(m: Any, decompose: Callable[..., Any]) -> Callable[..., Any]:
    """Vectors that are given up to a sign or a phase."""
    return lambda *args, **kwargs: [m.numpy.abs(x) for x in decompose(*args, **kwargs)]


def _factored(m: Any, solve: Callable[..., Any], factor: str) -> Callable[..., Any]:
    """The solution, from the factors of a matrix."""
    return lambda a, b: solve(getattr(m.scipy.linalg, factor)(a), b)


ROWS = [
    *each(S, "circulant companion fiedler fiedler_companion hankel toeplitz", VECTOR),
    *each(S, "circulant companion fiedler_companion hankel toeplitz", COMPLEX, without="grad"),
    *each(S, "hankel toeplitz", VECTOR, ABOVE_ONE),
    *each(S, "circulant fiedler hankel", INTS, without="grad"),
    *each(S, "leslie", VECTOR, ABOVE_ONE),
    *each(S, "convolution_matrix", VECTOR, 3),
    *each(S, "convolution_matrix", VECTOR, 7, "same"),
    *each(S, "convolution_matrix", VECTOR, 2, "valid"),
    *each(S, "dft hadamard helmert hilbert", 4, without="grad vmap jit"),
    *each(S, "invhilbert invpascal pascal", 4, without="grad vmap jit", rtol=1e-4),
    *each(S, "block_diag", SQUARE, POSITIVE),
    *each(S, "det expm inv", SQUARE),
    # How a slope is shared between the two triangles of a symmetric matrix is open, and differs.
    *each(S, "cholesky", POSITIVE, lower=True, without="grad"),
    *each(S, "solve", SQUARE, OTHER[:3]),
    *each(S, "solve_triangular", SQUARE, OTHER[:3], lower=True),
    *each(
        S, "cho_factor", POSITIVE, lower=True, without="grad", use=lambda _, f: lambda *a, **k: f(*a, **k)[0]
    ),
    *each(
        S,
        "cho_solve",
        POSITIVE,
        OTHER[:3],
        without="grad",
        use=lambda m, f: _factored(m, f, "cho_factor"),
        rtol=1e-4,
    ),
    *each(S, "lu_solve", SQUARE, OTHER[:3], use=lambda m, f: _factored(m, f, "lu_factor"), rtol=1e-4),
    *each(S, "lu lu_factor", SQUARE),
    *each(S, "qr", SQUARE, rtol=1e-4),
    *each(S, "eigh", POSITIVE, use=_sizes, rtol=2e-4, without="grad"),
    *each(S, "svd", POSITIVE, use=_sizes, rtol=2e-4),
    *each(N, "eigh svd", POSITIVE, use=_sizes, rtol=2e-4),
    *each(N, "qr", SQUARE, rtol=1e-4),
    *each(N, "eig", SQUARE, use=_sizes, rtol=2e-4, without="grad"),
    *each(N, "eigvals", SQUARE, rtol=1e-4),
    *each(N, "lstsq", POSITIVE, OTHER[:3], rtol=2e-3, without="grad"),
    *each(N, "multi_dot", [SQUARE, POSITIVE, SQUARE]),
    *each(N, "tensorinv", POSITIVE, ind=1, rtol=1e-4),
    *each(N, "tensorsolve", POSITIVE, VECTOR[:3], rtol=1e-4),
]
