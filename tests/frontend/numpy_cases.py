"""Calls that mean the same in NumPy and in axir.numpy: ``function(np, x)`` with arrays of the pool by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as onp

Call = Callable[..., Any]

POOL: dict[str, onp.ndarray] = {
    "x": onp.array([0.3, -1.5, 2.25], onp.float32),
    "y": onp.array([1.2, 0.7, -0.4], onp.float32),
    "p": onp.array([0.2, 0.5, 0.9], onp.float32),
    "m": (onp.arange(6, dtype=onp.float32).reshape(2, 3) * onp.float32(0.37) + onp.float32(0.11)),
    "s": onp.array([0.0, -0.0, onp.inf, -onp.inf, onp.nan, 1.0, -2.5, 0.5, 1.5, 2.5], onp.float32),
    "r": onp.array([2.5, 1.5, 0.5, -2.5, 1.0, onp.nan, -onp.inf, onp.inf, -0.0, 0.0], onp.float32),
    "i": onp.array([-7, 0, 3, 8], onp.int32),
    "j": onp.array([3, -2, 5, 2], onp.int32),
    "u": onp.array([3, 0, 250, 9], onp.uint8),
    "b": onp.array([True, False, True, False]),
    "c": onp.array([True, True, False, False]),
    "t": onp.arange(24, dtype=onp.int32).reshape(2, 3, 4),
    "e": onp.zeros((0, 3), onp.float32),
}


def arguments(function: Call, pool: Mapping[str, Any]) -> list[Any]:
    """The arrays that a call names, from a pool."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return [pool[p.name] for p in parameters if p.default is p.empty]


def words(text: str) -> list[str]:
    """Names from a line of them."""
    return text.split()


def title(function: Call) -> str:
    """The source of a call, to tell rows apart."""
    lines, _ = inspect.getsourcelines(function)
    return " ".join(line.strip() for line in lines).removesuffix(",")


ELEMENTWISE: list[Call] = [
    *(
        lambda np, x, name=name: getattr(np, name)(x)
        for name in words(
            "sin cos tan arctan sinh cosh tanh arcsinh exp exp2 expm1 cbrt rint fabs floor ceil trunc isnan "
            "isinf isfinite signbit negative positive absolute sign square reciprocal deg2rad rad2deg sinc spacing "
            "logical_not conj real imag"
        )
    ),
    *(
        lambda np, p, name=name: getattr(np, name)(p)
        for name in words("arcsin arccos arctanh log log2 log10 log1p sqrt")
    ),
    *(
        lambda np, s, name=name: getattr(np, name)(s)
        for name in words(
            "sqrt log exp tanh floor ceil trunc rint sign signbit isnan isinf isfinite isposinf isneginf nan_to_num "
            "square absolute negative"
        )
    ),
    *(
        lambda np, i, name=name: getattr(np, name)(i)
        for name in words("negative absolute sign square invert bitwise_count floor ceil logical_not")
    ),
    *(
        lambda np, x, y, name=name: getattr(np, name)(x, y)
        for name in words(
            "add subtract multiply divide floor_divide remainder fmod maximum minimum fmax fmin arctan2 hypot "
            "logaddexp logaddexp2 copysign heaviside equal not_equal less less_equal greater greater_equal logical_and "
            "nextafter isclose"
        )
    ),
    *(
        lambda np, s, r, name=name: getattr(np, name)(s, r)
        for name in words(
            "add subtract multiply divide remainder fmod maximum minimum fmax fmin hypot logaddexp copysign equal "
            "less greater_equal isclose arctan2 power"
        )
    ),
    *(
        lambda np, i, j, name=name: getattr(np, name)(i, j)
        for name in words(
            "add subtract multiply floor_divide remainder fmod maximum minimum bitwise_and bitwise_or bitwise_xor "
            "equal less logical_xor"
        )
    ),
    *(
        lambda np, b, c, name=name: getattr(np, name)(b, c)
        for name in words(
            "add multiply maximum minimum bitwise_and bitwise_or bitwise_xor logical_and logical_or logical_xor equal"
        )
    ),
    lambda np, b: ~b,
    lambda np, i: i << 2,
    lambda np, i: i >> 1,
    lambda np, u: u >> 1,
    lambda np, i: i // 3,
    lambda np, i: i % 3,
    lambda np, i: i % 0,
    lambda np, x: x // 0,
    lambda np, x: divmod(x, 0.7),
    lambda np, i: divmod(i, -3),
    lambda np, i: i**3,
    lambda np, x: x**3,
    lambda np, x: x**-2,
    lambda np, p, x: p**x,
    lambda np, x: 2.0**x,
    lambda np, x: 1 / x + 2 - x * 3,
    lambda np, x: abs(-x) + +x,
    lambda np, u: np.power(u, 3),
    lambda np, x, m: np.maximum(m, x),
    lambda np, x: np.clip(x, -1, 1),
    lambda np, x, y: np.clip(x, y, None),
    lambda np, x, y: np.where(x > 0, x, y),
    lambda np, m: np.where(m > 1, m, 0),
    lambda np, x: np.round(x, 1),
    lambda np, x: np.round(x * 100, -1),
    lambda np, s: np.nan_to_num(s, nan=3, posinf=4, neginf=5),
    lambda np, x, y: np.select([x < 0, x > 1], [x, y], 7),
    lambda np, s: np.isclose(s, s, equal_nan=True),
    lambda np, x, y: np.allclose(x, y),
    lambda np, s: np.array_equal(s, s, equal_nan=True),
    lambda np, x: np.frexp(x),
    lambda np, s: np.frexp(np.where(np.isfinite(s), s, 0)),
    lambda np, x, i: np.ldexp(x, i[:3]),
    lambda np, x: np.modf(x),
    lambda np, s: np.modf(s),
]

