"""How an op of the dialect is declared: one class holds everything that is true of it.

    class SliceOp(AxirOp, name="slice", linear_in=("operand",)):
        operand: Tensor
        start: Ints
        ...
        @staticmethod
        def infer(x, *, start, ...): ...        # type rule; also the verifier
        @staticmethod
        def numpy(x, *, start, ...): ...        # evaluation
        def jvp(self, dx): ...                  # forward derivative (given by linear_in here)
        def transpose(self, ct, x): ...         # of the linear map
        def batch(self, axes, x): ...           # vectorization
        def lower(self, x): ...                 # to linalg

``infer`` and ``numpy`` are pure functions of shapes or arrays and attributes; the other rules are methods
of an op that is in the IR and build new ops at the current insertion point through ``axir_compiler.ops``.
This module alone knows how the MLIR bindings register Python classes for ops.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from axir_compiler.errors import AxirError, DTypeError, MissingRuleError, ShapeError, VerificationError
from axir_compiler.ir import attributes as kinds
from axir_compiler.ir.attributes import Kind, Tensors
from axir_compiler.ir.types import Aval, aval_of, dtype_name, is_complex, mlir_type
from axir_compiler.mlir import ir, register_dialect, register_operation

__all__ = ["OPS", "AxirOp", "Tangents", "Value", "YieldOp", "first_batched", "listed"]

Value = ir.Value
Tangents = Value | None | tuple[Value | None, ...]


@register_dialect
class AxirDialect(ir.Dialect):
    """The dialect ``axir``, which MLIR itself does not know."""

    DIALECT_NAMESPACE = "axir"


OPS: dict[str, type[AxirOp]] = {}
"""Every op class by its name without the ``axir.`` prefix."""


class AxirOp(ir.OpView):
    """Base of all ops; see the module's documentation for the form of a declaration.

    Class arguments:
        name: name of the op without the ``axir.`` prefix; ``None`` for a family base.
        dtypes: dtypes that tensor operands may have; ``None`` for any.
        linear_in: operands in which the op is jointly linear, the others held fixed.
        multilinear_in: operands in each of which the op is linear when the others are fixed.
        zero_tangent: the derivative is zero wherever it exists (floor, comparisons, integer ops).
        arithmetic: operations for each element of the results, 0 for ops that move elements only.
        transcendental: the operation for each element is a function such as exp, which costs many.
    """

    _ODS_REGIONS = (0, True)

    short_name: ClassVar[str]
    operand_names: ClassVar[tuple[str, ...]] = ()
    variadic: ClassVar[bool] = False
    attribute_kinds: ClassVar[dict[str, Kind]] = {}
    dtypes: ClassVar[frozenset[np.dtype] | None] = None
    linear_in: ClassVar[tuple[str, ...]] = ()
    multilinear_in: ClassVar[tuple[str, ...]] = ()
    zero_tangent: ClassVar[bool] = False
    same_dtype: ClassVar[bool] = True
    arithmetic: ClassVar[int] = 1
    transcendental: ClassVar[bool] = False
    access: ClassVar[str] = "all"
    """What is moved: ``all`` operands and results, no more than a ``part`` of the first operand as large as the result,
    an ``update`` (the second operand and the places for it), or ``nothing`` (the result is the operand)."""
    has_regions: ClassVar[bool] = False
    elementwise: ClassVar[bool] = False
    """Whether each element of a result follows from the elements of the operands at the same place, by one function."""
    symbol_names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(
        cls,
        name: str | None = None,
        dtypes: frozenset[np.dtype] | None = None,
        linear_in: tuple[str, ...] | None = None,
        multilinear_in: tuple[str, ...] | None = None,
        zero_tangent: bool | None = None,
        same_dtype: bool | None = None,
        arithmetic: int | None = None,
        transcendental: bool | None = None,
        **rest: Any,
    ) -> None:
        super().__init_subclass__(**rest)
        given = {
            "dtypes": dtypes,
            "linear_in": linear_in,
            "multilinear_in": multilinear_in,
            "zero_tangent": zero_tangent,
            "same_dtype": same_dtype,
            "arithmetic": arithmetic,
            "transcendental": transcendental,
        }
        for key, value in given.items():
            if value is not None:
                setattr(cls, key, value)
        _declare_fields(cls)
        if name is not None:
            cls.short_name = name
            cls.OPERATION_NAME = f"axir.{name}"
            register_operation(AxirDialect)(cls)
            OPS[name] = cls

    # Rules, in the order of an op's life. -------------------------------------------------------

    infer: ClassVar[Callable[..., Aval | tuple[Aval, ...]]]
    numpy: ClassVar[Callable[..., Any]]

    def jvp(self, *tangents: Value | None) -> Tangents:
        """Tangent of the result, of several results a tuple of tangents; each tangent may be ``None`` for zero."""
        if self.zero_tangent:
            return None
        if self.linear_in:
            return self._jvp_linear(tangents)
        if self.multilinear_in:
            return self._jvp_multilinear(tangents)
        raise MissingRuleError(
            f"jvp: {self.OPERATION_NAME} has no derivative rule. Use stop_gradient on its operands, or define "
            f"{type(self).__name__}.jvp."
        )

    def transpose(self, ct: Any, *operands: Value | None) -> Sequence[Value | None]:
        """Cotangents of the operands. ``operands`` holds ``None`` for those the op is linear in.

        ``ct`` is the cotangent of the result, of several results a tuple of them with ``None`` for zero.
        """
        raise MissingRuleError(f"transpose: {self.OPERATION_NAME} is not linear in its operands.")

    def batch(self, axes: Sequence[int | None], *operands: Value) -> tuple[Value, int]:
        """The op over a batch: results for operands whose batch axis is given (``None``: not batched)."""
        raise MissingRuleError(f"vmap: {self.OPERATION_NAME} has no batching rule.")

    def lower(self, *operands: Value) -> Value | Sequence[Value]:
        """The op in linalg, on operands of signless element types."""
        raise MissingRuleError(f"lower: {self.OPERATION_NAME} has no lowering.")

    def without_kernels(self, *operands: Value) -> Value | Sequence[Value] | None:
        """The op written in other ops, for targets that run no loops over single elements.

        ``None``: the lowering of the op does not need such loops, or there is no other way.
        """
        return None

    def evaluation(self) -> tuple[Callable[..., Any], dict[str, Any]]:
        """What evaluates this op: a function of arrays, and its keyword arguments."""
        return type(self).numpy, self.attrs

    def flops(self) -> int:
        """Arithmetic operations on numbers; a complex operation counts as two unless the op says more.

        What a function such as exp takes is not among them: see ``transcendentals``.
        """
        results = [aval_of(r) for r in self.results]
        if self.transcendental:
            return 0
        return self.arithmetic * sum(a.size * (2 if is_complex(a.dtype) else 1) for a in results)

    def transcendentals(self) -> int:
        """Evaluations of functions such as exp."""
        return sum(aval_of(r).size for r in self.results) if self.transcendental else 0

    def traffic(self) -> list[tuple[Value, int]]:
        """Operands that the op reads and results that it writes, each with the number of bytes."""
        values = [*self.operands, *self.results]
        sizes = [aval_of(x).nbytes for x in values]
        if self.access == "part":
            sizes[0] = min(sizes[0], sizes[-1])
        elif self.access == "update":
            sizes[0], sizes[-1] = 0, sizes[1]
        elif self.access == "nothing":
            sizes = [0] * len(values)
        return list(zip(values, sizes, strict=True))

    @property
    def has_effect(self) -> bool:
        """Whether the op itself does more than give results; ``ir/effects.py`` looks into regions and callees."""
        return False

    @property
    def repeatable(self) -> bool:
        """Whether evaluating the op again, or earlier, makes no difference."""
        return not self.has_regions and not self.has_effect

    # What every op shares. ----------------------------------------------------------------------

    @classmethod
    def infer_checked(cls, avals: Sequence[Aval], attrs: dict[str, Any]) -> tuple[Aval, ...]:
        """Result types for operand types, after the checks that all ops share."""
        try:
            _check_operands(cls, avals)
            result = cls.infer(*avals, **attrs)
        except AxirError as error:
            raise type(error)(f"axir.{cls.short_name}: {error}") from None
        return (result,) if isinstance(result, Aval) else result

    @classmethod
    def encode(cls, attrs: dict[str, Any]) -> dict[str, ir.Attribute]:
        """MLIR attributes of Python values."""
        return {name: _encode(cls.attribute_kinds[name], value) for name, value in attrs.items()}

    @classmethod
    def create(
        cls, operands: Sequence[Value], results: Sequence[Aval], attrs: dict[str, Any]
    ) -> ir.Operation:
        """Append the op at the current location and insertion point; no checks."""
        return ir.Operation.create(
            cls.OPERATION_NAME,
            results=[mlir_type(a) for a in results],
            operands=operands,
            attributes=cls.encode(attrs) if attrs else None,
        )

    @classmethod
    def build(cls, *operands: Value, **attrs: Any) -> Any:
        """Append the op at the current insertion point; gives its result, or a tuple if it has several."""
        key = (cls, *[x.type for x in operands], *attrs.items())
        _, kinds, attributes = _forms.get(key) or _new_form(key, operands, attrs)
        op = ir.Operation.create(cls.OPERATION_NAME, results=kinds, operands=operands, attributes=attributes)
        return op.result if len(kinds) == 1 else tuple(op.results)

    @classmethod
    def append_at(
        cls, operands: Sequence[Value], attrs: dict[str, Any], loc: ir.Location, ip: ir.InsertionPoint
    ) -> tuple[ir.Operation, tuple[Aval, ...]]:
        """Append the op at a location and insertion point; gives the types of its results too."""
        key = (cls, *[x.type for x in operands], *attrs.items())
        avals, kinds, attributes = _forms.get(key) or _new_form(key, operands, attrs)
        op = ir.Operation.create(
            cls.OPERATION_NAME, results=kinds, operands=operands, attributes=attributes, loc=loc, ip=ip
        )
        return op, avals

    def rebuild(self, *operands: Value, **changes: Any) -> Any:
        """The same op on other operands, some attributes changed."""
        if not self.attribute_kinds:
            return self.build(*operands)
        return self.build(*operands, **{**self.attrs, **changes})

    @property
    def attrs(self) -> dict[str, Any]:
        """Attributes as Python values."""
        return {name: getattr(self, name) for name in self.attribute_kinds}

    def verify_types(self) -> None:
        """Check the op against its own type rule.

        Raises:
            VerificationError: an operand, attribute or result type breaks it.
        """
        self.verify_attributes()
        count = len(self.operands)
        if not self.variadic and count != len(self.operand_names):
            raise VerificationError(
                f"{self.OPERATION_NAME}: takes {len(self.operand_names)} operands; got {count}."
            )
        expected = self.infer_checked([aval_of(x) for x in self.operands], self.attrs)
        actual = tuple(aval_of(x) for x in self.results)
        if expected != actual:
            raise VerificationError(
                f"{self.OPERATION_NAME}: result type must be {_join(expected)}; got {_join(actual)}."
            )

    def verify_attributes(self) -> None:
        """Check that the op has its attributes, each of its kind, and no others.

        Raises:
            VerificationError: one is missing, unknown or of another kind.
        """
        given = dict(self.attributes.items())
        for name, kind in self.attribute_kinds.items():
            if name not in given:
                raise VerificationError(f"{self.OPERATION_NAME}: attribute {name!r} is missing.")
            if not _is_of_kind(kind, given.pop(name)):
                raise VerificationError(
                    f"{self.OPERATION_NAME}: attribute {name!r} must be of kind {kind.name}; "
                    f"got {self.attributes[name]}."
                )
        if given:
            known = ", ".join(self.attribute_kinds) or "none"
            raise VerificationError(
                f"{self.OPERATION_NAME}: there is no attribute {next(iter(given))!r}; its attributes are: {known}."
            )

    def may_be_linear_in(self, position: int) -> bool:
        """Whether ``linear_in`` or ``multilinear_in`` names the operand with this index."""
        names = self.operand_names
        last = len(names) - 1
        return names[position if position < last else last] in (self.linear_in or self.multilinear_in)

    def _jvp_linear(self, tangents: Sequence[Value | None]) -> Tangents:
        from axir_compiler import ops

        operands = listed(self.operands)
        for i, tangent in enumerate(tangents):
            if self.may_be_linear_in(i):
                operands[i] = ops.zeros_like(operands[i]) if tangent is None else tangent
        return self.rebuild(*operands)

    def _jvp_multilinear(self, tangents: Sequence[Value | None]) -> Value | None:
        from axir_compiler import ops

        given, total = listed(self.operands), None
        for i, tangent in enumerate(tangents):
            if tangent is not None and self.may_be_linear_in(i):
                operands = given.copy()
                operands[i] = tangent
                term = self.rebuild(*operands)
                total = term if total is None else ops.add(total, term)
        return total


def listed(values: ir.OpOperandList | ir.OpResultList) -> list[Value]:
    """The operands or results of an op as a list.

    Iterating over them ends with an exception inside the bindings, which takes as long as two operands.
    """
    count = len(values)
    if count == 1:
        return [values[0]]
    if count == 2:
        return [values[0], values[1]]
    return list(values)


def first_batched(axes: Sequence[int | None]) -> int:
    """Position of the first batched operand."""
    return next(i for i, axis in enumerate(axes) if axis is not None)


def _join(avals: Sequence[Aval]) -> str:
    return ", ".join(map(str, avals))


# Result types, also in MLIR, and attributes by op class, operand types and attributes.
_forms: dict[Any, tuple[tuple[Aval, ...], list[ir.Type], dict[str, ir.Attribute] | None]] = {}
_encoded: dict[tuple[str, Any], ir.Attribute] = {}
_decoded: dict[tuple[str, ir.Attribute], Any] = {}
_LIMIT = 50_000


def _new_form(
    key: tuple[Any, ...], operands: Sequence[Value], attrs: dict[str, Any]
) -> tuple[tuple[Aval, ...], list[ir.Type], dict[str, ir.Attribute] | None]:
    if len(_forms) > _LIMIT:
        _forms.clear()
    op: type[AxirOp] = key[0]
    results = op.infer_checked([aval_of(x) for x in operands], attrs)
    found = results, [mlir_type(a) for a in results], op.encode(attrs) if attrs else None
    _forms[key] = found
    return found


def _encode(kind: Kind, value: Any) -> ir.Attribute:
    key = (kind.name, value)
    found = _encoded.get(key)
    if found is None:
        if len(_encoded) > _LIMIT:
            _encoded.clear()
        found = _encoded[key] = kind.encode(value)
    return found


def _decode(kind: Kind, attribute: ir.Attribute) -> Any:
    key = (kind.name, attribute)
    found = _decoded.get(key)
    if found is None:
        if len(_decoded) > _LIMIT:
            _decoded.clear()
        found = _decoded[key] = kind.decode(attribute)
    return found


def _is_of_kind(kind: Kind, attribute: ir.Attribute) -> bool:
    """Whether an attribute is what encoding its value gives."""
    try:
        return kind.encode(kind.decode(attribute)) == attribute
    except (AttributeError, TypeError, ValueError):
        # Attributes of other classes lack what decoding reads, or give what cannot be encoded.
        return False


def _declare_fields(cls: type[AxirOp]) -> None:
    """Turn the annotations of a class body into operand and attribute accessors."""
    names = list(cls.operand_names)
    attribute_kinds = dict(cls.attribute_kinds)
    for field, annotation in inspect.get_annotations(cls).items():
        if "ClassVar" in str(annotation):
            continue
        declared = getattr(kinds, annotation) if isinstance(annotation, str) else annotation
        if isinstance(declared, Kind):
            attribute_kinds[field] = declared
            setattr(cls, field, _attribute_property(field, declared))
            continue
        cls.variadic = declared is kinds.Tensors
        setattr(cls, field, _operand_property(len(names), cls.variadic))
        names.append(field)
    cls.operand_names = tuple(names)
    cls.attribute_kinds = attribute_kinds
    cls.symbol_names = tuple(name for name, kind in attribute_kinds.items() if kind is kinds.Symbol)


def _attribute_property(name: str, kind: Kind) -> property:
    return property(lambda self: _decode(kind, self.attributes[name]))


def _operand_property(index: int, variadic: bool) -> property:
    if variadic:
        return property(lambda self: list(self.operands)[index:])
    return property(lambda self: self.operands[index])


def _check_operands(cls: type[AxirOp], avals: Sequence[Aval]) -> None:
    expected = len(cls.operand_names)
    if len(avals) != expected and not (cls.variadic and len(avals) >= expected - 1):
        raise ShapeError(f"takes {expected} operands; got {len(avals)}.")
    if cls.dtypes is not None:
        for aval in avals:
            if aval.dtype not in cls.dtypes:
                allowed = ", ".join(sorted(map(dtype_name, cls.dtypes)))
                raise DTypeError(f"operands must have one of the dtypes {allowed}; got {aval}.")
    if cls.same_dtype and len({aval.dtype for aval in avals}) > 1:
        raise DTypeError(f"operands must have the same dtype; got {_join(avals)}. Convert one of them.")


class YieldOp(AxirOp, name="yield", same_dtype=False, arithmetic=0):
    """Ends a region and says what it gives."""

    values: Tensors

    @staticmethod
    def infer(*values: Aval) -> tuple[Aval, ...]:
        return ()
