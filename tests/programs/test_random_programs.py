"""Laws that hold for every program, on random ones: see ``random_functions``.

The normal run takes a few programs, always the same. ``make fuzz`` draws others until AXIR_FUZZ_SECONDS are over;
what it finds goes into ``FOUND`` after the defect is mended.
"""

import os
import time

import hypothesis
import numpy as onp
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from random_functions import STEPS, Step, Style, arguments, function

import axir
import axir.numpy as np
from axir._src.jit import trace_for_specs
from axir_compiler import pipeline
from axir_compiler.ir.evaluate import make_plan
from axir_compiler.mlir import context

FUZZ_SECONDS = float(os.environ.get("AXIR_FUZZ_SECONDS", "0"))
WITH_BODIES = {
    "scanned", "iterated", "repeated", "chosen", "either", "called", "own_rule", "gradient", "directional", "mapped",
}  # fmt: skip

FOUND = {
    "joined arrays that begin alike": (
        "compiled",
        ((Step("joined", (2, 2), 101), Step("joined", (4, 2), 7), Step("variance", (1, 3), 15)),),
    ),
    "a rule that takes the jvp of a branch": (
        "reverse_mode",
        (Step("own_rule", body=(Step("chosen"),)),),
    ),
    "a rule that takes the jvp of a branch in a loop": (
        "reverse_mode",
        (
            Step(
                "own_rule",
                body=(Step("scanned", number=14, body=(Step("chosen", (1, 1), 3, (Step("sin"),)),)),),
            ),
        ),
    ),
    "an update in a branch": (
        "compiled",
        (
            (
                Step(
                    "either",
                    (2, 4),
                    43,
                    (
                        Step("hypot", (1, 1), 119),
                        Step("position", (1, 4), 57),
                        Step("where", (3, 0), 115),
                        Step("updated", (3, 4), 106),
                    ),
                ),
            ),
        ),
    ),
}
"""Programs that were computed wrongly once, and the law that they broke."""


# IREE issue 24753: each runs alone.
LOST_BUFFER = (
    (
        Step(
            "called",
            (1, 5),
            81,
            (
                Step("own_rule", (5, 2), 80, (Step("asinh", (4, 5), 74),)),
                Step("gradient", (0, 3), 102),
                Step("variance", (4, 0), 127),
            ),
        ),
    ),
    (
        Step(
            "chosen",
            (2, 1),
            103,
            (
                Step("asinh", (0, 4), 34),
                Step("abs", (0, 1), 84),
                Step("extremum", (3, 3), 8),
                Step("asinh", (5, 1), 74),
            ),
        ),
        Step(
            "scanned",
            (1, 0),
            26,
            (
                Step("matmul", (1, 3), 17),
                Step("position", (0, 3), 76),
                Step(
                    "either",
                    (5, 5),
                    100,
                    (
                        Step("lgamma", (5, 4), 110),
                        Step("abs", (1, 1), 94),
                        Step("min", (4, 4), 80),
                        Step("padded", (1, 3), 102),
                    ),
                ),
            ),
        ),
    ),
)


def _steps(names, body):
    return st.builds(Step, st.sampled_from(sorted(names)), _PICKS, st.integers(0, 127), body)


_PICKS = st.tuples(st.integers(0, 5), st.integers(0, 5))
FLAT = _steps(set(STEPS) - WITH_BODIES, st.just(()))


def _nested(inner, size):
    return _steps(WITH_BODIES, st.lists(inner, max_size=size).map(tuple))


NESTED = _nested(FLAT, 4)
_TWICE = _nested(st.one_of(FLAT, NESTED), 3)
PROGRAMS = st.lists(st.one_of(FLAT, NESTED, _TWICE), min_size=2, max_size=7).map(tuple)


def arrays(tree):
    return [onp.asarray(x) for x in axir.tree.leaves(tree)]


def same(found, expected, tolerance=1e-9):
    found, expected = arrays(found), arrays(expected)
    assert [x.shape for x in found] == [x.shape for x in expected]
    for a, b in zip(found, expected, strict=True):
        scale = 1 + (onp.abs(b).max() if b.size else 0)
        onp.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * scale)


