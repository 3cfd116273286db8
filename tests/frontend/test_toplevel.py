"""Names of axir itself around the numerical functions: scopes, closures, processes, types; and the profiler."""

import ast
import functools
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import custom_derivatives, profiler

ROOT = Path(__file__).resolve().parents[2]


def _events(folder):
    (path,) = Path(folder).glob("plugins/profile/*/perfetto_trace.json.gz")
    with gzip.open(path, "rt") as file:
        return [e for e in json.load(file)["traceEvents"] if e["ph"] == "X"]


def test_trace_of_compilation_and_runs(tmp_path):
    def profiled(x):
        return np.sin(x) * 3.25

    function = axir.jit(profiled)
    with profiler.trace(tmp_path):
        for i in range(2):
            with profiler.StepTraceAnnotation("step", step_num=i):
                function(np.ones(7))
    function(np.ones(7))
    events = _events(tmp_path)
    names = [e["name"] for e in events]
    assert names.count("run jit(profiled)") == names.count("step") == 2
    assert names.count("trace jit(profiled)") == names.count("load profiled") == 1
    steps = [e for e in events if e["name"] == "step"]
    assert [e["args"] for e in steps] == [{"step_num": "0"}, {"step_num": "1"}]
    loaded = next(e for e in events if e["name"] == "load profiled")
    assert steps[0]["ts"] <= loaded["ts"] <= loaded["ts"] + loaded["dur"] <= steps[0]["ts"] + steps[0]["dur"]


def test_phases_of_a_compilation(tmp_path, monkeypatch):
    from axir._src import execute

    monkeypatch.setattr(execute, "stored_code", lambda key: None)  # as if the disk cache were empty
    with profiler.trace(tmp_path):
        axir.jit(lambda x: x * 7.125 - 2)(np.ones(5))
    durations = {e["name"]: e["dur"] for e in _events(tmp_path)}
    parts = [durations[name] for name in ("rewrite", "lower to linalg", "IREE")]
    assert 0 < sum(parts) <= durations["compile lambda"]


def test_annotations_of_threads(tmp_path):
    @functools.partial(profiler.annotate_function, name="work")
    def work():
        return 3

    assert work() == 3
    with profiler.trace(tmp_path):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        with profiler.TraceAnnotation("outer", size=4):
            work()
    events = _events(tmp_path)
    assert [e["name"] for e in events] == ["work", "work", "outer"]
    assert len({e["tid"] for e in events}) == 2 and events[-1]["args"] == {"size": "4"}


def test_traces_do_not_overlap(tmp_path):
    profiler.start_trace(tmp_path)
    try:
        with pytest.raises(RuntimeError, match="being taken already"):
            profiler.start_trace(tmp_path)
    finally:
        assert profiler.stop_trace().exists()
    with pytest.raises(RuntimeError, match="no trace"):
        profiler.stop_trace()
    with pytest.raises(NotImplementedError, match="create_perfetto_link"):
        profiler.start_trace(tmp_path, create_perfetto_link=True)


def test_scopes_are_in_the_locations():
    @axir.named_scope("tail")
    def last(x):
        return x + 1

    def scoped(x):
        with axir.named_scope("head"):
            with axir.named_scope("norm"):
                y = x * 2
            y = axir.named_call(np.sin, name="wave")(y)
        return last(y)

    module = axir.jit(scoped).traced(1.0).function.program.module
    text = module.operation.get_asm(enable_debug_info=True)
    found = set(re.findall(r'loc\("([\w/]+)"\(', text))
    assert {"head/norm/scoped", "head/wave/scoped", "tail/last"} <= found
    with pytest.raises(TypeError, match="must be a str"):
        axir.named_scope(3)


def test_scopes_change_no_program():
    def plain(x):
        return np.cos(x)

    function = axir.named_call(plain)
    assert function.__name__ == "plain" and axir.grad(function)(0.5) == axir.grad(plain)(0.5)


def test_evaluation_while_tracing():
    @axir.jit
    def head(x):
        with axir.ensure_compile_time_eval():
            n = int(np.sqrt(np.array(9.0)))
        return x[:n]

    assert head(np.arange(5)).tolist() == [0, 1, 2]

    @axir.jit
    def wrong(x):
        with axir.ensure_compile_time_eval():
            return x + 1

    with pytest.raises(axir.errors.ConcretizationError):
        wrong(1.0)
    assert head(np.arange(4.0)).tolist() == [0, 1, 2]


