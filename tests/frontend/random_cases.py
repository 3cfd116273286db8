"""Calls of random functions as ``call(random, key)``, for axir's and JAX's module alike, and what JAX 0.10.2 gives.

The expected numbers are those of ``random.key(42)``, in row-major order; a complex one is a pair.
"""

from __future__ import annotations

import numpy as np

SHAPES = np.array([0.3, 1.0, 2.5, 40.0], "float32")
SMALL = np.array([0.01, 0.2], "float32")
CHANCES = np.array([0.2, 0.3, 0.1, 0.4], "float32")
MEANS = np.array([0.0, 0.5, 9.9, 10.0, 300.0], "float32")
COVARIANCE = np.array([[2.0, 0.5], [0.5, 1.0]], "float32")
SCORES = np.arange(12, dtype="float32").reshape(2, 6) / 3

WHOLE = {
    "poisson": lambda r, k: r.poisson(k, MEANS, (2, 5)),
    "poisson_small": lambda r, k: r.poisson(k, 3.0, (6,), "int8"),
    "poisson_of_nan": lambda r, k: r.poisson(k, np.float32(np.nan)),
    "binomial": lambda r, k: r.binomial(k, np.array([0, 5, 20, 100, 1000]), 0.3, (2, 5)),
    "binomial_likely": lambda r, k: r.binomial(k, 30, np.array([0.0, 0.5, 0.9, 1.0], "float32")),
    "binomial_half": lambda r, k: r.binomial(k, 20, 0.3, (5,), "float16"),
    "multinomial": lambda r, k: r.multinomial(k, 50, CHANCES),
    "multinomial_rows": lambda r, k: r.multinomial(
        k, np.array([5, 50]), CHANCES, shape=(2, 4), dtype="int32"
    ),
    "geometric": lambda r, k: r.geometric(k, np.array([0.1, 0.5, 1.0], "float32"), (3, 3)),
    "geometric_narrow": lambda r, k: r.geometric(k, 0.3, (6,), "int16"),
    "bernoulli_high": lambda r, k: r.bernoulli(k, 0.3, (12,), mode="high"),
    "categorical_once": lambda r, k: r.categorical(k, SCORES, shape=(3, 2), replace=False),
    "categorical_first_axis": lambda r, k: r.categorical(k, SCORES, axis=0, shape=(2, 6), mode="high"),
    "choice_high": lambda r, k: r.choice(k, 9, (4,), False, np.arange(1, 10) / 45, mode="high"),
    "rademacher_float": lambda r, k: r.rademacher(k, (5,), "float32"),
}
"""Calls that give whole numbers or bools."""

REAL = {
    "gamma": lambda r, k: r.gamma(k, SHAPES, (2, 4)),
    "gamma_scalar": lambda r, k: r.gamma(k, 2),
    "gamma_half": lambda r, k: r.gamma(k, 2.0, (4,), "float16"),
    "gamma_bfloat16": lambda r, k: r.gamma(k, 2.0, (4,), "bfloat16"),
    "gamma_special": lambda r, k: r.gamma(k, np.array([np.nan, 0.0, np.inf, -3.0], "float32")),
    "loggamma": lambda r, k: r.loggamma(k, SMALL, (3, 2)),
    "beta": lambda r, k: r.beta(k, SHAPES, 2.0, (2, 4)),
    "dirichlet": lambda r, k: r.dirichlet(k, SHAPES, (2,)),
    "chisquare": lambda r, k: r.chisquare(k, SHAPES),
    "f": lambda r, k: r.f(k, SHAPES, 4.0),
    "t": lambda r, k: r.t(k, SHAPES, (2, 4)),
    "generalized_normal": lambda r, k: r.generalized_normal(k, 1.5, (4,)),
    "ball": lambda r, k: r.ball(k, 3, shape=(2,)),
    "ball_of_another_norm": lambda r, k: r.ball(k, 2, 1.5, (2,)),
    "maxwell": lambda r, k: r.maxwell(k, (4,)),
    "double_sided_maxwell": lambda r, k: r.double_sided_maxwell(k, 1.0, 2.0, (4,)),
    "double_sided_maxwell_rows": lambda r, k: r.double_sided_maxwell(k, SMALL, 2.0),
    "wald": lambda r, k: r.wald(k, np.array([0.5, 1.0, 2.0], "float32")),
    "multivariate_normal": lambda r, k: r.multivariate_normal(k, SMALL, COVARIANCE, (2,)),
    "multivariate_normal_rows": lambda r, k: r.multivariate_normal(k, np.zeros((2, 1, 2)), COVARIANCE),
    "orthogonal": lambda r, k: r.orthogonal(k, 3),
    "orthogonal_rows": lambda r, k: r.orthogonal(k, 2, (1,), m=3),
    "normal_complex": lambda r, k: r.normal(k, (2,), "complex64"),
    "lognormal_complex": lambda r, k: r.lognormal(k, 0.5, (2,), "complex64"),
    "gumbel_high": lambda r, k: r.gumbel(k, (4,), mode="high"),
    "gumbel_highest": lambda r, k: r.gumbel(k, (4,), mode="highest"),
    "weibull_shared": lambda r, k: r.weibull_min(k, np.array([1.0, 2.0], "float32"), np.array([3, 4])),
}
"""Calls that give floats, up to a few units in the last place."""

