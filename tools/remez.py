"""Minimax approximation by polynomials and rational functions, in mpmath's arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath as mp

# mpmath has no types: an mpf, or what can become one.
Number = Any
Function = Callable[[Number], Number]


@dataclass(frozen=True)
class Fit:
    """``numerator(t) / denominator(t)`` (ascending powers) and the largest weighted error."""

    numerator: list[Number]
    denominator: list[Number]
    error: Number

    def __call__(self, t: Number) -> Number:
        return mp.polyval(self.numerator[::-1], t) / mp.polyval(self.denominator[::-1], t)


@dataclass(frozen=True)
class Samples:
    """The function to approximate and the weight of its error, on a grid."""

    points: list[Number]
    values: list[Number]
    weights: list[Number]

    def errors(self, fit: Fit) -> list[Number]:
        columns = zip(self.points, self.values, self.weights, strict=True)
        return [weight * (value - fit(point)) for point, value, weight in columns]


def minimax(
    function: Function, low: float, high: float, degree: int, weight: Function, denominator: int = 0
) -> Fit:
    """Minimizes the maximum of ``|weight * (function - fit)|`` on ``[low, high]``.

    Args:
        degree: Degree of the numerator; ``denominator`` that of the denominator (constant term 1).
        weight: Positive inside the interval; turns the error of the fit into the error that counts."""
    count = 16 * (degree + denominator + 2)
    points = [mp.cos(mp.pi * (i + mp.mpf("0.5")) / count) for i in reversed(range(count))]
    points = [low + (mp.mpf(high) - low) * (1 + p) / 2 for p in points]
    if denominator:
        # Rational fits are used on long intervals in x**2, where all happens at the lower end.
        points = [low + (t - low) ** 2 / (mp.mpf(high) - low) for t in points]
    samples = Samples(points, [function(t) for t in points], [weight(t) for t in points])
    fit = _lawson(samples, degree, denominator) if denominator else _remez(samples, degree)
    return Fit(fit.numerator, fit.denominator, max(abs(e) for e in samples.errors(fit)))


def _remez(samples: Samples, degree: int) -> Fit:
    """The exchange algorithm of E. Remez (1934): polynomials only."""
    count = degree + 2
    step = (len(samples.points) - 1) / (count - 1)
    reference = [round(i * step) for i in range(count)]
    for _ in range(30):
        fit = _level(samples, reference, degree)
        errors = samples.errors(fit)
        reference = _exchange(errors, count)
        if max(abs(e) for e in errors) < min(abs(errors[i]) for i in reference) * mp.mpf("1.02"):
            return fit
    raise ArithmeticError(f"remez: no convergence for degree {degree}")


def _level(samples: Samples, reference: list[int], degree: int) -> Fit:
    """The polynomial whose weighted errors on the reference points alternate with equal size."""
    rows = [
        [samples.points[i] ** k for k in range(degree + 1)] + [(-1) ** sign / samples.weights[i]]
        for sign, i in enumerate(reference)
    ]
    right = [samples.values[i] for i in reference]
    solution = list(mp.lu_solve(mp.matrix(rows), mp.matrix(right)))
    return Fit(solution[:-1], [mp.mpf(1)], abs(solution[-1]))


def _exchange(errors: list[Number], count: int) -> list[int]:
    """The positions of ``count`` alternating extremes; surplus ones are dropped from the weaker end."""
    extremes: list[int] = []
    for i, error in enumerate(errors):
        if not extremes or (error > 0) != (errors[extremes[-1]] > 0):
            extremes.append(i)
        elif abs(error) > abs(errors[extremes[-1]]):
            extremes[-1] = i
    while len(extremes) > count:
        drop_first = abs(errors[extremes[0]]) < abs(errors[extremes[-1]])
        extremes.pop(0 if drop_first else -1)
    if len(extremes) < count:
        raise ArithmeticError(f"remez: the error changes sign only {len(extremes)} times; needed {count}")
    return extremes


def _lawson(samples: Samples, degree: int, denominator: int) -> Fit:
    """A rational fit within a few percent of the best one.

    Minimizes ``|numerator - function*denominator| / |last denominator|`` a few times over (C. K. Sanathanan
    and J. Koerner, "Transfer function synthesis as a ratio of two complex polynomials", 1963), each time
    with more weight where the error was large (C. L. Lawson 1961), so that the error levels out."""
    emphasis = [mp.mpf(1)] * len(samples.points)
    fit = Fit([], [mp.mpf(1)], mp.mpf(0))
    for _ in range(16):
        rows, right = [], []
        for point, value, weight, extra in zip(
            samples.points, samples.values, samples.weights, emphasis, strict=True
        ):
            scale = extra * weight / mp.polyval(fit.denominator[::-1], point)
            row = [point**k for k in range(degree + 1)] + [
                -value * point**k for k in range(1, denominator + 1)
            ]
            rows.append([scale * entry for entry in row])
            right.append(scale * value)
        solution = list(mp.qr_solve(mp.matrix(rows), mp.matrix(right))[0])
        fit = Fit(solution[: degree + 1], [mp.mpf(1), *solution[degree + 1 :]], mp.mpf(0))
        errors = [abs(e) for e in samples.errors(fit)]
        emphasis = [
            x * mp.sqrt(e / max(errors) + mp.mpf("1e-3")) for x, e in zip(emphasis, errors, strict=True)
        ]
    return fit
