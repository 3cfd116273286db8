"""Initial values of weights: functions that make initializers, which are functions of a key, a shape and a dtype.

>>> from axir import nn, random
>>> nn.initializers.glorot_normal()(random.key(0), (2, 3)).shape
(2, 3)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from axir import lax, random
from axir import numpy as anp
from axir._src.array import Array
from axir._src.axes import Shape, shape_of
from axir._src.convert import ArrayLike, convert
from axir._src.promotion import DTypeLike, default_float, requested
from axir._src.scalar_types import finfo
from axir_compiler.errors import ShapeError
from axir_compiler.ir.types import COMPLEX, INEXACT

__all__ = [
    "Initializer",
    "constant",
    "delta_orthogonal",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "normal",
    "ones",
    "orthogonal",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]

Axis = int | Sequence[int]

# Standard deviations of normal distributions, a real and a complex one, that are cut off at two of theirs.
_CUT_NORMAL = 0.87962566103423978
_CUT_COMPLEX_NORMAL = 0.95311164380491208


@runtime_checkable
class Initializer(Protocol):
    """What makes an array of a key, a shape and a dtype; ``out_sharding`` must be ``None``."""

    def __call__(
        self, key: Array, shape: Shape, dtype: DTypeLike = None, out_sharding: None = None
    ) -> Array: ...


Draw = Callable[[Any, tuple[int, ...], np.dtype], Array]


def _initializer(name: str, default: DTypeLike, draw: Draw, *, any_dtype: bool = False) -> Initializer:
    """The initializer that calls ``draw`` with a checked shape and dtype."""
    where = f"nn.initializers.{name}"

    def init(key: Any, shape: Shape, dtype: DTypeLike = default, out_sharding: None = None) -> Array:
        if out_sharding is not None:
            raise NotImplementedError(f"{where}: arrays lie on one device; out_sharding must be None.")
        wanted = default_float() if dtype is None else requested(dtype, where)
        if not any_dtype and wanted not in INEXACT:
            raise ValueError(f"{where}: dtype must be a float or complex dtype; got {wanted}.")
        return draw(key, shape_of(shape, where), wanted)

    init.__doc__ = f"Initial values of ``axir.nn.initializers.{name}``."
    return init


def _full(value: ArrayLike) -> Draw:
    return lambda key, shape, dtype: anp.full(shape, value, dtype)


def zeros(key: Any, shape: Shape, dtype: DTypeLike = None, out_sharding: None = None) -> Array:
    """An initializer itself: zeros, whatever the key.

    Args:
        key: Has no effect.
        shape: Shape of the result.
        dtype: Its dtype, by default the default float.
        out_sharding: Must be None.

    Raises: ShapeError for negative sizes.
    """
    return _initializer("zeros", None, _full(0), any_dtype=True)(key, shape, dtype, out_sharding)


def ones(key: Any, shape: Shape, dtype: DTypeLike = None, out_sharding: None = None) -> Array:
    """An initializer itself: ones, whatever the key.

    Args:
        key: Has no effect.
        shape: Shape of the result.
        dtype: Its dtype, by default the default float.
        out_sharding: Must be None.

    Raises: ShapeError for negative sizes.
    """
    return _initializer("ones", None, _full(1), any_dtype=True)(key, shape, dtype, out_sharding)


def constant(value: ArrayLike, dtype: DTypeLike = None) -> Initializer:
    """Initializer that gives ``value`` everywhere, whatever the key."""
    return _initializer("constant", dtype, _full(value), any_dtype=True)


def uniform(scale: ArrayLike = 1e-2, dtype: DTypeLike = None) -> Initializer:
    """Initializer that draws floats uniformly from ``[0, scale)``."""
    return _initializer(
        "uniform",
        dtype,
        lambda key, shape, wanted: lax.mul(random.uniform(key, shape, wanted), _scalar(scale, wanted)),
    )


def normal(stddev: ArrayLike = 1e-2, dtype: DTypeLike = None) -> Initializer:
    """Initializer that draws numbers of the normal distribution of mean 0 and this standard deviation."""
    return _initializer(
        "normal",
        dtype,
        lambda key, shape, wanted: lax.mul(_normal(key, shape, wanted), _scalar(stddev, wanted)),
    )


def truncated_normal(
    stddev: ArrayLike = 1e-2, dtype: DTypeLike = None, lower: ArrayLike = -2.0, upper: ArrayLike = 2.0
) -> Initializer:
    """Initializer that draws floats of the normal distribution between ``lower`` and ``upper``, times ``stddev``.

    Its standard deviation is smaller than ``stddev``, since the tails are missing.
    """

    def draw(key: Any, shape: tuple[int, ...], dtype: np.dtype) -> Array:
        return lax.mul(random.truncated_normal(key, lower, upper, shape, dtype), _scalar(stddev, dtype))

    return _initializer("truncated_normal", dtype, draw)


def _scalar(value: ArrayLike, dtype: np.dtype) -> Array:
    return anp.asarray(value, dtype)


def _real_dtype(dtype: np.dtype) -> np.dtype:
    return finfo(dtype).dtype


def _normal(key: Any, shape: tuple[int, ...], dtype: np.dtype) -> Array:
    """Normally distributed numbers of variance 1."""
    if dtype not in COMPLEX:
        return random.normal(key, shape, dtype)
    halves = random.split(key)
    parts = [random.normal(halves[i], shape, _real_dtype(dtype)) for i in (0, 1)]
    return lax.div(lax.complex(parts[0], parts[1]), _scalar(math.sqrt(2), dtype))


def _in_disc(key: Any, shape: tuple[int, ...], dtype: np.dtype, radius: Callable[[Array], Array]) -> Array:
    """Complex numbers of uniform angle, and of the ``radius`` of a uniform number."""
    halves = random.split(key)
    drawn = [random.uniform(halves[i], shape, _real_dtype(dtype)) for i in (0, 1)]
    angle = lax.mul(drawn[1], 2 * math.pi)
    return lax.mul(convert(radius(drawn[0]), dtype), lax.complex(lax.cos(angle), lax.sin(angle)))


def _fans(shape: tuple[int, ...], in_axis: Axis, out_axis: Axis, batch_axis: Axis) -> tuple[float, float]:
    """How many inputs feed an output and how many outputs an input feeds, for weights of a shape."""
    if in_axis == -2 and len(shape) < 2:
        raise ShapeError(
            "nn.initializers.variance_scaling: weights need at least two axes, or in_axis must be given; "
            f"got shape {shape}."
        )

    def size(axis: Axis) -> int:
        axes = (axis,) if isinstance(axis, int) else axis
        for a in axes:
            if not -len(shape) <= a < len(shape):
                raise IndexError(
                    f"nn.initializers.variance_scaling: axis {a} is out of bounds for shape {shape}."
                )
        return math.prod(shape[a] for a in axes)

    inputs, outputs = size(in_axis), size(out_axis)
    field = math.prod(shape) / inputs / outputs / size(batch_axis)
    return inputs * field, outputs * field


_MODES: dict[str, Callable[[float, float], float]] = {
    "fan_in": lambda fan_in, fan_out: fan_in,
    "fan_out": lambda fan_in, fan_out: fan_out,
    "fan_avg": lambda fan_in, fan_out: (fan_in + fan_out) / 2,
    "fan_geo_avg": lambda fan_in, fan_out: math.sqrt(fan_in * fan_out),
}


def _cut_normal(key: Any, shape: tuple[int, ...], dtype: np.dtype, variance: Array) -> Array:
    if dtype not in COMPLEX:
        drawn = random.truncated_normal(key, -2, 2, shape, dtype)
        return lax.mul(drawn, lax.div(lax.sqrt(variance), _scalar(_CUT_NORMAL, dtype)))
    span = -math.expm1(-4)
    drawn = _in_disc(key, shape, dtype, lambda u: lax.sqrt(lax.neg(lax.log(lax.sub(1.0, lax.mul(u, span))))))
    return lax.mul(drawn, lax.div(lax.sqrt(variance), _scalar(_CUT_COMPLEX_NORMAL, dtype)))


def _spread(key: Any, shape: tuple[int, ...], dtype: np.dtype, variance: Array) -> Array:
    if dtype not in COMPLEX:
        return lax.mul(random.uniform(key, shape, dtype, -1), lax.sqrt(lax.mul(variance, 3.0)))
    drawn = _in_disc(key, shape, dtype, lambda u: lax.sqrt(lax.mul(u, 2.0)))
    return lax.mul(drawn, lax.sqrt(variance))


_DISTRIBUTIONS: dict[str, Callable[[Any, tuple[int, ...], np.dtype, Array], Array]] = {
    "truncated_normal": _cut_normal,
    "normal": lambda key, shape, dtype, v: lax.mul(_normal(key, shape, dtype), lax.sqrt(v)),
    "uniform": _spread,
}


def _one_of(table: dict[str, Any], name: str, value: str) -> Any:
    if value not in table:
        raise ValueError(
            f"nn.initializers.variance_scaling: {name} must be one of {', '.join(table)}; got {value!r}."
        )
    return table[value]


def variance_scaling(
    scale: float,
    mode: str,
    distribution: str,
    in_axis: Axis = -2,
    out_axis: Axis = -1,
    batch_axis: Axis = (),
    dtype: DTypeLike = None,
) -> Initializer:
    """Initializer that draws numbers of variance ``scale / n``, where ``n`` counts the neighbours of a unit.

    Args:
        scale: Factor of the variance.
        mode: What ``n`` is: ``"fan_in"`` inputs of an output, ``"fan_out"`` outputs of an input, ``"fan_avg"`` the mean
            of both, ``"fan_geo_avg"`` their geometric mean.
        distribution: ``"truncated_normal"`` (cut off at two standard deviations), ``"normal"`` or ``"uniform"``.
        in_axis, out_axis: Axes of inputs and outputs.
        batch_axis: Axes of separate weights.
        dtype: Default dtype of the initializer.

    The initializer raises ValueError for another mode or distribution, ShapeError for less than two axes if
    ``in_axis`` was not given, IndexError if an axis is out of bounds, ZeroDivisionError if nothing is connected.
    """

    def draw(key: Any, shape: tuple[int, ...], wanted: np.dtype) -> Array:
        neighbours = _one_of(_MODES, "mode", mode)(*_fans(shape, in_axis, out_axis, batch_axis))
        variance = _scalar(scale / neighbours, wanted)
        return _one_of(_DISTRIBUTIONS, "distribution", distribution)(key, shape, wanted, variance)

    return _initializer("variance_scaling", dtype, draw)


def glorot_uniform(
    in_axis: Axis = -2, out_axis: Axis = -1, batch_axis: Axis = (), dtype: DTypeLike = None
) -> Initializer:
    """``variance_scaling(1.0, "fan_avg", "uniform")``.

    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010.
    """
    return variance_scaling(1.0, "fan_avg", "uniform", in_axis, out_axis, batch_axis, dtype)


def glorot_normal(
    in_axis: Axis = -2, out_axis: Axis = -1, batch_axis: Axis = (), dtype: DTypeLike = None
) -> Initializer:
    """``variance_scaling(1.0, "fan_avg", "truncated_normal")``; see ``glorot_uniform``.

    Args:
        in_axis, out_axis: Axes of inputs and of outputs; sizes of the others belong to both.
        batch_axis: Axes that count for neither.
        dtype: Default dtype of what the initializer gives.

    Returns: a function of ``(key, shape, dtype)``.

    Raises: ShapeError, from that function, if the axes do not fit the shape.
    """
    return variance_scaling(1.0, "fan_avg", "truncated_normal", in_axis, out_axis, batch_axis, dtype)


def lecun_uniform(
    in_axis: Axis = -2, out_axis: Axis = -1, batch_axis: Axis = (), dtype: DTypeLike = None
) -> Initializer:
    """``variance_scaling(1.0, "fan_in", "uniform")``.

    Y. LeCun, L. Bottou, G. Orr, K.-R. Mueller, "Efficient backprop", 1998.
    """
    return variance_scaling(1.0, "fan_in", "uniform", in_axis, out_axis, batch_axis, dtype)


def lecun_normal(
    in_axis: Axis = -2, out_axis: Axis = -1, batch_axis: Axis = (), dtype: DTypeLike = None
) -> Initializer:
    """``variance_scaling(1.0, "fan_in", "truncated_normal")``; see ``lecun_uniform``.

    Args:
        in_axis, out_axis: Axes of inputs and of outputs; sizes of the others belong to both.
        batch_axis: Axes that count for neither.
        dtype: Default dtype of what the initializer gives.

    Returns: a function of ``(key, shape, dtype)``.

    Raises: ShapeError, from that function, if the axes do not fit the shape.
    """
    return variance_scaling(1.0, "fan_in", "truncated_normal", in_axis, out_axis, batch_axis, dtype)


def he_uniform(
    in_axis: Axis = -2, out_axis: Axis = -1, batch_axis: Axis = (), dtype: DTypeLike = None
) -> Initializer:
    """``variance_scaling(2.0, "fan_in", "uniform")``.

    K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", ICCV 2015.
    """
    return variance_scaling(2.0, "fan_in", "uniform", in_axis, out_axis, batch_axis, dtype)


def he_normal(
    in_axis: Axis = -2, out_axis: Axis = -1, batch_axis: Axis = (), dtype: DTypeLike = None
) -> Initializer:
    """``variance_scaling(2.0, "fan_in", "truncated_normal")``; see ``he_uniform``.

    Args:
        in_axis, out_axis: Axes of inputs and of outputs; sizes of the others belong to both.
        batch_axis: Axes that count for neither.
        dtype: Default dtype of what the initializer gives.

    Returns: a function of ``(key, shape, dtype)``.

    Raises: ShapeError, from that function, if the axes do not fit the shape.
    """
    return variance_scaling(2.0, "fan_in", "truncated_normal", in_axis, out_axis, batch_axis, dtype)


xavier_uniform = glorot_uniform
xavier_normal = glorot_normal
kaiming_uniform = he_uniform
kaiming_normal = he_normal


def orthogonal(scale: ArrayLike = 1.0, column_axis: int = -1, dtype: DTypeLike = None) -> Initializer:
    """Initializer that draws matrices with orthonormal rows or columns, whichever are fewer, times ``scale``.

    The axis ``column_axis`` is that of columns, all others together are that of rows.

    A. Saxe, J. McClelland, S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks", ICLR 2014. The initializer raises ShapeError for less than two axes.
    """

    def draw(key: Any, shape: tuple[int, ...], wanted: np.dtype) -> Array:
        if len(shape) < 2:
            raise ShapeError(
                f"nn.initializers.orthogonal: weights need at least two axes; got shape {shape}."
            )
        if 0 in shape:
            return anp.zeros(shape, wanted)
        columns = shape[column_axis]
        rest = [n for d, n in enumerate(shape) if d != column_axis % len(shape)]
        matrix = lax.reshape(_orthogonal(key, math.prod(rest), columns, wanted), (*rest, columns))
        return lax.mul(anp.moveaxis(matrix, -1, column_axis), _scalar(scale, wanted))

    return _initializer("orthogonal", dtype, draw)


def _orthogonal(key: Any, rows: int, columns: int, dtype: np.dtype) -> Array:
    """A matrix of the uniform distribution of those with orthonormal rows or columns.

    F. Mezzadri, "How to generate random matrices from the classical compact groups", Notices of the AMS 54, 2007:
    the factor Q of a normal matrix, made unique by a positive diagonal of R.
    """
    drawn = _normal(key, (max(rows, columns), min(rows, columns)), dtype)
    q, r = anp.linalg.qr(drawn)
    found = anp.multiply(q, anp.sign(anp.diagonal(r)))
    return lax.transpose(found, (1, 0)) if rows < columns else found


def delta_orthogonal(scale: ArrayLike = 1.0, column_axis: int = -1, dtype: DTypeLike = None) -> Initializer:
    """Initializer of convolutions that keep norms: an orthogonal matrix in the middle of the window, 0 elsewhere.

    L. Xiao et al., "Dynamical isometry and a mean field theory of CNNs", ICML 2018. The initializer takes shapes
    ``[*window, in, out]`` with one to three axes of the window and raises ShapeError for others, or if there are
    more inputs than outputs.
    """
    matrix = orthogonal(scale, column_axis, dtype)

    def draw(key: Any, shape: tuple[int, ...], wanted: np.dtype) -> Array:
        if len(shape) not in (3, 4, 5) or shape[-1] < shape[-2]:
            raise ShapeError(
                "nn.initializers.delta_orthogonal: weights must be [*window, in, out] with one to three axes of the "
                f"window, and at least as many outputs as inputs; got shape {shape}."
            )
        middle = tuple((n - 1) // 2 for n in shape[:-2])
        # As in JAX, the matrix is drawn in the dtype of the initializer, not in that of the call.
        return anp.zeros(shape, wanted).at[middle].set(matrix(key, shape[-2:]).astype(wanted))

    return _initializer("delta_orthogonal", dtype, draw)