def evaluated(f, *args):
    """``jit(f)(*args)`` with nothing compiled: traced as for jit, then evaluated with NumPy."""
    traced, tree = trace_for_specs(f, args, {})
    with context():
        module = pipeline.rewritten_form(traced.program.module, traced.symbol)
        plan = make_plan(module, "main")
    values = [*arrays(args), *(c.to_numpy() for c in traced.captures)]
    return axir.tree.unflatten(tree, plan(*values))


def directions(seed):
    return tuple(arguments(seed)[:3])


def dot(xs, ys):
    return sum(float(onp.sum(a * b)) for a, b in zip(arrays(xs), arrays(ys), strict=True))


def of_floats(program, args, **style):
    """The program as a function of its three float arguments."""
    f = function(program, Style(**style))
    return lambda *floats: f(*floats, *map(np.asarray, args[3:]))


def scalar(f):
    """The weighted sum of all results."""
    weights = directions(7)
    return lambda *xs: sum(np.sum(w * y) for w, y in zip(weights, f(*xs), strict=True))


def control_flow(program):
    """Loops and branches are what Python's would do, traced or not."""
    args = arguments(1)
    expected = function(program, Style(python=True, whiles=True))(*args)
    f = function(program, Style(whiles=True))
    same(f(*args), expected)
    same(evaluated(f, *args), expected)


def forward_mode(program):
    """jvp = finite differences, while loops included."""
    args, slopes, h = arguments(2), directions(3), 1e-6
    f = of_floats(program, args, python=True, whiles=True)
    up, down = (
        arrays(f(*(a + sign * h * t for a, t in zip(args[:3], slopes, strict=True)))) for sign in (1, -1)
    )
    f = of_floats(program, args, whiles=True)
    value, slope = axir.jvp(f, tuple(args[:3]), slopes)
    same(value, f(*args[:3]))
    same(slope, [(a - b) / (2 * h) for a, b in zip(up, down, strict=True)], 1e-6)


def reverse_mode(program):
    """<ct, jvp(t)> = <vjp(ct), t>, with any rules and with checkpoints anywhere."""
    args, slopes, cts = arguments(4), directions(5), directions(6)
    f = of_floats(program, args)
    value, pull = axir.vjp(f, *args[:3])
    found = pull(cts)
    forward = dot(cts, axir.jvp(f, tuple(args[:3]), slopes)[1])
    assert dot(found, slopes) == pytest.approx(forward, rel=1e-9, abs=1e-9)
    for style in ({"wrap": axir.checkpoint}, {"reverse_rules": True}, {"wrap": axir.jit}):
        again = of_floats(program, args, **style)

        def both(*xs, again=again):
            value, pull = axir.vjp(again, *xs)
            return value, pull(tuple(map(np.asarray, cts)))

        same(evaluated(both, *args[:3]), (value, found))


def second_derivatives(program):
    """Forward over reverse, reverse over reverse and reverse over forward mode agree; and with differences."""
    args, slopes = arguments(8), directions(9)
    f = scalar(of_floats(program, args))
    gradient = axir.grad(f, (0, 1, 2))
    found = axir.jvp(gradient, tuple(args[:3]), slopes)[1]
    pairs = lambda xs: sum(np.sum(a * b) for a, b in zip(xs, slopes, strict=True))  # noqa: E731
    same(axir.grad(lambda *xs: pairs(gradient(*xs)), (0, 1, 2))(*args[:3]), found, 1e-8)
    same(axir.grad(lambda *xs: axir.jvp(f, xs, slopes)[1], (0, 1, 2))(*args[:3]), found, 1e-8)
    up, down = (
        arrays(gradient(*(a + h * t for a, t in zip(args[:3], slopes, strict=True)))) for h in (1e-6, -1e-6)
    )
    same(found, [(a - b) / 2e-6 for a, b in zip(up, down, strict=True)], 1e-5)


