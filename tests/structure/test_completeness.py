"""Whatever an op or a pass must have, it has: rules, cases, golden files, documentation."""

from __future__ import annotations

import ast
import inspect
import keyword
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sources import PACKAGES, ROOT, name_of, python_files, syntax

import axir_compiler.ops
from axir_compiler.ir.op import OPS, AxirOp, YieldOp
from axir_compiler.ir.region import HigherOrderOp, RegionOp
from axir_compiler.ir.types import BOOL, DTYPES
from axir_compiler.ops.collective import CollectiveOp
from axir_compiler.ops.custom import NamedFunctionsOp
from axir_compiler.ops.elementwise import Elementwise
from axir_compiler.ops.transformation import TransformationOp
from axir_compiler.passes.base import Pass
from axir_compiler.passes.canonicalize import RULES
from axir_compiler.pipeline import EVALUATION, PASSES, REWRITES
from cases import CASES

COMPILER = PACKAGES["axir_compiler"]
GOLDEN = ROOT / "tests" / "golden"
TRANSFORMATIONS = {name for name, op in OPS.items() if issubclass(op, TransformationOp)}
WITHOUT_OPERANDS = {"constant", "iota"}
COLLECTIVES = {name for name, op in OPS.items() if issubclass(op, CollectiveOp)}
REGIONS = sorted(name for name, op in OPS.items() if issubclass(op, RegionOp))
NAMED = sorted(name for name, op in OPS.items() if issubclass(op, NamedFunctionsOp))
HOST = sorted(
    name for name, op in OPS.items() if issubclass(op, HigherOrderOp) and name not in {*REGIONS, *NAMED}
)
COMPUTED = sorted(set(OPS) - TRANSFORMATIONS - COLLECTIVES - {*REGIONS, *NAMED, *HOST, YieldOp.short_name})


def _overrides(op: type[AxirOp], rule: str) -> bool:
    """Whether an op or its family defines a rule."""
    return inspect.getattr_static(op, rule) is not inspect.getattr_static(AxirOp, rule, None)


@pytest.mark.parametrize("name", OPS)
def test_every_op_is_documented(name: str) -> None:
    op = OPS[name]
    assert op.__dict__.get("__doc__"), f"{op.__name__} has no docstring of its own"
    assert op.__name__ == "".join(part.capitalize() for part in name.split("_")) + "Op"
    assert f"axir.{name}" == op.OPERATION_NAME


@pytest.mark.parametrize("name", COMPUTED)
def test_every_op_has_its_rules(name: str) -> None:
    op = OPS[name]
    missing = [rule for rule in ("infer", "numpy", "lower") if not _overrides(op, rule)]
    if name not in WITHOUT_OPERANDS:
        missing += [] if _overrides(op, "batch") else ["batch"]
        differentiable = op.zero_tangent or op.linear_in or op.multilinear_in or _overrides(op, "jvp")
        missing += [] if differentiable else ["jvp, zero_tangent, linear_in or multilinear_in"]
    if op.linear_in or op.multilinear_in:
        missing += [] if _overrides(op, "transpose") else ["transpose"]
    assert not missing, f"{op.__name__} lacks {', '.join(missing)}"


@pytest.mark.parametrize("name", REGIONS)
def test_every_op_with_regions_has_its_rules(name: str) -> None:
    rules = ("results_for", "numpy", "jvp_with", "transpose_with", "batch_with", "lower_with")
    op = OPS[name]
    missing = [r for r in rules if inspect.getattr_static(op, r) is inspect.getattr_static(RegionOp, r, None)]
    assert not missing, f"{op.__name__} lacks {', '.join(missing)}"
    assert (GOLDEN / "lowering" / f"{name}.mlir").exists()


@pytest.mark.parametrize("name", NAMED)
def test_every_op_that_names_functions_has_its_rules(name: str) -> None:
    op = OPS[name]
    rules = ("jvp_with", "transpose_with", "batch_with", "verify_functions")
    for rule in rules:
        assert inspect.getattr_static(op, rule) is not inspect.getattr_static(HigherOrderOp, rule, None), rule


@pytest.mark.parametrize("name", HOST)
def test_every_op_on_the_host_has_its_rules(name: str) -> None:
    rules = ("infer", "numpy", "evaluation", "jvp_with", "transpose_with", "batch_with", "lower")
    op = OPS[name]
    missing = [
        r for r in rules if inspect.getattr_static(op, r) is inspect.getattr_static(HigherOrderOp, r, None)
    ]
    assert not missing, f"{op.__name__} lacks {', '.join(missing)}"
    assert (GOLDEN / "lowering" / f"{name}.mlir").exists()


