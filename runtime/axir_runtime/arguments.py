"""From the arguments of a call to flat arrays: every check that an exported function makes before it runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from axir_runtime.dtypes import describe, dtype_named, supported_names
from axir_runtime.errors import (
    ArgumentDTypeError,
    ArgumentShapeError,
    ArgumentStructureError,
)
from axir_runtime.manifest import Entry
from axir_runtime.signature import Spec
from axir_runtime.sizes import SizeChecker
from axir_runtime.trees import flatten, leaf_names

Array = np.ndarray[Any, Any]


class Binder:
    """Turns the arguments of one function into arrays of just the shapes and dtypes that it takes."""

    def __init__(self, entry: Entry) -> None:
        self._name = entry.name
        self._parameters = entry.parameters
        self._places = [p.name if p.name else f"argument {i}" for i, p in enumerate(entry.parameters)]
        self._positions = {p.name: i for i, p in enumerate(entry.parameters) if p.name}
        self._leaves = [
            (f"{entry.name}: {leaf}", spec)
            for place, p in zip(self._places, entry.parameters, strict=True)
            for leaf, spec in zip(leaf_names(p.tree, place), p.specs, strict=True)
        ]
        self._special = entry.special
        self._checker = SizeChecker(entry.name, self._leaves, entry.sizes) if entry.sizes else None

    def __call__(
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[list[Array], frozenset[tuple[str, int]]]:
        """The arrays of a call, in native byte order, and the names of the sizes that are 1.

        Raises: ArgumentStructureError, ArgumentDTypeError, ArgumentShapeError; each names the argument.
        """
        ordered = self._ordered(args, kwargs) if kwargs else args
        if len(ordered) != len(self._parameters):
            raise ArgumentStructureError(
                f"{self._name}: takes {len(self._parameters)} arguments ({', '.join(self._places)}); got {len(ordered)}"
            )
        values: list[Any] = []
        for place, parameter, value in zip(self._places, self._parameters, ordered, strict=True):
            values += flatten(parameter.tree, value, f"{self._name}: {place}")
        arrays = [
            checked_array(value, spec, where)
            for value, (where, spec) in zip(values, self._leaves, strict=True)
        ]
        if self._checker is None:
            return arrays, self._special
        sizes = self._checker.sizes([x.shape for x in arrays])
        return arrays, self._special.intersection(sizes.items())

    def _ordered(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
        """Arguments by position, of which some were given by name."""
        places: list[Any] = [*args, *[_MISSING] * (len(self._parameters) - len(args))]
        for name, value in kwargs.items():
            at = self._positions.get(name)
            if at is None:
                known = ", ".join(self._positions) or "none"
                raise ArgumentStructureError(
                    f"{self._name}: takes no argument {name!r}; those with names are {known}"
                )
            if at < len(args):
                raise ArgumentStructureError(f"{self._name}: got the argument {name!r} twice")
            places[at] = value
        for place, value in zip(self._places, places, strict=False):
            if value is _MISSING:
                raise ArgumentStructureError(f"{self._name}: the argument {place!r} is missing")
        return places


_MISSING = object()


def checked_array(value: Any, spec: Spec, where: str) -> Array:
    """A value as an array of this shape and dtype, in native byte order.

    Raises: ArgumentDTypeError or ArgumentShapeError if it is none.
    """
    array: Array = value if type(value) is np.ndarray else _as_array(value, spec, where)
    if array.dtype != spec.dtype:
        if array.dtype.newbyteorder("=") != spec.dtype:
            raise ArgumentDTypeError(
                f"{where} must be {spec}; got {describe(array.shape, array.dtype)}. "
                f"Convert it: x.astype({str(spec.dtype)!r})."
            )
        array = array.astype(spec.dtype)
    # Named sizes are compared once all arrays are there.
    if array.shape != spec.shape and (spec.is_static or not _agree(array.shape, spec.shape)):
        raise ArgumentShapeError(f"{where} must be {spec}; got {describe(array.shape, array.dtype)}")
    return array


def _agree(shape: tuple[int, ...], wanted: Sequence[Any]) -> bool:
    """Whether a shape has the right rank, and the sizes that are numbers."""
    return len(shape) == len(wanted) and all(
        n == w or not isinstance(w, int) for n, w in zip(shape, wanted, strict=True)
    )


def _as_array(value: Any, spec: Spec, where: str) -> Array:
    if isinstance(value, np.ma.MaskedArray):
        raise ArgumentDTypeError(f"{where} must be {spec}; got a masked array. Fill it: x.filled(0).")
    if isinstance(value, bool | int | float | complex) and not isinstance(value, np.generic):
        return _number(value, spec, where)
    if not hasattr(value, "__array__"):
        raise ArgumentDTypeError(f"{where} must be {spec}; got a {type(value).__name__}")
    try:
        return np.asarray(value)
    except Exception as error:
        raise ArgumentDTypeError(f"{where} must be {spec}; got {type(value).__name__}: {error}") from None


# The kinds of dtypes (NumPy's letters) that each kind of Python number turns into without loss of meaning.
_KINDS = {bool: "b", int: "iufcV", float: "fcV", complex: "c"}


def _number(value: Any, spec: Spec, where: str) -> Array:
    """A Python number as an array without axes."""
    if spec.dtype.kind not in _KINDS[type(value)]:
        raise ArgumentDTypeError(f"{where} must be {spec}; got the {type(value).__name__} {value!r}")
    try:
        return np.asarray(value, spec.dtype)
    except OverflowError:
        raise ArgumentDTypeError(f"{where} must be {spec}, which cannot hold {value!r}") from None


# Text. ----------------------------------------------------------------------------------------------

_ARRAY = re.compile(r"\s*(?P<dtype>\w+)\s*\[(?P<shape>[\d,\s]*)\]\s*=(?P<values>.*)", re.DOTALL)
_SHORT = {"f": "float", "i": "int", "u": "uint", "ui": "uint", "bf": "bfloat", "c": "complex"}


def parse_array(text: str) -> Array:
    """An array from text: ``f32[4]=1,2,3,4``, or ``f32[2,2]=0`` for equal elements.

    Raises: ValueError if the text is none, or has another number of elements.
    """
    found = _ARRAY.fullmatch(text)
    if found is None:
        raise ValueError(f"write an array as 'f32[4]=1,2,3,4'; got {text!r}")
    name = re.sub(r"^(bf|ui|[fiuc])(?=\d)", lambda m: _SHORT[m[1]], found["dtype"])
    try:
        dtype = dtype_named(name)
    except KeyError:
        raise ValueError(f"there is no dtype {found['dtype']!r}; there are {supported_names()}") from None
    shape = tuple(int(n) for n in found["shape"].split(",") if n.strip())
    return _filled(shape, dtype, [v.strip() for v in found["values"].split(",") if v.strip()], text)


def _boolean(word: str) -> bool:
    return {"true": True, "false": False, "1": True, "0": False}[word.lower()]


def _filled(shape: tuple[int, ...], dtype: np.dtype[Any], words: list[str], text: str) -> Array:
    read = {"c": complex, "i": int, "u": int, "b": _boolean}.get(dtype.kind, float)
    try:
        values = np.array([read(w) for w in words])
        array = values.astype(dtype)
        if dtype.kind in "iu" and not (array == values).all():
            raise OverflowError
    except (ValueError, KeyError, OverflowError):
        raise ValueError(f"not all of the elements are {dtype} numbers: {text!r}") from None
    count = int(np.prod(shape, dtype=np.int64))
    if len(values) == 1:
        return np.full(shape, array[0], dtype)
    if len(values) != count:
        raise ValueError(f"the shape has {count} elements, the text {len(values)}: {text!r}")
    return array.reshape(shape)
