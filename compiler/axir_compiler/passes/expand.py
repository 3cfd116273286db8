"""The transformations as passes: expansion of transformation ops, and each rewrite by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from axir_compiler.ir.module import lookup, signature
from axir_compiler.ir.types import is_inexact
from axir_compiler.mlir import func, ir
from axir_compiler.passes.base import Pass
from axir_compiler.transforms.expand import Expander

__all__ = ["ExpandTransformsPass", "JvpPass", "LinearizePass", "TransposePass", "VmapPass"]


@dataclass(frozen=True)
class ExpandTransformsPass(Pass):
    """Replace transformation ops by calls of transformed functions, innermost first.

    Each function is transformed once for each signature; the callers share the result.
    """

    name: ClassVar[str] = "expand-transforms"

    def run(self, module: ir.Module) -> None:
        Expander(module).expand_all()


def _publish(module: ir.Module, *symbols: str) -> None:
    with module.context:
        for symbol in symbols:
            lookup(module, symbol).attributes["sym_visibility"] = ir.StringAttr.get("public")


@dataclass(frozen=True)
class _FunctionPass(Pass):
    """A rewrite that adds a transformed copy of one function; ``wrt`` lists arguments, by default the floats."""

    func: str
    wrt: tuple[int, ...] = ()

    def _expanded(self, module: ir.Module) -> tuple[Expander, func.FuncOp]:
        function = lookup(module, self.func)
        expander = Expander(module)
        expander.expand(self.func)
        return expander, function

    def _arguments(self, function: func.FuncOp) -> tuple[int, ...]:
        inputs, _ = signature(function)
        return self.wrt or tuple(i for i, a in enumerate(inputs) if is_inexact(a.dtype))


@dataclass(frozen=True)
class JvpPass(_FunctionPass):
    """Add ``@func_jvp``, the forward derivative of a function.

    It takes the arguments and a tangent for each argument in ``wrt``, and gives the results and their tangents
    (none for those that do not depend on ``wrt``).
    """

    name: ClassVar[str] = "jvp"

    def run(self, module: ir.Module) -> None:
        expander, function = self._expanded(module)
        _publish(module, expander.linearizer.jvp(self.func, self._arguments(function)).symbol)


@dataclass(frozen=True)
class LinearizePass(_FunctionPass):
    """Add ``@func_forward`` and ``@func_linear``, the two halves of the forward derivative.

    The first gives the results and residuals; the second takes residuals and tangents and is linear in the
    tangents.
    """

    name: ClassVar[str] = "linearize"

    def run(self, module: ir.Module) -> None:
        expander, function = self._expanded(module)
        rule = expander.linearizer.linearize(self.func, self._arguments(function))
        _publish(module, rule.forward, rule.linear)


@dataclass(frozen=True)
class TransposePass(_FunctionPass):
    """Add ``@func_transpose`` of a function that is linear in the arguments ``wrt``.

    It takes the other arguments and cotangents of the results, and gives cotangents of the arguments ``wrt``.
    """

    name: ClassVar[str] = "transpose"

    def run(self, module: ir.Module) -> None:
        expander, function = self._expanded(module)
        _, outputs = signature(function)
        seeds = tuple(range(len(outputs)))
        _publish(module, expander.transposer.transpose(self.func, self._arguments(function), seeds).symbol)


@dataclass(frozen=True)
class VmapPass(Pass):
    """Add ``@func_vmap``, a function over a batch of ``size`` items.

    ``in-axes`` gives the batch axis of each argument, -1 for one that is the same for all items.
    """

    name: ClassVar[str] = "vmap"
    func: str
    size: int
    in_axes: tuple[int, ...] = ()
    axis_name: str = ""

    def run(self, module: ir.Module) -> None:
        expander = Expander(module)
        expander.expand(self.func)
        inputs, _ = signature(lookup(module, self.func))
        axes = self.in_axes or (0,) * len(inputs)
        _publish(module, expander.vectorizer.vectorize(self.func, axes, self.size, self.axis_name).symbol)
