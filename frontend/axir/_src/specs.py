"""Types of arrays as text, ``f32[8,16]``: what the command line takes for arguments."""

from __future__ import annotations

import re

import numpy as np

from axir._src.jit import ShapeDtypeStruct
from axir_compiler.ir.types import DTYPES, dtype_name

__all__ = ["DTYPE_NAMES", "parse_spec"]

DTYPE_NAMES: dict[str, np.dtype] = {
    **{dtype.name: dtype for dtype in DTYPES},
    **{dtype_name(dtype): dtype for dtype in DTYPES},
    **{f"u{8 * d.itemsize}": d for d in DTYPES if d.kind == "u"},
    "i1": np.dtype(bool),
    "pred": np.dtype(bool),
}
"""Each name by which a dtype can be called: ``f32``, ``float32``, ``ui8``, ``u8``, ``bool``, ``c64``, ..."""

_FORM = re.compile(r"\s*(?P<dtype>\w+)\s*\[(?P<sizes>[^\[\]]*)\]\s*|\s*(?P<scalar>\w+)\s*")


def parse_spec(text: str) -> ShapeDtypeStruct:
    """The shape and dtype that a text like ``f32[8,16]`` stands for; ``i32[]`` and ``i32`` are scalars.

    Raises:
        ValueError: the text has another form, or there is no such dtype.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"spec: a type reads dtype[size,...], for example f32[8,16] or i32[]; got {text!r}.")
    name = found["dtype"] or found["scalar"]
    if name not in DTYPE_NAMES:
        known = ", ".join(dtype_name(d) for d in DTYPES)
        raise ValueError(f"spec: there is no dtype {name!r} (in {text!r}). Use one of {known}.")
    sizes = (found["sizes"] or "").strip()
    return ShapeDtypeStruct(_sizes(sizes, text), DTYPE_NAMES[name])


def _sizes(sizes: str, text: str) -> tuple[int, ...]:
    if not sizes:
        return ()
    words = [word.strip() for word in sizes.split(",")]
    for word in words:
        if not re.fullmatch(r"\d+", word):
            raise ValueError(f"spec: sizes must be whole numbers; got {word!r} in {text!r}.")
    return tuple(map(int, words))
