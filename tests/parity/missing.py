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

_ORDER = "what is on either side of the pivot comes in another order"
_READS = "JAX refuses, since a file or an iterator is read once, not at each run of a program; axir reads it"
_TEXT = (
    "axir's digits are NumPy's and the class is called Array, JAX's text has more digits or says ArrayImpl"
)


# The rows, as text, whose results are known to differ under some check, each with the reason.
DIFFERENT: Final[dict[str, str]] = {
    "numpy.partition(float32[5], 2)": _ORDER,
    "numpy.argpartition(float32[5], 2)": _ORDER,
    "numpy.fromiter()": _READS,
    "numpy.fromfile()": _READS,
    "numpy.array_repr(float32[3, 4])": _TEXT,
    "numpy.array_str(float32[3, 4])": _TEXT,
    "numpy.array_repr(int32[5]){'precision': 3}": _TEXT,
    "lax.scan(float32[5])": "JAX calls the stacked results weak although it has made the carry strong",
    "lax.pbroadcast(float32[3, 4])": "JAX raises a TypeError of its own inside vmap",
    "random.multivariate_normal(key(7), float32[3], float32[3, 3], [2]){'method': 'eigh'}": (
        "compiled eigenvectors have other signs than those of LAPACK"
    ),
    "lax.rng_bit_generator(uint32[4], [4, 2])": "XLA fills matrices in another order",
    "lax.rng_bit_generator(uint32[4], [5])": "axir has Threefry alone, JAX's default is Philox",
    "scipy.special.expn(int32[4], float32[4])": "the order is a Python integer, not an array",
}

# Parameters that JAX's functions have and axir's have not.
PARAMETERS: Final[dict[str, set[str]]] = {
    "lax.all_gather": {"to"},
    "lax.mul": {"out_dtype"},
    "lax.scan": {"_split_transpose"},
    "numpy.einsum": {"_dot_general"},
}

_SHARDING = "sharding and communication between devices, which axir does not do"
_LATER = "not written yet"
_NARROW = "quantizes to floats of 8 and 4 bits, of which axir has no arrays"

# Functions that JAX has and axir lacks.
ABSENT: Final[dict[str, dict[str, str]]] = {
    "lax": {
        "dce_sink": _SHARDING,
        "pcast": _SHARDING,
        "precv": _SHARDING,
        "psend": _SHARDING,
        "ragged_all_to_all": _SHARDING,
        "stage": _SHARDING,
        "with_sharding_constraint": _SHARDING,
    },
    "nn": {
        "get_scaled_dot_general_config": _NARROW,
        "scaled_dot_general": _NARROW,
    },
}

# Functions that both have and that no row calls yet.
WITHOUT_ROW: Final[dict[str, set[str]]] = {
    "lax": _names("ConvGeneralDilatedDimensionNumbers DotDimensionNumbers PrecisionLike"),  # types
    "nn": _names("scaled_matmul"),  # which JAX has for GPUs alone
}
