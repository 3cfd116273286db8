"""What the parity tests leave out, each with its reason: names that axir lacks, functions without a row."""

from typing import Final


def _names(text: str) -> set[str]:
    return set(text.split())


MODULES: Final = tuple(
    sorted(
        _names(
            "numpy numpy.linalg numpy.fft lax random nn scipy.special scipy.stats scipy.linalg "
            "scipy.signal scipy.ndimage ops image nn.initializers"
        )
    )
)

# (check, module, name) whose result is known to differ, with the reason.
DIFFERENT: Final[dict[tuple[str, str, str], str]] = {
    (check, "numpy", name): "what is on either side of the pivot comes in another order"
    for name in ("argpartition", "partition")
    for check in ("eager", "jit", "vmap")
}

_SHARDING = "sharding and communication between devices, which axir does not do"
_LATER = "not written yet"

# Functions that JAX has and axir lacks.
ABSENT: Final[dict[str, dict[str, str]]] = {
    "lax": {
        "DotDimensionNumbers": _LATER,
        "dce_sink": _SHARDING,
        "pcast": _SHARDING,
        "precv": _SHARDING,
        "psend": _SHARDING,
        "pswapaxes": _SHARDING,
        "ragged_all_to_all": _SHARDING,
        "scaled_dot": _LATER,
        "stage": _SHARDING,
        "with_sharding_constraint": _SHARDING,
    },
    "nn": {
        "get_scaled_dot_general_config": _LATER,
        "scaled_dot_general": _LATER,
        "scaled_matmul": _LATER,
    },
    "scipy.special": {
        "bessel_jn": _LATER,
        "dawsn": _LATER,
        "fresnel": _LATER,
        "hyp1f1": _LATER,
        "hyp2f1": _LATER,
        "sici": _LATER,
        "sph_harm_y": _LATER,
        "wofz": _LATER,
    },
    "scipy.linalg": {
        "circulant": _LATER,
        "companion": _LATER,
        "convolution_matrix": _LATER,
        "dft": _LATER,
        "fiedler": _LATER,
        "fiedler_companion": _LATER,
        "hadamard": _LATER,
        "hankel": _LATER,
        "helmert": _LATER,
        "hilbert": _LATER,
        "invhilbert": _LATER,
        "invpascal": _LATER,
        "leslie": _LATER,
        "pascal": _LATER,
    },
}

# Functions that both have and that no row calls yet.
WITHOUT_ROW: Final[dict[str, set[str]]] = {
    "numpy": _names(
        "allclose apply_along_axis apply_over_axes argwhere array_equal array_equiv "
        "array_repr array_str astype block broadcast_shapes can_cast choose column_stack compress concat "
        "concatenate delete diag_indices_from dsplit dstack einsum einsum_path empty_like extract "
        "fill_diagonal flatnonzero from_dlpack frombuffer fromfile fromfunction fromiter frompyfunc "
        "fromstring get_printoptions histogram histogram2d histogram_bin_edges histogramdd hstack insert "
        "intersect1d iscomplexobj isdtype isin isrealobj isscalar issubdtype iterable ix_ lexsort load "
        "mask_indices ndim nonzero packbits piecewise place poly polydiv polyfit printoptions "
        "promote_types put put_along_axis ravel_multi_index resize result_type roots save savez select "
        "set_printoptions setdiff1d setxor1d shape size sort_complex stack take_along_axis "
        "tril_indices_from trim_zeros triu_indices_from union1d unique unique_all unique_counts "
        "unique_inverse unique_values unpackbits unravel_index unstack unwrap vectorize vsplit vstack "
    ),
    "numpy.linalg": _names("eig eigh eigvals lstsq multi_dot qr svd tensorinv tensorsolve "),
    "lax": _names(
        "ConvGeneralDilatedDimensionNumbers PrecisionLike after_all all_gather all_to_all approx_max_k "
        "approx_min_k argmax argmin associative_scan axis_index axis_size batch_matmul betainc "
        "bitcast_convert_type broadcast_in_dim broadcast_like broadcast_shapes broadcast_to_rank "
        "broadcasted_iota collapse complex composite concatenate cond conj conv conv_dimension_numbers "
        "conv_general_dilated conv_general_dilated_local conv_general_dilated_patches "
        "conv_general_permutations conv_general_shape_tuple conv_shape_tuple conv_transpose "
        "conv_transpose_shape_tuple conv_with_general_padding convert_element_type create_token "
        "custom_linear_solve custom_root dot_general dtype dynamic_index_in_dim dynamic_slice "
        "dynamic_slice_in_dim dynamic_update_index_in_dim dynamic_update_slice "
        "dynamic_update_slice_in_dim empty fft fori_loop full_like gather igamma_grad_a imag "
        "index_in_dim index_take map optimization_barrier pad padtype_to_pads pbroadcast "
        "platform_dependent pmax pmean pmin polygamma ppermute pshuffle psum psum_scatter ragged_dot "
        "ragged_dot_general random_gamma_grad real reduce reduce_and reduce_or reduce_precision "
        "reduce_window reduce_window_shape_tuple reduce_xor rng_bit_generator rng_uniform scan scatter "
        "scatter_add scatter_apply scatter_max scatter_min scatter_mul scatter_sub select select_n "
        "shape_as_value slice slice_in_dim sort_key_val split squeeze stack stop_gradient switch tile "
        "unstack while_loop "
    ),
    "random": _names(
        "PRNGKey ball bernoulli beta binomial bits categorical cauchy chisquare choice clone dirichlet "
        "double_sided_maxwell exponential f fold_in gamma generalized_normal geometric gumbel key "
        "key_data key_dtype key_impl laplace loggamma logistic lognormal maxwell multinomial "
        "multivariate_normal normal orthogonal pareto permutation poisson rademacher randint rayleigh "
        "split t triangular truncated_normal uniform wald weibull_min wrap_key_data "
    ),
    "nn": _names("dot_product_attention "),
    "scipy.special": _names("bernoulli betainc comb expn multigammaln owens_t polygamma "),
    "scipy.stats": _names("sem "),
    "scipy.linalg": _names(
        "block_diag cho_factor cho_solve cholesky det eigh expm inv lu lu_factor lu_solve qr solve "
        "solve_triangular svd toeplitz "
        "eigh_tridiagonal expm_frechet funm hessenberg polar qr_multiply rsf2csf schur solve_sylvester sqrtm "
    ),
    "scipy.signal": _names("convolve convolve2d correlate correlate2d fftconvolve "),
    "scipy.ndimage": _names("map_coordinates "),
    "ops": _names("segment_max segment_min segment_prod segment_sum "),
    "image": _names("resize scale_and_translate "),
    "nn.initializers": _names(
        "constant delta_orthogonal glorot_normal glorot_uniform he_normal he_uniform kaiming_normal "
        "kaiming_uniform lecun_normal lecun_uniform normal ones orthogonal truncated_normal uniform "
        "variance_scaling xavier_normal xavier_uniform zeros "
    ),
}