REDUCTIONS: list[Call] = [
    *(
        lambda np, m, name=name, axis=axis: getattr(np, name)(m, axis)
        for name in words(
            "sum prod max min mean var std any all argmax argmin ptp count_nonzero nansum nanmax nanmin"
        )
        for axis in (None, 0, -1)
    ),
    *(
        lambda np, t, name=name: getattr(np, name)(t, axis=(0, 2), keepdims=True)
        for name in words("sum prod max min mean any all")
    ),
    *(
        lambda np, s, name=name: getattr(np, name)(s)
        for name in words("max min nanmax nanmin argmax nanargmax nanargmin any all")
    ),
    lambda np, s: np.nansum(s[4:]),
    lambda np, s: np.nanprod(s[4:]),
    lambda np, s: np.nanmean(s[4:]),
    lambda np, s: np.nanvar(s[4:]),
    lambda np, s: np.nanstd(s[4:], ddof=1),
    lambda np, m: np.sum(m, where=m > 1, initial=2),
    lambda np, m: np.prod(m, 1, where=m > 1),
    lambda np, m: np.max(m, 0, initial=1, where=m < 2),
    lambda np, m: np.mean(m, 1, where=m > 0.5),
    lambda np, m: np.var(m, where=m > 0.5, ddof=1),
    lambda np, m: np.var(m, 1, ddof=1, keepdims=True),
    lambda np, m: np.average(m, 0),
    lambda np, m, p: np.average(m, 1, weights=p),
    lambda np, m: np.average(m, weights=m),
    lambda np, m: np.argmax(m, 1, keepdims=True),
    lambda np, e: np.sum(e, 0),
    lambda np, e: np.prod(e),
    lambda np, e: np.all(e, 0),
    lambda np, e: np.max(e, 1),
    lambda np, e: np.max(e, 0, initial=2),
    lambda np, i: np.max(i),
    lambda np, u: np.min(u),
    lambda np, b: np.max(b),
    lambda np, b: np.min(b),
    lambda np, m: m.sum(0) + m.mean() - m.max(1, keepdims=True),
]

