"""Loops and branches against plain Python, evaluated, compiled, differentiated and over batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax
from axir.errors import ConcretizationError, DTypeError, MissingRuleError, ShapeError, TreeError

XS = onp.array([0.5, -1.0, 2.0, 0.25], "float32")
KS = onp.array([[0.3, 0.1], [-0.2, 0.7]], "float32")


def scan_steps(a: Any, xs: Any, ks: Any, sin: Callable = onp.sin, reverse: bool = False) -> tuple[Any, Any]:
    """What ``scanned`` computes, by a Python loop."""
    carry, ys = (a, a * 0), [None] * len(xs)
    for t in reversed(range(len(xs))) if reverse else range(len(xs)):
        first = sin(carry[0]) * xs[t] + (ks * a).sum()
        ys[t] = carry[0] * xs[t]
        carry = (first, carry[1] + ys[t])
    return carry, onp.array(ys) if sin is onp.sin else np.stack(ys)


def scanned(a: Any, xs: Any, ks: Any, reverse: bool = False, unroll: int = 1) -> tuple[Any, Any]:
    def step(carry: tuple[Any, Any], x: Any) -> tuple[tuple[Any, Any], Any]:
        y = carry[0] * x
        return (np.sin(carry[0]) * x + np.sum(ks * a), carry[1] + y), y

    return lax.scan(step, (a, a * 0), xs, reverse=reverse, unroll=unroll)


def total(out: tuple[Any, Any]) -> Any:
    (first, second), ys = out
    return first * 1.5 + second + np.sum(ys * np.arange(4.0))


def by_scan(a: Any, xs: Any, ks: Any) -> Any:
    return total(scanned(a, xs, ks))


def by_hand(a: Any, xs: Any, ks: Any) -> Any:
    return total(scan_steps(a, xs, ks, np.sin))


def assert_same(found: Any, expected: Any, tolerance: float = 2e-5) -> None:
    found = axir.tree.leaves(found)
    expected = axir.tree.leaves(expected, is_leaf=lambda x: isinstance(x, list))
    assert len(found) == len(expected)
    for x, y in zip(found, expected, strict=True):
        assert x.shape == onp.shape(y)
        onp.testing.assert_allclose(x, y, tolerance, tolerance)


@pytest.mark.parametrize("unroll", [1, 2, 3, 4, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_scan_equals_a_python_loop(reverse: bool, unroll: int) -> None:
    assert_same(scanned(0.7, XS, KS, reverse, unroll), scan_steps(0.7, XS, KS, reverse=reverse))


ARGS = (onp.float32(0.7), XS, KS)
TRANSFORMED = {
    "value": lambda f: f,
    "grad": lambda f: axir.grad(f, (0, 1, 2)),
    "jacfwd": lambda f: axir.jacfwd(f, (0, 1, 2)),
    "second": lambda f: axir.grad(lambda a, x, k: np.sum(axir.grad(f, 1)(a, x, k) ** 2), (0, 1, 2)),
    "hessian": lambda f: axir.hessian(f, 1),
    "vmap": lambda f: (
        lambda a, x, k: axir.vmap(f, (0, None, 2))(np.array([a, 2 * a]), x, np.stack([k, k + 1], 2))
    ),
    "vmap of grad": lambda f: (
        lambda a, x, k: axir.vmap(axir.grad(f, (0, 1, 2)), (None, 1, None))(
            a, np.stack([x, 2 * x, x + 1], 1), k
        )
    ),
    "grad of vmap": lambda f: axir.grad(
        lambda a, x, k: np.sum(axir.vmap(f, (None, None, 0))(a, x, np.stack([k, 2 * k]))), (0, 1, 2)
    ),
}


@pytest.mark.parametrize("name", TRANSFORMED)
def test_transformed_scan_equals_the_transformed_loop(name: str) -> None:
    apply = TRANSFORMED[name]
    assert_same(apply(by_scan)(*ARGS), apply(by_hand)(*ARGS), 1e-4)


def test_compiled_scans() -> None:
    """All transformations of one scan in one compiled program."""

    def everything(*args: Any) -> Any:
        return {
            "reverse": scanned(*args, reverse=True),
            **{name: apply(by_scan)(*args) for name, apply in TRANSFORMED.items()},
        }

    expected = {name: apply(by_hand)(*ARGS) for name, apply in TRANSFORMED.items()}
    expected["reverse"] = scan_steps(*ARGS, reverse=True)
    assert_same(axir.jit(everything)(*ARGS), expected, 1e-4)


def test_scan_without_steps_and_without_arrays() -> None:
    def empty(x: Any) -> Any:
        return lax.scan(lambda c, v: (c + np.sum(v), np.cos(v)), x, np.zeros((0, 3)))

    for f in (empty, axir.jit(empty)):
        carry, ys = f(np.float32(2))
        assert float(carry) == 2.0 and ys.shape == (0, 3)
    counted = lax.scan(lambda c, _: (c + 1, c), 0, length=3)
    assert_same(counted, (3, [0, 1, 2]))
    assert lax.scan(lambda c, x: (c, None), (), np.arange(3))[1] is None


def test_residuals_of_a_scan_are_only_what_its_derivative_needs() -> None:
    """A linear body needs its input only, and what is the same in each step is not stacked."""

    def linear(w: Any, xs: Any) -> Any:
        return lax.scan(lambda c, x: (c + np.sum(np.sin(w)) * x, None), 0.0, xs)[0]

    text = str(axir.make_ir(axir.grad(linear))(np.ones(5), np.ones(7)))
    assert "tensor<7x5xf32>" not in text and "tensor<7x7" not in text
    _, *loops = text.split('"axir.scan"')
    assert len(loops) in (1, 2) and '"axir.sin"' not in loops[-1].split("}) {")[0]


def test_weak_carry_takes_the_type_that_the_body_gives() -> None:
    carry, _ = lax.scan(lambda c, x: (c + x, None), 0, np.arange(3, dtype="float32"))
    assert carry.dtype == np.float32 and float(carry) == 3.0


def test_fori_loop() -> None:
    def power(x: Any, n: Any) -> Any:
        return lax.fori_loop(0, n, lambda i, v: v * x + i, 1.0)

    assert float(power(2.0, 3)) == 12.0
    assert float(axir.grad(lambda x: power(x, 3))(2.0)) == 13.0
    compiled = axir.jit(power)
    assert [float(compiled(2.0, n)) for n in (0, 1, 3, -2)] == [1.0, 2.0, 12.0, 1.0]
    tangent = axir.jvp(lambda x: power(x, np.int32(3)), (2.0,), (1.0,))[1]
    assert float(tangent) == 13.0
    assert float(lax.fori_loop(2, 6, lambda i, v: v + i, 0, unroll=3)) == 14


def collatz(n: Any) -> Any:
    def step(state: tuple[Any, Any]) -> tuple[Any, Any]:
        value, count = state
        return np.where(value % 2 == 0, value // 2, 3 * value + 1), count + 1

    return lax.while_loop(lambda s: s[0] > 1, step, (n, 0))[1]


def newton(a: Any) -> Any:
    """The square root of a; the number of steps depends on a."""
    return lax.while_loop(
        lambda s: np.abs(s * s - a) > 1e-5 * a, lambda s: 0.5 * (s + a / s), np.maximum(a, 1.0)
    )


def test_a_carried_value_may_be_replaced_unread() -> None:
    """IREE's compiler dies of such loops, unless they read the value in some way."""

    def step(state: tuple) -> tuple:
        count, x, _ = state
        new = x / 2
        return count + 1, new, np.max(abs(new - x))

    def converged(x: np.ndarray) -> tuple:
        return lax.while_loop(lambda s: (s[0] < 50) & (s[2] > 0.1), step, (0, x, 1.0))

    count, x, change = axir.jit(converged)(np.ones(3))
    assert count == 4
    onp.testing.assert_allclose(x, onp.full(3, 1 / 16))
    onp.testing.assert_allclose(change, 1 / 16)


