"""Where time goes: traces of compilations and runs, in a file that Perfetto and chrome://tracing open.

A trace holds a span for each call of a function under ``jit``, for each phase of compiling one (tracing, rewriting,
lowering, IREE, loading), and for each annotation of the user. Eager operations have none of their own.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import gzip
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from axir._src import profile
from axir._src.config import config

__all__ = [
    "StepTraceAnnotation",
    "TraceAnnotation",
    "annotate_function",
    "start_trace",
    "stop_trace",
    "trace",
]

F = TypeVar("F", bound=Callable[..., Any])
_directories: list[Path] = []


def start_trace(
    log_dir: os.PathLike[str] | str,
    create_perfetto_link: bool = False,
    create_perfetto_trace: bool = True,
    profiler_options: Any = None,
) -> None:
    """Begin a trace; ``stop_trace`` writes it.

    Args:
        log_dir: Directory for traces. Each is written to ``plugins/profile/<time>/perfetto_trace.json.gz`` in it, which
            https://ui.perfetto.dev and chrome://tracing open.
        create_perfetto_link: Must be False; there is no server.
        create_perfetto_trace: Accepted; the file is written in any case.
        profiler_options: Accepted, without effect.

    Raises:
        RuntimeError: a trace is being taken already.
    """
    if create_perfetto_link:
        raise NotImplementedError(
            "profiler.start_trace: create_perfetto_link is not supported. Open the file in https://ui.perfetto.dev."
        )
    if profile.start() is None:
        raise RuntimeError("profiler.start_trace: a trace is being taken already. End it with stop_trace.")
    _directories[:] = [Path(log_dir)]
    config.update("axir_profiling", True)


def stop_trace() -> Path:
    """End the trace and write it.

    Returns: the file.

    Raises:
        RuntimeError: no trace is being taken.
    """
    recorder = profile.stop()
    if recorder is None:
        raise RuntimeError("profiler.stop_trace: no trace is being taken. Begin one with start_trace.")
    config.update("axir_profiling", False)
    now = datetime.datetime.now().strftime("%Y_%m_%d_%H_%M_%S_%f")
    path = _directories[0] / "plugins" / "profile" / now / "perfetto_trace.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"displayTimeUnit": "ms", "traceEvents": recorder.events, "droppedEvents": recorder.dropped}
    with gzip.open(path, "wt", encoding="utf-8") as file:
        json.dump(content, file)
    return path


@contextlib.contextmanager
def trace(
    log_dir: os.PathLike[str] | str,
    create_perfetto_link: bool = False,
    create_perfetto_trace: bool = True,
    profiler_options: Any = None,
) -> Iterator[None]:
    """A trace of a block of code; arguments as for ``start_trace``.

    Example:
        >>> import axir, tempfile
        >>> with tempfile.TemporaryDirectory() as folder, axir.profiler.trace(folder):
        ...     with axir.profiler.TraceAnnotation("first step"):
        ...         y = axir.numpy.arange(3).sum()
    """
    start_trace(log_dir, create_perfetto_link, create_perfetto_trace, profiler_options)
    try:
        yield
    finally:
        stop_trace()


class TraceAnnotation(contextlib.ContextDecorator):
    """A span of the trace with a name of the user's: ``with TraceAnnotation("load data"): ...``.

    Args:
        name: What the span is called.
        **kwargs: Values shown with it.
    """

    def __init__(self, name: str, **kwargs: Any):
        self._name, self._args = name, kwargs
        self._starts: list[float] = []

    def __enter__(self) -> TraceAnnotation:
        self._starts.append(time.perf_counter())
        return self

    def __exit__(self, *error: object) -> None:
        begin, recorder = self._starts.pop(), profile.active()
        if recorder is not None:
            recorder.add(self._name, "user", begin, time.perf_counter(), self._args)


class StepTraceAnnotation(TraceAnnotation):
    """The span of one step of a loop: ``with StepTraceAnnotation("train", step_num=i): ...``."""


def annotate_function(func: F, name: str | None = None, **decorator_kwargs: Any) -> F:
    """A function whose calls are spans of the trace.

    Args:
        func: The function.
        name: What the spans are called, by default as the function.
        **decorator_kwargs: Values shown with them.
    """
    called = name or getattr(func, "__qualname__", repr(func))

    @functools.wraps(func)
    def annotated(*args: Any, **kwargs: Any) -> Any:
        with TraceAnnotation(called, **decorator_kwargs):
            return func(*args, **kwargs)

    return annotated  # pyright: ignore[reportReturnType]