@pytest.mark.parametrize("name", COMPUTED)
def test_every_op_is_tried_with_all_its_dtypes(name: str) -> None:
    op = OPS[name]
    rows = [case for case in CASES if case.op == name]
    assert rows, f"axir.{name} has no row in tests/cases.py"
    tried = {dtype for case in rows for dtype in case.dtypes}
    untried = (op.dtypes or frozenset(DTYPES)) - tried
    if name == "iota":
        untried -= BOOL  # counts
    assert not untried, f"axir.{name} is not tried with {sorted(map(str, untried))}"


@pytest.mark.parametrize("name", COMPUTED)
def test_every_op_has_cases_for_its_shapes(name: str) -> None:
    """Elementwise ops get theirs from the table; the others need at least a rank-0 or empty one of their own."""
    rows = [case for case in CASES if case.op == name]
    labels = [case.label.rpartition(", ")[2] for case in rows]
    if issubclass(OPS[name], Elementwise):
        assert {"special", "one", "rank 0", "empty"} <= set(labels)
    elif name not in WITHOUT_OPERANDS:
        assert any(0 in arg.shape or arg.shape == () for case in rows for arg in case.args)
    assert len({(c.op, c.label) for c in rows}) == len(rows)


@pytest.mark.parametrize("name", OPS)
def test_every_op_is_a_function_of_the_vocabulary(name: str) -> None:
    public = f"{name}_" if keyword.iskeyword(name) else name
    assert getattr(axir_compiler.ops, public) == OPS[name].build


@pytest.mark.parametrize("name", COMPUTED)
def test_every_op_is_used_by_the_frontend(name: str) -> None:
    pattern = re.compile(rf"\b{OPS[name].__name__}\b|\"{name}\"|OPS\.{name}\b")
    assert any(pattern.search(p.read_text()) for p in python_files(PACKAGES["axir"])), (
        f"nothing binds axir.{name}"
    )


def _subclasses(kind: type) -> Iterator[type]:
    for one in kind.__subclasses__():
        yield one
        yield from _subclasses(one)


def test_every_pass_is_registered() -> None:
    named = {p for p in _subclasses(Pass) if "name" in p.__dict__}
    assert named == set(PASSES.values())
    assert {p.name for p in (*REWRITES, *EVALUATION)} <= set(PASSES)


@pytest.mark.parametrize("name", PASSES)
def test_every_pass_is_documented(name: str) -> None:
    doc = PASSES[name].__dict__.get("__doc__") or ""
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    assert doc and not doc.startswith(f"{PASSES[name].__name__}("), f"{name} has no docstring"


def _golden_files(path: str) -> list[Path]:
    return sorted((GOLDEN / path).glob("*.mlir"))


@pytest.mark.parametrize("name", PASSES)
def test_every_pass_has_a_golden_file(name: str) -> None:
    if name == "canonicalize":
        assert _golden_files("passes/canonicalize")
        return
    path = GOLDEN / "passes" / f"{name.replace('-', '_')}.mlir"
    assert path.exists()
    assert re.search(rf"// RUN: axir opt %s --passes '?{name}\b", path.read_text())


def test_every_canonicalization_has_a_golden_file() -> None:
    rules = {rule.__name__.removeprefix("_") for _, rule in RULES}
    assert {p.stem for p in _golden_files("passes/canonicalize")} == rules


def test_every_family_has_a_golden_lowering() -> None:
    families = {op.__module__ for name, op in OPS.items() if name in COMPUTED}
    shown = {
        name for name in COMPUTED for p in _golden_files("lowering") if f'"axir.{name}"' in p.read_text()
    }
    assert {OPS[name].__module__ for name in shown} == families


def _messages(path: Path) -> Iterator[tuple[int, str]]:
    """Line, and the longest fixed part, of each message of an error about a module's ops."""
    for node in ast.walk(syntax(path)):
        if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
            continue
        if ast.unparse(node.exc.func) not in ("ShapeError", "DTypeError", "VerificationError"):
            continue
        parts = [
            n.value for n in ast.walk(node.exc) if isinstance(n, ast.Constant) and isinstance(n.value, str)
        ]
        yield node.lineno, max(parts, key=len)


def test_every_rule_of_the_verifier_has_an_invalid_file() -> None:
    """The wording of errors is part of the interface: each message occurs in golden/invalid."""
    expected = "\n".join(p.read_text() for p in _golden_files("invalid"))
    others = ("passes/verify.py", "ir/op.py", "ir/region.py")
    files = [*python_files(COMPILER / "ops"), *(COMPILER / name for name in others)]
    missing = [
        f"{name_of(path)}:{line}: {text!r}"
        for path in files
        for line, text in _messages(path)
        if text.strip(" ;.:'\n") and text.strip() not in expected and len(text.strip()) > 5
    ]
    assert not missing, "\n".join(missing)
