"""Random numbers: JAX's, bit for bit, eagerly, compiled and vectorized."""

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import random
from axir_compiler.ops.random import Threefry2x32Op

KEY = random.PRNGKey(42)
MATRIX = np.arange(6.0).reshape(2, 3)

# Made with JAX 0.10.2: exact integers and bools.
EXACT = [
    ("key", lambda k: random.PRNGKey(-3), [0, 4294967293]),
    ("key_wide", lambda k: random.PRNGKey(2**33 + 5), [0, 5]),
    ("split", lambda k: random.split(k), [[1832780943, 270669613], [64467757, 2916123636]]),
    ("split_3", lambda k: random.split(k, 3)[2], [2465931498, 255383827]),
    (
        "split_shape",
        lambda k: random.split(k, (2, 1)),
        [[[1832780943, 270669613]], [[64467757, 2916123636]]],
    ),
    ("fold_in", lambda k: random.fold_in(k, 7), [2547012911, 1371500959]),
    ("bits", lambda k: random.bits(k, (3,)), [2098992034, 2919706841, 2646866425]),
    ("bits_8", lambda k: random.bits(k, (4,), "uint8"), [162, 217, 249, 215]),
    ("bits_16", lambda k: random.bits(k, (3,), "uint16"), [5026, 12505, 63993]),
    ("randint", lambda k: random.randint(k, (6,), 0, 10), [4, 4, 1, 9, 9, 9]),
    ("randint_wide", lambda k: random.randint(k, (4,), -5, 1000000), [278646, 848442, 367222, 982777]),
    ("randint_u8", lambda k: random.randint(k, (5,), 0, 256, "uint8"), [196, 18, 183, 193, 141]),
    ("randint_i8", lambda k: random.randint(k, (5,), -200, 200, "int8"), [68, -110, 55, 65, 13]),
    (
        "randint_full",
        lambda k: random.randint(k, (4,), -(2**31), 2**31 - 1),
        [977810628, 1236381714, -1367112521, -1019495231],
    ),
    ("randint_empty", lambda k: random.randint(k, (3,), 5, 5), [5, 5, 5]),
    ("bernoulli", lambda k: random.bernoulli(k, 0.3, (9,)), [False] * 6 + [True] + [False] * 2),
    ("permutation", lambda k: random.permutation(k, 10), [7, 4, 2, 5, 3, 6, 8, 9, 0, 1]),
    ("permutation_axis", lambda k: random.permutation(k, MATRIX, 1), [[2, 0, 1], [5, 3, 4]]),
    (
        "permutation_independent",
        lambda k: random.permutation(k, MATRIX, 1, independent=True),
        [[2, 0, 1], [4, 5, 3]],
    ),
    ("categorical", lambda k: random.categorical(k, MATRIX, shape=(4, 2)), [[2, 2], [2, 2], [1, 2], [1, 2]]),
    ("choice", lambda k: random.choice(k, 10, (4,)), [4, 4, 1, 9]),
    ("choice_once", lambda k: random.choice(k, 10, (4,), False), [7, 4, 2, 5]),
    (
        "choice_p",
        lambda k: random.choice(k, 3, (8,), p=onp.array([0.2, 0.5, 0.3])),
        [1, 1, 1, 1, 1, 1, 2, 1],
    ),
    ("rademacher", lambda k: random.rademacher(k, (6,)), [1, -1, -1, -1, 1, -1]),
    (
        "uniform",
        lambda k: random.uniform(k, (3,)),
        [0.48870956897735596, 0.6797971725463867, 0.6162714958190918],
    ),
    ("uniform_16", lambda k: random.uniform(k, (3,), "float16"), [0.076171875, 0.1904296875, 0.9755859375]),
    ("uniform_bf16", lambda k: random.uniform(k, (3,), "bfloat16"), [0.6328125, 0.84375, 0.96875]),
]