SHAPES: list[Call] = [
    lambda np, m: np.reshape(m, (3, -1)),
    lambda np, m: np.reshape(m, (3, 2), order="F"),
    lambda np, m: np.ravel(m, order="F"),
    lambda np, t: np.transpose(t),
    lambda np, t: np.transpose(t, (1, -3, 2)),
    lambda np, t: np.swapaxes(t, 0, 2),
    lambda np, t: np.moveaxis(t, (0, 1), (2, 0)),
    lambda np, t: np.matrix_transpose(t),
    lambda np, m: np.expand_dims(m, (0, -1)),
    lambda np, m: np.squeeze(m[None, :, None]),
    lambda np, m: np.squeeze(m[None], 0),
    lambda np, x: np.broadcast_to(x, (2, 3)),
    lambda np, m, x: np.broadcast_arrays(m, x),
    lambda np, m: np.concatenate([m, m * 2], 1),
    lambda np, m, x: np.concatenate([m, x], None),
    lambda np, t: np.concatenate(t),
    lambda np, x, y: np.stack([x, y], 1),
    lambda np, m, x: np.vstack([m, x]),
    lambda np, x, y: np.hstack([x, y]),
    lambda np, m: np.hstack([m, m]),
    lambda np, x, y: np.dstack([x, y]),
    lambda np, m: np.dstack([m, m]),
    lambda np, x, y: np.column_stack([x, y]),
    lambda np, m, x: np.append(m, x),
    lambda np, m: np.split(m, 3, 1),
    lambda np, t: np.split(t, [1, 3], 2),
    lambda np, t: np.array_split(t, 3, -1),
    lambda np, t: np.hsplit(t, 3),
    lambda np, t: np.vsplit(t, 2),
    lambda np, t: np.dsplit(t, 2),
    lambda np, x: np.atleast_2d(x),
    lambda np, x: np.atleast_3d(x),
    lambda np, m: np.atleast_3d(m),
    lambda np, m: np.tile(m, 2),
    lambda np, m: np.tile(m, (2, 1, 2)),
    lambda np, m: np.repeat(m, 2),
    lambda np, m: np.repeat(m, 2, 1),
    lambda np, m: np.repeat(m, onp.array([2, 0, 1]), 1),
    lambda np, t: np.flip(t),
    lambda np, t: np.flip(t, (0, 2)),
    lambda np, m: np.fliplr(m),
    lambda np, m: np.flipud(m),
    *(lambda np, m, k=k: np.rot90(m, k) for k in range(-1, 4)),
    lambda np, t: np.rot90(t, 1, (1, 2)),
    lambda np, m: np.roll(m, 4),
    lambda np, m: np.roll(m, -2, 1),
    lambda np, m: np.roll(m, (1, 2), (0, 1)),
    lambda np, x: np.delete(x, 1),
    lambda np, t: np.delete(t, [0, 2], 1),
    lambda np, t: np.delete(t, slice(1, 3), 2),
    lambda np, m: np.pad(m, 1),
    lambda np, m: np.pad(m, ((1, 0), (0, 2)), constant_values=7),
    lambda np, m: np.pad(m, (1, 2), constant_values=((1, 2), (3, 4))),
    *(
        lambda np, m, mode=mode: np.pad(m, ((3, 4), (5, 3)), mode=mode)
        for mode in ("edge", "reflect", "symmetric", "wrap")
    ),
    lambda np, x: np.diag(x),
    lambda np, x: np.diag(x, -2),
    lambda np, m: np.diag(m, 1),
    lambda np, m: np.diagflat(m, 1),
    lambda np, t: np.diagonal(t, 1, 0, 2),
    lambda np, t: np.diagonal(t, -1, 2, 1),
    lambda np, t: np.diagonal(t, 9),
    lambda np, t: np.trace(t, 1, 0, 2),
    lambda np, t: np.tril(t, -1),
    lambda np, t: np.triu(t, 1),
    lambda np, x, y: np.meshgrid(x, y),
    lambda np, x, y: np.meshgrid(x, y, indexing="ij", sparse=True),
    lambda np, m: m.T.reshape(2, 3).flatten(),
    lambda np, t: t.transpose(2, 0, 1).swapaxes(0, 1).ravel(),
]

