"""Options: setting them, context managers, threads, strict promotion, checks for nan, log of compilations."""

import logging
import os
import subprocess
import sys
import threading

import pytest

import axir
import axir.numpy as np
from axir import dtypes
from axir._src import progress
from axir.errors import ShapeError, TypePromotionError


def test_both_spellings():
    assert axir.config.read("jax_debug_nans") is axir.config.read("axir_debug_nans") is False
    assert axir.config.values["axir_enable_x64"] is axir.config.jax_enable_x64
    axir.config.update("jax_numpy_rank_promotion", "warn")
    try:
        assert axir.config.axir_numpy_rank_promotion == "warn"
    finally:
        axir.config.update("axir_numpy_rank_promotion", "allow")


@pytest.mark.parametrize(
    ("name", "value", "error", "message"),
    [
        ("axir_nothing", True, AttributeError, "no option 'axir_nothing'"),
        ("axir_debug_nans", 3, TypeError, "takes a bool; got 3"),
        ("jax_numpy_rank_promotion", "never", ValueError, "'allow', 'warn', 'raise'; got 'never'"),
        ("jax_platforms", "tpu", ValueError, "got 'tpu'"),
        ("jax_default_matmul_precision", "sloppy", ValueError, "got 'sloppy'"),
    ],
)
def test_wrong_values(name, value, error, message):
    with pytest.raises(error, match=message):
        axir.config.update(name, value)


def test_context_managers_nest():
    assert np.arange(2).dtype == "int32"
    with axir.enable_x64():
        assert np.arange(2).dtype == "int64"
        with axir.enable_x64(False), axir.log_compiles(False):
            assert np.arange(2).dtype == "int32"
        assert np.arange(2).dtype == "int64"
    assert np.arange(2).dtype == "int32"


def test_a_block_ends_with_an_error():
    with pytest.raises(KeyError), axir.debug_nans(True):
        raise KeyError
    assert np.isnan(np.log(np.array(-1.0)))


def test_update_within_a_block_stays():
    with axir.debug_infs(True):
        axir.config.update("axir_enable_x64", True)
        try:
            assert np.arange(2).dtype == "int64"
        finally:
            axir.config.update("axir_enable_x64", False)
        assert np.arange(2).dtype == "int32"


def test_options_of_a_block_belong_to_the_thread():
    found = []
    with axir.enable_x64(), axir.numpy_dtype_promotion("strict"):
        thread = threading.Thread(target=lambda: found.append((np.arange(2) + np.ones(2)).dtype))
        thread.start()
        thread.join()
    assert found == ["float32"]


def test_accepted_options():
    guards = [axir.transfer_guard("disallow"), axir.transfer_guard_host_to_device("log")]
    with guards[0], guards[1], axir.default_matmul_precision("float32"), axir.threefry_partitionable(True):
        assert (np.ones((2, 2)) @ np.ones(2)).tolist() == [2, 2]


