"""What ``jit`` keeps for one signature: a traced function, and how its compiled form is called on a device."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axir._src import pytree
from axir._src.array import ArrayType, ConcreteArray
from axir._src.execute import Compiled, compile_function
from axir._src.placement import PlacedArray, Placement, buffer_on, on_host
from axir._src.tiers import Tier, tier_of
from axir._src.trace import Function
from axir_runtime import Buffer, Device, Executable, devices

__all__ = ["Entry"]

_changing = threading.Lock()


class Entry:
    """What is kept for one signature: the traced function, and its compiled form once it was called.

    ``placement`` is where it runs, ``None`` for the first CPU; ``at`` gives that for another device.
    """

    __slots__ = ("_elsewhere", "compiled", "function", "out_tree", "placement", "run", "seconds", "tier")

    def __init__(
        self, function: Function, out_tree: pytree.TreeDef, seconds: float, placement: Placement | None = None
    ):
        self.function = function
        self.out_tree = out_tree
        self.seconds = seconds
        self.placement = placement
        self.compiled: Compiled | None = None
        self.tier: Tier | None = None
        self.run: Callable[..., Any] = self._prepare_and_run
        self._elsewhere: dict[Placement, Entry] = {}

    def at(self, placement: Placement | None) -> Entry:
        """The same function for a placement."""
        if placement is None:
            return self
        found = self._elsewhere.get(placement)
        if found is None:
            made = Entry(self.function, self.out_tree, self.seconds, placement)
            found = self._elsewhere.setdefault(placement, made)
        return found

    @property
    def device(self) -> Device:
        """Where it runs."""
        return devices("cpu")[0] if self.placement is None else self.placement.device

    def prepare(self) -> Compiled:
        """Compile the function, unless that was done."""
        compiled = self.compiled
        if compiled is None:
            tier = self.tier
            compiled = compile_function(self.function, self.device) if tier is None else tier.wait()
            compiled.phases.trace = self.seconds
            run = _runner(compiled.executable, self.function, self.out_tree, self.placement)
            with _changing:
                self.run, self.compiled = run, compiled
        return compiled

    def begin_tiers(self) -> None:
        """Let calls be evaluated with NumPy while the function is compiled, if it is one for which that is possible."""
        with _changing:
            if self.compiled is None and self.tier is None:
                self.tier = tier_of(self.function, self.device)
                if self.tier is not None:
                    self.run = self._evaluate_or_run

    def _evaluate_or_run(self, arrays: Sequence[Any], borrowed: Sequence[np.ndarray] = ()) -> Any:
        tier = self.tier
        assert tier is not None
        found = tier.evaluate(arrays)
        if found is None:
            return self._prepare_and_run(arrays, borrowed)
        values = [_own(x, borrowed) for x in found] if borrowed else found
        outputs = self.function.outputs
        results = [on_host(x, s.weak, self.placement) for x, s in zip(values, outputs, strict=True)]
        return pytree.unflatten(self.out_tree, results)

    def _prepare_and_run(self, arrays: Sequence[Any], borrowed: Sequence[np.ndarray] = ()) -> Any:
        self.prepare()
        return self.run(arrays, borrowed)


def _runner(
    executable: Executable, function: Function, out_tree: pytree.TreeDef, placement: Placement | None
) -> Callable[..., Any]:
    """A call of a compiled function on flat concrete arrays, with all that does not change bound to it.

    ``borrowed`` holds the NumPy arrays of the user among the arguments.
    """
    if placement is not None:
        return _placed_runner(executable, function, out_tree, placement)
    captured = [x.buffer for x in function.concrete_captures]
    types = [ArrayType.of(s.aval, s.weak) for s in function.outputs]
    make = ConcreteArray.from_buffer
    # The types of the arguments are those by which this entry was found.
    execute = executable.run

    def run(arrays: Sequence[Any], borrowed: Sequence[np.ndarray] = ()) -> Any:
        found = execute([x._buffer or x.buffer for x in arrays] + captured)
        if borrowed:
            found = [_unshared(b, borrowed) for b in found]
        return pytree.unflatten(out_tree, list(map(make, found, types)))

    if captured or not out_tree.is_leaf():
        return run
    (kind,) = types

    def run_single(arrays: Sequence[Any], borrowed: Sequence[np.ndarray] = ()) -> Any:
        (found,) = execute([x._buffer or x.buffer for x in arrays])
        return make(_unshared(found, borrowed) if borrowed else found, kind)

    return run_single


def _placed_runner(
    executable: Executable, function: Function, out_tree: pytree.TreeDef, placement: Placement
) -> Callable[..., Any]:
    """As ``_runner``, for a device that arguments may have to be moved to."""
    device = placement.device
    captured = [buffer_on(x, device) for x in function.concrete_captures]
    types = [ArrayType.of(s.aval, s.weak, placement) for s in function.outputs]

    def run(arrays: Sequence[Any], borrowed: Sequence[np.ndarray] = ()) -> Any:
        found = executable([buffer_on(x, device) for x in arrays] + captured)
        if borrowed and device.is_host:
            found = [_unshared(b, borrowed) for b in found]
        return pytree.unflatten(out_tree, list(map(PlacedArray.from_buffer, found, types)))

    return run


def _unshared(result: Buffer, borrowed: Sequence[np.ndarray]) -> Buffer:
    """A result in memory of its own, where it is that of a NumPy array that the user may write to."""
    value = _own(result.array, borrowed)
    return result if value is result.array else Buffer(value)


def _own(value: np.ndarray, borrowed: Sequence[np.ndarray]) -> np.ndarray:
    """The value, copied if it shares memory with one of the NumPy arrays."""
    return value.copy() if any(np.may_share_memory(value, x) for x in borrowed) else value