def test_one_value_may_be_carried_on_in_several_places() -> None:
    """While another carried value is replaced unread."""

    def computed(x: np.ndarray) -> tuple:
        def step(s: tuple) -> tuple:
            return s[0] / 2, np.abs(s[0]), s[0] + 1, s[0] + 1, s[0]

        return lax.while_loop(lambda s: np.sum(s[0]) > 1, step, (x,) * 5)

    def moved(x: np.ndarray) -> tuple:
        def step(s: tuple) -> tuple:
            return s[0] / 2, s[2], s[0] + 1, s[1], s[1], s[0]

        return lax.while_loop(lambda s: np.sum(s[0]) > 1, step, (x,) * 6)

    x = np.arange(4.0)
    for function in (computed, moved):
        for found, expected in zip(axir.jit(function)(x), function(x), strict=True):
            onp.testing.assert_array_equal(found, expected)


def test_while_loop() -> None:
    ns, squares = onp.array([1, 6, 7, 27], "int32"), onp.array([0.5, 2.0, 30.0], "float32")
    steps = [0, 8, 16, 111]
    assert [int(collatz(n)) for n in ns] == steps

    def everything(ns: Any, squares: Any) -> Any:
        roots = axir.vmap(newton)(squares)
        slopes = axir.vmap(axir.jacfwd(newton))(squares)
        return axir.vmap(collatz)(ns), collatz(ns[2]), roots, slopes, newton(squares[1])

    expected = (steps, 16, onp.sqrt(squares), 0.5 / onp.sqrt(squares), onp.sqrt(2.0))
    for f in (everything, axir.jit(everything)):
        assert_same(f(ns, squares), expected, 1e-3)


