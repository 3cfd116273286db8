"""Calls that mean the same in NumPy and in axir.numpy: polynomials, calculus, statistics, windows, grids, bits."""

from __future__ import annotations

from typing import Any

import numpy as onp
from numpy_cases import Call

__all__ = ["MORE"]

_COLUMN = onp.arange(1, 4, dtype=onp.float32)


def _floats(arrays: Any) -> list[Any]:
    """Counts, which NumPy gives as floats, and edges, all as floats."""
    return [array * onp.float32(1) for array in arrays]


POLYNOMIALS: list[Call] = [
    lambda np, x: np.vander(x),
    lambda np, x: np.vander(x, 5, increasing=True),
    lambda np, i: np.vander(i, 3),
    lambda np, x: np.vander(x, 0),
    lambda np, x, p: np.polyadd(x, p[:2]),
    lambda np, x, p: np.polysub(p[:1], x),
    lambda np, x, p: np.polymul(x, p[:2]),
    lambda np, x: np.polyder(x),
    lambda np, x: np.polyder(x, 2),
    lambda np, x: np.polyder(x, 0),
    lambda np, x: np.polyder(x, 5),
    lambda np, x: np.polyint(x),
    lambda np, x: np.polyint(x, 3),
    lambda np, x: np.polyint(x, 2, k=_COLUMN[:2]),
    lambda np, x: np.polyint(x, 0),
    lambda np, x, m: np.polyval(x, m),
    lambda np, i, j: np.polyval(i, j),
    lambda np, x: np.polyval(_COLUMN.repeat(8) / 4, x),
    lambda np, x: np.poly(x),
    lambda np, x, y: np.poly(x + 1j * y),
    lambda np, x, p: np.polydiv(np.polymul(x, p), p)[0],
    lambda np, x, y: np.polyfit(x, y, 1),
    lambda np, x, m: np.polyfit(x, m.T, 2),
    lambda np, p, x: np.polyfit(p, x, 1, w=_COLUMN),
    lambda np, p, x: np.polyfit(p, x, 1, cov="unscaled"),
]

CALCULUS: list[Call] = [
    lambda np, x: np.gradient(x),
    lambda np, m: np.gradient(m),
    lambda np, t: np.gradient(t * 1.0, 2.0, 0.5, axis=(2, 0)),
    lambda np, m: np.gradient(m, _COLUMN**2, axis=1),
    lambda np, x: np.gradient(x[:2]),
    lambda np, x: np.trapezoid(x),
    lambda np, m: np.trapezoid(m, dx=0.5, axis=0),
    lambda np, m: np.trapezoid(m, x=_COLUMN**2),
    lambda np, m: np.trapezoid(m, x=m**2, axis=1),
    lambda np, i: np.trapezoid(i),
    lambda np, x: np.unwrap(x * 4),
    lambda np, m: np.unwrap(m * 9, axis=0, discont=4.0),
    lambda np, i: np.unwrap(i, period=6),
    lambda np, x: np.interp(x, _COLUMN - 2, _COLUMN**2),
    lambda np, x: np.interp(x, _COLUMN - 2, _COLUMN**2, left=-5, right=9),
    lambda np, m: np.interp(m, onp.float32([0, 1, 1, 2]), onp.float32([0, 1, 5, 2])),
    lambda np, x: np.interp(x, onp.float32([2.5, 0.5, 1]), _COLUMN, period=2.0),
]

STATISTICS: list[Call] = [
    lambda np, m: np.cov(m),
    lambda np, m: np.cov(m, rowvar=False),
    lambda np, x: np.cov(x),
    lambda np, m, x: np.cov(m, x),
    lambda np, m: np.cov(m, bias=True),
    lambda np, m: np.cov(m, ddof=2),
    lambda np, m: np.cov(m, fweights=onp.array([1, 3, 2], onp.int32)),
    lambda np, m: np.cov(m, aweights=_COLUMN),
    lambda np, m: np.cov(m, fweights=onp.array([1, 3, 2], onp.int32), aweights=_COLUMN),
    lambda np, x, y: np.corrcoef(x, y),
    lambda np, t: np.corrcoef(t[0] ** 2, rowvar=False),
    lambda np, x, y: _floats(np.histogram2d(x, y, bins=3)),
    lambda np, x, y: _floats(np.histogram2d(x, y, bins=[2, onp.float32([-1, 0, 1, 2])])),
    lambda np, x, y: _floats(np.histogram2d(x, y, bins=onp.float32([-2, 0, 1, 2]))),
    lambda np, x, y: _floats(np.histogram2d(x, y, bins=2, weights=_COLUMN, density=True)),
    lambda np, t: _floats(
        np.histogramdd(t[:, :, :2].reshape(-1, 2) * 1.0, bins=(2, 3), range=[(0, 9), (1, 5)])[:1]
    ),
]

