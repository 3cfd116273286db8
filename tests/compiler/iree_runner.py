"""Builds many small lowered functions into one module, compiles it once and runs it.

Compiling costs half a second for each module: a test collects its cases first and compares afterwards.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import iree.runtime as rt
import numpy as np

from axir_compiler import backend
from axir_compiler.lowering.emit import signless
from axir_compiler.mlir import context, func, ir
from axir_compiler.targets import Target, host

Build = Callable[..., Any]


@dataclass
class Case:
    name: str
    build: Build
    inputs: list[np.ndarray]
    dtypes: list[np.dtype]


@dataclass
class Suite:
    """Functions that become one ``@main``."""

    cases: list[Case] = field(default_factory=list)

    def add(self, name: str, build: Build, inputs: Sequence[Any], *dtypes: Any) -> None:
        """``build`` gets one IR value for each input and gives values of the result ``dtypes``."""
        arrays = [np.asarray(x) for x in inputs]
        self.cases.append(Case(name, build, arrays, [np.dtype(d) for d in dtypes]))

    def run(self, target: Target | None = None) -> dict[str, Any]:
        """Results by case name: an array, or a list of them."""
        flat = self.program(target)(*(x for c in self.cases for x in c.inputs))
        results, at = {}, 0
        for case in self.cases:
            own = flat[at : at + len(case.dtypes)]
            at += len(case.dtypes)
            results[case.name] = own[0] if len(own) == 1 else own
        return results

    def program(self, target: Target | None = None) -> Program:
        """The compiled and loaded module, to be called with the inputs of all cases in a row."""
        data = backend.compile_module(self.module(), target or host())
        return Program(data, [d for case in self.cases for d in case.dtypes])

    def module(self) -> ir.Module:
        with context(), ir.Location.unknown():
            module = ir.Module.create()
            kinds = [tensor_type(x) for c in self.cases for x in c.inputs]
            with ir.InsertionPoint(module.body):
                function = func.FuncOp("main", (kinds, []))
            block = function.add_entry_block()
            with ir.InsertionPoint(block):
                values = self._build(list(block.arguments))
                func.ReturnOp(values)
            kind = ir.FunctionType.get(kinds, [v.type for v in values])
            function.attributes["function_type"] = ir.TypeAttr.get(kind)
        return module

    def _build(self, arguments: list[ir.Value]) -> list[ir.Value]:
        values: list[ir.Value] = []
        for case in self.cases:
            own, arguments = arguments[: len(case.inputs)], arguments[len(case.inputs) :]
            result = case.build(*own)
            values.extend([result] if isinstance(result, ir.Value) else result)
        return values


def tensor_type(x: np.ndarray) -> ir.Type:
    return ir.RankedTensorType.get(x.shape, signless(x.dtype))


def _view(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    assert array.dtype.itemsize == dtype.itemsize, (array.dtype, dtype)
    return array.view(dtype)


@functools.cache
def _device() -> rt.HalDevice:
    return rt.get_device("local-sync")


class Program:
    """A loaded module whose ``@main`` can be called with NumPy arrays."""

    def __init__(self, data: bytes, dtypes: Sequence[Any]):
        instance = rt.VmInstance()
        modules = [rt.create_hal_module(instance, _device()), rt.VmModule.copy_buffer(instance, data)]
        self._context = rt.VmContext(instance, modules)
        self._function: Any = modules[-1].lookup_function("main")
        self._dtypes = [np.dtype(d) for d in dtypes]

    def __call__(self, *inputs: np.ndarray) -> list[np.ndarray]:
        arguments: Any = rt.VmVariantList(len(inputs))
        results = rt.VmVariantList(len(self._dtypes))
        for x in inputs:
            arguments.push_ref(_buffer_view(_device(), x))
        self._context.invoke(self._function, arguments, results)
        views = [results.get_as_object(i, rt.HalBufferView) for i in range(len(results))]
        return [_view(_to_numpy(v), d) for v, d in zip(views, self._dtypes, strict=True)]


_ELEMENTS = {
    "bool": rt.HalElementType.BOOL_8,
    "int8": rt.HalElementType.SINT_8,
    "int16": rt.HalElementType.SINT_16,
    "int32": rt.HalElementType.SINT_32,
    "int64": rt.HalElementType.SINT_64,
    "uint8": rt.HalElementType.UINT_8,
    "uint16": rt.HalElementType.UINT_16,
    "uint32": rt.HalElementType.UINT_32,
    "uint64": rt.HalElementType.UINT_64,
    "float16": rt.HalElementType.FLOAT_16,
    "bfloat16": rt.HalElementType.BFLOAT_16,
    "float32": rt.HalElementType.FLOAT_32,
    "float64": rt.HalElementType.FLOAT_64,
    "complex64": rt.HalElementType.COMPLEX_64,
    "complex128": rt.HalElementType.COMPLEX_128,
}


def _buffer_view(device: rt.HalDevice, x: np.ndarray) -> rt.HalBufferView:
    data = np.ascontiguousarray(x).reshape(-1).view(np.uint8)
    buffer: Any = device.allocator.allocate_buffer_copy(
        memory_type=rt.MemoryType.DEVICE_LOCAL,
        allowed_usage=rt.BufferUsage.DEFAULT | rt.BufferUsage.MAPPING,
        device=device,
        buffer=data if data.size else np.zeros(1, np.uint8),
    )
    return rt.HalBufferView(buffer, x.shape, _ELEMENTS[x.dtype.name])


def _to_numpy(view: rt.HalBufferView) -> np.ndarray:
    # The low byte of an element type is its width in bits.
    element: Any = view.element_type
    width = (int(element) & 0xFF) // 8
    dtype = np.dtype("c16" if width == 16 else f"i{width}")
    shape = tuple(view.shape)
    if 0 in shape:
        return np.zeros(shape, dtype)
    return np.array(view.map().asarray(shape, dtype))
