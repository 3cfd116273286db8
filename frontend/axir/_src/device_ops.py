"""Operations on arrays that lie on a device: kernels for all sizes where there are such, or one for these sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from axir._src.array import Array, ConcreteArray
from axir._src.device_kernels import Names, copy_kernel, op_kernel
from axir._src.execute import Compiled, compile_function
from axir._src.once import Once
from axir._src.placement import buffer_on, common_placement, on_host, placed_value
from axir._src.trace import Spec, bind, trace_program
from axir_compiler.ir.evaluate import evaluate_op
from axir_compiler.ir.op import OPS, AxirOp
from axir_compiler.ir.types import Aval
from axir_compiler.ops.elementwise import Elementwise
from axir_runtime import Device, DeviceBuffer, DeviceExecutable

__all__ = ["run_elementwise", "run_op"]

_static: Once[Compiled] = Once(4096)
_MOVES = frozenset(OPS[name] for name in ("broadcast_in_dim", "reshape", "transpose", "reverse", "slice"))
_MOST_AXES = 6
_BITS = {1: np.dtype(np.int8), 2: np.dtype(np.int16), 4: np.dtype(np.int32), 8: np.dtype(np.int64)}


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
        buffers = [buffer_on(x, placement.device) for x in concrete]
        made = _applied(op, buffers, attrs, results, placement.device)
        arrays = tuple(placed_value(b, a, weak, placement) for b, a in zip(made, results, strict=True))
    return arrays if len(results) > 1 else arrays[0]


def run_elementwise(
    op: type[AxirOp], args: Sequence[ConcreteArray], attrs: dict[str, Any], shape: tuple[int, ...], weak: bool
) -> ConcreteArray | None:
    """An elementwise op on arrays that broadcast to a shape, without copies of what is repeated.

    Gives ``None`` where the arrays must be broadcast first: on the host, and where the op has no such kernel.
    """
    placement = common_placement(op.short_name, args)
    if placement is None or placement.device.is_host or not math.prod(shape):
        return None
    avals = [Aval(shape, x.dtype) for x in args]
    (result,) = op.infer_checked(avals, attrs)
    if result.shape != shape or all(type(x) is ConcreteArray and not x.ndim for x in args):
        return None
    buffers = [buffer_on(x, placement.device) for x in args]
    found = _broadcasting(op, buffers, attrs, result, placement.device)
    return None if found is None else placed_value(found, result, weak, placement)


def _is_trivial(args: Sequence[ConcreteArray], results: Sequence[Aval]) -> bool:
    if all(a.size == 0 for a in results):
        return True
    return all(type(x) is ConcreteArray and not x.ndim for x in args)


def _applied(
    op: type[AxirOp],
    buffers: list[DeviceBuffer],
    attrs: dict[str, Any],
    results: Sequence[Aval],
    device: Device,
) -> Sequence[DeviceBuffer]:
    found: DeviceBuffer | None = None
    if op in _MOVES:
        found = _moved(op, buffers[0], attrs, results[0])
    elif issubclass(op, Elementwise) and results[0].shape == buffers[0].shape:
        found = _broadcasting(op, buffers, attrs, results[0], device)
    else:
        found = _for_any_size(op, buffers, attrs, results, device)
    return (found,) if found is not None else _for_these_sizes(op, buffers, attrs, device)


# Elementwise ops. -----------------------------------------------------------------------------------


def _broadcasting(
    op: type[AxirOp], buffers: Sequence[DeviceBuffer], attrs: dict[str, Any], result: Aval, device: Device
) -> DeviceBuffer | None:
    """The op on operands with neighbouring axes made one, so that few kernels serve all ranks."""
    has = _present(buffers, result.shape)
    groups = _groups(result.shape, has) or [(1, (True,) * len(buffers))]
    names = tuple(f"n{k}" for k in range(len(groups)))
    kinds = [
        tuple(n for n, (_, present) in zip(names, groups, strict=True) if present[i])
        for i in range(len(buffers))
    ]
    kernel = op_kernel(op, kinds, [b.dtype for b in buffers], attrs, device, broadcast=names)
    if kernel is None:
        return None
    sizes = dict(zip(names, (size for size, _ in groups), strict=True))
    flat = [b.reshaped(tuple(sizes[n] for n in kind)) for b, kind in zip(buffers, kinds, strict=True)]
    return kernel(flat)[0].reshaped(result.shape, result.dtype)


def _present(buffers: Sequence[DeviceBuffer], shape: tuple[int, ...]) -> list[tuple[bool, ...]]:
    """For each axis of the result, which operands have it, in place of repeating their one element."""
    padded = [(1,) * (len(shape) - b.ndim) + b.shape for b in buffers]
    return [tuple(p[axis] != 1 for p in padded) for axis in range(len(shape))]


def _groups(shape: tuple[int, ...], has: Sequence[tuple[bool, ...]]) -> list[tuple[int, tuple[bool, ...]]]:
    """Axes of size 1 left out, and neighbours that the same operands have joined."""
    groups: list[tuple[int, tuple[bool, ...]]] = []
    for size, present in zip(shape, has, strict=True):
        if size == 1:
            continue
        if groups and groups[-1][1] == present:
            size *= groups.pop()[0]
        groups.append((size, present))
    return groups


# Ops that move elements. ----------------------------------------------------------------------------


def _moved(op: type[AxirOp], x: DeviceBuffer, attrs: dict[str, Any], result: Aval) -> DeviceBuffer | None:
    """The op as a copy along strides, which NumPy tells: the same memory where these are those of the array itself."""
    plain = np.lib.stride_tricks.as_strided(np.empty(1, np.int8), x.shape, _row_major(x.shape))
    view = op.numpy(plain, **attrs)
    offset = view.__array_interface__["data"][0] - plain.__array_interface__["data"][0]
    return copied(x, offset, view.shape, view.strides)


def copied(
    x: DeviceBuffer, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> DeviceBuffer | None:
    """The elements of a buffer at ``offset + sum(i * stride)``; ``None`` if there is no kernel for that."""
    axes = _joined(shape, strides)
    contiguous = not axes or axes == [(math.prod(shape), 1)]
    if contiguous and offset == 0 and math.prod(shape) == x.size:
        return x.reshaped(shape)
    bits = _BITS.get(x.dtype.itemsize)
    if bits is None or len(axes) > _MOST_AXES:
        return None
    axes = axes or [(1, 1)]
    kernel = copy_kernel(8 * bits.itemsize, len(axes), x.device)
    numbers = [offset, *(n for axis in axes for n in axis)]
    return kernel([x.reshaped((x.size,), bits)], numbers)[0].reshaped(shape, x.dtype)


def _row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def _joined(shape: tuple[int, ...], strides: tuple[int, ...]) -> list[tuple[int, int]]:
    """Sizes and strides with axes of size 1 left out, and neighbours joined that one stride goes through."""
    axes: list[tuple[int, int]] = []
    for size, stride in zip(shape, strides, strict=True):
        if size == 1:
            continue
        if axes and axes[-1][1] == size * stride:
            size *= axes.pop()[0]
        axes.append((size, stride))
    return axes


# Other ops. -----------------------------------------------------------------------------------------


def _for_any_size(
    op: type[AxirOp],
    buffers: Sequence[DeviceBuffer],
    attrs: dict[str, Any],
    results: Sequence[Aval],
    device: Device,
) -> DeviceBuffer | None:
    """The op by a kernel for all sizes, if one result and the names of its operands' axes are known."""
    choose = _NAMES.get(op.short_name)
    if len(results) != 1 or any(not b.size for b in buffers):
        return None
    if op.short_name in _REDUCTIONS:
        return _reduced(op, buffers[0], attrs, results[0], device)
    if choose is None:
        return None
    names = choose(buffers, attrs)
    # Axes of size 1 stay numbers: programs may treat them in another way.
    shapes = [
        tuple(1 if n == 1 else name for n, name in zip(b.shape, row, strict=True))
        for b, row in zip(buffers, names, strict=True)
    ]
    kernel = op_kernel(op, shapes, [b.dtype for b in buffers], attrs, device)
    return None if kernel is None else kernel(buffers)[0].reshaped(results[0].shape, results[0].dtype)


