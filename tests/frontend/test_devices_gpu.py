"""Arrays on devices with memory of their own, through the public interface; each platform where this machine has it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
import threading

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir.errors import MixedDevicesError, PlatformError
from axir_runtime import GPUS, Device

pytestmark = pytest.mark.gpu

X = onp.arange(8, dtype=onp.float32).reshape(2, 4)
CPU = axir.devices("cpu")[0]


@pytest.fixture(params=GPUS)
def device(request: pytest.FixtureRequest) -> Device:
    try:
        return axir.devices(request.param)[0]
    except PlatformError as error:
        pytest.skip(str(error))


@pytest.fixture
def x(device: Device) -> axir.Array:
    return axir.device_put(X, device)


def _there(array, device: Device, expected, rtol: float = 1e-6) -> None:
    assert (array.device, array.committed) == (device, True)
    onp.testing.assert_allclose(array, expected, rtol=rtol)


def test_there_and_back(x, device):
    assert (x.shape, x.dtype, x.devices(), x.committed, x.weak_type) == (
        (2, 4),
        onp.float32,
        {device},
        True,
        False,
    )
    onp.testing.assert_array_equal(onp.asarray(x), X)
    onp.testing.assert_array_equal(axir.device_get(x), X)
    assert x.tolist() == X.tolist() and x[1, 2].item() == 6.0 and float(x[0, 1]) == 1.0 and bool(x[0, 1])
    assert repr(x) == repr(axir.device_put(X, CPU))
    back = axir.device_put(x, CPU)
    assert back.device == CPU
    onp.testing.assert_array_equal(back, X)
    assert axir.device_put(x, device) is x and x.to_device(device) is x


def test_eager_operations_run_there(x, device):
    _there(x + 1, device, X + 1)
    _there(2 * x - x, device, X)
    _there(x + X, device, X + X)
    _there(X[0] + x, device, X[0] + X)
    _there(x.sum(), device, X.sum())
    _there(x @ x.T, device, X @ X.T)


def test_empty_and_scalar_operands(device):
    empty = axir.device_put(onp.zeros((0, 3), onp.float32), device)
    _there(empty + 1, device, onp.zeros((0, 3)))
    _there(np.exp(empty), device, onp.zeros((0, 3)))
    one = axir.device_put(1.0, device)
    _there(one + one, device, 2.0)
    assert (one + one).weak_type


def test_compiled_functions_run_there(x, device):
    f = axir.jit(lambda a, b: {"product": a * b, "sum": (a + b).sum()})
    found = f(x, 2.0)
    _there(found["product"], device, X * 2)
    _there(found["sum"], device, (X + 2).sum())
    _there(f(X, x)["product"], device, X * X)  # what is not committed follows
    here = f(X, 2.0)
    assert here["product"].device == CPU
    again = f(found["product"], found["sum"])
    _there(again["product"], device, 2 * X * (X + 2).sum())


COPIES = {
    "joined": lambda n, a, b: n.concatenate([a[1:], b[None]]),
    "stacked": lambda n, a, b: n.stack([b, b]),
    "joined, computed": lambda n, a, b: n.concatenate([b[None], a])[::-1] + b,
    "two": lambda n, a, b: n.concatenate([b[None], a[1:]]) + n.stack([b, b]),
}


@pytest.mark.parametrize("name", list(COPIES))
def test_copies_go_to_the_buffers_of_each_call(name, device):
    """Each call has other values, and all arrays stay alive: nothing is right by what memory still holds."""
    f, kept = COPIES[name], []
    jitted = axir.jit(lambda a, b: f(np, a, b), device=device)
    for n in range(5):
        a, b = X + 1000 * n, X[1] - 100 * n
        arrays = (axir.device_put(a, device), axir.device_put(b, device))
        kept.append((arrays, jitted(*arrays), f(onp, a, b)))
    for _, found, expected in kept:
        onp.testing.assert_array_equal(found, expected)


def test_transformations_run_there(x, device):
    def f(a):
        return (a * a * a).sum()

    _there(axir.grad(f)(x), device, 3 * X * X)
    _there(axir.jit(axir.grad(f))(x), device, 3 * X * X)
    _there(axir.vmap(f)(x), device, (X**3).sum(1))
    value, tangent = axir.jvp(f, (x,), (x,))
    _there(value, device, (X**3).sum())
    _there(tangent, device, 3 * (X**3).sum())


def test_the_default_device(device):
    with axir.default_device(device.platform):
        for made in (
            np.zeros(3),
            np.arange(3),
            np.asarray(X),
            np.ones((2, 2)),
            np.eye(2),
            np.linspace(0.0, 1.0, 3),
        ):
            assert (made.device, made.committed) == (device, False)
        assert (np.ones(3) + 1).device == device
        assert axir.jit(lambda a: a * 2)(X).device == device
        assert axir.random.normal(axir.random.key(0), (3,)).device == device
    assert np.zeros(3).device == CPU
    assert (made + 1).device == CPU  # uncommitted arrays go where computations run


def test_creation_on_a_device(device):
    for made, expected in (
        (np.zeros(3, device=device), onp.zeros(3)),
        (np.full((2, 2), 7, device=device), onp.full((2, 2), 7)),
        (np.arange(4, device=device), onp.arange(4)),
        (np.asarray([1, 2], device=device), [1, 2]),
        (np.ones_like(X, device=device), onp.ones_like(X)),
        (np.eye(3, device=device), onp.eye(3)),
    ):
        _there(made, device, expected)


def test_arrays_on_two_devices_do_not_mix(x, device):
    here = axir.device_put(X, CPU)
    message = f"argument 0 is committed to {device}, argument 1 is committed to cpu:0"
    with pytest.raises(MixedDevicesError, match=f"add: arrays must be on one device; {message}"):
        x + here
    with pytest.raises(MixedDevicesError, match="arrays must be on one device"):
        axir.jit(lambda a, b: a + b)(x, here)
    with pytest.raises(MixedDevicesError, match=f"it runs on cpu:0, argument 0 is committed to {device}"):
        axir.jit(lambda a: a, device=CPU)(x)


def test_jit_on_a_device(device):
    _there(axir.jit(lambda a: a + 1, device=device)(X), device, X + 1)
    _there(axir.jit(lambda a: a + 1, backend=device.platform)(X), device, X + 1)


def test_stages(x, device):
    compiled = axir.jit(lambda a: a * 2).lower(x).compile()
    _there(compiled(x), device, X * 2)
    _there(compiled(X), device, X * 2)
    assert compiled.runtime_executable().device == device


def test_pickles_go_to_the_host(x):
    found = pickle.loads(pickle.dumps(x))
    assert found.device == CPU
    onp.testing.assert_array_equal(found, X)


def test_python_numbers_are_copied_once(x, device):
    """The number of buffers on the device does not grow with operations on the same numbers."""
    y = x * 1.25
    before = device.memory_stats()["num_allocs"]
    for _ in range(20):
        y = x * 1.25
    assert device.memory_stats()["num_allocs"] == before
    assert y.device == device


def test_dlpack(x, device):
    kinds = {"cuda": 2, "vulkan": 7, "metal": 8, "hip": 10}
    assert x.__dlpack_device__() == (kinds[device.platform], device.id)
    onp.testing.assert_array_equal(onp.from_dlpack(x, device="cpu"), X)
    if device.platform in ("vulkan", "metal"):
        with pytest.raises(BufferError, match="cannot be shared"):
            x.__dlpack__()


def test_a_program_in_which_everything_is_on_the_device(device):
    code = """
    import axir, axir.numpy as np
    x = np.arange(4.0)
    f = axir.jit(lambda w: ((w - 1) ** 2).sum())
    for _ in range(3):
        x = x - 0.25 * axir.grad(f)(x)
    print(x.device, f(x).device, x.tolist())
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "AXIR_PLATFORM": device.platform},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{device} {device} [0.875, 1.0, 1.125, 1.25]\n"


