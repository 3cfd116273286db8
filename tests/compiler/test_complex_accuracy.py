"""Compiled functions of complex numbers against exact values, beside branch cuts and at the ends of the range."""

from __future__ import annotations

import functools
import math
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from iree_runner import Program, Suite

from axir_compiler.ir.types import real_dtype
from axir_compiler.lowering import scalar
from axir_compiler.lowering.emit import signless
from axir_compiler.lowering.generic import elementwise

COMPLEX64, COMPLEX128 = np.dtype("complex64"), np.dtype("complex128")
LENGTH = 701


def _sign(z: Any) -> Any:
    return z / abs(z)


# The largest errors in units of the last place of the absolute value, a little above those of sweeps.
LIMITS: dict[str, tuple[Callable[[Any], Any], float]] = {
    "abs": (abs, 1.5),
    "sign": (_sign, 2.0),
    "exp": (mp.exp, 3.0),
    "expm1": (mp.expm1, 4.0),
    "log": (mp.log, 2.5),
    "log1p": (lambda z: mp.log(1 + z), 3.5),
    "sqrt": (mp.sqrt, 2.0),
    "rsqrt": (lambda z: 1 / mp.sqrt(z), 4.0),
    "sin": (mp.sin, 4.0),
    "cos": (mp.cos, 4.0),
    "tan": (mp.tan, 6.0),
    "sinh": (mp.sinh, 4.0),
    "cosh": (mp.cosh, 4.0),
    "tanh": (mp.tanh, 6.0),
    "asin": (mp.asin, 4.0),
    "acos": (mp.acos, 4.0),
    "atan": (mp.atan, 4.0),
    "asinh": (mp.asinh, 4.0),
    "acosh": (mp.acosh, 4.0),
    "atanh": (mp.atanh, 4.0),
}
CUTS = {"log": "real", "sqrt": "real", "acosh": "real", "acos": "real", "asin": "real", "atanh": "real"}
CUTS |= {"atan": "imaginary", "asinh": "imaginary"}


@functools.cache
def _program(dtype: np.dtype) -> Program:
    """All functions of one array each."""
    suite = Suite()
    for name in LIMITS:
        result = real_dtype(dtype) if name == "abs" else dtype
        suite.add(name, functools.partial(_build, name, dtype, result), [np.zeros(LENGTH, dtype)], result)
    return suite.program()


def _build(name: str, dtype: np.dtype, result: np.dtype, z: Any) -> Any:
    return elementwise(functools.partial(getattr(scalar, name), dtype), [z], signless(result))


def _call(z: np.ndarray) -> dict[str, np.ndarray]:
    padded = np.resize(z, LENGTH)
    found = _program(z.dtype)(*[padded] * len(LIMITS))
    return {name: x[: z.size] for name, x in zip(LIMITS, found, strict=True)}


def _samples(dtype: np.dtype) -> np.ndarray:
    """Around 0, near the points 1, i, -1 and -i, and parts of very different sizes."""
    rng = np.random.default_rng(zlib.crc32(str(dtype).encode()))

    def normal(count: int) -> np.ndarray:
        return rng.standard_normal(count) + 1j * rng.standard_normal(count)

    eps = np.finfo(dtype).eps
    near = np.array([1, 1j, -1, -1j])[rng.integers(0, 4, 200)] + normal(200) * 10 ** rng.uniform(
        np.log10(eps), -0.5, 200
    )
    sizes = 10 ** rng.uniform(-6, 1.5, (2, 200)) * rng.choice([-1, 1], (2, 200))
    return np.concatenate([2 * normal(300), near, sizes[0] + 1j * sizes[1]]).astype(dtype)


def _error(got: complex, exact: Any, dtype: np.dtype) -> float:
    """Distance in units in the last place of the exact absolute value."""
    size = abs(exact)
    if not size:
        return 0.0 if got == 0 else np.inf
    _, exponent = mp.frexp(size)
    unit = mp.mpf(2) ** (exponent - 1 - int(np.finfo(dtype).nmant))
    return float(abs(mp.mpmathify(complex(got)) - exact) / unit)


def _inaccurate(z: np.ndarray, names: Iterable[str], precision: int) -> list[str]:
    """The functions whose largest error is above their limit."""
    found, problems = _call(z), []
    with mp.workprec(precision):
        points = [mp.mpc(complex(x)) for x in z]
        for name in names:
            exact, limit = LIMITS[name]
            errors = [_error(g, exact(p), z.dtype) for g, p in zip(found[name], points, strict=True)]
            worst = int(np.argmax(errors))
            if errors[worst] > limit:
                problems.append(f"{name}({z[worst]}) = {found[name][worst]}: {errors[worst]:.3g} ulp")
    return problems


def _extremes(dtype: np.dtype) -> np.ndarray:
    """Numbers whose squares overflow or vanish."""
    info = np.finfo(dtype)
    sizes = float(info.max) / 4, float(info.tiny) * 4
    return np.array([complex(a, b) for s in sizes for a in (s, -s) for b in (3 * s / 4, -s)], dtype)


def _check_branch_cuts(dtype: np.dtype) -> None:
    """The sign of a zero tells the side; a point next to the cut on the same side has almost the same value."""
    step = np.finfo(dtype).eps
    along, off = np.array([-5.0, -2.0, 2.0, 5.0]), np.array([step, -step])
    for axis in ("real", "imaginary"):
        on = [complex(x, np.copysign(0.0, s)) for x in along for s in off]
        beside = [complex(x, s) for x in along for s in off]
        if axis == "imaginary":
            on, beside = ([complex(v.imag, v.real) for v in values] for values in (on, beside))
        found, near = _call(np.array(on, dtype)), _call(np.array(beside, dtype))
        for name in (n for n, cut in CUTS.items() if cut == axis):
            np.testing.assert_allclose(found[name], near[name], rtol=8 * step, atol=8 * step, err_msg=name)


def _check_range(dtype: np.dtype) -> None:
    """``exp(x)`` alone would overflow; its product with a sine does not."""
    x = math.log(float(np.finfo(dtype).max)) + 0.1
    z = np.array([complex(x, 0.5), complex(x, 0.7)], dtype)
    assert not _inaccurate(z, ("exp", "sinh", "cosh"), 160)
    tiny = np.array([complex(x + 10, 1e-20)], dtype)
    value = _call(tiny)["exp"][0]
    assert (
        np.isinf(value.real)
        and _error(value.imag, mp.exp(mp.mpf(float(tiny[0].real))) * mp.mpf(float(tiny[0].imag)), dtype) < 4
    )


# One test for each dtype, since compiling the functions takes seconds.
@pytest.mark.parametrize("dtype", [COMPLEX64, COMPLEX128], ids=str)
def test_functions_of_complex_numbers(dtype: np.dtype) -> None:
    assert not _inaccurate(_samples(dtype), LIMITS, 160)
    # Close to zero mpmath needs digits for the differences in its formulas.
    roots = ("abs", "sign", "log", "sqrt", "rsqrt", "asin", "acos", "atan", "asinh", "acosh", "atanh")
    assert not _inaccurate(_extremes(dtype), roots, 2400)
    _check_branch_cuts(dtype)
    _check_range(dtype)
