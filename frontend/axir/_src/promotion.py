"""Type promotion: the dtype in which operands of different dtypes meet.

Dtypes form a lattice; operands meet at their least upper bound. Besides the dtypes it holds three *weak*
types, those of Python's ``int``, ``float`` and ``complex``: they give way to any dtype of their kind, so that
``x + 1`` keeps the dtype of ``x``. The lattice is the one that JAX documents under "Type promotion semantics":

    bool -> int* -> uint8 -> uint16 -> uint32 -> uint64 -> float* -> bfloat16 -> float32 -> float64
               \\-> int8  -> int16  -> int32  -> int64  -/      \\-> float16  -/

with ``uintN -> int2N`` as well, and ``float* -> complex* -> complex64 -> complex128``, ``float32 -> complex64``,
``float64 -> complex128``. Without ``axir_enable_x64`` results are 32 bits wide at most.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np

from axir._src.config import Mode, config
from axir._src.messages import located, warn
from axir_compiler.errors import DTypeError, TypePromotionError
from axir_compiler.ir.types import BFLOAT16, COMPLEX, DTYPES, FLOATING, INEXACT

__all__ = [
    "DTypeLike",
    "canonical",
    "common",
    "common_of_two",
    "default_complex",
    "default_float",
    "default_int",
    "inexact",
    "requested",
    "to_dtype",
]

DTypeLike = Any
"""Whatever names a dtype: a dtype, a string, a scalar type of axir or NumPy, ``bool``, ``int``, ``float``,
``complex``."""

Typed = tuple[np.dtype, bool]
"""A dtype and whether it is weak."""

_ABOVE = {
    "bool": ("int*",),
    "int*": ("uint8", "int8"),
    "uint8": ("uint16", "int16"),
    "uint16": ("uint32", "int32"),
    "uint32": ("uint64", "int64"),
    "uint64": ("float*",),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float*",),
    "float*": ("float16", "bfloat16", "complex*"),
    "float16": ("float32",),
    "bfloat16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex*": ("complex64",),
    "complex64": ("complex128",),
    "complex128": (),
}

BOOL = np.dtype(bool)
_NARROW = {
    np.dtype("int64"): np.dtype("int32"),
    np.dtype("uint64"): np.dtype("uint32"),
    np.dtype("float64"): np.dtype("float32"),
    np.dtype("complex128"): np.dtype("complex64"),
}
_PYTHON_TYPES = {
    bool: BOOL,
    int: np.dtype("int64"),
    float: np.dtype("float64"),
    complex: np.dtype("complex128"),
}


@functools.cache
def _upper_set(node: str) -> frozenset[str]:
    """The node and everything above it."""
    return frozenset({node}).union(*map(_upper_set, _ABOVE[node]))


@functools.cache
def _join(nodes: frozenset[str]) -> str:
    """Least upper bound of nodes of the lattice."""
    bounds = frozenset.intersection(*map(_upper_set, nodes))
    return next(n for n in bounds if bounds <= _upper_set(n))


def _node(dtype: np.dtype, weak: bool) -> str:
    if not weak or dtype == BOOL:
        return dtype.name
    return "complex*" if dtype in COMPLEX else "float*" if dtype in FLOATING else "int*"


def _bound(typed: frozenset[Typed]) -> Typed:
    """Where operands meet, before the width is limited."""
    if len({dtype for dtype, _ in typed}) == 1:
        dtype, weak = next(iter(typed))
        return dtype, weak and len(typed) == 1
    if all(weak for _, weak in typed):
        # Weak operands alone meet as their dtypes would.
        return np.dtype(_name(_join(frozenset(_node(d, False) for d, _ in typed)))), True
    node = _join(frozenset(_node(d, w) for d, w in typed))
    return np.dtype(_name(node)), node.endswith("*")


def _name(node: str) -> Any:
    return {"int*": "int64", "float*": "float64", "complex*": "complex128", "bfloat16": BFLOAT16}.get(
        node, node
    )


def _check_strict(typed: frozenset[Typed]) -> None:
    """Without implicit promotion all dtypes are the same, and Python numbers are of their kind or below."""
    strong = [dtype for dtype, weak in typed if not weak or dtype == BOOL]
    weak = {_node(dtype, True) for dtype, weak in typed if weak and dtype != BOOL}
    if len(strong) > 1 or (strong and not all(_gives_way(node, strong[0]) for node in weak)):
        names = sorted([d.name for d in strong]) + sorted(f"a Python {n[:-1]}" for n in weak)
        raise located(
            TypePromotionError(
                f"promotion: operands must have one dtype under axir_numpy_dtype_promotion='strict'; got "
                f"{', '.join(names)}. Convert them with astype, or set the option to 'standard'."
            )
        )


def _gives_way(node: str, dtype: np.dtype) -> bool:
    """Whether a Python number takes the dtype of the other operand."""
    if node == "complex*":
        return dtype in COMPLEX
    return dtype in INEXACT if node == "float*" else dtype != BOOL


@functools.lru_cache(maxsize=4096)
def _common(typed: frozenset[Typed], mode: Mode) -> Typed:
    if mode.dtype_promotion == "strict":
        _check_strict(typed)
    dtype, weak = _bound(typed)
    if not mode.x64 and len(typed) > 1:
        dtype = _NARROW.get(dtype, dtype)
    return dtype, weak and dtype != BOOL


def common(typed: Iterable[Typed]) -> Typed:
    """The dtype in which operands meet, and whether it is weak."""
    return _common(frozenset(typed), config.mode)


_of_two: dict[tuple[np.dtype, bool, np.dtype, bool, Mode], Typed] = {}


def common_of_two(dtype1: np.dtype, weak1: bool, dtype2: np.dtype, weak2: bool) -> Typed:
    """``common`` of two operands, through a table of its own since every binary operation asks for it."""
    key = (dtype1, weak1, dtype2, weak2, config.mode)
    found = _of_two.get(key)
    if found is None:
        found = _of_two[key] = common(((dtype1, weak1), (dtype2, weak2)))
    return found


def default_int() -> np.dtype:
    """The dtype of a Python ``int``: int32, or int64 under x64."""
    return np.dtype("int64") if config.x64_enabled else np.dtype("int32")


def default_float() -> np.dtype:
    """The dtype of a Python ``float``: float32, or float64 under x64."""
    return np.dtype("float64") if config.x64_enabled else np.dtype("float32")


def default_complex() -> np.dtype:
    """The dtype of a Python ``complex``: complex64, or complex128 under x64."""
    return np.dtype("complex128") if config.x64_enabled else np.dtype("complex64")


def inexact(dtype: np.dtype) -> np.dtype:
    """The float or complex dtype in which functions of numbers compute for operands of ``dtype``."""
    if dtype in INEXACT:
        return dtype
    return np.dtype("float64") if dtype.itemsize == 8 else np.dtype("float32")


def canonical(dtype: np.dtype) -> np.dtype:
    """The dtype, 32 bits wide in place of 64 unless x64 is enabled."""
    return dtype if config.x64_enabled else _NARROW.get(dtype, dtype)


def to_dtype(dtype: DTypeLike, where: str = "dtype") -> np.dtype:
    """What a dtype argument names, 64 bits wide where it says so.

    Raises:
        DTypeError: it names none, or one that axir's arrays cannot have.
    """
    if dtype is None:
        raise located(
            DTypeError(f"{where}: None does not name a dtype. Leave the argument out for the default.")
        )
    try:
        found = _PYTHON_TYPES.get(dtype) if isinstance(dtype, type) else None
        found = np.dtype(dtype) if found is None else found
    except TypeError:
        raise located(DTypeError(f"{where}: {dtype!r} does not name a dtype.")) from None
    if not found.isnative:
        found = found.newbyteorder("=")
    if found not in DTYPES:
        known = ", ".join(str(d) for d in DTYPES)
        raise located(DTypeError(f"{where}: arrays of dtype {found} are not supported. Use one of {known}."))
    return found


def requested(dtype: DTypeLike, where: str) -> np.dtype:
    """What the user's dtype argument names, in the width that is enabled.

    A 64-bit dtype that was asked for by name becomes 32 bits wide with a warning; the Python types ``int``,
    ``float`` and ``complex`` mean the default width.

    Raises:
        DTypeError: see ``to_dtype``.
    """
    wide = to_dtype(dtype, where)
    found = canonical(wide)
    if found != wide and not any(dtype is python for python in (int, float, complex)):
        warn(
            f"{where}: dtype {wide} was requested but 64-bit dtypes are not enabled; it becomes {found}. "
            "Enable them with axir.config.update('axir_enable_x64', True)."
        )
    return found
