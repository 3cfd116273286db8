"""Modules for other machines: compiled, and their machine code recognized; those that this machine can run are run."""

from __future__ import annotations

from typing import Any

import numpy as onp
import pytest

import axir
import axir.numpy as np
import axir_runtime
from axir import aot
from axir.errors import AxirError, CompileError
from axir_runtime import binaries, cpu_features, load, loads, read_manifest
from axir_runtime.cpu import parse_cpuinfo, required_features

EXPECTED = {
    "cpu:x86-64": ("ELF", "x86_64"),
    "cpu:x86-64-v3": ("ELF", "x86_64"),
    "cpu:x86-64-v4": ("ELF", "x86_64"),
    "cpu:aarch64": ("ELF", "aarch64"),
    "cpu:riscv64": ("ELF", "riscv64"),
    "cpu:riscv64-v": ("ELF", "riscv64"),
    "cpu:wasm32": ("WebAssembly", "wasm32"),
    "vulkan": ("SPIR-V", "version 1.0"),
    "vulkan:f16+f64": ("SPIR-V", "version 1.0"),
    "cuda:sm_75": ("PTX", "sm_75"),
    "cuda:sm_80": ("PTX", "sm_80"),
    "cuda:sm_86": ("PTX", "sm_86"),
    "cuda:sm_89": ("PTX", "sm_89"),
    "rocm:gfx942": ("HSACO", "gfx942"),
    "rocm:gfx1100": ("HSACO", "gfx1100"),
    "metal": ("Metal source", "msl"),
}
V3 = frozenset(("avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "xsave"))
V3 |= {"cx16", "popcnt", "sahf", "sse3", "sse4.1", "sse4.2", "ssse3"}
V4 = V3 | {"avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl"}
RNG = onp.random.default_rng(1)
X, W = RNG.normal(size=(8, 16)).astype("f4"), RNG.normal(size=(16, 4)).astype("f4")


def model(x: Any, w: Any) -> Any:
    return axir.nn.softmax(np.tanh(x @ w)), np.sum(x)


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One artifact for every kind of machine."""
    exported = aot.export(model, "f32[8,16]", "f32[16,4]", targets=EXPECTED)
    return exported.save(tmp_path_factory.mktemp("targets") / "model.axir")


@pytest.mark.parametrize("target", EXPECTED)
def test_code_is_for_its_machine(target: str, everywhere: Any) -> None:
    manifest, archive = read_manifest(everywhere)
    (variant,) = [v for v in manifest.variants if v.name == target]
    found = binaries(archive.member(variant.member))
    assert found and {(b.format, b.arch) for b in found} == {EXPECTED[target]}
    if variant.platform == "cpu":
        assert variant.arch == EXPECTED[target][1]


def test_levels_of_x86_need_their_features(everywhere: Any) -> None:
    variants = {v.name: v for v in read_manifest(everywhere)[0].variants}
    assert variants["cpu:x86-64"].features == frozenset()
    assert variants["cpu:x86-64-v3"].features == V3
    assert variants["cpu:x86-64-v4"].features == V4
    assert variants["cpu:aarch64"].features == variants["cpu:riscv64"].features == frozenset()
    assert variants["cpu:riscv64-v"].features == {"v", "zvl256b"}


LEVELS = {"cpu:x86-64": frozenset(), "cpu:x86-64-v3": V3, "cpu:x86-64-v4": V4}


@pytest.mark.skipif(axir_runtime.machine() != "x86_64", reason="runs code for x86-64")
@pytest.mark.parametrize("target", LEVELS)
def test_the_levels_that_this_cpu_has_run(target: str, everywhere: Any) -> None:
    if not LEVELS[target] <= cpu_features():
        with pytest.raises(axir_runtime.CpuFeatureError):
            load(everywhere, target=target)
        return
    found, total = load(everywhere, target=target).model(X, W)
    expected, expected_total = model(X, W)
    onp.testing.assert_allclose(found, onp.asarray(expected), 1e-5, 1e-6)
    onp.testing.assert_allclose(total, onp.asarray(expected_total), 1e-5)


@pytest.mark.parametrize(("features", "best"), [*((f, n) for n, f in LEVELS.items())])
def test_the_best_level_is_chosen(
    features: frozenset[str], best: str, everywhere: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    variants = read_manifest(everywhere)[0].variants
    monkeypatch.setattr("axir_runtime.manifest.cpu_features", lambda: features | {"sha"})
    monkeypatch.setattr("axir_runtime.manifest.machine", lambda: "x86_64")
    assert axir_runtime.manifest.choose(variants, None, "x")[0].name == best


def _no_gpus(platform: str) -> list[Any]:
    raise axir_runtime.PlatformError(f"devices: no {platform} device here: none is wanted")


def test_machines_without_a_module_are_told(everywhere: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("axir_runtime.manifest.devices", _no_gpus)
    for target in ("vulkan", "cuda:sm_80", "metal", "cpu:wasm32"):
        with pytest.raises(axir_runtime.PlatformError, match="no module that runs here"):
            load(everywhere, target=target)
    monkeypatch.setattr("axir_runtime.manifest.machine", lambda: "s390x")
    with pytest.raises(
        axir_runtime.PlatformError, match="on the CPU of a s390x machine; there are cpu:x86-64"
    ):
        load(everywhere)


@pytest.mark.parametrize(
    ("target", "stage", "text"),
    [
        ("cuda:sm_80", "asm", ".target sm_80"),
        ("cuda:sm_80", "llvm", "define ptx_kernel"),
        ("rocm:gfx942", "asm", "v_mul_f32"),
        ("vulkan", "asm", "spirv.module"),
        ("metal", "asm", "using namespace metal"),
    ],
)
def test_kernels_of_other_machines_can_be_read(target: str, stage: str, text: str) -> None:
    exported = aot.export(lambda x: x * x, "f32[8]", targets=target)
    assert text in exported.as_text(stage)
    if target == "vulkan":
        with pytest.raises(CompileError, match="kernels for vulkan have no form 'llvm' that is text"):
            exported.as_text("llvm")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("cuda:sm_90", "not known to this version of IREE; code for cuda:sm_89 runs on newer GPUs"),
        ("webgpu", "not supported by this version of IREE"),
        ("cpu:z80", "there is no target 'cpu:z80'"),
    ],
)
def test_targets_that_cannot_be_compiled_for(target: str, message: str) -> None:
    with pytest.raises(AxirError, match=message):
        aot.export(model, "f32[8,16]", "f32[16,4]", targets=target)


@pytest.mark.parametrize(
    ("function", "targets", "message"),
    [
        (lambda x: x.astype("float16") * 2, ["vulkan", "metal"], "f16 numbers.* At "),
        (lambda x: x.astype("bfloat16") * 2, ["vulkan"], "bf16 numbers"),
    ],
)
def test_programs_that_a_target_cannot_compute(function: Any, targets: list[str], message: str) -> None:
    for target in targets:
        with pytest.raises(CompileError, match=f"{target} cannot compute this program, which has {message}"):
            aot.export(function, "f32[16]", targets=target, name="f")


@pytest.mark.parametrize("target", ["cuda:sm_80", "rocm:gfx942", "metal"])
def test_gpus_sort_and_sum(target: str) -> None:
    """In other ops than CPUs, which one artifact may be for too."""
    exported = aot.export(lambda x: (np.sort(x), np.cumsum(x)), "f32[16]", targets=(target, "cpu"), name="f")
    x = RNG.normal(size=16).astype("f4")
    ordered, sums = loads(exported.serialize(), target="cpu:host").f(x)
    onp.testing.assert_array_equal(ordered, onp.sort(x))
    onp.testing.assert_allclose(sums, onp.cumsum(x), 1e-5, 1e-6)


def functions_of_float64(x: Any) -> Any:
    """Without multiply-add, without an instruction that rounds, and without one that narrows to bfloat16."""
    whole = np.ceil(x)
    return np.sin(x * 100), np.power(np.abs(x), 1.7), whole, whole.astype("int32").astype("bfloat16")


@pytest.mark.skipif(axir_runtime.machine() != "x86_64", reason="runs code for x86-64")
@pytest.mark.parametrize("target", ["cpu:x86-64", "cpu:host"])
def test_functions_where_the_cpu_lacks_instructions(target: str) -> None:
    with axir.enable_x64():
        exported = aot.export(functions_of_float64, "f64[64]", targets=target, name="f")
    x = onp.linspace(-3000, 3000, 64)
    sine, power, whole, narrow = loads(exported.serialize(), target=target).functions["functions_of_float64"](
        x
    )
    onp.testing.assert_allclose(sine, onp.sin(x * 100), 1e-15, 1e-16)
    onp.testing.assert_allclose(power, onp.abs(x) ** 1.7, 1e-15)
    onp.testing.assert_array_equal(whole, onp.ceil(x))
    onp.testing.assert_array_equal(narrow, onp.ceil(x).astype(narrow.dtype))


def test_functions_compile_for_machines_without_such_instructions() -> None:
    with axir.enable_x64():
        exported = aot.export(
            functions_of_float64, "f64[64]", targets=("cpu:wasm32", "cpu:riscv64", "cpu:aarch64"), name="f"
        )
    assert len(exported.targets) == 3


def test_features_are_read_from_cpuinfo() -> None:
    riscv = "isa\t\t: rv64imafdcv_zicbom_zvl256b\n\nisa : rv64gcv_zvl256b_zba\n"
    assert parse_cpuinfo(riscv) == frozenset("imafdcv") | {"zvl256b"}
    assert required_features("x86_64", ["sse2", "x87", "avx2", "unheard-of"]) == {"avx2"}
    assert required_features("aarch64", ["neon", "perfmon", "sve"]) == {"sve"}
