"""Spectra of signals that are cut into segments: ``csd``, ``welch``, ``stft``, ``istft``, and ``detrend``."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.axes import axis_of, static_int
from axir._src.convert import ArrayLike, convert
from axir._src.elementwise import promoted
from axir._src.messages import located, user_depth
from axir_compiler.errors import MissingRuleError, ShapeError

__all__ = ["csd", "detrend", "istft", "stft", "welch"]

Detrend = bool | str | Callable[[Array], Array]
_BOUNDARIES = ("even", "odd", "constant", "zeros", None)


def _spectral(dtype: np.dtype) -> np.dtype:
    """The complex dtype of the spectra of signals of a dtype."""
    return np.dtype("complex128" if dtype in ("float64", "complex128") else "complex64")


def _bad(message: str) -> ShapeError:
    return located(ShapeError(message))


def detrend(
    data: ArrayLike, axis: int = -1, type: str = "linear", bp: Any = 0, overwrite_data: None = None
) -> Array:
    """A signal without its mean, or without the line that fits best in the sense of least squares.

    Args:
        data: ``[..., n, ...]``; integers become floats.
        axis: The axis of length n.
        type: ``"linear"`` or ``"constant"``.
        bp: Static positions that cut the signal into pieces, each of which gets a line of its own; ``"constant"``
            does not use them.
        overwrite_data: Must be ``None``.

    Raises: ShapeError (a ValueError) for another type, or positions outside of ``[0, n]``; AxisError.
    """
    if overwrite_data is not None:
        raise located(MissingRuleError("detrend: arrays are immutable. Leave overwrite_data out."))
    if type not in ("constant", "linear"):
        raise _bad(f"detrend: type must be 'linear' or 'constant'; got {type!r}.")
    (x,), _ = promoted(data, to_float=True)
    along = axis_of(axis, x.ndim, "detrend")
    if type == "constant":
        return lax.sub(x, anp.mean(x, axis=along, keepdims=True))
    size = x.shape[along]
    cuts = np.unique(np.concatenate([[0, size], np.ravel(bp)]).astype(int)).tolist()
    if cuts[0] < 0 or cuts[-1] > size:
        raise _bad(f"detrend: breakpoints must be in [0, {size}]; got {bp!r}.")
    pieces = [
        _without_line(lax.slice_in_dim(x, a, b, axis=along), along) for a, b in itertools.pairwise(cuts)
    ]
    return lax.concatenate(pieces, along) if pieces else x


def _without_line(x: Array, axis: int) -> Array:
    """The residual of the least squares line, whose slope is ``sum(t x) / sum(t t)`` for centered times t."""
    level = lax.sub(x, anp.mean(x, axis=axis, keepdims=True))
    size = x.shape[axis]
    if size < 2:
        return level
    centered = np.arange(size) - (size - 1) / 2
    shape = [size if d == axis else 1 for d in range(x.ndim)]
    times = anp.array(centered.reshape(shape), dtype=x.dtype)
    slope = anp.sum(lax.mul(level, anp.broadcast_to(times, x.shape)), axis=axis, keepdims=True)
    return anp.subtract(level, anp.multiply(times, slope / float(centered @ centered)))


def _hann(size: int) -> np.ndarray:
    return np.ones(1) if size == 1 else np.sin(np.pi * np.arange(size) / size) ** 2


def _named_window(window: Any, size: int) -> np.ndarray:
    """A window by its name, or its name and parameters, in SciPy's form for spectra, which is periodic."""
    if window == "hann":
        return _hann(size)
    from scipy.signal import get_window

    return np.asarray(get_window(window, size))


@dataclass(frozen=True)
class _Cut:
    """How a signal is cut into segments: their window, how far apart they are, the length of their transforms."""

    window: Array
    step: int
    nfft: int
    onesided: bool

    @property
    def size(self) -> int:
        return self.window.shape[0]


def _windowed(window: Any, nperseg: int | None, length: int, dtype: Any, where: str) -> Array:
    """The window of the segments; for a named one ``nperseg`` is at most the length of the signal."""
    if isinstance(window, str | tuple):
        size = length if nperseg is None else nperseg
        if size > length:
            warnings.warn(
                f"{where}: nperseg = {size} is greater than the signal, of length {length}, which is used.",
                stacklevel=user_depth(),
            )
            size = length
        return anp.array(_named_window(window, size), dtype=dtype)
    found = anp.asarray(window)
    if found.ndim != 1 or found.size > length or nperseg not in (None, found.size):
        given = f"a window {found.aval}, nperseg={nperseg} and {length} values"
        raise _bad(
            f"{where}: a window must be a vector of length nperseg that fits into the signal; got {given}."
        )
    return convert(found, np.result_type(found.dtype, dtype) if _complex(found) else dtype)


