"""Rows for axir.lax, axir.nn and axir.scipy."""

from parity.rows import ABOVE_ONE, COMPLEX, INTS, MATRIX, OTHER, SMALL, SQUARE, VECTOR, each

L, S = "lax", "scipy.special"
SMOOTH = (
    "abs acos asin asinh atan atanh bessel_i0e bessel_i1e cbrt cos cosh erf erfc erf_inv exp exp2 expm1 log1p "
    "logistic neg sin sinh square tan tanh cumsum cumprod cummax cummin cumlogsumexp"
)
ACTIVATIONS = (
    "celu elu gelu hard_sigmoid hard_silu hard_swish hard_tanh identity leaky_relu log_sigmoid log_softmax "
    "logsumexp mish relu relu6 selu sigmoid silu soft_sign softmax softplus sparse_plus sparse_sigmoid squareplus "
    "standardize swish tanh logmeanexp"
)
ROWS = [
    *each(L, SMOOTH, VECTOR),
    *each(L, "acosh digamma lgamma log reciprocal rsqrt sqrt", ABOVE_ONE),
    *each(L, "ceil floor round sign is_finite", VECTOR, without="grad"),
    *each(L, "add sub mul div max min atan2", VECTOR, OTHER),
    *each(L, "eq ne lt le gt ge nextafter rem", VECTOR, OTHER, without="grad"),
    *each(L, "add mul max min", VECTOR, 2.0),
    *each(
        L, "bitwise_and bitwise_or bitwise_xor shift_left shift_right_arithmetic", INTS, SMALL, without="grad"
    ),
    *each(L, "shift_right_logical mulhi rem div", INTS, SMALL, without="grad"),
    *each(L, "bitwise_not clz population_count abs neg sign", INTS, without="grad"),
    *each(L, "integer_pow", VECTOR, 3),
    *each(L, "pow", ABOVE_ONE, OTHER[:4]),
    *each(L, "igamma igammac zeta", ABOVE_ONE, ABOVE_ONE + 1, without="grad", rtol=1e-4),
    *each(L, "dot", SQUARE, SQUARE),
    *each(L, "transpose", MATRIX, (1, 0)),
    *each(L, "reshape", MATRIX, (4, 3)),
    *each(L, "rev expand_dims", MATRIX, (0,)),
    *each(L, "broadcast", MATRIX, (2,)),
    *each(L, "reduce_max reduce_min reduce_sum reduce_prod", MATRIX, (1,)),
    *each(L, "iota", "float32", 4, without="grad vmap"),
    *each(L, "full", (2, 2), 1.5, without="grad vmap"),
    *each(L, "top_k", VECTOR, 2, without="grad"),
    *each(L, "sort", VECTOR),
    *each(L, "clamp", -0.3, VECTOR, 0.4),
    *each("nn", ACTIVATIONS, VECTOR),
    *each("nn", "glu", MATRIX),
    *each("nn", "log1mexp", ABOVE_ONE),
    *each("nn", "one_hot", SMALL, 4, without="grad"),
    *each(
        S,
        "digamma gammaln loggamma log_ndtr ndtr i0 i0e i1 i1e entr erf erfc erfcx expi exp1",
        ABOVE_ONE,
        rtol=2e-4,
    ),
    *each(S, "expit logsumexp log_softmax softmax", VECTOR),
    *each(S, "erfinv", VECTOR),
    *each(S, "logit ndtri", abs(OTHER)),
    *each(
        S, "betaln beta kl_div rel_entr xlogy xlog1py boxcox boxcox1p", ABOVE_ONE, abs(OTHER[:4]), rtol=2e-4
    ),
    *each(S, "gamma gammasgn factorial spence", ABOVE_ONE, without="grad", rtol=2e-4),
    *each(S, "gammainc gammaincc zeta poch", ABOVE_ONE, ABOVE_ONE + 1, without="grad", rtol=2e-4),
    *each(S, "dawsn fresnel sici", ABOVE_ONE, rtol=1e-4),
    *each(S, "wofz", COMPLEX, without="grad", rtol=1e-4),
    *each(S, "bessel_jn", ABOVE_ONE, v=3, n_iter=20, rtol=1e-4),
    *each(S, "hyp1f1", ABOVE_ONE, ABOVE_ONE + 1, OTHER[:2].repeat(2), rtol=1e-4),
    *each(S, "hyp2f1", ABOVE_ONE, ABOVE_ONE + 1, ABOVE_ONE + 2, OTHER[:2].repeat(2), rtol=1e-4),
    *each(
        S,
        "sph_harm_y",
        SMALL,
        SMALL - 1,
        ABOVE_ONE[[0, 1, 2, 1, 0]],
        VECTOR,
        n_max=3,
        without="grad",
        rtol=1e-4,
    ),
    *each("scipy.stats", "rankdata", SMALL, without="grad"),
    *each("scipy.stats", "mode", MATRIX, without="grad"),
    *each("scipy.signal", "detrend", MATRIX, rtol=1e-4),
    *each("scipy.signal", "stft welch", MATRIX, nperseg=3, rtol=1e-4),
    *each("scipy.signal", "csd", MATRIX, MATRIX[::-1], nperseg=3, rtol=1e-4),
    *each("scipy.signal", "istft", MATRIX, rtol=1e-4),
]
