"""Multiply-add for CPUs and devices that round the product before they add to it.

Functions of float64, and on devices those of float32, find errors of products by ``fma``, and would be wrong without.
"""

from __future__ import annotations

from typing import NamedTuple

from axir_compiler.mlir import ir

__all__ = ["split_fma"]


class _Float(NamedTuple):
    """A kind of floats: its width, the bits of the lower half of a significand, and those of the exponent."""

    width: int
    low_half: int
    exponent: int


_FLOATS = {"f32": _Float(32, 12, 0x7F800000), "f64": _Float(64, 27, 0x7FF0000000000000)}

_SPIRV = {
    "mul": "spirv.FMul",
    "add": "spirv.FAdd",
    "sub": "spirv.FSub",
    "bitcast": "spirv.Bitcast",
    "and": "spirv.BitwiseAnd",
    "unequal": "spirv.INotEqual",
    "select": "spirv.Select",
    "constant": "spirv.Constant",
}
_ARITH = {
    "mul": "arith.mulf",
    "add": "arith.addf",
    "sub": "arith.subf",
    "bitcast": "arith.bitcast",
    "and": "arith.andi",
    "unequal": "arith.cmpi",
    "select": "arith.select",
    "constant": "arith.constant",
}
# The op, the floats of which it is split, and what it is split into. IREE computes that of float32 in float64 on CPUs.
_SPLIT = {"spirv.GL.Fma": (("f32", "f64"), _SPIRV), "math.fma": (("f64",), _ARITH)}


def split_fma(module: ir.Operation) -> None:
    """Compute multiply-add of kernels from products and sums.

    The error of the product is found from the halves of its factors, that of the sum by comparing it with its terms,
    and both are added to it (T. J. Dekker, "A floating-point technique for extending the available precision", 1971;
    O. Møller, "Quasi double-precision in floating point addition", 1965). The result may differ from one rounding in
    its last bit. Before kernels are formed this would be too early: IREE copies what several ops use, and would not
    come to an end.

    Args:
        module: what IREE's passes leave when the kernels of a CPU have their configuration, or when those of a device
            are shaders; rewritten in place.
    """
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name in _SPLIT and _element(op.results[0].type) in _SPLIT[op.name][0]:
            found.append(op)
        return ir.WalkResult.ADVANCE

    module.walk(visit)
    for op in found:
        if op.name.startswith("spirv.") and _element(op.results[0].type) == "f64":
            _declare_int64(op)
        with ir.InsertionPoint(op), op.location:
            op.results[0].replace_all_uses_with(_rounded_once(op))
        op.erase()


def _element(kind: ir.Type) -> str:
    return str(ir.VectorType(kind).element_type if isinstance(kind, ir.VectorType) else kind)


def _declare_int64(op: ir.Operation) -> None:
    """Let the shader of an op declare that it computes with 64-bit integers."""
    while op.name != "spirv.module":
        op = op.parent.operation
    declared = str(op.attributes["vce_triple"])
    if "Int64" not in declared:
        op.attributes["vce_triple"] = ir.Attribute.parse(declared.replace("[", "[Int64, ", 1), op.context)


class _Arithmetic:
    """Builds arithmetic of one type in the ops of a dialect: of floats, or of vectors of them."""

    def __init__(self, kind: ir.Type, names: dict[str, str]):
        self.kind = kind
        self.form = _FLOATS[_element(kind)]
        self._names = names
        self._word = ir.IntegerType.get_signless(self.form.width)
        self._bits = self._like(self._word)

    def new(
        self, name: str, *operands: ir.Value, result: ir.Type | None = None, **attributes: ir.Attribute
    ) -> ir.Value:
        kind = self.kind if result is None else result
        made = ir.Operation.create(
            self._names[name], results=[kind], operands=operands, attributes=attributes
        )
        return made.result

    def halves(self, x: ir.Value) -> tuple[ir.Value, ir.Value]:
        """The upper bits of a significand, and the rest of the number."""
        high = self.new("bitcast", self._masked(x, self._constant(-1 << self.form.low_half)))
        return high, self.new("sub", x, high)

    def is_finite(self, x: ir.Value) -> ir.Value:
        """Told from its bits: drivers need not compare NaN as one expects."""
        largest = self._constant(self.form.exponent)
        predicate = {}
        if self._names is _ARITH:
            predicate["predicate"] = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), 1)
        truth = self._like(ir.IntegerType.get_signless(1))
        return self.new("unequal", self._masked(x, largest), largest, result=truth, **predicate)

    def _like(self, element: ir.Type) -> ir.Type:
        """A type of the same form with other elements."""
        kind = self.kind
        return ir.VectorType.get(kind.shape, element) if isinstance(kind, ir.VectorType) else element

    def _masked(self, x: ir.Value, mask: ir.Value) -> ir.Value:
        bits = self.new("bitcast", x, result=self._bits)
        return self.new("and", bits, mask, result=self._bits)

    def _constant(self, number: int) -> ir.Value:
        value: ir.Attribute = ir.IntegerAttr.get(self._word, number)
        if self._bits != self._word:
            value = ir.DenseElementsAttr.get_splat(self._bits, value)
        return self.new("constant", result=self._bits, value=value)


def _rounded_once(op: ir.Operation) -> ir.Value:
    x, y, z = op.operands
    arithmetic = _Arithmetic(x.type, _SPLIT[op.name][1])
    new = arithmetic.new
    product = new("mul", x, y)
    total = new("add", product, z)
    (x_high, x_low), (y_high, y_low) = arithmetic.halves(x), arithmetic.halves(y)
    error = new("sub", new("mul", x_high, y_high), product)
    for left, right in ((x_high, y_low), (x_low, y_high), (x_low, y_low)):
        error = new("add", error, new("mul", left, right))
    added = new("sub", total, product)
    lost = new("add", new("sub", product, new("sub", total, added)), new("sub", z, added))
    repaired = new("add", total, new("add", lost, error))
    # Infinities and NaN have no halves: of them, the plain sum is right.
    return new("select", arithmetic.is_finite(total), repaired, total)
