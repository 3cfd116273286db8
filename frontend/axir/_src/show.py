"""make_ir: the program of a function as something to read, save and rewrite."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from axir._src.call import name_of
from axir._src.html import program_html
from axir._src.jit import JitFunction, trace_for_specs
from axir_compiler import pipeline
from axir_compiler.ir.host_functions import HostObject
from axir_compiler.ir.listing import Line, pretty_lines, text_lines
from axir_compiler.ir.module import copy_module, lookup
from axir_compiler.mlir import context, ir

__all__ = ["IR", "make_ir"]


class IR:
    """A module of the dialect. ``str()`` is MLIR text that parses again.

    Attributes:
        module: the MLIR module.
        name: symbol of the function that was traced.
    """

    def __init__(self, module: ir.Module, name: str, hosts: Iterable[HostObject] = ()):
        self.module = module
        self.name = name
        # The Python functions that the module names by number.
        self._hosts = frozenset(hosts)

    def as_text(self, *, locations: bool = False, pretty: bool = False) -> str:
        """MLIR text; with ``locations`` each op has its function and source line behind it, as a comment.

        ``pretty`` gives a short form instead, one line ``c: f32[8] = mul a b`` for each op, which does not parse.
        """
        if not locations and not pretty:
            return str(self.module)
        with context():
            text = "" if pretty else self.module.operation.get_asm(enable_debug_info=True)
            lines = pretty_lines(self.module) if pretty else text_lines(text)
        return "".join(f"{_with_place(x) if locations else x.text}\n" for x in lines)

    def function(self, name: str) -> str:
        """The text of one function of the module.

        Raises:
            VerificationError: there is no such function.
        """
        with context():
            return str(lookup(self.module, name))

    def run_passes(self, pipeline_text: str) -> IR:
        """A copy after a pipeline such as ``"linearize{func=f},cse,dce"``.

        Raises:
            VerificationError: a pass or option is unknown.
        """
        with context():
            module = copy_module(self.module)
            pipeline.run_passes(module, pipeline.parse_pipeline(pipeline_text))
        return IR(module, self.name, self._hosts)

    def _repr_html_(self) -> str:
        return program_html(f"@{self.name}", self.as_text())

    def __str__(self) -> str:
        return self.as_text()

    __repr__ = __str__


def _with_place(line: Line) -> str:
    """A line with its place in the user's program behind it, as a comment."""
    if line.place is None:
        return line.text
    inside = f"{line.place.function}, " if line.place.function else ""
    return f"{line.text}  // {inside}{os.path.basename(line.place.file)}:{line.place.line}"


def make_ir(fun: Callable[..., Any], *, expand: bool = True) -> Callable[..., IR]:
    """A function that gives the IR of ``fun`` for its arguments, instead of its result.

    Args:
        fun: any function of pytrees of arrays.
        expand: rewrite transformations into plain ops and simplify; without it they show as ops that name the
            function they transform.

    Example:
        >>> import axir
        >>> print(axir.make_ir(lambda x: x * x)(2.0).function("lambda"))
        func.func public @lambda(%arg0: tensor<f32>) -> tensor<f32> {
          %0 = "axir.mul"(%arg0, %arg0) : (tensor<f32>, tensor<f32>) -> tensor<f32>
          return %0 : tensor<f32>
        }
    """

    def traced(*args: Any, **kwargs: Any) -> IR:
        target = fun._fun if isinstance(fun, JitFunction) else fun
        function, _ = trace_for_specs(target, args, kwargs)
        with context():
            module = pipeline.extract(function.program.module, function.symbol)
            if expand:
                pipeline.run_passes(module, pipeline.REWRITES)
        return IR(module, function.symbol, function.program.hosts)

    traced.__name__ = f"make_ir({name_of(fun)})"
    return traced
