"""In-process compilation: results, errors, sessions, threads, and what never reaches IREE."""

from __future__ import annotations

import platform
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from iree_runner import Program, Suite

from axir_compiler import backend
from axir_compiler.errors import CompileError
from axir_compiler.lowering import builders, scalar
from axir_compiler.mlir import context, ir
from axir_compiler.targets import CPU_NAMES, Target, cpu, host

F32 = np.dtype("f4")


def parse(text: str) -> ir.Module:
    return ir.Module.parse(text, context())


def add_module(count: int = 4, extra: float = 1.0) -> ir.Module:
    suite = Suite()
    constant = np.full(count, extra, F32)

    def build(x: ir.Value) -> ir.Value:
        kind = ir.F32Type.get()
        return builders.elementwise(
            lambda a, b: scalar.add(F32, a, b), [x, builders.constant(constant)], kind
        )

    suite.add("add", build, [np.zeros(count, F32)], F32)
    return suite.module()


def run(data: bytes, x: np.ndarray) -> np.ndarray:
    return Program(data, [F32])(x)[0]


def test_module_is_left_as_it_was() -> None:
    module = add_module()
    before = str(module)
    data = backend.compile_module(module, host())
    assert str(module) == before
    np.testing.assert_array_equal(run(data, np.arange(4, dtype=F32)), [1, 2, 3, 4])


def test_compiling_is_deterministic() -> None:
    assert backend.compile_module(add_module(), host()) == backend.compile_module(add_module(), host())


# A shape that needs more scratch than the compiler allows: a clean error of IREE, located by the op.
FAILING = """
#id = affine_map<(d0) -> (d0)>
func.func @main(%x: tensor<4xf64>) -> tensor<4xf64> {
  %e = tensor.empty() : tensor<4xf64>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<4xf64>) outs(%e : tensor<4xf64>) {
  ^bb0(%a: f64, %b: f64):
    %c = math.erf %a : f64 loc("user.py":12:3)
    linalg.yield %c : f64
  } -> tensor<4xf64> loc("user.py":12:3)
  return %y : tensor<4xf64>
}
"""


@pytest.fixture(scope="module")
def refusal() -> CompileError:
    with pytest.raises(CompileError) as caught:
        backend.compile_module(parse(FAILING), host())
    return caught.value


def test_compile_error_is_short_and_says_where(refusal: CompileError) -> None:
    message = str(refusal)
    assert "math.erf" in message
    assert "user.py:12:3" in message
    assert "cpu:host" in message
    assert "\n" not in message
    assert len(message) < 500
    assert refusal.location == "user.py:12:3"


def test_compile_error_saves_the_program(refusal: CompileError) -> None:
    assert refusal.path is not None
    assert refusal.path in str(refusal)
    text = Path(refusal.path).read_text()
    assert "math.erf" in text
    assert "--iree-input-demote-f64-to-f32=false" in text
    assert refusal.diagnostics.splitlines()[0] in text
    assert "func.func @main" in str(parse(text))


def test_same_failure_adds_no_file(refusal: CompileError) -> None:
    with pytest.raises(CompileError) as again:
        backend.compile_module(parse(FAILING), host())
    assert again.value.path == refusal.path


def test_session_is_usable_after_a_failure(refusal: CompileError) -> None:
    data = backend.compile_module(add_module(), host())
    np.testing.assert_array_equal(run(data, np.zeros(4, F32)), np.ones(4))


def test_other_flags_travel_to_another_session() -> None:
    target = Target("cpu:other", (*host().flags, "--iree-llvmcpu-slp-vectorization"))
    backend.compile_module(add_module(), host())
    module = add_module(5)
    with context():
        module.body.operations[0].attributes["axir.jit"] = ir.UnitAttr.get()
    data = backend.compile_module(module, target)
    np.testing.assert_array_equal(run(data, np.zeros(5, F32)), np.ones(5))
    with pytest.raises(CompileError, match=r"user\.py:12:3"):
        backend.compile_module(parse(FAILING), target)


def test_unknown_flag_is_an_error() -> None:
    with pytest.raises(ValueError, match="no-such-flag"):
        backend.compile_module(add_module(), Target("cpu:wrong", (*host().flags, "--no-such-flag")))


def test_dump(tmp_path: Path) -> None:
    data = backend.compile_module(add_module(), host(), dump_to=tmp_path / "dump")
    np.testing.assert_array_equal(run(data, np.zeros(4, F32)), np.ones(4))
    names = [p.name for p in (tmp_path / "dump").iterdir()]
    assert "input.mlir" in names
    assert any(name.endswith(".s") for name in names)


