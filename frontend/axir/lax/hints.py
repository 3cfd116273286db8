"""Types by which JAX's functions are told how exact results must be: accepted, checked, and without effect.

Products are never computed in less than the precision of the operands, and elementary functions have one version.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, NamedTuple

from axir._src.messages import located
from axir._src.promotion import DTypeLike
from axir_compiler.errors import ShapeError

__all__ = [
    "AccuracyMode",
    "DotAlgorithm",
    "DotAlgorithmPreset",
    "Precision",
    "PrecisionLike",
    "Tolerance",
]


class Precision(enum.Enum):
    """How exact products must be."""

    DEFAULT = 0
    HIGH = 1
    HIGHEST = 2

    def __str__(self) -> str:
        return self.name


class DotAlgorithm(NamedTuple):
    """A way to compute products: what operands are rounded to and how many parts they have, and what sums are kept in.

    The fields are those of StableHLO's ``DotAlgorithm``.
    """

    lhs_precision_type: DTypeLike
    rhs_precision_type: DTypeLike
    accumulation_type: DTypeLike
    lhs_component_count: int = 1
    rhs_component_count: int = 1
    num_primitive_operations: int = 1
    allow_imprecise_accumulation: bool = False


class DotAlgorithmPreset(enum.Enum):
    """Names of ways to compute products: the types of the left and the right operand, and of the sums."""

    DEFAULT = enum.auto()
    ANY_F8_ANY_F8_F32 = enum.auto()
    ANY_F8_ANY_F8_F32_FAST_ACCUM = enum.auto()
    ANY_F8_ANY_F8_ANY = enum.auto()
    ANY_F8_ANY_F8_ANY_FAST_ACCUM = enum.auto()
    F16_F16_F16 = enum.auto()
    F16_F16_F32 = enum.auto()
    BF16_BF16_BF16 = enum.auto()
    BF16_BF16_F32 = enum.auto()
    BF16_BF16_F32_X3 = enum.auto()
    BF16_BF16_F32_X6 = enum.auto()
    BF16_BF16_F32_X9 = enum.auto()
    TF32_TF32_F32 = enum.auto()
    TF32_TF32_F32_X3 = enum.auto()
    F32_F32_F32 = enum.auto()
    F64_F64_F64 = enum.auto()

    def __str__(self) -> str:
        return self.name


PrecisionLike = (
    str | Precision | tuple[str, str] | tuple[Precision, Precision] | DotAlgorithm | DotAlgorithmPreset | None
)
"""What the argument ``precision`` of products takes."""

_NAMES = frozenset(
    ("highest", "float32", "high", "bfloat16_3x", "tensorfloat32", "default", "bfloat16", "fastest")
)


def check_precision(where: str, precision: Any) -> None:
    """Refuse a ``precision`` that names nothing.

    Raises: ShapeError, which is a ValueError.
    """
    if precision is None or isinstance(precision, Precision | DotAlgorithm | DotAlgorithmPreset):
        return
    pair = precision if isinstance(precision, tuple | list) else (precision,)
    if len(pair) <= 2 and all(map(_is_known, pair)):
        return
    if isinstance(precision, str) and precision in DotAlgorithmPreset.__members__:
        return
    raise located(
        ShapeError(
            f"{where}: precision must be None, one of {', '.join(sorted(_NAMES))}, a lax.Precision, a pair of these, "
            f"a lax.DotAlgorithm or a lax.DotAlgorithmPreset; got {precision!r}."
        )
    )


def _is_known(precision: Any) -> bool:
    if isinstance(precision, str):
        return precision in _NAMES
    return precision is None or isinstance(precision, Precision)


class AccuracyMode(enum.Enum):
    """Which version of an elementary function is wanted."""

    HIGHEST = 1
    DEFAULT = 2


@dataclass(frozen=True)
class Tolerance:
    """Largest error that an elementary function may have: absolute, relative, or in units in the last place.

    Raises: ShapeError, which is a ValueError, for negative numbers.
    """

    atol: float = 0.0
    rtol: float = 0.0
    ulps: int = 0

    def __post_init__(self) -> None:
        if self.atol < 0 or self.rtol < 0 or self.ulps < 0:
            raise located(ShapeError(f"Tolerance: tolerances must not be negative; got {self}."))


def check_accuracy(where: str, accuracy: Any) -> None:
    """Refuse an ``accuracy`` that is neither a mode nor a tolerance.

    Raises: ShapeError.
    """
    if accuracy is not None and not isinstance(accuracy, AccuracyMode | Tolerance):
        raise located(
            ShapeError(
                f"lax.{where}: accuracy must be None, a lax.AccuracyMode or a lax.Tolerance; got {accuracy!r}."
            )
        )
