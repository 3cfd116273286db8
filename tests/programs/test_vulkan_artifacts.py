"""Artifacts for Vulkan devices, against NumPy: every dtype of each profile, sizes that are multiples of nothing."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as onp
import pytest
import scipy.special

import axir
import axir.numpy as np
import axir_runtime
from axir import aot, lax
from axir._src.vulkan_devices import vulkan_profile
from axir.errors import CompileError

pytestmark = pytest.mark.gpu

PORTABLE = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "float32")
MOVED = ("bool", "int8", "uint16", "float32", "float16", "int64")
WIDE = ("float16", "float64", "int64", "uint64")
LENGTH, ROWS, COLUMNS = 257, 7, 33
POSITIONS = onp.array([256, 0, 3, 3, 255, 128, 31], "int32")


@pytest.fixture(scope="module", autouse=True)
def device() -> axir_runtime.Device:
    try:
        return axir_runtime.devices("vulkan")[0]
    except axir_runtime.PlatformError as error:
        pytest.skip(str(error))


# Every dtype. ---------------------------------------------------------------------------------------


def arrays_of(dtype: str) -> list[onp.ndarray]:
    """Two vectors and a matrix: integers of all bit patterns, floats of which sums and products are exact."""
    rng = onp.random.default_rng(PORTABLE.index(dtype) if dtype in PORTABLE else 99)

    def one(*shape: int) -> onp.ndarray:
        if dtype == "bool":
            return rng.integers(0, 2, shape).astype(bool)
        if dtype.startswith("float"):
            return (rng.integers(-32, 33, shape) / 8).astype(dtype)
        limits = onp.iinfo(dtype)
        return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)

    return [one(LENGTH), one(LENGTH), one(ROWS, COLUMNS)]


def compared(n: Any, x: Any, y: Any, m: Any) -> Iterator[Any]:
    """What all dtypes have in common; ``n`` is NumPy, or axir in its place."""
    yield n.where(x > y, x, y)
    yield x == y
    yield n.max(m, axis=1)


def moved(n: Any, x: Any, y: Any, m: Any) -> Iterator[Any]:
    """What copies elements, of one dtype of each size."""
    yield n.concatenate([x, y[3:200:2], m[1]])
    yield n.pad(m, ((1, 0), (2, 3)))
    yield m.T[5:, ::2]
    yield x[POSITIONS]
    yield n.argmin(m, axis=0).astype("int32")


def computed(n: Any, x: Any, y: Any, m: Any) -> Iterator[Any]:
    """What numbers are for."""
    yield x + y * x
    yield n.sum(m, axis=0, dtype=m.dtype)
    yield n.abs(x).astype("int16")
    yield (x > 0).astype(x.dtype)


def divided_and_shifted(n: Any, x: Any, y: Any, m: Any) -> Iterator[Any]:
    """What integers are for."""
    one, seven = (n.asarray(k, dtype=x.dtype) for k in (1, 7))
    yield x // (y | one)
    yield x % (y | one)
    yield (x ^ y) & ~x
    yield x >> (y & seven)
    yield x << (y & seven)


def applied(n: Any, x: Any, y: Any, m: Any) -> list[Any]:
    parts = [compared]
    parts += [] if x.dtype == bool else [computed]
    parts += [moved] if str(x.dtype) in MOVED else []
    parts += [divided_and_shifted] if onp.dtype(x.dtype).kind in "iu" else []
    return [result for part in parts for result in part(n, x, y, m)]


@pytest.mark.parametrize(("target", "dtypes"), [("vulkan", PORTABLE), ("vulkan:f16+f64", WIDE)])
def test_every_dtype(target: str, dtypes: tuple[str, ...]) -> None:
    given = {dtype: arrays_of(dtype) for dtype in dtypes}
    with axir.enable_x64(dtypes is WIDE):
        functions = {d: (functools.partial(applied, np), *arrays) for d, arrays in given.items()}
        loaded = axir_runtime.loads(aot.export(functions, targets=target).serialize())
    assert loaded.target == target
    for dtype, arrays in given.items():
        with onp.errstate(all="ignore"):
            expected = applied(onp, *arrays)
        found = loaded.functions[dtype](*arrays)
        assert len(found) == len(expected)
        for i, (actual, wanted) in enumerate(zip(found, expected, strict=True)):
            assert actual.dtype == wanted.dtype, (dtype, i)
            onp.testing.assert_array_equal(actual, wanted, f"{dtype}, result {i}")


# Functions, products, orders. -----------------------------------------------------------------------


def exponentials(n: Any, x: Any) -> list[Any]:
    return [
        n.exp(x),
        n.expm1(x / 8),
        n.sinh(x / 4),
        n.tanh(x),
        n.log(n.abs(x) + 0.01),
        n.log1p(n.abs(x) / 100),
    ]


def others(n: Any, x: Any) -> list[Any]:
    return [n.sin(x), n.cos(x), n.arctan(x), n.sqrt(n.abs(x)), n.power(n.abs(x) + 0.5, 1.7), n.arcsinh(x)]


def of_elements(n: Any, x: Any) -> list[Any]:
    return [*exponentials(n, x), *others(n, x)]


def structured(x: Any, w: Any, image: Any, kernel: Any) -> dict[str, Any]:
    return {
        "product": x @ w,
        "softmax": axir.nn.softmax(x, axis=1),
        "convolution": lax.conv(image, kernel, (2, 1), "SAME"),
        "order": np.argsort(x, axis=1),
        "running": np.cumsum(x, axis=0),
        "slope": axir.grad(lambda w: np.sum(np.tanh(x @ w)))(w),
        "erf": lax.erf(x),
    }


RNG = onp.random.default_rng(5)
X = RNG.normal(size=(17, COLUMNS)).astype("float32")
W = RNG.normal(size=(COLUMNS, 5)).astype("float32")
IMAGE = RNG.normal(size=(2, 3, 9, 11)).astype("float32")
KERNEL = RNG.normal(size=(4, 3, 3, 3)).astype("float32")


@pytest.fixture(scope="module")
def portable() -> axir_runtime.Module:
    functions = {
        "of_elements": (functools.partial(of_elements, np), "f32[257]"),
        "structured": (structured, X, W, IMAGE, KERNEL),
        "large": (lambda x: 2 * x + 1, "f32[70001]"),
        "whole": (lambda x: x @ x.T, "i32[19,7]"),
    }
    return axir_runtime.loads(aot.export(functions, targets="vulkan").serialize())


def test_functions_of_elements(portable: axir_runtime.Module) -> None:
    x = onp.linspace(-20, 20, LENGTH, dtype="float32")
    wanted = of_elements(onp, x.astype("float64"))
    for i, (actual, expected) in enumerate(zip(portable.of_elements(x), wanted, strict=True)):
        onp.testing.assert_allclose(actual, expected, 2e-6, 1e-6, err_msg=str(i))


def test_functions_of_float64_elements() -> None:
    x = onp.linspace(-20, 20, LENGTH)
    with axir.enable_x64():
        exported = aot.export(functools.partial(others, np), x, targets="vulkan:f64", name="f")
    found = axir_runtime.loads(exported.serialize()).functions[exported.functions[0]](x)
    for i, (actual, expected) in enumerate(zip(found, others(onp, x), strict=True)):
        onp.testing.assert_allclose(actual, expected, 2e-14, 1e-14, err_msg=str(i))


def test_products_orders_and_derivatives(portable: axir_runtime.Module) -> None:
    found = portable.structured(X, W, IMAGE, KERNEL)
    x, w = X.astype("float64"), W.astype("float64")
    expected = {
        "product": x @ w,
        "softmax": scipy.special.softmax(x, axis=1),
        "convolution": onp.asarray(lax.conv(IMAGE, KERNEL, (2, 1), "SAME")),
        "order": onp.argsort(X, axis=1, kind="stable"),
        "running": onp.cumsum(x, axis=0),
        "slope": x.T @ (1 - onp.tanh(x @ w) ** 2),
        "erf": scipy.special.erf(x),
    }
    for name, wanted in expected.items():
        onp.testing.assert_allclose(found[name], wanted, 2e-5, 2e-5, err_msg=name)


def test_products_of_integers_and_large_arrays(portable: axir_runtime.Module) -> None:
    whole = RNG.integers(-(2**31), 2**31, (19, 7), "int32")
    onp.testing.assert_array_equal(portable.whole(whole), whole @ whole.T)
    large = onp.arange(70001, dtype="float32")
    onp.testing.assert_array_equal(portable.large(large), 2 * large + 1)


def test_portable_code_asks_for_little(portable: axir_runtime.Module) -> None:
    (variant,) = portable.manifest.variants
    assert variant.needs is not None
    assert variant.needs.api == (1, 1)
    # Nothing about subgroups, whose size is known of no device.
    assert variant.needs.capabilities <= {"Matrix", "Shader", "Int8", "StorageBuffer8BitAccess"}
    assert (variant.needs.subgroup_size, variant.needs.rounds_once) == (0, False)
    assert variant.needs.threads == 128
    assert not variant.parallel


def test_named_sizes() -> None:
    def scores(x: Any) -> Any:
        return np.argmax(x @ W, axis=1), np.sort(x, axis=1)

    exported = aot.export(scores, f"f32[batch,{COLUMNS}]", targets=("vulkan", "cpu"))
    for target in ("vulkan", "cpu:host"):
        loaded = axir_runtime.loads(exported.serialize(), target=target)
        for rows in (1, 5, 17):
            places, ordered = loaded.scores(X[:rows])
            onp.testing.assert_array_equal(places, onp.argmax(X[:rows] @ W, axis=1))
            onp.testing.assert_array_equal(ordered, onp.sort(X[:rows], axis=1))


def test_the_device_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "axir._src.deployments.verified_profile", vulkan_profile
    )  # its check is another test's
    exported = aot.export(lambda x: np.sum(np.exp(x), axis=1), X, targets="vulkan:native", name="f")
    loaded = axir_runtime.loads(exported.serialize())
    assert loaded.target == "vulkan:native"
    onp.testing.assert_allclose(loaded.f(X), onp.exp(X).sum(axis=1), 1e-5)


@pytest.mark.parametrize(
    ("spec", "target", "message"),
    [
        ("f16[9]", "vulkan", "has f16 numbers. Compile it for a CPU or vulkan:f16, or write"),
        ("i64[9]", "vulkan", "has i64 numbers. Compile it for a CPU or vulkan:i64, or write"),
        ("f64[9]", "vulkan:f16", r"has f64 numbers. Compile it for a CPU or vulkan:f16\+f64, or write"),
        ("bf16[9]", "vulkan:f16+f64", "has bf16 numbers. Compile it for a CPU, or write"),
    ],
)
def test_numbers_that_a_profile_lacks(spec: str, target: str, message: str) -> None:
    # Only the argument has them.
    with (
        axir.enable_x64(),
        pytest.raises(CompileError, match=f"{target.replace('+', '.')} cannot .* {message}"),
    ):
        aot.export(lambda x: x > 1, spec, targets=target, name="f")
