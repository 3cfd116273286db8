"""Distributions made of loops, factorizations and other distributions: JAX's numbers, the right law, gradients."""

import numpy as onp
import pytest
from random_cases import CASES, DOUBLE, EXPECTED, EXPECTED_64, GRADIENTS, POINT, SHAPES, SLOPES, WHOLE
from scipy import special, stats

import axir
import axir.numpy as np
from axir import random

KEY = random.key(42)
COUNT = 20_000


def flat(x):
    """Numbers in row-major order, the parts of a complex one as a pair."""
    x = onp.asarray(x)
    if x.dtype.kind == "c":
        return onp.stack([x.real, x.imag], -1).reshape(-1, 2)
    return x.ravel().astype("float64") if x.dtype.kind not in "iub" else x.ravel()


def check(name, found, expected, dtype, rounding=16):
    """Whole numbers agree exactly, floats up to ``rounding`` spacings of numbers near 1, or of the number itself."""
    if name in WHOLE:
        onp.testing.assert_array_equal(found, expected, err_msg=name)
        return
    tolerance = rounding * float(axir.dtypes.finfo(dtype).eps)
    onp.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance, err_msg=name)


def compare(name, found, expected):
    dtype, shape, numbers = expected
    assert (found.dtype, found.shape, found.weak_type) == (axir.numpy.dtype(dtype), shape, False)
    check(name, flat(found), onp.array(numbers), found.dtype)


@pytest.mark.parametrize("name", CASES)
def test_numbers_are_jaxs(name):
    compare(name, CASES[name](random, KEY), EXPECTED[name])


def test_compiled_numbers_equal_eager_ones():
    names = ["gamma_scalar", "poisson", "multinomial", "wald", "gumbel_highest"]
    compiled = axir.jit(lambda k: {name: CASES[name](random, k) for name in names})(KEY)
    for name, found in compiled.items():
        expected = CASES[name](random, KEY)
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype), name
        check(name, flat(found), flat(expected), found.dtype)


def test_vmap_over_keys_equals_a_loop():
    names = [
        "gamma",
        "loggamma",
        "beta",
        "poisson",
        "binomial",
        "multinomial",
        "orthogonal",
        "categorical_once",
    ]
    keys = random.split(KEY, 3)
    batched = axir.vmap(lambda k: {name: CASES[name](random, k) for name in names})(keys)
    for name, found in batched.items():
        expected = onp.stack([CASES[name](random, k) for k in keys])
        check(name, flat(found), flat(expected), found.dtype)


def test_vmap_over_parameters_draws_with_one_key():
    found = axir.vmap(lambda a: random.gamma(KEY, a))(SHAPES)
    onp.testing.assert_allclose(found, [random.gamma(KEY, float(a)) for a in SHAPES], rtol=1e-6)


@pytest.mark.parametrize("name", DOUBLE)
def test_numbers_are_jaxs_under_x64(name):
    with axir.enable_x64():
        found = CASES[name](random, KEY)
        compare(name, found, EXPECTED_64[name])


QUICK = [
    "wald",
    "maxwell",
    "geometric",
    "weibull_shared",
    "categorical_once",
    "poisson",
    "double_sided_maxwell_rows",
]


@pytest.mark.parametrize("name", QUICK)
def test_the_installed_jax_gives_the_same(name):
    jax = pytest.importorskip("jax")
    for seed in range(8):
        theirs = CASES[name](jax.random, jax.random.key(seed))
        found = CASES[name](random, random.key(seed))
        assert (found.shape, found.dtype, found.weak_type) == (theirs.shape, theirs.dtype, theirs.weak_type)
        check(name, flat(found), flat(theirs), found.dtype, rounding=64)


