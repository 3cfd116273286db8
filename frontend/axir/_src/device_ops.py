"""Operations on arrays that lie on a device: compiled kernels, one for each op and types of its operands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axir._src.array import Array, ConcreteArray
from axir._src.execute import Compiled, compile_function
from axir._src.placement import Placement, buffer_on, common_placement, on_host, placed_value
from axir._src.trace import Spec, bind, trace_program
from axir_compiler.ir.evaluate import evaluate_op
from axir_compiler.ir.op import AxirOp
from axir_compiler.ir.types import Aval
from axir_runtime import Device, LruCache

__all__ = ["run_op"]

_kernels: LruCache[Any, Compiled] = LruCache(4096)


def run_op(
    op: type[AxirOp], args: Sequence[Array], attrs: dict[str, Any], results: Sequence[Aval], weak: bool
) -> Any:
    """Apply an op to concrete arrays where they are; gives an array, or a tuple of them.

    What is made of numbers alone, and what has no elements, is made on the host and copied to the device.

    Raises:
        MixedDevicesError: the arrays are committed to different devices.
        CompileError: the device cannot compute this.
    """
    placement = common_placement(op.short_name, args)
    concrete = [x for x in args if isinstance(x, ConcreteArray)]
    if placement is None or placement.device.is_host or _is_trivial(concrete, results):
        found = evaluate_op(op, [x.to_numpy() for x in concrete], attrs)
        values = found if len(results) > 1 else (found,)
        arrays = tuple(on_host(np.asarray(v), weak, placement) for v in values)
    else:
        arrays = _run(op, concrete, attrs, results, weak, placement)
    return arrays if len(results) > 1 else arrays[0]


def _is_trivial(args: Sequence[ConcreteArray], results: Sequence[Aval]) -> bool:
    if all(a.size == 0 for a in results):
        return True
    return all(type(x) is ConcreteArray and not x.ndim for x in args)


def _run(
    op: type[AxirOp],
    args: Sequence[ConcreteArray],
    attrs: dict[str, Any],
    results: Sequence[Aval],
    weak: bool,
    placement: Placement,
) -> tuple[ConcreteArray, ...]:
    device = placement.device
    executable = _kernel(op, tuple(x.aval for x in args), attrs, device).executable
    found = executable([buffer_on(x, device) for x in args])
    return tuple(placed_value(b, a, weak, placement) for b, a in zip(found, results, strict=True))


def _kernel(op: type[AxirOp], avals: tuple[Aval, ...], attrs: dict[str, Any], device: Device) -> Compiled:
    key = (op, avals, tuple(attrs.items()), device)
    found = _kernels.get(key)
    if found is None:

        def run(xs: Any) -> Sequence[Array]:
            made = bind(op, *xs, **attrs)
            return made if isinstance(made, tuple) else (made,)

        function = trace_program(op.short_name, run, [Spec(a, False) for a in avals], staged=True)
        found = compile_function(function, device)
        _kernels.put(key, found)
    return found
