"""Kernels for sizes that are known only when they run, so that arrays of a new shape compile nothing.

* ``op_kernel``: an op on operands whose axes have names in place of sizes, made by tracing the op for samples of sizes
  and generalizing (``axir_compiler.generalize``).
* ``copy_kernel``: elements of an array in any order that strides describe; slices, transposes, reversals and broadcasts
  are all copies of this kind. One kernel for each width of elements and number of axes serves them all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from axir._src.array import Array
from axir._src.device_targets import target_of
from axir._src.execute import disk_cache
from axir._src.once import Once
from axir._src.trace import Spec, bind, trace_program
from axir_compiler import backend, pipeline
from axir_compiler.errors import CompileError
from axir_compiler.generalize import Affine, generalize
from axir_compiler.identity import source_hash
from axir_compiler.ir.module import parse_module
from axir_compiler.ir.op import OPS, AxirOp
from axir_compiler.ir.types import Aval
from axir_compiler.lowering.constants import with_constant_kernels_folded
from axir_compiler.mlir import context, ir
from axir_runtime import Device, DeviceExecutable, Executable

__all__ = ["Names", "copy_kernel", "op_kernel"]

Names = tuple[int | str, ...]
"""A shape with names in place of sizes; axes of one name have one size."""

# Sizes to trace for: neither small nor powers of two, so that lowerings choose what they choose in general.
_SIZES = (19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67)

_kernels: Once[Any] = Once(4096)


def op_kernel(
    op: type[AxirOp],
    shapes: Sequence[Names],
    dtypes: Sequence[np.dtype],
    attrs: Mapping[str, Any],
    device: Device,
    *,
    broadcast: Names | None = None,
) -> DeviceExecutable | None:
    """The kernel of an op for operands of any sizes, or ``None`` if it must be compiled for each.

    Args:
        shapes, dtypes: of the operands.
        broadcast: the shape of the result of an elementwise op; operands lack the axes that they are repeated along.
    """
    key = (op, tuple(shapes), tuple(dtypes), tuple(attrs.items()), device, broadcast)

    def make() -> DeviceExecutable | Refused:
        try:
            return _loaded(op.short_name, _generalized(op, shapes, dtypes, attrs, broadcast), device)
        except CompileError:
            # The op depends on sizes in more than its loops, or the device refuses it: compiled for given sizes it
            # works, or says why it does not.
            return Refused()

    found = _kernels.get(key, make)
    return found if isinstance(found, DeviceExecutable) else None


class Refused:
    """Stands for a kernel that there cannot be."""


def _generalized(
    op: type[AxirOp],
    shapes: Sequence[Names],
    dtypes: Sequence[np.dtype],
    attrs: Mapping[str, Any],
    broadcast: Names | None,
) -> ir.Module:
    names = sorted({n for shape in shapes for n in shape if isinstance(n, str)})
    samples = [
        {name: _SIZES[(s + 3 * k) % len(_SIZES)] + s * k for k, name in enumerate(names)}
        for s in range(len(names) + 3)
    ]
    modules = [_lowered(op, shapes, dtypes, attrs, broadcast, sizes) for sizes in samples]
    if names:
        affine = [[Affine(0, ((n, 1),)) if isinstance(n, str) else n for n in shape] for shape in shapes]
        with context():
            generalize(modules, samples, affine)
    return modules[0]


def _lowered(
    op: type[AxirOp],
    shapes: Sequence[Names],
    dtypes: Sequence[np.dtype],
    attrs: Mapping[str, Any],
    broadcast: Names | None,
    sizes: Mapping[str, int],
) -> ir.Module:
    """The program for some sizes."""

    def resolved(shape: Names) -> tuple[int, ...]:
        return tuple(sizes[n] if isinstance(n, str) else n for n in shape)

    def run(xs: Sequence[Any]) -> Sequence[Array]:
        if broadcast is not None:
            xs = [
                _repeated(x, shape, broadcast, resolved(broadcast))
                for x, shape in zip(xs, shapes, strict=True)
            ]
        made = bind(op, *xs, **attrs)
        return made if isinstance(made, tuple) else (made,)

    specs = [Spec(Aval(resolved(s), d), False) for s, d in zip(shapes, dtypes, strict=True)]
    function = trace_program(op.short_name, run, specs, staged=True)
    with context():
        program = pipeline.extract(function.program.module, function.symbol, "main")
        pipeline.settle(program)
        form = pipeline.rewritten_form(program, "main")
        pipeline.LowerToLinalgPass().run(form)
        return with_constant_kernels_folded(form)


def _repeated(x: Array, shape: Names, names: Names, target: tuple[int, ...]) -> Array:
    dimensions = tuple(names.index(n) for n in shape)
    return x if shape == names else bind(OPS["broadcast_in_dim"], x, shape=target, dimensions=dimensions)


def copy_kernel(bits: int, rank: int, device: Device) -> DeviceExecutable:
    """A kernel that copies elements of ``bits`` bits.

    It takes a flat array of integers and the numbers ``offset, size 0, stride 0, size 1, ...``: the result, of ``rank``
    axes, has at ``i`` what the array has at ``offset + sum(i[k] * stride[k])``.
    """

    def make() -> DeviceExecutable:
        with context():
            module = parse_module(_copy_program(bits, rank))
        return _loaded("copy", module, device)

    return _kernels.get(("copy", bits, rank, device), make)


def _copy_program(bits: int, rank: int) -> str:
    axes = range(rank)
    numbers = ", ".join(f"%n{k}: i64, %s{k}: i64" for k in axes)
    kind, result = f"i{bits}", f"tensor<{'?x' * rank}i{bits}>"
    dims = ", ".join(f"d{k}" for k in axes)
    casts = [f"%m{k} = arith.index_cast %n{k} : i64 to index" for k in axes]
    casts += [f"%t{k} = arith.index_cast %s{k} : i64 to index" for k in axes]
    steps = [
        f"%i{k} = linalg.index {k} : index\n%a{k} = arith.muli %i{k}, %t{k} : index\n"
        f"%p{k + 1} = arith.addi %p{k}, %a{k} : index"
        for k in axes
    ]
    newline = "\n"
    return f"""func.func @main(%x: tensor<?x{kind}>, %o: i64, {numbers}) -> {result} {{
      %p0 = arith.index_cast %o : i64 to index
      {newline.join(casts)}
      %e = tensor.empty({", ".join(f"%m{k}" for k in axes)}) : {result}
      %y = linalg.generic {{indexing_maps = [affine_map<({dims}) -> ({dims})>],
          iterator_types = [{", ".join(['"parallel"'] * rank)}]}} outs(%e : {result}) {{
        ^bb0(%u: {kind}):
          {newline.join(steps)}
          %v = tensor.extract %x[%p{rank}] : tensor<?x{kind}>
          linalg.yield %v : {kind}
      }} -> {result}
      return %y : {result}
    }}"""


def _loaded(name: str, module: ir.Module, device: Device) -> DeviceExecutable:
    """A lowered program on a device, through the cache on disk."""
    target = target_of(device)
    with context():
        text = module.operation.get_asm(enable_debug_info=False)
        key = hashlib.sha256(f"{target.fingerprint()}\n{source_hash()}\n{text}".encode()).hexdigest()
        stored = disk_cache().get(key)
        binary = backend.compile_module(module, target) if stored is None else stored
        if stored is None:
            disk_cache().put(key, binary, {"function": name, "cpu_features": []})
    loaded = Executable(device, binary, title=name)
    assert isinstance(loaded, DeviceExecutable)
    return loaded