CONTINUOUS = {
    "gamma": (lambda k, n: random.gamma(k, 2.5, n), stats.gamma(2.5)),
    "gamma below 1": (lambda k, n: random.gamma(k, 0.3, n), stats.gamma(0.3)),
    "loggamma": (lambda k, n: np.exp(random.loggamma(k, 1.5, n)), stats.gamma(1.5)),
    "beta": (lambda k, n: random.beta(k, 0.8, 3.0, n), stats.beta(0.8, 3.0)),
    "chisquare": (lambda k, n: random.chisquare(k, 3.0, n), stats.chi2(3)),
    "f": (lambda k, n: random.f(k, 4.0, 9.0, n), stats.f(4, 9)),
    "t": (lambda k, n: random.t(k, 2.5, n), stats.t(2.5)),
    "generalized_normal": (lambda k, n: random.generalized_normal(k, 3.0, n), stats.gennorm(3)),
    "maxwell": (lambda k, n: random.maxwell(k, n), stats.maxwell),
    "double_sided_maxwell": (lambda k, n: abs(random.double_sided_maxwell(k, 0.0, 1.0, n)), stats.maxwell),
    "wald": (lambda k, n: random.wald(k, 1.5, n), stats.invgauss(1.5)),
    "gumbel": (lambda k, n: random.gumbel(k, n, mode="highest"), stats.gumbel_r),
    "gumbel high": (lambda k, n: random.gumbel(k, n, mode="high"), stats.gumbel_r),
    "dirichlet": (lambda k, n: random.dirichlet(k, np.array([1.0, 2.0, 0.5]), n)[:, 0], stats.beta(1, 2.5)),
    "length in a ball": (lambda k, n: np.linalg.norm(random.ball(k, 3, 2, n), axis=-1), stats.powerlaw(3)),
    "entry of an orthogonal matrix": (
        lambda k, n: (random.orthogonal(k, 3, n)[:, 0, 1] + 1) / 2,
        stats.uniform,
    ),
    "uniform": (lambda k, n: random.uniform(k, n), stats.uniform),
    "normal": (lambda k, n: random.normal(k, n), stats.norm),
    "truncated_normal": (lambda k, n: random.truncated_normal(k, -1.0, 2.0, n), stats.truncnorm(-1, 2)),
    "exponential": (lambda k, n: random.exponential(k, n), stats.expon),
    "laplace": (lambda k, n: random.laplace(k, n), stats.laplace),
    "logistic": (lambda k, n: random.logistic(k, n), stats.logistic),
    "cauchy": (lambda k, n: random.cauchy(k, n), stats.cauchy),
    "pareto": (lambda k, n: random.pareto(k, 3.0, n), stats.pareto(3)),
    "rayleigh": (lambda k, n: random.rayleigh(k, 2.0, n), stats.rayleigh(scale=2)),
    "weibull_min": (lambda k, n: random.weibull_min(k, 2.0, 3.0, n), stats.weibull_min(3, scale=2)),
    "lognormal": (lambda k, n: random.lognormal(k, 0.5, n), stats.lognorm(0.5)),
    "triangular": (lambda k, n: random.triangular(k, 0.0, 0.25, 1.0, n), stats.triang(0.25)),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_the_distribution_is_the_right_one(name):
    draw, law = CONTINUOUS[name]
    found = onp.asarray(draw(random.key(5), (COUNT,)), "float64")
    assert stats.kstest(found, law.cdf).pvalue > 1e-3


DISCRETE = {
    "poisson of few": (lambda k, n: random.poisson(k, 2.5, n), stats.poisson(2.5)),
    "poisson of many": (lambda k, n: random.poisson(k, 40.0, n), stats.poisson(40)),
    "binomial of few": (lambda k, n: random.binomial(k, 12, 0.3, n), stats.binom(12, 0.3)),
    "binomial of many": (lambda k, n: random.binomial(k, 200, 0.7, n), stats.binom(200, 0.7)),
    "multinomial": (
        lambda k, n: random.multinomial(k, 30, np.array([0.2, 0.5, 0.3]), shape=(*n, 3))[:, 2],
        stats.binom(30, 0.3),
    ),
    "geometric": (lambda k, n: random.geometric(k, 0.2, n), stats.geom(0.2)),
    "randint": (lambda k, n: random.randint(k, n, -3, 9), stats.randint(-3, 9)),
    "bernoulli": (lambda k, n: random.bernoulli(k, 0.3, n, "high"), stats.bernoulli(0.3)),
    "categorical": (
        lambda k, n: random.categorical(k, np.log(np.arange(1.0, 4.0)), shape=n),
        stats.rv_discrete(values=(range(3), [1 / 6, 2 / 6, 3 / 6])),
    ),
}


@pytest.mark.parametrize("name", DISCRETE)
def test_the_probabilities_are_the_right_ones(name):
    """The largest distance of the distribution functions; its 99.9 % point for continuous ones is above that here."""
    draw, law = DISCRETE[name]
    found = onp.sort(onp.asarray(draw(random.key(6), (COUNT,)), "int64"))
    values = onp.unique(found)
    empirical = onp.searchsorted(found, values, side="right") / COUNT
    assert onp.abs(empirical - law.cdf(values)).max() < 1.95 / onp.sqrt(COUNT)


def test_a_multivariate_normal_has_its_covariance():
    mean, cov = onp.array([1.0, -2.0]), onp.array([[2.0, 0.6], [0.6, 1.0]])
    for method in ("cholesky", "eigh", "svd"):
        found = onp.asarray(random.multivariate_normal(random.key(7), mean, cov, (COUNT,), method=method))
        onp.testing.assert_allclose(found.mean(0), mean, atol=0.05)
        onp.testing.assert_allclose(onp.cov(found.T), cov, atol=0.06)


def test_complex_orthogonal_matrices_are_unitary():
    found = onp.asarray(random.orthogonal(KEY, 4, dtype=np.complex64))
    assert onp.abs(found.imag).max() > 0.1
    onp.testing.assert_allclose(found @ found.conj().T, onp.eye(4), atol=1e-6)


def test_orthogonal_matrices_are_orthogonal():
    tall = random.orthogonal(KEY, 4, (2,), m=3)
    onp.testing.assert_allclose(
        np.matrix_transpose(tall) @ tall, onp.broadcast_to(onp.eye(3), (2, 3, 3)), atol=1e-6
    )
    wide = random.orthogonal(KEY, 2, m=5)
    onp.testing.assert_allclose(wide @ wide.T, onp.eye(2), atol=1e-6)


def test_the_slope_of_gamma_numbers_keeps_the_distribution_function():
    """``P(a, x(a))`` is constant: the slope is that of the quantile function."""
    with axir.enable_x64():
        shapes = onp.array([0.05, 0.5, 1.0, 3.0, 20.0, 300.0]).repeat(5)
        found = random.gamma(KEY, shapes)
        _, slope = axir.jvp(lambda a: random.gamma(KEY, a), (shapes,), (onp.ones_like(shapes),))
        _, log_slope = axir.jvp(lambda a: random.loggamma(KEY, a), (shapes,), (onp.ones_like(shapes),))
        step = 1e-5 * shapes
        level = special.gammainc(shapes, found)
        expected = (special.gammaincinv(shapes + step, level) - special.gammaincinv(shapes - step, level)) / (
            2 * step
        )
        onp.testing.assert_allclose(slope, expected, rtol=2e-5)
        onp.testing.assert_allclose(log_slope, expected / onp.asarray(found), rtol=2e-5)


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_jaxs(name):
    found = axir.grad(lambda x: np.sum(GRADIENTS[name](random, KEY, x)))(POINT)
    onp.testing.assert_allclose(found, SLOPES[name], rtol=3e-4, atol=1e-5)


def test_a_compiled_gradient_equals_the_eager_one():
    def loss(a):
        return np.sum(random.gamma(KEY, a) * np.arange(4.0))

    onp.testing.assert_allclose(axir.jit(axir.grad(loss))(SHAPES), axir.grad(loss)(SHAPES), rtol=1e-4)


def test_empty_results():
    assert random.gamma(KEY, 2.0, (0, 3)).shape == (0, 3)
    assert random.beta(KEY, 2.0, 1.0, (0, 3)).shape == random.f(KEY, 2.0, 1.0, (0, 3)).shape == (0, 3)
    assert random.dirichlet(KEY, np.zeros((0, 3))).shape == (0, 3)
    assert random.poisson(KEY, 2.0, (0,)).shape == (0,)
    assert random.binomial(KEY, 9, 0.5, (2, 0)).shape == (2, 0)
    assert random.orthogonal(KEY, 3, (0,)).shape == (0, 3, 3)
    assert random.ball(KEY, 0, shape=(2,)).shape == (2, 0)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: random.gamma(KEY, 1.0, dtype=int), TypeError),
        (lambda: random.gamma(KEY, 1.0, dtype=int), ValueError),
        (lambda: random.gamma(KEY, np.ones(3), (2,)), ValueError),
        (lambda: random.gamma(random.split(KEY), 1.0), ValueError),
        (lambda: random.gamma(7, 1.0), TypeError),
        (lambda: random.beta(KEY, np.ones(2), np.ones(3)), ValueError),
        (lambda: random.beta(KEY, np.ones(2), 1.0, dtype="float16"), TypeError),
        (lambda: random.t(KEY, np.ones(2), dtype="bfloat16"), ValueError),
        (lambda: random.bits(KEY, dtype="int8"), ValueError),
        (lambda: random.dirichlet(KEY, 1.0), ValueError),
        (lambda: random.dirichlet(KEY, np.ones((2, 3)), (3,)), ValueError),
        (lambda: random.poisson(KEY, 1.0, dtype="float32"), TypeError),
        (lambda: random.poisson(KEY, np.ones(3), (2,)), ValueError),
        (lambda: random.binomial(KEY, 3, 0.5, dtype="int32"), TypeError),
        (lambda: random.multinomial(KEY, 3, 0.5), ValueError),
        (lambda: random.multinomial(KEY, np.ones(3), np.ones((2, 4))), ValueError),
        (lambda: random.geometric(KEY, 0.5, dtype="float32"), TypeError),
        (lambda: random.orthogonal(KEY, 2.5), ValueError),
        (lambda: random.multivariate_normal(KEY, 1.0, np.eye(2)), ValueError),
        (lambda: random.multivariate_normal(KEY, np.ones(3), np.eye(2)), ValueError),
        (lambda: random.multivariate_normal(KEY, np.ones(2), np.eye(2), method="qr"), ValueError),
        (lambda: random.gumbel(KEY, (2,), mode="higher"), ValueError),
        (lambda: random.bernoulli(KEY, 0.5, mode="highest"), ValueError),
        (lambda: random.bernoulli(KEY, 1), TypeError),
        (lambda: random.categorical(KEY, np.zeros(3), shape=(4,), replace=False), ValueError),
        (lambda: random.lognormal(KEY, 1.0, dtype="int32"), TypeError),
    ],
)
def test_bad_arguments(call, error):
    with pytest.raises(error) as caught:
        call()
    assert "random." in str(caught.value)
