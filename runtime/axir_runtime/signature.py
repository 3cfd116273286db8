"""What a compiled function takes and returns, read from its declaration or stated by the caller."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from axir_runtime.dtypes import DType, describe, dtype_of
from axir_runtime.errors import RuntimeFailure

# One axis: its size, a name (axes of one name must agree), or None (any size). Exported functions also have sums of
# named sizes (``sizes.Size``), which they check themselves.
Dim = int | str | None | tuple[int, tuple[tuple[str, int], ...]]


class Spec(NamedTuple):
    """Shape and dtype of one argument or result."""

    shape: tuple[Dim, ...]
    dtype: DType

    @property
    def is_static(self) -> bool:
        return all(isinstance(size, int) for size in self.shape)

    def fits(self, declared: Spec) -> bool:
        """Whether a module that declares ``declared`` can take or return this: sizes equal where both
        are known, and the same element type up to the sign of integers."""
        if len(self.shape) != len(declared.shape) or not same_bits(self.dtype, declared.dtype):
            return False
        pairs = zip(self.shape, declared.shape, strict=True)
        return all(size == known if isinstance(known, int) else True for size, known in pairs)

    def __str__(self) -> str:
        return describe(self.shape, self.dtype)


class Signature(NamedTuple):
    """A function's arguments and results.

    ``storage`` lists, in the order of the trailing arguments, which result is written into each of them; ``numbers``
    is how many 64-bit integers come after the arguments.
    """

    arguments: tuple[Spec, ...]
    results: tuple[Spec, ...]
    storage: tuple[int, ...]
    numbers: int = 0


def same_bits(one: DType, other: DType) -> bool:
    """Equal dtypes, or integers of one width: modules declare most integers without a sign."""
    return one == other or (one.kind in "iu" and other.kind in "iu" and one.itemsize == other.itemsize)


def specs(pairs: Sequence[tuple[Sequence[Dim], Any]]) -> tuple[Spec, ...]:
    """Specs from ``(shape, dtype)`` pairs."""
    return tuple(Spec(tuple(shape), np.dtype(dtype)) for shape, dtype in pairs)


# %input0: tensor<2x?xcomplex<f32>> {iree.abi.output = 0 : index}
_VALUE = re.compile(
    r"%(?P<kind>input|output)(?P<index>\d+):\s*"
    r"(?:tensor<(?P<shape>(?:(?:\d+|\?)x)*)(?P<element>complex<\w+>|\w+)>|(?P<other>[^,){\s]+))"
    r"(?:\s*\{(?P<attributes>[^}]*)\})?"
)
_STORAGE = re.compile(r"iree\.abi\.output\s*=\s*(\d+)")


def parse_declaration(declaration: str) -> Signature:
    """The signature in IREE's reflection, such as ``sync func @f(%input0: tensor<8xf32>) -> (...)``.

    Raises: RuntimeFailure for functions of another kind than ours.
    """
    if not declaration.startswith(("sync func", "async func")):
        raise RuntimeFailure(f"the function cannot be called here: it is declared as {declaration!r}")
    arguments: list[Spec] = []
    results: list[Spec] = []
    storage: list[int] = []
    numbers = 0
    for match in _VALUE.finditer(declaration):
        if match["other"] == "i64" and match["kind"] == "input":
            numbers += 1
            continue
        spec = _spec(match)
        target = _STORAGE.search(match["attributes"] or "")
        if match["kind"] == "output":
            results.append(spec)
        elif target:
            storage.append(int(target[1]))
        elif storage:
            raise RuntimeFailure("the function takes an argument after the storage of its results")
        elif numbers:
            raise RuntimeFailure("the function takes an array after a number")
        else:
            arguments.append(spec)
    return Signature(tuple(arguments), tuple(results), tuple(storage), numbers)


def _spec(match: re.Match[str]) -> Spec:
    if match["other"]:
        raise RuntimeFailure(
            f"the function cannot be called here: {match['kind']} {match['index']} "
            f"is {match['other']}, not a tensor"
        )
    sizes = match["shape"].split("x")[:-1]
    return Spec(tuple(None if size == "?" else int(size) for size in sizes), dtype_of(match["element"]))


def mismatch(
    name: str,
    given: Sequence[tuple[tuple[int, ...], DType]],
    expected: Sequence[Spec],
    *,
    signless: bool = False,
) -> Exception | None:
    """The error that says which argument of function ``name`` breaks which rule, or None if all fit.

    With ``signless``, int32 and uint32 are the same, as they are to the module.

    Named axes must have one size in all arguments: compiled code reads it from the first and trusts the
    others, so a disagreement would compute garbage without an error.
    """
    sizes: dict[str, tuple[int, int]] = {}
    for index, ((shape, dtype), spec) in enumerate(zip(given, expected, strict=True)):
        got = f"{name}: argument {index} must be {spec}; got {describe(shape, dtype)}"
        if not (same_bits(dtype, spec.dtype) if signless else dtype == spec.dtype):
            return TypeError(got)
        if len(shape) != len(spec.shape):
            return ValueError(got)
        for size, want in zip(shape, spec.shape, strict=True):
            if isinstance(want, int) and size != want:
                return ValueError(got)
            if isinstance(want, str):
                first, known = sizes.setdefault(want, (index, size))
                if known != size:
                    return ValueError(f"{got}, and {want} is {known} in argument {first}")
    return None
