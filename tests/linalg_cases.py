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
WIDE = (np.dtype("float64"), np.dtype("complex128"))
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
    """Eigenvectors may change sign or phase: what they are made for is compared."""
    w, v = results
    adjoint = v.conj().swapaxes(-1, -2)
    return w, (v * w[..., None, :]) @ adjoint, adjoint @ v


def _singular(operands: Sequence[np.ndarray], results: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
    """Singular vectors may change sign or phase: what they are made for is compared."""
    if len(results) == 1:
        return results
    s, u, vh = results
    count = s.shape[-1]
    product = (u[..., :count] * s[..., None, :]) @ vh[..., :count, :]
    return s, product, u.conj().swapaxes(-1, -2) @ u, vh @ vh.conj().swapaxes(-1, -2)


def _factored(op: str, label: str, shape: tuple[int, ...], smooth: bool, **attrs: int) -> Case:
    reference, outcome = {
        "qr": (ref.qr, _results),
        "eigh": (ref.eigh, _eigen),
        "svd": (ref.svd, _singular),
    }[op]
    args = [_general(shape)]
    return _case(op, label, args, reference, 80, attrs=attrs, outcome=outcome, smooth=smooth)


def _orthogonal(operands: Sequence[np.ndarray], results: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
    """Columns and rows may change phase: what they are made for is compared, and the sizes of elements."""
    q, r = results
    return q @ r, q.conj().swapaxes(-1, -2) @ q, abs(r)


COMPLEX = frozenset(map(np.dtype, ("complex64", "complex128")))


def _complex(shape: tuple[int, ...], seed: int = 7, shift: float = 0) -> Arg:
    values = _values(shape, seed) + 1j * _values(shape, seed + 1) + shift * np.eye(*shape[-2:])
    return Arg(shape, values=values, rigid=True)


def _definite(shape: tuple[int, ...]) -> Arg:
    """Positive definite hermitian matrices, with what must not count above and on the diagonal."""
    x = _values(shape, 7) + 1j * _values(shape, 8)
    x = np.tril(x @ x.conj().swapaxes(-1, -2) + shape[-1] * np.eye(shape[-1]))
    return Arg(shape, values=x + 7 * np.triu(np.ones(shape), 1) + 2j * np.eye(shape[-1]), rigid=True)


def _limit(dtype: str) -> Arg:
    return Arg((), dtype=np.zeros(0, dtype).real.dtype, values=np.array(0.01))


def _complex_case(
    op: str, label: str, args: Sequence[Arg], reference: Any, ulp: float = 80, **more: Any
) -> Case:
    return _case(op, f"complex {label}", args, reference, ulp, **{"dtypes": COMPLEX, **more})


def _complex_triangular() -> Iterator[Case]:
    for number in range(8):
        left, transposed, conjugated = (number >> k & 1 for k in range(3))
        attrs = {"left_side": left, "upper": 1 - left, "unit_diagonal": 0}
        attrs.update(transpose_a=transposed, conjugate_a=conjugated)
        shape = (5, 2) if left else (2, 5)
        yield _complex_case(
            "triangular_solve",
            f"{left}{transposed}{conjugated}",
            [_complex((5, 5), shift=3), _complex(shape)],
            ref.triangular_solve,
            attrs=attrs,
        )


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


COMPLEX_EIGEN = (("one", (1, 1), 0), ("two", (2, 2), 1), ("batch", (2, 5, 5), 0), ("none", (0, 0), 0))

# Vectors have a phase that derivatives and differences of evaluation choose differently: their derivatives are tried
# in tests/frontend, on functions that do not depend on it.
_COMPLEX_ROWS: tuple[Case, ...] = (
    *(
        _complex_case("cholesky", label, [_definite(shape)], ref.cholesky)
        for label, shape in (SQUARE[1], SQUARE[3])
    ),
    *_complex_triangular(),
    *(
        _complex_case(
            "solve",
            label,
            [_complex((2, 3, 3), shift=3), _complex((2, 3, 2))],
            ref.solve,
            attrs={"transpose_a": k},
        )
        for k, label in enumerate(("batch", "transposed"))
    ),
    *(
        _complex_case("lu", label, [_complex(shape)], ref.lu, 200)
        for label, shape in (*SQUARE[:3], ("wide", (3, 5)), ("empty", (0, 2)))
    ),
    *(
        _complex_case("det", label, [_complex(shape)], ref.det, 400)
        for label, shape in (("batch", (2, 3, 3)), ("five", (5, 5)), ("empty", (0, 0)))
    ),
    _complex_case("take_rows", "rows", [_complex((3, 2)), _whole((1, 1, -4, 7))], ref.take_rows, 0),
    _complex_case(
        "add_rows", "rows", [_complex((4, 2)), _whole((1, 1, -4, 7))], ref.add_rows, 2, attrs={"size": 5}
    ),
    *(
        _complex_case(
            "qr",
            label,
            [_complex(shape)],
            ref.qr,
            attrs={"full_matrices": full},
            smooth=smooth,
            outcome=_orthogonal,
        )
        for label, shape, full, smooth in (
            ("tall batch", (2, 5, 3), 0, True),
            ("one", (1, 1), 1, True),
            ("wide", (2, 3), 1, False),
            ("no columns", (3, 0), 1, False),
        )
    ),
    *(
        _complex_case(
            "eigh",
            label,
            [_complex(shape)],
            ref.eigh,
            200,
            attrs={"upper": upper},
            smooth=False,
            outcome=_eigen,
        )
        for label, shape, upper in (
            ("one", (1, 1), 0),
            ("two", (2, 2), 1),
            ("batch", (2, 5, 5), 0),
            ("none", (0, 0), 0),
        )
    ),
    *(
        _complex_case(
            "svd",
            label,
            [_complex(shape)],
            ref.svd,
            200,
            attrs={"full_matrices": full, "compute_uv": vectors},
            smooth=not vectors,
            outcome=_singular,
        )
        for label, shape, full, vectors in (
            ("wide full", (2, 4), 1, 1),
            ("one", (1, 1), 0, 1),
            ("values", (3, 4), 0, 0),
            ("no columns", (3, 0), 1, 1),
        )
    ),
    *(
        _complex_case(
            "pinv",
            dtype,
            [_complex((4, 2)), _limit(dtype)],
            ref.pinv,
            400,
            dtypes=frozenset({np.dtype(dtype)}),
        )
        for dtype in ("complex64", "complex128")
    ),
)


def _first_in_float32(cases: Sequence[Case]) -> Iterator[Case]:
    """Kernels differ by dtype in nothing but the length of vectors, and take long to compile: once is enough."""
    seen: set[tuple[str, np.dtype]] = set()
    for case in cases:
        wide = [d for d in WIDE if d in case.dtypes]
        narrow = len(wide) == 1 and (case.op, wide[0]) in seen
        yield replace(case, dtypes=frozenset(wide)) if narrow else case
        seen.update((case.op, d) for d in wide)


LINALG: tuple[Case, ...] = tuple(_first_in_float32((*_ROWS, *_COMPLEX_ROWS)))
