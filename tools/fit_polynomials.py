"""Derives the coefficients of the elementwise functions and writes them as a Python module.

    python tools/fit_polynomials.py            check that module, print each fit with its error
    python tools/fit_polynomials.py --write    rewrite compiler/axir_compiler/lowering/scalar/coefficients.py

Each `Entry` states the function, its interval and the weight that turns the error of the fit into the
relative error of the final result. The algorithms themselves are in the modules of that package.
"""

from __future__ import annotations

import argparse
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mpmath as mp

from remez import Fit, Function, Number, minimax

OUTPUT = Path(__file__).parents[1] / "compiler/axir_compiler/lowering/scalar/coefficients.py"
DIGITS = {32: 24, 64: 53}
# Wide enough for the worst cancellation in the sampled functions.
mp.mp.dps = 50


def root_series(function: Function, terms: Function, power: int) -> Function:
    """``z -> (function(s)/s - terms(z)) / z**power`` with ``s = sqrt(z)``: the tail of an odd function."""

    def tail(z: Number) -> Number:
        s = mp.sqrt(z)
        return (function(s) / s - terms(z)) / z**power

    return tail


def scaled_erfc(center: float) -> Function:
    """``(1 + 2x) exp(x**2) erfc(x)`` as a function of ``t = (x - center) / (x + center)``."""

    def function(t: Number) -> Number:
        x = center * (1 + t) / (1 - t)
        return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)

    return function


def inverse_erfc(c: Number) -> Number:
    """The ``y`` with ``erfc(y) = c``, by Halley's method."""
    y = mp.sqrt(-mp.log(c * (2 - c))) * mp.mpf("0.85")
    for _ in range(80):
        step = -(mp.erfc(y) - c) * mp.sqrt(mp.pi) / 2 * mp.exp(y * y)
        step /= 1 + y * step
        y -= step
        if abs(step) < mp.mpf(10) ** -40 * y:
            return y
    raise ArithmeticError(f"inverse_erfc: no convergence at {c}")


def inverse_erf_of_w(w: Number) -> Number:
    """``erfinv(x) / x`` as a function of ``w = -log(1 - x**2)``."""
    x = mp.sqrt(-mp.expm1(-w))
    return inverse_erfc(mp.exp(-w) / (1 + x)) / x


def inverse_erf_center(u: Number) -> Number:
    """``(erfinv(x)/x - sqrt(pi)/2) / x**2`` as a function of ``u = 0.7225 - x**2``."""
    z = mp.mpf("0.7225") - u
    x = mp.sqrt(z)
    return (mp.erfinv(x) / x - mp.sqrt(mp.pi) / 2) / z


def inverse_erf_tail(s: Number) -> Number:
    """``r - erfinv(x)`` with ``r = sqrt(-log((1 - x)/2))``, as a function of ``s = r - 1.6``."""
    r = s + mp.mpf("1.6")
    return r - inverse_erfc(2 * mp.exp(-r * r))


def log_gamma_kernel(t: Number) -> Number:
    """``lgamma(y) / ((y - 1)(y - 2)) - 7/16`` with ``y = 0.75 + t``."""
    y = mp.mpf("0.75") + t
    return mp.loggamma(y) / ((y - 1) * (y - 2)) - mp.mpf("0.4375")


def cotangent(z: Number) -> Number:
    """``pi t cot(pi t)`` less its first zero and pole, ``(1/4 - z)/(1 - z)``, with ``z = t**2``."""
    t = mp.sqrt(z)
    return mp.pi * t * mp.cospi(t) / mp.sinpi(t) * (1 - z) / (mp.mpf("0.25") - z)


def stirling(z: Number) -> Number:
    """``x (lgamma(x) - (x - 1/2) log x + x - log(2 pi)/2)`` as a function of ``z = 1/x**2``."""
    x = 1 / mp.sqrt(z)
    return x * (mp.loggamma(x) - ((x - mp.mpf("0.5")) * mp.log(x) - x + mp.log(2 * mp.pi) / 2))


