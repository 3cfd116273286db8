"""jit with tiers: first calls are evaluated with NumPy while the function is compiled in the background."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax
from axir._src import background, tiers
from axir._src.execute import Compiled, compile_symbol
from axir_compiler.errors import CompileError

_WAIT = 60.0  # seconds that no test needs


class _Compiler:
    """Stands in front of the compiler: holds it up until ``release`` is set; may let it fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.release = threading.Event()
        self.begun = threading.Event()
        self.error: Exception | None = None
        self.calls = 0
        monkeypatch.setattr(tiers, "load_symbol", lambda *_: None)
        monkeypatch.setattr(tiers, "compile_symbol", self._compile)

    def _compile(self, *args: object) -> Compiled:
        self.calls += 1
        self.begun.set()
        assert self.release.wait(_WAIT)
        if self.error is not None:
            raise self.error
        return compile_symbol(*args)  # pyright: ignore[reportArgumentType]


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch):
    made = _Compiler(monkeypatch)
    yield made
    made.release.set()
    _wait_until_idle()


def _wait_until_idle() -> None:
    """What this test left to compile must not be taken for the next one's."""
    workers = background._workers
    with workers.changed:
        assert workers.changed.wait_for(lambda: not workers.jobs and not workers.running, _WAIT)


def _entry(f, *args):
    return f.trace(*args)._entry


def test_first_calls_are_evaluated_and_later_ones_compiled(compiler):
    f = axir.jit(lambda x, p: {"a": np.sin(x) @ p["w"], "b": (x > 0).sum()}, tiered=True)
    x = np.linspace(-1, 1, 12).reshape(3, 4)
    p = {"w": np.ones((4, 2))}
    evaluated = [f(x, p), f(x, p)]
    entry = _entry(f, x, p)
    assert entry.compiled is None
    compiler.release.set()
    assert entry.tier._done.wait(_WAIT)
    compiled = f(x, p)
    assert entry.compiled is not None
    assert compiler.calls == 1
    for found in evaluated:
        assert found["a"].dtype == compiled["a"].dtype
        assert found["a"].weak_type == compiled["a"].weak_type
        onp.testing.assert_allclose(found["a"], compiled["a"], rtol=1e-6)
        assert int(found["b"]) == int(compiled["b"]) == 6


def test_plain_calls_switch_over(compiler):
    f = axir.jit(lambda x: x * 3 + 0.5, tiered=True)
    x = np.arange(5.0)
    for _ in range(3):
        onp.testing.assert_allclose(f(x), onp.arange(5) * 3 + 0.5)
    compiler.release.set()
    f.warmup(x)
    assert f._plain
    assert _entry(f, x).run.__name__ == "run_single"
    onp.testing.assert_allclose(f(x), onp.arange(5) * 3 + 0.5)


