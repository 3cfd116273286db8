"""The transformations on whole programs with calls: against differences, loops and each other, nested."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from random_programs import FLOAT64, SIGNATURE, arguments, random_module

from axir_compiler.errors import MissingRuleError, ShapeError
from axir_compiler.ir.evaluate import make_plan
from axir_compiler.ir.module import (
    FunctionBuilder,
    body_of,
    callees_of,
    functions,
    lookup,
    parse_module,
    signature,
)
from axir_compiler.ir.types import Aval, mlir_type
from axir_compiler.mlir import context, func, ir
from axir_compiler.ops.transformation import JvpOp, LinearTransposeOp, TransformationOp, VjpOp, VmapOp
from axir_compiler.passes.verify import verify_module
from axir_compiler.pipeline import REWRITES, run_passes
from axir_compiler.transforms.expand import Expander
from axir_compiler.transforms.jvp import Linearizer
from axir_compiler.transforms.transpose import Transposer
from axir_compiler.transforms.vmap import Vectorizer

SEEDS = range(12)
STEP = 6e-6
ACTIVE = (0, 1, 2)
"""The float arguments of random programs; results 0 and 1 are floats."""

Arrays = Sequence[np.ndarray]


def transformed(module: ir.Module, kind: type[TransformationOp], callee: str, **attrs: object) -> str:
    """Add a private function that applies a transformation to ``callee``; gives its name."""
    types = signature(lookup(module, callee))
    inputs = kind.operands_for(*types, **attrs)
    results = kind.results_for(*types, **attrs)
    builder = FunctionBuilder(module, f"{callee}_{kind.short_name}_op", [mlir_type(a) for a in inputs])
    with builder, ir.Location.unknown(context()):
        op = kind.create(builder.arguments, results, {"callee": callee, **attrs})
    builder.finish(list(op.results))
    return builder.name


def run(module: ir.Module, symbol: str, *arrays: np.ndarray) -> list[np.ndarray]:
    """Expand transformations, check what they made, and evaluate."""
    verify_module(module)
    Expander(module).expand_all()
    verify_module(module)
    return make_plan(module, symbol)(*arrays)


def directions(seed: int, count: int = 3) -> list[np.ndarray]:
    rng = np.random.default_rng(100 + seed)
    return [rng.standard_normal(SIGNATURE[i].shape) for i in range(count)]


def moved(inputs: Arrays, tangents: Arrays, step: float) -> list[np.ndarray]:
    return [*(x + step * t for x, t in zip(inputs, tangents, strict=False)), *inputs[len(tangents) :]]


def close(actual: object, expected: object, tolerance: float) -> None:
    expected = np.asarray(expected)
    scale = max(1.0, float(np.max(np.abs(expected), initial=0)))
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=0, atol=tolerance * scale)


@pytest.mark.parametrize("seed", SEEDS)
def test_jvp_equals_differences(seed: int) -> None:
    module = random_module(seed)
    inputs, tangents = arguments(seed), directions(seed)
    plan = make_plan(module, "f")
    ahead, behind = (plan(*moved(inputs, tangents, s))[:2] for s in (STEP, -STEP))
    found = run(module, transformed(module, JvpOp, "f", wrt=ACTIVE), *inputs, *tangents)
    for actual, expected in zip(found[:3], plan(*inputs), strict=True):
        close(actual, expected, 0)
    for tangent, above, below in zip(found[3:], ahead, behind, strict=True):
        close(tangent, (above - below) / (2 * STEP), 2e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_vjp_is_the_adjoint_of_jvp(seed: int) -> None:
    module = random_module(seed)
    inputs, tangents, cts = arguments(seed), directions(seed), directions(seed + 1, 2)
    forward = transformed(module, JvpOp, "f", wrt=ACTIVE)
    backward = transformed(module, VjpOp, "f", wrt=ACTIVE, seeds=(0, 1))
    pushed = run(module, forward, *inputs, *tangents)[3:]
    found = make_plan(module, backward)(*inputs, *cts)
    for actual, expected in zip(found[:3], make_plan(module, "f")(*inputs), strict=True):
        close(actual, expected, 0)
    left = sum(float(np.sum(a * b)) for a, b in zip(pushed, cts, strict=True))
    right = sum(float(np.sum(a * b)) for a, b in zip(found[3:], tangents, strict=True))
    close(left, right, 1e-11)


@pytest.mark.parametrize("seed", SEEDS)
def test_vjp_for_some_arguments_and_results(seed: int) -> None:
    """The cotangent of one argument from one result is the same when others are asked for as well."""
    module = random_module(seed)
    inputs, (ct, _) = arguments(seed), directions(seed, 2)
    some = transformed(module, VjpOp, "f", wrt=(1,), seeds=(0,))
    all_ = transformed(module, VjpOp, "f", wrt=(2, 1, 0), seeds=(1, 0))
    one = run(module, some, *inputs, ct)[3]
    close(one, make_plan(module, all_)(*inputs, np.zeros_like(ct), ct)[4], 1e-12)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("axes", [(0, 0, 0, 0), (2, -1, 0, 1), (-1, 1, -1, -1)])
def test_vmap_equals_a_loop(seed: int, axes: tuple[int, ...]) -> None:
    module, size = random_module(seed), 3
    items = [arguments(1000 * seed + k) for k in range(size)]
    batched = [
        items[0][i] if axis < 0 else np.stack([item[i] for item in items], axis)
        for i, axis in enumerate(axes)
    ]
    plan = make_plan(module, "f")
    out = (1, 0, 2)
    found = run(
        module,
        transformed(module, VmapOp, "f", in_axes=axes, out_axes=out, size=size, axis_name=""),
        *batched,
    )
    for k in range(size):
        inputs = [items[0 if axis < 0 else k][i] for i, axis in enumerate(axes)]
        for actual, expected, axis in zip(found, plan(*inputs), out, strict=True):
            close(np.take(actual, k, axis), expected, 1e-13)


@pytest.mark.parametrize("seed", SEEDS)
def test_transformations_nest_in_any_order(seed: int) -> None:
    """The gradient of each item of a batch: vmap of vjp, and vjp of vmap; then a jvp of both."""
    module, size = random_module(seed, length=9), 2
    items = [arguments(7 * seed + k) for k in range(size)]
    cts = [directions(7 * seed + k, 2) for k in range(size)]
    batched = [np.stack(x) for x in zip(*items, strict=True)]
    seeds = [np.stack(x) for x in zip(*cts, strict=True)]
    in_axes, out_axes = (0,) * 4, (0,) * 3
    inner = transformed(module, VjpOp, "f", wrt=ACTIVE, seeds=(0, 1))
    one = transformed(module, VmapOp, inner, in_axes=(0,) * 6, out_axes=(0,) * 6, size=size, axis_name="")
    batch = transformed(module, VmapOp, "f", in_axes=in_axes, out_axes=out_axes, size=size, axis_name="")
    other = transformed(module, VjpOp, batch, wrt=ACTIVE, seeds=(0, 1))
    twice = [transformed(module, JvpOp, f, wrt=(0, 1, 2)) for f in (one, other)]
    tangents = [np.stack([t, 2 * t]) for t in directions(seed)]

    found = run(module, one, *batched, *seeds)
    expected = make_plan(module, other)(*batched, *seeds)
    for actual, wanted in zip(found, expected, strict=True):
        close(actual, wanted, 1e-11)
    first, second = (make_plan(module, f)(*batched, *seeds, *tangents) for f in twice)
    plan = make_plan(module, one)
    ahead, behind = (plan(*moved(batched, tangents, s), *seeds)[3:] for s in (STEP, -STEP))
    for a, b, above, below in zip(first[8:], second[8:], ahead, behind, strict=True):
        close(a, b, 1e-10)
        close(a, (above - below) / (2 * STEP), 1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_rewriting_gives_what_evaluation_gives(seed: int) -> None:
    module = random_module(seed)
    inputs, cts = arguments(seed), directions(seed, 2)
    name = transformed(module, VjpOp, "f", wrt=ACTIVE, seeds=(0, 1))
    with module.context:
        lookup(module, name).attributes["sym_visibility"] = ir.StringAttr.get("public")
    Expander(module).expand_all()
    expected = make_plan(module, name)(*inputs, *cts)
    run_passes(module, REWRITES)
    for actual, wanted in zip(make_plan(module, name)(*inputs, *cts), expected, strict=True):
        close(actual, wanted, 1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_transpose_of_a_transpose_is_the_function(seed: int) -> None:
    module = random_module(seed)
    inputs, tangents = arguments(seed), directions(seed)
    rule = Linearizer(module).linearize("f", ACTIVE)
    residuals = make_plan(module, rule.forward)(*inputs)[3:]
    linear = tuple(range(rule.residuals, rule.residuals + 3))
    once = transformed(module, LinearTransposeOp, rule.linear, wrt=linear)
    results = len(rule.nonzero)
    twice = transformed(
        module, LinearTransposeOp, once, wrt=tuple(range(rule.residuals, rule.residuals + results))
    )
    found = run(module, twice, *residuals, *tangents)
    for actual, expected in zip(found, make_plan(module, rule.linear)(*residuals, *tangents), strict=True):
        close(actual, expected, 1e-12)


def test_functions_are_transformed_once_for_each_signature() -> None:
    module = random_module(3)
    names = [transformed(module, JvpOp, "f", wrt=ACTIVE) for _ in range(3)]
    Expander(module).expand_all()
    ops = [op for name in names for op in body_of(lookup(module, name)).operations]
    callees = {symbol for op in ops for symbol in callees_of(op).values()} | {None}
    assert callees - {None} == {"f_jvp"}
    derived = [f for f in functions(module) if f.startswith("h_jvp")]
    # "h" is called from "f" and "g", with at most all combinations of active arguments.
    assert 1 <= len(derived) <= 7


def test_repeated_requests_give_the_same_function() -> None:
    module = random_module(1)
    linearizer, transposer, vectorizer = Linearizer(module), Transposer(module), Vectorizer(module)
    assert linearizer.jvp("f", ACTIVE) is linearizer.jvp("f", ACTIVE)
    rule = linearizer.linearize("f", ACTIVE)
    assert linearizer.linearize("f", ACTIVE) is rule
    turned = transposer.transpose(rule.linear, (rule.residuals,), (0,))
    assert transposer.transpose(rule.linear, (rule.residuals,), (0,)) is turned
    assert vectorizer.vectorize("f", (0, 0, 0, 0), 2) is vectorizer.vectorize("f", (0, 0, 0, 0), 2)
    assert (
        vectorizer.vectorize("f", (0, 0, 0, 0), 3).symbol != vectorizer.vectorize("f", (0, 0, 0, 0), 2).symbol
    )


def test_the_linear_part_contains_nothing_that_needs_no_tangent() -> None:
    module = parse_module("""
        func.func @f(%x: tensor<4xf64>, %y: tensor<4xf64>) -> tensor<4xf64> {
          %a = "axir.sin"(%y) : (tensor<4xf64>) -> tensor<4xf64>
          %b = "axir.exp"(%a) : (tensor<4xf64>) -> tensor<4xf64>
          %c = "axir.mul"(%x, %b) : (tensor<4xf64>, tensor<4xf64>) -> tensor<4xf64>
          return %c : tensor<4xf64>
        }""")
    rule = Linearizer(module).linearize("f", (0,))
    names = [op.OPERATION_NAME for op in body_of(lookup(module, rule.linear)).operations]
    assert names == ["axir.mul", "func.return"]
    assert rule.residuals == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            '%y = "axir.sin"(%t) : (tensor<2xf64>) -> tensor<2xf64>',
            r"axir\.sin is not linear in its operands 0,",
        ),
        (
            '%y = "axir.mul"(%t, %t) : (tensor<2xf64>, tensor<2xf64>) -> tensor<2xf64>',
            r"axir\.mul is not linear in its operands 0, 1,",
        ),
        (
            '%y = "axir.div"(%c, %t) : (tensor<2xf64>, tensor<2xf64>) -> tensor<2xf64>',
            r"axir\.div is not linear in its operands 1,",
        ),
    ],
)
def test_nonlinear_functions_have_no_transpose(body: str, message: str) -> None:
    module = parse_module(f"""
        func.func @f(%c: tensor<2xf64>, %t: tensor<2xf64>) -> tensor<2xf64> {{
          {body}
          return %y : tensor<2xf64>
        }}""")
    with pytest.raises(MissingRuleError, match=message):
        Transposer(module).transpose("f", (1,), (0,))


def test_batched_results_need_an_axis() -> None:
    module = random_module(0)
    name = transformed(module, VmapOp, "f", in_axes=(0, 0, 0, 0), out_axes=(0, -1, 0), size=2, axis_name="")
    with pytest.raises(ShapeError, match=r"out_axes is None for result 1, but that result differs"):
        run(module, name)


def test_unbatched_results_are_repeated_where_an_axis_is_asked_for() -> None:
    module = parse_module("""
        func.func private @f(%x: tensor<2xf64>, %c: tensor<3xf64>) -> tensor<3xf64> {
          return %c : tensor<3xf64>
        }""")
    name = transformed(module, VmapOp, "f", in_axes=(0, -1), out_axes=(1,), size=4, axis_name="")
    found = run(module, name, np.zeros((4, 2)), np.arange(3.0))
    np.testing.assert_array_equal(found[0], np.repeat(np.arange(3.0)[:, None], 4, 1))


def test_locations_follow_the_ops() -> None:
    """Rules append ops at the location of the op that they differentiate."""
    module = parse_module("""
        func.func @f(%x: tensor<2xf64>) -> tensor<2xf64> {
          %y = "axir.sin"(%x) : (tensor<2xf64>) -> tensor<2xf64> loc("wave.py":12:3)
          return %y : tensor<2xf64>
        }""")
    rule = Linearizer(module).linearize("f", (0,))
    turned = Transposer(module).transpose(rule.linear, (1,), (0,))
    for name in (rule.forward, rule.linear, turned.symbol):
        found = [op for op in body_of(lookup(module, name)).operations if not isinstance(op, func.ReturnOp)]
        assert found and all('"wave.py":12:3' in str(op.location) for op in found)


def test_signatures_of_random_programs() -> None:
    assert signature(lookup(random_module(0), "f")) == (
        SIGNATURE,
        (Aval((2, 3), FLOAT64),) * 2 + (SIGNATURE[3],),
    )
