"""Compiled functions for the calling thread, without fences and checks of arguments inside."""

from __future__ import annotations

from typing import Any

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax
from axir._src.device_targets import target_of
from axir_compiler.direct_calls import make_direct
from axir_compiler.mlir import context, ir

_MODULE = """
vm.module @program {
  vm.import private @hal.fence.create(%device : !vm.ref<!hal.device>, %flags : i64) -> !vm.ref<!hal.fence>
  vm.import private @hal.fence.signal(%fence : !vm.ref<!hal.fence>)
  vm.import private @hal.fence.await(%timeout : i32, %flags : i64, %fences : !vm.ref<!hal.fence> ...) -> i32 attributes {vm.yield}
  vm.import private @hal.buffer.assert(%buffer : !vm.ref<!hal.buffer>, %length : i64)
  vm.func @main(%device : !vm.ref<!hal.device>, %x : !vm.ref<!hal.buffer>) -> i32 {
    %c0 = vm.const.i64 0
    %forever = vm.const.i32 -1
    vm.call @hal.buffer.assert(%x, %c0) : (!vm.ref<!hal.buffer>, i64) -> ()
    %fence = vm.call @hal.fence.create(%device, %c0) : (!vm.ref<!hal.device>, i64) -> !vm.ref<!hal.fence>
    SIGNAL
    vm.call.variadic.yieldable @hal.fence.await(%forever, %c0, %fence) <segment_sizes = dense<[-1, -1, 1]> : vector<3xi16>, segment_types = [i32, i64, !vm.ref<!hal.fence>]> : (i32, i64, !vm.ref<!hal.fence>) -> ^bb1 (i32)
  ^bb1(%status : i32):
    vm.return %status : i32
  }
}
"""  # noqa: E501


def _program(signal: str = "") -> ir.Module:
    return ir.Module.parse(_MODULE.replace("SIGNAL", signal), context())


def test_fences_and_checks_go() -> None:
    with context():
        module = _program()
        assert make_direct(module.operation)
        module.operation.verify()
    body = str(module).partition("vm.func")[2]
    assert "vm.call" not in body
    assert "vm.br ^bb1(%zero_0 : i32)" in body


def test_a_program_that_signals_fences_itself_stays() -> None:
    with context():
        module = _program("vm.call @hal.fence.signal(%fence) : (!vm.ref<!hal.fence>) -> ()")
        before = str(module)
        assert not make_direct(module.operation)
    assert str(module) == before


def test_only_programs_for_the_calling_thread_have_direct_calls() -> None:
    device = axir.devices("cpu")[0]
    assert "direct_calls" in target_of(device, parallel=False).optimizations
    assert "direct_calls" not in target_of(device).optimizations
    with axir.config.override("axir_direct_calls", False):
        assert "direct_calls" not in target_of(device, parallel=False).optimizations


def _steps(x: Any) -> Any:
    """Loops and branches of the program, with dispatches that hand buffers on."""

    def step(i: Any, carry: Any) -> Any:
        total, rows = carry
        rows = lax.cond(i % 3 == 0, lambda r: np.sort(r), lambda r: np.cumsum(r)[::-1] * 0.1, rows)
        return total + rows.sum(), rows

    return lax.fori_loop(0, 25, step, (np.float32(0), x))


def _called(x: Any) -> Any:
    """Python is called between dispatches, on what the ones before have computed."""
    sorted_first = axir.pure_callback(
        lambda v: onp.sort(v), axir.ShapeDtypeStruct(x.shape, x.dtype), np.sin(x) * 2
    )
    return np.cumsum(sorted_first), x.max()


@pytest.mark.parametrize("function", [_steps, _called])
def test_results_are_those_of_other_calls(function: Any) -> None:
    x = np.asarray(onp.random.default_rng(3).normal(size=700).astype("float32"))
    found = axir.jit(function)(x)
    with axir.config.override("axir_direct_calls", False):
        expected = axir.jit(lambda v: function(v))(x)
    for a, b in zip(found, expected, strict=True):
        onp.testing.assert_array_equal(a, b)


def test_what_a_callback_raises_comes_out_and_the_function_works_on() -> None:
    def positive(v: onp.ndarray) -> onp.ndarray:
        if v[0] < 0:
            raise ValueError("negative")
        return v

    f = axir.jit(lambda x: axir.pure_callback(positive, axir.ShapeDtypeStruct((3,), "float32"), x + 1) * 2)
    onp.testing.assert_array_equal(f(np.ones(3)), [4, 4, 4])
    with pytest.raises(ValueError, match="negative"):
        f(np.full(3, -4.0))
    onp.testing.assert_array_equal(f(np.zeros(3)), [2, 2, 2])


