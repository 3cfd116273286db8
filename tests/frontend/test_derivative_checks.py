"""``axir.test_util``: right derivatives pass, wrong ones do not."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir.test_util import check_grads, check_jvp, check_vjp


@axir.custom_jvp
def _wrong(x: Any) -> Any:
    return x**2


_wrong.defjvp(lambda primals, tangents: (_wrong(*primals), 3 * primals[0] * tangents[0]))


@pytest.mark.parametrize("mode", ["fwd", "rev", "lin"])
def test_wrong_rules_are_found(mode: str) -> None:
    with pytest.raises(AssertionError, match={"fwd": "FWD", "rev": "REV", "lin": "LIN"}[mode]):
        check_grads(_wrong, (onp.float32(2.0),), 1, modes=(mode,))
    check_grads(lambda x: x**2, (onp.float32(2.0),), 2, modes=(mode,))


def test_what_is_wrong_in_the_second_order_only() -> None:
    @axir.custom_jvp
    def slope(x: Any) -> Any:
        return np.cos(x)

    slope.defjvp(lambda primals, tangents: (slope(*primals), np.sin(primals[0]) * tangents[0]))

    @axir.custom_jvp
    def sine(x: Any) -> Any:
        return np.sin(x)

    sine.defjvp(lambda primals, tangents: (sine(*primals), slope(primals[0]) * tangents[0]))
    check_grads(sine, (onp.float32(0.5),), 1)
    with pytest.raises(AssertionError, match="FWD of FWD tangent"):
        check_grads(sine, (onp.float32(0.5),), 2)


def test_pytrees_integers_and_complex_numbers() -> None:
    def f(x: Any, n: Any) -> Any:
        return {"a": np.sin(x["w"]) * n, "count": np.int32(3), "size": np.sum(np.abs(x["z"]) ** 2)}

    arguments = {"w": onp.ones((2, 3), "float32"), "z": onp.array([1 + 2j, 0.5j], "complex64")}
    check_grads(f, (arguments, 3), 1, modes=("fwd", "rev", "lin"))
    check_jvp(np.exp, partial(axir.jvp, np.exp), (0.5,))
    check_vjp(np.exp, partial(axir.vjp, np.exp), (0.5,))


def test_tolerances_by_dtype() -> None:
    nearly = partial(axir.jvp, lambda x: 1.01 * x)
    check_jvp(lambda x: 1.01 * x, nearly, (1.0,))
    with pytest.raises(AssertionError, match="mine primal"):
        check_jvp(lambda x: x, nearly, (1.0,), err_msg="mine")
    check_jvp(lambda x: x, nearly, (1.0,), atol={"float32": 0.1})