def _complex(x: Array) -> bool:
    return bool(np.issubdtype(x.dtype, np.complexfloating))


def _sizes(nperseg: int, noverlap: Any, nfft: Any, where: str) -> tuple[int, int]:
    """Distance of the segments, and length of their transforms."""
    overlap = nperseg // 2 if noverlap is None else static_int(noverlap, where)
    length = nperseg if nfft is None else static_int(nfft, where)
    if length < nperseg:
        raise _bad(f"{where}: nfft must not be less than nperseg = {nperseg}; got {length}.")
    if overlap >= nperseg:
        raise _bad(f"{where}: noverlap must be less than nperseg = {nperseg}; got {overlap}.")
    return nperseg - overlap, length


def _checked_nperseg(nperseg: Any, where: str) -> int | None:
    found = None if nperseg is None else static_int(nperseg, where)
    if found is not None and found < 1:
        raise _bad(f"{where}: nperseg must be positive; got {found}.")
    return found


def _starts(length: int, size: int, step: int) -> Array:
    """Positions of the elements of all segments, ``int32[frames, size]``."""
    frames = (length - size) // step + 1
    first = lax.mul(lax.broadcasted_iota("int32", (frames, size), 0), step)
    return lax.add(first, lax.broadcasted_iota("int32", (frames, size), 1))


def _transforms(x: Array, cut: _Cut, without_trend: Callable[[Array], Array]) -> Array:
    """Fourier transforms ``[..., frames, frequencies]`` of the segments of ``x``, ``[..., n]``."""
    segments = anp.take(x, _starts(x.shape[-1], cut.size, cut.step), axis=-1, mode="clip")
    segments = anp.multiply(cut.window, without_trend(segments))
    if cut.onesided:
        return anp.fft.rfft(anp.real(segments), n=cut.nfft)
    return anp.fft.fft(segments, n=cut.nfft)


def _trend(kind: Detrend) -> Callable[[Array], Array]:
    if isinstance(kind, str):
        return lambda d: detrend(d, axis=-1, type=kind)
    if callable(kind):
        return kind
    if not kind:
        return lambda d: d
    raise _bad(f"detrend must be 'constant', 'linear', False or a function of segments; got {kind!r}.")


def _extended(x: Array, boundary: str | None, n: int) -> Array:
    """``x`` with n values more at either end of its last axis, which has at least 2 n."""
    if boundary is None or n == 0:
        return x
    if boundary == "odd":
        first, last = x[..., :1], x[..., -1:]
        before, after = 2 * first - x[..., n:0:-1], 2 * last - x[..., -2 : -(n + 2) : -1]
        return anp.concatenate([before, x, after], axis=-1)
    mode = {"even": "reflect", "constant": "edge", "zeros": "constant"}[boundary]
    return anp.pad(x, [(0, 0)] * (x.ndim - 1) + [(n, n)], mode=mode)


def _padded(x: Array, count: int) -> Array:
    return anp.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, count)]) if count else x


def _signals(x: Any, y: Any, axis: int, where: str) -> tuple[Array, Array | None, int]:
    """The signals along their last axis, and where it was; y is ``None`` where there is one signal alone."""
    if y is None:
        (left,), _ = promoted(x, to_float=True)
        along = axis_of(axis, left.ndim, where)
        return anp.moveaxis(left, along, -1), None, along
    (left, right), _ = promoted(x, y, to_float=True)
    if left.ndim != right.ndim:
        raise _bad(f"{where}: x and y must have the same rank; got {left.aval} and {right.aval}.")
    along = axis_of(axis, left.ndim, where)
    left, right = anp.moveaxis(left, along, -1), anp.moveaxis(right, along, -1)
    anp.broadcast_shapes(left.shape[:-1], right.shape[:-1])
    return left, right, along


