"""Errors about rules that do not exist name the user's line, whatever transformation meets the operation."""

from __future__ import annotations

from typing import Any

import pytest

import axir
import axir.numpy as np
from axir import lax
from axir.errors import MissingRuleError


def doubled_until(x: Any) -> Any:
    return lax.while_loop(lambda v: v < 100, lambda v: v * 2, x)  # the loop's line


@pytest.mark.parametrize(
    "function",
    [
        axir.grad(doubled_until),
        axir.jit(axir.grad(doubled_until)),
        axir.grad(axir.jit(doubled_until)),
        axir.grad(lambda x: lax.cond(x > 0, doubled_until, lambda v: v, x)),
        axir.vmap(axir.grad(doubled_until), axis_size=2, in_axes=None),
        axir.jacrev(axir.grad(doubled_until)),
    ],
)
def test_reverse_mode_through_a_loop_names_the_loop(function: Any) -> None:
    with pytest.raises(MissingRuleError) as caught:
        function(1.0)
    message = str(caught.value)
    assert message.count(" At ") == 1
    line = doubled_until.__code__.co_firstlineno + 1
    assert message.endswith(
        f"At {__file__.rpartition('/')[2]}:{line}: "
        "return lax.while_loop(lambda v: v < 100, lambda v: v * 2, x)  # the loop's line"
    )


def test_forward_mode_of_a_reverse_rule_names_the_call() -> None:
    @axir.custom_vjp
    def twice(x: Any) -> Any:
        return 2 * x

    twice.defvjp(lambda x: (twice(x), None), lambda _, ct: (2 * ct,))
    with pytest.raises(MissingRuleError, match=r"At test_missing_rules.py:\d+: axir.jvp\(lambda x: twice"):
        axir.jvp(lambda x: twice(x) + 1, (1.0,), (1.0,))


def test_products_that_meet_in_one_element_name_the_line() -> None:
    def function(u: Any) -> Any:
        return np.sum(np.ones(3).at[np.array([0, 0])].multiply(u))  # the update's line

    with pytest.raises(MissingRuleError, match="the update's line"):
        axir.jit(axir.grad(function))(np.ones(2))
