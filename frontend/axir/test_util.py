"""Checks of derivatives against differences, for tests of users' functions and rules.

Each looks along one direction drawn at random, the same in every run, so that large arguments cost no more calls than
small ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from axir._src import pytree
from axir._src.autodiff import float0, jvp, linearize, vjp
from axir._src.convert import to_array
from axir_compiler.ir.types import BFLOAT16, is_complex, is_inexact

__all__ = ["check_grads", "check_jvp", "check_vjp"]

EPS = 1e-4
"""Half the distance of the points of a difference quotient, by default."""

_TOLERANCES = {
    BFLOAT16: 1e-1,
    np.dtype("float16"): 1e-2,
    np.dtype("float32"): 2e-3,
    np.dtype("complex64"): 1e-3,
    np.dtype("float64"): 1e-5,
    np.dtype("complex128"): 1e-5,
}

Tolerance = float | dict[Any, float] | None
"""One number, one for each dtype, or none: then as much as differences of that dtype allow."""
Function = Callable[..., Any]


def check_jvp(
    f: Function,
    f_jvp: Function,
    args: Sequence[Any],
    atol: Tolerance = None,
    rtol: Tolerance = None,
    eps: float = EPS,
    err_msg: str = "",
) -> None:
    """Check a derivative in forward mode against differences of the function.

    Args:
        f: Function of pytrees of arrays.
        f_jvp: Gives what ``partial(axir.jvp, f)`` does: called with ``args`` and tangents it gives the result of ``f``
            and its tangent.
        args: Where to look.
        atol, rtol: Tolerances, one number or a dictionary of them by dtypes.
        eps: Half the distance of the points of the difference.
        err_msg: Said before what differs.

    Raises: AssertionError if they differ.

    >>> import axir, axir.numpy as np
    >>> from functools import partial
    >>> axir.test_util.check_jvp(np.sin, partial(axir.jvp, np.sin), (0.5,))
    """
    rng = np.random.RandomState(0)
    args = tuple(args)
    tangents = pytree.map_tree(partial(_direction, rng), args)
    value, slope = f_jvp(args, tangents)
    _assert_close(value, f(*args), atol, rtol, f"{err_msg} primal")
    _assert_close(slope, _difference(f, args, tangents, eps), atol, rtol, f"{err_msg} tangent")


def check_vjp(
    f: Function,
    f_vjp: Function,
    args: Sequence[Any],
    atol: Tolerance = None,
    rtol: Tolerance = None,
    eps: float = EPS,
    err_msg: str = "",
) -> None:
    """Check a derivative in reverse mode against differences of the function.

    Args:
        f: Function of pytrees of arrays.
        f_vjp: Gives what ``partial(axir.vjp, f)`` does: the result of ``f`` and the function of cotangents.
        args, atol, rtol, eps, err_msg: As those of ``check_jvp``.

    Raises: AssertionError if ``<cotangent, difference>`` is not ``<vjp of the cotangent, direction>``.
    """
    rng = np.random.RandomState(0)
    args = tuple(args)
    value, pullback = f_vjp(*args)
    _assert_close(value, f(*args), atol, rtol, f"{err_msg} primal")
    tangents = pytree.map_tree(partial(_direction, rng), args)
    cotangent = pytree.map_tree(partial(_direction, rng), value)
    back = pytree.map_tree(_conj, pullback(pytree.map_tree(_conj, cotangent)))
    found = _inner(tangents, back)
    wanted = _inner(_difference(f, args, tangents, eps), cotangent)
    _assert_close(found, wanted, atol, rtol, f"{err_msg} cotangent projection")


def check_grads(
    f: Function,
    args: Sequence[Any],
    order: int,
    modes: Sequence[str] = ("fwd", "rev"),
    atol: Tolerance = None,
    rtol: Tolerance = None,
    eps: float | None = None,
) -> None:
    """Check the derivatives of a function against differences, and derivatives of the derivatives.

    Args:
        f: Function of pytrees of arrays.
        args: Where to look.
        order: How many times the function is differentiated at most.
        modes: ``"fwd"`` (``jvp``), ``"rev"`` (``vjp``) and ``"lin"`` (``linearize``).
        atol, rtol, eps: As those of ``check_jvp``.

    Raises: AssertionError if a derivative is wrong.

    >>> import axir.numpy as np
    >>> from axir.test_util import check_grads
    >>> check_grads(lambda x: np.sin(x) * x, (np.float32(0.5),), order=2)
    """
    _check_order(f, tuple(args), order, tuple(modes), {"atol": atol, "rtol": rtol, "eps": eps or EPS}, "")


def _check_order(
    f: Function, args: tuple[Any, ...], order: int, modes: tuple[str, ...], options: dict[str, Any], path: str
) -> None:
    forward = {"fwd": partial(jvp, f), "lin": partial(_linearized, f)}
    for mode in modes:
        message = f"{mode.upper()} of {path}" if path else mode.upper()
        if mode in forward:
            check_jvp(f, forward[mode], args, **options, err_msg=message)
            further, further_args = forward[mode], (args, args)
        else:
            check_vjp(f, partial(vjp, f), args, **options, err_msg=message)
            further, further_args = partial(_pulled_back, f), args
        if order > 1:
            _check_order(further, further_args, order - 1, modes, options, message)


def _linearized(f: Function, primals: Any, tangents: Any) -> tuple[Any, Any]:
    value, linear = linearize(f, *primals)
    return value, linear(*tangents)


def _pulled_back(f: Function, *args: Any) -> Any:
    value, pullback = vjp(f, *args)
    return [x for x in pytree.flatten(pullback(value))[0] if not _is_float0(x)]


def _direction(rng: np.random.RandomState, x: Any) -> Any:
    """Random numbers like an array; zeros of ``float0`` for integers, which have no derivative."""
    aval = to_array(x).aval
    if not is_inexact(aval.dtype):
        return np.zeros(aval.shape, float0)
    drawn = rng.randn(*aval.shape)
    if is_complex(aval.dtype):
        drawn = drawn + 1j * rng.randn(*aval.shape)
    return np.asarray(drawn).astype(aval.dtype)


def _is_float0(x: Any) -> bool:
    return getattr(x, "dtype", None) == float0


def _conj(x: Any) -> Any:
    return x if _is_float0(x) else np.conj(x)


def _shifted(x: Any, direction: Any, step: float) -> Any:
    if _is_float0(direction):
        return x
    value = np.asarray(x)
    return np.asarray(value + (step * direction).astype(value.dtype))


def _difference(f: Function, args: Any, tangents: Any, eps: float) -> Any:
    """The derivative along a direction by a central difference."""
    above, below = (
        f(*pytree.map_tree(lambda x, t, s=step: _shifted(x, t, s), args, tangents)) for step in (eps, -eps)
    )
    return pytree.map_tree(lambda a, b: _quotient(np.asarray(a), np.asarray(b), eps), above, below)


def _quotient(above: np.ndarray, below: np.ndarray, eps: float) -> Any:
    if not is_inexact(above.dtype):
        return np.zeros(above.shape, float0)
    return ((above - below) * np.asarray(0.5 / eps, above.dtype)).astype(above.dtype)


def _inner(xs: Any, ys: Any) -> Any:
    pairs = zip(pytree.flatten(xs)[0], pytree.flatten(ys)[0], strict=True)
    return sum(np.sum(np.conj(np.asarray(x)) * np.asarray(y)).real for x, y in pairs if not _is_float0(x))


def _tolerance(given: Tolerance, dtype: np.dtype) -> float:
    if given is None or isinstance(given, dict):
        own = {np.dtype(k): v for k, v in (given or {}).items()}
        return own.get(dtype, _TOLERANCES.get(dtype, 0.0))
    return given


def _assert_close(found: Any, wanted: Any, atol: Tolerance, rtol: Tolerance, message: str) -> None:
    xs, tree = pytree.flatten(found)
    ys, other = pytree.flatten(wanted)
    assert tree == other, f"{message.strip()}: structure {tree}, but {other}"
    for x, y in zip(xs, ys, strict=True):
        if _is_float0(x) or _is_float0(y):
            continue
        x, y = np.asarray(x), np.asarray(y)
        own, other = (np.asarray(z, np.complex128 if is_complex(x.dtype) else np.float64) for z in (x, y))
        absolute, relative = (_tolerance(given, x.dtype) for given in (atol, rtol))
        np.testing.assert_allclose(own, other, atol=absolute, rtol=relative, err_msg=message.strip())
