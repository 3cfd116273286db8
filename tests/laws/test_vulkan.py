"""Ops on a Vulkan device against evaluated ones: what a driver makes of shaders is not what LLVM makes of kernels.

Programs are few and small. Every op of single elements runs in float32 and in one integer dtype; of the other families
those that a device can compute.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from compiled import Program, Run
from test_compiled import GROUPS, _problems

import axir
import axir.numpy as np_
from axir._src.vulkan_devices import vulkan_profile, vulkan_target
from axir_compiler.errors import CompileError
from axir_compiler.targets import Target, VulkanProfile, vulkan
from axir_runtime import Device, PlatformError, devices

pytestmark = pytest.mark.gpu

_STRUCTURED = (
    *("reduce_sum", "reduce_max", "argmax", "gather", "concatenate", "transpose", "pad"),
    *("cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp"),
    *("scatter", "scatter_add", "scatter_max", "add_along", "add_rows"),
)

# Compute in float64, and take long to compile.
_IN_FLOAT64 = frozenset(
    ("igamma", "igammac", "igamma_grad_a", "random_gamma_grad", "zeta", "regularized_incomplete_beta")
)


@pytest.fixture(scope="module")
def device() -> Device:
    try:
        return devices("vulkan")[0]
    except PlatformError as error:
        pytest.skip(str(error))


def _computable(runs: list[Run], dtypes: frozenset[np.dtype]) -> list[Run]:
    """Those of which all operands and results are of dtypes that the device has."""

    def fits(run: Run) -> bool:
        case, dtype = run
        arrays = case.arrays(dtype)
        return all(x.dtype in dtypes for x in (*arrays, *case.results(arrays, dtype)))

    return [run for run in runs if fits(run)]


@pytest.mark.parametrize("dtype", ["f32", "i32"])
def test_functions_of_elements(device: Device, dtype: str) -> None:
    target = vulkan_target(device)
    runs = _computable(GROUPS[f"elementwise special {dtype}"], target.dtypes - {np.dtype("float64")})
    tried = {"zeta"} if _has_float64(target) else set[str]()
    runs = [run for run in runs if run[0].op not in _IN_FLOAT64 - tried]
    problems = _problems(Program(runs, target=target, device=device), [c.arrays(d) for c, d in runs])
    assert not problems, "\n".join(problems)


def test_remainders_of_least_integers(device: Device) -> None:
    target = vulkan_target(device)
    runs = [run for run in GROUPS["elementwise special i8"] if run[0].op in ("rem", "div")]
    problems = _problems(Program(runs, target=target, device=device), [c.arrays(d) for c, d in runs])
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("names", [_STRUCTURED, ("sort",)], ids=["most", "sort"])
def test_ops_of_arrays(device: Device, names: tuple[str, ...]) -> None:
    target = vulkan_target(device)
    narrow = frozenset(map(np.dtype, ("float32", "int32", "bool")))
    runs = [run for name in names for run in _computable(GROUPS[name], narrow)]
    problems = _problems(Program(runs, target=target, device=device), [c.arrays(d) for c, d in runs])
    assert not problems, "\n".join(problems)


def test_threads_wait_for_widened_numbers(device: Device) -> None:
    """The bools become integers in memory that a workgroup shares."""
    new = np.array([[True, False, False], [False, True, False], [False, True, True]])
    at, rows = np.array([4, 0, 2], np.int32), np.arange(5, dtype=np.int32)

    def f(at, new):
        here = at[None, :, None] == rows[:, None, None]
        return np_.where(here, new.astype(np_.int32), -5).max(1)

    jitted = axir.jit(f, device=axir.devices("vulkan")[0])
    expected = np.full((5, 3), -5)
    expected[at] = new
    for _ in range(5):
        np.testing.assert_array_equal(jitted(at, new), expected)


def test_factorizations(device: Device) -> None:
    """One jitted function; residuals and orthogonality as on CPUs."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((2, 7, 5)).astype(np.float32)
    square = np.swapaxes(x, 1, 2) @ x + np.eye(5, dtype=np.float32)

    def factored(x, a):
        return (
            np_.linalg.cholesky(a),
            np_.linalg.solve(a, np_.swapaxes(x, 1, 2)),
            np_.linalg.qr(x),
            np_.linalg.eigh(a),
            np_.linalg.svd(x, full_matrices=False),
        )

    there = axir.jit(factored, device=axir.devices("vulkan")[0])
    lower, solved, (q, r), (w, v), (u, s, vh) = axir.tree.map(np.asarray, there(x, square))
    eps = float(np.finfo(np.float32).eps) * 50

    def close(found: np.ndarray, expected: np.ndarray) -> None:
        np.testing.assert_allclose(found, expected, atol=eps * np.abs(expected).max())

    def adjoint(a: np.ndarray) -> np.ndarray:
        return np.swapaxes(a, 1, 2)

    close(lower @ adjoint(lower), square)
    close(square @ solved, adjoint(x))
    close(q @ r, x)
    close((v * w[:, None]) @ adjoint(v), square)
    close((u * s[:, None]) @ vh, x)
    for columns in (q, v, u, adjoint(vh)):
        close(adjoint(columns) @ columns, np.broadcast_to(np.eye(5), (2, 5, 5)))


