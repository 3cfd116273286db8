"""Sizes that are known only at a call: one program for all of them, or a clear refusal."""

from __future__ import annotations

from typing import Any

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import aot
from axir.aot import Dim
from axir.errors import CompileError, ShapeError
from axir_runtime import ArgumentShapeError, parse_size

RNG = onp.random.default_rng(3)
PARAMS = {"w": RNG.normal(size=(6, 8)).astype("f4"), "b": RNG.normal(size=8).astype("f4")}
SPEC = {"w": "f32[6,8]", "b": "f32[8]"}
MAX = 1000


def predict(params: Any, x: Any) -> Any:
    return axir.nn.softmax(np.tanh(x @ params["w"] + params["b"]))


def loss(params: Any, x: Any, labels: Any) -> Any:
    scores = np.tanh(x @ params["w"] + params["b"])
    return np.mean((scores - axir.nn.one_hot(labels, 8)) ** 2)


def ones(x: Any) -> Any:
    """Numbers that depend on nothing but the size: IREE must not lose it."""
    return np.sum(x == x), np.mean(np.ones_like(x)), axir.grad(lambda b: np.mean(x + b))(np.zeros(3))


def batched(x: Any) -> Any:
    """Loops over single elements and at the level of the program, beside the axis whose size has a name."""
    square = x @ x.mT + 4 * np.eye(3)
    row = x[:, 0]
    return (
        np.sort(row, axis=1),
        np.argsort(row, axis=1),
        np.cumsum(x, axis=2),
        np.linalg.cholesky(square),
    )


def scan_rows(x: Any) -> Any:
    return axir.lax.scan(lambda c, row: (c * 0.5 + row, np.tanh(c)), np.zeros(3), x)


def running(x: Any) -> Any:
    """Along the axis whose size has a name."""
    row = x[:, 0]
    return (
        np.cumsum(x, axis=0),
        axir.lax.cummax(x, axis=0),
        np.cumprod(row),
        scan_rows(x),
        np.sort(x, axis=0),
        np.argsort(row),
        np.zeros(4).at[(row > 0).astype(int)].add(row),
    )


def stepped(x: Any) -> Any:
    """Loops and branches that carry the axis."""
    return (
        axir.lax.fori_loop(0, 4, lambda i, c: c * 0.5 + i, x),
        axir.lax.while_loop(lambda c: np.sum(c * c) > 1, lambda c: c * 0.5, x),
        axir.lax.cond(np.sum(x) > 0, lambda c: c * 2, lambda c: c - 1, x),
        np.pad(x, ((1, 2), (0, 0))),
        x[:, np.array([2, 0])],
    )


FUNCTIONS = {
    "batched": (batched, "f32[n,3,3]"),
    "batched_gradient": (
        axir.grad(lambda x: (np.cumsum(x, axis=2) ** 2).sum()),
        "f32[n,3,3]",
    ),
    "few": (lambda x: (np.var(x, axis=0, ddof=1), np.linspace(0, 1, x.shape[0])), "f32[n,3]"),
    "running": (running, "f32[n,3]"),
    "running_gradient": (
        axir.grad(lambda x: (np.cumsum(x[:, 0]) ** 2 + scan_rows(x)[1][:, 1]).sum()),
        "f32[n,3]",
    ),
    "stepped": (stepped, "f32[n,3]"),
    "stepped_gradient": (
        axir.grad(lambda x: (axir.lax.fori_loop(0, 4, lambda i, c: np.sin(c) + i, x) ** 2).sum()),
        "f32[n,3]",
    ),
    "mapped_scan": (axir.vmap(lambda x: axir.lax.scan(lambda c, y: (c + y, c * y), 0.0, x)[1]), "f32[n,5]"),
    "gradient": (axir.value_and_grad(loss), SPEC, "f32[batch,6]", "i32[batch]"),
    "predict": (predict, SPEC, "f32[batch,6]"),
    "ones": (ones, "f32[n,3]"),
    "shapes": (
        lambda x: (
            x.reshape(-1),
            np.concatenate([x, x]),
            x[1:],
            x.T,
            x[::-1],
            x * np.arange(x.shape[0])[:, None],
        ),
        "f32[n,3]",
    ),
    "two": (lambda x, y: (x[:, None] - y[None, :], np.var(y)), "f32[n]", "f32[m]"),
    "mapped": (axir.vmap(axir.grad(lambda v: np.sum(np.sin(v) ** 2))), "f32[n,3]"),
    "expressions": (lambda x, y: (x.reshape(-1, 2).sum(axis=1), y * x.shape[0]), "f32[2*n]", "i32[n+1]"),
}


