"""Solvers of linear systems that use products with the matrix alone.

Derivatives are implicit: they solve the same system, or the transposed one, with another right side.

M. R. Hestenes, E. Stiefel, "Methods of conjugate gradients for solving linear systems", J. Res. NBS 49, 1952;
Y. Saad, M. H. Schultz, "GMRES", SIAM J. Sci. Stat. Comput. 7, 1986; H. A. van der Vorst, "Bi-CGSTAB", SIAM J. Sci.
Stat. Comput. 13, 1992.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from axir import lax
from axir import numpy as anp
from axir._src import pytree
from axir._src.array import Array
from axir._src.convert import convert, to_array
from axir._src.messages import located
from axir._src.promotion import inexact
from axir.flatten_util import ravel_pytree
from axir_compiler.errors import DTypeError, ShapeError, TreeError
from axir_compiler.ir.types import COMPLEX

__all__ = ["bicgstab", "cg", "gmres"]

Operator: TypeAlias = Callable[[Array], Array]
"""A product with a matrix: ``f[n] -> f[n]``."""
Solver: TypeAlias = Callable[[Operator, Array, Array, Operator, Array], Array]
"""``solver(A, b, x0, M, target)``: the solution; ``target`` is the squared residual to reach."""


def cg(
    A: Any,
    b: Any,
    x0: Any = None,
    *,
    tol: float = 1e-5,
    atol: float = 0.0,
    maxiter: int | None = None,
    M: Any = None,
) -> tuple[Any, None]:
    """Solve ``A x = b`` by conjugate gradients.

    Args:
        A: Hermitian, positive definite: a matrix ``f[n, n]``, or a linear function of pytrees like ``b``.
        b: Right side, a pytree of arrays.
        x0: Where to begin, like ``b``; zeros by default.
        tol, atol: The solution is good enough when ``norm(b - A x) <= max(tol * norm(b), atol)``.
        maxiter: Steps at most; ten for each unknown by default.
        M: Approximate inverse of ``A``, given in the same way.

    Returns: ``(x, None)``, as SciPy's function but for the number of steps.

    Raises:
        ValueError: a matrix is not square, or ``x0`` is not like ``b``.
        TypeError: ``A`` or ``M`` is neither a matrix nor a function.

    >>> import axir.numpy as np
    >>> from axir.scipy.sparse.linalg import cg
    >>> np.round(cg(np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([4.0, 7.0]))[0], 3)
    Array([1., 2.], dtype=float32)
    """
    system = _System("cg", A, b, x0, M)
    return system.solved(partial(_conjugate_gradients, maxiter=system.steps(maxiter)), tol, atol, True), None


def bicgstab(
    A: Any,
    b: Any,
    x0: Any = None,
    *,
    tol: float = 1e-5,
    atol: float = 0.0,
    maxiter: int | None = None,
    M: Any = None,
) -> tuple[Any, None]:
    """Solve ``A x = b`` by stabilized biconjugate gradients.

    Args:
        A: A matrix ``f[n, n]``, or a linear function of pytrees like ``b``; need not be symmetric.
        b: Right side, a pytree of arrays.
        x0, tol, atol, maxiter, M: As those of ``cg``.

    Returns: ``(x, None)``.

    Raises: ValueError, TypeError as ``cg``.
    """
    system = _System("bicgstab", A, b, x0, M)
    return system.solved(partial(_stabilized, maxiter=system.steps(maxiter)), tol, atol, False), None


def gmres(
    A: Any,
    b: Any,
    x0: Any = None,
    *,
    tol: float = 1e-5,
    atol: float = 0.0,
    restart: int = 20,
    maxiter: int | None = None,
    M: Any = None,
    solve_method: str = "batched",
) -> tuple[Any, None]:
    """Solve ``A x = b`` by the generalized method of minimal residuals.

    Args:
        A: A matrix ``f[n, n]``, or a linear function of pytrees like ``b``.
        b: Right side, a pytree of arrays.
        x0, tol, atol, M: As those of ``cg``; the residual is that of ``M A x = M b``.
        restart: Vectors that the solution is improved by at once; more take more memory and fewer rounds.
        maxiter: Rounds at most; ten for each unknown by default.
        solve_method: ``"batched"`` or ``"incremental"``, which are computed alike.

    Returns: ``(x, None)``.

    Raises: ValueError, TypeError as ``cg``; ValueError for another ``solve_method``.
    """
    if solve_method not in ("batched", "incremental"):
        raise ValueError(
            f"gmres: solve_method must be 'batched' or 'incremental'; got {solve_method!r}. Both give the same."
        )
    system = _System("gmres", A, b, x0, M)
    solver = partial(_minimal_residuals, restart=restart, maxiter=system.steps(maxiter))
    return system.solved(solver, tol, atol, False), None


class _System:
    """A system and where to begin, as vectors."""

    def __init__(self, where: str, a: Any, b: Any, x0: Any, m: Any):
        b = pytree.map_tree(_inexact, b)
        x0 = pytree.map_tree(anp.zeros_like, b) if x0 is None else pytree.map_tree(_inexact, x0)
        _check_like(where, b, x0)
        self.b, self._back = ravel_pytree(b)
        self._begin = convert(ravel_pytree(x0)[0], self.b.dtype)
        self._a = self._operator(where, "A", a)
        self._m: Operator = (lambda x: x) if m is None else self._operator(where, "M", m)

    def steps(self, maxiter: int | None) -> int:
        return 10 * self.b.size if maxiter is None else maxiter

    def _operator(self, where: str, name: str, given: Any) -> Operator:
        """A matrix or a function of pytrees as a function of vectors."""
        function = given if callable(given) else _product(where, name, given)

        def apply(x: Array) -> Array:
            found = ravel_pytree(function(self._back(x)))[0]
            if found.shape != x.shape:
                raise located(
                    ShapeError(
                        f"{where}: {name} must give what is like b; got {found.size} numbers for {x.size}."
                    )
                )
            return convert(found, x.dtype)

        return apply

    def solved(self, solver: Solver, tol: float, atol: float, hermitian: bool) -> Any:
        size = _squared(self.b)
        target = anp.maximum(tol**2 * size, to_array(atol) ** 2).astype(size.dtype)

        def solve(operator: Operator, right: Array) -> Array:
            return solver(operator, right, self._begin, self._m, target)

        symmetric = hermitian and self.b.dtype not in COMPLEX
        found = lax.custom_linear_solve(self._a, self.b, solve, solve, symmetric=symmetric)
        return self._back(found)


def _inexact(x: Any) -> Array:
    array = to_array(x)
    return convert(array, inexact(array.dtype))


def _check_like(where: str, b: Any, x0: Any) -> None:
    first, second = pytree.structure(b), pytree.structure(x0)
    if first != second:
        raise located(TreeError(f"{where}: x0 must have the structure {first} of b; got {second}."))
    shapes = [[x.shape for x in pytree.leaves(tree)] for tree in (b, x0)]
    if shapes[0] != shapes[1]:
        raise located(ShapeError(f"{where}: x0 must have the shapes {shapes[0]} of b; got {shapes[1]}."))


def _product(where: str, name: str, given: Any) -> Callable[[Any], Any]:
    shape = getattr(given, "shape", None)
    if shape is None:
        raise located(
            DTypeError(f"{where}: {name} must be a matrix or a linear function; got {type(given).__name__}.")
        )
    if len(shape) != 2 or shape[0] != shape[1]:
        raise located(ShapeError(f"{where}: {name} must be a square matrix; got shape {tuple(shape)}."))
    return lambda x: anp.matmul(given, x)


def _dot(x: Array, y: Array) -> Array:
    """The inner product, linear in ``y``; products are added in full precision."""
    return anp.vdot(x, y)


def _squared(x: Array) -> Array:
    return anp.real(_dot(x, x))


def _conjugate_gradients(
    a: Operator, b: Array, x0: Array, m: Operator, target: Array, *, maxiter: int
) -> Array:
    def unfinished(state: Any) -> Array:
        _, residual, _, _, step = state
        return anp.logical_and(_squared(residual) > target, step < maxiter)

    def improved(state: Any) -> Any:
        x, residual, gamma, direction, step = state
        image = a(direction)
        alpha = gamma / anp.real(_dot(direction, image)).astype(gamma.dtype)
        residual = residual - alpha * image
        z = m(residual)
        new = anp.real(_dot(residual, z))
        return x + alpha * direction, residual, new, z + (new / gamma) * direction, step + 1

    residual = b - a(x0)
    z = m(residual)
    state = (x0, residual, anp.real(_dot(residual, z)), z, anp.int32(0))
    return lax.while_loop(unfinished, improved, state)[0]


def _stabilized(a: Operator, b: Array, x0: Array, m: Operator, target: Array, *, maxiter: int) -> Array:
    """A step that divides by zero ends the loop: the numbers that it would give are of no use."""

    def unfinished(state: Any) -> Array:
        _, residual, _, _, _, _, _, step, sound = state
        return anp.logical_and(sound, anp.logical_and(_squared(residual) > target, step < maxiter))

    def improved(state: Any) -> Any:
        x, residual, rho, alpha, omega, direction, image, step, _ = state
        new = _dot(shadow, residual)
        beta = new / rho * alpha / omega
        direction = residual + beta * (direction - omega * image)
        guess = m(direction)
        image = a(guess)
        alpha = new / _dot(shadow, image)
        half = residual - alpha * image
        done = _squared(half) < target
        second = m(half)
        t = a(second)
        omega = _dot(t, half) / _dot(t, t)
        x = x + alpha * guess + anp.where(done, 0, omega * second)
        residual = anp.where(done, half, half - omega * t)
        sound = anp.logical_and(new != 0, anp.logical_and(alpha != 0, omega != 0))
        return x, residual, new, alpha, omega, direction, image, step + 1, sound

    shadow = b - a(x0)
    one, zeros = anp.ones((), b.dtype), anp.zeros_like(b)
    state = (x0, shadow, one, one, one, zeros, zeros, anp.int32(0), anp.bool_(True))
    return lax.while_loop(unfinished, improved, state)[0]


def _minimal_residuals(
    a: Operator, b: Array, x0: Array, m: Operator, target: Array, *, restart: int, maxiter: int
) -> Array:
    count = min(restart, b.size)
    # As the residual is that of the preconditioned system, so is what it is compared with.
    size = _squared(b)
    scale = anp.where(size > 0, target / anp.where(size > 0, size, 1), 0)
    wanted = _squared(m(b)) * anp.minimum(scale, 1)

    def unfinished(state: Any) -> Array:
        _, residual, step = state
        return anp.logical_and(_squared(residual) > wanted, step < maxiter)

    def improved(state: Any) -> Any:
        x, residual, step = state
        norm = anp.sqrt(_squared(residual))
        basis, products = _arnoldi(lambda v: m(a(v)), residual / norm.astype(residual.dtype), count)
        right = anp.zeros(count + 1, b.dtype).at[0].set(norm.astype(b.dtype))
        x = x + anp.matmul(anp.linalg.lstsq(products.T, right)[0], basis[:count])
        return x, m(b - a(x)), step + 1

    return lax.while_loop(unfinished, improved, (x0, m(b - a(x0)), anp.int32(0)))[0]


def _arnoldi(apply: Operator, first: Array, count: int) -> tuple[Array, Array]:
    """Orthonormal rows ``f[count + 1, n]``, and ``f[count, count + 1]``: what ``apply`` makes of each in terms of them.

    Where ``apply`` leads no further the rest is zero.
    """
    tiny = float(anp.finfo(first.dtype).eps)

    def extended(k: Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
        basis, products = state
        new = apply(basis[k])
        before = _squared(new)
        shares = anp.zeros(count + 1, first.dtype)
        for _ in range(2):  # once is not enough: rounding leaves parts of the others
            part = anp.matmul(anp.conj(basis), new)
            new = new - anp.matmul(part, basis)
            shares = shares + part
        norm = anp.sqrt(_squared(new))
        is_new = norm > tiny * anp.sqrt(before)
        new = anp.where(is_new, new / anp.where(is_new, norm, 1).astype(new.dtype), 0)
        shares = shares.at[k + 1].set(anp.where(is_new, norm, 0).astype(first.dtype))
        return basis.at[k + 1].set(new), products.at[k].set(shares)

    basis = anp.zeros((count + 1, first.size), first.dtype).at[0].set(first)
    return lax.fori_loop(0, count, extended, (basis, anp.zeros((count, count + 1), first.dtype)))