def test_an_executable_checks_what_it_is_called_with() -> None:
    compiled = axir.jit(lambda x: x + 1).lower(np.ones((2, 3))).compile()
    executable = compiled.runtime_executable()
    for wrong in (onp.ones((2, 2), "float32"), onp.ones((2, 3), "int32"), onp.ones(6, "float32")):
        with pytest.raises((TypeError, ValueError), match="argument 0"):
            executable([wrong])
    onp.testing.assert_array_equal(executable([onp.ones((2, 3), "float32")])[0].array, onp.full((2, 3), 2))


def test_containers_of_arrays_find_their_program_whatever_else_changes() -> None:
    traces = []

    @axir.jit
    def f(tree: Any, scale: Any = 1.0) -> Any:
        traces.append(None)
        return {name: value * scale for name, value in tree.items()}

    one, two = np.ones(3), np.arange(4.0)
    for _ in range(3):
        found = f({"a": one, "b": two}, scale=two[2])
        onp.testing.assert_array_equal(found["b"], [0, 2, 4, 6])
    assert len(traces) == 1
    # The same structure, filled in another order; another one; other types; numbers of Python in it.
    assert list(f({"b": two, "a": one}, scale=two[2])) == ["a", "b"]
    assert len(traces) == 1
    onp.testing.assert_array_equal(f({"a": one, "c": two}, scale=two[2])["c"], [0, 2, 4, 6])
    onp.testing.assert_array_equal(f({"a": two, "b": two}, scale=two[2])["a"], [0, 2, 4, 6])
    onp.testing.assert_array_equal(f({"a": one, "b": 3}, scale=two[2])["b"], 6)
    onp.testing.assert_array_equal(f({"a": one, "b": two}, scale=3)["b"], [0, 3, 6, 9])
    assert len(traces) == 5


def test_small_arrays_of_numpy_and_numbers_are_copied() -> None:
    traces = []

    @axir.jit
    def f(x: Any, k: Any) -> Any:
        traces.append((x.dtype, x.weak_type, k.dtype, k.weak_type))
        return x, x * k

    x = onp.arange(6, dtype="float32")
    for k in (2, 3, -1):
        same, scaled = f(x, k)
        onp.testing.assert_array_equal(scaled, x * k)
        x += 1  # what was returned stays
        onp.testing.assert_array_equal(same, x - 1)
    assert traces == [(onp.float32, False, onp.int32, True)]
    f(x, 2.0), f(x, True), f(onp.arange(6), 2), f(x[::-1][::2], 2), f(onp.zeros((2, 0)), 2)
    assert traces[1:] == [
        (onp.float32, False, onp.float32, True),
        (onp.float32, False, onp.bool_, False),
        (onp.int32, False, onp.int32, True),
        (onp.float32, False, onp.int32, True),
        (onp.float32, False, onp.int32, True),
    ]
    onp.testing.assert_array_equal(f(x[::-1], 2)[1], 2 * x[::-1])
    onp.testing.assert_array_equal(f(onp.arange(6).astype(">f4"), 2)[1], 2 * onp.arange(6))
    with pytest.raises(OverflowError, match="fit"):
        f(x, 2**40)
    with pytest.raises(OverflowError, match="fit"):
        f(onp.array([2**40, 1, 2, 3, 4, 5]), 2)
    with pytest.raises(TypeError, match="x"):
        f("x", 2)


def test_static_arguments_are_no_numbers_of_the_program() -> None:
    traces = []

    def power(x: Any, n: Any = 1) -> Any:
        traces.append(n)
        return x**n

    f = axir.jit(power, static_argnames="n")
    for _ in range(2):
        onp.testing.assert_array_equal(f(np.arange(3.0)), [0, 1, 2])
        onp.testing.assert_array_equal(f(np.arange(3.0), 2), [0, 1, 4])
        onp.testing.assert_array_equal(f(onp.arange(3, dtype="float32"), n=3), [0, 1, 8])
    assert traces == [1, 2, 3]


def test_64_bit_arguments_follow_the_option() -> None:
    f = axir.jit(lambda x: x + 1)
    for wanted in (onp.float32, onp.float64, onp.float32):
        with axir.enable_x64(wanted is onp.float64):
            assert f(onp.arange(3.0)).dtype == wanted
            assert f(2.0).dtype == wanted