def test_transforms(device: Device) -> None:
    rng = np.random.default_rng(2)
    lengths = (6, 131)
    xs = [rng.standard_normal((2, n)).astype(np.float32) for n in lengths]
    jitted = axir.jit(lambda *xs: [np_.fft.rfft(x) for x in xs], device=axir.devices("vulkan")[0])
    for found, x in zip(jitted(*xs), xs, strict=True):
        expected = np.fft.rfft(x)
        np.testing.assert_allclose(found, expected, atol=1e-6 * np.abs(expected).max())


def test_gradients_of_sorting_and_indexing(device: Device) -> None:
    x = np.random.default_rng(3).standard_normal(9).astype(np.float32)
    at = np.array([4, 0, 4, 12, -3], np.int32)

    def f(x):
        picked = np_.take(x, at, mode="fill", fill_value=0)
        return (np_.sort(x) * np_.arange(9.0)).sum() + (picked**2).sum() + x.at[at].add(x[:5]).prod()

    found = axir.jit(axir.grad(f), device=axir.devices("vulkan")[0])(x)
    np.testing.assert_allclose(found, axir.grad(f)(x), rtol=1e-4, atol=1e-5)


def test_what_is_missing_is_said(device: Device) -> None:
    target = dataclasses.replace(vulkan_target(device), dtypes=frozenset({np.dtype("int32")}))
    runs = [run for run in GROUPS["reduce_sum"] if run[1] == np.float32][:1]
    with pytest.raises(CompileError, match="f32 numbers"):
        Program(runs, target=target, device=device)


def test_long_axes_are_sorted(device: Device) -> None:
    x = np.random.default_rng(0).integers(0, 50, (3, 200)).astype(np.float32)
    x[0, 5], x[1, 7], x[2, 9] = np.nan, -0.0, -np.inf
    found = axir.jit(lambda x: np_.argsort(x, axis=1), device=axir.devices("vulkan")[0])(x)
    expected = np.argsort(np.where(x == 0, 0, x), axis=1, kind="stable")
    np.testing.assert_array_equal(found, expected)


def test_functions_of_float64(device: Device) -> None:
    target = vulkan_target(device)
    runs = [run for run in GROUPS["elementwise special f64"] if run[0].op in ("sin", "exp", "lgamma", "clz")]
    if not _has_float64(target):
        with pytest.raises(CompileError, match="f64 numbers"):
            Program(runs, target=target, device=device)
        return
    runs += [run for run in GROUPS["elementwise special i64"] if run[0].op == "clz"]
    problems = _problems(Program(runs, target=target, device=device), [c.arrays(d) for c, d in runs])
    assert not problems, "\n".join(problems)


def _has_float64(target: Target) -> bool:
    return {np.dtype("float64"), np.dtype("int64")} <= target.dtypes


def test_the_profile_is_that_of_the_device(device: Device) -> None:
    profile, told = vulkan_profile(device), device.properties
    assert profile.subgroup_sizes == (int(told["subgroup.size"]),)
    assert profile.api >= (1, 1)
    assert profile.threads >= 128
    assert profile.shared_memory >= 16384
    assert min(*profile.workgroup_sizes, *profile.workgroup_counts) > 0


def test_profiles_become_attributes_and_dtypes() -> None:
    least = vulkan(VulkanProfile())
    assert least.dtypes == {np.dtype(name) for name in ("int32", "uint32", "float32", "complex64")}
    assert "subgroup = none" in least.device
    profile = VulkanProfile(float16=True, storage16=True, float64=True, int64=True, subgroup_sizes=(8,))
    more = vulkan(profile)
    assert {np.dtype("float16"), np.dtype("float64"), np.dtype("complex128")} <= more.dtypes
    assert "subgroup_size_choices = [8]" in more.device
    assert more.fingerprint() != least.fingerprint()
    # Functions of float64 need 64-bit integers.
    assert np.dtype("float64") not in vulkan(dataclasses.replace(profile, int64=False)).dtypes
    assert dataclasses.replace(profile, api=(1, 3)).attribute() != profile.attribute()