def digamma_tail(z: Number) -> Number:
    """``x**2 (digamma(x) - log x + 1/(2x))`` as a function of ``z = 1/x**2``."""
    x = 1 / mp.sqrt(z)
    return x * x * (mp.digamma(x) - mp.log(x) + 1 / (2 * x))


HALF_LN2 = mp.log(2) / 2 * mp.mpf("1.01")
QUARTER_PI_SQUARED = (mp.pi / 4) ** 2 * mp.mpf("1.01")
TAN_PI_8_SQUARED = (mp.sqrt(2) - 1) ** 2 * mp.mpf("1.001")
S_SQUARED = (3 - 2 * mp.sqrt(2)) ** 2 * mp.mpf("1.001")
TINY = mp.mpf("1e-12")


@dataclass(frozen=True)
class Entry:
    """One fitted function: ``degrees[width] = (numerator, denominator)``.

    ``extended``: fitted to twice the digits, and stored with the low parts of the coefficients that need them.
    """

    name: str
    comment: str
    function: Function
    interval: tuple[float, float]
    weight: Function
    degrees: dict[int, tuple[int, int]]
    extended: bool = False

    def low_parts(self, width: int, fit: Fit) -> list[Number]:
        """What rounding takes from the coefficients, up to where the rest of the sum is below an epsilon."""
        largest = max(abs(end) for end in self.interval)
        scale = max(self.weight(mp.mpf(end)) for end in self.interval)
        terms = [scale * abs(c) * largest**k for k, c in enumerate(fit.numerator)]
        count = sum(sum(terms[k:]) > mp.mpf(2) ** -DIGITS[width] for k in range(len(terms)))
        return [c - round_to(width, c) for c in fit.numerator[:count]]

    def fit(self, width: int) -> Fit:
        degree, denominator = self.degrees[width]
        return minimax(self.function, *self.interval, degree, self.weight, denominator)


def reciprocal(function: Function) -> Function:
    """The weight for a small relative error of the fitted function itself."""
    return lambda t: 1 / function(t)


