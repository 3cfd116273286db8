"""jit: signatures, static arguments, caches, captured values, errors."""

import subprocess
import sys
import textwrap
import threading

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import errors


def close(actual, expected, tolerance=1e-6):
    onp.testing.assert_allclose(onp.asarray(actual), expected, rtol=tolerance, atol=tolerance)


def test_traces_once_for_each_signature():
    calls = []

    @axir.jit
    def f(x):
        calls.append(x.shape)
        return x * 2

    close(f(np.ones(3)), [2, 2, 2])
    close(f(np.zeros(3)), [0, 0, 0])
    assert calls == [(3,)]
    close(f(np.ones(2)), [2, 2])
    assert calls == [(3,), (2,)]
    assert f(np.ones(2, dtype="int32")).dtype == onp.int32
    assert len(calls) == 3


def test_pytrees_keywords_and_static_arguments():
    @axir.jit
    def f(p, *, scale):
        return {"y": [p["a"] * scale, p["b"]]}

    found = f({"a": np.array(2.0), "b": None}, scale=3.0)
    close(found["y"][0], 6)
    assert found["y"][1] is None

    seen = []

    def power(x, n, kind="plain"):
        seen.append((n, kind))
        return x**n if kind == "plain" else -(x**n)

    by_position = axir.jit(power, static_argnums=1, static_argnames="kind")
    close(by_position(2.0, 3), 8)
    close(by_position(2.0, n=3), 8)
    close(by_position(2.0, 3, kind="other"), -8)
    close(by_position(2.0, 3, "other"), -8)
    assert (3, "other") in seen
    with pytest.raises(ValueError, match="hashable"):
        by_position(2.0, [3])
    with pytest.raises(ValueError, match="static_argnums"):
        axir.jit(power, static_argnums=7)
    with pytest.raises(ValueError, match="static_argnames"):
        axir.jit(power, static_argnames="nothing")


def test_captured_arrays_are_arguments_not_constants():
    weights = np.arange(1000.0)

    @axir.jit
    def f(x):
        return np.sum(weights * x)

    close(f(2.0), 999000)
    assert "dense<[" not in str(axir.make_ir(f)(2.0))


def test_methods_and_decorator_with_options():
    class Model:
        @staticmethod
        @axir.jit
        def double(x):
            return 2 * x

    close(Model.double(4.0), 8)

    @axir.jit(static_argnums=(1,))
    def g(x, n):
        return x * n

    close(g(2.0, 5), 10)


def test_inner_jit_is_a_shared_call_in_the_ir():
    inner = axir.jit(lambda x: np.sin(x) * 2)

    def f(x):
        return inner(x) + inner(x + 1)

    text = str(axir.make_ir(f, expand=False)(1.0))
    assert text.count("call @lambda") == 2
    assert text.count("func.func private") == 1
    close(axir.jit(f)(1.0), 2 * onp.sin(1.0) + 2 * onp.sin(2.0))


def test_equal_programs_of_different_functions_compile_once():
    from axir._src.execute import _executables

    def make():
        return axir.jit(lambda x: np.cos(x) * 3.25)

    make()(1.5)
    before = len(_executables)
    make()(1.5)
    assert len(_executables) == before


def test_results_without_computation():
    x = np.arange(3.0)
    same, constant, nothing = axir.jit(lambda x: (x, 7, ()))(x)
    close(same, x)
    assert int(constant) == 7
    assert nothing == ()
    assert axir.jit(lambda: np.ones(2))().shape == (2,)


def test_zero_size_and_every_dtype():
    assert axir.jit(lambda x: x + 1)(np.zeros((0, 3))).shape == (0, 3)
    names = ["bool", "int8", "int16", "int32", "uint8", "uint16", "uint32", "float16", "bfloat16", "float32"]
    arrays = [np.ones(3, dtype=name) for name in names]
    found = axir.jit(lambda xs: xs)(arrays)
    assert [str(x.dtype) for x in found] == names
    with axir.enable_x64():
        wide = axir.jit(lambda x: x * 2)(np.array([1.5, 2.5], dtype="float64"))
        assert wide.dtype == onp.float64
        close(wide, [3, 5])
        assert axir.jit(lambda x: x + 1)(np.array([2**40], dtype="int64"))[0] == 2**40 + 1


def test_results_survive_and_inputs_are_not_changed():
    source = onp.arange(1000, dtype=onp.float32)
    f = axir.jit(lambda x: x + 1)
    first = f(source)
    source[:] = -1
    close(first[:3], [1, 2, 3])
    second = f(first)
    close(first[:3], [1, 2, 3])
    del first
    close(second[:3], [2, 3, 4])


