"""Canonicalizations change no number, not even the sign of a zero, and apply to every dtype."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from axir_compiler import ops
from axir_compiler.ir.attributes import ScalarValue
from axir_compiler.ir.evaluate import make_plan
from axir_compiler.ir.module import FunctionBuilder, body_of, functions, new_module, parse_module, signature
from axir_compiler.ir.types import DTYPES, INTEGER, NUMERIC, Aval, dtype_name, mlir_type
from axir_compiler.mlir import context, ir
from axir_compiler.passes.canonicalize import RULES, CanonicalizePass
from axir_compiler.pipeline import run_passes
from samples import special_values

GOLDEN = sorted((Path(__file__).parents[1] / "golden" / "passes" / "canonicalize").glob("*.mlir"))


def _special_arguments(module: ir.Module) -> list[np.ndarray]:
    inputs, _ = signature(functions(module)["f"])
    return [np.resize(special_values(a.dtype), a.shape).astype(a.dtype) for a in inputs]


def _assert_same_bits(actual: list[np.ndarray], expected: list[np.ndarray]) -> None:
    for x, y in zip(actual, expected, strict=True):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        np.testing.assert_array_equal(x, y)
        if x.dtype.kind == "f":
            np.testing.assert_array_equal(np.signbit(x), np.signbit(y))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda p: p.stem)
def test_results_stay_the_same_on_edge_cases(path: Path) -> None:
    module = parse_module(path.read_text(), path.name)
    inputs = _special_arguments(module)
    before = make_plan(module, "f")(*inputs)
    run_passes(module, [CanonicalizePass()])
    _assert_same_bits(make_plan(module, "f")(*inputs), before)


def _canonical(dtype: np.dtype, build, count: int = 1) -> ir.Module:
    """``@f`` of ``count`` vectors of a dtype, canonicalized."""
    module = new_module()
    builder = FunctionBuilder(module, "f", [mlir_type(Aval((3,), dtype))] * count)
    with builder, ir.Location.unknown(context()):
        result = build(*builder.arguments)
    builder.finish([result])
    run_passes(module, [CanonicalizePass()])
    return module


def _returns_its_argument(module: ir.Module) -> bool:
    block = body_of(functions(module)["f"])
    return block.operations[len(block.operations) - 1].operands[0] == block.arguments[0]


def _vector(value: float, dtype: np.dtype) -> ir.Value:
    return ops.broadcast_in_dim(ops.constant(value=ScalarValue(value, dtype)), shape=(3,), dimensions=())


@pytest.mark.parametrize("dtype", sorted(NUMERIC, key=str), ids=dtype_name)
def test_neutral_elements_disappear(dtype: np.dtype) -> None:
    zero = 0 if dtype in INTEGER else -0.0
    assert _returns_its_argument(_canonical(dtype, lambda x: ops.add(x, _vector(zero, dtype))))
    assert _returns_its_argument(_canonical(dtype, lambda x: ops.add(_vector(zero, dtype), x)))
    assert _returns_its_argument(_canonical(dtype, lambda x: ops.sub(x, _vector(0, dtype))))
    assert _returns_its_argument(_canonical(dtype, lambda x: ops.mul(_vector(1, dtype), x)))
    assert _returns_its_argument(_canonical(dtype, lambda x: ops.div(x, _vector(1, dtype))))


@pytest.mark.parametrize("dtype", sorted(NUMERIC, key=str), ids=dtype_name)
def test_what_looks_neutral_stays(dtype: np.dtype) -> None:
    for build in (
        lambda x: ops.sub(_vector(0, dtype), x),
        lambda x: ops.div(_vector(1, dtype), x),
        lambda x: ops.mul(x, _vector(0, dtype)),
        lambda x: ops.add(x, _vector(1, dtype)),
        lambda x: ops.sub(x, _vector(1, dtype)),
    ):
        assert not _returns_its_argument(_canonical(dtype, build))
    if dtype not in INTEGER:
        assert not _returns_its_argument(_canonical(dtype, lambda x: ops.add(x, _vector(0.0, dtype))))
        assert not _returns_its_argument(_canonical(dtype, lambda x: ops.sub(x, _vector(-0.0, dtype))))


@pytest.mark.parametrize("dtype", DTYPES, ids=dtype_name)
def test_long_chains_collapse(dtype: np.dtype) -> None:
    def build(x: ir.Value) -> ir.Value:
        for _ in range(10):
            x = ops.reshape(ops.reshape(x, shape=(3, 1)), shape=(3,))
            x = ops.convert(x, dtype=dtype)
            x = ops.reverse(x, dimensions=())
        return x

    assert _returns_its_argument(_canonical(dtype, build))


def test_a_rule_is_tried_on_the_result_of_another() -> None:
    """The pad of nothing hides a transposition, which hides a neutral element."""

    def build(x: ir.Value) -> ir.Value:
        zero = ops.constant(value=ScalarValue(0, np.dtype("float32")))
        none = {"low": (0, 0), "high": (0, 0), "interior": (0, 0)}
        column = ops.transpose(ops.reshape(x, shape=(1, 3)), permutation=(1, 0))
        return ops.reshape(ops.transpose(ops.pad(column, zero, **none), permutation=(1, 0)), shape=(3,))

    assert _returns_its_argument(_canonical(np.dtype("float32"), build))


def test_every_rule_is_tried() -> None:
    assert {p.stem for p in GOLDEN} == {rule.__name__.removeprefix("_") for _, rule in RULES}