ENTRIES = (
    Entry(
        "EXP",
        "(exp(r) - 1 - r) / r**2, |r| <= log(2)/2",
        lambda r: (mp.expm1(r) - r) / r**2,
        (-HALF_LN2, HALF_LN2),
        lambda r: r * r / mp.exp(r),
        {32: (4, 0), 64: (10, 0)},
    ),
    Entry(
        "SINH",
        "(sinh(s)/s - 1) / z, z = s**2 <= 1",
        root_series(mp.sinh, lambda z: mp.mpf(1), 1),
        (TINY, 1),
        lambda z: z,
        {32: (3, 0), 64: (6, 0)},
    ),
    Entry(
        "LOG1P",
        "(log(1 + f) - f + f**2/2) / f**3, sqrt(1/2) <= 1 + f <= sqrt(2)",
        lambda f: (mp.log1p(f) - f + f * f / 2) / f**3,
        (mp.sqrt(2) / 2 - 1, mp.sqrt(2) - 1),
        lambda f: abs(f**3 / mp.log1p(f)),
        {32: (7, 0)},
    ),
    Entry(
        "LOG_RATIO",
        "(log((1 + s)/(1 - s))/s - 2) / z, z = s**2, |s| <= 3 - 2 sqrt(2)",
        root_series(lambda s: mp.log((1 + s) / (1 - s)), lambda z: mp.mpf(2), 1),
        (TINY, S_SQUARED),
        lambda z: z,
        {64: (6, 0)},
    ),
    Entry(
        "LOG_RATIO_TAIL",
        "(log((1 + s)/(1 - s))/s - 2 - 2z/3) / z**2",
        root_series(lambda s: mp.log((1 + s) / (1 - s)), lambda z: 2 + 2 * z / 3, 2),
        (TINY, S_SQUARED),
        lambda z: z * z,
        {32: (2, 0), 64: (7, 0)},
    ),
    Entry(
        "CBRT",
        "cube root, first guess on [1, 8]",
        mp.cbrt,
        (1, 8),
        reciprocal(mp.cbrt),
        {32: (4, 0), 64: (4, 0)},
    ),
    Entry(
        "SIN",
        "(sin(r)/r - 1) / z, z = r**2, |r| <= pi/4",
        root_series(mp.sin, lambda z: mp.mpf(1), 1),
        (TINY, QUARTER_PI_SQUARED),
        lambda z: z,
        {32: (2, 0), 64: (5, 0)},
    ),
    Entry(
        "COS",
        "(cos(r) - 1 + z/2) / z**2, z = r**2, |r| <= pi/4",
        lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2,
        (TINY, QUARTER_PI_SQUARED),
        lambda z: z * z / mp.cos(mp.sqrt(z)),
        {32: (2, 0), 64: (5, 0)},
    ),
    Entry(
        "ASIN",
        "(asin(s)/s - 1) / z, z = s**2 <= 1/4",
        root_series(mp.asin, lambda z: mp.mpf(1), 1),
        (TINY, 0.25),
        lambda z: z,
        {32: (4, 0), 64: (11, 0)},
    ),
    Entry(
        "ATAN",
        "(atan(t)/t - 1) / z, z = t**2, |t| <= tan(pi/8)",
        root_series(mp.atan, lambda z: mp.mpf(1), 1),
        (TINY, TAN_PI_8_SQUARED),
        lambda z: z,
        {32: (4, 0), 64: (10, 0)},
    ),
    Entry(
        "ERF",
        "(erf(s)/s - 2/sqrt(pi)) / z, z = s**2 <= 1",
        root_series(mp.erf, lambda z: 2 / mp.sqrt(mp.pi), 1),
        (TINY, 1),
        lambda z: z,
        {32: (5, 0), 64: (10, 0)},
    ),
    Entry(
        "ERFC_ROOT",
        "erfc(a)**(-1/8), 1 <= a <= 3.92, for a small error of 1 - erfc(a)",
        lambda a: mp.erfc(a) ** mp.mpf("-0.125"),
        (1, mp.mpf("3.92")),
        lambda a: 8 * mp.erfc(a) ** mp.mpf("1.125") / mp.erf(a),
        {32: (7, 0)},
    ),
    Entry(
        "ERFC32",
        "(1 + 2x) exp(x**2) erfc(x) in t = (x - 2)/(x + 2), 0 <= x <= 10.1",
        scaled_erfc(2.0),
        (-1, mp.mpf("8.1") / mp.mpf("12.1")),
        reciprocal(scaled_erfc(2.0)),
        {32: (9, 0)},
    ),
    Entry(
        "ERFC64",
        "(1 + 2x) exp(x**2) erfc(x) in t = (x - 3.75)/(x + 3.75), 0 <= x <= 27",
        scaled_erfc(3.75),
        (-1, mp.mpf("23.25") / mp.mpf("30.75")),
        reciprocal(scaled_erfc(3.75)),
        {64: (22, 0)},
    ),
    Entry(
        "ERF_INV",
        "erfinv(x)/x as a function of w = -log(1 - x**2) <= 16",
        inverse_erf_of_w,
        (0, 16),
        reciprocal(inverse_erf_of_w),
        {32: (5, 5)},
    ),
    Entry(
        "ERF_INV_CENTER",
        "(erfinv(x)/x - sqrt(pi)/2) / x**2 as a function of u = 0.7225 - x**2, |x| <= 0.85",
        inverse_erf_center,
        (0, mp.mpf("0.7225") - TINY),
        lambda u: (mp.mpf("0.7225") - u) / mp.mpf("0.886"),
        {64: (7, 7)},
    ),
    Entry(
        "ERF_INV_TAIL",
        "r - erfinv(x) with r = sqrt(-log((1 - x)/2)), as a function of s = r - 1.6, x >= 0.85",
        inverse_erf_tail,
        (0, mp.mpf("4.55")),
        lambda s: 1 / (s + 1),
        {64: (7, 7)},
    ),
    Entry(
        "LGAMMA",
        "lgamma(y) / ((y - 1)(y - 2)) - 7/16 as a function of y - 0.75, 0.75 <= y <= 3",
        log_gamma_kernel,
        (TINY, mp.mpf("2.25")),
        lambda t: 1 / (log_gamma_kernel(t) + mp.mpf("0.4375")),
        {32: (4, 4), 64: (8, 8)},
    ),
    Entry(
        "STIRLING",
        "the tail of Stirling's series for lgamma as a function of 1/x**2, x >= 8",
        stirling,
        (TINY, mp.mpf(1) / 64),
        lambda z: mp.sqrt(z) / mp.loggamma(1 / mp.sqrt(z)),
        {32: (1, 0), 64: (5, 0)},
    ),
    Entry(
        "RECIPROCAL_GAMMA",
        "1/Gamma(1 + t), |t| <= 1/2",
        lambda t: mp.rgamma(1 + t),
        (-0.5, 0.5),
        lambda t: mp.mpf(1),
        {32: (14, 0), 64: (26, 0)},
        extended=True,
    ),
    Entry(
        "LOG_SERIES",
        "(log((1 + s)/(1 - s))/s - 2) / z, z = s**2, |s| <= 3 - 2 sqrt(2), to twice the digits",
        root_series(lambda s: mp.log((1 + s) / (1 - s)), lambda z: mp.mpf(2), 1),
        (TINY, S_SQUARED),
        lambda z: z,
        {32: (5, 0), 64: (13, 0)},
        extended=True,
    ),
    Entry(
        "COTANGENT",
        "pi t cot(pi t) (1 - z)/(1/4 - z), z = t**2 <= 1/4",
        cotangent,
        (TINY, mp.mpf("0.25") - TINY),
        lambda z: mp.mpf(1),
        {32: (8, 0), 64: (18, 0)},
        extended=True,
    ),
    Entry(
        "DIGAMMA_TAIL",
        "the tail of the asymptotic series of digamma as a function of 1/x**2, x >= 8",
        digamma_tail,
        (TINY, mp.mpf(1) / 64),
        lambda z: z,
        {32: (5, 0), 64: (17, 0)},
        extended=True,
    ),
)


