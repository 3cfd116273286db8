"""``scaled_matmul``."""

from __future__ import annotations

from axir._src.array import Array
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.messages import located
from axir._src.promotion import DTypeLike, requested
from axir.lax.elementwise import mul
from axir.lax.reductions import dot_general
from axir.lax.scaled import spread
from axir_compiler.errors import ShapeError

__all__ = ["scaled_matmul"]


def scaled_matmul(
    lhs: ArrayLike,
    rhs: ArrayLike,
    lhs_scales: ArrayLike,
    rhs_scales: ArrayLike,
    preferred_element_type: DTypeLike = "float32",
) -> Array:
    """Products ``[b, m, n]`` of ``[b, m, k]`` and ``[b, n, k]``, each block of k times a scale of its own.

    Args:
        lhs, rhs: Arrays ``[b, m, k]`` and ``[b, n, k]``.
        lhs_scales, rhs_scales: Arrays ``[b, m, k / block]`` and ``[b, n, k / block]``.
        preferred_element_type: Dtype of the result; products and sums are those of float32.

    Raises: ShapeError (a ValueError) if shapes do not fit.
    """
    given = [to_array(x) for x in (lhs, rhs, lhs_scales, rhs_scales)]
    x, y, left, right = given
    fits = all(v.ndim == 3 for v in given) and (
        x.shape[::2] == y.shape[::2]
        and left.shape[::2] == right.shape[::2]
        and (x.shape[:2], y.shape[:2]) == (left.shape[:2], right.shape[:2])
        and (x.shape[2] % left.shape[2] == 0 if left.shape[2] else x.shape[2] == 0)
    )
    if not fits:
        rule = "operands must be [b, m, k] and [b, n, k], scales [b, m, k / block] and [b, n, k / block]"
        raise located(ShapeError(f"scaled_matmul: {rule}; got {', '.join(str(v.aval) for v in given)}."))
    dtype = requested("float32", "scaled_matmul")
    one = mul(convert(x, dtype), spread(convert(left, dtype), x.shape))
    two = mul(convert(y, dtype), spread(convert(right, dtype), y.shape))
    found = dot_general(one, two, (((2,), (2,)), ((0,), (0,))))
    return convert(found, requested(preferred_element_type, "scaled_matmul"))