def test_loop_condition_that_differs_in_a_batch_keeps_other_values() -> None:
    """What stops changing for one item stays, although the loop goes on for others."""

    def f(limit: Any, shared: Any) -> Any:
        return lax.while_loop(lambda s: s[0] < limit, lambda s: (s[0] + 1, s[1] + shared), (0, np.zeros(2)))

    found = axir.vmap(f, (0, None))(np.array([3, 0, 5]), np.array([1.0, 10.0]))
    assert_same(found, ([3, 0, 5], [[3, 30], [0, 0], [5, 50]]))


def branches(i: Any, x: Any) -> Any:
    return lax.switch(i, [np.sin, lambda v: v * v, lambda v: np.full_like(v, 2.0)], x)


def either(p: Any, x: Any) -> Any:
    return lax.cond(p, lambda v: {"a": v * 2, "b": 1}, lambda v: {"a": v - 1, "b": 0}, x)


def test_switch_and_cond() -> None:
    index, x = onp.array([0, 1, 2, 9, -4], "int32"), onp.float32(1.5)
    values = onp.array([onp.sin(1.5), 2.25, 2.0, 2.0, onp.sin(1.5)])
    slopes = onp.array([onp.cos(1.5), 3.0, 0.0, 0.0, onp.cos(1.5)])

    def everything(index: Any, x: Any, p: Any) -> Any:
        return (
            axir.vmap(branches, (0, None))(index, x),
            axir.vmap(axir.grad(branches, 1), (0, None))(index, x),
            axir.grad(branches, 1)(index[1], x),
            axir.grad(lambda v: np.sum(axir.vmap(branches, (None, 0))(index[1], v)))(np.ones(3) * x),
            axir.jvp(lambda v: branches(index[0], v), (x,), (2.0,))[1],
            either(p, x),
            axir.vmap(either)(np.array([True, False]), np.array([1.0, 2.0])),
        )

    expected = (
        values, slopes, 3.0, [3.0, 3.0, 3.0], 2 * onp.cos(1.5), {"a": 3.0, "b": 1}, {"a": [2.0, 1.0], "b": [1, 0]}
    )  # fmt: skip
    for f in (everything, axir.jit(everything)):
        assert_same(f(index, x, True), expected)
    for value in (1, 2.5, np.array(True)):
        assert int(either(value, x)["b"]) == 1
    assert int(either(0, x)["b"]) == 0


