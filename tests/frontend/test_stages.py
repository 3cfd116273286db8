"""``jit(f).trace``, ``.lower`` and ``.compile``; what a program costs."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import ShapeDtypeStruct, lax
from axir.stages import STAGES, ArgInfo


def f32(*shape: int) -> ShapeDtypeStruct:
    return ShapeDtypeStruct(shape, "float32")


def two_layers(p: dict[str, Any], x: Any) -> Any:
    return {"y": np.tanh(x @ p["w"]), "n": np.sum(x)}


SPECS = ({"w": f32(4, 3)}, f32(2, 4))


def test_the_steps_know_types_and_structures() -> None:
    traced = axir.jit(two_layers).trace(*SPECS)
    for step in (traced, traced.lower(), traced.lower().compile(), axir.jit(two_layers).lower(*SPECS)):
        assert step.fun_name == "two_layers"
        assert step.in_tree == axir.tree.structure((SPECS, {}))
        assert step.out_tree == axir.tree.structure({"y": 0, "n": 0})
        assert step.out_info == {"y": f32(2, 3), "n": f32()}
        assert str(step.in_avals[0][1]) == "f32[2, 4]"
        assert str(step.out_avals["y"]) == "f32[2, 3]"
        assert step.donate_argnums == ()
        info = step.args_info[0][0]["w"]
        assert isinstance(info, ArgInfo)
        assert (info.shape, info.dtype, info.donated) == ((4, 3), onp.float32, False)
        assert repr(step).startswith(f"{type(step).__name__}(two_layers: (f32[4, 3], f32[2, 4]) -> (")


def test_donated_arguments_are_marked() -> None:
    def f(n: int, p: dict[str, Any], x: Any, *, y: Any) -> Any:
        return p["a"] * n + p["b"] + x + y

    donating = axir.jit(f, static_argnums=0, donate_argnums=1, donate_argnames="y")
    lowered = donating.lower(2, {"a": f32(3), "b": f32(3)}, f32(3), y=f32(3))
    assert lowered.donate_argnums == (0, 1, 3)
    (p, x), named = lowered.compile().args_info
    assert (p["a"].donated, p["b"].donated, x.donated, named["y"].donated) == (True, True, False, True)
    last = axir.jit(lambda x, y: x + y, donate_argnums=-1).trace(f32(), f32())
    assert last.donate_argnums == (1,)


def test_a_compiled_function_gives_what_the_function_gives() -> None:
    compiled = axir.jit(two_layers).lower(*SPECS).compile()
    x = onp.arange(8, dtype=onp.float32).reshape(2, 4)
    w = onp.full((4, 3), 0.01, onp.float32)
    found = compiled({"w": w}, x)
    onp.testing.assert_allclose(found["y"], onp.tanh(x @ w), rtol=1e-6)
    assert float(found["n"]) == 28
    assert type(compiled.runtime_executable()).__name__ == "Executable"


def test_captured_arrays_and_static_arguments_are_part_of_it() -> None:
    weights = np.arange(3.0)
    f = axir.jit(lambda x, n: x * weights + n, static_argnums=1)
    compiled = f.lower(f32(3), 2).compile()
    onp.testing.assert_array_equal(compiled(np.ones(3)), [2, 3, 4])
    assert compiled.memory_analysis().constant_size_in_bytes == 12
    with pytest.raises(TypeError, match="Static arguments are part of the compiled function"):
        compiled(np.ones(3), 2)


def test_a_signature_is_traced_once_for_all_ways_to_it() -> None:
    count = []
    f = axir.jit(lambda x: count.append(1) or x + 1)
    f.lower(f32(3)).compile()
    f.trace(np.ones(3))
    f(np.ones(3))
    assert len(count) == 1


def test_keyword_arguments() -> None:
    compiled = axir.jit(lambda x, *, scale: x * scale).lower(f32(2), scale=f32()).compile()
    onp.testing.assert_array_equal(compiled(np.ones(2), scale=3.0), [3, 3])
    with pytest.raises(TypeError, match="structure"):
        compiled(np.ones(2), 3.0)


def test_wide_dtypes_are_narrowed_as_arrays_are() -> None:
    wide = ShapeDtypeStruct((2,), "float64")
    assert axir.jit(np.sin).trace(wide).out_info == f32(2)
    with axir.enable_x64():
        assert axir.jit(np.sin).trace(wide).out_info == wide
    assert axir.jit(np.sin).eval_shape(wide) == f32(2)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((onp.ones(4, onp.float32),), r"argument 0 must be f32\[3\] as compiled for; got f32\[4\]"),
        ((onp.ones(3, onp.int32),), r"argument 0 must be f32\[3\] as compiled for; got i32\[3\]"),
        ((), "structure"),
        (("text",), "argument 0"),
    ],
)
def test_other_arguments_than_compiled_for_are_refused(args: tuple[Any, ...], message: str) -> None:
    compiled = axir.jit(np.sin).lower(f32(3)).compile()
    with pytest.raises(TypeError, match=message):
        compiled(*args)


def test_compiled_functions_are_not_transformed() -> None:
    compiled = axir.jit(np.sin).lower(f32()).compile()
    for transform in (axir.grad, axir.jit):
        with pytest.raises(TypeError, match="cannot be transformed"):
            transform(compiled)(1.0)


def test_functions_with_traced_captures_do_not_compile() -> None:
    def outer(x: Any) -> Any:
        return axir.jit(lambda y: x + y).lower(x).compile()(x)

    with pytest.raises(axir.errors.ConcretizationError, match="Pass them as arguments"):
        axir.jit(outer)(1.0)


def test_options_and_platforms_that_do_not_exist() -> None:
    traced = axir.jit(np.sin).trace(1.0)
    with pytest.raises(ValueError, match="there are no compiler options; got fast"):
        traced.lower().compile({"fast": True})
    with pytest.raises(ValueError, match="'tpu'"):
        traced.lower(lowering_platforms=("tpu",))
    with pytest.raises(ValueError, match="the dialects are axir and linalg; got 'hlo'"):
        traced.compiler_ir("hlo")
    with pytest.raises(ValueError, match="there is no stage 'flo'; the stages are trace, rewritten"):
        traced.as_text("flo")


MARKS = {
    "trace": '"axir.vjp"',
    "rewritten": '"axir.cos"',
    "linalg": "linalg.generic",
    "flow": "flow.dispatch",
    "stream": "stream.",
    "executables": "hal.executable",
    "hal": "hal.",
    "vm": "vm.func",
    "llvm": "define internal",
    "asm": "ret",
}


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_is_text(stage: str) -> None:
    f = axir.jit(axir.grad(lambda x: np.sum(np.sin(x))))
    text = f.trace(f32(8)).as_text(stage)
    assert MARKS[stage] in text
    assert "TempFile" not in text


def test_stages_by_default_and_locations() -> None:
    traced = axir.jit(np.sin).trace(f32(3))
    assert traced.as_text() == traced.as_text("trace")
    assert traced.lower().as_text() == traced.as_text("linalg")
    assert "test_stages.py" not in traced.as_text("rewritten")
    assert "test_stages.py" in axir.jit(lambda x: np.sin(x)).trace(f32(3)).as_text(debug_info=True)
    assert str(traced.ir) == traced.as_text("trace")
    assert "linalg.generic" in str(traced.lower().compiler_ir())


def test_programs_in_notebooks() -> None:
    for shown in (axir.jit(np.sin).trace(f32(3)), axir.make_ir(np.sin)(f32(3))):
        page = shown._repr_html_()
        assert "axir.sin" in page
        assert "tensor&lt;3xf32&gt;" in page
        assert "tensor<" not in page
    long = axir.jit(lambda x: sum(x[i] * i for i in range(1, 200))).trace(f32(200))._repr_html_()
    assert "more lines" in long


# What programs cost. ------------------------------------------------------------------------------------


def costs(f: Callable[..., Any], *specs: Any) -> dict[str, Any]:
    return axir.jit(f).trace(*specs).cost_analysis()


def c64(*shape: int) -> ShapeDtypeStruct:
    return ShapeDtypeStruct(shape, "complex64")


@pytest.mark.parametrize(
    ("f", "specs", "flops"),
    [
        (lambda x, y: x + y, (f32(5), f32(5)), 5),
        (lambda x, y: x + y, (c64(5), c64(5)), 10),
        (lambda x, y: x * y, (c64(5), c64(5)), 30),
        (lambda x: x**5, (f32(7),), 3 * 7),
        (lambda x: x.T.reshape(-1)[2:], (f32(3, 4),), 0),
        (lambda x: x.sum(1), (f32(3, 8),), 3 * 7),
        (lambda x, y: x @ y, (f32(3, 8), f32(8, 5)), 2 * 3 * 8 * 5),
        (lambda x, y: x @ y, (c64(3, 8), c64(8, 5)), 8 * 3 * 8 * 5),
        (lambda x, y: np.einsum("bij,bjk->bik", x, y), (f32(2, 3, 4), f32(2, 4, 5)), 2 * 2 * 3 * 4 * 5),
        (np.fft.fft, (c64(16),), 5 * 16 * 4),
        (np.sort, (f32(4, 16),), 4 * 16 * 4),
        (np.cumsum, (f32(9),), 8),
        (lambda x: lax.linalg.cholesky(x, symmetrize_input=False), (f32(2, 6, 6),), 2 * 6**3 // 3),
        (lambda a, b: lax.linalg.triangular_solve(a, b, left_side=True), (f32(6, 6), f32(6, 2)), 72),
        (lambda x: lax.scan(lambda c, y: (c * y, None), 1.0, x)[0], (f32(11),), 11),
        (lambda x: lax.cond(True, lambda y: y @ y, lambda y: y + y, x), (f32(3, 3),), 54),
    ],
)
def test_operations_are_counted(f: Callable[..., Any], specs: tuple[Any, ...], flops: int) -> None:
    assert costs(f, *specs)["flops"] == flops


@pytest.mark.parametrize(("padding", "pairs"), [("VALID", 6 * 3), ("SAME", 6 * 3 + 4)])
def test_convolutions_count_products_with_elements_not_with_padding(padding: str, pairs: int) -> None:
    def f(x: Any, k: Any) -> Any:
        return lax.conv(x, k, (1,), padding)

    assert costs(f, f32(2, 3, 8), f32(5, 3, 3))["flops"] == 2 * pairs * 2 * 3 * 5


def test_windows_count_what_they_combine() -> None:
    def f(x: Any) -> Any:
        return lax.reduce_window(x, 0.0, lax.add, (3,), (1,), "VALID")

    assert costs(f, f32(8))["flops"] == 6 * 2


def test_functions_are_counted_apart_from_operations() -> None:
    found = costs(lambda x: np.exp(x) + np.sin(x) * 2, f32(10))
    assert found["transcendentals"] == 20
    assert found["flops"] == 20
    assert found["by op"]["exp"]["transcendentals"] == 10
    assert found["by op"]["mul"] == {
        "count": 1,
        "flops": 10,
        "transcendentals": 0,
        "bytes accessed": 120,
        "bytes accessed fused": 0,
    }


def test_fused_values_are_not_moved() -> None:
    found = costs(lambda x: np.exp(x) * 2 + 1, f32(100))
    assert found["bytes accessed fused"] == 800
    assert found["bytes accessed"] > 2 * 800
    assert costs(lambda x: x.reshape(50, 2), f32(100))["bytes accessed"] == 0
    assert costs(lambda x: x[:3], f32(100))["bytes accessed"] == 2 * 12


def test_loops_that_nobody_can_count() -> None:
    found = costs(lambda x: lax.while_loop(lambda y: y[0] < 10, lambda y: y * 2, x), f32(4))
    assert found["unbounded loops"] == 1
    assert found["by op"]["mul"]["flops"] == 4
    assert costs(np.sin, f32(4))["unbounded loops"] == 0


def test_memory() -> None:
    """Two products live at once; a chain of elementwise functions takes nothing."""

    def f(x: Any) -> Any:
        y, z = x @ x, x @ x.T
        return np.sum(np.exp(y) * z)

    size = 16 * 16 * 4
    found = axir.jit(f).lower(f32(16, 16)).compile().memory_analysis()
    assert (found.argument_size_in_bytes, found.output_size_in_bytes) == (size, 4)
    assert 3 * size <= found.peak_memory_in_bytes <= 4 * size + 4
    assert found.temp_size_in_bytes == found.peak_memory_in_bytes - size - 4
    assert found.generated_code_size_in_bytes > 1000
    assert axir.jit(f).trace(f32(16, 16)).memory_analysis().generated_code_size_in_bytes == 0
    chain = axir.jit(lambda x: np.exp(np.sin(x) * 2)).trace(f32(100)).memory_analysis()
    assert chain.peak_memory_in_bytes == 800
    assert chain.temp_size_in_bytes == 0


def transients(text: str) -> int:
    """Bytes of temporaries that a program in IREE's ``hal`` allocates."""
    constants = dict(re.findall(r"(%c\w+) = arith.constant (\d+) : index", text))
    sizes = re.findall(r"hal\.device\.queue\.alloca[^\n]*\{(%c\w+)\}", text)
    return sum(int(constants[s]) for s in sizes)