def split(number: Number, bits: tuple[int, ...]) -> list[Number]:
    """Parts of a number with so many significant bits each, which add up to it."""
    parts = []
    for count in bits:
        scale = mp.mpf(2) ** (count - 1 - mp.floor(mp.log(abs(number), 2)))
        parts.append(mp.nint(number * scale) / scale)
        number -= parts[-1]
    return parts


def constants() -> Iterator[tuple[str, str, dict[int, list[Number]]]]:
    """Name, comment and parts of each multi-part constant, by width."""

    def whole(number: Number, count: int) -> dict[int, list[Number]]:
        return {width: split(number, (digits,) * count) for width, digits in DIGITS.items()}

    def short(number: Number) -> dict[int, list[Number]]:
        return {32: split(number, (15, 24)), 64: split(number, (41, 53))}

    yield "TWO_OVER_SQRT_PI", "2/sqrt(pi)", whole(2 / mp.sqrt(mp.pi), 2)
    yield "HALF_SQRT_PI", "sqrt(pi)/2", whole(mp.sqrt(mp.pi) / 2, 2)
    yield "LN2", "log(2); the first part times any exponent is exact", short(mp.log(2))
    yield "LN2_PAIR", "log(2) to twice the digits", whole(mp.log(2), 2)
    yield "LOG2_E", "log2(e)", whole(1 / mp.log(2), 2)
    yield "PI", "pi", whole(+mp.pi, 3)
    yield "HALF_PI", "pi/2", whole(mp.pi / 2, 3)
    yield "TWO_THIRDS", "2/3", whole(mp.mpf(2) / 3, 2)
    yield "STIRLING_CONSTANT", "log(2 pi)/2 - 1/2", whole(mp.log(2 * mp.pi) / 2 - mp.mpf("0.5"), 2)