def test_only_the_chosen_branch_runs() -> None:
    """An endless loop in the other branch does no harm."""
    endless = lambda v: lax.while_loop(lambda s: s < 2 * v, lambda s: s * 1.0, v)  # noqa: E731
    f = lambda p, v: lax.cond(p, lambda v: v + 1, endless, v)  # noqa: E731
    assert float(f(True, 1.0)) == 2.0
    assert float(axir.jit(f)(True, 1.0)) == 2.0


def test_map() -> None:
    x = onp.arange(10.0, dtype="float32").reshape(5, 2)
    f = lambda row: (np.sum(row), row * 2)  # noqa: E731
    for batch in (None, 1, 2, 5, 9):
        assert_same(lax.map(f, x, batch_size=batch), (x.sum(1), x * 2))


def test_loops_in_loops() -> None:
    def matrix_power(a: Any, n: int) -> Any:
        def column(j: Any) -> Any:
            unit = np.where(np.arange(3) == j, 1.0, 0.0)
            return lax.fori_loop(0, n, lambda _, v: a @ v, unit)

        return lax.map(column, np.arange(3)).T

    a = onp.array([[0.5, 0.1, 0], [0.2, 0.3, 0.4], [0, 0.6, 0.1]], "float32")
    expected = onp.linalg.matrix_power(a, 4)
    powers = [onp.linalg.matrix_power(a.T, k) for k in range(4)]
    slope = sum(before @ onp.ones((3, 3)) @ after for before, after in zip(powers, powers[::-1], strict=True))

    def everything(a: Any) -> Any:
        return matrix_power(a, 4), axir.grad(lambda a: np.sum(matrix_power(a, 4)))(a)

    for f in (everything, axir.jit(everything)):
        assert_same(f(a), (expected, slope))


def test_loops_over_large_arrays() -> None:
    """Programs on large arrays run on several cores, where results are allocated in another way."""
    x = onp.ones((300, 301), "float32")
    doubled = axir.jit(lambda c: (lax.fori_loop(0, 3, lambda i, v: v * 2, c), c + 1))
    chosen = axir.jit(lambda p, c: lax.cond(p, lambda v: v + 1, lambda v: v, c))
    stacked = axir.jit(lambda c: lax.scan(lambda v, _: (v + 1, v), c, length=3))
    assert_same(doubled(x), (8 * x, 2 * x))
    assert_same((chosen(True, x), chosen(False, x)), (x + 1, x))
    assert_same(stacked(x), (x + 3, onp.stack([x, x + 1, x + 2])))
    assert (x == 1).all()


def test_values_from_outside() -> None:
    """Bodies use concrete arrays, tracers of any level, and functions that were jitted."""
    weights = np.array([1.0, 2.0])
    helper = axir.jit(lambda v: v * weights)

    def f(x: Any) -> Any:
        outer = x + 1
        return np.sum(lax.scan(lambda c, t: (helper(c) + outer * t, None), x, np.arange(3.0))[0])

    def by_steps(x: Any) -> Any:
        carry = x
        for t in range(3):
            carry = carry * np.array([1.0, 2.0]) + (x + 1) * t
        return np.sum(carry)

    x = np.array([0.5, 2.0])
    for g in (lambda h: h, axir.grad, lambda h: axir.jit(axir.grad(h))):
        assert_same(g(f)(x), g(by_steps)(x))


def test_linear_transpose_through_a_scan_with_a_counter() -> None:
    def f(x: Any) -> Any:
        return lax.fori_loop(0, 3, lambda i, v: v * (i + 1.0), x)

    (found,) = axir.linear_transpose(f, np.float32(0))(np.float32(2))
    assert float(found) == 12.0
    value, tangent = axir.linearize(f, 1.0)
    assert float(value) == 6.0 and float(tangent(2.0)) == 12.0