def batching(program):
    """vmap = the items one by one, before and after differentiation, for batched and shared arguments."""
    count, batch, shared = 3, arguments(10, 3), arguments(11)
    axes = [None if len(program) % 5 == i else 0 for i in range(5)]
    args = [s if axis is None else b for s, b, axis in zip(shared, batch, axes, strict=True)]

    def loop(f):
        items = [
            f(*(a if axis is None else a[i] for a, axis in zip(args, axes, strict=True)))
            for i in range(count)
        ]
        return [onp.stack(column) for column in zip(*map(arrays, items), strict=True)]

    f = function(program, Style(whiles=True))
    same(axir.vmap(f, in_axes=tuple(axes))(*args), loop(f))
    f = axir.grad(lambda *xs: scalar(lambda *ys: function(program)(*ys, *xs[3:]))(*xs[:3]), (0, 1, 2))
    expected = loop(f)
    same(axir.vmap(f, in_axes=tuple(axes))(*args), expected, 1e-8)
    f = scalar(lambda *ys: axir.vmap(function(program), in_axes=tuple(axes))(*ys, *args[3:]))
    # The weights of ``scalar`` are those of each item.
    summed = [x.sum(0) if axis is None else x for x, axis in zip(expected, axes, strict=False)]
    same(axir.grad(f, (0, 1, 2))(*map(np.asarray, args[:3])), summed, 1e-8)


def mixed_dtypes(program):
    """Steps that compute in float32 cost precision only."""
    args = arguments(12)
    cts = tuple(map(np.asarray, directions(13)))

    def both(style):
        f = of_floats(program, args, narrow=style)
        value, pull = axir.vjp(f, *map(np.asarray, args[:3]))
        return value, pull(cts)

    same(both("float32"), both("float64"), 1e-3)


def compiled(programs):
    """What is compiled gives what is evaluated: values, and gradients where loops have a known length."""
    args = arguments(14)
    f = values_and_gradients(programs, args)
    if FUZZ_SECONDS:
        # A crash of the compiler leaves nothing but this.
        print(programs, flush=True)
    same(axir.jit(f)(*args), evaluated(f, *args), 1e-8)


def values_and_gradients(programs, args, **style):
    """Of several programs, as one function; of some values, a batch."""
    cts = tuple(map(np.asarray, directions(15)))

    def all_of_them(*args):
        results = []
        for i, program in enumerate(programs):
            f = function(program, Style(whiles=True, wrap=axir.jit, **style))
            results.append(
                f(*args) if i % 2 else axir.vmap(f, in_axes=(None, 0, None, 0, None))(*batched(args))
            )
            wrap = axir.checkpoint if i % 3 else axir.jit
            f = of_floats(program, args, wrap=wrap, reverse_rules=True, **style)
            results.append(axir.vjp(f, *args[:3])[1](cts))
        return results

    return all_of_them


def batched(args):
    m, v, s, k, j = args
    return m, np.stack([v, v - 0.3]), s, np.stack([k, k + 1]), j


LAWS = (control_flow, forward_mode, reverse_mode, second_derivatives, batching, mixed_dtypes)


def run(law, examples, strategy=PROGRAMS, **options):
    """Try a law on random programs."""

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        **options,
    )
    @hypothesis.given(strategy)
    def check(program):
        with axir.enable_x64(True):
            law(program)

    check()


@pytest.mark.parametrize("law", LAWS, ids=lambda f: f.__name__)
def test_law(law):
    run(law, 12, derandomize=True)


def test_compiled_programs():
    # The first example that is drawn is always a trivial one.
    # A failure is not shrunk: a try takes half a minute.
    programs = st.lists(PROGRAMS, min_size=3, max_size=3)
    run(compiled, 2, programs, derandomize=True, phases=[Phase.generate])


@pytest.mark.parametrize("name", FOUND)
def test_found(name):
    law, program = FOUND[name]
    with axir.enable_x64(True):
        globals()[law](program)


def test_branches_of_two_programs():
    """Reverse mode of two programs in one module, in which IREE would lose the buffer of a branch."""
    args = arguments(14)

    def both(*args):
        return [
            axir.vjp(of_floats(p, args, wrap=axir.checkpoint, reverse_rules=True), *args[:3])[1](cts)
            for p in LOST_BUFFER
        ]

    with axir.enable_x64(True):
        cts = tuple(map(np.asarray, directions(15)))
        same(axir.jit(both)(*args), evaluated(both, *args), 1e-8)


@pytest.mark.skipif(not FUZZ_SECONDS, reason="AXIR_FUZZ_SECONDS says how long to look for programs")
def test_other_programs():
    """Ever new programs, until the time is over."""
    end = time.monotonic() + FUZZ_SECONDS
    while time.monotonic() < end:
        for law in LAWS:
            run(law, 20)
        run(compiled, 3, st.lists(PROGRAMS, min_size=2, max_size=2), phases=[Phase.generate])