CONTRACTIONS: list[Call] = [
    lambda np, m: np.dot(m, m.T),
    lambda np, m, x: np.dot(m, x),
    lambda np, x, m: np.dot(x, m.T),
    lambda np, t: np.dot(t, t[0].T),
    lambda np, t: np.dot(t, np.swapaxes(t, 1, 2)),
    lambda np, m: np.dot(2, m),
    lambda np, m: m @ m.T,
    lambda np, x, y: x @ y,
    lambda np, t: np.matmul(t, np.ones((4, 2), t.dtype)),
    lambda np, t: np.matmul(np.ones((5, 3), t.dtype), t),
    lambda np, t: np.matmul(np.ones(3, t.dtype), t),
    lambda np, t: np.matmul(t, np.arange(4)),
    lambda np, t: np.matmul(t, np.swapaxes(t, 1, 2)),
    lambda np, t: np.matmul(t[:, None], np.swapaxes(t, 1, 2)[None]),
    lambda np, t: np.matmul(t[:1], np.swapaxes(t, 1, 2)),
    lambda np, t: np.matmul(t[None], t[0].T),
    lambda np, m: np.vdot(m, m),
    lambda np, m: np.inner(m, m),
    lambda np, t, m: np.inner(t, t[0]),
    lambda np, x, y: np.outer(x, y),
    lambda np, m: np.tensordot(m, m, 2),
    lambda np, m, x: np.tensordot(m, x, 1),
    lambda np, m: np.tensordot(m, m, 0),
    lambda np, t: np.tensordot(t, t, ((0, 2), (0, 2))),
    lambda np, m, x: np.vecdot(m, x),
    lambda np, t: np.vecdot(t, t, axis=1),
    lambda np, m, x: np.kron(m, x),
    lambda np, x, y: np.cross(x, y),
    lambda np, m: np.cross(m, m[::-1]),
    lambda np, m: np.cross(m.T, m.T[:, ::-1], axis=0),
    *(
        lambda np, m, subscripts=subscripts: np.einsum(subscripts, m, m)
        for subscripts in (
            "ij,kj->ik",
            "ij,ij->ij",
            "ij,ij->",
            "ij,kl->jl",
            "ij,kl->ijkl",
            "...j,...j->...",
            "ij,kj",
        )
    ),
    *(
        lambda np, t, subscripts=subscripts: np.einsum(subscripts, t)
        for subscripts in ("ijk->kji", "ijk->j", "ijk->", "i...->...", "ijk")
    ),
    lambda np, t: np.einsum("iij->ij", t[:, :2]),
    lambda np, t: np.einsum("iij->j", t[:, :2]),
    lambda np, m, x: np.einsum("ij,j,i->i", m, x, m[:, 0]),
    lambda np, m: np.einsum("ij,jk,kl->il", m, m.T, m),
    lambda np, m: np.einsum(m, [0, 1], m, [2, 1], [0, 2]),
    lambda np, t: np.einsum("bij,bkj->bik", t, t),
    lambda np, m: np.linalg.norm(m),
    lambda np, m: np.linalg.norm(m, axis=1, keepdims=True),
    lambda np, m: np.linalg.norm(m, 3, axis=0),
    lambda np, m: np.linalg.norm(m, 0, axis=0),
    lambda np, m: np.linalg.norm(m, 1),
    lambda np, m: np.linalg.norm(m, -1),
    lambda np, m: np.linalg.norm(m, onp.inf),
    lambda np, m: np.linalg.norm(m, -onp.inf, axis=(1, 0)),
    lambda np, x: np.linalg.norm(x, onp.inf),
    lambda np, m: np.linalg.matrix_power(m @ m.T, 5),
    lambda np, m: np.linalg.matrix_power(m @ m.T, 0),
    lambda np, m, x: np.linalg.multi_dot([x, m.T, m, x]),
    lambda np, t: np.linalg.diagonal(t),
    lambda np, t: np.linalg.trace(t),
    lambda np, m: np.linalg.vector_norm(m, ord=1),
    lambda np, m: np.linalg.matrix_norm(m[None], keepdims=True),
    lambda np, m: m.dot(m.T).trace(),
]

CREATION: list[Call] = [
    lambda np: np.arange(5),
    lambda np: np.arange(2, 11, 3),
    lambda np: np.arange(10, 2, -3),
    lambda np: np.arange(1, 0),
    lambda np: np.eye(3, 4, 1),
    lambda np: np.eye(2, k=-1),
    lambda np: np.identity(3),
    lambda np: np.tri(3, 4, 1),
    lambda np: np.linspace(0, 10, 5),
    lambda np: np.linspace(0, 10, 5, endpoint=False),
    lambda np: np.linspace(3, 1, 4, retstep=True),
    lambda np: np.linspace(0, 10, 1),
    lambda np: np.linspace(0, 10, 0),
    lambda np, x, y: np.linspace(x, y, 4, axis=-1),
    lambda np: np.linspace(0, 10, 4, dtype=int),
    lambda np: np.logspace(0, 3, 4, base=2),
    lambda np: np.geomspace(1, 1000, 4),
    lambda np: np.geomspace(-1, -1000, 4),
    lambda np: np.full((2, 3), 2.5),
    lambda np, x: np.full((2, 3), x),
    lambda np, m: np.full_like(m, 2),
    lambda np, m: np.zeros_like(m) + np.ones_like(m),
    lambda np: np.tril_indices(4, 1),
    lambda np: np.triu_indices(3, 1, 4),
    lambda np: np.diag_indices(3),
    lambda np: np.indices((2, 3)),
    lambda np: np.indices((2, 3), sparse=True),
    lambda np: np.array([[1, 2], [3, 4]]),
    lambda np: np.array([1, 2.5, True]),
    lambda np: np.array([1.0], ndmin=3),
    lambda np, x: np.array([[x[0], 2], [3, x[2]]]),
    lambda np: np.zeros((2, 0)),
    lambda np, m: np.astype(m, np.int32),
]

ALL = {
    "elementwise": ELEMENTWISE,
    "reductions": REDUCTIONS,
    "shapes": SHAPES,
    "contractions": CONTRACTIONS,
    "creation": CREATION,
}
