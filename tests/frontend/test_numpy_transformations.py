"""Functions of axir.numpy, nn and scipy.special under grad and vmap, in float64 against differences and loops."""

import inspect

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax, nn, random
from axir.scipy import special as sp

POOL = {
    "x": onp.array([0.3, -1.5, 2.25]),
    "y": onp.array([1.2, 0.7, -0.4]),
    "p": onp.array([0.2, 0.5, 0.9]),
    "m": onp.arange(6.0).reshape(2, 3) * 0.37 + 0.11,
}


def _const(name):
    return np.asarray(POOL[name])


# Each row is a function of the array that its argument names.
ROWS = [
    *(
        lambda x, f=f: f(x)
        for f in (np.sin, np.tan, np.arcsinh, np.exp2, np.cbrt, np.sinc, np.abs, np.deg2rad, np.nan_to_num, np.square)
    ),
    *(
        lambda p, f=f: f(p)
        for f in (np.arcsin, np.arctanh, np.log2, np.log10, np.sqrt, np.reciprocal, sp.erfinv, sp.logit, sp.gammaln)
    ),
    *(
        lambda x, f=f: f(x)
        for f in (
            nn.relu, nn.sigmoid, nn.softplus, nn.silu, nn.gelu, nn.elu, nn.selu, nn.celu, nn.mish, nn.leaky_relu,
            nn.squareplus, nn.log_sigmoid, nn.soft_sign, nn.tanh, sp.erf, sp.erfc, sp.ndtr, sp.log_ndtr,
        )
    ),
    *(lambda p, f=f: f(p) for f in (sp.digamma, sp.gamma, sp.entr, sp.ndtri)),
    *(
        lambda x, f=f: f(x, _const("y"))
        for f in (
            np.hypot, np.logaddexp, np.logaddexp2, np.copysign, np.arctan2, np.maximum, np.fmin, np.remainder,
            np.outer, np.cross, np.dot, np.divide, np.fmod,
        )
    ),
    lambda y: np.remainder(_const("x"), y),
    lambda p: np.arccosh(p + 1),
    lambda x: np.sinc(x * 0.01),
    lambda x: x**3,
    lambda x: x**-2,
    lambda p: p ** _const("x"),
    lambda x: 1.7**x,
    lambda x: np.clip(x, -1, 1),
    lambda x: np.where(x > 0, x * x, np.sin(x)),
    lambda x: np.select([x < 0, x > 1], [x, x * x], 2 * x),
    lambda x: np.ldexp(x, 3),
    lambda x: np.diag(x, -1),
    lambda x: np.array([x[0] * 2, x[1] * x[2]]),
    lambda x: np.kron(_const("m"), x),
    lambda x: nn.gelu(x, approximate=False),
    lambda x: sp.log_ndtr(x * 8),
    lambda p: sp.betaln(p, 2.0),
    lambda p: sp.xlogy(p, p),
    lambda p: sp.kl_div(p, 2 * p),
    lambda m: np.sum(m, 0),
    lambda m: np.prod(m, 1),
    lambda m: np.max(m, 1),
    lambda m: np.ptp(m, 1),
    lambda m: np.mean(m),
    lambda m: np.var(m, 1),
    lambda m: np.std(m, 0, ddof=1),
    lambda m: np.average(m, 1, weights=_const("p")),
    lambda p: np.average(_const("m"), 1, weights=p),
    lambda m: np.nanmean(m, 0),
    lambda m: np.nanmax(m, 0),
    lambda m: np.linalg.norm(m),
    lambda m: np.linalg.norm(m, 3, axis=1),
    lambda m: np.linalg.norm(m, np.inf, axis=0),
    lambda m: m @ m.T,
    lambda m: np.einsum("ij,kj->ik", m, m),
    lambda m: np.einsum("ij,ij->", m, np.cos(m)),
    lambda m: np.einsum("ii->i", m[:, :2]),
    lambda m: np.tensordot(m, m, 2),
    lambda m: np.matmul(m[None], np.ones((4, 3, 2))),
    lambda m: np.diagonal(m, 1),
    lambda m: np.tril(m),
    lambda m: np.pad(m, ((3, 2), (1, 4)), mode="reflect"),
    lambda m: np.pad(m, ((3, 2), (1, 4)), mode="wrap"),
    lambda m: np.pad(m, 1, constant_values=3.0),
    lambda m: np.roll(m, 1, 1),
    lambda m: np.rot90(m),
    lambda m: np.tile(m, (2, 2)),
    lambda m: np.repeat(m, onp.array([2, 0, 1]), 1),
    lambda m: np.concatenate([m, m * m], 1),
    lambda m: np.stack([m, m * m], 2),
    lambda m: np.split(m, 3, 1)[1],
    lambda m: m[::-1, 1],
    lambda m: m[np.int32(1)],
    lambda m: np.linspace(m[0], m[1], 4),
    lambda m: nn.softmax(m),
    lambda m: nn.log_softmax(m, 0),
    lambda m: nn.logsumexp(m, 1),
    lambda m: nn.standardize(m),
    lambda m: lax.dynamic_slice(m, (0, np.int32(1)), (2, 2)),
    lambda x: lax.dynamic_update_slice(_const("m"), x[None], (1, 0)),
    lambda m: lax.pad(m, 0.0, [(1, 0, 1), (-1, 2, 0)]),
    lambda x: random.truncated_normal(random.key(0), -1.0, np.abs(x) + 1),
]  # fmt: skip