def _own(buffers: Sequence[DeviceBuffer], attrs: dict[str, Any]) -> list[Names]:
    """Each axis has its own size."""
    return [tuple(f"n{k}_{axis}" for axis in range(b.ndim)) for k, b in enumerate(buffers)]


def _contracted(buffers: Sequence[DeviceBuffer], attrs: dict[str, Any]) -> list[Names]:
    left, right = (list(row) for row in _own(buffers, attrs))
    for mine, theirs in (("lhs_contract", "rhs_contract"), ("lhs_batch", "rhs_batch")):
        for i, j in zip(attrs[mine], attrs[theirs], strict=True):
            right[j] = left[i]
    return [tuple(left), tuple(right)]


def _concatenated(buffers: Sequence[DeviceBuffer], attrs: dict[str, Any]) -> list[Names]:
    rows = _own(buffers, attrs)
    return [
        tuple(name if axis == attrs["dimension"] else rows[0][axis] for axis, name in enumerate(row))
        for row in rows
    ]


def _reduced(
    op: type[AxirOp], x: DeviceBuffer, attrs: dict[str, Any], result: Aval, device: Device
) -> DeviceBuffer | None:
    """A reduction, with neighbouring axes made one of which all or none are reduced."""
    groups = _groups(x.shape, [(axis in attrs["axes"],) for axis in range(x.ndim)]) or [(1, (True,))]
    names = tuple(f"n{k}" for k in range(len(groups)))
    axes = tuple(k for k, (_, (reduced,)) in enumerate(groups) if reduced)
    if not axes:
        return x.reshaped(result.shape) if x.dtype == result.dtype else None
    kernel = op_kernel(op, [names], [x.dtype], {**attrs, "axes": axes}, device)
    if kernel is None:
        return None
    return kernel([x.reshaped(tuple(size for size, _ in groups))])[0].reshaped(result.shape, result.dtype)


_REDUCTIONS = frozenset(f"reduce_{name}" for name in ("sum", "prod", "max", "min", "and", "or", "xor"))
_NAMES = {
    **dict.fromkeys(("argmax", "argmin", "pad"), _own),
    "dot_general": _contracted,
    "concatenate": _concatenated,
}


def _for_these_sizes(
    op: type[AxirOp], buffers: Sequence[DeviceBuffer], attrs: dict[str, Any], device: Device
) -> Sequence[DeviceBuffer]:
    avals = tuple(Aval(b.shape, b.dtype) for b in buffers)

    def run(xs: Any) -> Sequence[Array]:
        made = bind(op, *xs, **attrs)
        return made if isinstance(made, tuple) else (made,)

    def make() -> Compiled:
        function = trace_program(op.short_name, run, [Spec(a, False) for a in avals], staged=True)
        return compile_function(function, device)

    found = _static.get((op, avals, tuple(attrs.items()), device), make)
    executable = found.executable
    assert isinstance(executable, DeviceExecutable)
    return executable(buffers)