def test_types():
    assert axir.typeof(np.ones((2, 3))) == axir.ShapeDtypeStruct((2, 3), "float32")
    assert axir.typeof(1).weak_type and not axir.typeof(np.ones(2)).weak_type
    seen = []
    axir.jit(lambda x: seen.append((axir.typeof(x), isinstance(x, axir.Array))) or x)(np.ones(2))
    assert seen == [(axir.ShapeDtypeStruct((2,), "float32"), True)]
    with pytest.raises(TypeError):
        axir.typeof("text")


def scaled(a):
    converted, values = axir.closure_convert(lambda x, y: {"z": a * x + y["b"]}, 1.0, {"b": 2})
    return converted(2.0, {"b": 1}, *values)["z"]


def test_closures_become_arguments():
    assert scaled(3.0) == axir.jit(scaled)(3.0) == 7
    assert axir.grad(scaled)(3.0) == axir.jit(axir.grad(scaled))(3.0) == 2
    assert axir.vmap(scaled)(np.arange(3.0)).tolist() == [1, 3, 5]
    converted, values = axir.closure_convert(lambda x: 2 * x, np.ones(3))
    assert values == [] and converted(np.arange(3.0)).tolist() == [0, 2, 4]
    with pytest.raises(ValueError, match="like the examples"):
        converted((np.ones(3),))
    with pytest.raises(ValueError, match=r"an argument must be f32\[3\]"):
        converted(np.ones(4))


@functools.partial(custom_derivatives.custom_vjp, nondiff_argnums=(0,))
def _applied(function, x, *values):
    return function(x, *values)


def _applied_forward(function, x, *values):
    return _applied(function, x, *values), (x, values)


def _applied_backward(function, saved, ct):
    x, values = saved
    _, pullback = axir.vjp(lambda *vs: function(x, *vs), *values)
    return (np.zeros_like(x), *(10 * c for c in pullback(ct)))  # ten times the derivative: the rule is seen


_applied.defvjp(_applied_forward, _applied_backward)


def test_closures_reach_rules():
    def loss(w):
        converted, values = axir.closure_convert(lambda x: w * x**2, 3.0)
        return _applied(converted, 3.0, *values)

    assert loss(2.0) == 18
    assert axir.grad(loss)(2.0) == axir.jit(axir.grad(loss))(2.0) == 90


def test_custom_gradient():
    @axir.custom_gradient
    def product(x, y):
        """A product."""
        saved = np.sin(x)
        return x * y, lambda ct: (ct * saved, 5 * ct)

    @axir.custom_gradient
    def single(x):
        return x**2, lambda ct: ct * x

    assert product(3.0, 4.0) == 12 and product.__doc__ == "A product."
    expected = [onp.sin(onp.float32(3)), 5]
    for function in (axir.grad(product, (0, 1)), axir.jit(axir.grad(product, (0, 1)))):
        onp.testing.assert_allclose(function(3.0, 4.0), expected, rtol=1e-6)
    assert axir.grad(single)(3.0) == 3
    assert axir.vmap(axir.grad(single))(np.arange(3.0)).tolist() == [0, 1, 2]


def test_custom_gradient_of_containers():
    @axir.custom_gradient
    def f(tree):
        return {"sum": tree["a"] + tree["b"]}, lambda ct: ({"a": ct["sum"], "b": 2 * ct["sum"]},)

    found = axir.grad(lambda t: f(t)["sum"])({"a": 1.0, "b": 2.0})
    assert (found["a"], found["b"]) == (1, 2)


def test_there_is_one_process():
    assert axir.process_index() == axir.host_id() == 0
    assert axir.process_count() == axir.host_count() == 1
    assert axir.process_indices() == axir.host_ids() == [0]
    assert axir.local_devices() == axir.devices() and axir.local_device_count() == 1
    assert all(isinstance(d, axir.Device) for d in axir.local_devices(0, "cpu"))
    with pytest.raises(ValueError, match="one process"):
        axir.local_devices(1)
    with pytest.raises(RuntimeError):
        axir.process_index("no such platform")


def test_the_default_device():
    for device in (None, "cpu", axir.devices()[0]):
        with axir.default_device(device):
            assert np.ones(2).device == axir.devices()[0]
    with pytest.raises(TypeError, match="got 3"):
        axir.default_device(3)


def test_live_arrays():
    x = np.arange(12345)
    assert any(y is x for y in axir.live_arrays())
    del x
    assert not any(y.shape == (12345,) for y in axir.live_arrays())
    assert axir.copy_to_host_async({"a": 1})["a"] == 1


