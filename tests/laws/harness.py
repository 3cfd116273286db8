"""Building, transforming and evaluating functions that hold one op."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ml_dtypes
import numpy as np

from axir_compiler.ir.evaluate import make_plan
from axir_compiler.ir.module import FunctionBuilder, new_module
from axir_compiler.ir.op import Value
from axir_compiler.ir.types import BFLOAT16, Aval, aval_of, is_complex, is_float, mlir_type, real_dtype
from axir_compiler.mlir import context, ir
from samples import Case

__all__ = [
    "SYMBOL",
    "assert_agree",
    "assert_close",
    "assert_same_outcome",
    "batch_axes",
    "build",
    "differences",
    "evaluate",
    "function_of",
    "inner",
    "resolution",
    "tangents_for",
]

SYMBOL = "f"


def function_of(case: Case, dtype: np.dtype) -> ir.Module:
    """A module with ``@f``, which applies the op of a case to its arguments."""
    module = new_module()
    inputs = [mlir_type(Aval(x.shape, x.dtype)) for x in case.arrays(dtype)]
    builder = FunctionBuilder(module, SYMBOL, inputs)
    with builder, ir.Location.unknown(context()):
        results = build(case, dtype, builder.arguments)
    builder.finish(results)
    return module


def build(case: Case, dtype: np.dtype, operands: Sequence[Value]) -> list[Value]:
    """Append the op of a case; gives its results."""
    found = case.op_class.build(*operands, **case.attrs_for(dtype))
    return list(found) if isinstance(found, tuple) else [found]


def evaluate(module: ir.Module, symbol: str, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Run a function with NumPy; results must have the shapes and dtypes that the IR says."""
    from axir_compiler.ir.module import lookup, return_op

    found = make_plan(module, symbol)(*arrays)
    expected = [aval_of(x) for x in return_op(lookup(module, symbol)).operands]
    assert [Aval(x.shape, x.dtype) for x in found] == expected, (
        f"@{symbol}: evaluation differs from the types"
    )
    return found


def tangents_for(arrays: Sequence[np.ndarray], wrt: Sequence[int], seed: int) -> list[np.ndarray]:
    """Random directions for the arguments ``wrt``."""
    rng = np.random.default_rng(seed)
    return [normal(rng, arrays[i].shape, arrays[i].dtype) for i in wrt]


