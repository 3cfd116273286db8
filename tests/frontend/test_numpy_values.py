"""Functions of axir.numpy whose results follow from values: roots, files, texts, dtypes, grids; and their errors."""

import io

import ml_dtypes
import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir.errors import ConcretizationError, DTypeError, ShapeError


def _sorted(values):
    return onp.sort_complex(onp.round(onp.asarray(values), 3))


@pytest.mark.parametrize("p", [[1.0, -3, 2], [0, 0, 1, -6, 11, -6], [1, 0, 1], [2, 0, 0], [4.0], [0, 0]])
def test_roots_are_numpys(p):
    found = np.roots(np.array(p))
    assert found.dtype == onp.complex64
    onp.testing.assert_allclose(_sorted(found), _sorted(onp.roots(p)), atol=2e-3)


def test_roots_have_derivatives():
    p = np.array([1.0, -3.0, 2.0])
    slope = axir.jacfwd(lambda p: np.roots(p, strip_zeros=False))(p)
    r = onp.array([2.0, 1.0])[:, None]
    onp.testing.assert_allclose(slope, -(r ** onp.array([2, 1, 0])) / (2 * r - 3), atol=1e-5)


def test_roots_with_leading_zeros_kept_end_in_nan():
    p = np.array([0.0, 0.0, 1.0, -3.0, 2.0])
    found = onp.asarray(axir.jit(lambda p: np.roots(p, strip_zeros=False))(p))
    onp.testing.assert_allclose(_sorted(found[:2]), [1, 2], atol=1e-4)
    assert onp.isnan(found[2:]).all()
    batch = axir.vmap(lambda p: np.roots(p, strip_zeros=False))(np.array([[1.0, -3, 2], [1, 0, -4]]))
    onp.testing.assert_allclose([_sorted(row) for row in batch], [[1, 2], [-2, 2]], atol=1e-4)
    with pytest.raises(ConcretizationError, match="leading coefficients"):
        axir.jit(np.roots)(p)


def test_the_characteristic_polynomial_of_a_matrix():
    matrix = onp.float32([[2, 1, 0], [0, 3, 1], [1, 0, 1]])
    onp.testing.assert_allclose(onp.asarray(np.poly(matrix)).real, onp.poly(matrix), rtol=1e-4)


def test_quotient_and_remainder():
    quotient, rest = np.polydiv(np.array([1.0, 5, 7, 1]), np.array([1.0, 2]), trim_leading_zeros=True)
    onp.testing.assert_allclose(quotient, [1, 3, 1])
    onp.testing.assert_allclose(rest, [-1])
    short, whole = np.polydiv(np.array([3.0]), np.array([1.0, 2]))
    onp.testing.assert_allclose((short, whole), ([0], [3]))


def test_a_fit_gives_what_is_asked_for():
    x = onp.linspace(-1, 2, 7, dtype=onp.float32)
    y = onp.sin(x)
    coefficients, residuals, rank, singular, bound = np.polyfit(x, y, 2, full=True)
    expected = onp.polyfit(x, y, 2, full=True)
    for mine, theirs in zip((coefficients, residuals, rank, singular), expected, strict=False):
        onp.testing.assert_allclose(onp.ravel(mine), onp.ravel(theirs), rtol=1e-3)
    assert float(bound) == pytest.approx(7 * 2**-23)
    onp.testing.assert_allclose(np.polyfit(x, y, 1, cov=True)[1].trace() > 0, True)
    with pytest.raises(ValueError, match="covariance"):
        np.polyfit(x[:2], y[:2], 1, cov=True)


def test_derivatives():
    slope = axir.grad(lambda x: np.interp(x, np.array([0.0, 1, 3]), np.array([0.0, 2, 0])))
    onp.testing.assert_allclose([slope(0.5), slope(2.0)], [2, -1])
    onp.testing.assert_allclose(axir.grad(np.i0)(1.5), 0.98166643, rtol=1e-5)
    onp.testing.assert_allclose(axir.grad(np.i0)(30.0), 7.685320389e11, rtol=1e-4)
    ramp = axir.grad(lambda p: np.polyval(p, 2.0))(np.array([1.0, 5, 7]))
    onp.testing.assert_allclose(ramp, [4, 2, 1])
    pieces = axir.vmap(
        axir.grad(lambda x: np.piecewise(x, [x < 0, x >= 0], [lambda v: v * v, lambda v: 3 * v]))
    )
    onp.testing.assert_allclose(pieces(np.array([-2.0, 4])), [-4, 3])


