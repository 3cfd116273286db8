"""Random numbers from explicit keys: ``random.normal(random.key(0), (3,))``.

A function of a key always gives the same numbers; ``split`` makes new keys of one. The numbers are JAX's.
"""

from axir.random.distributions import (
    bernoulli,
    categorical,
    cauchy,
    exponential,
    gumbel,
    laplace,
    logistic,
    lognormal,
    normal,
    pareto,
    rademacher,
    randint,
    rayleigh,
    triangular,
    truncated_normal,
    uniform,
    weibull_min,
)
from axir.random.keys import (
    PRNGKey,
    bits,
    clone,
    fold_in,
    key,
    key_data,
    key_dtype,
    key_impl,
    split,
    wrap_key_data,
)
from axir.random.shuffling import choice, permutation

__all__ = [
    "PRNGKey",
    "bernoulli",
    "bits",
    "categorical",
    "cauchy",
    "choice",
    "clone",
    "exponential",
    "fold_in",
    "gumbel",
    "key",
    "key_data",
    "key_dtype",
    "key_impl",
    "laplace",
    "logistic",
    "lognormal",
    "normal",
    "pareto",
    "permutation",
    "rademacher",
    "randint",
    "rayleigh",
    "split",
    "triangular",
    "truncated_normal",
    "uniform",
    "weibull_min",
    "wrap_key_data",
]
