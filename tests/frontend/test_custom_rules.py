"""custom_jvp, custom_vjp and checkpoint: whose rule is used, in every mode and nested in every way."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax
from axir.ad_checkpoint import checkpoint_name
from axir.errors import MissingRuleError, ShapeError, TreeError


@axir.custom_jvp
def log1pexp(x: Any) -> Any:
    return np.log(1 + np.exp(x))


@log1pexp.defjvp
def _log1pexp_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    return log1pexp(x), (1 - 1 / (1 + np.exp(x))) * dx


@axir.custom_vjp
def tripled(x: Any, w: Any) -> Any:
    """``x * w``, with a derivative that says by its factor 3 that the rule made it."""
    return {"out": x * w, "count": 7}


def _tripled_bwd(residuals: Any, ct: Any) -> Any:
    x, w = residuals
    return 3 * ct["out"] * w, 3 * np.sum(ct["out"] * x)


tripled.defvjp(lambda x, w: (tripled(x, w), (x, w)), _tripled_bwd)


def apply(x: Any, w: Any) -> Any:
    return np.sum(tripled(x, w)["out"])


X = onp.array([1.0, 100.0, -3.0], "float32")
SIGMOID = 1 / (1 + onp.exp(-X.astype(float)))


def close(found: Any, expected: Any) -> None:
    found, expected = axir.tree.leaves(found), axir.tree.leaves(expected)
    assert len(found) == len(expected)
    for x, y in zip(found, expected, strict=True):
        assert x.shape == onp.shape(y)
        onp.testing.assert_allclose(x, y, 2e-5, 2e-5)


def test_custom_jvp_in_all_modes() -> None:
    """The derivative of the formula itself is NaN at 100."""

    def everything(x: Any) -> Any:
        return {
            "value": log1pexp(x[0]),
            "grad": axir.vmap(axir.grad(log1pexp))(x),
            "grad of vmap": axir.grad(lambda v: np.sum(axir.vmap(log1pexp)(v)))(x),
            "jvp": axir.jvp(log1pexp, (x,), (2 * x,))[1],
            "jacfwd": axir.jacfwd(log1pexp)(x),
            "second": axir.grad(axir.grad(log1pexp))(x[0]),
            "hessian of vmap": axir.hessian(lambda v: np.sum(axir.vmap(log1pexp)(v)))(x[2:]),
            "in scan": axir.grad(lambda v: lax.scan(lambda c, t: (log1pexp(c) * t, None), v, np.ones(2))[0])(
                100.0
            ),
        }

    slope = SIGMOID * (1 - SIGMOID)
    expected = {
        "value": onp.log1p(onp.e), "grad": SIGMOID, "grad of vmap": SIGMOID, "jvp": 2 * X * SIGMOID,
        "jacfwd": onp.diag(SIGMOID), "second": slope[0], "hessian of vmap": slope[2:, None], "in scan": 1.0,
    }  # fmt: skip
    expected["value"] = onp.log(1 + onp.e)
    for f in (everything, axir.jit(everything)):
        close(f(X), expected)


def test_custom_vjp_in_all_modes() -> None:
    x, w = onp.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "float32"), onp.float32(10)

    def everything(x: Any, w: Any) -> Any:
        return {
            "value": tripled(x[0], w),
            "grad": axir.grad(apply, (0, 1))(x[0], w),
            "vmap": axir.vmap(axir.grad(apply, (0, 1)), (0, None))(x, w),
            "shared": axir.grad(lambda x, w: np.sum(axir.vmap(apply, (0, None))(x, w)), (0, 1))(x, w),
            "other axis": axir.grad(lambda x, w: np.sum(axir.vmap(apply, (1, 0))(x, w)))(x, np.ones(2) * w),
            "second": axir.grad(lambda w: axir.grad(apply, 1)(x[0], w * w))(w),
            "twice": axir.grad(lambda x: np.sum(axir.grad(apply)(x, np.sum(x))))(x[0]),
        }

    expected = {
        "value": {"out": 10 * x[0], "count": 7}, "grad": ([30, 30], 9.0), "vmap": (0 * x + 30, 3 * x.sum(1)),
        "shared": (0 * x + 30, 3 * x.sum()), "other axis": 0 * x + 30, "second": 0.0, "twice": [6.0, 6.0],
    }  # fmt: skip
    expected["grad"], expected["twice"] = (onp.full(2, 30.0), 9.0), onp.full(2, 6.0)
    for f in (everything, axir.jit(everything)):
        close(f(x, w), expected)


def test_static_arguments_defaults_and_integers() -> None:
    @functools.partial(axir.custom_jvp, nondiff_argnums=(0,))
    def f(n: int, x: Any, k: Any) -> Any:
        return x**n * k

    f.defjvp(lambda n, p, t: (f(n, *p), 100.0 * n * t[0]))
    assert float(axir.grad(f, 1)(3, 2.0, 5)) == 300.0

    seen = []

    def bwd(shift: float, residuals: Any, ct: Any) -> Any:
        seen.append(shift)
        return ct * residuals, None

    g = axir.custom_vjp(lambda x, i, shift=1.0: x * x + shift, nondiff_argnums=(2,))
    g.defvjp(lambda x, i, shift: (x * x + shift, 50 * x), bwd)
    assert float(g(2.0, 1)) == 5.0
    assert float(axir.grad(g)(2.0, 1)) == 100.0 and seen == [1.0]
    assert float(axir.grad(lambda x: g(x, 1, shift=7.0))(2.0)) == 100.0 and seen[-1] == 7.0


def test_defjvps() -> None:
    f = axir.custom_jvp(lambda x, y: x * y)
    f.defjvps(lambda t, out, x, y: 10 * t * y, None)
    assert [float(g) for g in axir.grad(f, (0, 1))(2.0, 3.0)] == [30.0, 0.0]


def test_rules_use_values_from_outside() -> None:
    weights = np.array([1.0, 2.0])

    @axir.custom_jvp
    def f(x: Any) -> Any:
        return x * weights

    f.defjvp(lambda p, t: (f(*p), 5 * t[0] * np.flip(weights)))
    for g in (axir.grad, lambda h: axir.jit(axir.grad(h))):
        close(g(lambda x: np.sum(f(x)))(np.ones(2)), [onp.array([10.0, 5.0])])
    close(axir.hessian(lambda x: np.sum(f(x) ** 2))(np.ones(2)), [onp.diag([200.0, 50.0])])

    def outer(w: Any) -> Any:
        inner = axir.custom_jvp(lambda x: x * w)
        inner.defjvp(lambda p, t: (inner(*p), t[0]))
        return inner(2.0)

    with pytest.raises(MissingRuleError, match="Make it an argument"):
        axir.grad(outer)(3.0)


def test_rule_with_python_control_flow_on_values() -> None:
    @axir.custom_jvp
    def f(x: Any) -> Any:
        return abs(x)

    @f.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        (x,), (t,) = primals, tangents
        return f(x), (t if x > 0 else -7 * t)

    assert [float(axir.grad(f)(v)) for v in (2.0, -2.0)] == [1.0, -7.0]


def deep(x: Any, w: Any) -> Any:
    hidden = checkpoint_name(np.tanh(w @ x), "hidden")
    return np.sum(np.sin(w @ np.exp(hidden)))


POLICIES = {
    "nothing": None,
    "everything": axir.checkpoint_policies.everything_saveable,
    "dots": axir.checkpoint_policies.dots_saveable,
    "dots without batch": axir.checkpoint_policies.dots_with_no_batch_dims_saveable,
    "names": axir.checkpoint_policies.save_only_these_names("hidden"),
    "others": axir.checkpoint_policies.save_anything_except_these_names("hidden"),
}


def test_checkpoint_changes_no_number() -> None:
    x, w = onp.array([0.3, -0.5], "float32"), onp.array([[0.1, 0.7], [-0.4, 0.2]], "float32")

    steps = np.arange(1.0, 3.0)

    def gradients(f: Callable[..., Any], x: Any, w: Any) -> Any:
        return {
            "grad": axir.grad(f, (0, 1))(x, w),
            "jvp": axir.jvp(f, (x, w), (x, w)),
            "vmap": axir.vmap(axir.grad(f), (0, None))(np.stack([x, 2 * x]), w),
            "second": axir.hessian(f)(x, w),
            "in scan": axir.grad(lambda v: lax.scan(lambda c, t: (c * f(c, w) * t, None), v, steps)[0][0])(x),
        }

    remade = {name: axir.checkpoint(deep, policy=p) for name, p in POLICIES.items()}
    expected = gradients(deep, x, w)
    for f in remade.values():
        close(gradients(f, x, w), expected)
    found = axir.jit(lambda x, w: {name: gradients(f, x, w) for name, f in remade.items()})(x, w)
    for one in found.values():
        close(one, expected)


@pytest.mark.parametrize(
    ("policy", "dots", "tanhs"), [("nothing", 2, 1), ("dots", 0, 1), ("names", 1, 0), ("everything", 0, 0)]
)
def test_checkpoint_computes_again_what_is_not_kept(policy: str, dots: int, tanhs: int) -> None:
    """So many products with w, and tanh, of the forward pass are in the backward pass again."""
    f = axir.checkpoint(deep, policy=POLICIES[policy])
    text = str(axir.make_ir(axir.value_and_grad(f))(np.ones(2), np.ones((2, 2))))
    assert text.count("optimization_barrier") >= 1 or policy == "everything"
    assert text.count('"axir.tanh"') == 1 + tanhs
    plain = str(axir.make_ir(axir.value_and_grad(deep))(np.ones(2), np.ones((2, 2))))
    assert text.count('"axir.dot_general"') - plain.count('"axir.dot_general"') == dots


def test_optimization_barrier() -> None:
    f = lambda x: lax.optimization_barrier({"a": x * 2, "b": (x + 1,)})  # noqa: E731
    close(f(np.ones(2)), {"a": onp.full(2, 2.0), "b": (onp.full(2, 2.0),)})
    assert float(axir.grad(lambda x: f(x)["a"])(3.0)) == 2.0
    close(axir.jit(axir.vmap(f))(np.ones(2)), f(np.ones(2)))


def _with_rule(rule: Any) -> Any:
    f = axir.custom_jvp(lambda x: (x, x))
    f.defjvp(rule)
    return lambda: axir.grad(lambda x: f(x)[0])(1.0)


def _with_bwd(bwd: Any) -> Any:
    f = axir.custom_vjp(lambda x, y: x * y)
    f.defvjp(lambda x, y: (x * y, None), bwd)
    return lambda: axir.grad(f)(1.0, 2.0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: axir.custom_jvp(lambda x: x)(1.0), AttributeError, "has no rule. Set one with defjvp"),
        (lambda: axir.custom_vjp(lambda x: x)(1.0), AttributeError, "has no rule. Set one with defvjp"),
        (_with_rule(lambda p, t: p), TreeError, "the rule must give a pair"),
        (_with_rule(lambda p, t: (p[0], t[0])), TreeError, "the output of the rule must have the structure"),
        (_with_rule(lambda p, t: ((p[0], p[0]), t[0])), TreeError, "the tangent of the rule must have the structure"),
        (_with_rule(lambda p, t: ((p[0], p[0]), (np.ones(2), t[0]))), ShapeError, r"type f32\[\]; got f32\[2\]"),
        (_with_rule(lambda p, t: ((p[0], np.ones(3)), (t[0], t[0]))), ShapeError, r"type f32\[\]; got f32\[3\]"),
        (_with_bwd(lambda r, ct: ct), TreeError, "a tuple with a cotangent for each of 2 arguments"),
        (_with_bwd(lambda r, ct: (ct, (ct, ct))), TreeError, "the cotangent of argument 1 must have the structure"),
        (_with_bwd(lambda r, ct: (np.ones(4), ct)), ShapeError, r"its argument, f32\[\]; got f32\[4\]"),
        (lambda: axir.jvp(apply, (X, 2.0), (X, 1.0)), MissingRuleError, "Use custom_jvp"),
        (lambda: axir.linearize(apply, X, 2.0)[1](X, 1.0), MissingRuleError, "Use custom_jvp"),
        (lambda: axir.checkpoint(deep, policy=lambda *a: True), TypeError, "axir.checkpoint_policies"),
        (lambda: axir.grad(axir.custom_jvp(lambda x: x, nondiff_argnums=(3,)))(1.0), AttributeError, "no rule"),
    ],
)  # fmt: skip
def test_errors(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
