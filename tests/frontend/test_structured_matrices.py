"""Structured matrices against SciPy's."""

import numpy
import pytest
import scipy.linalg

import axir
import axir.numpy as np
from axir.scipy import linalg

C, R = numpy.array([1.0, 2, -3, 4]), numpy.array([9.0, 7, 8])
POLYNOMIALS = [numpy.array(p, float) for p in ([2, 3], [1, -6, 11], [2, 1, -1, 4], [1, -16, 86, -176, 105])]

MATRICES = [
    ("circulant", (C,)),
    ("hankel", (C,)),
    ("hankel", (C, R)),
    ("fiedler", (C,)),
    *(("companion", (p,)) for p in POLYNOMIALS),
    *(("fiedler_companion", (p,)) for p in POLYNOMIALS),
    *(("convolution_matrix", (C[:3], n, mode)) for n in (1, 2, 6) for mode in ("full", "same", "valid")),
    ("leslie", (C, R)),
    *(("dft", (5, scale)) for scale in (None, "sqrtn", "n")),
    *(("hadamard", (n,)) for n in (1, 2, 8)),
    *(("helmert", (4, full)) for full in (False, True)),
    ("helmert", (1,)),
    *((name, (n,)) for name in ("hilbert", "invhilbert") for n in (1, 6)),
    *((name, (6, kind)) for name in ("pascal", "invpascal") for kind in ("symmetric", "lower", "upper")),
]


@pytest.mark.parametrize(("name", "args"), MATRICES)
def test_equal_to_those_of_scipy(name, args):
    found = getattr(linalg, name)(*args)
    expected = getattr(scipy.linalg, name)(*args)
    assert found.shape == expected.shape
    numpy.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["circulant", "hankel", "fiedler", "companion", "fiedler_companion"])
def test_batches_are_stacks(name):
    function, x = getattr(linalg, name), numpy.random.default_rng(0).standard_normal((2, 3, 5)).astype("f4")
    expected = numpy.array([[function(row) for row in rows] for rows in x])
    numpy.testing.assert_array_equal(function(x), expected)
    numpy.testing.assert_array_equal(axir.vmap(function, in_axes=1, out_axes=1)(x), expected)


def test_batches_broadcast():
    f, s = numpy.ones((2, 1, 4), "f4"), numpy.arange(9.0, dtype="f4").reshape(3, 3)
    assert linalg.leslie(f, s).shape == (2, 3, 4, 4)
    assert linalg.hankel(f, s).shape == (2, 3, 4, 3)
    numpy.testing.assert_array_equal(linalg.leslie(f, s)[1, 2], scipy.linalg.leslie(f[1, 0], s[2]))


def test_derivatives():
    slope = axir.grad(lambda c: np.sum(linalg.circulant(c) * np.arange(9.0).reshape(3, 3)))(np.ones(3))
    numpy.testing.assert_array_equal(slope, [0 + 4 + 8, 2 + 3 + 7, 1 + 5 + 6])


def test_dtypes():
    assert linalg.circulant(numpy.arange(3, dtype="i2")).dtype == "int16"
    assert linalg.companion(numpy.arange(1, 4)).dtype == "float32"
    assert linalg.hadamard(2, "int8").dtype == "int8"
    assert linalg.dft(2).dtype == "complex64"
    with axir.enable_x64():
        assert linalg.hilbert(2).dtype == "float64"
        assert linalg.pascal(2).dtype == "float32"
        numpy.testing.assert_array_equal(linalg.invhilbert(12), scipy.linalg.invhilbert(12))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: linalg.hankel(1.0), "hankel: c must have at least one axis; got"),
        (lambda: linalg.convolution_matrix(C, 0), "n must be positive; got"),
        (
            lambda: linalg.convolution_matrix(C, 2, "half"),
            "mode must be 'full', 'same' or 'valid'; got 'half'",
        ),
        (lambda: linalg.companion(C[:1]), "companion: there must be at least 2 coefficients"),
        (lambda: linalg.fiedler_companion(C[:0]), "fiedler_companion: there must be at least 1 coefficients"),
        (lambda: linalg.leslie(C, C), "leslie: s must be one shorter than f"),
        (lambda: linalg.dft(3, "half"), "dft: scale must be None, 'sqrtn' or 'n'; got 'half'"),
        (lambda: linalg.hadamard(6), "hadamard: the size must be a power of two; got 6"),
        (lambda: linalg.helmert(0), "helmert: the size must be at least 1; got 0"),
        (lambda: linalg.pascal(3, "left"), "pascal: kind must be"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_toeplitz_of_complex_numbers_is_hermitian():
    c = numpy.array([1, 2 + 1j, 3j], "c8")
    numpy.testing.assert_array_equal(linalg.toeplitz(c), scipy.linalg.toeplitz(c))


def test_dtypes_without_the_numbers():
    with pytest.raises(TypeError, match="hadamard: -1 is no bool"):
        linalg.hadamard(2, bool)
    with pytest.raises(TypeError, match="dft: dtype must be complex; got float32"):
        linalg.dft(3, dtype="float32")