WINDOWS: list[Call] = [
    *(
        lambda np, name=name, n=n: getattr(np, name)(n)
        for name in ("bartlett", "blackman", "hamming", "hanning")
        for n in (0, 1, 2, 8)
    ),
    lambda np: np.kaiser(7, 5.0),
    lambda np: np.kaiser(1, 14.0),
    lambda np, x: np.i0(x * 9),
    lambda np, m: np.i0(m * 25),
    lambda np, i: np.i0(i),
]

ARRANGED: list[Call] = [
    lambda np, m, x: np.block([[m, m[:, :1]], [x, 5.0]]),
    lambda np, x: np.block([x, 3.0]),
    lambda np, t: np.block([[[t, t]], [[t, t]]]),
    lambda np, x: np.resize(x, (2, 4)),
    lambda np, x: np.resize(x, 2),
    lambda np, x: np.resize(x, (0, 2)),
    lambda np, e: np.resize(e, 3),
    lambda np, t: np.rollaxis(t, 2),
    lambda np, t: np.rollaxis(t, 0, 3),
    lambda np, t: np.rollaxis(t, 1, -1),
    lambda np: np.mgrid[0:3, 1:3],
    lambda np: np.mgrid[0:1:3j, 0:2] * 1.0,
    lambda np: np.mgrid[4:0:-1],
    lambda np: np.ogrid[0:3, 1:3],
    lambda np, x: np.r_[1:4, 0, x],
    lambda np, x: np.r_["0,2", x, x],
    lambda np, x: np.r_["1,2,0", x, x],
    lambda np, x: np.r_["0,3,1", x, x],
    lambda np, x: np.c_[x, x + 1],
    lambda np, m, x: np.c_[m.T, x],
    lambda np: np.c_[0:2, 2:4],
    lambda np, x: np.sort_complex(x),
    lambda np, x, y: np.sort_complex(np.round(x) + 1j * y),
    lambda np, m, x: np.matvec(m, x),
    lambda np, t, i: np.matvec(t, i),
    lambda np, m, x: np.vecmat(x, m.T),
    lambda np, x, y: np.vecmat(x + 1j * y, np.ones((2, 3, 4), onp.float32)),
    lambda np, x, y: np.convolve(x + 1j * y, y + 2j),
    lambda np, x, y: np.correlate(x + 1j * y, y + 2j, "full"),
]

INTEGERS: list[Call] = [
    lambda np, i, j: np.gcd(i, j),
    lambda np, i, j: np.lcm(i, j),
    lambda np, i, j: np.gcd(i[:, None] * 6, j * 4),
    lambda np, u: np.gcd(u, onp.uint8(6)),
    lambda np, b: np.packbits(b),
    lambda np, t: np.packbits(t > 7, axis=1, bitorder="little"),
    lambda np, t: np.packbits(t % 3, axis=-1),
    lambda np, u: np.unpackbits(u),
    lambda np, u: np.unpackbits(u, bitorder="little", count=40),
    lambda np, u: np.unpackbits(u.reshape(2, 2), axis=0, count=-3),
    lambda np, x: np.piecewise(x, [x < 0, x > 2], [-1.0, lambda v: v * 2]),
    lambda np, x: np.piecewise(x, [x < 2, x < 0], [lambda v: v, lambda v: -v, 7.0]),
]

MORE = {
    "polynomials": POLYNOMIALS,
    "calculus": CALCULUS,
    "statistics": STATISTICS,
    "windows": WINDOWS,
    "arranged": ARRANGED,
    "integers": INTEGERS,
}
