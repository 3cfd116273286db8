"""Parts, bits, hints, ragged products and what programs say about how they are built."""

from __future__ import annotations

from typing import Any

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax
from axir.errors import DTypeError, MissingRuleError, ShapeError

X = onp.arange(24.0, dtype="float32").reshape(2, 3, 4)


def test_parts_and_joins() -> None:
    for one, other in zip(lax.split(X, (1, 0, 3), 2), onp.split(X, (1, 1), 2), strict=True):
        onp.testing.assert_array_equal(one, other)
    onp.testing.assert_array_equal(lax.stack([X, X + 1], -1), onp.stack([X, X + 1], -1))
    for one, other in zip(lax.unstack(X, 1), onp.moveaxis(X, 1, 0), strict=True):
        onp.testing.assert_array_equal(one, other)
    onp.testing.assert_array_equal(axir.jit(lambda x: lax.tile(x, (2, 1, 3)))(X), onp.tile(X, (2, 1, 3)))
    assert lax.tile(X, (0, 1, 1)).shape == (0, 3, 4)
    weighted = axir.grad(lambda x: np.sum(lax.split(x, (1, 2), 1)[1] * 3) + np.sum(lax.tile(x, (1, 2, 1))))(X)
    onp.testing.assert_array_equal(weighted[0, :, 0], [2, 5, 5])


