"""Rows of the case table for linear algebra: small matrices; large and difficult ones have tests of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import linalg_references as ref
from samples import Arg, Case

__all__ = ["LINALG"]

FLOATS = frozenset(map(np.dtype, ("float32", "float64")))
INT32 = np.dtype("int32")
MOVED = FLOATS | {INT32}


def _results(operands: Sequence[np.ndarray], results: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
    """Results compared as they are, but relative to the largest element."""
    return results


def _case(op: str, label: str, args: Sequence[Arg], reference: Any, ulp: float = 40, **more: Any) -> Case:
    settings = {"outcome": _results, "kernel_ulp": ulp, "ulp": ulp, **more}
    dtypes = settings.pop("dtypes", FLOATS)
    return Case(op, label, tuple(args), reference, dtypes, **settings)


def _values(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-2, 2, shape)


def _positive(shape: tuple[int, ...]) -> Arg:
    """Positive definite matrices; what is above the diagonal must not count."""
    x = _values(shape, 1)
    x = x @ x.swapaxes(-1, -2) + shape[-1] * np.eye(shape[-1])
    return Arg(shape, values=np.tril(x) + 7 * np.triu(np.ones(shape), 1), rigid=True)


def _regular(shape: tuple[int, ...], seed: int = 2) -> Arg:
    """Matrices with a large diagonal."""
    x = _values(shape, seed) + 3 * np.eye(*shape[-2:])
    return Arg(shape, values=x, rigid=True)


def _general(shape: tuple[int, ...], seed: int = 3) -> Arg:
    return Arg(shape, values=_values(shape, seed), rigid=True)


def _whole(values: Any) -> Arg:
    values = np.array(values)
    return Arg(values.shape, dtype=INT32, values=values, rigid=True)


SQUARE = (("one", (1, 1)), ("odd", (3, 3)), ("more than a tile", (17, 17)), ("batch", (2, 3, 5, 5)))
EMPTY = (("empty", (0, 0)), ("empty batch", (0, 2, 2)))


def _square(op: str, make: Any, reference: Any, **more: Any) -> Iterator[Case]:
    for label, shape in (*SQUARE, *EMPTY):
        yield _case(op, label, [make(shape)], reference, **more)


def _triangular() -> Iterator[Case]:
    names = ("left_side", "upper", "transpose_a", "unit_diagonal")
    for number in range(16):
        bits = {name: number >> k & 1 for k, name in enumerate(names)}
        shape = (5, 2) if bits["left_side"] else (2, 5)
        label = " ".join(name for name, bit in bits.items() if bit) or "right lower"
        yield _triangular_case(label, (5, 5), shape, **bits)
    usual = {"left_side": 1, "upper": 0, "transpose_a": 0, "unit_diagonal": 0}
    for label, a, b in (
        ("batch", (2, 3, 3), (2, 3, 4)),
        ("more than a tile", (9, 9), (9, 17)),
        ("one", (1, 1), (1, 1)),
        ("empty", (0, 0), (0, 3)),
        ("no columns", (2, 2), (2, 0)),
    ):
        yield _triangular_case(label, a, b, **usual)


def _triangular_case(label: str, a: tuple[int, ...], b: tuple[int, ...], **attrs: int) -> Case:
    args = [_regular(a), _general(b)]
    attrs = {**attrs, "conjugate_a": 0}
    return _case("triangular_solve", label, args, ref.triangular_solve, attrs=attrs)


def _with_size(size: int) -> dict[str, Any]:
    return {"dtypes": frozenset({INT32}), "attrs": {"permutation_size": size}}


def _eigen(operands: Sequence[np.ndarray], results: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
    """Eigenvectors may change sign: what they are made for is compared."""
    w, v = results
    return w, (v * w[..., None, :]) @ v.swapaxes(-1, -2), v.swapaxes(-1, -2) @ v


def _singular(operands: Sequence[np.ndarray], results: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
    """Singular vectors may change sign: what they are made for is compared."""
    if len(results) == 1:
        return results
    s, u, vh = results
    count = s.shape[-1]
    product = (u[..., :count] * s[..., None, :]) @ vh[..., :count, :]
    return s, product, u.swapaxes(-1, -2) @ u, vh @ vh.swapaxes(-1, -2)


def _factored(op: str, label: str, shape: tuple[int, ...], smooth: bool, **attrs: int) -> Case:
    reference, outcome = {
        "qr": (ref.qr, _results),
        "eigh": (ref.eigh, _eigen),
        "svd": (ref.svd, _singular),
    }[op]
    args = [_general(shape)]
    return _case(op, label, args, reference, 80, attrs=attrs, outcome=outcome, smooth=smooth)


RECTANGLES = (("wide", (3, 5)), ("tall", (5, 3)), ("no columns", (3, 0)), ("no rows", (0, 2)))

_ROWS: tuple[Case, ...] = (
    *_square("cholesky", _positive, ref.cholesky),
    *_triangular(),
    *(
        _case("solve", label, [_regular(a), _general(b)], ref.solve, attrs={"transpose_a": transposed})
        for label, a, b, transposed in (
            ("vector", (4, 4), (4, 1), 0),
            ("batch", (2, 3, 3), (2, 3, 2), 0),
            ("transposed batch", (2, 3, 3), (2, 3, 2), 1),
            ("empty", (0, 0), (0, 2), 0),
        )
    ),
    *_square("lu", _general, ref.lu, ulp=200),
    *(_case("lu", label, [_general(shape)], ref.lu) for label, shape in RECTANGLES),
    *(
        _case("det", label, [_general(shape)], ref.det)
        for label, shape in (
            ("one", (1, 1)),
            ("two", (2, 2)),
            ("five", (5, 5)),
            ("batch", (2, 3, 3)),
            ("empty", (0, 0)),
        )
    ),
    *(
        _case("lu_pivots_to_permutation", label, [_whole(p)], ref.permutation, **_with_size(n))
        for label, p, n in (
            ("square", (2, 2, 2), 3),
            ("tall", (4, 1, 3), 5),
            ("batch", ((0, 1), (1, 1)), 2),
            ("outside", (-5, 99), 3),
            ("no pivots", np.zeros(0), 2),
        )
    ),
    *(
        _case("take_rows", label, [_general(x), _whole(rows)], ref.take_rows, ulp=0, dtypes=MOVED)
        for label, x, rows in (
            ("permuted", (3, 2), (2, 0, 1)),
            ("repeated and outside", (3, 2), (1, 1, -4, 7)),
            ("batch", (2, 2, 3), ((1, 0), (0, 0))),
            ("nothing", (3, 0), (1, 2)),
        )
    ),
    *(
        _case(
            "add_rows",
            label,
            [_general(x), _whole(rows)],
            ref.add_rows,
            ulp=2,
            attrs={"size": size},
            dtypes=MOVED,
        )
        for label, x, rows, size in (
            ("permuted", (3, 2), (2, 0, 1), 3),
            ("repeated and outside", (4, 2), (1, 1, -4, 7), 5),
            ("batch", (2, 2, 3), ((1, 0), (0, 0)), 2),
            ("nothing", (0, 3), np.zeros(0), 2),
        )
    ),
    *(
        _factored("qr", label, shape, smooth, full_matrices=full)
        for label, shape, full, smooth in (
            ("one", (1, 1), 0, True),
            ("square", (4, 4), 1, True),
            ("tall batch", (2, 5, 3), 0, True),
            ("tall full", (5, 3), 1, False),
            ("wide", (3, 5), 0, False),
            ("more than a vector", (19, 10), 0, True),
            ("no columns", (3, 0), 1, False),
            ("no rows", (0, 2), 0, False),
        )
    ),
    *(
        _factored("eigh", label, shape, True, upper=upper)
        for label, shape, upper in (
            ("one", (1, 1), 0),
            ("two", (2, 2), 1),
            ("batch", (2, 5, 5), 0),
            ("more than a vector", (11, 11), 0),
            ("empty", (0, 0), 0),
        )
    ),
    *(
        _factored("svd", label, shape, smooth, full_matrices=full, compute_uv=vectors)
        for label, shape, full, vectors, smooth in (
            ("one", (1, 1), 1, 1, True),
            ("square batch", (2, 3, 3), 1, 1, True),
            ("tall", (5, 3), 0, 1, True),
            ("wide", (3, 11), 0, 1, True),
            ("tall full", (4, 1), 1, 1, False),
            ("wide full", (3, 10), 1, 1, False),
            ("values", (4, 6), 0, 0, True),
            ("no columns", (3, 0), 1, 1, False),
            ("no rows, values", (0, 2), 0, 0, False),
        )
    ),
    *(
        _case("pinv", label, [_general(shape), Arg(batch, values=np.full(batch, 0.01))], ref.pinv, 400)
        for label, shape, batch in (
            ("tall", (4, 2), ()),
            ("wide batch", (2, 2, 3), (2,)),
            ("empty", (0, 3), ()),
        )
    ),
)


def _first_in_float32(cases: Sequence[Case]) -> Iterator[Case]:
    """Kernels differ by dtype in nothing but the length of vectors, and take long to compile: once is enough."""
    seen: set[str] = set()
    for case in cases:
        narrow = case.op in seen and np.dtype("float64") in case.dtypes
        yield replace(case, dtypes=frozenset({np.dtype("float64")})) if narrow else case
        seen.add(case.op)


LINALG: tuple[Case, ...] = tuple(_first_in_float32(_ROWS))
