"""Reductions that IREE is told how to cut: of columns, and products of matrix and vector."""

from __future__ import annotations

from typing import Any

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir._src.device_targets import target_of
from axir_compiler.lowering.tilings import with_tilings
from axir_compiler.mlir import context, ir

SHAPES: list[tuple[tuple[int, ...], int | tuple[int, ...]]] = [
    ((200, 37), 0),
    ((37, 130), 0),
    ((1024, 128), 0),
    ((3, 200, 19), 1),
    ((3, 200, 1, 19), 1),
    ((5, 40, 33, 3), (1, 2)),
    ((64, 9, 8), (0, 1)),
    ((2000, 3), 0),
    ((5000, 1), 0),
    ((130, 37), 1),
    ((3, 40, 130), (1, 2)),
    ((300, 1), 0),
]
WHOLE = [(131_101,), (400, 331), (3, 50_021), (2, 2, 11, 3_001), (131_101, 1)]
ATTRIBUTES = ("compilation_info", "lowering_config", "iree_linalg_ext.split_reduction")


def _all(x: Any, axis: Any) -> list[Any]:
    y = np.exp(x * 0.1)
    return [
        x.sum(axis), x.max(axis), x.min(axis), x.var(axis), y.sum(axis, keepdims=True), x.mean(axis) + 1,
        (x - x.max(axis, keepdims=True)).prod(axis), (x > 0.5).any(axis), (x > 0).sum(axis),
        np.round(x * 9).astype("int8").max(axis), x.astype("float16").sum(axis), (x * (1 + 2j)).sum(axis),
        axir.scipy.special.logsumexp(x, axis=axis), *([np.argmax(x, axis)] if isinstance(axis, int) else []),
    ]  # fmt: skip


def test_values() -> None:
    rng = onp.random.default_rng(0)
    arrays = [rng.normal(size=shape).astype("f4") for shape, _ in SHAPES]
    arrays[0][7, 5] = onp.nan

    def compute(*arrays: Any) -> list[list[Any]]:
        return [_all(x, axis) for x, (_, axis) in zip(arrays, SHAPES, strict=True)]

    eager = compute(*map(np.asarray, arrays))
    for ours, expected, (shape, axis) in zip(axir.jit(compute)(*arrays), eager, SHAPES, strict=True):
        for i, (a, b) in enumerate(zip(ours, expected, strict=True)):
            tolerance = {"rtol": 1e-2, "atol": 0.3} if b.dtype == "float16" else {"rtol": 2e-5, "atol": 2e-4}
            onp.testing.assert_allclose(a, b, **tolerance, err_msg=f"result {i} of {shape} along {axis}")


def test_all_to_one() -> None:
    """Large enough that several tasks compute parts of the result."""
    rng = onp.random.default_rng(2)
    arrays = [rng.normal(size=shape).astype("f4") for shape in WHOLE]
    arrays[1][7, 5] = onp.nan
    arrays[2][2, -1] = onp.inf

    def compute(*arrays: Any) -> list[list[Any]]:
        return [
            [
                x.sum(), x.max(), x.min(), np.exp(-x * x).mean(), (x > 3).any(), (x > 0).sum(),
                np.argmax(x), np.argmin(x),
                (x.astype("float16") / 64).max(), np.round(x * 9).astype("int8").min(), np.prod(1 + x / 1e6),
                np.nansum(x.astype("complex64") * 1j), np.vdot(x, x), x.astype("bfloat16").min(),
            ]
            for x in arrays
        ]  # fmt: skip

    eager = compute(*map(np.asarray, arrays))
    for ours, expected, shape in zip(axir.jit(compute)(*arrays), eager, WHOLE, strict=True):
        for i, (a, b) in enumerate(zip(ours, expected, strict=True)):
            onp.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-2, err_msg=f"result {i} of {shape}")


def test_all_to_one_of_wide_numbers() -> None:
    with axir.enable_x64():
        x = onp.random.default_rng(3).normal(size=(500, 401))
        whole = onp.round(x * 1e6).astype("i8")
        found = axir.jit(lambda x, n: (x.sum(), x.max(), n.sum(), n.max(), np.argmin(n)))(x, whole)
    expected = (x.sum(), x.max(), whole.sum(), whole.max(), whole.argmin())
    for a, b in zip(found, expected, strict=True):
        onp.testing.assert_allclose(a, b, rtol=1e-10)


