"""The ops of the dialect as functions on IR values: ``ops.sin(x)`` appends an op and gives its result.

Rules of ops call each other through this package at call time, so that families do not import each other.
Names that are Python keywords end in an underscore (``ops.and_``).
"""

from __future__ import annotations

import importlib
import keyword
from collections.abc import Callable
from typing import Any

from axir_compiler.ir.op import OPS
from axir_compiler.ops.helpers import *  # noqa: F403  (helpers first: the families use them at call time)

_FAMILIES = (
    "along",
    "callback",
    "check",
    "collective",
    "complex_parts",
    "constant",
    "contract",
    "convolution",
    "cumulative",
    "custom",
    "custom_vmap",
    "elementwise_binary",
    "elementwise_unary",
    "fourier",
    "gather",
    "index",
    "linalg",
    "linalg_lu",
    "linalg_spectral",
    "linear_call",
    "linear_solve",
    "precision",
    "random",
    "reduce",
    "reduce_window",
    "scan",
    "scatter",
    "shape",
    "sort",
    "special",
    "switch",
    "transformation",
    "while_loop",
)

for _name in _FAMILIES:
    importlib.import_module(f"{__name__}.{_name}")

for _name, _op in OPS.items():
    globals()[f"{_name}_" if keyword.iskeyword(_name) else _name] = _op.build


def __getattr__(name: str) -> Callable[..., Any]:
    raise AttributeError(f"axir has no op {name!r}; see axir_compiler.ir.op.OPS for all of them.")
