"""Breakpoints with scripted input, and the listing of what reverse mode keeps."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

import axir
import axir.numpy as np
from axir.ad_checkpoint import checkpoint_name, print_saved_residuals


def _session(commands: str, run: Callable[[Callable[[], None]], Any]) -> list[str]:
    """What a breakpoint writes, by lines, while ``run`` calls the function that it is given."""
    stdin, stdout = io.StringIO(commands), io.StringIO()
    run(lambda: axir.debug.breakpoint(stdin=stdin, stdout=stdout))
    return stdout.getvalue().splitlines()


@pytest.mark.parametrize("wrap", [lambda f: f, axir.jit, axir.grad, lambda f: axir.jit(axir.grad(f))])
def test_a_breakpoint_shows_values_of_local_variables(wrap: Callable[..., Any]) -> None:
    def run(stop: Callable[[], None]) -> None:
        def inner(y: Any) -> Any:
            both = {"twice": 2 * y}
            stop()
            return both["twice"]

        wrap(lambda x: inner(x + 1))(1.0)

    lines = _session("u\nfloat(y)\np float(both['twice'])\nu\np float(x)\nnothing\n\nc\n", run)
    shown = [line.removeprefix("(axir) ") for line in lines]
    assert shown[0].startswith("Entering")
    assert "2.0" in shown
    assert "4.0" in shown
    assert "1.0" in shown
    assert any(line == "->              stop()" for line in shown)
    assert any(line.startswith("*** NameError") for line in shown)


def test_a_breakpoint_stops_once_for_each_item_and_step() -> None:
    def run(stop: Callable[[], None]) -> None:
        def body(carry: Any, x: Any) -> tuple[Any, None]:
            stop()
            return carry + x, None

        axir.lax.scan(body, 0.0, np.arange(3.0))

    lines = _session("u\nfloat(carry)\nc\n" * 3, run)
    assert [line.removeprefix("(axir) ") for line in lines if line.removeprefix("(axir) ")[:1].isdigit()] == [
        "0.0",
        "0.0",
        "1.0",
    ]


def test_quitting_leaves_python_and_going_too_far_says_so() -> None:
    stdin, stdout = io.StringIO("d\nw\nl\nq\n"), io.StringIO()
    with pytest.raises(SystemExit):
        axir.debug.breakpoint(stdin=stdin, stdout=stdout, num_frames=1)
    assert "innermost frame" in stdout.getvalue()
    assert "test_debugging_aids.py" in stdout.getvalue()
    assert axir.debug.breakpoint(token=3, stdin=io.StringIO("c"), stdout=stdout) == 3


@pytest.mark.parametrize("options", [{"backend": "web"}, {"ordered": True, "token": 1.0}])
def test_wrong_options_of_a_breakpoint_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="breakpoint"):
        axir.debug.breakpoint(**options)


def test_saved_residuals_are_listed_with_their_lines(capsys: pytest.CaptureFixture[str]) -> None:
    outside = np.ones(3)

    def f(x: Any, scale: Any) -> Any:
        y = checkpoint_name(np.sin(x), "sine")
        return np.sum(np.exp(y) * outside) * scale

    print_saved_residuals(f, np.arange(3.0), scale=2.0)
    lines = capsys.readouterr().out.splitlines()
    assert "f32[] from argument 'scale'" in lines
    assert any(line.startswith("f32[3] output of exp at test_debugging_aids.py:") for line in lines)
    assert any(line.startswith("f32[3] output of cos at") and "np.sin(x)" in line for line in lines)
    print_saved_residuals(axir.checkpoint(f), np.arange(3.0), scale=2.0)
    kept = capsys.readouterr().out.splitlines()
    assert "f32[3] from argument 0" in kept
    assert not any("output of exp" in line for line in kept)
    print_saved_residuals(
        axir.checkpoint(f, policy=axir.checkpoint_policies.save_only_these_names("sine")),
        np.arange(3.0),
        scale=2.0,
    )
    assert any("sine" in line for line in capsys.readouterr().out.splitlines())
