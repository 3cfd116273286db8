"""Parameters that functions of lax, nn, scipy.special and scipy.stats share with JAX's, and what they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as onp
import pytest
from scipy import special, stats

import axir
import axir.numpy as np
from axir import lax, nn
from axir.scipy import special as axir_special
from axir.scipy import stats as axir_stats

MATRIX = onp.arange(6, dtype="float32").reshape(2, 3)
ORDERS = onp.array([0, 1, 2, 3], "int32")
POINTS = onp.array([1.3, 2.7, 1.55, 4.12], "float32")


def test_dot_with_dimension_numbers() -> None:
    found = lax.dot(MATRIX, MATRIX, dimension_numbers=(((1,), (1,)), ((), ())))
    onp.testing.assert_allclose(found, MATRIX @ MATRIX.T)


def test_operands_by_name() -> None:
    onp.testing.assert_array_equal(lax.concatenate(operands=[MATRIX, MATRIX], dimension=0)[2:], MATRIX)
    onp.testing.assert_array_equal(lax.stack(operands=[MATRIX, MATRIX])[1], MATRIX)
    assert lax.nextafter(x1=np.float32(1), x2=np.float32(2)) == onp.nextafter(onp.float32(1), onp.float32(2))
    assert lax.switch(1, [lambda x: x, lambda x: -x], operand=3.0) == -3.0


def test_relu6_of_integers_gives_floats() -> None:
    found = nn.relu6(np.array([-3, 4, 9]))
    assert (found.dtype, found.weak_type, found.tolist()) == (np.float32, True, [0.0, 4.0, 6.0])


def test_standardize_takes_negative_variances_for_zero() -> None:
    x = onp.full(7, 1000.1, "float32")
    assert onp.isfinite(nn.standardize(x)).all() and onp.isfinite(axir.jit(nn.standardize)(x)).all()
    y = onp.array([1000.0, 1001.0, 1002.5], "float32")
    expected = (y.astype("float64") - y.mean()) / onp.sqrt(y.astype("float64").var() + 1e-5)
    onp.testing.assert_allclose(nn.standardize(y, algorithm="stable"), expected, rtol=1e-4)


@pytest.mark.parametrize("transform", [lambda f: f, axir.jit, axir.vmap])
def test_polygamma_of_arrays_of_orders(transform: Callable[..., Any]) -> None:
    found = transform(axir_special.polygamma)(ORDERS, POINTS)
    onp.testing.assert_allclose(found, special.polygamma(ORDERS, POINTS), rtol=1e-4)
    slope = axir.grad(lambda x: np.sum(axir_special.polygamma(ORDERS, x)))(np.asarray(POINTS))
    onp.testing.assert_allclose(slope, special.polygamma(ORDERS + 1, POINTS), rtol=1e-3)


def test_sem_without_nan() -> None:
    x = onp.array([[1, 2, onp.nan, 4], [3, 1, 2, 7]], "float32")
    expected = stats.sem(x, axis=1, nan_policy="omit")
    onp.testing.assert_allclose(axir_stats.sem(x, axis=1, nan_policy="omit"), expected, rtol=1e-5)
    assert onp.isnan(axir_stats.sem(x, axis=1)[0])


def test_einsum_path_is_a_list_of_contractions() -> None:
    path, text = np.einsum_path("ij,jk,kl->il", MATRIX, MATRIX.T, MATRIX)
    assert all(isinstance(pair, tuple) for pair in path) and len(path) == 2
    assert "ij,jk,kl->il" in text
    found = np.einsum("ij,jk,kl->il", MATRIX, MATRIX.T, MATRIX, optimize=path)
    onp.testing.assert_allclose(found, MATRIX @ MATRIX.T @ MATRIX)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: axir_special.factorial(3, exact=True), NotImplementedError, "exact must be False"),
        (lambda: axir_special.log_ndtr(1.0, series_order=1.5), TypeError, "must be a Python integer"),  # type: ignore
        (lambda: axir_special.log_ndtr(1.0, series_order=31), ValueError, "from 0 to 30"),
        (lambda: axir_special.polygamma(np.array([0.5]), POINTS[:1]), ValueError, "must be an integer"),
        (lambda: nn.standardize(MATRIX, algorithm="slow"), ValueError, "'fast' or 'stable'"),
        (lambda: axir_stats.sem(MATRIX, nan_policy="raise"), ValueError, "'propagate' or 'omit'"),
        (lambda: lax.switch(0, [lambda *x: x], 1, operand=2), TypeError, "there must be no others"),
    ],
)
def test_errors(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