# Up to a few units in the last place of the functions of the reals.
CLOSE = [
    ("uniform", lambda k: random.uniform(k, (2,), minval=-1, maxval=3), [0.9548382759, 1.7191886901]),
    ("normal", lambda k: random.normal(k, (4,)), [-0.028304616, 0.4671318531, 0.295702964, 0.1535459161]),
    ("exponential", lambda k: random.exponential(k, (3,)), [0.6708174944, 1.138800621, 0.9578199983]),
    ("gumbel", lambda k: random.gumbel(k, (3,)), [0.3340933919, 0.9520194531, 0.7255305648]),
    ("laplace", lambda k: random.laplace(k, (3,)), [0.0228396524, -0.4456535578, -0.2646729052]),
    ("logistic", lambda k: random.logistic(k, (3,)), [-0.0451694131, 0.7528398037, 0.4737523198]),
    ("cauchy", lambda k: random.cauchy(k, (3,)), [-0.0354846306, 0.63372612, 0.382440567]),
    ("pareto", lambda k: random.pareto(k, 2.0, (3,)), [1.3985118866, 1.7672069073, 1.6143138409]),
    ("rayleigh", lambda k: random.rayleigh(k, 2.0, (3,)), [2.3933022022, 1.7571814061, 1.9678773880]),
    ("weibull", lambda k: random.weibull_min(k, 2.0, 3.0, (3,)), [1.7507795095, 2.0885548592, 1.9714751244]),
    ("lognormal", lambda k: random.lognormal(k, 0.5, (3,)), [0.9859473705, 1.2630960941, 1.1593407393]),
    (
        "triangular",
        lambda k: random.triangular(k, 0.0, 0.3, 1.0, (3,)),
        [0.4017497897, 0.5265636444, 0.4817240834],
    ),
    (
        "truncated",
        lambda k: random.truncated_normal(k, -1.0, 2.0, (3,)),
        [0.1477000564, 0.5684449077, 0.4210255146],
    ),
]


@pytest.mark.parametrize(("name", "call", "expected"), EXACT, ids=[row[0] for row in EXACT])
def test_bits_are_jaxs(name, call, expected):
    assert call(KEY).tolist() == expected


@pytest.mark.parametrize(("name", "call", "expected"), CLOSE, ids=[row[0] for row in CLOSE])
def test_numbers_are_jaxs(name, call, expected):
    onp.testing.assert_allclose(call(KEY), expected, rtol=1e-6)


def test_the_first_of_many_normal_numbers():
    found = random.normal(random.key(135), (1_000_000,))
    onp.testing.assert_allclose(found[:4], [0.5797745, 1.2436472, -0.37893897, -0.49442708], rtol=4e-7)
    assert abs(float(found.mean())) < 4e-3
    assert abs(float(found.std()) - 1) < 4e-3


def test_a_long_permutation():
    found = random.permutation(KEY, 5000)
    assert found[:5].tolist() == [3825, 3150, 2972, 2921, 1203]
    assert sorted(found.tolist()) == list(range(5000))
    onp.testing.assert_array_equal(axir.jit(lambda k: random.permutation(k, 5000))(KEY), found)


def test_choice_with_traced_probabilities():
    p = np.array([0.1, 0.2, 0.3, 0.1, 0.2, 0.1])
    key = random.PRNGKey(0)
    for replace, expected in ((False, [1, 0, 4]), (True, [0, 0, 3])):
        assert random.choice(key, 6, (3,), replace, p).tolist() == expected
        assert axir.jit(lambda p, r=replace: random.choice(key, 6, (3,), r, p))(p).tolist() == expected
    rows = axir.vmap(lambda k: random.choice(k, 6, (6,), False, p))(random.split(key, 4))
    assert onp.all(onp.sort(onp.asarray(rows)) == onp.arange(6))


def test_compiled_numbers_equal_eager_ones():
    calls = [row[1] for row in (*EXACT, *CLOSE)]
    compiled = axir.jit(lambda k: [call(k) for call in calls])(KEY)
    for (name, call, _), found in zip((*EXACT, *CLOSE), compiled, strict=True):
        expected = call(KEY)
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype), name
        onp.testing.assert_allclose(
            onp.asarray(found, onp.float64),
            onp.asarray(expected, onp.float64),
            rtol=2e-6,
            atol=1e-7,
            err_msg=name,
        )


def test_vmap_over_keys_equals_a_loop():
    keys = random.split(KEY, 3)

    def draw(k):
        return (
            random.uniform(k, (2,)),
            random.randint(k, (2,), 0, 100),
            random.split(k),
            random.permutation(k, 7),
            random.fold_in(k, 3),
        )

    loop = [draw(k) for k in keys]
    for i, found in enumerate(axir.vmap(draw)(keys)):
        onp.testing.assert_array_equal(found, onp.stack([row[i] for row in loop]))


