"""The verifier: accepts what axir builds, and says where a module breaks a rule (see also golden/invalid)."""

from __future__ import annotations

import pytest
from random_programs import random_module

from axir_compiler.errors import VerificationError
from axir_compiler.ir.module import FunctionBuilder, body_of, functions, new_module, parse_module
from axir_compiler.ir.types import Aval, mlir_type
from axir_compiler.mlir import context, ir
from axir_compiler.passes.verify import location_text, verify_module
from axir_compiler.pipeline import REWRITES, run_passes
from cases import CASES


@pytest.fixture(scope="module")
def all_cases() -> ir.Module:
    """One function that applies the op of every row of the case table, with each of its dtypes."""
    module = new_module()
    runs = [run for case in CASES for run in case.runs()]
    kinds = [[mlir_type(Aval(x.shape, x.dtype)) for x in case.arrays(dtype)] for case, dtype in runs]
    builder = FunctionBuilder(module, "f", [t for types in kinds for t in types])
    arguments = iter(builder.arguments)
    with builder, ir.Location.unknown(context()):
        for (case, dtype), types in zip(runs, kinds, strict=True):
            case.op_class.build(*[next(arguments) for _ in types], **case.attrs_for(dtype))
    builder.finish([])
    return module


def test_every_case_is_accepted(all_cases: ir.Module) -> None:
    verify_module(all_cases)


def test_every_case_can_be_printed_and_parsed(all_cases: ir.Module) -> None:
    text = str(all_cases)
    again = parse_module(text)
    verify_module(again)
    assert str(again) == text
    pairs = zip(
        body_of(functions(all_cases)["f"]).operations, body_of(functions(again)["f"]).operations, strict=True
    )
    for old, new in pairs:
        assert type(old) is type(new)
        if hasattr(old, "attrs"):
            assert old.attrs == new.attrs  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("seed", range(5))
def test_programs_are_accepted_before_and_after_rewriting(seed: int) -> None:
    module = random_module(seed)
    verify_module(module)
    run_passes(module, REWRITES)
    verify_module(module)


def test_messages_name_the_line() -> None:
    module = parse_module("""
        func.func @f(%x: tensor<2xf32>) -> tensor<2xf64> {
          %y = "axir.sin"(%x) : (tensor<2xf32>) -> tensor<2xf64> loc("wave.py":12:3)
          return %y : tensor<2xf64>
        }""")
    with pytest.raises(
        VerificationError, match=r"axir\.sin: result type must be f32\[2\].* At wave\.py:12\.$"
    ):
        verify_module(module)


@pytest.mark.parametrize(
    ("location", "text"),
    [
        ('loc("wave.py":12:3)', "wave.py:12"),
        ('loc("sine"("wave.py":12:3))', "wave.py:12"),
        ("loc(unknown)", "unknown"),
    ],
)
def test_locations_are_shown_as_file_and_line(location: str, text: str) -> None:
    module = parse_module(f"func.func @f() {{ return }} {location}")
    assert location_text(functions(module)["f"].location) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("func.func @f(", r"broken\.mlir: .* at loc"),
        ("func.func @f() -> tensor<f32> { return }", r"broken\.mlir: .*return"),
        ('func.func @f() { %x = "axir.sin"(%y) : (tensor<f32>) -> tensor<f32> return }', r"broken\.mlir: .*"),
    ],
)
def test_text_that_is_no_mlir_is_refused(text: str, message: str) -> None:
    with pytest.raises(VerificationError, match=message):
        parse_module(text, "broken.mlir")
