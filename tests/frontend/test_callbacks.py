"""Callbacks in programs of all kinds: what they see, how often and in which order they run, what they raise."""

from __future__ import annotations

import gc
import threading
import traceback
import weakref
from collections.abc import Callable
from typing import Any

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax
from axir.errors import DTypeError, MissingRuleError, ShapeError, TreeError
from axir.experimental import io_callback

SCALAR = axir.ShapeDtypeStruct((), "float32")
XS = onp.array([1.0, 2.0, 3.0], "float32")


def eager(fun: Callable[..., Any]) -> Callable[..., Any]:
    return fun


both = pytest.mark.parametrize("how", [eager, axir.jit], ids=["eager", "jit"])


class Log:
    """Notes what it is called with."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def __call__(self, *xs: Any) -> None:
        self.seen.append(tuple(onp.asarray(x).tolist() for x in xs))

    def take(self) -> list[Any]:
        seen, self.seen = self.seen, []
        return seen


@pytest.fixture
def log() -> Log:
    return Log()


def sine(x: Any, vmap_method: str | None = None) -> Any:
    """``sin`` on the host."""
    return axir.pure_callback(onp.sin, axir.ShapeDtypeStruct(x.shape, x.dtype), x, vmap_method=vmap_method)


# Values. ----------------------------------------------------------------------------------------


@both
def test_a_callback_gives_and_takes_trees(how: Any) -> None:
    def host(pair: Any, *, scale: Any) -> Any:
        assert isinstance(pair["a"], axir.Array)
        return {"sum": onp.asarray(pair["a"] + pair["b"]), "scaled": (onp.asarray(pair["a"]) * float(scale),)}

    def fun(a: Any, b: Any) -> Any:
        out = {
            "sum": axir.ShapeDtypeStruct((3,), "float32"),
            "scaled": (axir.ShapeDtypeStruct((3,), "float32"),),
        }
        return axir.pure_callback(host, out, {"a": a * 2, "b": b}, scale=3.0)

    found = how(fun)(XS, 10 * XS)
    onp.testing.assert_array_equal(found["sum"], 12 * XS)
    onp.testing.assert_array_equal(found["scaled"][0], 6 * XS)


@pytest.mark.parametrize("shape", [(), (3,), (0, 2)])
def test_every_dtype_and_shape_goes_through(shape: tuple[int, ...]) -> None:
    names = ("bool", "int8", "uint8", "int32", "uint32", "float16", "bfloat16", "float32", "complex64")
    values = [np.asarray(onp.full(shape, 3)).astype(name) for name in names]
    kinds: list[str] = []

    def host(*xs: Any) -> Any:
        kinds[:] = [str(x.dtype) for x in xs]
        return xs

    @axir.jit
    def fun(*xs: Any) -> Any:
        return axir.pure_callback(host, [axir.ShapeDtypeStruct(x.shape, x.dtype) for x in xs], *xs)

    for x, y in zip(values, fun(*values), strict=True):
        assert y.dtype == x.dtype
        onp.testing.assert_array_equal(onp.asarray(x), onp.asarray(y))
    assert tuple(kinds) == names


def test_large_programs_call_back_from_all_cores() -> None:
    x = onp.arange(1 << 17, dtype="float32")
    found = axir.jit(lambda x: sine(x * 2) + 1)(x)
    onp.testing.assert_allclose(found, onp.sin(x * 2) + 1, 1e-6)


def test_arguments_may_be_kept(log: Log) -> None:
    """They are not the memory of the program, which it uses again."""
    kept: list[Any] = []
    fun = axir.jit(
        lambda x: lax.fori_loop(0, 4, lambda i, c: (axir.debug.callback(kept.append, c), c * 2)[1], x)
    )
    fun(onp.float32(1))
    fun(onp.float32(10))
    assert [float(x) for x in kept] == [1, 2, 4, 8, 10, 20, 40, 80]


# How often, and in which order. -----------------------------------------------------------------


@both
def test_effects_run_once_and_in_order(how: Any, log: Log) -> None:
    def fun(x: Any) -> Any:
        axir.debug.callback(log, 0)
        y = io_callback(lambda v: (log(1, v), onp.asarray(v) + 1)[1], SCALAR, x)
        axir.debug.callback(log, 2, ordered=True)
        axir.jit(lambda: axir.debug.callback(log, 3))()
        io_callback(log, None, 4, y, ordered=True)
        io_callback(log, None, 4, y, ordered=True)
        return x

    run = how(fun)
    for _ in range(2):
        run(5.0)
        assert log.take() == [(0,), (1, 5.0), (2,), (3,), (4, 6.0), (4, 6.0)]


def test_pure_callbacks_run_where_they_are_needed(log: Log) -> None:
    def host(x: Any) -> Any:
        log(x)
        return onp.asarray(x)

    def fun(x: Any) -> Any:
        axir.pure_callback(host, SCALAR, x + 1)
        return axir.pure_callback(host, SCALAR, x) + axir.pure_callback(host, SCALAR, x)

    assert float(axir.jit(fun)(2.0)) == 4
    assert log.take() == [(2.0,)]


def scanned(log: Log) -> tuple[Callable[..., Any], list[Any]]:
    def step(c: Any, t: Any) -> Any:
        axir.debug.callback(log, t, c)
        return c * t, None

    return lambda x: lax.scan(step, x, np.arange(1.0, 4.0))[0], [(1, 2), (2, 2), (3, 4)]


def looped(log: Log) -> tuple[Callable[..., Any], list[Any]]:
    def body(c: Any) -> Any:
        axir.debug.callback(log, c)
        return c * 3

    return lambda x: (lax.while_loop(lambda c: c < 30, body, x), x)[1], [(2,), (6,), (18,)]


def branched(log: Log) -> tuple[Callable[..., Any], list[Any]]:
    def branch(sign: int) -> Callable[..., Any]:
        return lambda x: (axir.debug.callback(log, sign, x), x * sign)[1]

    return lambda x: lax.cond(x > 0, branch(1), branch(-1), x), [(1, 2)]


def drawn(log: Log) -> tuple[Callable[..., Any], list[Any]]:
    """A loop that holds nothing but effects, as long as one of them wants."""

    def more() -> Any:
        log(len(log.seen))
        return onp.bool_(len(log.seen) < 4)

    def fun(x: Any) -> Any:
        lax.while_loop(
            lambda _: io_callback(more, axir.ShapeDtypeStruct((), bool)),
            lambda _: axir.debug.callback(log, "step"),
            None,
        )
        return x

    return fun, [(0,), ("step",), (2,), ("step",), (4,)]


@both
@pytest.mark.parametrize("make", [scanned, looped, branched, drawn])
def test_effects_in_loops_and_branches(make: Any, how: Any, log: Log) -> None:
    fun, expected = make(log)
    how(fun)(2.0)
    assert log.take() == expected


def test_calls_stay_in_front_of_loops(log: Log) -> None:
    """Also if the loops are ready before the arguments of the calls, and nobody uses what the loops give."""

    def draw(x: Any) -> Any:
        log("draw", x)
        return onp.asarray(x) * 2

    def unused_loop(x: Any) -> None:
        def body(c: Any) -> Any:
            y = io_callback(draw, SCALAR, np.sin(c[1]) + 1)
            axir.debug.callback(log, 18, y)
            return c[0] + 1, y

        lax.while_loop(lambda c: c[0] < 2, body, (0, x))

    def step(c: Any, t: Any) -> Any:
        axir.debug.callback(log, 61, c)
        unused_loop(c)
        return c + t, None

    def fun(x: Any) -> Any:
        lax.cond(x > 0, lambda x: (unused_loop(x), axir.debug.callback(log, 7, x))[1], lambda x: None, x)
        x = lax.scan(step, x, np.arange(1.0, 3.0))[0]
        lax.cond(x > 0, lambda x: (axir.debug.callback(log, 8, x), unused_loop(x))[1], lambda x: None, x)
        return x

    fun(onp.float32(0.5))
    expected = log.take()
    assert len(expected) == 4 * 4 + 2 + 2
    axir.jit(fun)(onp.float32(0.5))
    for (tag, value), (wanted, number) in zip(log.take(), expected, strict=True):
        assert tag == wanted
        assert abs(value - number) < 1e-5


@both
@pytest.mark.parametrize("make", [scanned, looped, branched, drawn])
def test_differentiation_does_not_repeat_effects(make: Any, how: Any, log: Log) -> None:
    fun, expected = make(log)
    value, slope = how(axir.value_and_grad(fun))(2.0)
    assert log.take() == expected
    assert float(slope) == float(value) / 2  # all of them are linear
    how(lambda x: axir.jvp(fun, (x,), (1.0,)))(2.0)
    assert log.take() == expected


def test_linearized_loops_run_their_effects_when_linearized(log: Log) -> None:
    def fun(x: Any) -> Any:
        return lax.while_loop(lambda c: c < 30, lambda c: (axir.debug.callback(log, c), c * 3)[1], x)

    value, linear = axir.linearize(fun, 2.0)
    assert float(value) == 54
    assert log.take() == [(2,), (6,), (18,)]
    assert float(linear(1.0)) == 27
    assert log.take() == []


@both
def test_each_draw_of_a_differentiated_loop_counts_once(how: Any) -> None:
    draws: list[int] = []

    def draw() -> Any:
        draws.append(len(draws))
        return onp.float32(len(draws) + 1)

    def fun(x: Any) -> Any:
        return lax.scan(lambda c, _: (c * io_callback(draw, SCALAR), None), x, None, length=3)[0]

    value, slope = how(axir.value_and_grad(fun))(1.0)
    assert (float(value), float(slope), len(draws)) == (24, 24, 3)


@both
def test_checkpoint_runs_effects_once(how: Any, log: Log) -> None:
    def fun(x: Any) -> Any:
        axir.debug.callback(log, x)
        factor = io_callback(lambda: (log(), onp.float32(3))[1], SCALAR)
        return np.sin(x * factor)

    slope = how(axir.grad(axir.checkpoint(fun)))(1.0)
    assert log.take() == [(1,), ()]
    onp.testing.assert_allclose(slope, 3 * onp.cos(3), 1e-6)


def test_a_value_that_python_asks_for_has_no_effects(log: Log) -> None:
    fun, expected = scanned(log)

    def chosen(x: Any) -> Any:
        y = fun(x)
        return y if y > 0 else -y

    assert float(axir.grad(chosen)(2.0)) == 6
    assert log.take() == expected


# Derivatives and batches. -----------------------------------------------------------------------


def test_callbacks_have_no_derivative() -> None:
    with pytest.raises(MissingRuleError, match=r"pure_callback has no derivative rule.*custom_jvp"):
        axir.grad(sine)(1.0 * np.ones(()))
    with pytest.raises(MissingRuleError, match="io_callback has no derivative rule"):
        axir.jit(axir.grad(lambda x: io_callback(lambda v: v, SCALAR, x)))(1.0)


@both
def test_custom_rules_differentiate_callbacks(how: Any, log: Log) -> None:
    @axir.custom_jvp
    def fun(x: Any) -> Any:
        axir.debug.callback(log, x)
        return axir.pure_callback(onp.sin, SCALAR, x)

    @fun.defjvp
    def rule(primals: Any, tangents: Any) -> Any:
        (x,), (t,) = primals, tangents
        return fun(x), t * axir.pure_callback(onp.cos, SCALAR, x)

    value, slope = how(axir.value_and_grad(fun))(1.0)
    onp.testing.assert_allclose([value, slope], [onp.sin(1), onp.cos(1)], 1e-6)
    assert log.take() == [(1,)]


@both
def test_cotangents_can_be_seen(how: Any, log: Log) -> None:
    @axir.custom_vjp
    def seen(x: Any) -> Any:
        return x

    seen.defvjp(lambda x: (x, None), lambda _, ct: (axir.debug.callback(log, ct), (ct,))[1])
    assert float(how(axir.grad(lambda x: seen(x * x) * 3))(2.0)) == 12
    assert log.take() == [(3,)]


METHODS = {
    "sequential": [((), ())] * 6,
    "sequential_unrolled": [((), ())] * 6,
    "expand_dims": [((1, 3), (2, 1))],
    "broadcast_all": [((2, 3), (2, 3))],
    "legacy_vectorized": [((3, 1), (2,))],
}


@both
@pytest.mark.parametrize("method", METHODS)
def test_batches_of_pure_callbacks(method: str, how: Any) -> None:
    shapes: list[Any] = []

    def host(x: Any, y: Any) -> Any:
        shapes.append((x.shape, y.shape))
        x = onp.asarray(x)
        return x.T * onp.asarray(y)[:, None] if method == "legacy_vectorized" else x * onp.asarray(y)

    def fun(x: Any, y: Any) -> Any:
        one = axir.vmap(
            lambda x, y: axir.pure_callback(host, SCALAR, x, y, vmap_method=method), in_axes=(0, None)
        )
        return one(x, y)

    ys = onp.array([10.0, 20.0], "float32")
    if method == "legacy_vectorized":
        # What is shared stays as it is; here the shapes would not broadcast by themselves.
        found = axir.vmap(
            lambda y: axir.pure_callback(
                host, axir.ShapeDtypeStruct((3,), "float32"), XS[:, None], y, vmap_method=method
            )
        )
        onp.testing.assert_array_equal(how(found)(ys), ys[:, None] * XS)
    else:
        onp.testing.assert_array_equal(how(axir.vmap(fun, in_axes=(None, 0)))(XS, ys), ys[:, None] * XS)
    assert shapes == METHODS[method]


def test_a_batch_needs_a_method() -> None:
    with pytest.raises(MissingRuleError, match="must say what it does over a batch"):
        axir.vmap(sine)(XS)
    with pytest.raises(ValueError, match="vmap_method must be None or one of"):
        sine(XS, "parallel")


@both
def test_batches_of_effects_run_for_each_item(how: Any, log: Log) -> None:
    def fun(x: Any) -> Any:
        axir.debug.callback(log, "once")
        axir.debug.callback(log, "each", x)
        return io_callback(lambda v: onp.asarray(v) * 2, SCALAR, x)

    onp.testing.assert_array_equal(how(axir.vmap(fun))(XS), 2 * XS)
    assert log.take() == [("once",), ("each", 1), ("each", 2), ("each", 3)]


def test_ordered_io_has_no_batch(log: Log) -> None:
    with pytest.raises(MissingRuleError, match="io_callback with ordered=True has no place in a batch"):
        axir.vmap(lambda x: io_callback(log, None, x, ordered=True))(XS)
    assert log.take() == []
    axir.vmap(lambda x: axir.debug.callback(log, x, ordered=True))(XS)
    assert log.take() == [(1,), (2,), (3,)]


# Printing. --------------------------------------------------------------------------------------


@both
def test_print(how: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def fun(x: Any) -> Any:
        axir.debug.print("x={} {kind} {y:.2f} {{}}", x, kind="static", y=x[0] * 2)
        axir.vmap(lambda v: axir.debug.print("item {}", v))(x)
        axir.debug.print(ordered=True)("end")
        return x

    how(fun)(XS)
    expected = ["x=[1. 2. 3.] static 2.00 {}", "item 1.0", "item 2.0", "item 3.0", "end"]
    assert capsys.readouterr().out.splitlines() == expected


def test_print_uses_the_options_of_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    fun = axir.jit(lambda x: axir.debug.print("{}", x))
    with onp.printoptions(precision=2):
        fun(onp.float32([1 / 3]))
    fun(onp.float32([2 / 3]))
    assert capsys.readouterr().out == "[0.33]\n[0.67]\n"


def test_errors_of_print_come_while_tracing() -> None:
    with pytest.raises(ValueError, match="does not use argument 1, 'y'"):
        axir.jit(lambda x: axir.debug.print("{}", x, x, y=x))(1.0)
    with pytest.raises(KeyError, match="y"):
        axir.jit(lambda x: axir.debug.print("{y}", x=x))(1.0)
    with pytest.raises(TypeError, match="options come in a call of their own"):
        axir.debug.print(x=1)
    with pytest.raises(TypeError, match="takes a function first"):
        axir.debug.callback(3)


# Errors. ----------------------------------------------------------------------------------------


class Refused(Exception):
    pass


def refuse_negative(x: Any) -> Any:
    if float(x) < 0:
        raise Refused(float(x)) from ValueError("the cause")
    return onp.asarray(x) * 2


def doubled(x: Any) -> Any:
    return axir.pure_callback(refuse_negative, SCALAR, x) + 1


@both
def test_exceptions_come_out_as_they_are(how: Any) -> None:
    with pytest.raises(Refused) as caught:
        how(doubled)(-1.0)
    assert caught.value.args == (-1.0,)
    assert isinstance(caught.value.__cause__, ValueError)
    assert traceback.extract_tb(caught.value.__traceback__)[-1].name == "refuse_negative"
    assert caught.value.__context__ is caught.value.__cause__ or caught.value.__context__ is None


def test_other_exceptions_come_out_too() -> None:
    def interrupt(x: Any) -> Any:
        raise KeyboardInterrupt("now")

    with pytest.raises(KeyboardInterrupt, match="now"):
        axir.jit(lambda x: axir.pure_callback(interrupt, SCALAR, x))(1.0)


def test_programs_work_after_exceptions_in_all_threads() -> None:
    small = axir.jit(doubled)
    large = axir.jit(lambda x: np.ones(1 << 17) * axir.pure_callback(refuse_negative, SCALAR, x))
    wrong: list[BaseException] = []

    def work() -> None:
        for i in range(40):
            x = float(i % 3 - 1)
            try:
                assert float(small(x)) == 2 * x + 1
                assert float(large(x)[-1]) == 2 * x
                assert x >= 0
            except Refused as error:
                if x >= 0 or error.args != (x,):
                    wrong.append(error)
            except BaseException as error:
                wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_callbacks_may_call_programs() -> None:
    def host(x: Any) -> Any:
        return onp.float32(0) if x <= 0 else summed(x - 1) + onp.asarray(x)

    summed = axir.jit(lambda x: axir.pure_callback(host, SCALAR, x))
    assert float(summed(4.0)) == 10

    def forgiving(x: Any) -> Any:
        with pytest.raises(Refused):
            axir.jit(doubled)(x)
        return onp.float32(7)

    assert float(axir.jit(lambda x: axir.pure_callback(forgiving, SCALAR, x))(-1.0)) == 7
    # A program that is being traced is not that of the callback.
    assert float(axir.grad(lambda x: x * summed(axir.lax.stop_gradient(x)))(4.0)) == 10


@both
@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (lambda x: onp.zeros(2, "float32"), ShapeError, r"must have shape \(\); the callback gave \(2,\)"),
        (lambda x: onp.int32(1), DTypeError, "must have dtype float32; the callback gave int32"),
        (lambda x: "text", DTypeError, "must have dtype float32"),
        (lambda x: (x, x), TreeError, "must give 1 arrays; it gave 2"),
        (lambda x: None, TreeError, "must give 1 arrays; it gave 0"),
    ],
)
def test_results_must_be_as_announced(given: Any, error: type, message: str, how: Any) -> None:
    with pytest.raises(error, match=message):
        how(lambda x: axir.pure_callback(given, SCALAR, x))(1.0)


def test_numbers_narrow_to_the_default_width() -> None:
    assert float(axir.pure_callback(lambda x: 0.5, SCALAR, 1.0)) == 0.5
    with pytest.raises(DTypeError, match="float64, which needs axir_enable_x64"):
        axir.pure_callback(onp.sin, onp.zeros(2), 1.0)
    with pytest.raises(DTypeError, match="a pytree of what has a shape and a dtype"):
        axir.pure_callback(onp.sin, 3.0, 1.0)


# Caches. ----------------------------------------------------------------------------------------


def test_equal_programs_call_their_own_functions() -> None:
    """Also where the compiled module comes from a cache: it knows positions only."""

    def program(first: float, second: float) -> Any:
        def fun(x: Any) -> Any:
            one = axir.pure_callback(lambda v: onp.float32(first), SCALAR, x)
            return one - axir.pure_callback(lambda v: onp.float32(second), SCALAR, x)

        return axir.jit(fun)

    assert float(program(5, 3)(1.0)) == 2
    again = program(1, 7)
    assert float(again(1.0)) == -6
    axir.clear_caches()
    assert float(program(20, 10)(1.0)) == 10
    assert float(again(1.0)) == -6


def test_functions_live_as_long_as_their_programs() -> None:
    class Host:
        def __call__(self, x: Any) -> Any:
            return onp.asarray(x) + 1

    host = Host()
    known = weakref.ref(host)
    fun = axir.jit(lambda x: axir.pure_callback(known(), SCALAR, x))
    assert float(fun(1.0)) == 2
    del host
    gc.collect()
    assert float(fun(2.0)) == 3
    del fun
    axir.clear_caches()
    gc.collect()
    assert known() is None


def test_the_barrier_finds_effects_done(log: Log) -> None:
    axir.jit(lambda x: axir.debug.callback(log, x))(1.0)
    axir.effects_barrier()
    assert log.take() == [(1,)]