def test_threads_may_compile_and_call_at_once():
    functions = [axir.jit(lambda x, k=k: np.sin(x) * k) for k in range(4)]
    failures = []

    def work(k):
        for i in range(20):
            found = float(functions[k % 4](float(i)))
            if abs(found - onp.sin(i) * (k % 4)) > 1e-4:
                failures.append((k, i, found))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures


def test_bad_arguments():
    f = axir.jit(lambda x: x + 1)
    with pytest.raises(TypeError, match="text"):
        f("text")
    with pytest.raises(TypeError, match="\\['a'\\]"):
        f({"a": object()})
    with pytest.raises(TypeError):
        axir.jit(3)
    with pytest.raises(errors.ShapeError, match=r"test_jit\.py"):
        axir.jit(lambda x, y: x + y)(np.ones(3), np.ones(4))


def test_disable_jit_runs_eagerly():
    with axir.config.override("axir_disable_jit", True):
        assert axir.jit(lambda x: "positive" if x > 0 else "negative")(3.0) == "positive"


def test_clear_cache_traces_again():
    calls = []
    f = axir.jit(lambda x: calls.append(1) or x)
    f(1.0)
    f.clear_cache()
    f(1.0)
    assert len(calls) == 2


def test_numpy_arguments_are_borrowed_for_the_call_only():
    source = onp.arange(64, dtype=onp.float32)
    same, shaped, sliced = axir.jit(lambda x: (x, x.reshape(8, 8), x[:32]))(source)
    source[:] = -1
    close(same, onp.arange(64))
    close(shaped, onp.arange(64).reshape(8, 8))
    close(sliced, onp.arange(32))
    assert source.flags.writeable


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (1, 2, 2)])
def test_views_of_results_outlive_them(shape):
    """A view keeps the memory of the compiled function's result, whatever became of the result."""
    double = axir.jit(lambda x: x * 2)
    views = [
        onp.broadcast_to(double(onp.full(shape, n, "float32")).to_numpy(), (2, *shape))[0] for n in range(200)
    ]
    others = [double(onp.full(shape, -1, "float32")) for _ in range(200)]
    assert all((v == 2 * n).all() for n, v in enumerate(views)) and len(others) == 200


def test_products_of_float64_of_all_sizes():
    """Tile sizes of IREE's own choice do not compile on CPUs with AVX-512."""
    rng = onp.random.default_rng(0)
    shapes = [
        ("ij,jk->ik", 32, 32, 32),
        ("ij,jk->ik", 65, 3, 130),
        ("ij,kj->ik", 100, 7, 33),
        ("ji,jk->ik", 1, 64, 9),
    ]
    shapes += [("bij,bjk->bik", 40, 17, 24), ("ij,j->i", 50, 60, 1), ("bij,jk->bik", 5, 16, 1)]
    operands = []
    for formula, i, j, k in shapes:
        sizes = {"i": i, "j": j, "k": k, "b": 3}
        operands.append(
            [rng.standard_normal([sizes[c] for c in t]) for t in formula.partition("->")[0].split(",")]
        )
    formulas = [formula for formula, *_ in shapes]
    with axir.enable_x64():
        program = axir.jit(
            lambda pairs: [np.einsum(f, x, y) for f, (x, y) in zip(formulas, pairs, strict=True)]
        )
        found = program(operands)
        z = onp.exp(1j * rng.standard_normal((70, 70)))
        squared = axir.jit(lambda z: z @ z)(z)
    for formula, (x, y), result in zip(formulas, operands, found, strict=True):
        onp.testing.assert_allclose(result, onp.einsum(formula, x, y), 1e-12, 1e-12)
    onp.testing.assert_allclose(squared, z @ z, 1e-12, 1e-12)


def test_a_process_forked_after_compiling_compiles_and_shows_stages() -> None:
    code = """
        import os, warnings
        import numpy, axir, axir.numpy as np
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns about forks with threads
        x = numpy.ones(3, "f4")
        salt = int.from_bytes(os.urandom(3), "big")  # not in the cache
        axir.jit(lambda x: x + salt)(x)
        if os.fork() == 0:
            f = axir.jit(lambda x: x * salt)
            assert float(f(x)[0]) == salt
            assert "fmul" in f.lower(x).as_text(stage="llvm") or "mul" in f.lower(x).as_text(stage="flow")
            try:
                axir.aot.export(lambda x: x + 1, "bf16[2]", targets=["vulkan"])
            except axir.errors.CompileError as error:
                assert "bf16" in str(error)
                os._exit(7)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.wait()[1]) == 7
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