# Operations without jit: kernels for all sizes. -----------------------------------------------------

OPERATIONS = {
    "numbers": lambda n, x: (x + 1) * 2 - x,
    "pairs": lambda n, x: x * x + x,
    "unary": lambda n, x: n.sqrt(n.abs(-x)),
    "columns": lambda n, x: x + x[..., :1],
    "rows": lambda n, x: x * x[:1],
    "compared": lambda n, x: n.where(x > 2, x, 0),
    "converted": lambda n, x: x.astype("int32") + 1,
    "sum": lambda n, x: x.sum(),
    "sums": lambda n, x: x.sum(0) + x.max(0),
    "transposed": lambda n, x: x.T + 0,
    "reversed": lambda n, x: x[::-1] * 1,
    "sliced": lambda n, x: x[1:, ::2] * 1,
    "row": lambda n, x: x[0] * 1,
    "reshaped": lambda n, x: x.reshape(-1) * 1,
    "repeated": lambda n, x: n.broadcast_to(x[:1], x.shape) * 1,
    "product": lambda n, x: x @ x.T,
    "joined": lambda n, x: n.concatenate([x, x], 1),
    "padded": lambda n, x: n.pad(x, 1),
    "largest": lambda n, x: x.argmax(1).astype("int32"),
}


def _values(*shape: int) -> onp.ndarray:
    return (onp.arange(int(onp.prod(shape))) % 11).astype(onp.float32).reshape(shape)


