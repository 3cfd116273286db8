"""Devices of the CPU, which every machine has: placement, committed and uncommitted arrays, the default device."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir.errors import MixedDevicesError, PlatformError

CPU = axir.devices("cpu")[0]

# In a process of its own with three devices; `show` prints a device and whether an array is committed to it.
START = """
import copy, pickle
import numpy as onp
import axir, axir.numpy as np
from axir.errors import MixedDevicesError
a, b, c = axir.devices()
def show(*arrays):
    print(*[f"{x.device}{'!' if x.committed else ''}" for x in arrays])
def refused(call):
    try:
        call()
    except MixedDevicesError as error:
        print(str(error).partition(" At ")[0])
"""


def _run(code: str, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", START + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "AXIR_CPU_DEVICES": "3", **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_names_of_devices():
    assert axir.devices() == axir.devices("cpu") == axir.local_devices() == [CPU]
    assert (axir.device_count(), axir.local_device_count(), axir.default_backend()) == (1, 1, "cpu")
    with pytest.raises(PlatformError, match="no platform 'tpu'"):
        axir.devices("tpu")
    with pytest.raises(RuntimeError):
        axir.devices("tpu")


def test_arrays_are_free_to_move_until_they_are_put():
    x = np.arange(3.0)
    assert (x.device, x.devices(), x.committed) == (CPU, {CPU}, False)
    assert not axir.device_put(onp.ones(3)).committed
    y = axir.device_put(x, CPU)
    assert (y.device, y.committed) == (CPU, True)
    assert axir.device_put(y, CPU) is y
    onp.testing.assert_array_equal(y, x)


def test_pytrees_are_put_as_a_whole():
    tree = axir.device_put({"a": 1.0, "b": [onp.arange(3), np.ones(2)]}, CPU)
    assert tree["a"].committed and tree["b"][0].committed and tree["b"][1].committed
    assert tree["a"].weak_type


def test_what_is_no_device_is_refused():
    with pytest.raises(TypeError, match="device_put: device must be one of"):
        axir.device_put(1.0, "cpu")
    with pytest.raises(TypeError, match="jit: device must be one of"):
        axir.jit(lambda x: x, device="cpu")
    with pytest.raises(ValueError, match="not both"):
        axir.jit(lambda x: x, device=CPU, backend="cpu")
    with pytest.raises(TypeError, match="default_device: takes"):
        axir.default_device(3)
    with pytest.raises(PlatformError, match="no platform 'abacus'"):
        axir.default_device("abacus")
    with pytest.raises(ValueError, match="axir_platform must name one of cpu"):
        axir.config.update("axir_platform", "abacus")


def test_results_follow_committed_arguments():
    lines = _run(
        """
        x, y = axir.device_put(np.arange(3.0), b), np.ones(3)
        show(x, y, x + y, y + x, x * 2, np.sin(x), x[1], x[:2], x.sum(), x @ y, x.astype("int32"), x.reshape(3, 1))
        f = axir.jit(lambda p, q: (p * q, q + 1))
        show(*f(x, y), *f(y, y), *f(y, x))
        square = lambda v: (v * v).sum()
        show(axir.grad(square)(x), axir.vmap(lambda v: v + 1)(x), axir.grad(axir.jit(square))(x))
        show(np.concatenate([y, x]), np.where(x > 1, x, y), np.zeros_like(x), np.zeros(3))
        print((x + y).tolist(), f(x, y)[0].tolist(), f(x, y)[0].sum())
        """
    )
    assert lines == [
        "cpu:1! cpu:0" + " cpu:1!" * 10,
        "cpu:1! cpu:1! cpu:0 cpu:0 cpu:1! cpu:1!",
        "cpu:1! cpu:1! cpu:1!",
        "cpu:1! cpu:1! cpu:1! cpu:0",
        "[1.0, 2.0, 3.0] [0.0, 1.0, 2.0] 3.0",
    ]


def test_committed_arguments_must_agree():
    lines = _run(
        """
        x, y = axir.device_put(np.arange(3.0), b), axir.device_put(np.ones(3), c)
        refused(lambda: x + y)
        refused(lambda: axir.jit(lambda p, q: p + q["w"])(x, {"w": y}))
        refused(lambda: axir.jit(lambda p: p + 1, device=a)(x))
        refused(lambda: axir.grad(lambda p, q: (p * q).sum())(x, y))
        compiled = axir.jit(lambda p: p + 1).lower(x).compile()
        show(compiled(x), compiled(onp.arange(3, dtype="float32")))
        refused(lambda: compiled(y))
        show(x + axir.device_put(y, b))
        """
    )
    hint = "Move one of them with axir.device_put(x, device)."
    assert lines[0] == (
        "add: arrays must be on one device; argument 0 is committed to cpu:1, argument 1 is committed to cpu:2. "
        + hint
    )
    assert "jit(<lambda>): arrays must be on one device;" in lines[1]
    assert "'w'" in lines[1] and "cpu:1" in lines[1] and "cpu:2" in lines[1]
    assert "it runs on cpu:0, argument 0 is committed to cpu:1" in lines[2]
    assert "cpu:1" in lines[3] and "cpu:2" in lines[3]
    assert lines[4] == "cpu:1! cpu:1!"
    assert "it runs on cpu:1, argument 0 is committed to cpu:2" in lines[5]
    assert lines[6:] == ["cpu:1!"]
    assert issubclass(MixedDevicesError, ValueError)


def test_the_default_device():
    lines = _run(
        """
        free, fixed = np.ones(3), axir.device_put(np.ones(3), c)
        f = axir.jit(lambda p: p * 2)
        with axir.default_device(b):
            made = np.zeros(3)
            show(made, np.arange(3), np.linspace(0, 1, 3), np.asarray([1, 2]), np.eye(2), np.full(2, 1))
            show(f(free), f(fixed), f(onp.ones(3)), free + 1, fixed + made, axir.device_put(onp.ones(2)))
            show(np.ones_like(fixed), np.zeros(3, device=a), np.asarray(free, device=c))
            with axir.default_device(None):
                show(np.zeros(3))
        show(made, made + 1, f(made), np.zeros(3))
        axir.config.update("axir_default_device", c)
        show(np.zeros(3), f(free))
        axir.config.update("axir_default_device", None)
        show(np.zeros(3), f(free))
        """
    )
    assert lines == [
        "cpu:1 cpu:1 cpu:1 cpu:1 cpu:1 cpu:1",
        "cpu:1 cpu:2! cpu:1 cpu:1 cpu:2! cpu:1",
        "cpu:2! cpu:0! cpu:2!",
        "cpu:0",
        "cpu:1 cpu:0 cpu:0 cpu:0",
        "cpu:2 cpu:2",
        "cpu:0 cpu:0",
    ]


def test_jit_on_a_device():
    lines = _run(
        """
        f = axir.jit(lambda p: p * 2, device=b)
        g = axir.jit(lambda: np.arange(3), device=c)
        h = axir.jit(backend="cpu")(lambda p: p * 2)
        show(f(np.ones(3)), f(onp.ones(3)), f(2.0), g(), h(1.0))
        for _ in range(3):
            show(f(np.ones(3)))
        """
    )
    assert lines == ["cpu:1! cpu:1! cpu:1! cpu:2! cpu:0!"] + ["cpu:1!"] * 3


def test_arrays_of_numpy_are_not_shared_with_results():
    lines = _run(
        """
        f = axir.jit(lambda p: p, device=b)
        x = onp.zeros(64, "float32")
        y = f(x)
        x[:] = 1
        print(y.sum())
        """
    )
    assert lines == ["0.0"]


def test_pickling_and_copying():
    lines = _run(
        """
        x = axir.device_put(np.arange(3.0), b)
        y = pickle.loads(pickle.dumps(x))
        show(y, copy.copy(x), copy.deepcopy(x))
        print(y.tolist(), pickle.loads(pickle.dumps(b)) is b)
        """
    )
    assert lines == ["cpu:0 cpu:1! cpu:1!", "[0.0, 1.0, 2.0] True"]


def test_live_arrays_of_a_platform():
    x = axir.device_put(np.ones(7), CPU)
    assert any(y is x for y in axir.live_arrays("cpu"))


def test_what_a_traced_function_is_given_stays():
    """Inside jit, device_put leaves traced arrays where the program runs."""
    x = axir.device_put(np.ones(3), CPU)
    found = axir.jit(lambda v: axir.device_put(v, CPU) * 2)(x)
    assert found.committed
    onp.testing.assert_array_equal(found, 2 * onp.ones(3))


def test_captured_arrays_are_moved():
    lines = _run(
        """
        w = axir.device_put(np.arange(3.0), c)
        f = axir.jit(lambda p: p * w)
        x = axir.device_put(np.ones(3), b)
        show(f(x), f(np.ones(3)))
        print(f(x).tolist())
        """
    )
    assert lines == ["cpu:1! cpu:0", "[0.0, 1.0, 2.0]"]


def test_the_platform_of_the_environment():
    code = """
    print(axir.devices()[0], axir.default_backend(), np.zeros(2).device, np.zeros(2).committed)
    """
    assert _run(code, AXIR_PLATFORM="cpu") == ["cpu:0 cpu cpu:0 False"]


def test_a_platform_of_the_environment_that_is_not_there():
    code = """
    try:
        axir.devices()
    except axir.errors.PlatformError as error:
        print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", "import axir\n" + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env={**os.environ, "AXIR_PLATFORM": "metal", "AXIR_CACHE_DIR": "off"},
    )
    if sys.platform != "darwin":
        assert done.stdout.startswith("devices: no metal device here: ")