@dataclass(frozen=True)
class _Request:
    """What the public functions share."""

    where: str
    fs: ArrayLike
    window: Any
    nperseg: Any
    noverlap: Any
    nfft: Any
    detrend: Detrend
    onesided: bool
    boundary: str | None = None
    padded: bool = False

    def cut(self, length: int, dtype: Any, real: bool) -> _Cut:
        size = _checked_nperseg(self.nperseg, self.where)
        window = _windowed(self.window, size, length, dtype, self.where)
        step, nfft = _sizes(window.shape[0], self.noverlap, self.nfft, self.where)
        if self.onesided and not real:
            warnings.warn(
                f"{self.where}: a complex signal has a spectrum of two sides, which is given.",
                stacklevel=user_depth(),
            )
        return _Cut(window, step, nfft, self.onesided and real)

    def prepared(self, x: Array, cut: _Cut) -> Array:
        x = _extended(x, self.boundary, cut.size // 2)
        return _padded(x, (-(x.shape[-1] - cut.size) % cut.step) % cut.size) if self.padded else x

    def axes(self, cut: _Cut, length: int, dtype: Any) -> tuple[Array, Array]:
        """Frequencies, and times of the middle of each segment."""
        frequencies = anp.fft.rfftfreq if cut.onesided else anp.fft.fftfreq
        frames = (length - cut.size) // cut.step + 1
        shift = 0.0 if self.boundary is not None else cut.size / 2
        times = lax.add(lax.mul(lax.iota(dtype, frames), float(cut.step)), shift)
        rate = anp.asarray(self.fs, dtype=dtype)
        return frequencies(cut.nfft, 1 / rate, dtype=dtype), times / rate


def _scale(window: Array, scaling: str, fs: ArrayLike, where: str) -> Array:
    """The factor of a power: for a density, or for a spectrum."""
    if scaling == "density":
        return 1.0 / anp.multiply(fs, anp.sum(window * window))
    if scaling == "spectrum":
        return 1.0 / anp.square(anp.sum(window))
    raise _bad(f"{where}: scaling must be 'density' or 'spectrum'; got {scaling!r}.")


def _empty(x: Array, y: Array | None, along: int) -> tuple[Array, Array] | None:
    """Frequencies and spectrum of an empty signal, in JAX's shapes; ``None`` for others."""
    if x.size and (y is None or y.size):
        return None
    length = x.shape[-1] if y is None else min(x.shape[-1], y.shape[-1])
    outer = x.shape[:-1] if y is None else anp.broadcast_shapes(x.shape[:-1], y.shape[:-1])
    shape = (*outer[:along], length, *outer[along:])
    kind = _spectral(x.dtype)
    return anp.zeros(shape, np.finfo(kind).dtype), anp.zeros(shape, kind)


def stft(
    x: ArrayLike,
    fs: ArrayLike = 1.0,
    window: Any = "hann",
    nperseg: int | None = 256,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Detrend = False,
    return_onesided: bool = True,
    boundary: str | None = "zeros",
    padded: bool = True,
    axis: int = -1,
) -> tuple[Array, Array, Array]:
    """Short-time Fourier transform: of segments under a window, so scaled that a sine has its amplitude.

    Args:
        x: Signal, ``[..., n, ...]``.
        fs: Samples for each unit of time.
        window: Name, tuple of a name and parameters (SciPy's), or a vector of ``nperseg`` values.
        nperseg: Length of the segments, at most n.
        noverlap: How much neighbours share; by default half.
        nfft: Length of the transforms, filled up by zeros; by default ``nperseg``.
        detrend: ``"constant"``, ``"linear"``, a function of segments ``[..., frames, nperseg]``, or ``False``.
        return_onesided: For real signals only the frequencies that are not negative.
        boundary: How the signal goes on for half a segment at its ends: ``"zeros"``, ``"even"``, ``"odd"``,
            ``"constant"``, or ``None`` for not at all.
        padded: Whether zeros are appended until the segments cover the signal.
        axis: The axis of time.

    Returns: Frequencies, times of the segments, and the transform: frequencies at ``axis``, times along the last axis.
    Raises: ShapeError (a ValueError) for sizes that do not fit and for unknown names; AxisError.
    """
    request = _Request(
        "stft", fs, window, nperseg, noverlap, nfft, detrend, return_onesided, boundary, padded
    )
    if boundary not in _BOUNDARIES:
        raise _bad(f"stft: boundary must be one of {_BOUNDARIES}; got {boundary!r}.")
    signal, _, along = _signals(x, None, axis, "stft")
    if (nothing := _empty(signal, None, along)) is not None:
        return nothing[0], nothing[0], nothing[1]
    real = np.finfo(signal.dtype).dtype
    cut = request.cut(signal.shape[-1], real, not _complex(signal))
    signal = request.prepared(signal, cut)
    found = _transforms(signal, cut, _trend(detrend)) / anp.sum(cut.window)
    kind = _spectral(signal.dtype)
    frequencies, times = request.axes(cut, signal.shape[-1], np.finfo(kind).dtype)
    return frequencies, times, anp.moveaxis(convert(found, kind), -1, along)


def csd(
    x: ArrayLike,
    y: ArrayLike | None,
    fs: ArrayLike = 1.0,
    window: Any = "hann",
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Detrend = "constant",
    return_onesided: bool = True,
    scaling: str = "density",
    axis: int = -1,
    average: str = "mean",
) -> tuple[Array, Array]:
    """Cross spectral density ``conj(X) Y`` by Welch's method: the mean over overlapping segments.

    P. D. Welch, "The use of fast Fourier transform for the estimation of power spectra", 1967.

    Args:
        x, y: Signals ``[..., n, ...]`` of the same rank; the shorter one is filled up by zeros. ``y = None`` is for x.
        scaling: ``"density"`` for power by frequency, ``"spectrum"`` for power.
        average: ``"mean"`` or ``"median"`` of the segments, the latter without its bias.

    The other arguments are those of ``stft``; segments are by default as long as the signal.

    Returns: Frequencies, and the density with frequencies at ``axis``; it is complex unless ``y`` is ``None``.
    Raises: ShapeError (a ValueError) for sizes that do not fit and for unknown names; AxisError.
    """
    request = _Request("csd", fs, window, nperseg, noverlap, nfft, detrend, return_onesided)
    return _density(request, x, y, scaling, axis, average)


def welch(
    x: ArrayLike,
    fs: ArrayLike = 1.0,
    window: Any = "hann",
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Detrend = "constant",
    return_onesided: bool = True,
    scaling: str = "density",
    axis: int = -1,
    average: str = "mean",
) -> tuple[Array, Array]:
    """Power spectral density by Welch's method; arguments and errors are those of ``csd``.

    Returns: Frequencies, and the real density with frequencies at ``axis``.
    """
    request = _Request("welch", fs, window, nperseg, noverlap, nfft, detrend, return_onesided)
    frequencies, found = _density(request, x, None, scaling, axis, average)
    return frequencies, anp.real(found)


def _density(request: _Request, x: Any, y: Any, scaling: str, axis: int, average: str) -> tuple[Array, Array]:
    where = request.where
    if average not in ("mean", "median"):
        raise _bad(f"{where}: average must be 'mean' or 'median'; got {average!r}.")
    left, right, along = _signals(x, y, axis, where)
    if (nothing := _empty(left, right, along)) is not None:
        return nothing
    pair = [left] if right is None else [left, right]
    # The segments of the first signal count, as in JAX, before the shorter one is filled up.
    cut = request.cut(left.shape[-1], np.finfo(left.dtype).dtype, not any(_complex(s) for s in pair))
    length = max(s.shape[-1] for s in pair)
    pair = [request.prepared(_padded(s, length - s.shape[-1]), cut) for s in pair]
    spectra = [_transforms(s, cut, _trend(request.detrend)) for s in pair]
    power = anp.multiply(anp.conj(spectra[0]), spectra[-1])
    kind = _spectral(left.dtype)
    power = convert(power * _scale(cut.window, scaling, request.fs, where), kind)
    if cut.onesided:
        power = anp.multiply(power, _sides(cut.nfft, kind))
    frequencies, _ = request.axes(cut, length, np.finfo(kind).dtype)
    power = anp.real(power) if right is None else power
    return frequencies, _averaged(anp.moveaxis(power, -1, along), average)


def _sides(nfft: int, dtype: Any) -> Array:
    """2 for the frequencies that stand for their negatives too, 1 for zero and the highest of an even number."""
    weights = np.full(nfft // 2 + 1, 2.0)
    weights[0] = 1.0
    if nfft % 2 == 0:
        weights[-1] = 1.0
    return anp.array(weights, dtype=dtype)


def _averaged(power: Array, average: str) -> Array:
    """Over the segments, the last axis."""
    if power.shape[-1] == 1:
        return lax.squeeze(power, (power.ndim - 1,))
    if average == "mean":
        return anp.mean(power, axis=-1)
    found = anp.median(anp.real(power), axis=-1)
    if _complex(power):
        found = lax.complex(found, anp.median(anp.imag(power), axis=-1))
    return found / _median_bias(power.shape[-1])


def _median_bias(n: int) -> float:
    """Median over mean of n exponential variables: B. Allen et al., "FINDCHIRP", Phys. Rev. D 85, 2012, appendix B."""
    even = 2.0 * np.arange(1, (n - 1) // 2 + 1)
    return float(1.0 + np.sum(1.0 / (even + 1.0) - 1.0 / even))


def _overlap_add(segments: Array, step: int) -> Array:
    """Sum of segments ``[..., frames, n]`` that begin ``step`` apart."""
    frames, size = segments.shape[-2:]
    length = step * (frames - 1) + size
    total = anp.zeros((*segments.shape[:-2], length), segments.dtype)
    return total.at[..., _starts(length, size, step)].add(segments)


def istft(
    Zxx: ArrayLike,
    fs: ArrayLike = 1.0,
    window: Any = "hann",
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    input_onesided: bool = True,
    boundary: bool = True,
    time_axis: int = -1,
    freq_axis: int = -2,
) -> tuple[Array, Array]:
    """Inverse of ``stft``: the signal whose transforms are closest in the sense of least squares.

    D. W. Griffin, J. S. Lim, "Signal estimation from modified short-time Fourier transform", 1984.

    Args:
        Zxx: Transforms, frequencies along ``freq_axis``, segments along ``time_axis``.
        boundary: Whether ``stft`` extended the signal; the extension is cut off.

    The other arguments are those of ``stft``; ``nperseg`` follows from the number of frequencies.

    Returns: Times, and the signal, with ``time_axis`` in place of both axes.
    Raises: ShapeError (a ValueError) for sizes that do not fit; AxisError.
    """
    transforms, freq, time = _frames_last(Zxx, freq_axis, time_axis)
    count = transforms.shape[-1]
    size, step, length = _inverse_sizes(count, nperseg, noverlap, nfft, input_onesided)
    inverse = anp.fft.irfft if input_onesided else anp.fft.ifft
    segments = inverse(transforms, n=length)[..., :size]
    taper = _inverse_window(window, size, np.finfo(segments.dtype).dtype)
    signal = _overlap_add(segments * (taper * anp.sum(taper)), step)
    frames = segments.shape[-2]
    norm = _overlap_add(anp.broadcast_to(taper * taper, (frames, size)), step)
    if boundary:
        ends = slice(size // 2, -(size // 2))
        signal, norm = signal[..., ends], norm[..., ends]
    signal = anp.divide(signal, anp.where(norm > 1e-10, norm, 1.0))
    if signal.ndim > 1:
        signal = anp.moveaxis(signal, -1, time - (freq < time))
    dtype = np.finfo(signal.dtype).dtype
    return lax.iota(dtype, signal.shape[0]) / anp.asarray(fs, dtype=dtype), signal


def _frames_last(Zxx: ArrayLike, freq_axis: int, time_axis: int) -> tuple[Array, int, int]:
    """Transforms ``[..., frames, frequencies]``, and where these axes were."""
    (given,), _ = promoted(Zxx, to_float=True)
    if given.ndim < 2:
        raise _bad(f"istft: transforms have an axis of frequencies and one of segments; got {given.aval}.")
    freq, time = axis_of(freq_axis, given.ndim, "istft"), axis_of(time_axis, given.ndim, "istft")
    if freq == time:
        raise _bad(f"istft: freq_axis and time_axis must differ; got {freq_axis} and {time_axis}.")
    return anp.moveaxis(convert(given, _spectral(given.dtype)), (time, freq), (-2, -1)), freq, time


def _inverse_sizes(
    count: int, nperseg: Any, noverlap: Any, nfft: Any, onesided: bool
) -> tuple[int, int, int]:
    """Length of the segments, their distance, length of the transforms."""
    usual = 2 * (count - 1) if onesided else count
    size = _checked_nperseg(nperseg or usual, "istft") or usual
    # A segment of odd length has as many frequencies as one that is shorter by one.
    odd = nfft is None and onesided and size == usual + 1
    step, length = _sizes(size, noverlap or None, size if odd else usual if nfft is None else nfft, "istft")
    return size, step, length


def _inverse_window(window: Any, size: int, dtype: Any) -> Array:
    if isinstance(window, str | tuple):
        return anp.array(_named_window(window, size), dtype=dtype)
    found = anp.asarray(window)
    if found.shape != (size,):
        raise _bad(f"istft: a window must be a vector of length nperseg = {size}; got {found.aval}.")
    return found
