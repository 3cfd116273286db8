"""Kinds of op attributes: how a Python value becomes an MLIR attribute and comes back.

An op class names the kind in its annotations (``start: Ints``). Python values are hashable, so that
encoded attributes are shared and traced programs can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from axir_compiler.ir.types import BFLOAT16, COMPLEX, Aval, aval_of, element_type, mlir_type, real_dtype
from axir_compiler.mlir import context, ir

__all__ = [
    "Bool",
    "DType",
    "Int",
    "Ints",
    "Kind",
    "Scalar",
    "ScalarValue",
    "Str",
    "Symbol",
    "Tensor",
    "Tensors",
    "Types",
]


@dataclass(frozen=True)
class Kind:
    """How one kind of attribute is encoded and decoded."""

    name: str
    encode: Callable[[Any], ir.Attribute]
    decode: Callable[[Any], Hashable]


class ScalarValue:
    """A scalar of a dtype, compared bit for bit (so that NaN equals itself and -0.0 is not 0.0)."""

    __slots__ = ("_key", "value")

    def __init__(self, value: Any, dtype: np.dtype):
        self.value = np.asarray(value, dtype)[()]
        self._key = (dtype, self.value.tobytes())

    @property
    def dtype(self) -> np.dtype:
        return self._key[0]

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ScalarValue) and self._key == other._key

    def __repr__(self) -> str:
        return repr(self.value)


def _encode_scalar(scalar: ScalarValue) -> ir.Attribute:
    if scalar.dtype in COMPLEX:
        # The bindings can neither build nor read attributes of complex numbers: the parts make two elements.
        parts = np.array([scalar.value]).view(real_dtype(scalar.dtype))
        bits = parts.view(f"i{parts.itemsize}")
        return ir.DenseElementsAttr.get(bits, type=element_type(parts.dtype), shape=(2,), context=context())
    kind = element_type(scalar.dtype)
    if isinstance(kind, ir.IntegerType):
        # Attributes of unsigned type take the bits as a signed number.
        bits = int(scalar.value)
        width = kind.width
        if kind.is_unsigned and bits >= 1 << (width - 1):
            bits -= 1 << width
        element = ir.IntegerAttr.get(kind, bits)
    else:
        element = ir.FloatAttr.get(kind, float(scalar.value), loc=ir.Location.unknown(context()))
    return ir.DenseElementsAttr.get_splat(mlir_type(Aval((), scalar.dtype)), element)


def _decode_scalar(attribute: Any) -> ScalarValue:
    shape, dtype = aval_of(attribute.type)
    if shape == (2,):
        floats: Any = ir.DenseFPElementsAttr(attribute)  # pyright: ignore[reportAttributeAccessIssue]
        parts = np.array([floats[0], floats[1]], dtype)
        return ScalarValue(parts.view(f"c{2 * dtype.itemsize}")[0], np.dtype(f"c{2 * dtype.itemsize}"))
    element = attribute.get_splat_value()
    value: Any = element.value
    if dtype.kind in "ui" and dtype != BFLOAT16:
        # Whatever sign the bindings give, keep the bits.
        width = dtype.itemsize * 8
        value &= (1 << width) - 1
        return ScalarValue(np.array(value, f"u{dtype.itemsize}").view(dtype), dtype)
    return ScalarValue(value, dtype)


def _integer(value: int) -> ir.Attribute:
    return ir.IntegerAttr.get(ir.IntegerType.get_signless(64, context()), value)


if TYPE_CHECKING:
    # What the annotated fields of an op give when they are read.
    Tensor = ir.Value
    Tensors = Sequence[ir.Value]
    Bool = bool
    Int = int
    Ints = tuple[int, ...]
    Str = str
    Symbol = str
    DType = np.dtype
    Types = tuple[Aval, ...]
    Scalar = ScalarValue
else:

    class Tensor:
        """Annotation of one operand."""

    class Tensors:
        """Annotation of a variadic operand group, which comes last."""

    Bool = Kind("bool", lambda v: ir.BoolAttr.get(v, context()), lambda a: a.value)
    Int = Kind("int", _integer, lambda a: a.value)
    Ints = Kind("ints", lambda v: ir.DenseI64ArrayAttr.get(v, context()), tuple)
    Str = Kind("str", lambda v: ir.StringAttr.get(v, context()), lambda a: a.value)
    Symbol = Kind("symbol", lambda v: ir.FlatSymbolRefAttr.get(v, context()), lambda a: a.value)
    DType = Kind(
        "dtype",
        lambda v: ir.TypeAttr.get(element_type(v), context()),
        lambda a: aval_of(ir.RankedTensorType.get([], a.value, loc=ir.Location.unknown(context()))).dtype,
    )
    Types = Kind(
        "types",
        lambda v: ir.ArrayAttr.get([ir.TypeAttr.get(mlir_type(a), context()) for a in v], context()),
        lambda v: tuple(aval_of(a.value) for a in v),
    )
    Scalar = Kind("scalar", _encode_scalar, _decode_scalar)
