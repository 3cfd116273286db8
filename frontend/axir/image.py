"""Images and other regular samples in another resolution."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.axes import Shape, axes_of, shape_of
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import promoted
from axir._src.messages import located
from axir._src.promotion import default_float, inexact
from axir_compiler.errors import ShapeError

__all__ = ["ResizeMethod", "resize", "scale_and_translate"]


class ResizeMethod(Enum):
    """How samples between others are computed."""

    NEAREST = 0
    LINEAR = 1
    LANCZOS3 = 2
    LANCZOS5 = 3
    CUBIC = 4
    CUBIC_PYTORCH = 5
    AREA = 6

    @staticmethod
    def from_string(s: str) -> ResizeMethod:
        """The method of a name: ``"bilinear"`` and ``"trilinear"`` are linear, ``"bicubic"`` and ``"tricubic"`` cubic.

        Raises: ValueError if there is no method of that name.
        """
        if s not in _NAMES:
            raise ValueError(f"image: the method must be one of {', '.join(_NAMES)}; got {s!r}.")
        return _NAMES[s]


_NAMES = {
    "nearest": ResizeMethod.NEAREST,
    "linear": ResizeMethod.LINEAR,
    "bilinear": ResizeMethod.LINEAR,
    "trilinear": ResizeMethod.LINEAR,
    "triangle": ResizeMethod.LINEAR,
    "lanczos3": ResizeMethod.LANCZOS3,
    "lanczos5": ResizeMethod.LANCZOS5,
    "cubic": ResizeMethod.CUBIC,
    "bicubic": ResizeMethod.CUBIC,
    "tricubic": ResizeMethod.CUBIC,
    "cubic-pytorch": ResizeMethod.CUBIC_PYTORCH,
    "bicubic-pytorch": ResizeMethod.CUBIC_PYTORCH,
    "area": ResizeMethod.AREA,
}

Kernel = Callable[[Array], Array]
"""The weight of a sample at a distance, which is not negative, in units of the distance of samples."""


def _triangle(x: Array) -> Array:
    return anp.maximum(lax.sub(1.0, x), 0)


def _cubic(a: float, x: Array) -> Array:
    """R. Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans. ASSP 29, 1981."""
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return anp.where(x >= 2, 0, anp.where(x >= 1, far, near))


def _lanczos(radius: float, x: Array) -> Array:
    """``sinc(x) * sinc(x / radius)``: C. Duchon, "Lanczos filtering in one and two dimensions", 1979."""
    product = radius * anp.sin(math.pi * x) * anp.sin(math.pi * x / radius)
    safe = anp.where(x > 1e-3, math.pi**2 * x * x, 1)
    return anp.where(x > radius, 0, anp.where(x > 1e-3, product / safe, 1))


_KERNELS: dict[ResizeMethod, Kernel] = {
    ResizeMethod.LINEAR: _triangle,
    ResizeMethod.LANCZOS3: functools.partial(_lanczos, 3.0),
    ResizeMethod.LANCZOS5: functools.partial(_lanczos, 5.0),
    ResizeMethod.CUBIC: functools.partial(_cubic, -0.5),
    ResizeMethod.CUBIC_PYTORCH: functools.partial(_cubic, -0.75),
}
_REACH = 2
"""How far the cubic kernels reach."""
_SMALL = 1000 * float(np.finfo(np.float32).eps)


def _overlaps(size: int, new_size: int, inverse: Any, start: Any, dtype: np.dtype) -> Array:
    """For each cell of the input and of the result how long their common part is, ``[size, new_size]``."""
    left = anp.arange(new_size, dtype=dtype) * inverse - start
    cell = anp.arange(size, dtype=dtype)[:, None]
    return anp.maximum(anp.minimum(left + inverse, cell + 1) - anp.maximum(left, cell), 0)


def _scaled_sums(weights: Array) -> Array:
    """Weights of each sample of the result divided by their sum, and 0 where that is too small."""
    total = anp.sum(weights, axis=0, keepdims=True)
    safe = anp.where(total == 0, 1, total)
    return anp.where(anp.abs(total) > _SMALL, weights / safe, 0)


def _edges_repeated(weights: Array, beyond: int) -> Array:
    """Weights of samples beyond the edges, ``beyond`` on each side, given to the samples at the edges."""
    size = weights.shape[0] - 2 * beyond
    if size == 1:
        return anp.sum(weights, axis=0, keepdims=True)
    first = anp.sum(weights[: beyond + 1], axis=0, keepdims=True)
    last = anp.sum(weights[beyond + size - 1 :], axis=0, keepdims=True)
    return lax.concatenate((first, weights[beyond + 1 : beyond + size - 1], last), 0)


def _weights(
    size: int, new_size: int, scale: Array, translation: Array, method: ResizeMethod, antialias: bool
) -> Array:
    """The matrix ``[size, new_size]`` by which an axis is multiplied."""
    dtype = scale.dtype
    inverse = 1 / scale
    start = translation * inverse
    if method is ResizeMethod.AREA:
        weights = _scaled_sums(_overlaps(size, new_size, inverse, start, dtype))
    place = (anp.arange(new_size, dtype=dtype) + 0.5) * inverse - start - 0.5
    if method is not ResizeMethod.AREA:
        # For a smaller result the kernel is as wide as the new samples are apart.
        width = anp.maximum(inverse, 1) if antialias else 1.0
        beyond = _REACH if method is ResizeMethod.CUBIC_PYTORCH else 0
        samples = anp.arange(-beyond, size + beyond, dtype=dtype)
        weights = _KERNELS[method](anp.abs(place - samples[:, None]) / width)
        if beyond:
            return _scaled_sums(_edges_repeated(weights, beyond))
        weights = _scaled_sums(weights)
    inside = anp.logical_and(place >= -0.5, place <= size - 0.5)
    return anp.where(inside, weights, 0)


def _method(method: str | ResizeMethod, antialias: bool) -> ResizeMethod:
    found = ResizeMethod.from_string(method) if isinstance(method, str) else method
    if not isinstance(found, ResizeMethod):
        raise TypeError(f"image: the method must be a name or a ResizeMethod; got {found!r}.")
    return ResizeMethod.CUBIC if found is ResizeMethod.CUBIC_PYTORCH and antialias else found


def _checked(image: ArrayLike, shape: Shape, where: str) -> tuple[Array, tuple[int, ...]]:
    x, sizes = to_array(image), shape_of(shape, f"image.{where}")
    if len(sizes) != x.ndim:
        raise located(
            ShapeError(f"image.{where}: shape must have a size for each axis of {x.aval}; got {sizes}.")
        )
    return x, sizes


def scale_and_translate(
    image: ArrayLike,
    shape: Shape,
    spatial_dims: Sequence[int],
    scale: ArrayLike,
    translation: ArrayLike,
    method: str | ResizeMethod,
    antialias: bool = True,
    precision: Any = None,
) -> Array:
    """Samples of an image at ``(i + 0.5 - translation) / scale - 0.5`` for each index ``i`` of the result.

    Args:
        image: Array; integers become floats.
        shape: Shape of the result.
        spatial_dims: The axes that change.
        scale, translation: Vectors with a number for each of these axes, which may be traced.
        method: How samples are computed; not ``NEAREST``.
        antialias: Whether a smaller result is computed from all samples that it stands for.
        precision: Has no effect: products are never computed in less than the precision of the operands.

    Returns: Array of ``shape``, 0 outside of the image.
    Raises: ShapeError if sizes do not fit, ValueError for another method.
    """
    x, sizes = _checked(image, shape, "scale_and_translate")
    how = _method(method, antialias)
    if how is ResizeMethod.NEAREST:
        raise ValueError(
            "image.scale_and_translate: takes any method but NEAREST. Use axir.image.resize for that."
        )
    axes = axes_of(spatial_dims, x.ndim, "image.scale_and_translate")
    (scales, translations), _ = promoted(scale, translation, to_float=True)
    if scales.shape != (len(axes),):
        raise located(
            ShapeError(
                f"image.scale_and_translate: scale and translation need a number for each of {len(axes)} axes; "
                f"got {scales.aval}."
            )
        )
    pairs = [(scales[i], translations[i]) for i in range(len(axes))]
    return _transformed(x, sizes, axes, pairs, how, antialias)


def _transformed(
    x: Array,
    sizes: tuple[int, ...],
    axes: Sequence[int],
    pairs: Sequence[tuple[Array, Array]],
    method: ResizeMethod,
    antialias: bool,
) -> Array:
    """An image multiplied by the weights of each axis."""
    x = convert(x, inexact(x.dtype))
    for d, (scale, translation) in zip(axes, pairs, strict=True):
        weights = convert(_weights(x.shape[d], sizes[d], scale, translation, method, antialias), x.dtype)
        x = anp.moveaxis(anp.tensordot(x, weights, ((d,), (0,))), -1, d)
    return x


def _nearest(x: Array, sizes: tuple[int, ...]) -> Array:
    for d, (size, new_size) in enumerate(zip(x.shape, sizes, strict=True)):
        if size != new_size:
            # In float32, so that ties fall as they do in JAX.
            middle = np.arange(new_size, dtype=np.float32) + np.float32(0.5)
            index = np.floor(middle * np.float32(size) / np.float32(new_size)).astype(np.int32)
            x = anp.take(x, index, axis=d)
    return x


def resize(
    image: ArrayLike,
    shape: Shape,
    method: str | ResizeMethod,
    antialias: bool = True,
    precision: Any = None,
) -> Array:
    """An image in another resolution: the same area, in more or fewer samples.

    Args:
        image: Array; integers become floats except for the method ``"nearest"``.
        shape: Shape of the result; axes of the same size stay as they are.
        method: ``"nearest"``, ``"linear"``, ``"cubic"``, ``"lanczos3"``, ``"lanczos5"``, ``"area"``, or
            ``"cubic-pytorch"``, which without ``antialias`` is the cubic method of PyTorch.
        antialias: Whether a smaller result is computed from all samples that it stands for.
        precision: Has no effect.

    Raises: ShapeError if sizes do not fit, ValueError for another method.

    >>> import axir
    >>> axir.image.resize(axir.numpy.array([0.0, 4.0]), (4,), "linear")
    Array([0., 1., 3., 4.], dtype=float32)
    """
    x, sizes = _checked(image, shape, "resize")
    how = _method(method, antialias)
    axes = [d for d in range(x.ndim) if x.shape[d] != sizes[d]]
    if any(x.shape[d] == 0 for d in axes):
        raise located(ShapeError(f"image.resize: {x.aval} has no elements to make {sizes} of."))
    if how is ResizeMethod.NEAREST:
        return _nearest(x, sizes)
    one = lax.full((), 1.0, default_float())
    scales = [one * (sizes[d] / x.shape[d] if sizes[d] else 1.0) for d in axes]
    return _transformed(x, sizes, axes, [(s, one * 0.0) for s in scales], how, antialias)
