"""Einstein summation: pairwise contractions in an order that costs little."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from axir import lax
from axir._src.array import Array
from axir._src.convert import ArrayLike, to_array
from axir._src.elementwise import promoted
from axir._src.messages import located
from axir._src.promotion import DTypeLike
from axir._src.remember import remembered
from axir.numpy.contractions import contract, diagonal
from axir.numpy.elementwise import multiply, no_out
from axir.numpy.reductions import any, sum
from axir_compiler.errors import ShapeError

__all__ = [
    "einsum",
    "einsum_path",
]

_BOOL = "bool"


@remembered
def einsum(
    subscripts: Any,
    /,
    *operands: ArrayLike,
    out: None = None,
    optimize: Any = "auto",
    precision: Any = None,
    preferred_element_type: DTypeLike = None,
) -> Array:
    """Sum of products of operands whose axes are named by letters.

    Args:
        subscripts: For example ``"ij,jk->ik"``; without ``->`` the letters that occur once are the result's.
            Lists of axis numbers after each operand are accepted too.
        operands: Arrays, promoted to a common dtype.
        out: Must be ``None``.
        optimize: How ``opt_einsum`` chooses the order of pairwise contractions.
        precision: Has no effect.
        preferred_element_type: Dtype of the sums.

    Raises: ShapeError if subscripts and operands do not fit together.

    >>> import axir.numpy as np
    >>> np.einsum("ij,j->i", np.ones((2, 3)), np.arange(3.0))
    Array([3., 3.], dtype=float32)
    """
    from opt_einsum import contract_path

    no_out("einsum", out)
    names, target, arrays = _parse(subscripts, operands)
    arrays, _ = promoted(*arrays)
    sizes = _sizes(names, arrays)
    squeezed = [_squeezed(x, n, sizes) for x, n in zip(arrays, names, strict=True)]
    terms = [n for _, n in squeezed]
    shapes = [x.shape for x, _ in squeezed]
    path, _ = contract_path(
        f"{','.join(terms)}->{target}", *shapes, shapes=True, optimize=True if optimize is False else optimize
    )
    pending = [_diagonals(x, n) for x, n in squeezed]
    for chosen in path:
        taken = [pending.pop(i) for i in sorted(chosen, reverse=True)][::-1]
        kept = set(target).union(*(n for _, n in pending))
        pending.append(_combined(taken, kept, preferred_element_type))
    x, n = pending[0] if len(pending) == 1 else _combined(pending, set(target), preferred_element_type)
    x, n = _summed(x, n, set(target))
    missing = [c for c in target if c not in n]
    if missing:
        raise located(ShapeError(f"einsum: the result's {missing[0]!r} is in no operand."))
    return lax.transpose(x, [n.index(c) for c in target])


def _parse(subscripts: Any, operands: Sequence[Any]) -> tuple[list[str], str, list[Array]]:
    """Letters of each operand, letters of the result, and the operands."""
    from opt_einsum.parser import parse_einsum_input

    first: list[Any] = [subscripts] if isinstance(subscripts, str) else [to_array(subscripts)]
    arrays = [to_array(x) if not isinstance(x, list | tuple) else x for x in operands]
    try:
        terms, target, found = parse_einsum_input((*first, *arrays))
    except (ValueError, TypeError) as error:
        raise located(ShapeError(f"einsum: {error}. Check the subscripts {subscripts!r}.")) from None
    names = terms.split(",")
    if len(names) != len(found) or any_mismatch(names, found):
        given = ", ".join(str(to_array(x).aval) for x in found)
        raise located(ShapeError(f"einsum: the subscripts {terms!r} do not fit the operands {given}."))
    return names, target, [to_array(x) for x in found]


def any_mismatch(names: Sequence[str], arrays: Sequence[Any]) -> bool:
    """Whether an operand has not as many axes as letters."""
    return len([1 for n, x in zip(names, arrays, strict=True) if len(n) != x.ndim]) > 0


def _sizes(names: Sequence[str], arrays: Sequence[Array]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for term, x in zip(names, arrays, strict=True):
        for letter, n in zip(term, x.shape, strict=True):
            if sizes.setdefault(letter, n) == 1:
                sizes[letter] = n
            elif n not in (1, sizes[letter]):
                raise located(ShapeError(f"einsum: axis {letter!r} has the sizes {sizes[letter]} and {n}."))
    return sizes


def _squeezed(x: Array, names: str, sizes: dict[str, int]) -> tuple[Array, str]:
    """An operand without axes of size 1 that are larger in other operands: they are repeated there."""
    gone = [i for i, c in enumerate(names) if x.shape[i] == 1 and sizes[c] != 1]
    return lax.squeeze(x, gone), "".join(c for i, c in enumerate(names) if i not in gone)


def _diagonals(x: Array, names: str) -> tuple[Array, str]:
    """An operand in which no letter occurs twice."""
    for letter in dict.fromkeys(names):
        while names.count(letter) > 1:
            i = names.index(letter)
            j = names.index(letter, i + 1)
            x = diagonal(x, 0, i, j)
            names = "".join(c for k, c in enumerate(names) if k not in (i, j)) + letter
    return x, names


def _summed(x: Array, names: str, kept: set[str]) -> tuple[Array, str]:
    """An operand summed over the letters that nobody needs."""
    axes = [i for i, c in enumerate(names) if c not in kept]
    if not axes:
        return x, names
    reduced = any(x, axes) if x.dtype.name == _BOOL else sum(x, axes, promote_integers=False)
    return reduced, "".join(c for c in names if c in kept)


def _combined(taken: Sequence[tuple[Array, str]], kept: set[str], dtype: DTypeLike) -> tuple[Array, str]:
    x, names = taken[0]
    for i, (y, others) in enumerate(taken[1:], 1):
        later = kept.union(*(n for _, n in taken[i + 1 :]))
        x, names = _pair(x, names, y, others, later, dtype)
    return _summed(x, names, kept)


def _pair(x: Array, names: str, y: Array, others: str, kept: set[str], dtype: DTypeLike) -> tuple[Array, str]:
    """Two operands contracted over the letters that only they have."""
    x, names = _summed(x, names, kept | set(others))
    y, others = _summed(y, others, kept | set(names))
    shared = [c for c in names if c in others]
    batch = [c for c in shared if c in kept]
    contracted = [c for c in shared if c not in kept]
    free = [c for c in names if c not in shared], [c for c in others if c not in shared]
    result = "".join((*batch, *free[0], *free[1]))
    if not contracted and dtype is None:
        return _product(x, names, y, others, result), result
    at = [[n.index(c) for c in letters] for letters in (contracted, batch) for n in (names, others)]
    return contract(x, y, (at[0], at[1]), (at[2], at[3]), dtype), result


def _product(x: Array, names: str, y: Array, others: str, result: str) -> Array:
    """Elementwise product where nothing is summed."""
    return multiply(*(_aligned(v, n, result) for v, n in ((x, names), (y, others))))


def _aligned(x: Array, names: str, result: str) -> Array:
    x = lax.transpose(x, [names.index(c) for c in result if c in names])
    return lax.expand_dims(x, [i for i, c in enumerate(result) if c not in names])


def einsum_path(subscripts: Any, /, *operands: ArrayLike, optimize: Any = "auto") -> tuple[list[Any], Any]:
    """The order of contractions that ``einsum`` takes, as a list and as text.

    Args:
        subscripts, operands: As in ``einsum``.
        optimize: A strategy of opt_einsum, True, False or a path.

    Returns: ``(["einsum_path", (i, j), ...], text)`` with a pair of positions for each contraction.

    Raises: ValueError if the subscripts do not fit the operands.
    """
    from opt_einsum import contract_path

    names, target, arrays = _parse(subscripts, operands)
    path, info = contract_path(
        f"{','.join(names)}->{target}", *[x.shape for x in arrays], shapes=True, optimize=optimize
    )
    return list(path), str(info)