def test_threads() -> None:
    """Compiling, in two sessions, while IR is built in the shared context."""
    other = Target("cpu:thread", (*host().flags, "--iree-llvmcpu-loop-interleaving"))
    modules = [add_module(10 + i, float(i)) for i in range(4)]
    results: dict[int, np.ndarray] = {}

    def work(i: int) -> None:
        data = backend.compile_module(modules[i], host() if i % 2 else other)
        results[i] = run(data, np.zeros(10 + i, F32))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    while any(t.is_alive() for t in threads):
        add_module(50)
    assert sorted(results) == [0, 1, 2, 3]
    for i, result in results.items():
        np.testing.assert_array_equal(result, np.full(10 + i, i))


def matrix_product(
    rows: int, inner: int, columns: int, transposed: bool = False
) -> tuple[Any, list[np.ndarray]]:
    def build(x: ir.Value, y: ir.Value) -> ir.Value:
        return builders.dot_general(x, y, (1,), (1 if transposed else 0,), (), (), F32, F32)

    right = (columns, inner) if transposed else (inner, columns)
    return build, [np.zeros((rows, inner), F32), np.zeros(right, F32)]


@pytest.mark.parametrize(
    ("shapes", "tiled"),
    [
        ([(1024, 1024, 1024)], True),
        ([(256, 256, 256)], False),
        ([(256, 256, 256, True)], True),
        ([(64, 64, 64, True)], False),
        ([(1, 2048, 2048)], False),
        ([(2048, 2048, 1)], False),
        ([(1024, 1024, 1024), (4096, 8192, 1)], False),
    ],
)
def test_data_tiling_is_chosen_by_content(shapes: list[Any], tiled: bool) -> None:
    suite = Suite()
    for shape in shapes:
        build, inputs = matrix_product(*shape)
        suite.add(str(shape), build, inputs, F32)
    assert ("--iree-dispatch-creation-data-tiling" in host().flags_for(suite.module())) == tiled


def test_tiled_product_is_right() -> None:
    build, inputs = matrix_product(700, 800, 900)
    rng = np.random.default_rng(0)
    x, y = (rng.integers(-3, 4, a.shape).astype(F32) for a in inputs)
    suite = Suite()
    suite.add("product", build, [x, y], F32)
    assert "--iree-dispatch-creation-data-tiling" in host().flags_for(suite.module())
    np.testing.assert_array_equal(suite.run()["product"], x @ y)


def test_fingerprint_tells_targets_apart() -> None:
    targets = [
        host(),
        *map(cpu, CPU_NAMES),
        Target("cpu:host", (*host().flags, "--iree-opt-strip-assertions")),
    ]
    prints = [t.fingerprint() for t in targets]
    assert len(set(prints)) == len(prints)
    assert host().fingerprint() == prints[0]


def test_every_cpu_name_compiles() -> None:
    """In a process of its own: LLVM would end this one on a name that it does not know."""
    code = (
        "from test_backend import *\n"
        "for name in CPU_NAMES:\n"
        "    assert backend.compile_module(add_module(), cpu(name))\n"
        "print(len(CPU_NAMES))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True, timeout=300
    )
    assert done.stdout.strip() == str(len(CPU_NAMES)), done.stderr


def test_process_ends_cleanly() -> None:
    code = "from test_backend import *\nbackend.compile_module(add_module(), host())\nm = add_module()\nprint('ok')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "ok", "")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="runs code for x86-64")
@pytest.mark.parametrize("name", ["x86-64", "host"])
def test_multiply_add_rounds_once_where_the_cpu_has_none(name: str) -> None:
    text = """
    func.func @main(%x: tensor<8xf64>, %y: tensor<8xf64>, %z: tensor<8xf64>) -> tensor<8xf64> {
      %f = math.fma %x, %y, %z : tensor<8xf64>
      return %f : tensor<8xf64>
    }"""
    binary = backend.compile_module(parse(text), host() if name == "host" else cpu(name))
    tiny = 2.0**-30
    x = np.array([1 + tiny, 1 + tiny, 3.0, np.inf, np.nan, 0.0, 7.0, 2.0])
    y = np.array([1 - tiny, 1 + tiny, 0.1, 1.0, 1.0, -1.0, 2.0, 3.0])
    z = np.array([-1.0, -1.0, -0.3, 1.0, 1.0, 0.0, -np.inf, -6.0])
    # The first products are 1 - tiny**2 and 1 + 2 * tiny + tiny**2; the third is that of the number next to 1/10.
    expected = [-(tiny**2), 2 * tiny + tiny**2, 2.7755575615628914e-17, np.inf, np.nan, 0.0, -np.inf, 0.0]
    (found,) = Program(binary, [x.dtype])(x, y, z)
    np.testing.assert_array_equal(found, expected)
