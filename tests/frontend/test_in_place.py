"""Loops that fill arrays in place: the outputs of scans too large for one kernel, and arrays that start out filled."""

from __future__ import annotations

from typing import Any

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax
from axir._src.device_targets import target_of
from axir_compiler.lowering.in_place import with_in_place_loops
from axir_compiler.mlir import context, ir

N, STEPS = 1500, 6
DTYPES = (("float32", "float64", "float16"), ("bfloat16", "int8", "uint32"), ("int64", "bool", "complex64"))


def _several(x: Any) -> Any:
    """Outputs of one type and different ones, the state among them; a further one that is never read."""

    def step(h: Any, i: Any) -> Any:
        new = np.sin(h) + x * i
        return new, (h, new, new * 2, new > 0, i)

    return lax.scan(step, x, np.arange(STEPS, dtype="float32"))


def _nested(x: Any) -> Any:
    def inner(h: Any, i: Any) -> Any:
        return h + i, h * i

    def outer(h: Any, i: Any) -> Any:
        h, ys = lax.scan(inner, h * 0.5, np.arange(3.0) + i)
        return h, (ys, h)

    return lax.scan(outer, x, np.arange(float(STEPS)))


def _filled(x: Any) -> Any:
    """Rows of an array of ones, every other one; the same of an argument, and of an array that others need, too."""
    ones = np.ones((STEPS, N))

    def step(i: Any, arrays: Any) -> Any:
        return tuple(a.at[2 * i].set(x * (i + k)).at[1].add(k) for k, a in enumerate(arrays))

    return lax.fori_loop(0, STEPS // 2, step, (ones, np.zeros((STEPS, N)), np.stack([x] * STEPS))), ones


def _swapped(x: Any) -> Any:
    """Two arrays that change places: neither may be written in place."""

    def step(i: Any, arrays: Any) -> Any:
        a, b = arrays
        return b, a.at[i].set(x * i)

    return lax.fori_loop(0, STEPS, step, (np.zeros((STEPS, N)), np.zeros((STEPS, N))))


def _read(x: Any) -> Any:
    """An array that is read while it is filled."""

    def step(i: Any, a: Any) -> Any:
        return a.at[i + 1].set(np.cos(a[i]) + a[0])

    return lax.fori_loop(0, STEPS - 1, step, np.zeros((STEPS, N)).at[0].set(x))


def _gradient(x: Any) -> Any:
    return axir.grad(lambda x: sum(np.sum(y * y) for y in axir.tree_util.tree_leaves(_nested(x))))(x)


CASES = (_several, _nested, _filled, _swapped, _read, _gradient, axir.vmap(_several))


def test_values() -> None:
    rng = onp.random.default_rng(0)
    arrays = [rng.normal(size=N).astype("f4") for _ in CASES]
    arrays[-1] = rng.normal(size=(2, N)).astype("f4")

    def compute(*arrays: Any) -> Any:
        return [case(x) for case, x in zip(CASES, arrays, strict=True)]

    compiled = axir.jit(compute)
    first = compiled(*arrays)
    kept = axir.tree_util.tree_map(lambda x: onp.array(x), first)
    compiled(*(a + 1 for a in arrays))
    for a, b, expected in zip(
        *map(axir.tree_util.tree_leaves, (first, kept, compute(*map(np.asarray, arrays)))), strict=True
    ):
        onp.testing.assert_array_equal(a, b)  # a later call leaves the results of this one alone
        onp.testing.assert_allclose(a, expected, rtol=2e-5, atol=2e-4)


@pytest.mark.parametrize("dtypes", DTYPES)
def test_dtypes_and_loops_without_steps(dtypes: tuple[str, ...]) -> None:
    with axir.enable_x64():
        x = onp.arange(N) % 7

        def compute(x: Any, n: Any) -> Any:
            outputs = []
            for dtype in dtypes:
                first = x.astype(dtype)
                rows = lax.scan(lambda h, _: (~h if h.dtype == bool else h + 1, h), first, length=STEPS)[1]
                start = np.ones((STEPS, N), dtype)
                filled = lax.fori_loop(0, n, lambda i, a: a.at[i].set(x.astype(a.dtype)), start)
                outputs.append((rows, filled))
            return outputs

        compiled = axir.jit(compute)
        for n in (0, 2):
            for dtype, (rows, filled) in zip(dtypes, compiled(x, n), strict=True):
                start = onp.array(np.asarray(x).astype(dtype))
                odd = [i % 2 == 1 for i in range(STEPS)]
                counted = [start + start.dtype.type(i) for i in range(STEPS)]
                expected = [start ^ flip for flip in odd] if dtype == "bool" else counted
                onp.testing.assert_array_equal(onp.asarray(rows), onp.stack(expected))
                onp.testing.assert_array_equal(onp.asarray(filled)[:n], onp.stack([start] * STEPS)[:n])
                onp.testing.assert_array_equal(onp.asarray(filled)[n:], onp.ones((STEPS - n, N), start.dtype))


@pytest.mark.parametrize(("function", "count"), [(_several, 4), (_nested, 3), (_swapped, 0), (_read, 0)])
def test_which_arrays(function: Any, count: int) -> None:
    text = axir.jit(function).lower(np.zeros(N)).as_text(stage="linalg")
    module = ir.Module.parse(text, context())
    changed = with_in_place_loops(module)
    before, after = (str(m).count("util.optimization_barrier") for m in (module, changed))
    # One for the array, one for the number that it starts with.
    assert after - before == 2 * count
    assert (changed is module) == (count == 0)


def test_the_switch() -> None:
    with axir.config.override("axir_in_place", False):
        assert "in_place" not in target_of(axir.devices("cpu")[0]).optimizations
    assert "in_place" in target_of(axir.devices("cpu")[0]).optimizations
