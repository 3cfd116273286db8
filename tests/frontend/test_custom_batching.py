"""custom_vmap and sequential_vmap: the rule is used where it must be, and refused when it is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax
from axir.custom_batching import custom_vmap, sequential_vmap

X = onp.linspace(0.1, 0.9, 3, dtype=onp.float32)


def marked() -> tuple[Any, list[Any]]:
    """sin(x) * y, ten times that over a batch, and a log of the rule's calls."""
    calls: list[Any] = []

    @custom_vmap
    def f(x: Any, y: Any) -> Any:
        return np.sin(x) * y

    @f.def_vmap
    def rule(axis_size: int, in_batched: list[bool], x: Any, y: Any) -> tuple[Any, bool]:
        calls.append((axis_size, in_batched, x.shape, y.shape))
        y = y[:, None] if y.ndim < x.ndim and in_batched[1] else y
        return np.sin(x) * y * 10, True

    return f, calls


def test_the_rule_replaces_the_function_under_vmap_only() -> None:
    f, calls = marked()
    onp.testing.assert_allclose(f(X, 2.0), onp.sin(X) * 2, rtol=1e-6)
    onp.testing.assert_allclose(axir.jit(f)(X, 2.0), onp.sin(X) * 2, rtol=1e-6)
    assert not calls
    onp.testing.assert_allclose(axir.vmap(f, (0, None))(X, 2.0), onp.sin(X) * 20, rtol=1e-6)
    assert calls == [(3, [True, False], (3,), ())]


def test_one_signature_is_traced_once() -> None:
    f, calls = marked()
    for _ in range(3):
        axir.vmap(f)(X, X)
    assert len(calls) == 1
    axir.vmap(f)(X[:2], X[:2])
    assert len(calls) == 2


@pytest.mark.parametrize("wrap", [lambda g: g, axir.jit], ids=["eager", "jit"])
def test_nesting(wrap: Callable[..., Any]) -> None:
    f, calls = marked()
    twice = axir.vmap(axir.vmap(f, (0, None)), (0, None))
    onp.testing.assert_allclose(wrap(twice)(onp.stack([X, X]), 2.0), onp.sin([X, X]) * 20, rtol=1e-6)
    assert calls[-1][2] == (3,)  # the inner rule; what it gave is vectorized as any other function

    def in_loop(x: Any) -> Any:
        return lax.fori_loop(0, 2, lambda i, c: f(c, 1.0), x)

    expected = 10 * onp.sin(10 * onp.sin(X))
    onp.testing.assert_allclose(wrap(axir.vmap(in_loop))(X), expected, rtol=1e-5)


@pytest.mark.parametrize("wrap", [lambda g: g, axir.jit], ids=["eager", "jit"])
def test_derivatives(wrap: Callable[..., Any]) -> None:
    f, _ = marked()

    def loss(x: Any) -> Any:
        return axir.vmap(f, (0, None))(x, 2.0).sum()

    onp.testing.assert_allclose(wrap(axir.grad(loss))(X), onp.cos(X) * 20, rtol=1e-6)

    def slope(x: Any, t: Any) -> Any:
        return axir.jvp(lambda a: f(a, 2.0), (x,), (t,))[1]

    onp.testing.assert_allclose(wrap(axir.vmap(slope))(X, X), onp.cos(X) * 20 * X, rtol=1e-6)
    # Only the tangent is batched: the argument is made to match.
    onp.testing.assert_allclose(wrap(axir.vmap(slope, (None, 0)))(X[0], X), onp.cos(X[0]) * 20 * X, rtol=1e-6)
    # Reverse mode of the function itself differentiates the function.
    onp.testing.assert_allclose(wrap(axir.vmap(axir.grad(f), (0, None)))(X, 2.0), onp.cos(X) * 2, rtol=1e-6)

    def curvature(x: Any) -> Any:
        return axir.jvp(lambda a: slope(a, 1.0), (x,), (1.0,))[1]

    onp.testing.assert_allclose(wrap(axir.vmap(curvature))(X), -onp.sin(X) * 20, rtol=1e-6)


def test_pytrees_and_results_that_are_not_batched() -> None:
    @custom_vmap
    def f(p: Any, n: Any) -> Any:
        return {"sum": p["a"] + p["b"], "n": n + 1}

    flags: list[Any] = []

    @f.def_vmap
    def rule(axis_size: int, in_batched: list[Any], p: Any, n: Any) -> Any:
        flags.append(in_batched)
        return {"sum": p["a"] + p["b"], "n": n + 1}, {"sum": True, "n": False}

    axes = ({"a": 0, "b": None}, None)
    found = axir.vmap(f, axes, {"sum": 0, "n": None})({"a": X, "b": 1.0}, 3)
    assert flags == [[{"a": True, "b": False}, False]]
    onp.testing.assert_allclose(found["sum"], X + 1)
    assert found["n"] == 4 and found["n"].shape == ()


