"""Finding traced arrays that outlive the function that they belong to: ``axir_check_tracer_leaks``."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from axir._src.config import config
from axir_compiler.errors import LeakedTracerError

__all__ = ["checked_for_leaks", "state"]


class _State(threading.local):
    born: list[weakref.ref[Any]] | None = None
    """The tracers that were made in this thread while it is checked for leaks."""


state = _State()


@contextmanager
def checked_for_leaks(name: str) -> Iterator[None]:
    """Check that the tracers which are made in a block are gone at its end, if the option asks for it.

    Raises:
        LeakedTracerError: one of them is still referred to.
    """
    if not config.get("axir_check_tracer_leaks"):
        yield
        return
    before, state.born = state.born, []
    try:
        yield
        born = state.born
    finally:
        state.born = before
    gc.collect()
    alive = [x for ref in born if (x := ref()) is not None]
    if alive:
        raise LeakedTracerError(
            f"{name}: traced arrays must not outlive the function; {len(alive)} of them are still referred to, such as "
            f"{alive[0].aval} {_holder(alive[0], alive)}. Return values instead of storing them elsewhere."
        )


def _holder(x: Any, alive: list[Any]) -> str:
    """What refers to a tracer, as far as the garbage collector knows."""
    kinds = [type(r).__name__ for r in gc.get_referrers(x) if r is not alive and not isinstance(r, FrameType)]
    return f"by an object of type {kinds[0]}" if kinds else "by something unknown"
