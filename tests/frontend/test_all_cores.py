"""Which programs are for all cores: those with much to do between two moments at which threads wait."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import axir
import axir.numpy as np
from axir import ShapeDtypeStruct as Spec
from axir import lax
from axir._src import execute
from axir_compiler.analysis.threads import gains_from_threads
from axir_compiler.mlir import context


def _gains(f: Callable[..., Any], *shapes: tuple[int, ...]) -> bool:
    module = axir.jit(f).lower(*(Spec(s, "float32") for s in shapes)).compiler_ir("axir")
    with context():
        return gains_from_threads(module, "main")


def _recurrent(w: Any, h: Any, xs: Any) -> Any:
    def step(h: Any, x: Any) -> Any:
        h = np.tanh(h @ w + x)
        return h, h

    return lax.scan(step, h, xs)[1]


def _forces(x: Any) -> Any:
    apart = x[:, None] - x[None]
    return (apart / (1 + (apart**2).sum(-1, keepdims=True)) ** 1.5).sum(1)


@pytest.mark.parametrize(
    ("f", "shapes", "gains"),
    [
        (lambda x: x + 1, [(1000,)], False),
        (lambda x: x + 1, [(1_000_000,)], True),
        (lambda x, y: x @ y, [(64, 64)] * 2, False),
        (lambda x, y: x @ y, [(512, 512)] * 2, True),
        # Few numbers, of which many are computed.
        (_forces, [(1000, 3)], True),
        # Many numbers, few at a time.
        (_recurrent, [(64, 64), (32, 64), (128, 32, 64)], False),
        (axir.grad(lambda *a: _recurrent(*a).sum()), [(64, 64), (32, 64), (128, 32, 64)], False),
        (_recurrent, [(1024, 1024), (256, 1024), (16, 256, 1024)], True),
        (lambda x: lax.while_loop(lambda x: x[0] < 1, lambda x: np.tanh(x) + 1, x), [(1_000_000,)], True),
    ],
)
def test_gains_from_threads(f: Callable[..., Any], shapes: list[tuple[int, ...]], gains: bool) -> None:
    assert _gains(f, *shapes) is gains


def test_the_choice_is_kept_with_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes from the disk cache runs as it was compiled."""
    monkeypatch.setenv("AXIR_CACHE_DIR", str(tmp_path))
    f = axir.jit(_forces).lower(Spec((700, 3), "float32"))._function
    for from_disk in (False, True):
        execute.clear_caches()
        execute.disk_cache.cache_clear()
        compiled = execute.compile_function(f)
        assert compiled.phases.from_disk is from_disk
        assert compiled.executable.parallel
    execute.disk_cache.cache_clear()