def test_environment_variables():
    code = "import axir; print(axir.numpy.arange(2).dtype, axir.config.axir_numpy_dtype_promotion)"
    env = {**os.environ, "AXIR_ENABLE_X64": "1", "AXIR_NUMPY_DTYPE_PROMOTION": "strict"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["int64", "strict"]
    env["AXIR_NUMPY_DTYPE_PROMOTION"] = "lenient"
    failed = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert failed.returncode and "must be one of 'standard', 'strict'; got 'lenient'" in failed.stderr


def test_disable_jit():
    seen = []
    function = axir.jit(lambda x: seen.append(float(x)) or x)
    with axir.disable_jit():
        function(1.5)
    assert seen == [1.5]


INTS, FLOATS, COMPLEXES = np.ones(2, "int32"), np.ones(2), np.ones(2, "complex64")


@pytest.mark.parametrize("operands", [(FLOATS, 1), (FLOATS, 1.0), (INTS, 1), (COMPLEXES, 1.0), (1, 1.0)])
def test_python_numbers_give_way_in_strict_promotion(operands):
    expected = np.add(*operands)
    with axir.numpy_dtype_promotion("strict"):
        for function in (np.add, axir.jit(np.add)):
            found = function(*operands)
            assert (found.dtype, found.weak_type) == (expected.dtype, expected.weak_type)


@pytest.mark.parametrize(
    "operands", [(FLOATS, INTS), (INTS, 1.0), (INTS, True), (FLOATS, 1j), (FLOATS, COMPLEXES)]
)
def test_strict_promotion_refuses(operands):
    np.add(*operands)
    with axir.numpy_dtype_promotion("strict"):
        for function in (np.add, axir.jit(np.add), np.result_type):
            with pytest.raises(TypePromotionError, match="must have one dtype"):
                function(*operands)
    assert issubclass(dtypes.TypePromotionError, ValueError)


def test_rank_promotion():
    a, b = np.ones((2, 3)), np.ones(3)
    function = axir.jit(np.add)
    assert function(a, b).shape == (2, 3)
    with axir.numpy_rank_promotion("raise"):
        for add in (np.add, function):
            with pytest.raises(ShapeError, match=r"add: operands must have one rank .* got \(2, 3\), \(3,\)"):
                add(a, b)
            assert add(a, 1.0).shape == add(a, np.ones(())).shape == add(a, b[None]).shape == (2, 3)
    with axir.numpy_rank_promotion("warn"), pytest.warns(UserWarning, match="one rank"):
        np.less(a, b)


def test_questions_about_dtypes():
    assert [dtypes.itemsize_bits(d) for d in ("bool", "int32", dtypes.bfloat16, complex)] == [8, 32, 16, 128]
    assert [dtypes.scalar_type_of(x) for x in (True, 1, np.ones(2, "bfloat16"), 1j)] == [
        bool,
        int,
        float,
        complex,
    ]
    assert np.result_type(1, 2.0, return_weak_type_flag=True) == (np.result_type(float), True)
    assert dtypes.float0 == axir.float0
    for wrong in (lambda: dtypes.scalar_type_of("a"), lambda: dtypes.itemsize_bits(None)):
        with pytest.raises(TypeError):
            wrong()


def _logarithm(x):
    y = np.log(x)
    return np.where(x > 0, 2 * y, y)


def test_nan_is_found_in_eager_operations():
    with axir.debug_nans(True):
        with pytest.raises(
            FloatingPointError, match=r"\(nan\) encountered in log. At test_config.py:\d+: y = np"
        ):
            _logarithm(np.array([1.0, -1.0]))
        with pytest.raises(FloatingPointError, match="encountered in div"):
            np.zeros(2) / np.zeros(2)
        assert np.isinf(np.ones(2) / 0).all()
        assert (np.arange(3) // 1).tolist() == [0, 1, 2]


def test_nan_is_found_in_compiled_functions():
    function = axir.jit(_logarithm)
    assert np.isnan(function(-1.0))
    with axir.debug_nans(True):
        assert function(1.0) == 0
        with pytest.raises(
            FloatingPointError, match=r"\(nan\) encountered in log. At test_config.py:\d+: y = np"
        ):
            function(-1.0)
    assert np.isnan(function(-1.0))


def test_nan_is_found_in_loops_and_derivatives():
    def looped(x):
        return axir.lax.fori_loop(0, 3, lambda i, c: np.log(c - 1), x)

    def product(x):
        return np.sqrt(x) * 0

    with axir.debug_nans(True):
        for function in (axir.jit(looped), looped):
            with pytest.raises(FloatingPointError, match="encountered in log"):
                function(2.5)
        for function in (axir.grad(product), axir.jit(axir.grad(product))):
            with pytest.raises(FloatingPointError, match="encountered in mul"):
                function(0.0)


def test_inf_is_found():
    with axir.debug_infs(True):
        with pytest.raises(FloatingPointError, match=r"\(inf\) encountered in div"):
            np.ones(2) / 0
        with pytest.raises(FloatingPointError, match=r"\(inf\) encountered in exp"):
            axir.jit(np.exp)(1000.0)
        assert np.isnan(np.log(np.array(-1.0)))


def test_compilations_are_logged_with_their_cause(caplog):
    caplog.set_level(logging.WARNING, "axir")
    scaled = axir.jit(lambda p, n=1: p["a"] * n, static_argnames="n")
    calls = [
        (lambda: scaled({"a": np.ones(3)}), "first call"),
        (lambda: scaled({"a": np.ones(4)}), "new shape of argument 0['a']: f32[4], was f32[3]"),
        (lambda: scaled({"a": np.ones(4)}, n=2), "new static argument 'n': 2, was absent"),
        (lambda: scaled({"a": np.ones(4, "int32")}, n=2), "new dtype of argument 0['a']: i32[4], was f32[4]"),
        (lambda: scaled({"a": np.ones(4), "b": 1}, n=2), "this call has a dict with keys 'a', 'b'"),
        (lambda: scaled({"a": 1.0}), "new shape of argument 0['a']"),
    ]
    with axir.log_compiles(), axir.numpy_rank_promotion("allow"):
        for call, cause in calls:
            caplog.clear()
            call()
            assert cause in caplog.text, caplog.text
        caplog.clear()
        scaled({"a": np.ones(4)})
        assert not caplog.records
        for cause in ("first call", "new function object"):
            caplog.clear()
            axir.jit(lambda x: x + 1)(1.0)
            assert cause in caplog.text
    with axir.log_compiles(False):
        caplog.clear()
        scaled({"a": np.ones(5)})
        assert not caplog.records


def test_options_are_a_cause(caplog):
    caplog.set_level(logging.WARNING, "axir")
    function = axir.jit(lambda x: x + 1)
    function(np.ones(2, "float32"))
    with axir.explain_cache_misses(), axir.enable_x64():
        function(np.ones(2, "float32"))
    assert "other options" in caplog.text


def test_progress_is_for_terminals(monkeypatch, capsys):
    shown = []
    monkeypatch.setattr(progress, "_DELAY", 0.0)
    monkeypatch.setattr(progress._Line, "show", lambda self: shown.append(self._text) or done.set())
    done = threading.Event()
    with progress.progress("working"):
        assert not done.wait(0.05)
    monkeypatch.setattr(progress, "_is_terminal", lambda: True)
    with progress.progress("working"):
        assert done.wait(10)
        with progress.progress("inner"):
            pass
    assert shown == ["working"]
    assert capsys.readouterr() == ("", "")


def test_the_line_goes_away_when_interrupted(monkeypatch):
    ended = []
    monkeypatch.setattr(progress, "_is_terminal", lambda: True)
    monkeypatch.setattr(progress._Line, "end", lambda self: ended.append(self._text))
    with pytest.raises(KeyboardInterrupt), progress.progress("working"):
        raise KeyboardInterrupt
    assert ended == ["working"]
    assert not progress._busy.locked()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_the_line_on_a_terminal():
    import pty

    code = "import axir._src.progress as p, time; p._DELAY = 0.0\nwith p.progress('Compiling f'): time.sleep(0.5)"
    parent, child = pty.openpty()
    subprocess.run([sys.executable, "-c", code], stderr=child, check=True)
    os.close(child)
    assert b"Compiling f" in os.read(parent, 10_000)
    os.close(parent)


KEPT: list = []


def test_leaked_tracers_are_found():
    def keeps(x):
        KEPT.append(x * 2)
        return x

    def nested(x):
        return axir.grad(lambda y: axir.jit(lambda z: axir.vmap(lambda a: a * y)(z * np.ones(2)).sum())(x))(x)

    try:
        assert axir.jit(keeps)(1.0) == 1
        with axir.checking_leaks():
            assert axir.jit(nested)(2.0) == 4
            with pytest.raises(axir.errors.LeakedTracerError, match=r"keeps: .* by an object of type list"):
                axir.jit(keeps)(np.ones(2))
    finally:
        KEPT.clear()
