"""Single operations and small compositions of them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from bench.cases import Case, floats, labels

__all__ = ["cases"]


def cases() -> Iterator[Case]:
    """All kernels of the suite."""
    for family in (
        _elementwise,
        _reductions,
        _normalizations,
        _layouts,
        _products,
        _attention,
        _convolutions,
        _indexing,
        _sorting,
        _cumulative,
        _random,
        _factorizations,
        _fourier,
    ):
        yield from family()


def _np(name: str, *args: Any, **options: Any) -> Callable[..., Any]:
    """A function of the ``numpy`` module, with its options."""
    return lambda lib, *arrays: operator.attrgetter(name)(lib.numpy)(*arrays, *args, **options)


def _of(name: str, **options: Any) -> Callable[..., Any]:
    """A function anywhere in the library, such as ``nn.gelu``."""
    return lambda lib, *arrays: operator.attrgetter(name)(lib)(*arrays, **options)


def _gradient(function: Callable[..., Any], argument: int) -> Callable[..., Any]:
    """The gradient of the sum of squares of a function."""

    def gradient(lib: Any, *arrays: Any) -> Any:
        return lib.grad(lambda *a: lib.numpy.sum(function(lib, *a) ** 2), argument)(*arrays)

    return gradient


_ELEMENTWISE = {
    "add": lambda lib, x: x + x,
    "selu": _of("nn.selu"),
    "tanh": _np("tanh"),
    "gelu": _of("nn.gelu"),
    "sin+cos": lambda lib, x: lib.numpy.sin(x) + lib.numpy.cos(x),
    "erf": _of("scipy.special.erf"),
}


def _elementwise() -> Iterator[Case]:
    for size, title in ((1_000, "1e3"), (1_000_003, "1e6"), (10_000_000, "1e7")):
        x = floats(size)
        for name, function in _ELEMENTWISE.items():
            yield Case(f"{name} {title}", function, (x,))
    x = floats(1_000_003, dtype=np.float64)
    for name in ("tanh", "sin+cos"):
        yield Case(f"{name} 1e6 f64", _ELEMENTWISE[name], (x,), double=True)


def _reductions() -> Iterator[Case]:
    x = floats(1000, 1003)
    for name in ("sum", "max", "mean", "var", "argmax"):
        for axis, title in ((None, "all"), (1, "rows"), (0, "columns")):
            yield Case(f"{name} {title} 1000x1003", _np(name, axis=axis), (x,), tolerance=1e-2)


def _layernorm(lib: Any, x: Any, scale: Any, shift: Any) -> Any:
    mean = lib.numpy.mean(x, axis=-1, keepdims=True)
    variance = lib.numpy.var(x, axis=-1, keepdims=True)
    return (x - mean) * lib.lax.rsqrt(variance + 1e-5) * scale + shift


def _normalizations() -> Iterator[Case]:
    x = floats(1024, 1000)
    yield Case("softmax 1024x1000", _of("nn.softmax"), (x,))
    yield Case("logsumexp 1024x1000", _of("nn.logsumexp", axis=-1), (x,))
    yield Case("layernorm 1024x1000", _layernorm, (x, floats(1000), floats(1000)))
    yield Case(
        "layernorm gradient 1024x1000",
        _gradient(_layernorm, 0),
        (x, floats(1000), floats(1000)),
        tolerance=1e-2,
    )


def _layouts() -> Iterator[Case]:
    yield Case("transpose 2000x1500", _np("transpose"), (floats(2000, 1500),))
    yield Case("transpose 64x128x256 to 2,0,1", _np("transpose", (2, 0, 1)), (floats(64, 128, 256),))
    yield Case(
        "concatenate 2 of 1e6",
        lambda lib, x, y: lib.numpy.concatenate([x, y]),
        (floats(10**6), floats(10**6)),
    )


def _products() -> Iterator[Case]:
    product = _np("matmul")
    for n in (64, 256, 1024, 2048):
        yield Case(f"matmul {n}", product, (floats(n, n), floats(n, n)))
    yield Case("matmul tall 4096x64x64", product, (floats(4096, 64), floats(64, 64)))
    yield Case("matmul 32x784x512", product, (floats(32, 784), floats(784, 512)))
    yield Case("matvec 2000", product, (floats(2000, 2000), floats(2000)))
    yield Case("vecmat 2000", product, (floats(2000), floats(2000, 2000)))
    yield Case("dot 1e6", product, (floats(10**6), floats(10**6)), tolerance=1e-1)
    yield Case("matmul batched 64 of 64", product, (floats(64, 64, 64), floats(64, 64, 64)))
    yield Case("matmul a.T @ b 512", lambda lib, a, b: a.T @ b, (floats(512, 512), floats(512, 512)))
    yield Case("matmul a @ b.T 512", lambda lib, a, b: a @ b.T, (floats(512, 512), floats(512, 512)))
    yield Case(
        "relu(a @ b + c) 512",
        lambda lib, a, b, c: lib.nn.relu(a @ b + c),
        (floats(512, 512), floats(512, 512), floats(512)),
    )
    yield Case(
        "matmul 512 f64", product, (floats(512, 512, dtype="f8"), floats(512, 512, dtype="f8")), double=True
    )
    yield Case("matmul 512 bf16", _in_bfloat16, (floats(512, 512), floats(512, 512)), tolerance=3e-2)


def _in_bfloat16(lib: Any, a: Any, b: Any) -> Any:
    half = lib.numpy.bfloat16
    return (a.astype(half) @ b.astype(half)).astype("float32")


def _attention() -> Iterator[Case]:
    def attention(lib: Any, q: Any, k: Any, v: Any) -> Any:
        return lib.nn.dot_product_attention(q, k, v)

    args = tuple(floats(4, 128, 8, 64) for _ in range(3))
    yield Case("attention 4x128x8x64", attention, args)
    yield Case("attention gradient 4x128x8x64", _gradient(attention, 0), args, tolerance=1e-2)


def _convolution(lib: Any, x: Any, w: Any, groups: int = 1) -> Any:
    numbers = ("NHWC", "HWIO", "NHWC")
    return lib.lax.conv_general_dilated(
        x, w, (1, 1), "SAME", dimension_numbers=numbers, feature_group_count=groups
    )


def _convolutions() -> Iterator[Case]:
    image = floats(8, 56, 56, 64)
    forms = {
        "3x3": (_convolution, floats(3, 3, 64, 64)),
        "1x1": (_convolution, floats(1, 1, 64, 128)),
        "depthwise 3x3": (partial(_convolution, groups=64), floats(3, 3, 1, 64)),
    }
    for name, (function, kernel) in forms.items():
        title = f"conv {name} 8x56x56x64"
        yield Case(title, function, (image, kernel))
        yield Case(f"{title} by image", _gradient(function, 0), (image, kernel), tolerance=1e-2)
        yield Case(f"{title} by kernel", _gradient(function, 1), (image, kernel), tolerance=1e-2)
    yield Case("max pool 2x2 8x56x56x64", _max_pool, (image,))


def _max_pool(lib: Any, x: Any) -> Any:
    return lib.lax.reduce_window(x, -np.inf, lib.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def _indexing() -> Iterator[Case]:
    table, rows = floats(10_000, 64), labels(20_000, 10_000)
    yield Case("gather 20,000 rows of 64", lambda lib, x, i: x[i], (table, rows))
    yield Case(
        "scatter-add 20,000 rows of 64",
        lambda lib, x, i, y: x.at[i].add(y),
        (table, rows, floats(20_000, 64)),
    )
    numbers, segments = floats(1_000_000), labels(1_000_000, 1000)
    yield Case(
        "segment_sum 1e6 in 1000",
        lambda lib, x, i: lib.ops.segment_sum(x, i, num_segments=1000),
        (numbers, segments),
        tolerance=1e-2,
    )
    yield Case("take 1e6 of 1e6", lambda lib, x, i: x[i], (numbers, labels(1_000_000, 1_000_000)))
    yield Case("one_hot 10,000 in 100", lambda lib, i: lib.nn.one_hot(i, 100), (labels(10_000, 100),))


def _sorting() -> Iterator[Case]:
    for size, title in ((1_000, "1e3"), (10_000, "1e4"), (100_000, "1e5"), (1_000_000, "1e6")):
        x = floats(size)
        yield Case(f"sort {title}", _np("sort"), (x,))
        yield Case(f"argsort {title}", _np("argsort"), (x,))
        yield Case(f"top_k 10 of {title}", lambda lib, x: lib.lax.top_k(x, 10), (x,))
    yield Case("sort 1000 rows of 1000", _np("sort"), (floats(1000, 1000),))


def _cumulative() -> Iterator[Case]:
    x = floats(1_000_000)
    yield Case("cumsum 1e6", _np("cumsum"), (x,), tolerance=1e-2)
    yield Case("cumprod 1e6", _np("cumprod"), (1 + 1e-4 * x,), tolerance=1e-2)
    yield Case("cummax 1e6", lambda lib, x: lib.lax.cummax(x), (x,))
    yield Case(
        "associative_scan add 1e6",
        lambda lib, x: lib.lax.associative_scan(lib.numpy.add, x),
        (x,),
        tolerance=1e-2,
    )
    for axis, title in ((1, "rows"), (0, "columns")):
        yield Case(
            f"cumsum {title} 1000x1000", _np("cumsum", axis=axis), (floats(1000, 1000),), tolerance=1e-2
        )


def _random() -> Iterator[Case]:
    key = np.array([0, 42], np.uint32)
    yield Case("random bits 1e6", lambda lib, k: lib.random.bits(k, (1_000_000,)), (key,))
    yield Case("random uniform 1e6", lambda lib, k: lib.random.uniform(k, (1_000_000,)), (key,))
    yield Case("random normal 1e6", lambda lib, k: lib.random.normal(k, (1_000_000,)), (key,))


def _factorizations() -> Iterator[Case]:
    for shape in ((16, 16), (64, 16, 16), (128, 128), (512, 512)):
        title = "x".join(map(str, shape))
        a = floats(*shape)
        definite = a @ a.swapaxes(-1, -2) + shape[-1] * np.eye(shape[-1], dtype="f4")
        yield Case(f"cholesky {title}", _np("linalg.cholesky"), (definite,))
        yield Case(f"qr {title}", _np("linalg.qr"), (a,), tolerance=None)
        yield Case(f"eigh {title}", _np("linalg.eigh"), (definite,), tolerance=None)
        yield Case(f"svd {title}", _np("linalg.svd"), (a,), tolerance=None)
        yield Case(f"solve {title}", _np("linalg.solve"), (definite, floats(*shape)), tolerance=1e-2)


def _fourier() -> Iterator[Case]:
    for size in (1000, 1009, 65_536, 1_000_000):
        yield Case(f"fft {size}", _np("fft.fft"), (floats(size),))
    yield Case("rfft 65536", _np("fft.rfft"), (floats(65_536),))
    yield Case("fft2 512x512", _np("fft.fft2"), (floats(512, 512),))