def normal(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Normally distributed numbers, of complex ones both parts."""
    values = rng.standard_normal(shape)
    return np.asarray(values + 1j * rng.standard_normal(shape) if is_complex(dtype) else values, dtype)


def inner(xs: Sequence[np.ndarray], ys: Sequence[np.ndarray]) -> float:
    """Real part of the sum of the products of corresponding elements, none of them conjugated."""
    return float(sum(np.sum(np.multiply(x, y)).real for x, y in zip(xs, ys, strict=True)))


def assert_close(actual: Any, expected: Any, tolerance: float, what: str) -> None:
    """Equal up to a tolerance relative to the largest element."""
    kind = np.complex128 if np.iscomplexobj(expected) else np.float64
    actual, expected = np.asarray(actual, kind), np.asarray(expected, kind)
    assert actual.shape == expected.shape, f"{what}: shapes {actual.shape} and {expected.shape}"
    scale = max(1.0, float(np.max(np.abs(expected), where=np.isfinite(expected), initial=0)))
    differing = actual[actual != expected] - expected[actual != expected]
    error = float(np.max(np.abs(differing), initial=0))
    assert error <= tolerance * scale, f"{what}: differs by {error:.3g}\ngot {actual}\nexpected {expected}"


def assert_agree(actual: np.ndarray, expected: np.ndarray, ulp: float, what: str) -> None:
    """Equal in shape, dtype, sign of zeros, NaN and infinities; other floats up to ``ulp`` last places."""
    found = differences(actual, expected, ulp)
    assert not found, f"{what}: {found}"


def assert_same_outcome(
    case: Case,
    operands: Sequence[np.ndarray],
    actual: Sequence[np.ndarray],
    expected: Sequence[np.ndarray],
    ulp: float,
    what: str,
) -> None:
    """Results agree in what counts for the case, each array relative to its largest element."""
    assert case.outcome is not None
    found, wanted = case.outcome(operands, actual), case.outcome(operands, expected)
    for i, (x, y) in enumerate(zip(found, wanted, strict=True)):
        x, y = np.asarray(x), np.asarray(y)
        assert (x.shape, x.dtype) == (y.shape, y.dtype), f"{what}: outcome {i}"
        if is_float(y.dtype) or is_complex(y.dtype):
            assert_close(x, y, ulp * float(np.finfo(y.dtype).eps), f"{what}: outcome {i}")
        else:
            np.testing.assert_array_equal(x, y, err_msg=f"{what}: outcome {i}")


def differences(
    actual: np.ndarray,
    expected: np.ndarray,
    ulp: float,
    *,
    flushed: bool = False,
    operands: Sequence[Any] = (),
) -> str:
    """What tells two results apart, as text; empty if nothing does.

    Args:
        actual: What is tested.
        expected: What it should be.
        ulp: Allowed distance in units in the last place.
        flushed: Whether a denormal number may have become zero.
        operands: Shown at the first difference.
    """
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        return f"got {actual.dtype}{list(actual.shape)}, expected {expected.dtype}{list(expected.shape)}"
    wrong = _wrong(actual, expected, ulp, flushed)
    if not np.any(wrong):
        return ""
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    given = ", ".join(str(x[at] if x.shape == expected.shape else x.tolist()) for x in operands)
    return (
        f"{int(np.sum(wrong))} of {wrong.size} wrong; at {list(at)} got {actual[at]}, expected {expected[at]}"
        + (f" for ({given})" if given else "")
    )


def resolution(dtype: np.dtype) -> Any:
    """Limits of a float dtype (``eps``, ``tiny``, ``max``, ``nmant``)."""
    return ml_dtypes.finfo(dtype) if dtype == BFLOAT16 else np.finfo(dtype)


def _wrong(actual: np.ndarray, expected: np.ndarray, ulp: float, flushed: bool) -> np.ndarray:
    if is_complex(expected.dtype):
        # Errors count against the absolute value, except where the number is compared for equality.
        size = np.abs(expected) if ulp else np.zeros(expected.shape)
        size = np.where(np.isfinite(size), size, 0).astype(real_dtype(expected.dtype))
        pairs = ((actual.real, expected.real), (actual.imag, expected.imag))
        re, im = (_wrong_floats(x, y, ulp, flushed, size) for x, y in pairs)
        return re | im
    return _wrong_floats(actual, expected, ulp, flushed) if is_float(expected.dtype) else actual != expected


def _wrong_floats(
    actual: np.ndarray, expected: np.ndarray, ulp: float, flushed: bool, size: Any = 0.0
) -> np.ndarray:
    """Errors in units of the last place of the expected value, or of ``size`` where that is larger."""
    info = resolution(expected.dtype)
    with np.errstate(all="ignore"):
        x, y = actual.astype(np.longdouble), expected.astype(np.longdouble)
        _, exponent = np.frexp(np.maximum(np.maximum(np.abs(y), size), float(info.tiny)))
        unit = np.ldexp(np.longdouble(1), exponent - 1 - int(info.nmant))
        wrong = np.abs(x - y) > ulp * unit
    both_finite = np.isfinite(x) & np.isfinite(y)
    same = (x == y) | (np.isnan(x) & np.isnan(y))
    wrong = np.where(both_finite, wrong, ~same & ~_at_overflow(x, y, float(info.max), ulp))
    wrong |= ~np.isnan(y) & (np.signbit(x) != np.signbit(y)) & ((y == 0) | (x == 0)) & (ulp == 0)
    wrong |= (x == 0) & (y == 0) & (np.signbit(x) != np.signbit(y))
    return wrong & ~(flushed & (x == 0) & (np.abs(y) < float(info.tiny)))


def _at_overflow(x: np.ndarray, y: np.ndarray, largest: float, ulp: float) -> np.ndarray:
    """One result is the largest number and the other infinite, of the same sign."""
    near = 1 - ulp * 2.0**-7 if largest < 1e6 else 1 - ulp * 2.0**-20
    large = (np.abs(x) >= largest * near) & (np.abs(y) >= largest * near)
    return large & (np.sign(x) == np.sign(y)) & (ulp > 0)


def batch_axes(case: Case, arrays: Sequence[np.ndarray]) -> list[tuple[int, ...]]:
    """Choices of a batch axis for each operand, -1 for none.

    Every operand alone on every axis; every group of operands on the first axis, and on the last.
    """
    ranks = [x.ndim for x in arrays]
    choices = {
        tuple(a if i == k else -1 for k in range(len(ranks)))
        for i, r in enumerate(ranks)
        for a in range(r + 1)
    }
    for group in range(1, 1 << len(ranks)):
        members = [bool(group >> i & 1) for i in range(len(ranks))]
        choices.add(tuple(0 if m else -1 for m in members))
        choices.add(tuple(r if m else -1 for m, r in zip(members, ranks, strict=True)))
        choices.add(
            tuple(min(i % 2, r) if m else -1 for i, (m, r) in enumerate(zip(members, ranks, strict=True)))
        )
    return sorted(choices)
