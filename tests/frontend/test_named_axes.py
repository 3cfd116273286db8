"""Operations over the items of a batch, against NumPy on the whole batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax
from axir.errors import AxisError, ShapeError, UnboundAxisError

X = onp.arange(12.0, dtype="float32").reshape(3, 4)
CUBE = onp.arange(54.0, dtype="float32").reshape(3, 3, 6)


def over(f: Callable[..., Any], *args: Any, **options: Any) -> Any:
    return axir.vmap(f, axis_name="i", **options)(*args)


def on(f: Callable[..., Any]) -> Callable[..., Any]:
    """``f`` over the rows of the first argument."""
    return lambda x, c: over(f, x)


def nested(x: Any, c: Any) -> Any:
    inner = axir.vmap(lambda v: lax.psum(v, ("i", "j")) + lax.axis_index(("i", "j")), axis_name="j")
    return axir.vmap(inner, axis_name="i")(x)


def looped(v: Any) -> Any:
    def step(s: Any, _: None) -> Any:
        return s + lax.cond(lax.axis_index("i") > 0, lambda: lax.psum(v, "i"), lambda: v), None

    return lax.scan(step, v * 0, length=2)[0]


def slope(x: Any, c: Any) -> Any:
    return axir.jvp(lambda x: over(lambda v: lax.psum(v * v, "i"), x), (x,), (x,))[1]


CASES: dict[str, tuple[Callable[..., Any], Any]] = {
    "psum": (on(lambda v: lax.psum(v, "i")), X.sum(0) + 0 * X),
    "psum of a tree": (on(lambda v: lax.psum({"a": v, "b": 1}, "i")), {"a": X.sum(0) + 0 * X, "b": [3] * 3}),
    "psum of what is shared": (on(lambda v: lax.psum(np.float32(2), "i") + v), X + 6),
    "pmean": (on(lambda v: v - lax.pmean(v, "i")), X - X.mean(0)),
    "pmax, pmin": (on(lambda v: lax.pmax(v, "i") - lax.pmin(v, "i")), 0 * X + 8),
    "axis_index": (on(lambda v: v * 0 + lax.axis_index("i")), 0 * X + [[0], [1], [2]]),
    "axis_size": (on(lambda v: v * lax.axis_size("i")), 3 * X),
    "all_gather": (on(lambda v: lax.all_gather(v, "i")), onp.stack([X] * 3)),
    "all_gather axis": (on(lambda v: lax.all_gather(v, "i", axis=1)), onp.stack([X.T] * 3)),
    "all_gather tiled": (
        on(lambda v: lax.all_gather(v, "i", tiled=True)), onp.stack([X.ravel()] * 3)
    ),
    "ppermute": (on(lambda v: lax.ppermute(v, "i", [(0, 2), (1, 0)])), onp.stack([X[1], 0 * X[0], X[0]])),
    "ppermute of nothing": (on(lambda v: lax.ppermute(v, "i", [])), 0 * X),
    "pshuffle": (on(lambda v: lax.pshuffle(v, "i", [2, 0, 1])), X[[2, 0, 1]]),
    "all_to_all": (lambda x, c: over(lambda v: lax.all_to_all(v, "i", 0, 1), c), CUBE.transpose(1, 2, 0)),
    "all_to_all tiled": (
        lambda x, c: over(lambda v: lax.all_to_all(v, "i", 1, 0, tiled=True), c),
        onp.stack([CUBE[:, :, 2 * k : 2 * k + 2].reshape(9, 2) for k in range(3)]),
    ),
    "psum_scatter": (lambda x, c: over(lambda v: lax.psum_scatter(v, "i"), c), CUBE.sum(0)),
    "psum_scatter tiled": (
        lambda x, c: over(lambda v: lax.psum_scatter(v, "i", scatter_dimension=1, tiled=True), c),
        CUBE.sum(0).reshape(3, 3, 2).transpose(1, 0, 2),
    ),
    "out_axes None": (lambda x, c: over(lambda v: lax.psum(v, "i"), x, out_axes=None), X.sum(0)),
    "other axis": (lambda x, c: over(lambda v: lax.psum(v, "i"), x, in_axes=1, out_axes=1), X.sum(1)[:, None] + 0 * X),
    "two axes": (
        nested,
        X.sum() + onp.arange(12).reshape(3, 4),
    ),
    "inner and outer of one name": (
        lambda x, c: over(lambda row: over(lambda v: lax.psum(v, "i"), row) + lax.psum(row, "i"), x),
        X.sum(1)[:, None] + X.sum(0),
    ),
    "in jit": (lambda x, c: over(axir.jit(lambda v: lax.psum(v, "i")), x), X.sum(0) + 0 * X),
    "in scan and cond": (
        on(looped),
        2 * onp.stack([X[0], X.sum(0), X.sum(0)]),
    ),
    "in while": (
        on(lambda v: lax.while_loop(lambda s: lax.psum(s, "i")[0] < 40, lambda s: s + 1, v)), X + 10
    ),
    "grad inside": (lambda x, c: over(axir.grad(lambda v: np.sum(lax.psum(v**2, "i"))), x), 6 * X),
    "grad outside": (lambda x, c: axir.grad(lambda x: np.sum(over(lambda v: lax.psum(v**2, "i"), x)))(x), 6 * X),
    "grad of all_gather": (
        lambda x, c: over(axir.grad(lambda v: np.sum(lax.all_gather(v, "i") * x)), x), 3 * X
    ),
    "jvp": (slope, 0 * X + 2 * (X**2).sum(0)),
    "grad of ppermute": (
        lambda x, c: axir.grad(lambda x: np.sum(over(lambda v: lax.ppermute(v, "i", [(0, 1)]), x) * x))(x),
        onp.stack([X[1], X[0], 0 * X[0]]),
    ),
}  # fmt: skip


def check(found: Any, expected: Any) -> None:
    found = axir.tree.leaves(found)
    expected = axir.tree.leaves(expected, is_leaf=lambda v: isinstance(v, list))
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        onp.testing.assert_allclose(a, b, 1e-6)


@pytest.mark.parametrize("name", CASES)
def test_evaluated(name: str) -> None:
    f, expected = CASES[name]
    check(f(X, CUBE), expected)


def test_compiled() -> None:
    found = axir.jit(lambda x, c: {name: f(x, c) for name, (f, _) in CASES.items()})(X, CUBE)
    for name, (_, expected) in CASES.items():
        check(found[name], expected)


def test_a_jitted_function_is_traced_for_each_set_of_axes() -> None:
    f = axir.jit(lambda v: v * lax.axis_size("i"))
    assert float(over(f, np.ones(2))[0]) == 2.0
    assert float(over(f, np.ones(5))[0]) == 5.0
    with pytest.raises(UnboundAxisError):
        f(1.0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: lax.psum(X, "q"), UnboundAxisError, "unbound axis name 'q'; the names here are: none"),
        (lambda: over(lambda v: lax.psum(v, "q"), X), NameError, "the names here are: 'i'"),
        (lambda: over(lambda v: lax.ppermute(v, "i", [(0, 1), (2, 1)]), X), ShapeError, "distinct positions below 3"),
        (lambda: over(lambda v: lax.ppermute(v, "i", [(0, 3)]), X), ShapeError, "distinct positions below 3"),
        (lambda: over(lambda v: lax.all_to_all(v, "i", 0, 0), X), ShapeError, "must have the size 3"),
        (lambda: over(lambda v: lax.psum_scatter(v, "i", tiled=True), X), ShapeError, "a multiple of the size 3"),
        (lambda: over(lambda v: lax.all_gather(v, "i", axis=4), X), AxisError, "4"),
        (lambda: over(lambda v: lax.psum(v, "i", axis_index_groups=[[0]]), X), NotImplementedError, "several named"),
        (lambda: over(lambda v: lax.all_gather(v, ("i", "j")), X), ShapeError, "takes one axis name"),
    ],
)  # fmt: skip
def test_errors(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