def test_a_rule_may_use_small_arrays_from_outside() -> None:
    table = np.array([1.0, -2.0, 5.0])
    f = custom_vmap(lambda x: x)
    f.def_vmap(lambda n, b, x: (x * table + np.zeros((0,)).sum(), True))
    onp.testing.assert_allclose(axir.vmap(f)(X), X * onp.array([1.0, -2.0, 5.0], onp.float32), rtol=1e-6)
    large = np.arange(100.0)
    f.def_vmap(lambda n, b, x: (x + large.sum(), True))
    with pytest.raises(NotImplementedError, match=r"uses f32\[100\] from outside.*argument"):
        axir.vmap(f)(X)

    def outer(z: Any) -> Any:
        g = custom_vmap(lambda x: x)
        g.def_vmap(lambda n, b, x: (x * z, True))
        return axir.vmap(g)(X).sum()

    with pytest.raises(NotImplementedError, match="from outside"):
        axir.grad(outer)(2.0)


def test_the_function_may_use_arrays_from_outside_unless_they_are_batched() -> None:
    def apply(x: Any, z: Any) -> Any:
        f = custom_vmap(lambda a: a * z)
        f.def_vmap(lambda n, b, a: (a + 1, True))
        return f(x)

    onp.testing.assert_allclose(axir.vmap(apply, (0, None))(X, 2.0), X + 1)
    onp.testing.assert_allclose(axir.grad(apply, 1)(3.0, 2.0), 3.0)
    with pytest.raises(axir.errors.MissingRuleError, match="batched value from outside"):
        axir.vmap(apply)(X, X)


def test_wrong_rules() -> None:
    f = custom_vmap(lambda x: x)
    with pytest.raises(AttributeError, match=r"custom_vmap\(<lambda>\): has no batching rule"):
        axir.vmap(f)(X)
    with pytest.raises(TypeError, match="def_vmap takes a function; got 3"):
        f.def_vmap(3)  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="takes a function"):
        custom_vmap(3)  # pyright: ignore[reportArgumentType]
    for rule, error, message in (
        (lambda n, b, x: x, axir.errors.TreeError, "must give a pair"),
        (
            lambda n, b, x: ((x, x), True),
            axir.errors.TreeError,
            "the output of the rule must have the structure",
        ),
        (
            lambda n, b, x: (x, [True]),
            axir.errors.TreeError,
            "out_batched of the rule must have the structure",
        ),
        (lambda n, b, x: (x[:2], True), axir.errors.ShapeError, r"shape \(3,\), batched=True; got f32\[2\]"),
        (lambda n, b, x: (x, False), axir.errors.ShapeError, r"shape \(\), batched=False; got f32\[3\]"),
    ):
        f.def_vmap(rule)
        with pytest.raises(error, match=message):
            axir.vmap(f)(X)


@pytest.mark.parametrize("wrap", [lambda g: g, axir.jit], ids=["eager", "jit"])
def test_sequential_vmap(wrap: Callable[..., Any]) -> None:
    f = sequential_vmap(lambda x, y: {"cos": np.cos(x["v"]) + y})
    found = wrap(axir.vmap(f, (0, None)))({"v": X}, 1.0)
    onp.testing.assert_allclose(found["cos"], onp.cos(X) + 1, rtol=1e-6)
    both = wrap(axir.vmap(axir.vmap(f, (0, None)), (None, 0)))({"v": X}, X)
    onp.testing.assert_allclose(both["cos"], onp.cos(X)[None] + X[:, None], rtol=1e-6)
    assert "axir.scan" in str(axir.make_ir(axir.vmap(f, (0, None)))({"v": X}, 1.0))


PROGRAM = """
import axir, numpy as np, sys
from axir.custom_batching import custom_vmap
for _ in range(int(sys.argv[1])):
    custom_vmap(lambda x: x).def_vmap(lambda n, b, x: (x, True))
f = custom_vmap(lambda x: x)
f.def_vmap(lambda n, b, x: (x * float(sys.argv[1]), True))
g = axir.jit(lambda x: axir.vmap(f)(x) + f(x))
print(g(np.ones(2, np.float32)), g.traced(np.ones(2, np.float32)).compiled.phases.from_disk)
"""


def test_programs_with_rules_are_told_apart_and_found_again_on_disk(tmp_path: Any) -> None:
    def run(factor: int) -> str:
        env = {**os.environ, "AXIR_CACHE_DIR": str(tmp_path)}
        command = [sys.executable, "-c", PROGRAM, str(factor)]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.strip()

    assert run(2) == "[3. 3.] False"
    assert run(3) == "[4. 4.] False"
    assert run(2) == "[3. 3.] True"


def test_ir_that_names_a_rule_can_be_rewritten_later() -> None:
    def text() -> Any:
        f = custom_vmap(lambda x: x)
        f.def_vmap(lambda n, b, x: (np.sin(x), True))
        return axir.make_ir(axir.vmap(f), expand=False)(X)

    found = text()
    assert "axir.custom_vmap" in str(found)
    assert "axir.sin" in str(found.run_passes("expand-transforms"))
