"""Rows of the case table for special functions of several operands and Bessel functions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

import special_references
from axir_compiler.ir.types import FLOATING
from references import each
from samples import Arg, Case, Dtypes

__all__ = ["SPECIAL"]

# The edge cases of a dtype would take the references too long.
EDGES = (0.0, 0.5, 1.0, 2.5, math.inf, -1.5, math.nan, 0.03, 3.7, 9.25, 80.0, 250.0, -math.inf, -2.0)
POSITIVE = (0.2, 9.0)
DOMAINS = {
    "igamma": (POSITIVE, POSITIVE),
    "igammac": (POSITIVE, POSITIVE),
    "igamma_grad_a": (POSITIVE, POSITIVE),
    "random_gamma_grad": (POSITIVE, POSITIVE),
    "regularized_incomplete_beta": (POSITIVE, POSITIVE, (0.1, 0.9)),
    "zeta": ((1.2, 9.0), POSITIVE),
}
# Not all operands of these have derivatives: tests/frontend/test_lax_special.py has what there is.
ULP = {np.dtype("float32"): 2, np.dtype("float64"): 30000}
SHAPES = {"odd": (7,), "one": (1,), "rank 0": (), "empty": (2, 0, 3)}


def _edges(count: int) -> tuple[Arg, ...]:
    values = EDGES if count == 2 else EDGES[:7]
    return tuple(Arg((x.size,), values=x.ravel()) for x in np.meshgrid(*(values,) * count))


def _cases(
    op: str, label: str, reference: Any, domains: Any, dtypes: Dtypes, edges: tuple[Arg, ...], **common: Any
) -> Iterator[Case]:
    for name, shape in SHAPES.items():
        args = tuple(Arg(shape, low, high) for low, high in domains)
        yield Case(op, label + name, args, each(reference), dtypes, **common)
    yield Case(op, f"{label}special", edges, each(reference), dtypes, **{**common, "smooth": False})


def _all() -> Iterator[Case]:
    for order, ulp in ((0, 12), (1, 16)):
        reference, limits = special_references.bessel(order), {"ulp": ulp, "kernel_ulp": 24}
        name = f"bessel_i{order}e"
        yield from _cases(name, "", reference, ((-3, 3),), FLOATING, (Arg(special=True),), **limits)
    for op, domains in DOMAINS.items():
        reference = getattr(special_references, op)
        for dtype, ulp in ULP.items():
            common = {"ulp": ulp, "kernel_ulp": ulp, "smooth": False}
            label, edges = f"{dtype.name}, ", _edges(len(domains))
            yield from _cases(op, label, reference, domains, frozenset({dtype}), edges, **common)


SPECIAL = tuple(_all())