@pytest.fixture(scope="module")
def exported() -> aot.Exported:
    dims = [Dim(name, max=MAX) for name in ("batch", "n", "m")]
    return aot.export(FUNCTIONS, name="sizes", dims=dims)


def _arguments(name: str, sizes: dict[str, int]) -> list[Any]:
    def array(text: str) -> onp.ndarray:
        spec = aot.spec(text)
        shape = [d.size.value(sizes) if isinstance(d, Dim) else d for d in spec.shape]
        wanted = RNG.integers(0, 8, shape) if spec.dtype == onp.int32 else RNG.normal(size=shape)
        return wanted.astype(spec.dtype)

    _, *specs = FUNCTIONS[name]
    return [PARAMS if s is SPEC else array(s) for s in specs]


@pytest.mark.parametrize("size", [1, 2, 3, 25, 97, MAX])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_size_gives_what_the_function_gives(name: str, size: int, exported: aot.Exported) -> None:
    sizes = {"batch": size, "n": size, "m": 1 if size == 3 else 7}
    args = _arguments(name, sizes)
    found = exported.call(*args, function=name)
    expected = FUNCTIONS[name][0](*axir.tree.map(np.asarray, args))
    leaves, tree = axir.tree_util.tree_flatten(expected)
    assert axir.tree_util.tree_structure(found) == tree
    for x, y in zip(axir.tree.leaves(found), leaves, strict=True):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        onp.testing.assert_allclose(x, onp.asarray(y), 2e-4, 2e-5)


def test_signatures_show_sizes(exported: aot.Exported) -> None:
    said = repr(exported)
    assert "expressions(x: float32[2*n], y: int32[n+1]) -> (float32[n], int32[n+1])" in said
    assert "two(x: float32[n], y: float32[m]) -> (float32[n, m], float32[])" in said


@pytest.mark.parametrize(
    ("name", "shapes", "message"),
    [
        (
            "two",
            [(MAX + 1,), (3,)],
            rf"two: x must be float32\[n\] with 1 <= n <= {MAX}; got float32\[1001\]",
        ),
        ("two", [(0,), (3,)], "1 <= n"),
        ("two", [(3, 1), (3,)], r"two: x must be float32\[n\]; got float32\[3, 1\]"),
        ("expressions", [(7,), (4,)], r"x must be float32\[2\*n\] with 1 <= n"),
        ("expressions", [(8,), (4,)], r"y must be int32\[n\+1\] where n=4; got int32\[4\]"),
        ("mapped", [(8, 2)], r"v must be float32\[n, 3\]; got float32\[8, 2\]"),
    ],
)
def test_sizes_are_checked_at_each_call(
    name: str, shapes: list[tuple[int, ...]], message: str, exported: aot.Exported
) -> None:
    dtypes = ["f4", "i4" if name == "expressions" else "f4"]
    args = [onp.zeros(shape, dtype) for shape, dtype in zip(shapes, dtypes, strict=False)]
    with pytest.raises(ArgumentShapeError, match=message):
        exported.call(*args, function=name)


