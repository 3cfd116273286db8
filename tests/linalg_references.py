"""Linear algebra by textbook loops in float64, independent of LAPACK and of the kernels."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = [
    "add_rows",
    "cholesky",
    "det",
    "eigh",
    "lu",
    "permutation",
    "pinv",
    "qr",
    "solve",
    "svd",
    "take_rows",
    "triangular_solve",
]


def _each(ranks: tuple[int, ...]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Turn a function of matrices (or of vectors, by the ranks) into one of batches of them."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*arrays: np.ndarray, **attrs: Any) -> Any:
            batch = arrays[0].shape[: arrays[0].ndim - ranks[0]]
            items = [x.reshape((math.prod(batch), *x.shape[len(batch) :])) for x in arrays]
            if 0 in batch:
                one = function(*(np.ones(x.shape[len(batch) :], x.dtype) for x in arrays), **attrs)
                parts = one if isinstance(one, tuple) else (one,)
                found = [np.zeros((*batch, *np.shape(p)), _type(arrays[0], p)) for p in parts]
                return tuple(found) if len(found) > 1 else found[0]
            rows = [function(*each, **attrs) for each in zip(*items, strict=True)]
            rows = [r if isinstance(r, tuple) else (r,) for r in rows]
            found = [
                np.stack([_typed(arrays[0], r[k]) for r in rows]).reshape((*batch, *np.shape(rows[0][k])))
                for k in range(len(rows[0]))
            ]
            return tuple(found) if len(found) > 1 else found[0]

        return call

    return decorate


def _type(x: np.ndarray, result: Any) -> np.dtype:
    kind = np.asarray(result).dtype
    if kind.kind == "f" and x.dtype.kind == "c":
        return np.zeros(0, x.dtype).real.dtype
    return kind if kind.kind == "i" else x.dtype


def _wide(x: np.ndarray) -> np.ndarray:
    return x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)


def _phase(z: Any) -> Any:
    """The number of absolute value one with the direction of another one, which does not matter if that is tiny."""
    return z / abs(z) if abs(z) > 1e-200 else 1.0


def _typed(x: np.ndarray, result: Any) -> np.ndarray:
    return np.asarray(result).astype(_type(x, result))


@_each((2,))
def cholesky(x: np.ndarray) -> np.ndarray:
    """Column by column."""
    n = len(x)
    found = _wide(np.zeros_like(x))
    for j in range(n):
        found[j, j] = math.sqrt(x[j, j].real - sum(abs(found[j, k]) ** 2 for k in range(j)))
        for i in range(j + 1, n):
            rest = x[i, j] - sum(found[i, k] * found[j, k].conj() for k in range(j))
            found[i, j] = rest / found[j, j]
    return found


@_each((2, 2))
def triangular_solve(
    a: np.ndarray,
    b: np.ndarray,
    *,
    left_side: int,
    upper: int,
    transpose_a: int,
    conjugate_a: int,
    unit_diagonal: int,
) -> np.ndarray:
    """The triangle as a full matrix, by Gaussian elimination."""
    matrix = np.triu(a) if upper else np.tril(a)
    if unit_diagonal:
        np.fill_diagonal(matrix, 1)
    matrix = matrix.T if transpose_a else matrix
    matrix = matrix.conj() if conjugate_a else matrix
    return _eliminate(matrix, b) if left_side else _eliminate(matrix.T, b.T).T


@_each((2, 2))
def solve(a: np.ndarray, b: np.ndarray, *, transpose_a: int) -> np.ndarray:
    """Gaussian elimination of all other rows, with the largest pivot of the column."""
    return _eliminate(a.T if transpose_a else a, b)


def _eliminate(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = _wide(a), _wide(b)
    for k in range(len(a)):
        p = k + int(np.argmax(abs(a[k:, k])))
        a[[k, p]], b[[k, p]] = a[[p, k]], b[[p, k]]
        for i in range(len(a)):
            if i != k:
                factor = a[i, k] / a[k, k]
                a[i], b[i] = a[i] - factor * a[k], b[i] - factor * b[k]
    return b / np.diagonal(a)[:, None] if len(a) else b


@_each((2,))
def lu(x: np.ndarray) -> tuple[np.ndarray, ...]:
    """Column by column, as it is written in textbooks."""
    a = _wide(x)
    m, n = a.shape
    order, pivots = np.arange(m, dtype=np.int32), np.zeros(min(m, n), np.int32)
    for k in range(min(m, n)):
        p = k + int(np.argmax(abs(a[k:, k].real) + abs(a[k:, k].imag)))
        pivots[k] = p
        a[[k, p]], order[[k, p]] = a[[p, k]], order[[p, k]]
        for i in range(k + 1, m):
            a[i, k] /= a[k, k] or 1
            a[i, k + 1 :] -= a[i, k] * a[k, k + 1 :]
    return a, pivots, order


@_each((1,))
def permutation(pivots: np.ndarray, *, permutation_size: int) -> np.ndarray:
    """A deck of cards, two of which change places at a time."""
    deck = list(range(permutation_size))
    for i, p in enumerate(pivots):
        p = min(max(int(p), 0), permutation_size - 1)
        deck[i], deck[p] = deck[p], deck[i]
    return np.array(deck, np.int32)


@_each((2, 1))
def take_rows(x: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """One row after the other."""
    found = [x[min(max(int(r), 0), len(x) - 1)] for r in rows]
    return np.array(found).reshape(len(rows), x.shape[1])


@_each((2, 1))
def add_rows(x: np.ndarray, rows: np.ndarray, *, size: int) -> np.ndarray:
    """A product with the matrix that says which row goes where."""
    where = [[min(max(int(r), 0), size - 1) == i for r in rows] for i in range(size)]
    return np.array(where, np.float64).reshape(size, len(rows)) @ x


@_each((2,))
def det(x: np.ndarray) -> complex:
    """Sum over permutations, after Leibniz."""
    total = _wide(np.zeros((), x.dtype)).item()
    for order in itertools.permutations(range(len(x))):
        swaps = sum(order[i] > order[j] for i, j in itertools.combinations(range(len(x)), 2))
        total += (-1) ** swaps * math.prod(x[i, j].item() for i, j in enumerate(order))
    return total


@_each((2,))
def qr(x: np.ndarray, *, full_matrices: int) -> tuple[np.ndarray, np.ndarray]:
    """Products of full Householder matrices."""
    m, n = x.shape
    q, r = _wide(np.eye(m).astype(x.dtype)), _wide(x)
    for k in range(min(m - 1, n)):
        v = r[k:, k].copy()
        if not np.any(v[1:]):
            continue
        v[0] += float(np.linalg.norm(v)) * _phase(v[0])
        mirror = _wide(np.eye(m).astype(x.dtype))
        mirror[k:, k:] -= 2 * np.outer(v, v.conj()) / (v.conj() @ v)
        q, r = q @ mirror, mirror @ r
    count = m if full_matrices else min(m, n)
    return q[:, :count], np.triu(r)[:count]


@_each((2,))
def eigh(x: np.ndarray, *, upper: int) -> tuple[np.ndarray, np.ndarray]:
    """Jacobi's rotations, each of which makes one element zero."""
    triangle = np.triu(x) if upper else np.tril(x)
    a = _wide(triangle + triangle.conj().T - np.diag(np.diagonal(x)))
    np.fill_diagonal(a, np.diagonal(x).real)
    v = _wide(np.eye(len(a)).astype(x.dtype))
    for _ in range(20):
        for i, j in itertools.combinations(range(len(a)), 2):
            angle = 0.5 * math.atan2(2 * abs(a[i, j]), (a[j, j] - a[i, i]).real)
            turn = np.eye(len(a), dtype=a.dtype)
            turn[i, i], turn[i, j] = np.array([math.cos(angle), math.sin(angle)]) * _phase(a[i, j])
            turn[j, j], turn[j, i] = math.cos(angle), -math.sin(angle)
            a, v = turn.conj().T @ a @ turn, v @ turn
    w = np.diagonal(a).real
    order = np.argsort(w)
    return w[order], v[:, order]


