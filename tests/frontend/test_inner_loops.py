"""Loops that become one kernel: what they give, which do, and which stay loops of the program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax
from axir._src.device_targets import target_of
from axir_compiler.backend import compile_module
from axir_compiler.ir.module import definitions
from axir_compiler.lowering.fusion import program_blocks
from axir_compiler.lowering.inner_loops import with_inner_loops
from axir_compiler.mlir import context
from axir_compiler.targets.cpu import host
from axir_runtime import Executable, devices

RANDOM = onp.random.default_rng(11)


def floats(*shape: int) -> onp.ndarray:
    return RANDOM.standard_normal(shape).astype("f4")


class Case(NamedTuple):
    """A function of arrays, and how many of its loops stay loops of the program."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    left: int = 0


def scanned(step: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    return lambda carry, xs: lax.scan(step, carry, xs, **options)


def equal_results(x: Any) -> Any:
    def step(s: tuple) -> tuple:
        return s[0] / 2, np.abs(s[0]), s[0] + 1, s[0] + 1, s[0]

    return lax.while_loop(lambda s: np.sum(s[0]) > 1, step, (x,) * 5)


def many_stacks(x: Any, xs: Any) -> Any:
    """More outputs than a kernel takes buffers, with a gradient that reads as many."""

    def loss(x: Any) -> Any:
        def step(c: Any, y: Any) -> Any:
            for _ in range(12):
                c = np.sin(c) * np.cos(c * y) + 0.1
            return c, [c * (k + 1) for k in range(20)]

        c, ys = lax.scan(step, x, xs)
        return c + sum(np.sum(y) for y in ys)

    return axir.value_and_grad(loss)(x)


def replaced_rows(table: Any) -> Any:
    """Dynamic reads and writes of an array that is carried, small enough for registers or not."""

    def step(i: Any, t: Any) -> Any:
        row = t[(3 * i) % t.shape[0]]
        return t.at[i % t.shape[0]].set(0.5 * row + i)

    return lax.fori_loop(0, 30, step, table)


def accumulated(counts: Any, places: Any) -> Any:
    """One element a step, some of them outside: added, multiplied, put, moved inside."""

    def step(c: Any, i: Any) -> Any:
        c = c.at[i].add(2).at[-i].mul(0.5, mode="clip").at[i + 2].max(0.25)
        return c.at[i, ...].set(np.where(i > 3, 7.0, c[1])), c[0]

    return lax.scan(step, counts, places)


def old_and_new(table: Any) -> Any:
    """Reads of an array after it was replaced."""

    def step(i: Any, t: Any) -> Any:
        new = t.at[i].set(1.0)
        return new.at[i + 1].add(t[i])

    return lax.fori_loop(0, 5, step, table)


def swapped(a: Any, b: Any) -> Any:
    return lax.fori_loop(0, 7, lambda i, s: (s[1].at[i].add(1), s[0].at[i + 1].mul(2)), (a, b))


def nested(x: Any, w: Any) -> Any:
    def outer(c: Any, row: Any) -> Any:
        inner = lax.fori_loop(0, 4, lambda i, v: np.tanh(v + row[i] * w[i]), c)
        return inner, lax.while_loop(lambda v: np.max(np.abs(v)) > 0.1, lambda v: v * 0.7, inner)

    return lax.scan(outer, x, w)


def branching(x: Any) -> Any:
    def step(i: Any, s: Any) -> Any:
        x, flips = s
        grown = lax.cond(x[0] > 1, lambda v: v * 0.5, lambda v: v + 0.75, x)
        return grown, flips ^ (grown > 1)

    return lax.fori_loop(0, 9, step, (x, x > 0))


def searched(x: Any, keys: Any) -> Any:
    """Elements at computed positions: bisection by hand."""

    def step(_: Any, s: Any) -> Any:
        low, high = s
        middle = (low + high) // 2
        right = x[middle] < keys
        return np.where(right, middle + 1, low), np.where(right, high, middle)

    zero = np.zeros(keys.shape, "int32")
    return lax.fori_loop(0, 10, step, (zero, zero + x.shape[0]))[0]


def kinds(x: Any) -> Any:
    def step(c: Any, i: Any) -> Any:
        a, b, k, u, f = c
        u = (u * 1664525 + 1013904223) ^ (u >> 3)
        c = (a + i.astype("float32"), b / 2 - k.astype("float64"), k - 3, u, ~f & (k > 0))
        return c, (c[4], c[2].astype("int8"), u.astype("uint16"), np.isnan(a))

    start = (x, np.float64(3), np.int64(40), np.uint32(7), np.array([True, False]))
    return lax.scan(step, start, np.arange(11, dtype="int16"))


def factored(a: Any, b: Any) -> Any:
    """Products, sums and padded parts of small matrices, forward and backward."""

    def loss(a: Any) -> Any:
        def step(c: Any, _: Any) -> Any:
            c = np.tanh(a @ c @ (b @ b.T) / 4 + np.sum(c, axis=1, keepdims=True))
            return c.at[1:, :2].add(c[:-1, 2:]), c[0, ::2]

        c, rows = lax.scan(step, a.T, None, length=6)
        return np.sum(c) + np.sum(rows**2)

    return axir.value_and_grad(loss)(a)


def constants_only(x: Any) -> Any:
    a, ys = lax.scan(lambda c, _: (c + 0.5, c * 2), np.float32(0), None, length=3)
    return x + a, x * ys


CASES = {
    "equal results": Case(equal_results, (onp.arange(4, dtype="f4"),)),
    "equal stacks": Case(scanned(lambda c, x: (c + x, (c, c, c * 1))), (onp.float32(1), floats(9))),
    "many stacks": Case(many_stacks, (onp.float32(0.3), floats(5))),
    "reverse": Case(scanned(lambda c, x: (c * 0.5 + x, c), reverse=True), (floats(3), floats(8, 3))),
    "unrolled": Case(scanned(lambda c, x: (c * 0.5 + x, c), unroll=3), (floats(3), floats(8, 3))),
    "no step": Case(lambda x: lax.fori_loop(3, 3, lambda i, v: v + i, x), (floats(5),)),
    "no first step": Case(lambda x: lax.while_loop(lambda v: v[0] > 9, lambda v: v * 2, x), (floats(5),)),
    "rows of a small array": Case(replaced_rows, (floats(7, 3),)),
    "rows of a large array": Case(replaced_rows, (floats(70, 30),)),
    "elements": Case(accumulated, (floats(6), onp.array([0, 5, 9, -3, -20, 2, 4], "i4"))),
    "an array read after it was replaced": Case(old_and_new, (floats(50),), left=1),
    "arrays that change places": Case(swapped, (floats(40), floats(40)), left=1),
    "nested": Case(nested, (floats(6), floats(4, 6))),
    "branches": Case(branching, (floats(3),)),
    "computed positions": Case(searched, (onp.sort(floats(500)), floats(8))),
    "products": Case(factored, (floats(4, 4), floats(4, 3))),
    "constants only": Case(constants_only, (floats(3),)),
    "large state": Case(lambda x: lax.fori_loop(0, 3, lambda i, v: v * 0.5 + i, x), (floats(5000),), left=1),
    "sums of many": Case(
        lambda x, w: lax.fori_loop(0, 3, lambda i, v: np.tanh(w @ v), x), (floats(40), floats(40, 40) / 6)
    ),
}


def loops_left(function: Callable[..., Any], args: tuple[Any, ...]) -> int:
    """The loops that are left of the program once small ones are kernels."""
    module = axir.jit(function).lower(*args).compiler_ir()
    with context():
        replaced = with_inner_loops(module)
        (main,) = definitions(replaced)
        blocks = program_blocks(main.regions[0].blocks[0])
        return sum(
            op.operation.name in ("scf.for", "scf.while") for block in blocks for op in block.operations
        )


@pytest.fixture(scope="module")
def together() -> dict[str, Any]:
    """The results of all functions, compiled as one."""
    return axir.jit(lambda given: {name: CASES[name].function(*given[name]) for name in CASES})(
        {name: case.args for name, case in CASES.items()}
    )


@pytest.mark.parametrize("name", CASES)
def test_results(name: str, together: dict[str, Any]) -> None:
    found = axir.tree.leaves(together[name])
    expected = axir.tree.leaves(CASES[name].function(*map(np.asarray, CASES[name].args)))
    for x, y in zip(found, expected, strict=True):
        assert x.dtype == y.dtype
        onp.testing.assert_allclose(x, y, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("name", CASES)
def test_which_loops_are_kernels(name: str) -> None:
    assert loops_left(CASES[name].function, CASES[name].args) == CASES[name].left


def test_elements_of_all_kinds() -> None:
    with axir.enable_x64(True):
        x = onp.array([1, onp.nan], "f4")
        assert loops_left(kinds, (x,)) == 0
        found, expected = axir.tree.leaves(axir.jit(kinds)(x)), axir.tree.leaves(kinds(x))
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype
        onp.testing.assert_array_equal(a, b)


def test_too_much_code_stays_a_loop() -> None:
    def step(i: Any, v: Any) -> Any:
        for _ in range(400):
            v = np.sin(v) + i
        return v

    assert loops_left(lambda x: lax.fori_loop(0, 3, step, x), (floats(900),)) == 1


def test_the_switch() -> None:
    """Without inner loops the program is the same."""
    case = CASES["reverse"]
    module = axir.jit(case.function).lower(*case.args).compiler_ir()
    results = []
    for target in (host(), replace(host(), optimizations=frozenset({"tilings"}))):
        run = Executable(devices("cpu")[0], compile_module(module, target))
        results.append([onp.asarray(x) for x in run([onp.asarray(a) for a in case.args])])
    assert host().fingerprint() != replace(host(), optimizations=frozenset({"tilings"})).fingerprint()
    for x, y in zip(*results, strict=True):
        onp.testing.assert_array_equal(x, y)
    with axir.config.override("axir_inner_loops", False):
        assert "inner_loops" not in target_of(axir.devices("cpu")[0]).optimizations
    assert "inner_loops" in target_of(axir.devices("cpu")[0]).optimizations