def test_equal_names_are_equal_sizes(exported: aot.Exported) -> None:
    with pytest.raises(ArgumentShapeError, match=r"must be int32\[batch\] where batch=3; got int32\[4\]"):
        exported.call(PARAMS, onp.zeros((3, 6), "f4"), onp.zeros(4, "i4"), function="gradient")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: np.abs(np.fft.fft(x)), "cannot go through .*Use fixed sizes"),
        (lambda x: np.linalg.inv(np.outer(x, x)), "cannot go through .*Use fixed sizes"),
        (
            lambda x: x / x.shape[0] ** 0.5,
            "depends on sizes in a way that is not known.* At test_aot_sizes.py",
        ),
        (lambda x: x * 2 if x.shape[0] > 300 else x, "cannot go through .* At test_aot_sizes.py"),
        (lambda x: x * 2 if x.shape[0] % 3 else x, "cannot go through"),
        # What none of the samples that every function is traced for shows.
        (lambda x: x * 2 if x.shape[0] % 100 == 99 else x, "cannot go through"),
        (lambda x: x * (x.shape[0] // 499), "depends on sizes in a way|no sum of multiples"),
        (lambda x: axir.jit(lambda y: y * 2 if 233 < y.T.shape[0] < 237 else y)(x), "cannot go through"),
        (
            lambda x: axir.grad(lambda y: (y * (3 if y.shape[0] == 77 else 2)).sum())(x),
            "cannot go|depends on",
        ),
        (lambda x: x.reshape(-1, 1) * np.zeros(x.shape[0] ** 2), "a size that is no sum of multiples"),
        (lambda x: x + onp.ones(x.shape[0], "f4"), "uses other arrays, for other sizes"),
        (lambda x: [x] * x.shape[0], "has results of another kind"),
        (lambda x: np.zeros(x.shape[0] // 2), "a size that is no sum of multiples"),
    ],
)
def test_what_no_size_can_go_through(function: Any, message: str) -> None:
    with pytest.raises(CompileError, match=message):
        aot.export({"f": (function, "f32[n]")}, dims=[Dim("n", max=500)])


@pytest.mark.parametrize(
    ("specs", "dims", "message"),
    [
        (["f32[n+m]"], [], "no argument has an axis that depends on the size 'm' alone"),
        (["f32[n-1]"], [], "the size n-1 may be less than 1"),
        (["f32[a]", "f32[b]", "f32[c]", "f32[d]"], [], "at most 3 sizes may have names"),
        (["f32[n]"], [Dim("n"), Dim("n", max=7)], "has the bounds"),
        (["f32[n]"], [Dim("n", min=4, max=4)], "leave no choice"),
    ],
)
def test_names_that_cannot_be_used(specs: list[str], dims: list[Dim], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        aot.export({"f": (lambda *xs: xs, *specs)}, dims=dims)


def test_sizes_are_computed_with() -> None:
    n, m = Dim("n", min=2, max=9), Dim("m")
    assert repr(2 * n + m - 1) == "Dim(m+2*n-1)" and (n - n).size.terms == ()
    assert axir.ShapeDtypeStruct((n, 3), "float32").shape[0] is n
    assert parse_size("2*n + m-1") == (2 * n + m - 1).size
    with pytest.raises(ShapeError, match="has the bounds"):
        n + Dim("n")
    for bad in ({"min": -1}, {"min": 5, "max": 4}, {"max": 1}):
        with pytest.raises(ShapeError, match="bounds must be"):
            Dim("n", **bad)
    with pytest.raises(ShapeError, match="is a word"):
        Dim("2n")
    for text in ("", "n m", "2n", "n*2", "n**2", "+", "n+"):
        with pytest.raises(ValueError, match="a size is a number, a name, or a sum"):
            parse_size(text)


def test_sizes_may_be_zero() -> None:
    def f(x: Any) -> Any:
        return np.sum(x, axis=0), np.sort(x, axis=0), np.cumsum(x[:, 0]), x @ x.T, np.sort(x, axis=1)

    exported = aot.export(f, "f32[n,3]", dims=[Dim("n", min=0, max=50)])
    for size in (0, 1, 2, 3, 25, 50):
        x = RNG.normal(size=(size, 3)).astype("f4")
        for found, expected in zip(exported.call(x), f(np.asarray(x)), strict=True):
            assert found.shape == expected.shape
            onp.testing.assert_allclose(found, onp.asarray(expected), 2e-4, 2e-5)
    with pytest.raises(ArgumentShapeError, match="0 <= n <= 50"):
        exported.call(onp.zeros((51, 3), "f4"))


def test_some_sizes_have_programs_of_their_own() -> None:
    """Where Python code does something else for single sizes that the samples show."""

    def f(x: Any) -> Any:
        n = x[1:].shape[0] + 1
        y = np.tanh(x) + 1 if n == 3 or 76 < n <= 77 else x
        return axir.jit(lambda y: y * 2 if y.T.shape[0] == 34 else y)(y)

    exported = aot.export(f, "f32[n]", dims=[Dim("n", max=100)])
    for size in (1, 2, 3, 4, 34, 50, 77, 100):
        x = RNG.normal(size=size).astype("f4")
        onp.testing.assert_allclose(exported.call(x), onp.asarray(f(np.asarray(x))), 1e-5, 1e-6)