@_each((2,))
def svd(x: np.ndarray, *, full_matrices: int, compute_uv: int) -> Any:
    """Rotations that make the columns orthogonal; what the vectors lack to a square is completed by elimination."""
    m, n = x.shape
    if m < n:
        found = svd.__wrapped__(x.T, full_matrices=full_matrices, compute_uv=compute_uv)  # type: ignore[attr-defined]
        return (found[0], found[2].T, found[1].T) if compute_uv else found
    a, v = _wide(x), _wide(np.eye(n).astype(x.dtype))
    for _ in range(30):
        for i, j in itertools.combinations(range(n), 2):
            product = a[:, i].conj() @ a[:, j]
            sizes = np.sum(np.abs(a[:, [i, j]]) ** 2, 0)
            angle = 0.5 * math.atan2(2 * abs(product), sizes[1] - sizes[0])
            c, s = math.cos(angle), math.sin(angle)
            for y in (a, v):
                y[:, i] *= _phase(product)
                y[:, i], y[:, j] = c * y[:, i] - s * y[:, j], s * y[:, i] + c * y[:, j]
    sizes = np.sqrt(np.sum(np.abs(a) ** 2, 0))
    order = np.argsort(-sizes)
    s = sizes[order]
    if not compute_uv:
        return s
    u = a[:, order] / s
    if full_matrices:
        rest = qr.__wrapped__(u, full_matrices=1)[0][:, n:]  # type: ignore[attr-defined]
        u = np.concatenate([u, rest], 1)
    return s, u, v[:, order].conj().T


@_each((2, 0))
def pinv(x: np.ndarray, rtol: np.ndarray) -> np.ndarray:
    """From the eigenvectors of ``x^H x``."""
    w, v = eigh.__wrapped__(x.conj().T @ x, upper=0)  # type: ignore[attr-defined]
    kept = np.sqrt(np.maximum(w, 0)) > rtol * math.sqrt(max(float(w[-1]), 0))
    return (v[:, kept] / w[kept]) @ v[:, kept].conj().T @ x.conj().T