def test_under_x64():
    with axir.enable_x64():
        k = random.PRNGKey(42)
        assert random.PRNGKey(2**33 + 5).tolist() == [2, 5]
        assert random.PRNGKey(-3).tolist() == [4294967295, 4294967293]
        assert random.bits(k, (2,)).tolist() == [7871734211187709741, 276886910877598708]
        assert random.bits(k, (2,), "uint8").dtype == onp.uint8
        assert random.uniform(k, (2,)).tolist() == [0.4267275666499091, 0.015010069515314584]
        onp.testing.assert_allclose(
            random.normal(k, (2,)), [-0.18471174528191162, -2.169824560397754], rtol=1e-14
        )
        assert random.randint(k, (3,), 0, 10**12).tolist() == [464050701877, 604979476158, 848944880791]


def test_seeds_of_every_integer_dtype():
    for dtype in ("int8", "uint8", "int16", "int32", "uint32"):
        assert random.key_data(random.key(np.array(5, dtype))).tolist() == [0, 5]
    assert random.PRNGKey(np.array(-1, "int8")).tolist() == [0, 2**32 - 1]
    assert random.key_data(axir.jit(random.key)(7)).tolist() == [0, 7]


def test_permutations_differentiate():
    x = np.arange(5.0)
    order = random.permutation(KEY, 5)
    found = axir.grad(lambda x: np.sum(random.permutation(KEY, x) * np.arange(5.0)))(x)
    expected = onp.empty(5)
    expected[onp.asarray(order)] = onp.arange(5.0)
    onp.testing.assert_array_equal(found, expected)


def test_the_gradient_of_reparametrized_normal_numbers():
    found = axir.grad(lambda s: np.sum(s * random.normal(KEY, (4,))))(2.0)
    onp.testing.assert_allclose(found, random.normal(KEY, (4,)).sum(), rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: random.key(1.5), TypeError),
        (lambda: random.key(np.arange(2)), TypeError),
        (lambda: random.key(random.key(0)), TypeError),
        (lambda: random.key(0, impl=3), TypeError),
        (lambda: random.key(2**64), OverflowError),
        (lambda: random.fold_in(KEY, -1), OverflowError),
        (lambda: random.fold_in(KEY, 1.5), TypeError),
        (lambda: random.normal(0), TypeError),
        (lambda: random.normal(np.zeros(2)), TypeError),
        (lambda: random.normal(random.split(KEY)), ValueError),
        (lambda: random.uniform(KEY, (2,), int), TypeError),
        (lambda: random.uniform(KEY, (2,), minval=np.zeros(3)), ValueError),
        (lambda: random.uniform(KEY, (-2,)), ValueError),
        (lambda: random.randint(KEY, (2,), 0, 2, float), TypeError),
        (lambda: random.bits(KEY, (2,), "int32"), TypeError),
        (lambda: random.permutation(KEY, 1.5), TypeError),
        (lambda: random.permutation(KEY, MATRIX, 2), IndexError),
        (lambda: random.choice(KEY, 3, (4,), False), ValueError),
        (lambda: random.choice(KEY, 3, (4,), p=np.ones(2)), ValueError),
    ],
)
def test_bad_arguments(call, error):
    with pytest.raises(error) as caught:
        call()
    assert isinstance(caught.value, axir.errors.AxirError | OverflowError)


def test_empty_shapes():
    assert random.uniform(KEY, (0, 3)).shape == (0, 3)
    assert random.permutation(KEY, 0).shape == (0,)
    assert random.split(KEY, 0).shape == (0, 2)


def test_few_and_many_numbers_are_enciphered_alike() -> None:
    """NumPy's operations and those on lanes of one integer."""
    xs = onp.random.default_rng(0).integers(0, 2**32, (4, 300), "uint32")
    xs[:, :4] = 0xFFFFFFFF
    whole = Threefry2x32Op.numpy(*xs)
    key = [onp.asarray(x[7]) for x in xs[:2]]
    shared = Threefry2x32Op.numpy(*key, *xs[2:])
    for count in (1, 2, 7, 128, 129):
        for found, expected in zip(Threefry2x32Op.numpy(*xs[:, :count]), whole, strict=True):
            onp.testing.assert_array_equal(found, expected[:count])
            assert found.dtype == onp.uint32
        for found, expected in zip(Threefry2x32Op.numpy(*key, *xs[2:, None, :count]), shared, strict=True):
            onp.testing.assert_array_equal(found, expected[None, :count])
    assert Threefry2x32Op.numpy(*xs[:, :0])[0].shape == (0,)
