"""What IREE would crash on or answer wrongly, one case for each known trap; see ``lowering`` for the guards.

Each numeric case runs as vector code (many elements) and as scalar code (one element, and rank 0), which
fail in different ways.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
import pytest
from iree_runner import Program, Suite

from axir_compiler import backend
from axir_compiler.errors import AxirError, InternalError
from axir_compiler.lowering import builders, scalar
from axir_compiler.lowering.emit import signless
from axir_compiler.mlir import context, ir
from axir_compiler.targets import CPU_NAMES, cpu, host

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
F16, F32, F64, I32, U8, U32, BOOL = (np.dtype(n) for n in ("f2", "f4", "f8", "i4", "u1", "u4", "?"))
INTS = [np.dtype(f"{k}{n}") for k in "iu" for n in (1, 2, 4, 8)]
FLOATS = [F16, BFLOAT16, F32, F64]
NAN, INF = np.nan, np.inf


class Trap(NamedTuple):
    """Operands and result of one function of numbers."""

    name: str
    function: Callable[..., ir.Value]
    dtype: np.dtype
    operands: Sequence[Any]
    result_dtype: np.dtype
    result: Any


def integer_traps() -> Iterator[Trap]:
    for d in INTS:
        info = np.iinfo(d)
        top, width = int(info.max), d.itemsize * 8
        ones = -1 if info.min < 0 else top
        yield _binary("div", d, 7, 0, ones)
        yield _binary("div", d, 0, 0, ones)
        yield _binary("rem", d, 7, 0, 7)
        # An unsigned comparison, division, shift or conversion on a signless type.
        yield _binary("div", d, top, 2, top // 2)
        yield _binary("max", d, top, 1, top)
        yield Trap(f"lt {d}", _compare(d, "lt"), d, (1, top), BOOL, True)
        yield _convert(d, F64, top, float(top))
        for amount in {width, width + 1, top}:
            yield _binary("shift_left", d, 3, amount, 0)
            yield _binary("shift_right_logical", d, 3, amount, 0)
        if info.min < 0:
            low = int(info.min)
            yield _binary("div", d, low, -1, low)
            yield _binary("rem", d, low, -1, 0)
            yield _binary("div", d, -7, 2, -3)
            yield _binary("rem", d, -7, 2, -1)
            yield _binary("shift_left", d, 3, -1, 0)
            yield _binary("shift_right_arithmetic", d, -7, width, -1)
            yield _binary("shift_right_arithmetic", d, -7, -1, -1)


def conversion_traps() -> Iterator[Trap]:
    for source in FLOATS:
        for target in INTS:
            info = np.iinfo(target)
            yield _convert(source, target, NAN, 0)
            yield _convert(source, target, INF, info.max)
            yield _convert(source, target, -INF, info.min)
            yield _convert(source, target, -0.75, 0)
        yield _convert(source, U8, -3.0, 0)
        yield _convert(source, np.dtype("i1"), 300.0, 127)
        yield _convert(source, np.dtype("i1"), -300.0, -128)
        yield _convert(source, U8, 300.0, 255)
        yield _convert(source, BOOL, NAN, True)
        yield _convert(source, BOOL, -0.0, False)
    yield _convert(F32, I32, 2.0**31, 2**31 - 1)
    yield _convert(F32, U32, 2.0**32, 2**32 - 1)
    yield _convert(F32, U32, 3e9, 3_000_000_000)
    yield _convert(F64, np.dtype("u8"), 2.0**63, 2**63)
    # Rounding to float32 first and to float16 then would give 1.
    yield _convert(F64, F16, 1 + 2.0**-11 + 2.0**-40, 1 + 2.0**-10)


def float_traps() -> Iterator[Trap]:
    for d in FLOATS:
        for name in ("max", "min"):
            yield _binary(name, d, NAN, 1.0, NAN)
            yield _binary(name, d, 1.0, NAN, NAN)
        yield _binary("max", d, -0.0, 0.0, 0.0)
        yield _binary("max", d, 0.0, -0.0, 0.0)
        yield _binary("min", d, 0.0, -0.0, -0.0)
        tiny = np.array(1, f"u{d.itemsize}").view(d)[()]
        yield _unary("neg", d, tiny, -tiny)
        yield _unary("abs", d, -tiny, tiny)
        yield _unary("sign", d, tiny, 1.0)
        yield _unary("sign", d, -tiny, -1.0)
        yield _binary("nextafter", d, 0.0, 1.0, tiny)
        yield _binary("nextafter", d, -tiny, 1.0, -0.0)
        yield _convert(d, BOOL, tiny, True)
    for d in (F16, BFLOAT16):
        # In the format itself these overflow, cancel or lose the sign.
        yield _unary("asinh", d, -34.0, np.arcsinh(-34.0))
        yield _unary("sinh", d, 0.01, np.sinh(np.float64(d.type(0.01))))
        yield _unary("acosh", d, 60000.0, np.arccosh(np.float64(d.type(60000.0))))
        yield _binary("pow", d, -2.0, 3.0, -8.0)
    yield _binary("pow", F32, -0.5, 0.0, 1.0)
    yield _binary("pow", F32, -INF, -2.5, 0.0)


def _unary(name: str, d: np.dtype, x: Any, result: Any) -> Trap:
    return Trap(f"{name} {d} {x}", functools.partial(getattr(scalar, name), d), d, (x,), d, result)


def _binary(name: str, d: np.dtype, x: Any, y: Any, result: Any) -> Trap:
    return Trap(f"{name} {d} {x} {y}", functools.partial(getattr(scalar, name), d), d, (x, y), d, result)


def _compare(d: np.dtype, direction: str) -> Callable[..., ir.Value]:
    return functools.partial(scalar.compare, d, direction)


def _convert(source: np.dtype, target: np.dtype, x: Any, result: Any) -> Trap:
    return Trap(
        f"{source} to {target} {x}",
        functools.partial(scalar.convert, source, target),
        source,
        (x,),
        target,
        result,
    )


FAMILIES = {"integers": integer_traps, "conversions": conversion_traps, "floats": float_traps}
SHAPES = {"vector": (37,), "one element": (1,), "rank 0": ()}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("family", FAMILIES)
def test_traps(family: str, shape: tuple[int, ...]) -> None:
    groups = _by_function(FAMILIES[family]())
    suite = Suite()
    for i, group in enumerate(groups):
        suite.add(str(i), _kernel(group), _operands(group[0], shape), group[0].result_dtype)
    program = suite.program()
    wrong = []
    for round_ in range(max(map(len, groups))):
        traps = [group[min(round_, len(group) - 1)] for group in groups]
        results = program(*(x for trap in traps for x in _operands(trap, shape)))
        wrong += [_report(t, r) for t, r in zip(traps, results, strict=True) if not _agrees(t, r)]
    assert not wrong, "; ".join(wrong[:5])


def _by_function(traps: Iterator[Trap]) -> list[list[Trap]]:
    """Traps of one function and dtype share a kernel and are run one after the other."""
    groups: dict[Any, list[Trap]] = {}
    for trap in traps:
        key = (trap.name.split()[0], trap.dtype, trap.result_dtype)
        groups.setdefault(key, []).append(trap)
    return list(groups.values())


def _kernel(group: list[Trap]) -> Callable[..., ir.Value]:
    trap = group[0]
    return lambda *v: builders.elementwise(trap.function, v, signless(trap.result_dtype))


def _operands(trap: Trap, shape: tuple[int, ...]) -> list[np.ndarray]:
    return [np.full(shape, x, trap.dtype) for x in trap.operands]


def _agrees(trap: Trap, actual: np.ndarray) -> bool:
    wanted = np.full(actual.shape, trap.result).astype(trap.result_dtype)
    if trap.result_dtype not in FLOATS:
        return bool(np.all(actual == wanted))
    same = actual.view(f"u{actual.dtype.itemsize}") == wanted.view(f"u{actual.dtype.itemsize}")
    return bool(np.all(same | (np.isnan(actual) & np.isnan(wanted))))


def _report(trap: Trap, actual: np.ndarray) -> str:
    return f"{trap.name} gives {actual.ravel()[:2]}, not {trap.result}"


def test_windows_far_outside_are_clamped() -> None:
    """A read outside a buffer kills the process."""
    x, update = np.arange(100, dtype=F32), np.full(3, -1, F32)
    suite, expected = Suite(), {}
    for d in (np.dtype("i8"), np.dtype("u8"), I32, np.dtype("i2")):
        for start in (np.iinfo(d).max, np.iinfo(d).min):
            name, first = f"{d} {start}", 97 if start > 0 else 0
            at = np.array(start, d)
            suite.add(f"read {name}", _read(d), [x, at], F32)
            suite.add(f"write {name}", _write(d), [x, update, at], F32)
            expected[f"read {name}"] = x[first : first + 3]
            expected[f"write {name}"] = np.where((np.arange(100) - first) % 100 < 3, F32.type(-1), x)
    results = suite.run()
    for name, wanted in expected.items():
        np.testing.assert_array_equal(results[name], wanted, err_msg=name)


def _read(d: np.dtype) -> Callable[..., ir.Value]:
    return lambda x, at: builders.dynamic_slice(x, builders.index_operands([at], [d]), (3,))


def _write(d: np.dtype) -> Callable[..., ir.Value]:
    return lambda x, new, at: builders.dynamic_update_slice(x, new, builders.index_operands([at], [d]))


def test_reductions_keep_nan_and_infinity() -> None:
    x = np.zeros((3, 1000), F32)
    x[0, 700] = NAN
    x[1] = -INF
    x[2] = INF
    suite = Suite()
    for kind in ("max", "min", "sum"):
        suite.add(kind, functools.partial(_reduce, kind), [x], F32)
    results = suite.run()
    np.testing.assert_array_equal(results["max"], [NAN, -INF, INF])
    np.testing.assert_array_equal(results["min"], [NAN, -INF, INF])
    np.testing.assert_array_equal(results["sum"], [NAN, -INF, INF])


def _reduce(kind: str, x: ir.Value) -> ir.Value:
    return builders.reduce(kind, x, (1,), F32)


def test_reverse_of_sizes_that_tile_unevenly() -> None:
    """IREE tiles the indexing map ``last - i`` wrongly and refuses the program."""
    suite, expected = Suite(), {}
    for shape in ((3, 4, 2), (1000,), (37, 129)):
        x = np.arange(np.prod(shape), dtype=F32).reshape(shape)
        axes = tuple(range(len(shape)))
        suite.add(str(shape), functools.partial(_reverse, axes), [x], F32)
        expected[str(shape)] = np.flip(x)
    results = suite.run()
    for name, wanted in expected.items():
        np.testing.assert_array_equal(results[name], wanted)


def _reverse(axes: tuple[int, ...], x: ir.Value) -> ir.Value:
    return builders.reverse(x, axes)


def test_float64_is_not_demoted() -> None:
    suite = Suite()
    x = np.array([1 + 2.0**-50, 1e300])
    suite.add(
        "sum", lambda v: builders.elementwise(lambda a: scalar.add(F64, a, a), [v], signless(F64)), [x], F64
    )
    np.testing.assert_array_equal(suite.run()["sum"], x + x)


def test_no_elements() -> None:
    suite = Suite()
    x, y = np.zeros((0, 3), F32), np.zeros((3, 0), F32)
    suite.add(
        "add", lambda v: builders.elementwise(lambda a: scalar.add(F32, a, a), [v], signless(F32)), [x], F32
    )
    suite.add("dot", lambda a, b: builders.dot_general(a, b, (1,), (0,), (), (), F32, F32), [y, x], F32)
    results = suite.run()
    assert results["add"].shape == (0, 3)
    np.testing.assert_array_equal(results["dot"], np.zeros((3, 3)))


@pytest.mark.parametrize("target", [host(), *map(cpu, CPU_NAMES)], ids=lambda t: t.name)
def test_flags_hold_no_trap(target: Any) -> None:
    """Float64 becomes float32 by default; scratch beyond the default limit overflows the thread's stack."""
    assert "--iree-input-demote-f64-to-f32=false" in target.flags
    assert not [flag for flag in target.flags if "stack-allocation" in flag]


