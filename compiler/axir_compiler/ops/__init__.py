"""The ops of the dialect as functions on IR values: ``ops.sin(x)`` appends an op and gives its result.

Rules of ops call each other through this package at call time, so that families do not import each other.
Names that are Python keywords end in an underscore (``ops.and_``).
"""

from __future__ import annotations

import keyword
from collections.abc import Callable
from typing import Any

from axir_compiler.ir.op import OPS
from axir_compiler.ops import (
    complex_parts as _complex_parts,
)
from axir_compiler.ops import (
    constant as _constant,
)
from axir_compiler.ops import (
    contract as _contract,
)
from axir_compiler.ops import (
    elementwise_binary as _elementwise_binary,
)
from axir_compiler.ops import (
    elementwise_unary as _elementwise_unary,
)
from axir_compiler.ops import (
    fourier as _fourier,
)
from axir_compiler.ops import (
    index as _index,
)
from axir_compiler.ops import (
    random as _random,
)
from axir_compiler.ops import (
    reduce as _reduce,
)
from axir_compiler.ops import (
    shape as _shape,
)
from axir_compiler.ops import (
    transformation as _transformation,
)
from axir_compiler.ops.helpers import *  # noqa: F403  (helpers first: the families use them at call time)

_FAMILIES = (
    _complex_parts,
    _constant,
    _contract,
    _elementwise_binary,
    _elementwise_unary,
    _fourier,
    _index,
    _random,
    _reduce,
    _shape,
    _transformation,
)

for _name, _op in OPS.items():
    globals()[f"{_name}_" if keyword.iskeyword(_name) else _name] = _op.build


def __getattr__(name: str) -> Callable[..., Any]:
    raise AttributeError(f"axir has no op {name!r}; see axir_compiler.ir.op.OPS for all of them.")
