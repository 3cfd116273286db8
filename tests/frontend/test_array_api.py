"""What the array API standard asks of arrays and of the namespace; the consortium's suite is in tools/array_api."""

import inspect

import numpy as onp
import pytest
from numpy_cases import words

import axir
import axir.numpy as np

# Functions of the standard, version 2024.12, by the section of its document.
FUNCTIONS = words(
    "arange asarray empty empty_like eye from_dlpack full full_like linspace meshgrid ones ones_like "
    "tril triu zeros zeros_like astype broadcast_arrays broadcast_to can_cast finfo iinfo isdtype "
    "result_type abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_left_shift "
    "bitwise_invert bitwise_or bitwise_right_shift bitwise_xor ceil clip conj copysign cos cosh "
    "divide equal exp expm1 floor floor_divide greater greater_equal hypot imag isfinite isinf isnan "
    "less less_equal log log1p log2 log10 logaddexp logical_and logical_not logical_or logical_xor "
    "maximum minimum multiply negative nextafter not_equal positive pow real reciprocal remainder "
    "round sign signbit sin sinh square sqrt subtract tan tanh trunc take take_along_axis matmul "
    "matrix_transpose tensordot vecdot broadcast_arrays concat expand_dims flip moveaxis "
    "permute_dims repeat reshape roll squeeze stack tile unstack argmax argmin count_nonzero nonzero "
    "searchsorted where unique_all unique_counts unique_inverse unique_values argsort sort "
    "cumulative_prod cumulative_sum max mean min prod std sum var all any diff "
    "__array_namespace_info__ "
)
LINALG = words(
    "cholesky cross det diagonal eigh eigvalsh inv matmul matrix_norm matrix_power matrix_rank "
    "matrix_transpose outer pinv qr slogdet solve svd svdvals tensordot trace vecdot vector_norm "
)
FFT = words("fft ifft fftn ifftn rfft irfft rfftn irfftn hfft ihfft fftfreq rfftfreq fftshift ifftshift ")
CONSTANTS = words("e inf nan newaxis pi ")


def test_every_name_of_the_standard_is_there():
    missing = [n for n in [*FUNCTIONS, *CONSTANTS] if not hasattr(np, n)]
    missing += [f"linalg.{n}" for n in LINALG if not hasattr(np.linalg, n)]
    missing += [f"fft.{n}" for n in FFT if not hasattr(np.fft, n)]
    assert missing == [] and len(FUNCTIONS) > 130


@pytest.mark.parametrize("version", [None, "2021.12", "2024.12"])
def test_arrays_name_their_namespace(version):
    assert np.ones(2).__array_namespace__(api_version=version) is np
    assert np.__array_api_version__ == "2024.12"


def test_another_version_is_refused():
    with pytest.raises(ValueError, match=r"versions of the standard are .*2024\.12; got '2035\.12'"):
        np.ones(2).__array_namespace__(api_version="2035.12")


def test_the_namespace_describes_itself():
    info = np.__array_namespace_info__()
    assert info.default_device() in info.devices() == axir.devices()
    assert info.capabilities()["data-dependent shapes"] is True
    assert info.default_dtypes(device=info.default_device())["real floating"] == onp.float32
    assert set(info.dtypes(kind="signed integer")) == {"int8", "int16", "int32"}
    assert set(info.dtypes(kind=("bool", "complex floating"))) == {"bool", "complex64"}
    with axir.enable_x64():
        assert info.default_dtypes()["integral"] == onp.int64
        assert {"int64", "float64", "complex128"} < set(info.dtypes())


@pytest.mark.parametrize("dtype", ["float32", "int8", "uint16", "complex64", "bool"])
def test_memory_is_shared_both_ways(dtype):
    source = onp.arange(6).reshape(2, 3).astype(dtype)
    x = np.from_dlpack(source)
    assert x.dtype == source.dtype and x.__dlpack_device__() == (1, 0)
    back = onp.from_dlpack(x)
    onp.testing.assert_array_equal(back, source)
    copied = onp.from_dlpack(x, copy=True)
    assert not onp.shares_memory(copied, back)


def test_capsules_are_for_host_memory():
    x = np.ones(3)
    assert list(inspect.signature(x.__dlpack__).parameters) == ["stream", "max_version", "dl_device", "copy"]
    for options in ({"stream": 1}, {"dl_device": (2, 0)}):
        with pytest.raises(BufferError, match="host memory"):
            x.__dlpack__(**options)


def test_diagonals_far_outside_a_matrix_are_empty():
    assert float(np.eye(2, k=1 << 40).sum()) == 0 and float(np.tri(2, k=1 << 40).sum()) == 4
    assert np.tril(np.ones((2, 2)), -(1 << 40)).tolist() == [[0, 0], [0, 0]]