def test_unknown_cpu_never_reaches_the_compiler() -> None:
    with pytest.raises(AxirError, match="'bogus' is not a known CPU"):
        cpu("bogus")


REFUSED = {
    r"axir\.sin has not been lowered .*user\.py": """
        func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
          %y = "axir.sin"(%x) : (tensor<4xf32>) -> tensor<4xf32> loc("user.py":7:1)
          return %y : tensor<4xf32>
        }""",
    r"nobody\.knows has not been lowered": """
        func.func @main(%x: f32) -> f32 {
          %y = "nobody.knows"(%x) : (f32) -> f32
          return %y : f32
        }""",
    "complex constant": """
        func.func @main() -> tensor<2xcomplex<f64>> {
          %c = arith.constant dense<[(1.0, 2.0), (3.0, 4.0)]> : tensor<2xcomplex<f64>>
          return %c : tensor<2xcomplex<f64>>
        }""",
    r"iree_linalg_ext\.fft has not been lowered": """
        func.func @main(%re: tensor<8xf32>, %im: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
          %s = arith.constant 1 : index
          %r:2 = iree_linalg_ext.fft ins(%s : index) outs(%re, %im : tensor<8xf32>, tensor<8xf32>)
              : tensor<8xf32>, tensor<8xf32>
          return %r#0, %r#1 : tensor<8xf32>, tensor<8xf32>
        }""",
}


@pytest.mark.parametrize("message", REFUSED)
def test_crashing_programs_never_reach_the_compiler(message: str) -> None:
    module = ir.Module.parse(REFUSED[message], context())
    with pytest.raises(InternalError, match=message):
        backend.compile_module(module, host())


def test_bools_are_zero_or_one() -> None:
    suite = Suite()
    x = np.array([3, 2, 0, 255, 128], U8)
    suite.add(
        "bools",
        lambda v: builders.elementwise(lambda a: scalar.convert(U8, BOOL, a), [v], signless(BOOL)),
        [x],
        U8,
    )
    program: Program = suite.program()
    np.testing.assert_array_equal(program(x)[0], np.array([1, 1, 0, 1, 1], U8))
