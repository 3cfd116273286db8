"""Scaled products, exchange of a named axis, logs of running programs, symbolic zeros of custom rules."""

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import axir
import axir.numpy as anp
from axir import custom_derivatives, lax
from axir.custom_derivatives import CustomVJPPrimal, SymbolicZero

RNG = np.random.default_rng(2)
LHS, RHS = RNG.standard_normal((2, 3, 8)).astype("float32"), RNG.standard_normal((2, 8, 5)).astype("float32")
LEFT, RIGHT = RNG.random((2, 3, 2)).astype("float32"), RNG.random((2, 4, 5)).astype("float32")


def test_scaled_dot() -> None:
    wide = np.einsum("bmk,bkn->bmn", LHS * np.repeat(LEFT, 4, 2), RHS * np.repeat(RIGHT, 2, 1))
    found = lax.scaled_dot(LHS, RHS, lhs_scale=LEFT, rhs_scale=RIGHT, preferred_element_type="float32")
    np.testing.assert_allclose(found, wide, rtol=1e-5, atol=1e-6)
    assert lax.scaled_dot(LHS, RHS, lhs_scale=LEFT).dtype == "bfloat16"
    numbers = (((2,), (1,)), ((0,), (0,)))
    plain = axir.jit(
        lambda x, y: lax.scaled_dot(x, y, dimension_numbers=numbers, preferred_element_type="float32")
    )
    np.testing.assert_allclose(plain(LHS, RHS), LHS @ RHS, rtol=1e-5, atol=1e-5)
    slope = axir.grad(
        lambda s: anp.sum(lax.scaled_dot(LHS[0], RHS[0], lhs_scale=s, preferred_element_type="float32"))
    )
    expected = (LHS[0] * RHS[0].sum(1)).reshape(3, 2, 4).sum(2)
    np.testing.assert_allclose(slope(LEFT[0]), expected, rtol=1e-5, atol=1e-5)


def test_scaled_matmul() -> None:
    right = np.swapaxes(RIGHT[:, ::2], 1, 2)
    wide = np.einsum(
        "bmk,bnk->bmn", LHS * np.repeat(LEFT, 4, 2), np.swapaxes(RHS, 1, 2) * np.repeat(right, 4, 2)
    )
    found = axir.jit(axir.nn.scaled_matmul)(LHS, np.swapaxes(RHS, 1, 2), LEFT, right)
    np.testing.assert_allclose(found, wide, rtol=1e-5, atol=1e-5)
    assert axir.nn.scaled_matmul(LHS, np.swapaxes(RHS, 1, 2), LEFT, right, "float16").dtype == "float16"


def test_exchange_of_the_named_axis() -> None:
    x = np.arange(18.0).reshape(3, 3, 2)
    found = axir.vmap(lambda v: lax.pswapaxes(v, "i", 0), axis_name="i")(x)
    np.testing.assert_array_equal(found, np.swapaxes(x, 0, 1))


def test_log(caplog: Any) -> None:
    with caplog.at_level(logging.INFO, "axir.debug"):
        axir.jit(lambda x: axir.debug.log("x is {}, y {y:.1f}", x, y=2 * x))(1.5)
        axir.effects_barrier()
    assert [r.getMessage() for r in caplog.records if r.name == "axir.debug"] == ["x is 1.5, y 3.0"]
    with pytest.raises(ValueError, match="use all arguments"):
        axir.debug.log("nothing", 1.0)


def test_symbolic_zeros_of_forward_rules() -> None:
    seen: list[Any] = []

    @axir.custom_jvp
    def scale(x: Any, n: Any) -> Any:
        return x * n

    def rule(primals: Any, tangents: Any) -> Any:
        seen.append(tangents[1])
        (x, n), (dx, dn) = primals, tangents
        assert type(dn) is SymbolicZero
        return scale(x, n), (SymbolicZero(x) if type(dx) is SymbolicZero else 3.0 * dx)

    scale.defjvp(rule, symbolic_zeros=True)
    assert axir.grad(scale)(2.0, 5) == 3.0
    assert seen[0].shape == ()


def test_symbolic_zeros_of_backward_rules() -> None:
    @axir.custom_vjp
    def product(x: Any, n: Any) -> Any:
        return x["a"] * n

    def forward(x: Any, n: Any) -> Any:
        assert isinstance(x["a"], CustomVJPPrimal)
        assert (x["a"].perturbed, n.perturbed) == (True, False)
        values = custom_derivatives.custom_vjp_primal_tree_values((x, n))
        return product(*values), values[1]

    def backward(n: Any, ct: Any) -> Any:
        return {"a": 7.0 * ct * n}, SymbolicZero(np.zeros((), axir.dtypes.float0))

    product.defvjp(forward, backward, symbolic_zeros=True)
    assert axir.grad(product)({"a": 2.0}, 5)["a"] == 35.0

    @axir.custom_vjp
    def nothing(x: Any) -> Any:
        return 2.0 * x

    nothing.defvjp(
        lambda x: (2.0 * x.value, x.value),
        lambda x, ct: (custom_derivatives.zero_from_primal(x, True),),
        True,
    )
    np.testing.assert_array_equal(axir.grad(lambda x: anp.sum(nothing(x)))(np.ones(2)), [0.0, 0.0])


def test_zeros_of_primals() -> None:
    zero = custom_derivatives.zero_from_primal(np.ones(3, "float32"))
    np.testing.assert_array_equal(zero, np.zeros(3))
    assert custom_derivatives.zero_from_primal(3).dtype == axir.dtypes.float0
    symbolic = custom_derivatives.zero_from_primal(np.ones((3, 1), "float32"), symbolic_zeros=True)
    assert (symbolic.shape, symbolic.dtype, symbolic.ndim) == ((3, 1), "float32", 2)
    assert symbolic == custom_derivatives.zero_from_primal(np.zeros((3, 1), "float32"), True)


ERRORS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: lax.scaled_dot(LHS, RHS, lhs_scale=np.ones((2, 3, 3))), TypeError, "lhs_scale must be like"),
    (lambda: lax.scaled_dot(LHS, RHS, rhs_scale=np.ones((2, 8, 5))), TypeError, "rhs_scale must be like"),
    (lambda: lax.scaled_dot(LHS, RHS[0]), ValueError, "the same rank"),
    (lambda: axir.nn.scaled_matmul(LHS, LHS, LEFT, LEFT[:, :2]), ValueError, "scales"),
    (lambda: custom_derivatives.custom_vjp_primal_tree_values([1.0]), TypeError, "CustomVJPPrimal"),
]


@pytest.mark.parametrize(("call", "error", "message"), ERRORS)
def test_bad_input(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
