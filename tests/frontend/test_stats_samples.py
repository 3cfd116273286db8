"""Statistics of samples, densities estimated from them, and batched normal densities, against SciPy's."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.stats

import axir
from axir.scipy import stats

REFERENCE: Any = scipy.stats
RNG = np.random.default_rng(4)
TIES = RNG.integers(0, 4, (5, 6)).astype("float64")
HOLES = TIES.copy()
HOLES[0, 0] = np.nan
METHODS = ("average", "min", "max", "dense", "ordinal")
POINTS, WEIGHTS, AT = RNG.standard_normal((2, 30)), RNG.random(30), RNG.standard_normal((2, 7))


@pytest.fixture(autouse=True)
def _wide() -> Any:
    with axir.enable_x64(True):
        yield


@pytest.mark.parametrize("axis", [None, 0, -1])
def test_ranks(axis: int | None) -> None:
    for method in METHODS:
        for x in (TIES, TIES.astype("int32"), HOLES):
            expected = REFERENCE.rankdata(x if axis is not None else x.ravel(), method, axis=axis)
            found = stats.rankdata(x, method, axis=axis)
            assert found.dtype == "float64"
            np.testing.assert_array_equal(found, expected, err_msg=method)
    assert stats.rankdata(np.zeros(0)).shape == (0,)


@pytest.mark.parametrize("axis", [None, 0, -1])
@pytest.mark.parametrize("keepdims", [False, True])
def test_mode(axis: int | None, keepdims: bool) -> None:
    for x in (TIES, TIES.astype("int32")):
        found, expected = (m.mode(x, axis=axis, keepdims=keepdims) for m in (stats, REFERENCE))
        assert found.mode.dtype == x.dtype
        assert found.mode.shape == np.shape(expected.mode)
        np.testing.assert_array_equal(found.mode, expected.mode)
        np.testing.assert_array_equal(found.count, expected.count)


def test_mode_of_nan_and_of_nothing() -> None:
    """All NaN are one value."""
    found = stats.mode(np.array([2.0, np.nan, 1.0, 2.0, np.nan, np.nan]))
    assert np.isnan(found.mode)
    assert found.count == 3
    empty = stats.mode(np.zeros((0, 2)))
    assert np.all(np.isnan(empty.mode))
    np.testing.assert_array_equal(empty.count, [0, 0])


def test_compiled_and_mapped() -> None:
    def compute(x: Any) -> Any:
        return [axir.vmap(lambda r, m=m: stats.rankdata(r, m))(x) for m in METHODS], stats.mode(x)

    ranks, common = axir.jit(compute)(HOLES)
    for method, found in zip(METHODS, ranks, strict=True):
        np.testing.assert_array_equal(found, REFERENCE.rankdata(HOLES, method, axis=1))
    np.testing.assert_array_equal(common.mode[1:], REFERENCE.mode(HOLES[:, 1:]).mode)


def test_sem_without_nan() -> None:
    expected = REFERENCE.sem(HOLES, nan_policy="omit")
    np.testing.assert_allclose(stats.sem(HOLES, nan_policy="omit"), expected, rtol=1e-12)


def test_entropy_of_poisson() -> None:
    means = np.array([0.0, 0.01, 0.5, 3.0, 14.9, 15.1, 49.9, 50.1, 200.0])
    expected = REFERENCE.poisson.entropy(means)
    np.testing.assert_allclose(stats.poisson.entropy(means), expected, rtol=1e-12, atol=1e-14)
    narrow = stats.poisson.entropy(means.astype("float32"))
    assert narrow.dtype == "float32"
    np.testing.assert_allclose(narrow, expected, rtol=1e-6)
    slope = axir.vmap(axir.grad(stats.poisson.entropy))(means[1:])
    steps = REFERENCE.poisson.entropy(means[1:] * 1.00001) - REFERENCE.poisson.entropy(means[1:] * 0.99999)
    np.testing.assert_allclose(slope, steps / (2e-5 * means[1:]), rtol=1e-6)
    assert np.isnan(stats.poisson.entropy(-1.0))


DENSITIES: list[tuple[Any, ...]] = [
    (POINTS, AT, None, None),
    (POINTS, AT, "silverman", WEIGHTS),
    (POINTS[0], AT[0], 0.3, WEIGHTS),
    (POINTS, AT[:, 0], lambda k: k.n**-0.2, None),
]


@pytest.mark.parametrize(("data", "at", "method", "weights"), DENSITIES)
def test_density(data: Any, at: Any, method: Any, weights: Any) -> None:
    ours = stats.gaussian_kde(data, method, weights)
    theirs = REFERENCE.gaussian_kde(data, method, weights)
    np.testing.assert_allclose(ours.neff, theirs.neff)
    np.testing.assert_allclose(ours.covariance, theirs.covariance)
    np.testing.assert_allclose(ours(at), theirs(at), rtol=1e-10)
    np.testing.assert_allclose(ours.logpdf(at), theirs.logpdf(at), rtol=1e-10)
    center, spread = np.full(ours.d, 0.3), np.eye(ours.d) + 0.1
    expected = theirs.integrate_gaussian(center, spread)
    np.testing.assert_allclose(ours.integrate_gaussian(center, spread), expected, rtol=1e-10)
    np.testing.assert_allclose(ours.integrate_kde(ours), theirs.integrate_kde(theirs), rtol=1e-10)
    if ours.d == 1:
        expected = theirs.integrate_box_1d(-1.0, 0.5)
        np.testing.assert_allclose(ours.integrate_box_1d(-1.0, 0.5), expected, rtol=1e-10)


def test_density_as_an_argument_with_gradient() -> None:
    density = stats.gaussian_kde(POINTS, weights=WEIGHTS)

    def value(d: Any, x: Any) -> Any:
        return d.logpdf(x)[0]

    found, slope = axir.jit(axir.value_and_grad(value, argnums=1))(density, AT[:, 0])
    reference = REFERENCE.gaussian_kde(POINTS, weights=WEIGHTS)
    np.testing.assert_allclose(found, reference.logpdf(AT[:, 0])[0], rtol=1e-10)
    for i, e in enumerate(np.eye(2)):
        step = reference.logpdf(AT[:, 0] + 1e-6 * e) - reference.logpdf(AT[:, 0] - 1e-6 * e)
        np.testing.assert_allclose(slope[i], step[0] / 2e-6, rtol=1e-6)


def test_samples_of_a_density() -> None:
    density = stats.gaussian_kde(POINTS, 0.2)
    found = np.asarray(density.resample(axir.random.key(0), (4000,)))
    assert found.shape == (2, 4000)
    np.testing.assert_allclose(found.mean(1), POINTS.mean(1), atol=0.06)
    np.testing.assert_allclose(np.cov(found), np.cov(POINTS, bias=True) + density.covariance, atol=0.1)
    assert density.resample(axir.random.key(0), (2, 3)).shape == (2, 2, 3)


def test_normal_densities_with_several_covariances() -> None:
    spreads = np.stack([np.eye(2) * k + 0.3 for k in (1, 2, 3)])
    points, means = RNG.standard_normal((4, 3, 2)), RNG.standard_normal((3, 2))
    expected = [
        [REFERENCE.multivariate_normal.logpdf(points[i, j], means[j], spreads[j]) for j in range(3)]
        for i in range(4)
    ]
    found = stats.multivariate_normal.logpdf(points, means, spreads)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    mapped = axir.jit(axir.vmap(stats.multivariate_normal.logpdf, (1, 0, 0)))(points, means, spreads)
    np.testing.assert_allclose(mapped, np.transpose(expected), rtol=1e-11)


ERRORS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: stats.mode(TIES, nan_policy="ignore"), ValueError, "nan_policy must be"),
    (lambda: stats.mode(TIES, nan_policy="omit"), NotImplementedError, "before the call"),
    (lambda: stats.rankdata(TIES, "best"), ValueError, "method must be one of"),
    (lambda: stats.rankdata(TIES, nan_policy="raise"), NotImplementedError, "before the call"),
    (lambda: stats.rankdata(TIES, axis=2), IndexError, "out of bounds"),
    (lambda: stats.sem(TIES, nan_policy="raise"), ValueError, "'propagate' or 'omit'"),
    (lambda: stats.gaussian_kde(POINTS * 1j), NotImplementedError, "must be real"),
    (lambda: stats.gaussian_kde(np.ones(1)), ValueError, "several elements"),
    (lambda: stats.gaussian_kde(POINTS, "wide"), ValueError, "bw_method must be"),
    (lambda: stats.gaussian_kde(POINTS, np.ones(2)), ValueError, "bw_method must be"),
    (lambda: stats.gaussian_kde(POINTS, weights=np.ones(4)), ValueError, "one for each point"),
    (lambda: stats.gaussian_kde(POINTS)(np.ones((3, 2))), ValueError, "must have 2 rows"),
    (lambda: stats.gaussian_kde(POINTS).integrate_box_1d(0, 1), ValueError, "needs numbers"),
    (lambda: stats.gaussian_kde(POINTS[0]).integrate_box_1d(0, np.ones(1)), ValueError, "must be numbers"),
    (lambda: stats.gaussian_kde(POINTS).integrate_gaussian(0.0, 1.0), ValueError, "cov must be"),
    (
        lambda: stats.gaussian_kde(POINTS).integrate_kde(stats.gaussian_kde(POINTS[0])),
        ValueError,
        "must agree in d",
    ),
    (lambda: stats.gaussian_kde(POINTS).integrate_box([0], [1]), NotImplementedError, "integrate_box_1d"),
    (lambda: stats.gaussian_kde(POINTS).set_bandwidth(1.0), NotImplementedError, "Make a new one"),
    (lambda: setattr(stats.gaussian_kde(POINTS), "neff", 1), AttributeError, "immutable"),
    (
        lambda: stats.multivariate_normal.logpdf(np.ones(2), np.ones(2), np.eye(2), True),  # pyright: ignore[reportArgumentType]
        NotImplementedError,
        "allow_singular",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), ERRORS)
def test_bad_input(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