CASES = {**WHOLE, **REAL}

DOUBLE = (
    "gamma_scalar",
    "beta",
    "t",
    "poisson",
    "binomial",
    "wald",
    "multivariate_normal",
    "geometric",
    "gumbel_high",
)
"""Cases that are also checked with 64-bit dtypes."""

GRADIENTS = {
    "gamma": lambda r, k, x: r.gamma(k, x),
    "loggamma": lambda r, k, x: r.loggamma(k, x / 10),
    "beta": lambda r, k, x: r.beta(k, x, x + 1),
    "dirichlet": lambda r, k, x: r.dirichlet(k, x) ** 2,
    "chisquare": lambda r, k, x: r.chisquare(k, x),
    "f": lambda r, k, x: r.f(k, x, 2 * x),
    "t": lambda r, k, x: r.t(k, x),
    "generalized_normal": lambda r, k, x: r.generalized_normal(k, x[0], (3,)),
    "wald": lambda r, k, x: r.wald(k, x),
    "lognormal": lambda r, k, x: r.lognormal(k, x),
    "weibull_min": lambda r, k, x: r.weibull_min(k, x, x + 1, (3,)),
    "pareto": lambda r, k, x: r.pareto(k, x),
    "double_sided_maxwell": lambda r, k, x: r.double_sided_maxwell(k, x, x * 2),
    "multivariate_normal": lambda r, k, x: r.multivariate_normal(
        k, x, x[:, None] * x / 9 + 2 * np.eye(3, dtype="f4")
    ),
}
"""Functions of ``(random, key, x)`` whose sums are differentiated at ``POINT``."""

POINT = np.array([0.7, 1.5, 4.0], "float32")