@pytest.mark.parametrize(
    "values",
    [
        [0, 0, 1, 2, 0, 3, 0],
        [0, 0],
        [1],
        onp.pad(onp.ones((2, 3)), 2),
    ],
)
@pytest.mark.parametrize("trim", ["fb", "f", "b", "B"])
def test_trimmed_zeros_are_numpys(values, trim):
    onp.testing.assert_array_equal(
        np.trim_zeros(np.array(values), trim), onp.trim_zeros(onp.array(values), trim)
    )


def test_trimming_one_axis_and_traced_arrays():
    padded = np.pad(np.ones((2, 3)), 2)
    assert np.trim_zeros(padded, axis=0).shape == (2, 7)
    with pytest.raises(ConcretizationError, match="size of the result"):
        axir.jit(np.trim_zeros)(padded)


@pytest.mark.parametrize("dtype", ["float32", "int8", "bool", "complex64", "bfloat16"])
def test_files_keep_arrays(tmp_path, dtype):
    x = np.arange(6).reshape(2, 3).astype(dtype)
    np.save(tmp_path / "x", x)
    found = np.load(tmp_path / "x.npy")
    assert isinstance(found, np.ndarray) and found.dtype == x.dtype
    onp.testing.assert_array_equal(onp.asarray(found), onp.asarray(x))


def test_several_arrays_in_a_file():
    file = io.BytesIO()
    np.savez(file, np.ones(2), name=np.arange(3))
    file.seek(0)
    with np.load(file) as found:
        assert sorted(found) == ["arr_0", "name"]
        onp.testing.assert_array_equal(found["name"], [0, 1, 2])
    with pytest.raises(ConcretizationError, match="write"):
        axir.jit(lambda x: np.save(io.BytesIO(), x))(np.ones(2))


def test_arrays_of_bytes_texts_and_iterators(tmp_path):
    onp.testing.assert_array_equal(
        np.frombuffer(b"abcdef", np.int16, 2, 2), onp.frombuffer(b"cdef", onp.int16)
    )
    wide = np.frombuffer(onp.arange(3.0).tobytes())
    assert wide.dtype == onp.float32 and wide.tolist() == [0, 1, 2]
    assert np.fromstring("1, 2,3", int, sep=",").tolist() == [1, 2, 3]
    assert np.fromiter((k * k for k in range(9)), "float32", 3).tolist() == [0, 1, 4]
    onp.arange(4, dtype=onp.int16).tofile(tmp_path / "raw")
    assert np.fromfile(tmp_path / "raw", onp.int16).tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="buffer size"):
        np.frombuffer(b"abc", np.int16)


def test_a_function_of_indices():
    found = np.fromfunction(lambda i, j, k=0: i * 10 + j + k, (2, 3), dtype=int, k=100)
    assert found.dtype == onp.int32 and found.tolist() == [[100, 101, 102], [110, 111, 112]]
    assert np.fromfunction(lambda i: i, (2,)).dtype == onp.float32


def test_texts_follow_the_printing_options():
    x = np.array([1.23456789, 2.0])
    assert np.array_str(x, precision=2) == "[1.23 2.  ]"
    assert np.array_repr(x, precision=2) == "Array([1.23, 2.  ], dtype=float32)"
    assert np.array_repr(np.asarray(2)) == repr(np.asarray(2)) == "Array(2, dtype=int32, weak_type=True)"
    with np.printoptions(precision=1):
        assert repr(x) == "Array([1.2, 2. ], dtype=float32)"
        assert np.get_printoptions()["precision"] == 1
    before = np.get_printoptions()["threshold"]
    try:
        np.set_printoptions(threshold=3)
        assert "..." in str(np.arange(99))
    finally:
        np.set_printoptions(threshold=before)


def test_dtypes_that_arrays_cannot_have_are_described():
    assert np.finfo(np.float8_e4m3fn).max == 448
    assert np.finfo(np.float4_e2m1fn).bits == 4
    assert (np.iinfo(np.int4).min, np.iinfo(np.uint2).max) == (-8, 3)
    assert np.float8_e5m2.dtype == ml_dtypes.float8_e5m2
    assert np.issubdtype(np.float8_e5m2, np.floating) and not np.issubdtype(np.float8_e5m2, np.integer)
    assert np.issubdtype(np.uint4, np.unsignedinteger) and not np.issubdtype(np.int4, np.int8)
    for make in (np.float8_e4m3fn, lambda x: np.zeros(2, np.int4), lambda x: np.ones(2).astype("uint2")):
        with pytest.raises(DTypeError, match="are not supported"):
            make(1)


