"""Types of arguments as text: ``f32[8, 16]``."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from axir._src import pytree
from axir._src.config import config
from axir._src.convert import to_array
from axir._src.jit import ShapeDtypeStruct
from axir._src.trace import Spec
from axir.aot._dims import DEFAULT_BOUNDS, Dim
from axir_compiler.errors import AxirError, DTypeError, ShapeError
from axir_compiler.ir.types import DTYPES, Aval, dtype_name
from axir_runtime import Size, parse_size

__all__ = ["spec", "specs_of"]

_SPEC = re.compile(r"\s*(?P<dtype>\w+)\s*\[(?P<shape>[^\]]*)\]\s*")
_BY_NAME = {name: dtype for dtype in DTYPES for name in (dtype_name(dtype), str(dtype))}
_BY_NAME |= {f"u{n}": np.dtype(f"uint{n}") for n in (8, 16, 32, 64)}
_WIDE = frozenset(np.dtype(name) for name in ("int64", "uint64", "float64", "complex128"))


def spec(text: str) -> ShapeDtypeStruct:
    """Shape and dtype from text: ``f32[8, 16]``, ``i32[]``, ``bool[3]``, ``f32[batch, 2*n+1]``.

    Dtypes are written as in axir's listings (``f32``, ``ui8`` or ``u8``, ``c64``) or as NumPy does. Sizes with names
    are known only at a call; ``Dim`` gives them bounds other than 1 and 65536.

    Raises:
        ShapeError: the text is none, or a size is no number, name, or sum of multiples of names.
        DTypeError: there is no such dtype, or it needs 64-bit types, which are off.

    Example:
        >>> import axir
        >>> axir.aot.spec("f32[8, 16]")
        ShapeDtypeStruct(shape=(8, 16), dtype=float32)
    """
    found = _SPEC.fullmatch(text)
    if found is None:
        raise ShapeError(f"aot.spec: write the dtype and the sizes, as in 'f32[8, 16]'; got {text!r}.")
    dtype = _BY_NAME.get(found["dtype"])
    if dtype is None:
        known = ", ".join(dtype_name(d) for d in DTYPES)
        raise DTypeError(f"aot.spec: there is no dtype {found['dtype']!r}. Use one of {known}.")
    words = found["shape"].split(",") if found["shape"].strip() else []
    try:
        sizes = [_size(parse_size(word.strip())) for word in words]
    except ValueError:
        raise ShapeError(
            f"aot.spec: sizes are whole numbers, names, or sums such as '2*n+1'; got {text!r}."
        ) from None
    if any(isinstance(n, int) and n < 0 for n in sizes):
        raise ShapeError(f"aot.spec: sizes are not negative; got {text!r}.")
    return ShapeDtypeStruct(sizes, dtype)


def _size(size: Size) -> Any:
    return Dim.of(size, {n: DEFAULT_BOUNDS for n, _ in size.terms}) if size.terms else size.constant


def specs_of(tree: Any, where: str) -> tuple[list[Spec], pytree.TreeDef]:
    """What is known of the arrays in a pytree of texts, ``ShapeDtypeStruct``s, arrays and numbers, and its structure.

    Raises:
        AxirError: a leaf is none of these.
    """
    leaves, treedef = pytree.flatten(tree)
    names = pytree.leaf_names(where, tree)
    return [_spec_of(x, name) for x, name in zip(leaves, names, strict=True)], treedef


def _spec_of(x: Any, where: str) -> Spec:
    try:
        x = spec(x) if isinstance(x, str) else x
        if hasattr(x, "shape") and hasattr(x, "dtype") and not isinstance(x, np.ndarray | np.generic):
            shape = tuple(n.size if isinstance(n, Dim) else int(n) for n in x.shape)
            # With named sizes it is no shape of the dialect; they are replaced before anything is traced.
            found = Spec(Aval(shape, np.dtype(x.dtype)), bool(getattr(x, "weak_type", False)))  # pyright: ignore[reportArgumentType]
        else:
            found = Spec.of(to_array(x))
    except (AxirError, TypeError, ValueError) as error:
        kind = type(error) if isinstance(error, AxirError) else DTypeError
        raise kind(f"export: {where}: {error}") from None
    if found.aval.dtype in _WIDE and not config.x64_enabled:
        raise DTypeError(
            f"export: {where} is {found.aval}, but 64-bit types are off. Switch them on with "
            "axir.config.update('axir_enable_x64', True), or use 32-bit types."
        )
    return found
