"""Rows for axir.numpy with linalg and fft."""

from parity.rows import (
    ABOVE_ONE,
    BOOLS,
    COMPLEX,
    HOLES,
    INTS,
    MATRIX,
    OTHER,
    POSITIVE,
    SMALL,
    SQUARE,
    VECTOR,
    each,
)

N = "numpy"
SMOOTH = (
    "abs absolute acos arccos asin arcsin arcsinh asinh arctan atan arctanh atanh cbrt cos cosh deg2rad degrees "
    "exp exp2 expm1 fabs i0 log1p negative positive rad2deg radians sin sinc sinh square tan tanh"
)
STEPS = (
    "ceil floor rint round around trunc sign signbit isfinite isinf isnan isneginf isposinf isreal iscomplex"
)
PAIRS = "add subtract multiply divide true_divide arctan2 atan2 copysign fmax fmin hypot logaddexp logaddexp2 maximum"
COMPARE = "equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor isclose"
SUMS = "sum prod mean var std max min amax amin nansum nanprod nanmean nanvar nanstd nanmax nanmin"
BITS = (
    "bitwise_and bitwise_or bitwise_xor left_shift right_shift bitwise_left_shift bitwise_right_shift gcd lcm"
)

ELEMENTWISE = [
    *each(N, SMOOTH, VECTOR),
    *each(N, "argpartition partition", VECTOR, 2, without="grad"),
    *each(N, "acosh arccosh log log2 log10 sqrt reciprocal", ABOVE_ONE),
    *each(N, "sin exp sqrt square conj conjugate real imag angle abs negative", COMPLEX, without="grad"),
    *each(N, "sin exp sqrt square abs negative positive sign reciprocal cbrt", INTS[:1], without="grad"),
    *each(N, "sin exp sqrt", 0.5, without="grad vmap"),
    *each(N, STEPS, HOLES, without="grad"),
    *each(N, "nan_to_num", HOLES, without="grad"),
    *each(N, PAIRS, VECTOR, OTHER),
    *each(N, PAIRS, INTS, OTHER),
    *each(N, "minimum nextafter heaviside", VECTOR, OTHER, without="grad"),
    *each(N, "add subtract multiply divide power maximum", INTS, 2, without="grad"),
    *each(N, "add subtract multiply divide maximum arctan2", VECTOR, 2.5),
    *each(N, "power pow float_power", ABOVE_ONE, OTHER[:4], rtol=1e-4),
    *each(N, "mod remainder fmod floor_divide divmod", INTS, SMALL, without="grad"),
    *each(N, "mod remainder fmod floor_divide divmod", ABOVE_ONE, OTHER[:4], without="grad"),
    *each(N, COMPARE, VECTOR, OTHER, without="grad"),
    *each(N, BITS, INTS % 8, SMALL, without="grad"),
    *each(N, "bitwise_not bitwise_invert invert bitwise_count logical_not", INTS, without="grad"),
    *each(N, "ldexp", VECTOR, SMALL),
    *each(N, "frexp", VECTOR, without="grad"),
    *each(N, "modf", VECTOR, without="grad"),
    *each(N, "clip", VECTOR, -0.3, 0.4),
    *each(N, "where", BOOLS, VECTOR, OTHER),
    *each(N, "spacing", VECTOR, without="grad"),
]
REDUCTIONS = [
    *each(N, SUMS, MATRIX),
    *each(N, SUMS, MATRIX, axis=1),
    *each(N, SUMS, MATRIX, axis=0, keepdims=True),
    *each(N, SUMS, SMALL, without="grad"),
    *each(N, "all any count_nonzero", BOOLS, without="grad"),
    *each(N, "argmax argmin nanargmax nanargmin argsort", VECTOR, without="grad"),
    *each(
        N, "cumsum cumprod nancumsum nancumprod cumulative_sum cumulative_prod diff sort median ptp", VECTOR
    ),
    *each(N, "nanmedian average ediff1d gradient trapezoid", VECTOR),
    *each(N, "quantile nanquantile", VECTOR, 0.3),
    *each(N, "percentile nanpercentile", VECTOR, 30.0),
    *each(N, "bincount", SMALL, length=5, without="grad"),
    *each(N, "cov corrcoef", MATRIX, rtol=1e-4),
    *each(N, "dot inner outer vdot vecdot kron convolve correlate polyadd polysub polymul", VECTOR, OTHER),
    *each(N, "interp", VECTOR, VECTOR[:3] * 0 + [-0.5, 0.0, 0.5], OTHER[:3], without="grad"),
    *each(N, "digitize searchsorted", OTHER[:3] * 0 + [-0.5, 0.0, 0.5], OTHER[:3], without="grad"),
]
SHAPES = [
    *each(N, "atleast_1d atleast_2d atleast_3d copy diag diagflat flip fliplr flipud ravel", MATRIX),
    *each(N, "squeeze transpose matrix_transpose trace tril triu rot90 ones_like zeros_like", MATRIX),
    *each(N, "diagonal", MATRIX),
    *each(N, "expand_dims", MATRIX, 1),
    *each(N, "reshape", MATRIX, (4, 3)),
    *each(N, "swapaxes moveaxis rollaxis", MATRIX, 1, 0),
    *each(N, "roll repeat tile", MATRIX, 2),
    *each(N, "broadcast_to", VECTOR, (2, 5)),
    *each(N, "array_split hsplit", MATRIX, 2),
    *each(N, "pad", MATRIX, 1),
    *each(N, "full_like", MATRIX, 2),
    *each(N, "append", VECTOR, OTHER),
    *each(N, "take", VECTOR, SMALL),
    *each(N, "broadcast_arrays meshgrid", VECTOR, OTHER),
    *each(N, "permute_dims", MATRIX, (1, 0)),
    *each(N, "split", MATRIX[:2], 2),
    *each(N, "matmul dot tensordot", SQUARE, POSITIVE),
    *each(N, "matvec", SQUARE, OTHER[:3]),
    *each(N, "vecmat", OTHER[:3], SQUARE),
    *each(N, "cross", VECTOR[:3], OTHER[:3]),
    *each(N, "polyval", VECTOR, OTHER),
    *each(N, "polyder polyint", VECTOR),
    *each(N, "vander", VECTOR, 3),
]
CREATION = [
    *each(N, "arange zeros ones eye identity tri hamming hanning blackman bartlett", 5, without="grad vmap"),
    *each(N, "empty", (0, 2), without="grad vmap"),
    *each(N, "arange", 0.5, 3, without="grad vmap"),
    *each(N, "linspace logspace geomspace", 1, 3, 5, without="grad vmap"),
    *each(N, "full", (2, 2), 3, without="grad vmap"),
    *each(N, "kaiser", 5, 2.0, without="grad vmap"),
    *each(N, "diag_indices", 3, without="grad vmap"),
    *each(N, "tril_indices triu_indices", 3, without="grad vmap"),
    *each(N, "indices", (2, 3), without="grad vmap"),
    *each(N, "array asarray", [1, 2.5], without="grad vmap"),
    *each(N, "array asarray", 3, without="grad vmap"),
]
LINALG = [
    *each(
        "numpy.linalg",
        "det inv matrix_norm norm matrix_transpose trace diagonal slogdet pinv",
        SQUARE,
        rtol=2e-4,
    ),
    *each("numpy.linalg", "cholesky eigvalsh svdvals", POSITIVE, rtol=2e-4),
    *each("numpy.linalg", "matrix_rank", POSITIVE, without="grad"),
    *each("numpy.linalg", "cond", POSITIVE, rtol=1e-3, without="grad"),
    *each("numpy.linalg", "solve matmul tensordot", SQUARE, POSITIVE, rtol=2e-4),
    *each("numpy.linalg", "outer vecdot cross", VECTOR[:3], OTHER[:3]),
    *each("numpy.linalg", "vector_norm", VECTOR),
    *each("numpy.linalg", "matrix_power", SQUARE, 3, rtol=1e-4),
]
FFT = [
    *each(
        "numpy.fft", "fft ifft rfft ihfft hfft irfft fftshift ifftshift", VECTOR, without="grad", rtol=1e-4
    ),
    *each("numpy.fft", "fft2 ifft2 rfft2 irfft2 fftn ifftn rfftn irfftn", MATRIX, without="grad", rtol=1e-4),
    *each("numpy.fft", "fftfreq rfftfreq", 6, without="grad vmap"),
]
ROWS = [*ELEMENTWISE, *REDUCTIONS, *SHAPES, *CREATION, *LINALG, *FFT]
