"""Vector quantization."""

from __future__ import annotations

from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike
from axir._src.elementwise import promoted
from axir._src.messages import located
from axir_compiler.errors import ShapeError

__all__ = ["vq"]


def vq(obs: ArrayLike, code_book: ArrayLike, check_finite: bool = True) -> tuple[Array, Array]:
    """For each observation the nearest row of a code book.

    Args:
        obs: Observations ``[m, n]``, or ``[m]`` for single numbers.
        code_book: Codes ``[k, n]`` or ``[k]``.
        check_finite: Has no effect.

    Returns: The number of the nearest code for each observation, ``i32[m]``, and the distance from it.
    Raises: ShapeError if the arrays do not fit together.
    """
    (x, codes), _ = promoted(obs, code_book, to_float=True)
    if x.ndim != codes.ndim or x.ndim not in (1, 2) or (x.ndim == 2 and x.shape[1] != codes.shape[1]):
        raise located(
            ShapeError(
                f"vq: observations and codes must be vectors, or matrices of as many columns; got {x.aval} and "
                f"{codes.aval}."
            )
        )
    if x.ndim == 1:
        x, codes = x[:, None], codes[:, None]
    distances = anp.linalg.norm(x[:, None, :] - codes[None, :, :], axis=-1)
    return anp.argmin(distances, axis=-1), anp.min(distances, axis=-1)