def test_environment_info(capsys, monkeypatch):
    monkeypatch.setenv("AXIR_LOG_COMPILES", "0")
    axir.print_environment_info()
    text = capsys.readouterr().out
    assert text.strip() == (axir.print_environment_info(return_string=True) or "").strip()
    for expected in (
        f"axir: {axir.__version__}",
        "iree-base-compiler: 3.13",
        "python: ",
        "AXIR_LOG_COMPILES=0",
    ):
        assert expected in text


def test_version_is_that_of_the_distribution():
    assert f'version = "{axir.__version__}"' in (ROOT / "pyproject.toml").read_text()


def test_exchange_with_other_libraries():
    assert axir.dlpack.from_dlpack(onp.arange(3.0, dtype="float32")).tolist() == [0, 1, 2]
    assert axir.dlpack.is_supported_dtype("bfloat16") and not axir.dlpack.is_supported_dtype("S3")


def test_names_are_documented():
    missing = [n for n in axir.__all__ if not (getattr(axir, n).__doc__ or "").strip() and n != "__version__"]
    assert not [n for n in missing if n not in ("config",)]


LAZY = (
    "scipy",
    "rich",
    "opt_einsum",
    "typer",
    "importlib.metadata",
    "unittest",
    "asyncio",
    "multiprocessing",
)


def test_import_is_lean():
    code = """
import sys, numpy, optree, ml_dtypes
before = set(sys.modules)
import axir
print(sorted(set(sys.modules) - before))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = ast.literal_eval(done.stdout)
    assert not [m for m in loaded for lazy in LAZY if m == lazy or m.startswith(lazy + ".")]


def test_compiling_is_lean(tmp_path):
    """The package of that name defines all named ops in Python, which takes 0.1 s."""
    code = """
import sys, axir, axir.numpy as np
axir.jit(lambda x: np.tanh(x @ x).sum())(np.ones((3, 3)))
print("iree.compiler.dialects.linalg" in sys.modules, "iree.compiler.dialects._linalg_ops_gen" in sys.modules)
"""
    environment = {**os.environ, "AXIR_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.split() == ["False", "True"]


PROGRAM = """
from typing import assert_type

import axir
import axir.numpy as np
from axir.tree_util import register_dataclass
from axir.typing import ArrayLike
import dataclasses


@register_dataclass
@dataclasses.dataclass
class Params:
    w: axir.Array
    b: axir.Array
    name: str = axir.tree.static(default="")


def predict(params: Params, x: ArrayLike) -> axir.Array:
    return np.tanh(np.dot(x, params.w) + params.b)


params = Params(np.ones((3, 2)), np.zeros(2))
assert_type(params, Params)
y = predict(params, np.ones((4, 3)))
assert_type(y.shape, tuple[int, ...])
assert_type(y[0] * 2 - 1, axir.Array)
assert_type(y.sum(), axir.Array)
assert_type(-y @ y.T, axir.Array)
assert_type(np.where(y > 0, y, 0), axir.Array)
loss = axir.grad(lambda p: predict(p, np.ones((4, 3))).sum())
fast = axir.jit(predict)
step: Params = axir.tree.map(lambda p: p * 0.9, params)
with axir.debug_nans(True), axir.enable_x64():
    print(float(y.mean()), loss(step), fast(step, 1.0), axir.typeof(y).dtype)
axir.config.update("axir_log_compiles", True)
keys = axir.random.split(axir.random.key(0), 2)
with axir.profiler.TraceAnnotation("noise"):
    noise: axir.Array = axir.random.normal(keys[0], (3,))
"""
PYRIGHT = shutil.which("pyright") or shutil.which("pyright", path=str(Path(sys.executable).parent))


@pytest.mark.skipif(PYRIGHT is None, reason="pyright is not installed")
def test_types_of_a_users_program_resolve(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    packages = [str(ROOT / p) for p in ("frontend", "compiler", "runtime")]
    settings = {"extraPaths": packages, "stubPath": str(ROOT / "compiler/typings"), "include": ["program.py"]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [str(PYRIGHT), "--pythonpath", sys.executable, "-p", str(tmp_path), "--outputjson"]
    done = subprocess.run(command, capture_output=True, text=True)
    if not done.stdout.startswith("{"):
        pytest.skip(f"pyright does not run here: {done.stderr[-200:]}")
    found = json.loads(done.stdout)
    messages = [f"{d['range']['start']['line']}: {d['message']}" for d in found["generalDiagnostics"]]
    assert found["summary"]["filesAnalyzed"] and not messages, messages
