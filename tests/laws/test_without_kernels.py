"""Ops written in other ops for targets that run no kernels of our own, against the ops themselves, evaluated."""

from __future__ import annotations

import numpy as np
import pytest
from harness import SYMBOL, assert_close, assert_same_outcome, differences, evaluate, function_of
from test_compiled import GROUPS

from axir_compiler import ops
from axir_compiler.ir.module import FunctionBuilder, lookup, new_module, walk
from axir_compiler.ir.op import OPS, AxirOp
from axir_compiler.ir.types import Aval, mlir_type
from axir_compiler.mlir import context, ir
from axir_compiler.ops import row_updates
from axir_compiler.passes.replace_kernels import ReplaceKernelsPass
from axir_compiler.passes.verify import VerifyPass

_REPLACED = sorted(
    name for name in GROUPS if name in OPS and OPS[name].without_kernels is not AxirOp.without_kernels
)


_UPDATED = [name for name in _REPLACED if name.startswith(("add_", "scatter"))]


@pytest.mark.parametrize("op", _UPDATED)
def test_many_updates_are_sorted(op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_updates, "_COMPARED", 0)
    _check(op)


@pytest.mark.parametrize("op", _REPLACED)
def test_other_ops_give_the_same(op: str) -> None:
    _check(op)


def _check(op: str) -> None:
    for case, dtype in GROUPS[op]:
        arrays, name = case.arrays(dtype), case.name(dtype)
        module = function_of(case, dtype)
        expected = evaluate(module, SYMBOL, arrays)
        ReplaceKernelsPass().run(module)
        VerifyPass().run(module)
        assert not any(isinstance(one, OPS[op]) for one in walk(lookup(module, SYMBOL))), name
        found = evaluate(module, SYMBOL, arrays)
        if case.outcome is not None:
            assert_same_outcome(case, arrays, found, expected, case.kernel_ulp, name)
            continue
        if op == "fft":
            # Errors are small against the largest element.
            tolerance = 20 * float(np.finfo(dtype).eps)
            assert_close(found[0], expected[0], tolerance, name)
            continue
        for actual, wanted in zip(found, expected, strict=True):
            wrong = differences(actual, np.asarray(wanted), case.kernel_ulp, flushed=True, operands=arrays)
            assert not wrong, f"{name}: {wrong}"


def test_long_axes_are_sorted_by_a_network() -> None:
    rng = np.random.default_rng(3)
    for size in (65, 128, 200):
        x = rng.integers(0, 40, (2, size)).astype(np.float32)
        x[0, 3], x[1, 5], x[0, 9] = np.nan, -0.0, -np.inf
        found = _order(x)
        expected = np.argsort(np.where(x == 0, 0, x), axis=1, kind="stable")
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("length", [66, 96, 127, 128, 131, 178, 2 * 3 * 5 * 7 * 11, 4096])
def test_long_transforms(length: int) -> None:
    """Of several factors, of a prime that has a matrix, and of one that has none."""
    rng = np.random.default_rng(length)
    x = rng.standard_normal((2, length)) + 1j * rng.standard_normal((2, length))
    for kind, reference in (("fft", np.fft.fft), ("ifft", np.fft.ifft)):
        for dtype in ("complex64", "complex128"):
            module = new_module()
            builder = FunctionBuilder(module, SYMBOL, [mlir_type(Aval(x.shape, np.dtype(dtype)))])
            with builder, ir.Location.unknown(context()):
                found = ops.fft(builder.arguments[0], kind=kind, lengths=(length,))
            builder.finish([found])
            ReplaceKernelsPass().run(module)
            (result,) = evaluate(module, SYMBOL, [x.astype(dtype)])
            expected = reference(x)
            error = np.abs(result - expected).max() / np.abs(expected).max()
            assert error < 10 * np.finfo(dtype).eps, (kind, dtype, error)


def _order(x: np.ndarray) -> np.ndarray:
    """The positions that the rule of sorting carries along."""

    module = new_module()
    builder = FunctionBuilder(module, SYMBOL, [mlir_type(Aval(x.shape, x.dtype))])
    with builder, ir.Location.unknown(context()):
        numbers = ops.iota(shape=x.shape, dimension=1, dtype=np.dtype("int32"))
        results = ops.sort(builder.arguments[0], numbers, dimension=1, num_keys=1)
    builder.finish([results[1]])
    ReplaceKernelsPass().run(module)
    return evaluate(module, SYMBOL, [x])[0]
