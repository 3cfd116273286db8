"""Rows for axir.random and axir.nn.initializers: the bits and the numbers made of them."""

from collections.abc import Callable
from typing import Any

import numpy as onp

from parity.rows import ABOVE_ONE, INTS, MATRIX, OTHER, POSITIVE, SMALL, VECTOR, Key, Row, each, on_host

R, INIT = "random", "nn.initializers"
PLAIN = "cauchy exponential gumbel laplace logistic maxwell normal uniform"
SHARES = onp.array([0.1, 0.4, 0.3, 0.2], "float32")
SMALL_POSITIVE = abs(OTHER[:4])


def _initializer(*given: Any) -> Callable[..., Any]:
    """What an initializer that is made of these arguments gives."""
    return lambda _, make: lambda key, *shape: make(*given)(key, *shape)


KEYS = [
    *each(R, "PRNGKey key", 7, without="grad vmap"),
    *each(R, "PRNGKey key", onp.array(12, "int32"), without="grad"),
    *each(R, "key", 2**33 + 5, without="grad vmap"),
    *each(R, "key", -3, without="grad vmap"),
    *each(R, "split", Key(), without="grad"),
    *each(R, "split", Key(), 5, without="grad"),
    *each(R, "split", Key(), (2, 3), without="grad"),
    *each(R, "split", onp.array([3, 4], "uint32"), without="grad"),
    *each(R, "fold_in", Key(), 13, without="grad"),
    *each(R, "fold_in", Key(), onp.array(13, "uint32"), without="grad"),
    *each(R, "clone key_data", Key(), without="grad"),
    *each(R, "wrap_key_data", onp.array([3, 4], "uint32"), without="grad"),
    *on_host(R, "key_impl", Key()),
    *on_host(R, "key_dtype", use=lambda m, f: lambda: str(f())),
]
BITS = [
    *each(R, "bits rademacher", Key(), (3, 2), without="grad"),
    *each(R, "bits", Key(), (5,), "uint8", without="grad"),
    *each(R, "bits", Key(), (3,), "uint16", without="grad"),
    *each(R, "rademacher", Key(), (5,), "int8", without="grad"),
    *each(R, "randint", Key(), (6,), 3, 17, without="grad"),
    *each(R, "randint", Key(), (5,), INTS, INTS + SMALL, without="grad"),
    *each(R, "randint", Key(), (6,), -100, 100, "int8", without="grad"),
    *each(R, "randint", Key(), (6,), 5, 200, "uint8", without="grad"),
    *each(R, "bernoulli", Key(), without="grad"),
    *each(R, "bernoulli", Key(), 0.3, (7,), without="grad"),
    *each(R, "bernoulli", Key(), SHARES, mode="high", without="grad"),
    *each(R, "permutation", Key(), 7, without="grad"),
    *each(R, "permutation", Key(), MATRIX),
    *each(R, "permutation", Key(), MATRIX, axis=1, independent=True),
    *each(R, "choice", Key(), 9, (4,), without="grad"),
    *each(R, "choice", Key(), 9, (4,), replace=False, without="grad"),
    *each(R, "choice", Key(), VECTOR, (3,)),
    *each(R, "choice", Key(), 4, (3,), True, SHARES, without="grad"),
    *each(R, "choice", Key(), 4, (2,), False, SHARES, without="grad"),
    *each(R, "choice", Key(), MATRIX, (2,), axis=1),
    *each(R, "categorical", Key(), MATRIX, without="grad"),
    *each(R, "categorical", Key(), MATRIX, axis=0, shape=(2, 4), without="grad"),
    *each(R, "categorical", Key(), VECTOR, shape=(3,), replace=False, without="grad"),
]
FLOATS = [
    *each(R, PLAIN, Key(), (3, 2), without="grad"),
    *each(R, PLAIN, Key(), without="grad"),
    *each(R, PLAIN, Key(), (5,), "bfloat16", without="grad", rtol=6e-2),
    *each(R, PLAIN, Key(), (5,), "float16", without="grad", rtol=4e-3),
    *each(R, "normal", Key(), (3,), "complex64", without="grad"),
    *each(R, "uniform", Key(), (4,), minval=-2.0, maxval=SMALL_POSITIVE, without="grad"),
    *each(R, "gumbel", Key(), (4,), mode="high", without="grad"),
    *each(R, "truncated_normal", Key(), -1.0, SMALL_POSITIVE),
    *each(R, "lognormal", Key(), SMALL_POSITIVE),
    *each(R, "lognormal", Key(), shape=(3,), without="grad"),
    *each(R, "rayleigh pareto t chisquare gamma loggamma wald", Key(), ABOVE_ONE, rtol=2e-4),
    *each(R, "gamma loggamma", Key(), SMALL_POSITIVE, (2, 4), rtol=2e-3),
    *each(R, "beta f", Key(), ABOVE_ONE, SMALL_POSITIVE, rtol=2e-3),
    *each(R, "dirichlet", Key(), ABOVE_ONE, rtol=2e-3),
    *each(R, "dirichlet", Key(), ABOVE_ONE, (2,), rtol=2e-3),
    *each(R, "weibull_min double_sided_maxwell", Key(), ABOVE_ONE, ABOVE_ONE + 1, (4,)),
    *each(R, "triangular", Key(), -1.0, SMALL_POSITIVE / 2, 1.0),
    *each(R, "generalized_normal", Key(), 1.5, (3,), without="grad", rtol=2e-4),
    *each(R, "ball", Key(), 3, 2, (2,), without="grad", rtol=2e-4),
    *each(R, "geometric", Key(), SHARES, without="grad"),
    *each(R, "poisson", Key(), ABOVE_ONE * 5, without="grad"),
    *each(R, "poisson", Key(), 0.5, (6,), without="grad"),
    *each(R, "binomial", Key(), 20, SHARES, without="grad"),
    *each(R, "binomial", Key(), 5.0, 0.7, (4,), without="grad"),
    *each(R, "multinomial", Key(), 9, SHARES, without="grad"),
    *each(R, "multivariate_normal", Key(), OTHER[:3], POSITIVE, rtol=2e-4),
    *each(
        R, "multivariate_normal", Key(), OTHER[:3], POSITIVE, (2,), method="eigh", without="grad", rtol=1e-3
    ),
    *each(R, "orthogonal", Key(), 3, without="grad", rtol=2e-4),
    *each(R, "orthogonal", Key(), 3, (2,), m=2, without="grad", rtol=2e-4),
]
INITIALIZERS = [
    *each(INIT, "zeros ones", Key(), (2, 3), without="grad"),
    *each(INIT, "zeros ones", Key(), (2, 3), "bfloat16", without="grad"),
    *each(INIT, "constant", Key(), (2, 3), use=_initializer(2.5), without="grad"),
    *each(
        INIT,
        "glorot_normal glorot_uniform he_normal he_uniform kaiming_normal kaiming_uniform lecun_normal "
        "lecun_uniform xavier_normal xavier_uniform normal truncated_normal uniform orthogonal",
        Key(),
        (4, 3),
        use=_initializer(),
        without="grad",
    ),
    *each(INIT, "delta_orthogonal", Key(), (3, 4, 4), use=_initializer(), without="grad", rtol=2e-4),
    *each(INIT, "normal uniform orthogonal", Key(), (3, 4), use=_initializer(0.5), without="grad", rtol=2e-4),
    *each(INIT, "glorot_normal", Key(), (2, 3, 4), use=_initializer(0, 2, 1), without="grad"),
    *each(
        INIT,
        "he_uniform lecun_normal",
        Key(),
        (4, 3),
        "float16",
        use=_initializer(),
        without="grad",
        rtol=4e-3,
    ),
    *each(
        INIT, "variance_scaling", Key(), (4, 3), use=_initializer(2.0, "fan_avg", "uniform"), without="grad"
    ),
    *each(
        INIT, "variance_scaling", Key(), (4, 3), use=_initializer(0.5, "fan_out", "normal"), without="grad"
    ),
    *each(
        INIT,
        "variance_scaling",
        Key(),
        (4, 3),
        use=_initializer(2.0, "fan_in", "truncated_normal"),
        without="grad",
    ),
]
ROWS: list[Row] = [*KEYS, *BITS, *FLOATS, *INITIALIZERS]
