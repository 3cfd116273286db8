"""Functions of large arrays run on all cores and into memory that is given for their results."""

import numpy
import pytest

import axir
import axir.numpy as np
from axir import lax

N = 300


@pytest.fixture(scope="module")
def x():
    return numpy.random.default_rng(0).standard_normal((N, N)).astype(numpy.float32)


def test_results_that_are_parts_of_what_a_kernel_computes(x):
    @axir.jit
    def parts(x):
        return x[3:50], np.cumsum(x, axis=0)[-1], lax.linalg.lu(x)[0][:1, :4], np.stack([x, x]), x.reshape(-1)

    rows, total, corner, twice, flat = parts(x)
    numpy.testing.assert_array_equal(rows, x[3:50])
    numpy.testing.assert_allclose(total, x.sum(0, dtype=numpy.float64), atol=1e-4)
    assert corner[0, 0] == x[numpy.abs(x[:, 0]).argmax(), 0]
    numpy.testing.assert_array_equal(twice, [x, x])
    numpy.testing.assert_array_equal(flat, x.ravel())


def test_one_result_that_is_a_part_of_an_argument(x):
    numpy.testing.assert_array_equal(axir.jit(lambda x: x[5])(x), x[5])


def test_values_without_vectors(x):
    symmetric = x + x.T
    found = axir.jit(np.linalg.eigvalsh)(symmetric)
    numpy.testing.assert_allclose(found, numpy.linalg.eigvalsh(symmetric), atol=1e-3)
    found = axir.jit(lambda x: np.linalg.svd(x, compute_uv=False))(x)
    numpy.testing.assert_allclose(found, numpy.linalg.svd(x, compute_uv=False), atol=1e-3)


def test_results_outlive_the_function_and_its_arguments(x):
    def kept():
        function = axir.jit(lambda x: (x, x[3:50]))
        return function(np.asarray(x.copy()))

    whole, part = kept()
    for _ in range(3):
        numpy.full((N, N), 7.0, numpy.float32)
    again = axir.jit(lambda a, b: (a, b[1:]))(whole, part)
    del whole, part
    numpy.testing.assert_array_equal(again[0], x)
    numpy.testing.assert_array_equal(again[1], x[4:50])
