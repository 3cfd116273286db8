"""Run-time errors as results of functions, through every transformation and kind of loop."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy
import pytest

import axir
import axir.numpy as np
from axir import lax
from axir.errors import CheckError
from axir.experimental import checkify
from axir.experimental.checkify import check, check_error, debug_check

POSITIVE = "{} must be positive (`check` failed)"


def reciprocal(x: Any) -> Any:
    check(x > 0, "{x} must be positive", x=x)
    return 1 / x


def message(f: Callable[..., Any], *args: Any, errors: Any = checkify.user_checks, jit: bool = True) -> Any:
    """What a checked function says, the same evaluated and compiled."""
    checked = checkify.checkify(f, errors=errors)
    given = [np.asarray(x) for x in args]
    evaluated, out = checked(*given)
    if jit:
        compiled, same = axir.jit(checked)(*given)
        assert compiled.get() == evaluated.get()
        for a, b in zip(axir.tree.leaves(out), axir.tree.leaves(same), strict=True):
            numpy.testing.assert_allclose(a, b, rtol=1e-6)
    return evaluated.get()


def test_a_check_becomes_the_error() -> None:
    err, out = checkify.checkify(reciprocal)(np.float32(-2.0))
    assert err.get() == POSITIVE.format(-2.0)
    assert out == -0.5
    with pytest.raises(checkify.JaxRuntimeError, match="must be positive"):
        err.throw()
    err, out = checkify.checkify(reciprocal)(np.float32(2.0))
    assert err.get() is None
    assert err.get_exception() is None
    err.throw()


def test_arguments_that_are_no_arrays_stay_what_they_are() -> None:
    def power(x: Any, n: int, mode: str) -> Any:
        check(x > 0, "not positive")
        return x**n if mode == "up" and isinstance(n, int) else x

    assert checkify.checkify(power)(np.float32(3.0), 2, mode="up")[1] == 9.0


def test_compiled() -> None:
    assert message(reciprocal, -2.0) == POSITIVE.format(-2.0)
    assert message(reciprocal, 2.0) is None
    assert message(axir.jit(reciprocal), -4.0, jit=False) == POSITIVE.format(-4.0)


def test_outside_checkify_a_check_raises() -> None:
    with pytest.raises(CheckError, match=r"-2\.0 must be positive"):
        reciprocal(np.float32(-2.0))
    with pytest.raises(ValueError, match=r"-2\.0 must be positive"):
        axir.grad(reciprocal)(-2.0)
    with pytest.raises(ValueError, match=r"-3\.0 must be positive"):
        axir.vmap(reciprocal)(np.array([-2.0, 1.0, -3.0, 4.0]))
    assert axir.grad(reciprocal)(2.0) == -0.25


def test_a_compiled_check_without_checkify_is_an_error() -> None:
    with pytest.raises(ValueError, match="a compiled program cannot raise"):
        axir.jit(reciprocal)(2.0)


def test_debug_checks_do_nothing_outside_checkify() -> None:
    def f(x: Any) -> Any:
        debug_check(x > 0, "{} is not positive", x)
        return x

    assert f(np.float32(-1.0)) == -1.0
    assert axir.jit(f)(-1.0) == -1.0
    assert axir.grad(f)(-1.0) == 1.0
    assert message(f, -1.0) == "-1.0 is not positive (`check` failed)"


def test_the_first_of_several_errors() -> None:
    def f(x: Any, i: Any) -> Any:
        check(x[0] > 0, "first {}", i)
        check(x[1] > 0, "second {} {}", x, i)
        return x

    assert message(f, [-1.0, -1.0], 7) == "first 7 (`check` failed)"
    assert message(f, [1.0, -1.0], 7) == "second [ 1. -1.] 7 (`check` failed)"
    assert message(f, [1.0, 1.0], 7) is None


def test_derivatives() -> None:
    err, slope = checkify.checkify(axir.grad(reciprocal))(np.float32(-2.0))
    assert err.get() == POSITIVE.format(-2.0)
    assert slope == -0.25

    def turned(x: Any) -> Any:
        err, out = checkify.checkify(reciprocal)(x)
        return out, err

    for transformed in (axir.grad(turned, has_aux=True), axir.jit(axir.grad(turned, has_aux=True))):
        slope, err = transformed(np.float32(-2.0))
        assert err.get() == POSITIVE.format(-2.0)
        assert slope == -0.25
    (_, err), (slope, _) = axir.jvp(turned, (np.float32(-2.0),), (np.float32(1.0),))
    assert err.get() == POSITIVE.format(-2.0)
    assert slope == -0.25


def test_batches() -> None:
    x = np.array([-2.0, 1.0, -3.0, 4.0])
    expected = f"at mapped index 0: {POSITIVE.format(-2.0)}\nat mapped index 2: {POSITIVE.format(-3.0)}"
    for batched in (
        axir.vmap(checkify.checkify(reciprocal)),
        axir.jit(axir.vmap(checkify.checkify(reciprocal))),
    ):
        err, _ = batched(x)
        assert err.get() == expected
        assert batched(np.abs(x))[0].get() is None
        with pytest.raises(CheckError, match=r"-3\.0 must"):
            check_error(err)
    assert message(axir.vmap(reciprocal), x) == POSITIVE.format(-3.0)
    assert message(axir.vmap(reciprocal), np.abs(x)) is None
    assert message(axir.vmap(reciprocal), np.zeros(0), jit=False) is None
    nested, _ = axir.vmap(axir.vmap(checkify.checkify(reciprocal)))(np.array([[1.0, -1.0]]))
    assert nested.get() == f"at mapped index 0, 1: {POSITIVE.format(-1.0)}"


def test_scans() -> None:
    def steps(xs: Any) -> Any:
        def body(count: Any, x: Any) -> Any:
            check(x < 3, "{x} in step {n}", x=x, n=count)
            return count + 1, np.sqrt(x)

        return lax.scan(body, np.asarray(0), xs)

    assert message(steps, [1.0, 2.0, 5.0, 7.0]) == "5.0 in step 2 (`check` failed)"
    assert message(steps, [1.0, -2.0, 5.0], errors=checkify.all_checks) == "nan generated by primitive: sqrt."
    assert message(steps, [1.0, 2.0]) is None
    total = axir.grad(lambda xs: steps(xs)[1].sum())
    assert message(total, [1.0, 0.0, 5.0], errors=checkify.all_checks) == "division by zero"
    assert message(axir.vmap(steps), [[1.0, 5.0], [1.0, 2.0]], jit=False) == "5.0 in step 1 (`check` failed)"
    batched, _ = axir.vmap(checkify.checkify(steps))(np.array([[1.0, 2.0], [1.0, 5.0]]))
    assert batched.get() == "at mapped index 1: 5.0 in step 1 (`check` failed)"


def counted(n: Any) -> Any:
    def goes_on(i: Any) -> Any:
        check(i != 4, "condition at {}", i)
        return i < n

    def body(i: Any) -> Any:
        check(i != 6, "body at {}", i)
        return i + 2

    return lax.while_loop(goes_on, body, np.asarray(0))


def test_while_loops() -> None:
    assert message(counted, 3) == "condition at 4 (`check` failed)"
    assert message(counted, 2) is None
    assert message(lambda n: counted(n) - 1, 9) == "condition at 4 (`check` failed)"
    assert message(
        lambda n: lax.while_loop(lambda i: i < n, lambda i: reciprocal(i) * 0 + i + 1, n - 3), 2.0
    ) == (POSITIVE.format(-1.0))
    with pytest.raises(CheckError, match="different numbers of steps"):
        axir.vmap(counted)(np.array([1, 2]))
    err, out = axir.vmap(checkify.checkify(counted))(np.array([2, 3]))
    assert err.get() == "at mapped index 1: condition at 4 (`check` failed)"
    assert out.tolist() == [2, 4]


def test_fori_loops() -> None:
    def f(n: Any, x: Any) -> Any:
        return lax.fori_loop(0, n, lambda i, x: x / (i - 2), x)

    assert message(f, 5, 1.0, errors=checkify.float_checks) == "division by zero"
    assert message(f, 2, 1.0, errors=checkify.float_checks) is None
    static = lambda x: lax.fori_loop(0, 4, lambda i, x: reciprocal(x - i) + x, x)  # noqa: E731
    assert message(static, 1.5) is None
    assert message(static, 0.5) == POSITIVE.format(-0.5) or message(static, -0.5) == POSITIVE.format(-0.5)


@pytest.mark.parametrize(
    ("choice", "x", "expected"),
    [
        (True, 1.0, None),
        (True, -1.0, "true: -1.0 (`check` failed)"),
        (False, 1.0, "false: 1.0 (`check` failed)"),
        (False, -1.0, None),
    ],
)
def test_branches_that_are_not_taken_do_not_fail(choice: bool, x: float, expected: str | None) -> None:
    def on_true(x: Any) -> Any:
        check(x > 0, "true: {}", x)
        return x

    def on_false(x: Any) -> Any:
        check(x < 0, "false: {}", x)
        return x

    assert message(lambda p, x: lax.cond(p, on_true, on_false, x), choice, x, jit=x < 0) == expected


NAN, DIV, INDEX = checkify.nan_checks, checkify.div_checks, checkify.index_checks
MATRIX = numpy.arange(6.0, dtype="float32").reshape(2, 3)


def outside(index: int, axis: int, size: int, shape: tuple[int, ...] = (2, 3)) -> str:
    return (
        f"out-of-bounds indexing for array of shape {shape}: index {index} is out of bounds for axis {axis} with size "
        f"{size}. "
    )


AUTOMATIC: list[tuple[str, Callable[..., Any], tuple[Any, ...], Any, str | None]] = [
    ("log", np.log, (-1.0,), NAN, "nan generated by primitive: log."),
    ("log of a positive number", np.log, (1.0,), NAN, None),
    ("log without looking", np.log, (-1.0,), DIV | INDEX, None),
    ("sin", np.sin, (numpy.inf,), NAN, "nan generated by primitive: sin."),
    ("nan that is chosen away", lambda x: np.where(x > 0, np.log(x), 0.0), (-1.0,), NAN,
     "nan generated by primitive: log."),
    ("nan that is handed on", lambda x: np.reshape(x, (1,))[::-1], (numpy.nan,), NAN, None),
    ("complex", lambda x: np.sqrt(x + 0j) * np.inf, (0.0,), NAN, "nan generated by primitive: mul."),
    ("qr", lambda x: np.linalg.qr(x).R, ([[numpy.nan, 1.0], [1.0, 1.0]],), NAN, "nan generated by primitive: qr."),
    ("integers", lambda x: x + 1, (1,), NAN, None),
    ("float division", lambda x, y: x / y, ([1.0, 2.0], [1.0, 0.0]), DIV, "division by zero"),
    ("integer division", lax.div, (1, 0), DIV, "division by zero"),
    ("division", lambda x, y: x / y, (0.0, 2.0), checkify.float_checks, None),
    ("row", lambda x, i: x[i], (MATRIX, 5), INDEX, outside(5, 0, 2)),
    ("negative row", lambda x, i: x[i], (MATRIX, -3), INDEX, outside(-1, 0, 2)),
    ("row inside", lambda x, i: x[i], (MATRIX, -1), INDEX, None),
    ("static row", lambda x: x[5], (MATRIX,), INDEX, outside(5, 0, 2)),
    ("static negative column", lambda x: x[1, -4], (MATRIX,), INDEX, outside(-1, 1, 3)),
    ("rows", lambda x, i: x[i], (MATRIX, [1, 0, 2, 9]), INDEX, outside(2, 0, 2)),
    ("elements", lambda x, i: x[i, i], (MATRIX, [1, 2]), INDEX, outside(2, 0, 2)),
    ("columns", lambda x, i: x[0, i], (MATRIX, [1, 3]), INDEX, outside(3, 1, 3)),
    ("take", lambda x, i: np.take(x, i), (MATRIX, [5, 6]), INDEX, outside(6, 0, 6, (6,))),
    ("take_along_axis", lambda x, i: np.take_along_axis(x, i, 1), (MATRIX, [[0], [3]]), INDEX, outside(3, 1, 3)),
    ("no index", lambda x, i: x[i], (MATRIX, numpy.zeros(0, int)), INDEX, None),
    ("set", lambda x, i: x.at[0, i].set(1.0), (MATRIX, 7), INDEX, outside(7, 1, 3)),
    ("add", lambda x, i: x.at[i].add(1.0), (MATRIX, [0, 1]), INDEX, None),
    ("small integers", lambda x, i: x.at[i].add(1.0), (MATRIX, numpy.array([200, 1], "uint8")), INDEX,
     outside(200, 0, 2)),
    ("dynamic_slice", lambda x, i: lax.dynamic_slice(x, (0, i), (1, 2)), (MATRIX, 2), INDEX, outside(2, 1, 3)),
    ("dynamic_update_slice", lambda x, i: lax.dynamic_update_slice(x, x[:1], (i, 0)), (MATRIX, 2), INDEX,
     outside(2, 0, 2)),
    ("index before nan", lambda x: np.log(-x[5]), (MATRIX,), checkify.all_checks, outside(5, 0, 2)),
    ("batch of rows", axir.vmap(lambda x, i: x[i]), (MATRIX, [1, 4]), INDEX, outside(4, 1, 3)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("f", "args", "errors", "expected"), [row[1:] for row in AUTOMATIC], ids=[r[0] for r in AUTOMATIC]
)
def test_automatic_checks(f: Any, args: tuple[Any, ...], errors: Any, expected: str | None) -> None:
    assert message(f, *args, errors=errors, jit=False) == expected


def test_automatic_checks_compiled() -> None:
    """All rows in one program."""
    given = [[np.asarray(x) for x in row[2]] for row in AUTOMATIC]

    def everything(given: Any) -> Any:
        return [
            checkify.checkify(row[1], errors=row[3])(*args)[0]
            for row, args in zip(AUTOMATIC, given, strict=True)
        ]

    for row, err in zip(AUTOMATIC, axir.jit(everything)(given), strict=True):
        assert err.get() == row[4], row[0]


def test_checkpoint() -> None:
    f = axir.checkpoint(lambda x: reciprocal(np.sin(x)))
    assert "must be positive" in message(axir.grad(f), -1.0)
    slope, err = axir.grad(lambda x: checkify.checkify(f)(x)[::-1], has_aux=True)(np.float32(-1.0))
    assert "must be positive" in err.get()
    numpy.testing.assert_allclose(slope, -numpy.cos(1.0) / numpy.sin(1.0) ** 2, rtol=1e-5)


def test_functions_with_derivatives_of_their_own() -> None:
    @axir.custom_vjp
    def f(x: Any) -> Any:
        return reciprocal(x)

    f.defvjp(lambda x: (1 / x, x), lambda x, ct: (7 * ct,))

    @axir.custom_jvp
    def g(x: Any) -> Any:
        return reciprocal(x)

    g.defjvp(lambda primals, tangents: (1 / primals[0], 7 * tangents[0]))
    for h in (f, g):
        assert message(h, -2.0, jit=h is f) == POSITIVE.format(-2.0)
        slope, err = axir.grad(lambda x, h=h: checkify.checkify(h)(x)[::-1], has_aux=True)(np.float32(-2.0))
        assert slope == 7.0
        assert err.get() in (None, POSITIVE.format(-2.0))
        assert axir.vmap(checkify.checkify(h))(np.array([1.0, -2.0]))[0].get() == (
            f"at mapped index 1: {POSITIVE.format(-2.0)}"
        )
    _, slope = axir.jvp(lambda x: checkify.checkify(g)(x)[1], (np.float32(2.0),), (np.float32(1.0),))
    assert slope == 7.0


@axir.custom_jvp
def _forward(x: Any) -> Any:
    check(x > 0, "function {}", x)
    return 2 * x


@_forward.defjvp
def _(primals: Any, tangents: Any) -> Any:
    check(primals[0] > 1, "rule {}", primals[0])
    return _forward(primals[0]), 3 * tangents[0]


@axir.custom_vjp
def _reverse(x: Any) -> Any:
    return 2 * x


def _reverse_forward(x: Any) -> Any:
    check(x > 1, "forward {}", x)
    return 2 * x, x


def _reverse_backward(x: Any, ct: Any) -> Any:
    check(x > 2, "backward {}", x)
    return (ct / (x - 3),)


_reverse.defvjp(_reverse_forward, _reverse_backward)


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (_forward, -1.0, "function -1.0"),
        (axir.grad(_forward), 0.5, "rule 0.5"),
        (axir.grad(_forward), 2.0, None),
        (axir.jit(axir.grad(_reverse)), 0.5, "forward 0.5"),
        (axir.grad(_reverse), 1.5, "backward 1.5"),
        (axir.grad(_reverse), 3.0, "division by zero"),
        (axir.vmap(axir.grad(_reverse)), [4.0, 5.0], None),
        (lambda x: lax.scan(lambda c, _: (axir.grad(_forward)(c), c), x, None, length=2), 0.5, "rule 0.5"),
    ],
)
def test_rules_that_are_applied_within(f: Any, x: Any, expected: str | None) -> None:
    found = message(f, x, errors=checkify.user_checks | checkify.div_checks, jit=False)
    assert (found if found is None else found.partition(" (`")[0]) == expected


def test_rules_that_are_applied_outside() -> None:
    checked = checkify.checkify(_forward)
    assert float(axir.grad(lambda x: checked(x)[1])(2.0)) == 3.0
    with pytest.raises(CheckError, match=r"rule 0\.5"):
        axir.grad(lambda x: checked(x)[1])(0.5)


def test_custom_vmap() -> None:
    f = axir.custom_batching.custom_vmap(reciprocal)
    f.def_vmap(lambda size, batched, x: (1 / x, batched[0]))
    assert message(f, -2.0, jit=False) == POSITIVE.format(-2.0)


def test_errors_that_are_raised_again() -> None:
    def f(x: Any) -> Any:
        err, out = axir.jit(checkify.checkify(reciprocal))(x)
        check_error(err)
        return out

    assert f(2.0) == 0.5
    with pytest.raises(CheckError, match=r"-2\.0 must"):
        f(-2.0)
    assert message(f, -2.0, jit=False) == POSITIVE.format(-2.0)

    def logarithm(x: Any) -> Any:
        err, out = checkify.checkify(np.log, errors=NAN)(x)
        err.throw()
        return out

    assert message(logarithm, -1.0, errors=NAN, jit=False) == "nan generated by primitive: log."
    assert message(logarithm, -1.0, errors=checkify.user_checks, jit=False) is None
    check_error(checkify.init_error)
    assert checkify.init_error.get() is None


def test_checks_that_are_not_looked_for_are_dropped() -> None:
    assert message(reciprocal, -2.0, errors=DIV) is None
    assert message(counted, 9, errors=DIV) is None


def test_constants_are_checked() -> None:
    def f() -> None:
        check(False, "always")

    assert checkify.checkify(f)()[0].get() == "always (`check` failed)"
    gc.collect()
    assert axir.jit(checkify.checkify(lambda: np.log(-1.0), errors=NAN))()[0].get() is not None


def test_a_known_value_may_still_be_asked_for() -> None:
    def f(x: Any) -> Any:
        check(x < 5, "too large")
        return 2 * x if x > 0 else x

    assert checkify.checkify(f)(np.asarray(7.0))[1] == 14.0


def test_errors_are_pytrees() -> None:
    err, _ = checkify.checkify(reciprocal)(np.float32(-2.0))
    again = axir.tree.map(lambda x: x, err)
    assert again.get() == err.get()
    assert axir.tree.structure(err) == axir.tree.structure(checkify.checkify(reciprocal)(np.float32(2.0))[0])
    assert "must be positive" in repr(err)


@pytest.mark.parametrize(
    ("call", "where"),
    [
        (lambda: check(np.array([True]), "no scalar"), "check: takes a bool scalar"),
        (lambda: debug_check(1, "no bool"), "debug_check: takes a bool scalar"),
        (lambda: check(True, "{}", 3.0), "must be pytrees of arrays"),
        (lambda: check_error("error"), "check_error: takes an Error"),
        (lambda: checkify.checkify(np.sin, errors=frozenset({ValueError})), "errors must be a set such as"),
    ],
)
def test_wrong_arguments(call: Callable[[], Any], where: str) -> None:
    with pytest.raises(TypeError, match=where):
        call()
