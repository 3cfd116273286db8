"""axir.flatten_util, axir.scipy.stats.norm, and functions of descriptions of arrays."""

import numpy as onp
import pytest
import scipy.stats

import axir
import axir.numpy as np
from axir.errors import ShapeError
from axir.flatten_util import ravel_pytree
from axir.scipy.stats import norm


def test_ravel_pytree():
    tree = {"b": onp.arange(3), "a": [onp.float32([[1, 2]]), 4.0], "c": onp.float32(5)}
    vector, back = ravel_pytree(tree)
    assert (vector.tolist(), vector.dtype) == ([1, 2, 4, 0, 1, 2, 5], onp.float32)
    again = back(2 * vector)
    assert again["b"].dtype == onp.int32 and again["b"].tolist() == [0, 2, 4]
    assert again["a"][0].shape == (1, 2) and again["c"].shape == ()
    assert ravel_pytree(())[0].shape == (0,) and ravel_pytree([])[1](np.zeros(0)) == []


def test_ravel_pytree_under_transformations():
    tree = {"a": onp.float32([1, 2]), "b": onp.float32(3)}
    vector, back = ravel_pytree(tree)
    slope = axir.jit(axir.grad(lambda v: back(v)["b"] * np.sum(back(v)["a"] ** 2)))(vector)
    assert slope.tolist() == [6, 12, 5]


def test_ravel_pytree_says_what_is_wrong():
    vector, back = ravel_pytree({"a": onp.arange(2), "b": 1.0})
    with pytest.raises(ShapeError, match=r"shape \(3,\)"):
        back(vector[:2])
    with pytest.raises(TypeError, match="float32"):
        back(onp.arange(3))


@pytest.mark.parametrize("name", ["pdf", "logpdf", "cdf", "logcdf", "sf", "logsf", "ppf", "isf"])
def test_normal_distribution(name):
    x = onp.array([0.1, 0.3, 0.5, 0.9]) if name in ("ppf", "isf") else onp.array([-30, -3, 0.5, 2, 9.0])
    wanted = getattr(scipy.stats.norm, name)(x, [0.5], 2.5)
    found = getattr(norm, name)(x.astype(onp.float32), onp.float32([0.5]), 2.5)
    onp.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-30)
    assert getattr(norm, name)(onp.float32(0.5)).shape == ()


def test_arrays_like_a_description():
    kind = axir.ShapeDtypeStruct((2, 3), onp.int8)
    for make in (np.zeros_like, np.ones_like, np.empty_like, lambda s: np.full_like(s, 7)):
        assert (make(kind).shape, make(kind).dtype) == ((2, 3), onp.int8)
    assert axir.lax.full_like(kind, 2).tolist() == [[2] * 3] * 2
    assert (np.shape(kind), np.ndim(kind)) == ((2, 3), 2)


REPEATS = [
    ([2, 0, 1], 0, 3),
    ([2, 0, 1], 0, 5),
    ([2, 3, 1], 0, 4),
    ([0, 0, 2], 0, 2),
    (2, 1, 8),
    ([1, 2, 0, 1], 1, 6),
]


@pytest.mark.parametrize(("counts", "axis", "total"), REPEATS)
def test_repeat_with_a_total_length(counts, axis, total):
    x = onp.arange(12, dtype=onp.float32).reshape(3, 4)
    wanted = onp.repeat(x, counts, axis)
    missing = max(total - wanted.shape[axis], 0)
    last = onp.repeat(onp.take(x, [-1], axis), missing, axis)
    wanted = onp.take(onp.concatenate([wanted, last], axis), range(total), axis)
    repeat = axir.jit(lambda x, counts: np.repeat(x, counts, axis, total_repeat_length=total))
    onp.testing.assert_array_equal(repeat(x, onp.array(counts)), wanted)


def test_repeat_says_what_is_wrong():
    with pytest.raises(ShapeError, match="one integer for each of 3"):
        np.repeat(onp.arange(3), onp.arange(2), total_repeat_length=4)