@pytest.mark.parametrize("kind", ["while", "scan", "nested"])
def test_an_evaluation_that_is_overtaken_ends(compiler, kind):
    """Steps enough for hours with NumPy; the compiler is let go once the evaluation is in the loop."""
    steps = 50_000_000

    def run(x):
        if kind == "while":
            return lax.while_loop(lambda c: c[0] < steps, lambda c: (c[0] + 1, -c[1]), (0, x))[1]
        if kind == "scan":
            return lax.scan(lambda c, _: (-c, None), x, None, length=steps)[0]
        half = lambda c: lax.fori_loop(0, 10_000, lambda _, v: -v, c)  # noqa: E731
        return lax.fori_loop(0, steps // 10_000, lambda _, v: half(v), x)

    f = axir.jit(run, tiered=True)
    threading.Thread(target=lambda: compiler.begun.wait(_WAIT) and compiler.release.set()).start()
    onp.testing.assert_array_equal(f(np.ones(3)), onp.ones(3))
    assert _entry(f, np.ones(3)).compiled is not None


def test_the_option_and_the_parameter(compiler):
    x = np.ones(2)
    compiler.release.set()
    functions = [axir.jit(lambda x: x + 1, tiered=t) for t in (None, True, False)]
    for value, expected in [(False, [False, True, False]), (True, [True, True, False])]:
        for f in functions:
            f.clear_cache()
        with axir.config.override("axir_tiered", value):
            for f in functions:
                f(x)
        assert [_entry(f, x).tier is not None for f in functions] == expected
    with pytest.raises(TypeError, match="tiered must be True, False or None"):
        axir.jit(lambda x: x, tiered=1)  # pyright: ignore[reportArgumentType]


def test_options_of_the_thread_hold_in_the_background(compiler, monkeypatch):
    seen = []
    f = axir.jit(lambda x: x - 2, tiered=True)

    def compile_now(*args: object) -> Compiled:
        seen.append(axir.config.get("axir_inner_loops"))
        return compiler._compile(*args)

    monkeypatch.setattr(tiers, "compile_symbol", compile_now)
    compiler.release.set()
    with axir.config.override("axir_inner_loops", False):
        f(np.ones(2))
    f.warmup(np.ones(2))
    assert seen == [False]


def test_errors_of_the_compiler_come_with_the_next_call(compiler, caplog):
    compiler.error = CompileError("compile: the program is too beautiful.")
    f = axir.jit(lambda x: x + 4, tiered=True)
    x = np.ones(2)
    onp.testing.assert_array_equal(f(x), [5, 5])
    with caplog.at_level("WARNING", logger="axir"):
        compiler.release.set()
        assert _entry(f, x).tier._done.wait(_WAIT)
    for _ in range(2):
        with pytest.raises(CompileError, match="too beautiful"):
            f(x)
    with pytest.raises(CompileError, match="too beautiful"):
        f.warmup(x)


def test_programs_that_call_python_run_once(compiler):
    calls = []
    f = axir.jit(lambda x: (axir.debug.callback(calls.append, x.sum()), x + 1)[1], tiered=True)
    onp.testing.assert_array_equal(f(np.ones(2)), [2, 2])
    axir.effects_barrier()
    assert len(calls) == 1
    assert _entry(f, np.ones(2)).tier is None


def test_known_code_is_used_at_once():
    g = lambda x: x * 2 - 7  # noqa: E731
    x = np.ones(3)
    axir.jit(g)(x)
    f = axir.jit(g, tiered=True)
    onp.testing.assert_array_equal(f(x), [-5, -5, -5])
    assert _entry(f, x).tier is None


def test_results_do_not_share_memory_with_numpy_arguments(compiler):
    f = axir.jit(lambda x: (x, x.reshape(2, 2)), tiered=True)
    x = onp.ones(4, "float32")
    first, second = f(x)
    x[:] = 5
    onp.testing.assert_array_equal(first, onp.ones(4))
    onp.testing.assert_array_equal(second, onp.ones((2, 2)))


def test_captured_arrays_and_static_arguments(compiler):
    table = np.arange(4.0)
    f = axir.jit(lambda x, n: x * n + table, static_argnums=1, tiered=True)
    onp.testing.assert_allclose(f(np.ones(4), 3), onp.arange(4) + 3)


def test_several_threads(compiler):
    f = axir.jit(lambda x: np.cumsum(x) * 2, tiered=True)
    x = onp.ones(6, "float32")
    found = []

    def call():
        for _ in range(50):
            found.append(onp.asarray(f(x)))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for t in threads:
        t.start()
    compiler.release.set()
    for t in threads:
        t.join()
    assert len(found) == 200
    assert compiler.calls <= 1
    for one in found:
        onp.testing.assert_allclose(one, onp.arange(1, 7) * 2)


def test_warmup_takes_types_and_gives_the_function():
    f = axir.jit(lambda x, y=1.0: x * y)
    assert f.warmup(axir.ShapeDtypeStruct((4,), "float32"), y=2.0) is f
    assert f.trace(np.ones(4), y=2.0)._entry.compiled is not None
    onp.testing.assert_array_equal(f(np.ones(4), y=2.0), onp.full(4, 2))


def test_warmup_does_not_wait_in_the_queue(compiler, monkeypatch):
    monkeypatch.setattr(background._workers, "submit", lambda job: None)
    compiler.release.set()
    f = axir.jit(lambda x: x * 11, tiered=True)
    onp.testing.assert_array_equal(f(np.ones(2)), [11, 11])
    assert compiler.calls == 0
    onp.testing.assert_array_equal(f.warmup(np.ones(2))(np.ones(2)), [11, 11])
    assert compiler.calls == 1


def _run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120
    )


def test_a_process_that_ends_while_it_compiles_ends_well(tmp_path):
    code = (
        "import axir, axir.numpy as np\n"
        "for k in range(3):\n"
        "    print(axir.jit(lambda x: x * 3 + k)(np.ones(3)).tolist())\n"
    )
    done = _run(code, AXIR_TIERED="1", AXIR_CACHE_DIR=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [str([3.0 + k] * 3) for k in range(3)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_child_evaluates(tmp_path):
    code = (
        "import os, warnings, axir, axir.numpy as np\n"
        "warnings.simplefilter('ignore')\n"
        "f = axir.jit(lambda x: x * 3, tiered=True)\n"
        "g = axir.jit(lambda x: x - 3, tiered=True)\n"
        "f(np.ones(3))\n"
        "child = os.fork()\n"
        "found = [f(np.ones(3)).tolist(), f(np.ones(2)).tolist(), g(np.ones(2)).tolist()]\n"
        "assert found == [[3.0] * 3, [3.0] * 2, [-2.0] * 2], found\n"
        "if child == 0:\n"
        "    os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "f.warmup(np.ones(2))\n"
    )
    done = _run(code, AXIR_CACHE_DIR=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")


def test_without_threads_it_compiles_in_the_foreground(compiler, monkeypatch):
    def refuse(_):
        raise RuntimeError("can't start new thread at interpreter shutdown")

    monkeypatch.setattr(background._workers, "submit", refuse)
    compiler.release.set()
    f = axir.jit(lambda x: x + 9, tiered=True)
    onp.testing.assert_array_equal(f(np.ones(2)), [10, 10])
    assert _entry(f, np.ones(2)).compiled is not None
