"""Executables: right results, clear errors, no growth."""

from __future__ import annotations

import gc
import random
import resource
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from runtime_program import BIG, floats

from axir_runtime import Buffer, Device, Executable, RuntimeFailure
from axir_runtime.dtypes import ELEMENT_TYPES
from axir_runtime.signature import Spec, parse_declaration

F32 = np.dtype(np.float32)


def resident_bytes() -> int:
    """Memory of this process that is in RAM."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def test_call_with_buffers_and_arrays(add: Executable) -> None:
    x = Buffer(floats(8))
    np.testing.assert_array_equal(add([x, floats(8)])[0].array, 2 * floats(8))
    y = add([x, x])[0]
    np.testing.assert_array_equal(add([y, y])[0].array, 4 * floats(8))


def test_buffers_pass_between_both_kinds_of_programs(module: bytes, device: Device) -> None:
    small, large = (Executable(device, module, function="add", parallel=kind) for kind in (False, True))
    x = Buffer(floats(8))
    np.testing.assert_array_equal(large([small([x, x])[0], x])[0].array, 3 * floats(8))
    np.testing.assert_array_equal(small([large([x, x])[0], x])[0].array, 3 * floats(8))


def test_signature_comes_from_the_module(module: bytes, device: Device) -> None:
    run = Executable(device, module, function="small_and_large")
    assert run.signature.arguments == (Spec((BIG,), F32),)
    assert run.signature.results == (Spec((), F32), Spec((BIG,), F32))
    assert run.device is device
    assert "small_and_large" in repr(run)
    assert "sync func" in run.reflection["iree.abi.declaration"]


@pytest.mark.parametrize("row", ELEMENT_TYPES, ids=lambda row: str(row.dtype))
def test_declared_types_are_understood(row) -> None:
    for name in row.mlir:
        arguments = f"%input0: tensor<2x?x{name}>, %input1: tensor<{name}>"
        text = f"sync func @f({arguments}) -> (%output0: tensor<{name}>)"
        signature = parse_declaration(text)
        assert signature.arguments == (Spec((2, None), row.dtype), Spec((), row.dtype))
        assert signature.results == (Spec((), row.dtype),)
        assert signature.storage == ()


def test_storage_is_told_from_arguments() -> None:
    text = (
        "sync func @f(%input0: tensor<8xf32>, %input1: tensor<8xf32> {iree.abi.output = 0 : index}) "
        "-> (%output0: tensor<8xf32>)"
    )
    signature = parse_declaration(text)
    assert (len(signature.arguments), signature.storage) == (1, (0,))


@pytest.mark.parametrize("parallel", [False, True])
def test_results_in_supplied_storage(parallel: bool, module: bytes, device: Device) -> None:
    run = Executable(device, module, function="add_into", parallel=parallel)
    x = Buffer(floats(BIG))
    first, second = run([x, x])[0], run([x, x])[0]
    np.testing.assert_array_equal(first.array, 2 * floats(BIG))
    assert not np.shares_memory(first.array, second.array)
    np.testing.assert_array_equal(x.array, floats(BIG))


def test_empty_results_in_supplied_storage(module: bytes, device: Device) -> None:
    result = Executable(device, module, function="none_into")([floats(0), floats(0)])[0]
    assert result.array.shape == (0,)


@pytest.mark.parametrize(
    ("args", "kind", "message"),
    [
        ([floats(8)], TypeError, "add: expected 2 arguments; got 1"),
        ([floats(8)] * 3, TypeError, "add: expected 2 arguments; got 3"),
        ([floats(8), floats(7)], ValueError, r"add: argument 1 must be float32\[8\]; got float32\[7\]"),
        ([floats(2, 4), floats(8)], ValueError, r"add: argument 0 must be float32\[8\]; got float32\[2, 4\]"),
        ([floats(8), np.arange(8.0)], TypeError, r"add: argument 1 must be float32\[8\]; got float64\[8\]"),
        ([floats(8), np.arange(8)], TypeError, r"add: argument 1 must be float32\[8\]; got int64\[8\]"),
        ([floats(8), [1.0] * 8], TypeError, "add: argument 1 must be a Buffer or ndarray; got list"),
        ([floats(8), 3.0], TypeError, "add: argument 1 must be a Buffer or ndarray; got float"),
        ([np.zeros(8, object), floats(8)], TypeError, "add: argument 0.*dtype object|got object"),
    ],
)
@pytest.mark.parametrize("stated", [False, True], ids=["declared", "stated"])
def test_arguments_that_do_not_fit(args, kind, message, stated: bool, module: bytes, device: Device) -> None:
    arguments = [((8,), np.float32)] * 2 if stated else None
    run = Executable(device, module, function="add", arguments=arguments)
    with pytest.raises(kind, match=message) as raised:
        run(args)
    assert "\n" not in str(raised.value)
    assert raised.value.__cause__ is None
    np.testing.assert_array_equal(run([floats(8), floats(8)])[0].array, 2 * floats(8))


def test_a_failing_run(module: bytes, device: Device) -> None:
    run = Executable(device, module, function="refuses")
    with pytest.raises(RuntimeFailure, match=r"^refuses: the run failed: told so$") as raised:
        run([floats(8)])
    assert "told so" in raised.value.details
    assert raised.value.__cause__ is None


def test_stated_signs_of_integers_are_checked(module: bytes, device: Device) -> None:
    array = np.arange(6, dtype=np.uint32).reshape(2, 3)
    loose = Executable(device, module, function="moved_uint32")
    assert loose([Buffer(array)])[0].dtype == np.int32  # as declared: without a sign
    strict = Executable(
        device,
        module,
        function="moved_uint32",
        arguments=[((2, 3), np.uint32)],
        results=[((3, 2), np.uint32)],
    )
    assert strict([Buffer(array)])[0].dtype == np.uint32
    with pytest.raises(TypeError, match="argument 0 must be uint32"):
        strict([Buffer(array.astype(np.int32))])


def test_dynamic_shapes_and_named_axes(module: bytes, device: Device) -> None:
    """IREE takes the size from the first argument and trusts the others, so named axes are our check."""
    run = Executable(
        device,
        module,
        function="add_dynamic",
        arguments=[(("n",), np.float32)] * 2,
        results=[(("n",), np.float32)],
    )
    for size in (0, 1, 5, 1000):
        result = run([floats(size), floats(size)])[0]
        assert result.shape == (size,)
        np.testing.assert_array_equal(result.array, 2 * floats(size))
    with pytest.raises(ValueError, match=r"argument 1 must be float32\[n\].*n is 5 in argument 0"):
        run([floats(5), floats(4)])
    with pytest.raises(ValueError, match=r"argument 0 must be float32\[n\]; got float32\[1, 5\]"):
        run([floats(1, 5), floats(5)])


def test_a_small_result_does_not_keep_a_large_one_alive(module: bytes, device: Device) -> None:
    run = Executable(device, module, function="small_and_large")
    x = Buffer(floats(BIG))
    total, doubled = run([x])
    np.testing.assert_array_equal(doubled.array, 2 * floats(BIG))
    np.testing.assert_allclose(total.array, floats(BIG).sum(dtype=np.float64), rtol=1e-4)
    assert total.shape == ()
    del total, doubled
    kept = [run([x])[0] for _ in range(8)]
    before = resident_bytes()
    kept += [run([x])[0] for _ in range(64)]
    assert resident_bytes() - before < 16 * BIG  # 64 MiB if the large results stayed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"function": "nothing"}, "no function 'nothing'; it has .*add"),
        ({"function": "scalar"}, "input 0 is f32, not a tensor"),
        ({"function": "add", "arguments": [((8,), "f4")]}, "module has 2 arguments, not 1"),
        (
            {"function": "add", "arguments": [((8,), "f4"), ((9,), "f4")]},
            r"argument 1 of the module is float32\[8\]",
        ),
        (
            {"function": "add", "results": [((8,), "f8")]},
            r"result 0 of the module is float32\[8\], not float64",
        ),
        ({"function": "add", "results": []}, "module has 1 results, not 0"),
    ],
)
def test_statements_that_contradict_the_module(options, message, module: bytes, device: Device) -> None:
    with pytest.raises((RuntimeFailure, ValueError), match=message):
        Executable(device, module, **options)


@pytest.mark.parametrize("size", [0, 1, 15, 16, 100, 5000, 30000])
def test_truncated_modules_are_refused(size: int, module: bytes, device: Device) -> None:
    with pytest.raises(RuntimeFailure, match="main: the module cannot be loaded: ") as raised:
        Executable(device, module[:size])
    assert "\n" not in str(raised.value)
    assert raised.value.details


def test_bytes_that_are_no_module_are_refused(device: Device) -> None:
    noise = random.Random(0).randbytes(20000)
    with pytest.raises(RuntimeFailure, match="cannot be loaded"):
        Executable(device, noise)


def test_threads(add: Executable) -> None:
    def work(seed: int) -> bool:
        rng = np.random.default_rng(seed)
        for _ in range(200):
            x, y = rng.standard_normal((2, 8), np.float32)
            if not np.array_equal(add([Buffer(x), Buffer(y)])[0].array, x + y):
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


def test_memory_stays_flat(add: Executable) -> None:
    x = Buffer(floats(8))

    def calls(count: int) -> None:
        for _ in range(count):
            y = add([x, floats(8)])[0]
            assert add([y, x])[0].array is not None

    calls(1000)
    gc.collect()
    before = resident_bytes()
    calls(10_000)  # two runs each
    gc.collect()
    assert resident_bytes() - before < 2 << 20


@pytest.mark.parametrize("parallel", [False, True])
def test_memory_of_results_is_given_back(parallel: bool, module: bytes, device: Device) -> None:
    """Also when many results are dropped together, which IREE's own allocator does not survive."""
    run = Executable(device, module, function="add_into", parallel=parallel)
    x = Buffer(floats(BIG))
    kept = [run([x, x]) for _ in range(20)]
    before = resident_bytes()
    for _ in range(10):
        kept = [run([x, x]) for _ in range(20)]
    assert resident_bytes() - before < 24 * 4 * BIG
    assert len(kept) == 20
