"""Tiered compilation: the first calls of a signature are evaluated with NumPy while it is compiled in the background.

An evaluation that the compiler overtakes is given up between two of its operations, also in the turns of loops, and the
compiled code runs instead. That is why programs that call Python functions have no tiers: these could be called twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axir._src.background import submit
from axir._src.config import config
from axir._src.execute import Compiled, compile_symbol, load_symbol
from axir._src.log import logger
from axir._src.trace import Function
from axir_compiler import pipeline
from axir_compiler.ir.evaluate import Plan, make_plan
from axir_compiler.ir.module import functions, walk
from axir_compiler.mlir import context, ir
from axir_compiler.ops.callback import CallbackOp
from axir_compiler.refine import refined
from axir_runtime import Device

__all__ = ["Tier", "tier_of"]


class _Overtaken(Exception):
    """There is compiled code: no need to evaluate to the end."""


class Tier:
    """A function that is evaluated until it is compiled.

    Attributes:
        plan: The evaluation; raises ``_Overtaken`` when there is compiled code.
        constants: What the function uses from outside, the last of its arguments.
    """

    __slots__ = ("_begun", "_compile", "_done", "_error", "_overtaken", "compiled", "constants", "plan")

    def __init__(self, module: ir.Module, constants: tuple[np.ndarray, ...], compile: Callable[[], Compiled]):
        self.constants = constants
        self.compiled: Compiled | None = None
        self._compile = compile
        self._error: Exception | None = None
        self._begun = threading.Lock()
        self._done = threading.Event()
        # What is looked at before each operation: a list, since asking an event is a call.
        self._overtaken: list[bool] = []
        self.plan = _plan(module, self._overtaken)

    def begin(self) -> None:
        """Compile in the background, or here if there can be no more threads."""
        try:
            submit(self._finish)
        except RuntimeError:
            self._finish()

    def _finish(self) -> None:
        """Compile, unless a thread does or did."""
        if not self._begun.acquire(blocking=False):
            return
        try:
            self.compiled = self._compile()
            self._overtaken.append(True)
        except Exception as error:
            # The next call raises it; if there is none, this is where it is seen.
            logger.warning("tiered compilation failed, as the next call will say: %s", error)
            self._error = error
        finally:
            self._done.set()

    def wait(self) -> Compiled:
        """The compiled function, once there is one.

        Raises:
            CompileError: the program cannot be compiled.
        """
        # It may still be in the queue, and stays there if the process ends.
        self._finish()
        self._done.wait()
        if self.compiled is None:
            assert self._error is not None
            raise self._error.with_traceback(None)
        return self.compiled

    def evaluate(self, arrays: Sequence[Any]) -> list[np.ndarray] | None:
        """The results; ``None`` if compiled code, or an error of the compiler, is there first."""
        if self._done.is_set():
            return None
        try:
            return self.plan(*[x.to_numpy() for x in arrays], *self.constants)
        except (_Overtaken, MemoryError):
            # Compiled code takes less memory: large intermediate values are not stored.
            return None


def tier_of(function: Function, device: Device) -> Tier | None:
    """The tiers of a function, of which the compilation has begun.

    ``None`` if it must run compiled: it calls Python functions, the device is not this CPU, or its code is at hand.
    """
    if not device.is_host:
        return None
    with context():
        # The trace may go on in this thread; what the other one works on is its own.
        module = pipeline.extract(function.program.module, function.symbol)
        symbol = function.symbol
        if _calls_python(module) or load_symbol(module, symbol, device) is not None:
            return None
        evaluated = pipeline.extract(module, symbol, "main")
        pipeline.run_passes(evaluated, pipeline.REWRITES)
        constants = tuple(x.to_numpy() for x in function.concrete_captures)
        tier = Tier(evaluated, constants, _with_options(lambda: compile_symbol(module, symbol, device)))
    tier.begin()
    return tier


def _calls_python(module: ir.Module) -> bool:
    return any(isinstance(op, CallbackOp) for f in functions(module).values() for op in walk(f))


def _plan(module: ir.Module, overtaken: list[bool]) -> Plan:
    def between() -> tuple[()]:
        if overtaken:
            raise _Overtaken
        return ()

    return refined(make_plan(module, "main", between=between))


def _with_options(compile: Callable[[], Compiled]) -> Callable[[], Compiled]:
    """The function with the options that hold in this thread, for another one."""
    overrides = config.overrides

    def run() -> Compiled:
        with config.overridden(overrides):
            return compile()

    return run