def test_questions_about_dtypes_and_objects():
    assert np.can_cast(np.int8, np.float32) and not np.can_cast(np.float64, np.float32)
    assert np.can_cast(np.ones(2), np.float16, "same_kind") and np.can_cast(np.bfloat16, np.float32)
    with pytest.raises(TypeError, match="can_cast"):
        np.can_cast(1.0, np.float32)
    assert [np.isscalar(v) for v in (1, "a", np.float32(2), np.ones(1), None)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert [np.iterable(v) for v in ([], np.ones(1), 3)] == [True, True, False]
    assert np.bool is np.bool_ and np.single is np.float32 and np.cdouble is np.complex128
    assert np.s_[1:3, ...] == (slice(1, 3), ...) and np.index_exp[2] == (2,)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: np.hamming(-1), ValueError, "negative"),
        (lambda: np.i0(1j), ValueError, "complex"),
        (lambda: np.block([]), ValueError, "empty"),
        (lambda: np.block([[1], 2]), ValueError, "equally deep"),
        (lambda: np.block([(1, 2)]), ValueError, "tuple"),
        (lambda: np.rollaxis(np.ones((2, 3)), 0, 4), IndexError, "start 4"),
        (lambda: np.resize(np.ones(2), (-1,)), ValueError, "negative"),
        (lambda: np.gcd(1.5, 2), ValueError, "integers"),
        (lambda: np.packbits(np.ones(3)), TypeError, "integers or bools"),
        (lambda: np.unpackbits(np.arange(3)), TypeError, "uint8"),
        (lambda: np.unpackbits(np.zeros(3, np.uint8), bitorder="up"), ValueError, "bitorder"),
        (lambda: np.gradient(np.ones((3, 1))), ValueError, "at least 2 points"),
        (lambda: np.gradient(np.ones((3, 3)), 1.0, 2.0, 3.0), TypeError, "distance"),
        (lambda: np.gradient(np.ones(3), np.ones(4)), ValueError, "coordinates"),
        (lambda: np.gradient(np.ones(3), edge_order=2), NotImplementedError, "edge_order"),
        (lambda: np.interp(1.0, np.ones(2), np.ones(3)), ValueError, "equal size"),
        (lambda: np.interp(1.0, np.ones(2), np.ones(2), left="up"), ValueError, "extrapolate"),
        (lambda: np.unwrap(np.ones(2) * 1j), ValueError, "complex"),
        (lambda: np.cov(np.ones((2, 2, 2))), ValueError, "2 axes"),
        (lambda: np.cov(np.ones(3), fweights=np.ones(3)), TypeError, "fweights"),
        (lambda: np.cov(np.ones(3), aweights=np.ones(2)), ValueError, "3 weights"),
        (lambda: np.cov(np.ones(3), dtype=int), ValueError, "float or complex"),
        (lambda: np.histogramdd(np.ones(3)), ValueError, "points"),
        (lambda: np.histogramdd(np.ones((3, 2)), bins=[1, 2, 3]), ValueError, "2 entries"),
        (lambda: np.histogram2d(np.ones(3), np.ones(2)), ValueError, "equal size"),
        (lambda: np.matvec(np.ones(3), np.ones(3)), ValueError, "at least 2 and 1"),
        (lambda: np.piecewise(np.ones(2), [np.ones(2) > 0], []), ValueError, "as many functions"),
        (lambda: np.polyadd(np.ones((2, 2)), 1), ValueError, "vectors"),
        (lambda: np.polydiv(np.ones(0), np.ones(1)), ValueError, "empty"),
        (lambda: np.polyder(np.ones(3), -1), ValueError, "order"),
        (lambda: np.polyint(np.ones(3), 2, k=np.ones(3)), ValueError, "2 constants"),
        (lambda: np.polyfit(np.ones(3), np.ones(2), 1), TypeError, "points"),
        (lambda: np.polyval(1.0, 2.0), ValueError, "along an axis"),
        (lambda: np.poly(np.ones((2, 3))), ValueError, "square"),
        (lambda: np.vander(np.ones((2, 2))), ValueError, "vector"),
        (lambda: np.roots(np.ones((2, 2))), ValueError, "vector"),
        (lambda: np.mgrid[0:], ValueError, "stop"),
        (lambda: np.r_["a,b", 1], ValueError, "directive"),
        (lambda: np.r_[1, "r"], ValueError, "come first"),
        (lambda: np.trapezoid(1.0), ValueError, "scalar"),
    ],
)
def test_errors_say_what_is_wrong(call, error, text):
    with pytest.raises(error, match=text) as found:
        call()
    assert isinstance(found.value, axir.errors.AxirError)
    assert found.type is not ShapeError or issubclass(error, ValueError)