def _argument(row):
    return next(iter(inspect.signature(row).parameters))


def _weighted(row):
    """A scalar function whose gradient tells the elements of the row's result apart."""

    def function(a):
        found = np.asarray(row(a))
        return np.sum(np.sin(found * 1.3 + np.arange(found.size, dtype=float).reshape(found.shape)))

    return function


def _source(row):
    return inspect.getsource(row).strip() if inspect.signature(row).parameters.keys() - {"f"} else repr(row)


@pytest.fixture(autouse=True)
def float64():
    with axir.enable_x64():
        yield


def test_gradients_equal_differences():
    step = 1e-6
    for row in ROWS:
        function, value = _weighted(row), POOL[_argument(row)]
        found = axir.grad(function)(np.asarray(value))
        expected = onp.zeros_like(value)
        for at in onp.ndindex(value.shape):
            shifted = onp.zeros_like(value)
            shifted[at] = step
            both = [float(function(np.asarray(value + s))) for s in (shifted, -shifted)]
            expected[at] = (both[0] - both[1]) / (2 * step)
        onp.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7, err_msg=_source(row))


def test_vmap_equals_a_loop():
    for row in ROWS:
        value = POOL[_argument(row)]
        batch = onp.stack([value, value * 0.9, value * 0.8 + 0.05])
        found = axir.vmap(row)(np.asarray(batch))
        expected = onp.stack([onp.asarray(row(np.asarray(item))) for item in batch])
        onp.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=_source(row))


def test_second_derivatives_at_special_points():
    second = axir.grad(axir.grad(np.sinc))
    onp.testing.assert_allclose(second(0.0), -(onp.pi**2) / 3, rtol=1e-12)
    onp.testing.assert_allclose(axir.grad(lambda x: np.hypot(x, 0.0))(0.0), 0.0)
    onp.testing.assert_allclose(axir.grad(lambda x: np.logaddexp(x, x))(0.3), 1.0)
    assert float(axir.grad(lambda x: np.where(x > 0, x**2, 0.0))(-1.0)) == 0
    assert float(axir.grad(nn.relu)(0.0)) == 0
    assert float(axir.grad(nn.elu)(1000.0)) == 1
    onp.testing.assert_array_equal(axir.grad(lambda x: nn.logsumexp(x))(np.array([1.0, -onp.inf])), [1, 0])


def test_a_batched_product_is_one_product():
    a, x = np.ones((5, 2, 3)), np.ones((5, 3))
    text = str(axir.make_ir(axir.vmap(np.dot))(a, x))
    assert text.count("dot_general") >= 1
    assert "scf." not in text
    onp.testing.assert_allclose(axir.vmap(np.dot)(a, x), onp.einsum("bij,bj->bi", a, x))


def test_vectorize():
    dot = np.vectorize(np.dot, signature="(n),(n)->()")
    assert dot(np.ones((2, 1, 3)), np.ones((4, 3))).shape == (2, 4)
    product = np.vectorize(np.matmul, signature="(n,m),(m)->(n)")
    assert product(np.ones((5, 2, 3)), np.ones((1, 3))).shape == (5, 2)
    total, difference = np.vectorize(lambda a, b: (a + b, a - b))(np.ones((1, 2, 3)), np.arange(3.0))
    assert total.shape == difference.shape == (1, 2, 3)
    assert np.vectorize(lambda a, n: a**n, excluded={1})(np.arange(3.0), 2).tolist() == [0, 1, 4]
    t = onp.arange(24.0).reshape(2, 3, 4)
    onp.testing.assert_array_equal(np.apply_along_axis(np.sum, 1, t), t.sum(1))
    doubled = np.apply_along_axis(lambda v: np.stack([v, v]), 1, t)
    onp.testing.assert_array_equal(doubled, onp.apply_along_axis(lambda v: onp.stack([v, v]), 1, t))
    onp.testing.assert_array_equal(np.apply_over_axes(np.sum, t, (0, 2)), t.sum((0, 2), keepdims=True))