# Expected numbers.
EXPECTED = {
    "poisson": ("int32", (2, 5), [0, 1, 14, 8, 275, 0, 0, 9, 9, 299]),
    "poisson_small": ("int8", (6,), [6, 2, 2, 1, 5, 2]),
    "poisson_of_nan": ("int32", (), [-1]),
    "binomial": ("float32", (2, 5), [0.0, 2.0, 4.0, 27.0, 279.0, 0.0, 2.0, 7.0, 29.0, 299.0]),
    "binomial_likely": ("float32", (4,), [0.0, 19.0, 28.0, 30.0]),
    "binomial_half": ("float16", (5,), [5.0, 7.0, 4.0, 5.0, 10.0]),
    "multinomial": ("float32", (4,), [13.0, 16.0, 3.0, 18.0]),
    "multinomial_rows": ("int32", (2, 4), [0, 1, 0, 4, 8, 16, 7, 19]),
    "geometric": ("int32", (3, 3), [7, 1, 1, 6, 2, 1, 25, 1, 1]),
    "geometric_narrow": ("int16", (6,), [3, 2, 2, 2, 3, 2]),
    "bernoulli_high": (
        "bool",
        (12,),
        [False, False, False, False, False, False, True, False, False, False, False, False],
    ),
    "categorical_once": ("int32", (3, 2), [5, 5, 4, 3, 3, 1]),
    "categorical_first_axis": ("int32", (2, 6), [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
    "choice_high": ("int32", (4,), [6, 4, 8, 5]),
    "rademacher_float": ("float32", (5,), [1.0, -1.0, -1.0, -1.0, 1.0]),
    "gamma": (
        "float32",
        (2, 4),
        [
            0.436247438,
            0.331584066,
            4.19411135,
            36.8732681,
            2.66446586e-05,
            0.40695104,
            1.42375171,
            25.8855305,
        ],
    ),
    "gamma_scalar": ("float32", (), [3.67251658]),
    "gamma_half": ("float16", (4,), [2.3046875, 0.837402344, 5.89453125, 5.10546875]),
    "gamma_bfloat16": ("bfloat16", (4,), [2.84375, 2.609375, 2.359375, 4.46875]),
    "gamma_special": ("float32", (4,), [np.nan, 0.0, np.inf, np.nan]),
    "loggamma": (
        "float32",
        (3, 2),
        [-53.0977516, -1.55225503, -25.3940773, -8.03728485, -292.397247, -6.22160149],
    ),
    "beta": (
        "float32",
        (2, 4),
        [
            0.153313324,
            0.0841566548,
            0.805751801,
            0.987355769,
            0.00622328231,
            0.0268490855,
            0.555277944,
            0.996969759,
        ],
    ),
    "dirichlet": (
        "float32",
        (2, 4),
        [
            0.0104277609,
            0.00792595837,
            0.10025315,
            0.881393135,
            9.61336013e-07,
            0.0146827595,
            0.0513688363,
            0.933947504,
        ],
    ),
    "chisquare": ("float32", (4,), [0.131762221, 1.0126549, 4.80385208, 35.4394379]),
    "f": ("float32", (4,), [0.00209991401, 0.00143620127, 0.189674467, 0.573710561]),
    "t": (
        "float32",
        (2, 4),
        [1.69269204, -31.686203, 2.60653973, 0.60245645, 27.5361595, 0.799812794, 0.728797376, -1.06359649],
    ),
    "generalized_normal": ("float32", (4,), [-0.878237545, -0.206162453, 1.16047096, 0.102029689]),
    "ball": (
        "float32",
        (2, 3),
        [0.323402286, 0.0613387488, 0.0182433873, 0.437241316, -0.0770539343, 0.359438479],
    ),
    "ball_of_another_norm": ("float32", (2, 2), [0.344218224, 0.052076444, 0.0150686558, 0.424579471]),
    "maxwell": ("float32", (4,), [0.553582489, 0.293285072, 1.70860302, 1.50845778]),
    "double_sided_maxwell": ("float32", (4,), [-1.76204348, -0.351377964, 5.44404268, 2.35109997]),
    "double_sided_maxwell_rows": ("float32", (2, 2), [-2.75204349, -1.15137792, 4.45404291, 1.5510999]),
    "wald": ("float32", (3,), [0.527574003, 1.61878002, 0.389475346]),
    "multivariate_normal": ("float32", (2, 2), [-0.0300287697, 0.626954675, 0.428187132, 0.448175848]),
    "multivariate_normal_rows": (
        "float32",
        (2, 1, 2),
        [-0.0400287695, 0.426954657, 0.418187141, 0.248175845],
    ),
    "orthogonal": (
        "float32",
        (3, 3),
        [
            -0.0195297003,
            0.995267749,
            0.0951894745,
            0.105943903,
            -0.0926115289,
            0.990050018,
            -0.994180441,
            -0.0294198394,
            0.103633866,
        ],
    ),
    "orthogonal_rows": (
        "float32",
        (1, 2, 3),
        [-0.0879273415, 0.918591321, -0.385303766, 0.872263372, 0.257802069, 0.415565729],
    ),
    "normal_complex": ("complex64", (2,), [[0.0536874607, 0.428339839], [-0.34389618, 0.565009475]]),
    "lognormal_complex": ("complex64", (2,), [[1.00373888, 0.218318909], [0.808645308, 0.23472397]]),
    "gumbel_high": ("float32", (4,), [0.399257988, -0.129975617, 0.0430954136, 0.194443733]),
    "gumbel_highest": ("float32", (4,), [0.399257809, -0.129975826, 0.0430951007, 0.19444339]),
    "weibull_shared": ("float32", (2,), [0.875389755, 1.81001043]),
}

SLOPES = {
    "gamma": [1.792441, 0.7395602, 1.284532],
    "loggamma": [9.170515, 1.258465, 0.1838734],
    "beta": [0.2056194, 0.1798054, -0.007015005],
    "dirichlet": [-0.1729491, -0.08825757, 0.04747956],
    "chisquare": [1.896845, 1.205078, 1.419115],
    "f": [0.2463063, 0.06528129, 0.05772588],
    "t": [-0.4262294, 17.55786, -0.1763601],
    "generalized_normal": [-3.616395, 0.0, 0.0],
    "wald": [1.099401, 2.312362, 0.02453375],
    "lognormal": [-0.02774933, 0.9413447, 0.9650378],
    "weibull_min": [0.8671473, 1.020507, 0.9982541],
    "pareto": [-3.569418, -1.081388, -0.07606027],
    "double_sided_maxwell": [6.552958, 7.712482, 13.14401],
    "multivariate_normal": [0.961167, 1.151837, 1.109664],
}

EXPECTED_64 = {
    "gamma_scalar": ("float64", (), [2.298018342408313]),
    "beta": (
        "float64",
        (2, 4),
        [
            0.01005157899824963,
            0.254105057030554,
            0.1394522465949526,
            0.962405673039482,
            0.2565503602037567,
            0.2526936992478754,
            0.2776847345031445,
            0.9628792275057301,
        ],
    ),
    "t": (
        "float64",
        (2, 4),
        [
            -2.113657112994856,
            -0.744660466338864,
            2.296958748382865,
            -0.1988942251988946,
            479.6067922328633,
            7.434661950610775,
            -0.2518526758852365,
            -1.350096038732216,
        ],
    ),
    "poisson": ("int64", (2, 5), [0, 1, 14, 8, 275, 0, 0, 9, 9, 299]),
    "binomial": ("float64", (2, 5), [0.0, 1.0, 7.0, 23.0, 308.0, 0.0, 1.0, 4.0, 26.0, 301.0]),
    "wald": ("float64", (3,), [0.8276472208773589, 0.7711361736729381, 0.2658722707168426]),
    "multivariate_normal": (
        "float32",
        (2, 2),
        [-0.03002876974642277, 0.6269546747207642, 0.4281871318817139, 0.448175847530365],
    ),
    "geometric": ("int64", (3, 3), [7, 1, 1, 6, 2, 1, 25, 1, 1]),
    "gumbel_high": (
        "float64",
        (4,),
        [0.5862781993145612, 4.191481602167405, 0.1582281488500175, -0.2690058468907005],
    ),
}