def test_shapes() -> None:
    assert lax.broadcast_shapes((2, 1), (3,), ()) == (2, 3)
    assert lax.broadcast_to_rank(X, 5).shape == (1, 1, 2, 3, 4)
    assert lax.broadcast_to_rank(X, 2).shape == X.shape
    onp.testing.assert_array_equal(lax.broadcast_like(X[0, :, :1], X)[1], X[0, :, :1] + onp.zeros(4))
    assert lax.empty((2, 0), "int8").aval == np.zeros((2, 0), "int8").aval
    assert lax.shape_as_value((2, 3)).tolist() == [2, 3]
    assert (lax.dtype(X), lax.dtype("int8"), lax.dtype(1.0)) == ("float32", "int8", "float32")


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
def test_mulhi_is_the_high_half_of_python_products(dtype: str) -> None:
    info = onp.iinfo(dtype)
    rng = onp.random.default_rng(0)
    edges = onp.array([info.min, info.max, 0, 1, info.max // 2, info.min // 3], dtype)
    x = onp.concatenate([onp.repeat(edges, 6), rng.integers(info.min, info.max, 40, dtype, True)])
    y = onp.concatenate([onp.tile(edges, 6), rng.integers(info.min, info.max, 40, dtype, True)])
    expected = onp.array([int(a) * int(b) >> info.bits for a, b in zip(x, y, strict=True)], dtype)
    with axir.enable_x64():
        for mulhi in (lax.mulhi, axir.jit(lax.mulhi)):
            found = mulhi(x, y)
            assert found.dtype == dtype
            onp.testing.assert_array_equal(found, expected)


def test_reduce_precision_rounds_like_a_conversion() -> None:
    x = onp.random.default_rng(0).standard_normal(1000).astype("float32")
    for function in (lax.reduce_precision, axir.jit(lax.reduce_precision, static_argnums=(1, 2))):
        onp.testing.assert_array_equal(function(x, 8, 7), np.asarray(x).astype("bfloat16").astype("float32"))
        onp.testing.assert_array_equal(function(x, 5, 10), x.astype("float16").astype("float32"))
    value, slope = axir.jvp(lambda x: lax.reduce_precision(x, 5, 3), (1.234,), (1.77,))
    assert (float(value), float(slope)) == (1.25, 1.75)
    assert float(axir.grad(lambda x: 1.77 * lax.reduce_precision(x, 5, 3))(1.0)) == 1.75


def test_hints_are_checked_and_change_nothing() -> None:
    x = X[0]
    plain = lax.dot(x, x.T)
    hints = (
        "highest",
        ("high", "default"),
        lax.Precision.HIGH,
        (lax.Precision.HIGH, lax.Precision.DEFAULT),
        "F32_F32_F32",
        lax.DotAlgorithmPreset.BF16_BF16_F32,
        lax.DotAlgorithm("float32", "float32", "float32"),
    )
    for precision in hints:
        onp.testing.assert_array_equal(lax.dot(x, x.T, precision=precision), plain)
    for precision in ("bogus", 5, ("high", "high", "high"), ("high", 1)):
        with pytest.raises(ShapeError, match="precision must be"):
            lax.dot(x, x.T, precision=precision)
    assert lax.exp(1.0, accuracy=lax.Tolerance(1e-3)) == lax.exp(1.0, accuracy=lax.AccuracyMode.HIGHEST)
    with pytest.raises(ShapeError, match="accuracy must be"):
        lax.sin(1.0, accuracy="high")
    with pytest.raises(ShapeError, match="must not be negative"):
        lax.Tolerance(-1.0)
    assert lax.GatherScatterMode.from_any("one_hot") is lax.GatherScatterMode.ONE_HOT
    onp.testing.assert_array_equal(np.asarray(x).at[onp.array([1, 0])].get(mode="one_hot"), x[[1, 0]])


def ragged_reference(lhs: onp.ndarray, rhs: onp.ndarray, sizes: list[int]) -> onp.ndarray:
    result, row = onp.zeros((lhs.shape[0], rhs.shape[2]), lhs.dtype), 0
    for group, size in enumerate(sizes):
        for i in range(row, min(row + size, lhs.shape[0])):
            result[i] = lhs[i] @ rhs[group]
        row += size
    return result


@pytest.mark.parametrize("sizes", [[2, 3, 1], [0, 6, 0], [1, 0, 2], [9, 1, 1], [0, 0, 0]])
def test_ragged_products(sizes: list[int]) -> None:
    rng = onp.random.default_rng(0)
    lhs, rhs = (rng.standard_normal(s).astype("float32") for s in ((6, 4), (3, 4, 5)))
    counts = onp.array(sizes, "int32")
    expected = ragged_reference(lhs, rhs, sizes)
    for function in (lax.ragged_dot, axir.jit(lax.ragged_dot)):
        onp.testing.assert_allclose(function(lhs, rhs, counts), expected, rtol=1e-5, atol=1e-5)
    slope = axir.grad(lambda r: np.sum(lax.ragged_dot(lhs, r, counts)))(rhs)
    rows = [lhs[sum(sizes[:g]) : sum(sizes[: g + 1])].sum(0) for g in range(3)]
    onp.testing.assert_allclose(slope[..., 0], rows, rtol=1e-5, atol=1e-5)
    batched = axir.vmap(lax.ragged_dot, (None, None, 0))(lhs, rhs, onp.stack([counts, counts[::-1]]))
    onp.testing.assert_allclose(batched[1], ragged_reference(lhs, rhs, sizes[::-1]), rtol=1e-5, atol=1e-5)


def test_ragged_axes_of_other_kinds() -> None:
    rng = onp.random.default_rng(0)
    lhs, rhs = (rng.standard_normal(s).astype("float32") for s in ((2, 3, 6), (2, 6, 4)))
    sizes = onp.array([1, 3, 1], "int32")
    dots = (((2,), (1,)), ((0,), (0,)))
    found = lax.ragged_dot_general(lhs, rhs, sizes, lax.RaggedDotDimensionNumbers(dots, (2,), ()))
    parts = [slice(0, 1), slice(1, 4), slice(4, 5)]
    expected = onp.stack([onp.einsum("bmk,bkn->bmn", lhs[..., p], rhs[:, p]) for p in parts])
    onp.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    whole = lax.ragged_dot_general(lhs, rhs, sizes, lax.RaggedDotDimensionNumbers(dots, (0,), ()))
    onp.testing.assert_allclose(whole, lhs @ rhs, rtol=1e-5, atol=1e-6)
    grouped = lax.RaggedDotDimensionNumbers((((2,), (2,)), ((0,), (1,))), (1,), (0,))
    many = onp.stack([rhs, 2 * rhs, 3 * rhs])
    rows = onp.array([1, 1, 1], "int32")
    found = lax.ragged_dot_general(lhs, many, rows, grouped)
    onp.testing.assert_allclose(found, (lhs @ rhs) * onp.array([1, 2, 3])[:, None], rtol=1e-5, atol=1e-5)


def test_platforms_composites_and_tokens() -> None:
    assert lax.platform_dependent(1.0, cpu=lambda x: x + 1, default=lambda x: x) == 2
    assert axir.jit(lambda x: lax.platform_dependent(x, tpu=lambda x: x, default=lambda x: 3 * x))(1.0) == 3
    with pytest.raises(MissingRuleError, match="no function for the platform"):
        lax.platform_dependent(1.0, tpu=lambda x: x)
    triple = lax.composite(lambda x, *, factor: x * factor, name="my.scale")
    assert axir.jit(lambda x: triple(x, factor=3.0))(2.0) == 6
    assert isinstance(lax.after_all(lax.create_token(), lax.create_token()), lax.Token)
    with pytest.raises(DTypeError, match="must be tokens"):
        lax.after_all(1)


def test_bits_of_a_generator_follow_its_counter() -> None:
    key = onp.array([1, 2, 0xFFFFFFFE, 4], "uint32")
    generate = axir.jit(lax.rng_bit_generator, static_argnums=(1, 2))
    later, bits = generate(key, (3, 2), "uint32")
    assert later.tolist() == [1, 2, 1, 5]
    again, more = lax.rng_bit_generator(later, (2,), "uint32")
    _, together = lax.rng_bit_generator(key, (8,), "uint32")
    assert [*bits.ravel().tolist(), *more.tolist()] == together.tolist()
    assert again.tolist() == [1, 2, 2, 5]
    # What XLA's threefry gives.
    _, known = lax.rng_bit_generator(onp.array([1, 2, 3, 4], "uint32"), (3,), "uint32")
    assert known.tolist() == [1576285164, 2249660814, 740599976]
    assert lax.rng_bit_generator(key, (5,), "uint8")[1].dtype == "uint8"
    with pytest.raises(ShapeError, match="must be ui32"):
        lax.rng_bit_generator(key[:2], (3,))
    with pytest.raises(DTypeError, match="must be unsigned"):
        lax.rng_bit_generator(key, (3,), "int32")


def test_rng_uniform_is_new_at_each_run() -> None:
    draw = axir.jit(lambda a, b: lax.rng_uniform(a, b, (100,)))
    one, other = draw(2.0, 3.0), draw(2.0, 3.0)
    assert not onp.array_equal(one, other)
    for values in (one, other, lax.rng_uniform(2.0, 3.0, (100,))):
        assert 2 <= onp.min(values) < onp.max(values) < 3


def test_pbroadcast_gives_all_the_value_of_one() -> None:
    found = axir.vmap(lambda x: lax.pbroadcast(x, "i", 1), axis_name="i")(X)
    onp.testing.assert_array_equal(found, X[[1, 1]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: lax.split(X, (1, 1), 1), ShapeError, "must add up to 3"),
        (lambda: lax.stack([]), ShapeError, "at least one"),
        (lambda: lax.stack([X, X[0]]), ShapeError, "one shape"),
        (lambda: lax.tile(X, (2,)), ShapeError, "for each axis"),
        (lambda: lax.broadcast_shapes((2,), (3,)), ShapeError, "must broadcast"),
        (lambda: lax.broadcast_like(X, X[0]), ShapeError, "does not broadcast"),
        (lambda: lax.mulhi(1.0, 2.0), DTypeError, "must be integers"),
        (lambda: lax.reduce_precision(X, 0, 3), ShapeError, "exponent_bits must be positive"),
        (lambda: lax.ragged_dot(X[0], X, onp.zeros(2)), DTypeError, "must be integers"),
        (lambda: lax.ragged_dot(X[0], X, onp.zeros((2, 2), int)), MissingRuleError, "must be a vector"),
    ],
)
def test_what_does_not_fit_raises(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