def test_products_with_vectors() -> None:
    rng = onp.random.default_rng(1)
    a, b, v = (rng.normal(size=s).astype("f4") for s in ((90, 131), (4, 70, 131), (131,)))

    def compute(a: Any, b: Any, v: Any) -> list[Any]:
        return [
            a @ v, axir.nn.relu(a @ v + 1), a.T @ (a @ v), a * (a @ v)[:, None], b @ v, (a + 1j) @ (v - 2j),
            np.einsum("bij,bj->bi", b, b[:, 0]), (a * 9).astype("int32") @ (v * 9).astype("int32"),
            np.argmin((a - v) ** 2, axis=1), np.linalg.norm(a @ v) + np.linalg.norm(b, axis=1),
        ]  # fmt: skip

    for i, (x, y) in enumerate(
        zip(axir.jit(compute)(a, b, v), compute(*map(np.asarray, (a, b, v))), strict=True)
    ):
        onp.testing.assert_allclose(x, y, rtol=2e-5, atol=2e-4, err_msg=f"result {i}")


@pytest.mark.parametrize(
    ("function", "shape", "count"),
    [
        (lambda x: x.sum(0), (200, 37), 1),
        (lambda x: x.var(0), (200, 37), 2),
        (lambda x: x.sum(1), (200, 37), 1),
        (lambda x: x.var(1), (200, 37), 0),
        (lambda x: x.max(), (5, 20, 37), 0),
        (lambda x: x.max(), (500, 300), 1),
        (lambda x: np.exp(x).sum(), (200_003,), 1),
        (lambda x: x.sum(0), (20, 37), 0),
        (lambda x: x.sum(0), (8, 1000), 0),
        (lambda x: x @ x.T, (64, 64), 0),
        (lambda x: x @ x[0], (64, 64), 1),
        (lambda x: axir.nn.softmax(x, 0), (200, 37), 0),
    ],
)
def test_which_reductions_have_tiles(function: Any, shape: tuple[int, ...], count: int) -> None:
    text = axir.jit(function).lower(np.zeros(shape)).as_text(stage="linalg")
    module = ir.Module.parse(text, context())
    ops = [line for line in str(with_tilings(module)).splitlines() if "linalg.generic" in line]
    assert sum(any(f"{name} = " in line for name in ATTRIBUTES) for line in ops) == count
    assert (with_tilings(module) is module) == (count == 0)


def test_the_switch() -> None:
    with axir.config.override("axir_tilings", False):
        assert "tilings" not in target_of(axir.devices("cpu")[0]).optimizations
    assert "tilings" in target_of(axir.devices("cpu")[0]).optimizations


def test_maxima_of_rows_apart() -> None:
    """Rows with NaN and infinities; shapes whose rows are the last two axes, or hold one element."""
    rng = onp.random.default_rng(4)
    arrays = [rng.normal(size=shape).astype("f4") for shape in ((300, 130), (3, 40, 20, 30), (40_000, 1))]
    arrays[0][:4, 7] = onp.nan, onp.inf, -onp.inf, 1e30

    def compute(*arrays: Any) -> list[Any]:
        found = []
        for x in arrays:
            axis = (-2, -1) if x.ndim > 2 else -1
            largest = x.max(axis, keepdims=True)
            found += [axir.nn.softmax(x, axis), axir.nn.log_softmax(x, axis), axir.nn.logsumexp(x, axis)]
            found += [largest, x - largest, np.exp(x.min(axis, keepdims=True) - x).sum(axis), x / largest]
        return found

    with onp.errstate(all="ignore"):
        eager = compute(*map(np.asarray, arrays))
    for i, (a, b) in enumerate(zip(axir.jit(compute)(*arrays), eager, strict=True)):
        onp.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6, err_msg=f"result {i}")


def test_which_maxima_are_apart() -> None:
    def kernels(f: Any, *shape: int) -> int:
        text = axir.jit(f).lower(axir.ShapeDtypeStruct(shape, "float32")).as_text("flow")
        return text.count("flow.executable private")

    assert kernels(axir.nn.softmax, 300, 130) == 2
    assert kernels(lambda x: axir.nn.logsumexp(x, -1), 300, 130) == 2
    assert kernels(axir.nn.softmax, 10, 130) == 1  # so small that launching a kernel counts
    assert kernels(lambda x: x.max(-1) + 1, 300, 130) == 1
    assert kernels(lambda x: axir.nn.softmax(np.sin(x)), 300, 130) == 1  # the sines would have to be stored


def test_products_stay_products() -> None:
    """What comes before a product of matrices is not put into it when the ops of other kernels are joined."""

    def attention(x: Any) -> Any:
        return axir.nn.softmax(x @ x.T) @ x + np.sin(x).sum(0)

    lowered = axir.jit(attention).lower(axir.ShapeDtypeStruct((200, 300), "float32"))
    products = [
        line for line in lowered.as_text("flow").splitlines() if "func.func" in line and "matmul" in line
    ]
    assert len(products) == 2
    x = onp.random.default_rng(5).normal(size=(200, 300)).astype("f4") / 10
    onp.testing.assert_allclose(axir.jit(attention)(x), attention(np.asarray(x)), 1e-4, 1e-4)