@pytest.mark.parametrize(
    "f",
    [
        lambda w, x: np.sum(np.exp(w @ x) * (x @ w)),
        lambda w, x: np.sum(np.tanh(x @ w) @ w),
        lambda w, x: np.exp(np.sin(w) * 2 + x),
    ],
)
def test_temporaries_are_those_that_iree_allocates(f: Callable[..., Any]) -> None:
    traced = axir.jit(f).trace(f32(512, 512), f32(512, 512))
    estimate = traced.memory_analysis().temp_size_in_bytes
    assert math.isclose(estimate, transients(traced.as_text("hal")), rel_tol=0.01)


def test_memory_of_loops_counts_what_a_step_needs() -> None:
    def f(x: Any) -> Any:
        return lax.fori_loop(0, 5, lambda i, y: (y @ y) @ y, x)

    size = 32 * 32 * 4
    assert axir.jit(f).trace(f32(32, 32)).memory_analysis().peak_memory_in_bytes >= 4 * size


def test_products_cost_what_jax_says() -> None:
    jax = pytest.importorskip("jax")
    jnp = jax.numpy

    def spec(*shape: int) -> Any:
        return jax.ShapeDtypeStruct(shape, jnp.float32)

    pairs = [
        (lambda m: lambda x, y: m.sum(x @ y), [(8, 32), (32, 16)]),
        (lambda m: lambda x: m.sum(m.exp(x) * 2 + 1), [(64,)]),
    ]
    for make, shapes in pairs:
        wanted = jax.jit(make(jnp)).lower(*(spec(*s) for s in shapes)).cost_analysis()
        found = costs(make(np), *(f32(*s) for s in shapes))
        assert math.isclose(found["flops"], wanted["flops"], rel_tol=0.01)
        assert found["transcendentals"] == wanted.get("transcendentals", 0)
