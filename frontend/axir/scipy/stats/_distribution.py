"""What all distributions share: parameters, location and scale, support, and functions that follow from others."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike
from axir._src.messages import located
from axir.scipy._special_more import floats
from axir_compiler.errors import TreeError

__all__ = ["Distribution"]

Form = Callable[..., Array]
_LOG = {"pdf": "logpdf", "pmf": "logpmf"}


class Distribution:
    """A distribution as functions of standardized operands.

    ``forms`` maps names (``logpdf``, ``cdf``, ``ppf``, ...) to functions of ``(x - loc) / scale`` and of the shape
    parameters; the distribution has functions of these names, and ``pdf`` or ``pmf``. They take the operand, the shape
    parameters, then ``loc`` and ``scale`` where the distribution has them, in this order or by keyword.

    Attributes:
        support: Least and largest value; densities are 0 outside, and other functions are continued.
        inside: A value of the support, which stands for those outside where a formula would fail.
    """

    logpdf: Form
    pdf: Form
    logpmf: Form
    pmf: Form
    cdf: Form
    sf: Form
    logcdf: Form
    logsf: Form
    ppf: Form
    isf: Form

    def __init__(
        self,
        name: str,
        doc: str,
        shapes: tuple[str, ...],
        forms: Mapping[str, Form],
        *,
        support: tuple[float, float] = (-math.inf, math.inf),
        inside: float = 0.5,
        loc: bool = True,
        scale: bool = True,
    ) -> None:
        self.__name__, self.__doc__ = name, doc
        self.support, self.inside = support, inside
        self._shapes, self._forms = shapes, forms
        self._loc, self._scale = loc, scale
        for function in forms:
            setattr(self, function, self._function(function))
        for plain, log in _LOG.items():
            if log in forms:
                setattr(self, plain, self._exponential(plain, log))

    def __repr__(self) -> str:
        return f"<distribution {self.__name__}>"

    def _function(self, function: str) -> Form:
        compute = self._quantile if function in ("ppf", "isf") else self._at

        def call(x: ArrayLike, *args: ArrayLike, **named: ArrayLike) -> Array:
            return compute(function, *self._parameters(function, x, args, named))

        call.__name__, call.__qualname__ = function, f"{self.__name__}.{function}"
        call.__doc__ = f"``{function}`` of {self.__name__}, elementwise: operand, {', '.join(self._names())}."
        return call

    def _exponential(self, plain: str, log: str) -> Form:
        def call(*args: ArrayLike, **named: ArrayLike) -> Array:
            return lax.exp(getattr(self, log)(*args, **named))

        call.__name__, call.__qualname__ = plain, f"{self.__name__}.{plain}"
        call.__doc__ = f"``exp({log})``."
        return call

    def _names(self) -> list[str]:
        return [*self._shapes, *["loc"] * self._loc, *["scale"] * self._scale]

    def _parameters(
        self, function: str, x: ArrayLike, args: tuple[ArrayLike, ...], named: Mapping[str, ArrayLike]
    ) -> tuple[Array, list[Array], Array, Array]:
        """Operand, shape parameters, location and scale in one dtype and shape."""
        names = self._names()
        given: dict[str, ArrayLike] = dict(zip(names, args, strict=False))
        where = f"{self.__name__}.{function}"
        wrong = [n for n in named if n not in names or n in given]
        missing = [n for n in self._shapes if n not in given and n not in named]
        if len(args) > len(names) or wrong or missing:
            what = f"{len(args)} by position and {sorted(named)}"
            raise located(TreeError(f"{where}: takes the parameters {', '.join(names)}; got {what}."))
        given.update(named)
        values = [*(given[n] for n in self._shapes), given.get("loc", 0), given.get("scale", 1)]
        operand, *parameters, loc, scale = floats(where, x, *values)
        return operand, parameters, loc, scale

    def _at(self, function: str, x: Array, shapes: list[Array], loc: Array, scale: Array) -> Array:
        y = lax.div(lax.sub(x, loc), scale) if self._scale else lax.sub(x, loc) if self._loc else x
        low, high = self.support
        if not function.startswith("logp"):
            return self._forms[function](anp.clip(y, low, high), *shapes)
        within = anp.logical_and(lax.ge(y, low), lax.le(y, high))
        bounded = (low, high) != (-math.inf, math.inf)
        found = self._forms[function](anp.where(within, y, self.inside) if bounded else y, *shapes)
        if self._scale:
            found = lax.sub(found, lax.log(scale))
        known = anp.logical_or(within, lax.ne(y, y))
        return anp.where(lax.ne(y, y), math.nan, anp.where(known, found, -math.inf)) if bounded else found

    def _quantile(self, function: str, q: Array, shapes: list[Array], loc: Array, scale: Array) -> Array:
        found = self._forms[function](q, *shapes)
        found = lax.add(lax.mul(found, scale), loc)
        return anp.where(anp.logical_and(lax.ge(q, 0.0), lax.le(q, 1.0)), found, math.nan)
