"""Whether a device computes what it is asked for: known results, once for each device, driver and compiler.

Drivers and code generation have to agree on more than a driver tells, and where they do not, numbers are wrong without
an error. So a program of sums whose sizes lie around those of subgroups, of products of matrices and of functions runs
before the device is used. Its numbers are small integers wherever possible: their sums are exact in every order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from axir_compiler.errors import AxirError
from axir_compiler.ir.evaluate import evaluate_op
from axir_compiler.ir.module import FunctionBuilder, new_module
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import Aval, mlir_type
from axir_compiler.mlir import context, ir
from axir_compiler.passes.lower_to_linalg import LowerToLinalgPass

__all__ = ["Check", "checks", "first_fault", "program"]

_FLOATS = ("float32", "float16", "float64")
# Matrix products of others do not compile for every device, which programs with them are told.
_MULTIPLIED = ("float32", "float16", "int32")
_INTEGERS = ("int32", "int8", "int16", "int64")


class Check(NamedTuple):
    """One op on arrays. ``tolerance`` is relative, 0 for equal."""

    op: str
    arrays: tuple[np.ndarray, ...]
    attrs: dict[str, Any]
    tolerance: float = 0.0

    @property
    def title(self) -> str:
        """What a message calls it."""
        shapes = ", ".join(f"{x.dtype}{list(x.shape)}" for x in self.arrays)
        return f"{self.op} of {shapes}"

    @property
    def expected(self) -> np.ndarray:
        """What NumPy gives."""
        return np.asarray(evaluate_op(OPS[self.op], list(self.arrays), self.attrs))


def checks(dtypes: frozenset[np.dtype], subgroup: int) -> list[Check]:
    """For a device that claims to compute with some dtypes, in subgroups of some size."""
    wanted = [np.dtype(name) for name in (*_FLOATS, *_INTEGERS)]
    return [check for dtype in wanted if dtype in dtypes for check in _of(dtype, max(subgroup, 1))]


def _of(dtype: np.dtype, subgroup: int) -> Iterator[Check]:
    rng = np.random.default_rng(dtype.num)

    def whole(*shape: int) -> np.ndarray:
        return rng.integers(-1, 2, shape).astype(dtype)

    for op in ("add", "mul"):
        yield Check(op, (whole(257), whole(257)), {})
    for n in sorted({7, subgroup - 1, subgroup, subgroup + 1, 2 * subgroup, 1024} - {0}):
        yield Check("reduce_sum", (whole(4, n),), {"axes": (1,)})
    yield Check("reduce_max", (whole(3, 4 * subgroup),), {"axes": (1,)})
    if dtype.name not in _MULTIPLIED:
        return
    contraction = {
        "lhs_contract": (1,),
        "rhs_contract": (0,),
        "lhs_batch": (),
        "rhs_batch": (),
        "dtype": dtype,
    }
    for m, k, n in ((64, 64, 64), (17, 33, 5)):
        yield Check("dot_general", (whole(m, k), whole(k, n)), contraction)
    if dtype == np.float32:
        # Rounding tricks, and functions with arguments that are reduced by them.
        numbers = np.linspace(-87, 87, 501, dtype=dtype)
        for op in ("exp", "sin", "tanh", "expm1"):
            yield Check(op, (numbers,), {}, 1e-6)
    if dtype == np.float16:
        yield Check("exp", (np.linspace(-4, 4, 65, dtype=dtype),), {}, 2e-3)


def program(rows: Sequence[Check]) -> ir.Module:
    """One program with the results of all checks, lowered."""
    module = new_module()
    kinds = [mlir_type(Aval(x.shape, x.dtype)) for row in rows for x in row.arrays]
    builder = FunctionBuilder(module, "main", kinds)
    arguments = iter(builder.arguments)
    with builder, ir.Location.unknown(context()):
        results = [OPS[row.op].build(*[next(arguments) for _ in row.arrays], **row.attrs) for row in rows]
    builder.finish(results)
    LowerToLinalgPass().run(module)
    return module


def first_fault(
    rows: Sequence[Check],
    compile: Callable[[ir.Module], bytes],
    run: Callable[[bytes, list[np.ndarray], list[tuple[tuple[int, ...], np.dtype]]], Sequence[np.ndarray]],
) -> str:
    """What the device computes wrongly, in words; empty if nothing.

    Args:
        compile: makes a module for the device.
        run: runs it there: the module, arguments, and the types of the results.
    """
    expected = [row.expected for row in rows]
    arguments = [x for row in rows for x in row.arrays]
    try:
        with context():
            binary = compile(program(rows))
        found = run(binary, arguments, [(x.shape, x.dtype) for x in expected])
    except (AxirError, RuntimeError) as error:
        return f"the program that checks it fails: {error}"
    for row, actual, wanted in zip(rows, found, expected, strict=True):
        wrong = _wrong(actual, wanted, row.tolerance)
        if wrong.any():
            at = int(np.argmax(wrong))
            pair = f"{actual.flat[at]} in place of {wanted.flat[at]}"
            return f"{row.title} is wrong in {int(wrong.sum())} of {wrong.size} places ({pair})"
    return ""


def _wrong(actual: np.ndarray, wanted: np.ndarray, tolerance: float) -> np.ndarray:
    if tolerance == 0:
        return (actual != wanted).reshape(-1)
    x, y = actual.astype(np.float64), wanted.astype(np.float64)
    # Negated, so that NaN counts as wrong.
    return ~(np.abs(x - y) <= tolerance * np.maximum(np.abs(y), 1e-30)).reshape(-1)