def test_python_control_flow_in_a_body_is_refused() -> None:
    with pytest.raises(ConcretizationError, match=r"lax\.cond"):
        lax.scan(lambda c, x: (c + 1 if x > 0 else c, None), 0, np.arange(3))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: lax.scan(lambda c, x: (c, x), 0, (np.ones(2), np.ones(3))), ShapeError, "f32.2., f32.3."),
        (lambda: lax.scan(lambda c, x: (c, x), 0), ShapeError, "no array and None"),
        (lambda: lax.scan(lambda c, x: (c, x), 0, np.ones(2), 3), ShapeError, "f32.2. and 3"),
        (lambda: lax.scan(lambda c, x: (c, x), 0, 1.0), ShapeError, "got a scalar"),
        (lambda: lax.scan(lambda c, x: (c, x), 0, length=-1), ShapeError, "negative; got -1"),
        (lambda: lax.scan(lambda c, x: (c, x), 0, np.ones(2), unroll=0), ShapeError, "got 0"),
        (lambda: lax.scan(lambda c, x: c, 0, np.ones(2)), TreeError, "must give a pair"),
        (
            lambda: lax.scan(lambda c, x: ((c[0], c[1] > 0), x), (1.0, np.ones(2)), np.ones(2)),
            DTypeError,
            r"carry\[1\] +f32\[2\] +bool\[2\] +<- differs",
        ),
        (
            lambda: lax.while_loop(lambda s: True, lambda s: {"a": s["a"]}, {"a": 1.0, "b": 2}),
            TreeError,
            r"taken: \{'a': \*, 'b': \*\}\n +given: \{'a': \*\}",
        ),
        (lambda: lax.while_loop(lambda s: s, lambda s: s, 1.0), DTypeError, "bool scalar; got f32"),
        (lambda: lax.while_loop(lambda s: s > 0, lambda s: s, np.ones(2)), DTypeError, "got bool.2."),
        (lambda: lax.fori_loop(0, 1.5, lambda i, v: v, 0), DTypeError, "bounds must be integer"),
        (lambda: lax.cond(np.ones(2) > 0, np.sin, np.cos, 1.0), DTypeError, r"got bool\[2\].*where"),
        (lambda: lax.switch(1.0, [np.sin, np.cos], 1.0), DTypeError, "integer scalar; got f32"),
        (lambda: lax.switch(0, []), ValueError, "at least one branch"),
        (lambda: lax.cond(True, lambda x: (x, x), lambda x: x, 1.0), TreeError, r"\(\*, \*\)"),
        (
            lambda: lax.cond(True, lambda x: x, lambda x: x > 0, np.ones(2)),
            DTypeError,
            r"result +bool\[2\] +f32\[2\] +<- differs",
        ),
        (
            lambda: axir.grad(lambda y: lax.while_loop(lambda s: s < 3, lambda s: s * y, 1.0))(2.0),
            MissingRuleError,
            "Use scan, or fori_loop with static bounds",
        ),
    ],
)  # fmt: skip
def test_errors(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_loops_that_start_from_windows_of_one_buffer():
    """IREE gives the carried buffers of the first loop a register that the others still need."""

    def program(x, y, z, rows):
        def pair(v):
            return np.stack([v, np.flip(v)])

        return (
            axir.vmap(lambda v: lax.while_loop(lambda c: np.any(c < 9), lambda c: c * 2 + 1, v))(pair(x)),
            axir.vmap(lambda v: lax.fori_loop(0, 3, lambda i, c: c * np.sin(c + i), v))(pair(y)),
            axir.vmap(lambda v, r: lax.scan(lambda c, s: (c * s[0], np.sin(c) + s[1]), v, r))(
                pair(z), pair(rows)
            ),
        )

    x = np.linspace(-0.5, 0.5, 5)
    given = x, x + 1, x - 1, np.reshape(np.linspace(-1, 1, 15), (3, 5))
    found, expected = (axir.tree_util.tree_leaves(f(*given)) for f in (axir.jit(program), program))
    for a, b in zip(found, expected, strict=True):
        onp.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
