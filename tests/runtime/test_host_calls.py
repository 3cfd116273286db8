"""Python functions that a compiled program calls while it runs."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from runtime_program import FLAGS, floats

from axir_runtime import Device, Executable, RuntimeFailure, Spec
from axir_runtime.callbacks import REFLECTION, Site, parse_sites

SITES = (
    "[[0, [[\\22float32\\22, [8]], [\\22uint8\\22, []]], [[\\22float32\\22, [8]]], true], [1, [], [], false]]"
)
PROGRAM = f"""
func.func private @axir_callbacks.site0(!hal.buffer_view, !hal.buffer_view, i32) -> (!hal.buffer_view, i32)
func.func private @axir_callbacks.site1()
func.func @main(%x: tensor<8xf32>, %n: tensor<i8>) -> tensor<8xf32>
    attributes {{iree.reflection = {{{REFLECTION} = "{SITES}"}}}} {{
  %a = hal.tensor.export %x : tensor<8xf32> -> !hal.buffer_view
  %b = hal.tensor.export %n : tensor<i8> -> !hal.buffer_view
  func.call @axir_callbacks.site1() : () -> ()
  %t = arith.constant 7 : i32
  %c:2 = func.call @axir_callbacks.site0(%a, %b, %t)
      : (!hal.buffer_view, !hal.buffer_view, i32) -> (!hal.buffer_view, i32)
  %y = hal.tensor.import %c#0 : !hal.buffer_view -> tensor<8xf32>
  func.call @axir_callbacks.site1() : () -> ()
  return %y : tensor<8xf32>
}}
"""
FLOATS = Spec((8,), np.dtype("float32"))
BYTE = Spec((), np.dtype("uint8"))
N = np.array(200, np.uint8)

Call = Callable[[Sequence[np.ndarray], Sequence[Spec]], Sequence[np.ndarray]]


@pytest.fixture(scope="module")
def calling() -> bytes:
    from iree.compiler import tools

    compiled = tools.compile_str(PROGRAM, extra_args=FLAGS)
    assert compiled is not None
    return compiled


@pytest.fixture(params=[False, True], ids=["calling-thread", "all-cores"])
def load(request: pytest.FixtureRequest, calling: bytes, device: Device) -> Callable[..., Executable]:
    return lambda *callbacks: Executable(device, calling, parallel=request.param, callbacks=callbacks)


def nothing(arguments: Sequence[np.ndarray], results: Sequence[Spec]) -> Sequence[np.ndarray]:
    return ()


def scaled(arguments: Sequence[np.ndarray], results: Sequence[Spec]) -> Sequence[np.ndarray]:
    x, n = arguments
    return [x * n.astype(np.float32)]


def test_sites_are_read_from_the_reflection() -> None:
    text = SITES.replace("\\22", '"')
    assert parse_sites({REFLECTION: text}) == (
        Site(0, (FLOATS, BYTE), (FLOATS,), True),
        Site(1, (), (), False),
    )
    assert parse_sites({}) == ()


def test_callbacks_are_called_in_order(load: Any) -> None:
    calls: list[Any] = []

    def note(arguments: Sequence[np.ndarray], results: Sequence[Spec]) -> Sequence[np.ndarray]:
        calls.append(([(x.shape, x.dtype) for x in arguments], tuple(results), threading.get_ident()))
        return scaled(arguments, results) if arguments else ()

    (found,) = load(note, note)([floats(8), N.view(np.int8)])
    np.testing.assert_array_equal(found.array, floats(8) * 200)
    here = threading.get_ident()
    quiet = ([], (), here)
    assert calls == [quiet, ([(FLOATS.shape, FLOATS.dtype), ((), BYTE.dtype)], (FLOATS,), here), quiet]


def test_all_callbacks_must_be_given(load: Any) -> None:
    with pytest.raises(ValueError, match="calls 2 callbacks; got 1"):
        load(scaled)


def test_results_belong_to_the_program(load: Any) -> None:
    """What a callback gave may be written to, and need not be aligned."""
    given = floats(8)
    (found,) = load(lambda *_: [given], nothing)([floats(8), N.view(np.int8)])
    given[:] = -1
    np.testing.assert_array_equal(found.array, floats(8))


@pytest.mark.parametrize("wrong", [[], [floats(7)], [floats(8).astype("float64")], [floats(8), floats(8)]])
def test_wrong_results_are_refused(wrong: list[np.ndarray], load: Any) -> None:
    with pytest.raises(ValueError, match=r"callback 0 must give \(float32\[8\]\); got \("):
        load(lambda *_: wrong, nothing)([floats(8), N.view(np.int8)])


class Missing(KeyError):
    pass


class Interrupted(KeyboardInterrupt):
    pass


@pytest.mark.parametrize("kind", [Missing, Interrupted, RuntimeFailure])
def test_exceptions_come_out_and_leave_everything_sound(kind: type[BaseException], load: Any) -> None:
    raised: list[weakref.ref[BaseException]] = []

    def refuse(arguments: Sequence[np.ndarray], results: Sequence[Spec]) -> Sequence[np.ndarray]:
        if arguments[0][0] < 0:
            error = kind("no")
            raised.append(weakref.ref(error))
            raise error
        return scaled(arguments, results)

    run = load(refuse, nothing)
    for _ in range(20):
        with pytest.raises(kind, match="no") as caught:
            run([floats(8) - 1, N.view(np.int8)])
        assert caught.value is raised[-1]()
        assert caught.value.__context__ is None
        del caught
        np.testing.assert_array_equal(run([floats(8), N.view(np.int8)])[0].array, floats(8) * 200)
    gc.collect()
    assert not any(ref() for ref in raised[:-1])


def test_arguments_are_checked(load: Any) -> None:
    """IREE hands an argument that no kernel reads on to the callback, whatever it is."""
    run = load(scaled, nothing)
    for wrong in (floats(7), floats(8).astype("float64")):
        with pytest.raises(ValueError, match=r"callback 0 takes float32\[8\]; the program gave"):
            run([wrong, N.view(np.int8)])
