"""axir.nn and axir.scipy.special against SciPy."""

import numpy as onp
import pytest
import scipy.special as reference

import axir
import axir.numpy as np
from axir import nn
from axir.scipy import special

X = onp.array([0.3, -1.5, 2.25, 0.0, 30.0, -30.0], onp.float32)
S = onp.array([0.0, -0.0, onp.inf, -onp.inf, onp.nan, 1.0, -2.5, 0.5], onp.float32)
P = onp.array([0.1, 0.5, 0.9, 1.5], onp.float32)
M = (onp.arange(6, dtype=onp.float32).reshape(2, 3) - 2) * 3
MASK = M > -2


def _softmax(m, mask):
    powers = onp.where(mask, onp.exp(m), 0)
    return powers / powers.sum(-1, keepdims=True)


ROWS = [
    (lambda: nn.relu(S), [0, 0, onp.inf, 0, onp.nan, 1, 0, 0.5]),
    (lambda: nn.relu6(X), onp.clip(X, 0, 6)),
    (lambda: nn.sigmoid(X), reference.expit(X)),
    (lambda: nn.log_sigmoid(X), reference.log_expit(X.astype(float))),
    (lambda: nn.softplus(X), onp.logaddexp(X.astype(float), 0)),
    (lambda: nn.softplus(S[2:4]), [onp.inf, 0]),
    (lambda: nn.silu(X), X * reference.expit(X)),
    (lambda: nn.soft_sign(X), X / (1 + onp.abs(X))),
    (lambda: nn.gelu(X, approximate=False), X * reference.ndtr(X.astype(float))),
    (lambda: nn.elu(X), onp.where(X > 0, X, onp.expm1(X))),
    (lambda: nn.celu(X, 2.0), onp.where(X > 0, X, 2 * onp.expm1(X / 2))),
    (lambda: nn.selu(X[:3]), [0.31521031, -1.36581445, 2.36407733]),
    (lambda: nn.leaky_relu(X), onp.where(X > 0, X, X * 0.01)),
    (lambda: nn.hard_tanh(X), onp.clip(X, -1, 1)),
    (lambda: nn.hard_sigmoid(X), onp.clip(X + 3, 0, 6) / 6),
    (lambda: nn.hard_silu(X), X * onp.clip(X + 3, 0, 6) / 6),
    (lambda: nn.mish(X), X * onp.tanh(onp.logaddexp(X.astype(float), 0))),
    (
        lambda: nn.glu(onp.arange(4, dtype=onp.float32)),
        onp.arange(2) * reference.expit(onp.array([2.0, 3.0])),
    ),
    (lambda: nn.squareplus(X), (X + onp.sqrt(X.astype(float) ** 2 + 4)) / 2),
    (lambda: nn.softmax(M), reference.softmax(M.astype(float), 1)),
    (lambda: nn.softmax(M, 0), reference.softmax(M.astype(float), 0)),
    (lambda: nn.softmax(M[1:], where=M[1:] > 0), _softmax(M[1:], M[1:] > 0)),
    (lambda: nn.softmax(M * 1e4), onp.array([[0, 0, 1], [0, 0, 1]])),
    (lambda: nn.log_softmax(M, (0, 1)), reference.log_softmax(M.astype(float))),
    (lambda: nn.logsumexp(M, 1), reference.logsumexp(M.astype(float), 1)),
    (lambda: nn.logsumexp(M, 1, keepdims=True), reference.logsumexp(M.astype(float), 1, keepdims=True)),
    (lambda: nn.logsumexp(M, b=M), reference.logsumexp(M.astype(float), b=M)),
    (lambda: nn.logsumexp(onp.array([-onp.inf, -onp.inf], onp.float32)), -onp.inf),
    (lambda: nn.logsumexp(onp.array([1, -onp.inf, 1e4], onp.float32)), 1e4),
    (lambda: nn.logsumexp(M, b=-M, return_sign=True)[0], reference.logsumexp(M.astype(float), b=M)),
    (lambda: nn.logsumexp(M, b=-M, return_sign=True)[1], -1),
    (lambda: nn.standardize(M), (M - M.mean(1, keepdims=True)) / onp.sqrt(M.var(1, keepdims=True) + 1e-5)),
    (lambda: nn.one_hot(onp.array([1, -1, 2, 5]), 3), [[0, 1, 0], [0, 0, 0], [0, 0, 1], [0, 0, 0]]),
    (lambda: nn.one_hot(onp.array([1, 0]), 3, axis=0), [[0, 1], [1, 0], [0, 0]]),
    (lambda: special.erf(X), reference.erf(X)),
    (lambda: special.erfc(X[:4]), reference.erfc(X[:4])),
    (lambda: special.erfinv(P[:3]), reference.erfinv(P[:3])),
    (lambda: special.expit(S), reference.expit(S)),
    (
        lambda: special.logit(onp.array([0, 0.3, 1, 2], onp.float32)),
        reference.logit(onp.array([0, 0.3, 1, 2])),
    ),
    (lambda: special.gammaln(P), reference.gammaln(P.astype(float))),
    (lambda: special.digamma(P), reference.digamma(P.astype(float))),
    (
        lambda: special.gamma(onp.array([0.5, 3, -1.5, -2.5], onp.float32)),
        reference.gamma([0.5, 3, -1.5, -2.5]),
    ),
    (lambda: special.gammasgn(onp.array([0.0, -0.0, -1.5, -0.5, 2])), [1, -1, 1, -1, 1]),
    (lambda: special.factorial(onp.array([0, 3, 5, -1])), [1, 6, 120, 0]),
    (lambda: special.beta(P, 2.0), reference.beta(P.astype(float), 2)),
    (lambda: special.betaln(P, 2.0), reference.betaln(P.astype(float), 2)),
    (lambda: special.multigammaln(P + 3, 3), [reference.multigammaln(float(v) + 3, 3) for v in P]),
    (lambda: special.polygamma(1, P), reference.polygamma(1, P.astype(float))),
    (lambda: special.xlogy(S, S), reference.xlogy(S, S)),
    (lambda: special.xlogy(0.0, onp.float32("nan")), onp.nan),
    (lambda: special.xlog1py(P, P), reference.xlog1py(P.astype(float), P)),
    (lambda: special.entr(S), reference.entr(S)),
    (lambda: special.rel_entr(P, P[::-1]), reference.rel_entr(P.astype(float), P[::-1])),
    (lambda: special.kl_div(S, onp.ones(8, onp.float32)), reference.kl_div(S, 1)),
    (lambda: special.ndtr(X), reference.ndtr(X.astype(float))),
    (lambda: special.ndtri(P[:3]), reference.ndtri(P[:3].astype(float))),
    (
        lambda: special.log_ndtr(onp.array([-100, -30, -10.5, -9.5, -2, 0, 3, 6], onp.float32)),
        reference.log_ndtr([-100, -30, -10.5, -9.5, -2, 0, 3, 6]),
    ),
    (lambda: special.softmax(M), reference.softmax(M.astype(float))),
    (lambda: special.log_softmax(M, axis=0), reference.log_softmax(M.astype(float), 0)),
]


@pytest.mark.parametrize(("call", "expected"), ROWS)
def test_values(call, expected):
    found = call()
    assert found.dtype == onp.float32
    assert found.shape == onp.shape(expected)
    onp.testing.assert_allclose(found, expected, rtol=6e-6, atol=1e-6)


def test_compiled_values_are_the_eager_ones():
    calls = [row[0] for row in ROWS]
    for call, found in zip(calls, axir.jit(lambda: [f() for f in calls])(), strict=True):
        onp.testing.assert_allclose(found, call(), rtol=6e-6, atol=1e-6)


def test_log_ndtr_in_float64():
    with axir.enable_x64():
        x = onp.array([-300.0, -30.0, -10.5, -9.5, -2, 0, 3, 6, 20])
        onp.testing.assert_allclose(special.log_ndtr(x), reference.log_ndtr(x), rtol=1e-9, atol=1e-300)


def test_integers_and_bools_become_floats():
    assert nn.softmax(np.arange(3)).dtype == onp.float32
    assert nn.relu(np.arange(3)).dtype == onp.int32
    assert special.erf(True).dtype == onp.float32
    assert nn.one_hot(np.arange(2), 2, dtype=bool).dtype == bool