@pytest.mark.parametrize("name", list(OPERATIONS))
def test_a_new_shape_compiles_nothing(name, device, monkeypatch):
    operation = OPERATIONS[name]
    _there(operation(np, axir.device_put(_values(4, 8), device)), device, operation(onp, _values(4, 8)))

    def refuse(*args, **kwargs):
        raise AssertionError("a program was compiled")

    monkeypatch.setattr("axir_compiler.backend.compile_module", refuse)
    monkeypatch.setattr("axir._src.execute.disk_cache", refuse)
    for shape in ((8, 4), (3, 4), (12, 16), (40, 100)):
        expected = operation(onp, _values(*shape))
        _there(operation(np, axir.device_put(_values(*shape), device)), device, expected)


def test_ranks_share_kernels(device, monkeypatch):
    """What is computed element by element does not depend on the rank."""

    def refuse(*args, **kwargs):
        raise AssertionError("a program was compiled")

    _there(axir.device_put(_values(4), device) * 3, device, _values(4) * 3)
    monkeypatch.setattr("axir_compiler.backend.compile_module", refuse)
    for shape in ((), (1,), (2, 3, 4), (1, 4, 1), (2, 1, 2, 1, 2)):
        _there(axir.device_put(_values(*shape), device) * 3, device, _values(*shape) * 3)


def test_the_same_memory_under_another_shape(device):
    x = axir.device_put(_values(4, 8), device)
    before = device.memory_stats()["num_allocs"]
    y = x.reshape(8, 4)[None]
    assert y.shape == (1, 8, 4)
    assert device.memory_stats()["num_allocs"] - before <= 2  # views, no memory of their own
    onp.testing.assert_array_equal(y, _values(1, 8, 4))


def test_operations_for_given_sizes_only(device):
    x = axir.device_put(_values(8), device)
    _there(x[np.asarray([3, 1, 0, 2])], device, _values(8)[[3, 1, 0, 2]])
    _there(x.at[2].set(7.0), device, onp.array([0, 1, 7, 3, 4, 5, 6, 7], onp.float32))


def test_an_operation_that_the_device_cannot_compute(device):
    if device.platform not in ("vulkan", "metal"):
        pytest.skip(f"{device.platform} computes with bfloat16")
    x = axir.device_put(onp.ones(4, "float32"), device)
    short = axir.device_put(np.ones(4, "bfloat16"), device)
    with pytest.raises(axir.errors.CompileError, match=r"bf16|bfloat16"):
        short + short
    _there(x + x, device, 2 * onp.ones(4))


# Exchange, threads. ---------------------------------------------------------------------------------


def test_arrays_of_pytorch(device):
    torch = pytest.importorskip("torch")
    theirs = torch.arange(8, dtype=torch.float32).reshape(2, 4)
    _there(np.from_dlpack(theirs, device=device), device, X)
    _there(np.asarray(theirs.numpy(), device=device), device, X)
    back = torch.from_numpy(onp.array(axir.device_put(X, device)))
    assert torch.equal(back, theirs)


def test_many_threads(device):
    """Eight threads trace, compile and call at once, on the device and on the host."""
    f = axir.jit(lambda a, b: a * b + 1)
    problems: list[object] = []

    def work(k: int) -> None:
        try:
            there, here = axir.device_put(X, device), np.asarray(X)
            for n in range(60):
                found = (f(there, float(k)), f(here, float(k)), there * k, there + here)
                if n % 20 == k:
                    _there(found[0], device, X * k + 1)
                    onp.testing.assert_array_equal(found[1], X * k + 1)
                    _there(found[2], device, X * k)
                    _there(found[3], device, X + X)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert problems == []


def test_a_long_chain_of_operations(device):
    x = axir.device_put(onp.zeros(8, onp.float32), device)
    for _ in range(2000):
        x = x + 1
    onp.testing.assert_array_equal(x, 2000)


def test_the_process_ends_with_work_in_flight(device):
    code = """
    import sys, axir, axir.numpy as np
    device = axir.devices(sys.argv[1])[0]
    f = axir.jit(lambda x: x @ x * 0.01)
    x = axir.device_put(np.ones((64, 64)), device)
    for _ in range(30):
        x = f(x)
    print(x.device)
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code), device.platform],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{device}\n", "")


def test_artifacts_run_on_the_device(device, tmp_path):
    if device.platform in ("cuda", "hip"):
        pytest.skip("artifacts name the architecture; see the tests of targets")
    import axir_runtime

    made = axir.aot.export({"f": lambda a, b: (a * b).sum(0) + b[0]}, X, X, targets=device.platform)
    made.save(tmp_path / "f.axir")
    loaded = axir_runtime.load(tmp_path / "f.axir")
    assert loaded.target == device.platform
    onp.testing.assert_allclose(loaded.f(X, X), (X * X).sum(0) + X[0])
