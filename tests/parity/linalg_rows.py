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


def _products(m: Any, decompose: Callable[..., Any], given: Callable[..., Any]) -> Callable[..., Any]:
    """What does not depend on the signs of the columns of ``q``: ``h`` by size, and ``q @ h @ q^H``."""

    def call(*arrays: Any) -> Any:
        h, q = given(decompose(*arrays))
        back = m.numpy.matmul(m.numpy.matmul(q, h), m.numpy.conj(m.numpy.swapaxes(q, -1, -2)))
        return m.numpy.abs(h), back

    return call


def _schur(m: Any, decompose: Callable[..., Any]) -> Callable[..., Any]:
    return _products(m, decompose, lambda found: found)


def _complex_schur(m: Any, convert: Callable[..., Any]) -> Callable[..., Any]:
    return _products(m, lambda a: convert(*m.scipy.linalg.schur(a)), lambda found: found)


def _with_vectors(m: Any, decompose: Callable[..., Any]) -> Callable[..., Any]:
    return _products(m, lambda a: decompose(a, calc_q=True), lambda found: found)


def _of_exponentials(m: Any, funm: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a: funm(a, m.numpy.exp)


def _values(m: Any, decompose: Callable[..., Any]) -> Callable[..., Any]:
    return lambda d, e: decompose(d, e, eigvals_only=True)


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
    *each(S, "schur", SQUARE, use=_schur, rtol=2e-4, without="grad"),
    *each(S, "rsf2csf", SQUARE, use=_complex_schur, rtol=2e-4, without="grad"),
    *each(S, "hessenberg", SQUARE, use=_with_vectors, rtol=2e-4, without="grad"),
    *each(S, "sqrtm", POSITIVE, rtol=2e-4, without="grad"),
    *each(S, "funm", POSITIVE, use=_of_exponentials, rtol=2e-3, without="grad"),
    *each(S, "expm_frechet", SQUARE, POSITIVE, rtol=2e-4),
    *each(S, "solve_sylvester", SQUARE, POSITIVE, SQUARE, rtol=2e-4, without="grad"),
    *each(S, "polar", SQUARE, rtol=2e-4, without="grad"),
    *each(S, "polar", SQUARE, side="left", method="svd", rtol=2e-4),
    *each(S, "qr_multiply", SQUARE, POSITIVE, rtol=2e-4, without="grad"),
    *each(S, "qr_multiply", SQUARE, OTHER[:3], "left", rtol=2e-4, without="grad"),
    *each(S, "eigh_tridiagonal", VECTOR, OTHER[:4], use=_values, rtol=2e-4, without="grad"),
]