def round_to(width: int, number: Number) -> float:
    """The nearest number of the format, as a Python float."""
    if width == 64:
        return float(number)
    # Rounding through binary64 first is off by 2**-29 of an ulp at most: harmless for a fitted number.
    return struct.unpack("f", struct.pack("f", float(number)))[0]


def two_over_pi_words(width: int) -> tuple[int, ...]:
    """The bits of 2/pi for the Payne-Hanek reduction: see `trigonometry.payne_hanek`."""
    leading_zeros, words = {32: (8, 7), 64: (24, 19)}[width]
    with mp.workprec(width * words + 64):
        number = int(mp.floor(2 / mp.pi * mp.mpf(2) ** (width * words - leading_zeros)))
    mask = (1 << width) - 1
    return tuple(number >> (width * (words - 1 - i)) & mask for i in range(words))


def format_tuple(values: list[str], indent: str) -> str:
    """A tuple literal with one value per line if it is long."""
    line = "(" + ", ".join(values) + ("," if len(values) == 1 else "") + ")"
    if len(line) + len(indent) < 90:
        return line
    return "(\n" + "".join(f"{indent}    {value},\n" for value in values) + f"{indent})"


def render(name: str, comment: str, tables: dict[int, list[str]]) -> str:
    """One module constant: width -> tuple."""
    rows = "".join(f"    {width}: {format_tuple(values, '    ')},\n" for width, values in tables.items())
    return f"# {comment}\n{name} = {{\n{rows}}}\n"


def literals(width: int, numbers: list[Number]) -> list[str]:
    return [repr(round_to(width, number)) for number in numbers]


def generate() -> str:
    """The text of the module of coefficients."""
    blocks = [
        render(name, comment, {width: literals(width, parts) for width, parts in tables.items()})
        for name, comment, tables in constants()
    ]
    words = {width: [f"0x{word:0{width // 4}X}" for word in two_over_pi_words(width)] for width in DIGITS}
    blocks.append(render("TWO_OVER_PI", "the bits of 2/pi, most significant word first", words))
    for entry in ENTRIES:
        fits = {width: entry.fit(width) for width in entry.degrees}
        for width, fit in fits.items():
            print(
                f"{entry.name:16}{width:4}{entry.degrees[width]!s:>10}  2**{float(mp.log(fit.error, 2)):.1f}"
            )
        tables = {width: literals(width, fit.numerator) for width, fit in fits.items()}
        blocks.append(render(entry.name, entry.comment, tables))
        divisors = {width: literals(width, fit.denominator) for width, fit in fits.items()}
        if entry.extended:
            parts = {width: literals(width, entry.low_parts(width, fit)) for width, fit in fits.items()}
            blocks.append(render(f"{entry.name}_LOW", "the low parts of its leading coefficients", parts))
        if any(len(divisor) > 1 for divisor in divisors.values()):
            blocks.append(render(f"{entry.name}_DENOMINATOR", "its denominator", divisors))
    header = '"""Fitted coefficients and multi-part constants, by width of the format.\n\n'
    header += "Written by tools/fit_polynomials.py, which states how each was derived. Ascending powers.\n"
    return header + '"""\n\n' + "\n".join(blocks)


def main() -> None:
    parser = argparse.ArgumentParser(description="Derive the coefficients of the elementwise functions.")
    parser.add_argument("--write", action="store_true", help=f"rewrite {OUTPUT.name}")
    options = parser.parse_args()
    text = generate()
    if options.write:
        OUTPUT.write_text(text)
    elif text != OUTPUT.read_text():
        raise SystemExit(f"{OUTPUT} differs from what this program derives; run it with --write")


if __name__ == "__main__":
    main()
