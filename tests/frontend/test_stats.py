"""Distributions of ``axir.scipy.stats`` against SciPy's, and their derivatives against differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats

import axir
from axir.errors import AxirError
from axir.scipy import stats

X = np.array([-2.5, -0.4, 0.2, 0.7, 1.0, 1.3, 4.0, 7.5])
K = np.arange(-1.0, 9.0)
TABLE: list[tuple[str, tuple[Any, ...], np.ndarray]] = [
    *((name, (0.3, 1.7), X) for name in ("norm", "cauchy", "expon", "uniform", "laplace", "logistic")),
    *((name, (0.3, 1.7), X) for name in ("gumbel_l", "gumbel_r")),
    *((name, (2.3, 0.1, 1.6), X) for name in ("gamma", "chi2", "pareto", "t")),
    ("beta", (2.0, 3.5, 0.1, 1.6), X),
    ("truncnorm", (-1.0, 2.0, 0.1, 1.6), X),
    ("gennorm", (1.4,), X),
    ("vonmises", (2.3,), X[1:6]),
    ("wrapcauchy", (0.4,), X[1:7]),
    ("bernoulli", (0.3,), K),
    ("binom", (6, 0.3), K),
    ("betabinom", (6, 1.3, 2.1), K),
    ("geom", (0.3,), K),
    ("nbinom", (4, 0.3), K),
    ("poisson", (2.7,), K),
]
# Its annotations are narrower than its functions.
SCIPY: Any = scipy.stats
NAMES = ("logpdf", "pdf", "logpmf", "pmf", "cdf", "sf", "logcdf", "logsf", "ppf", "isf")
Q = np.array([0.01, 0.3, 0.5, 0.9, -0.1, 1.2, np.nan])


@pytest.fixture(autouse=True)
def _wide() -> Any:
    with axir.enable_x64(True):
        yield


def _functions(name: str) -> list[str]:
    return [n for n in NAMES if hasattr(getattr(stats, name), n)]


@pytest.mark.parametrize(("name", "args", "points"), TABLE, ids=[t[0] for t in TABLE])
def test_distributions_are_scipys(name: str, args: tuple[Any, ...], points: np.ndarray) -> None:
    ours, theirs = getattr(stats, name), getattr(scipy.stats, name)
    assert len(_functions(name)) >= 2
    for function in _functions(name):
        x = Q if function in ("ppf", "isf") else points
        with np.errstate(all="ignore"):
            expected = getattr(theirs, function)(x, *args)
        found = getattr(ours, function)(x, *args)
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-14, err_msg=f"{name}.{function}")


@pytest.mark.parametrize(("name", "args", "points"), TABLE, ids=[t[0] for t in TABLE])
def test_log_densities_have_derivatives_in_all_parameters(
    name: str, args: tuple[Any, ...], points: np.ndarray
) -> None:
    ours = getattr(stats, name)
    f = getattr(ours, "logpdf", None) or ours.logpmf
    x = 1.0 if hasattr(ours, "logpmf") else 1.9 if name == "pareto" else 0.9
    for i in range(len(args)):

        def at(v: Any, i: int = i) -> Any:
            return f(x, *args[:i], v, *args[i + 1 :])

        value = float(args[i])
        expected = (float(at(value + 1e-6)) - float(at(value - 1e-6))) / 2e-6
        np.testing.assert_allclose(axir.grad(at)(value), expected, rtol=1e-6, atol=1e-8)
    outside = axir.grad(lambda v: f(v, *args))(-50.0)
    assert np.isfinite(outside)


def test_compiled_distributions_equal_evaluated_ones() -> None:
    rows = [
        (getattr(stats, n).logpdf, args, x)
        for n, args, x in TABLE
        if n in ("gamma", "truncnorm", "beta", "t")
    ]
    compiled = axir.jit(lambda: [f(x, *args) for f, args, x in rows])()
    for (f, args, x), found in zip(rows, compiled, strict=True):
        np.testing.assert_allclose(found, f(x, *args), rtol=1e-11)


def test_parameters_by_name_and_errors() -> None:
    np.testing.assert_allclose(stats.norm.pdf(0.5, scale=2.0), scipy.stats.norm.pdf(0.5, scale=2.0))
    np.testing.assert_allclose(stats.gamma.cdf(0.5, a=2.0), scipy.stats.gamma.cdf(0.5, a=2.0))
    for call in (
        lambda: stats.gamma.pdf(0.5),
        lambda: stats.norm.pdf(0.5, 0, 1, 2),
        lambda: stats.norm.pdf(0.5, 0, loc=1),
        lambda: stats.norm.pdf(0.5, shape=1),
    ):
        with pytest.raises(AxirError, match="parameters"):
            call()
    with pytest.raises(AxirError, match="integers"):
        stats.multinomial.logpmf(np.array([1.0, 2.0]), 3, np.array([0.5, 0.5]))
    with pytest.raises(ValueError, match="alpha"):
        stats.dirichlet.logpdf(np.ones(2), np.ones(4))
    with pytest.raises(ValueError, match="cov"):
        stats.multivariate_normal.logpdf(np.zeros(2), np.zeros(2), np.eye(3))


def test_distributions_of_vectors() -> None:
    alpha, points = np.array([1.5, 2.0, 0.7]), np.array([[0.2, 0.5], [0.3, 0.25], [0.5, 0.25]])
    expected = SCIPY.dirichlet.logpdf(points, alpha)
    np.testing.assert_allclose(stats.dirichlet.logpdf(points, alpha), expected, rtol=1e-12)
    np.testing.assert_allclose(stats.dirichlet.pdf(points[:2], alpha), np.exp(expected), rtol=1e-12)
    assert stats.dirichlet.logpdf(np.array([0.5, 0.7, 0.1]), alpha) == -np.inf
    counts, chances = np.array([[1, 2, 3], [0, 6, 0], [1, 1, 1]]), np.array([0.2, 0.3, 0.5])
    expected = SCIPY.multinomial.pmf(counts, 6, chances)
    np.testing.assert_allclose(stats.multinomial.pmf(counts, 6, chances), expected, rtol=1e-12)
    cov = np.array([[2.0, 0.3], [0.3, 0.7]])
    x = np.array([[0.1, 0.2], [1.0, -1.0], [3.0, 0.5]])
    expected = SCIPY.multivariate_normal.logpdf(x, np.array([0.5, 0.1]), cov)
    np.testing.assert_allclose(
        stats.multivariate_normal.logpdf(x, np.array([0.5, 0.1]), cov), expected, rtol=1e-12
    )
    expected = SCIPY.multivariate_normal.pdf(x, np.array([0.5, 0.1]), 0.4)
    np.testing.assert_allclose(
        stats.multivariate_normal.pdf(x, np.array([0.5, 0.1]), 0.4), expected, rtol=1e-12
    )
    np.testing.assert_allclose(
        stats.multivariate_normal.logpdf(0.3, 0.1, 2.0), SCIPY.norm.logpdf(0.3, 0.1, 2**0.5)
    )


def test_sem() -> None:
    a = np.random.default_rng(0).normal(size=(5, 4))
    for axis in (0, 1, None):
        np.testing.assert_allclose(stats.sem(a, axis), SCIPY.sem(a, axis), rtol=1e-12)
