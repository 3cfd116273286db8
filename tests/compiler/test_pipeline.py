"""Pipelines as text, reports of their runs, and the forms of a program on its way to IREE."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from random_programs import arguments, random_module

from axir_compiler.backend import check_lowered
from axir_compiler.errors import VerificationError
from axir_compiler.ir.evaluate import make_plan
from axir_compiler.ir.module import functions, lookup, signature
from axir_compiler.passes.dce import DeadCodePass
from axir_compiler.passes.expand import JvpPass, VmapPass
from axir_compiler.passes.inline import InlinePass
from axir_compiler.pipeline import (
    EVALUATION,
    PASSES,
    REWRITES,
    compiled_form,
    extract,
    parse_pipeline,
    rewritten_form,
    run_passes,
)


def test_pipelines_are_read_with_options() -> None:
    found = parse_pipeline(
        " jvp{func=f, wrt=0:2} ,inline{keep-jit=true},dce,vmap{func=f,size=8,in-axes=-1:0}"
    )
    expected = [
        JvpPass("f", (0, 2)),
        InlinePass(keep_jit=True),
        DeadCodePass(),
        VmapPass("f", 8, (-1, 0)),
    ]
    assert found == expected


def test_the_empty_pipeline_has_no_passes() -> None:
    assert parse_pipeline("") == []
    assert parse_pipeline(" , ") == []


@pytest.mark.parametrize("passes", [REWRITES, EVALUATION])
def test_pipelines_survive_being_written(passes) -> None:
    assert tuple(parse_pipeline(",".join(map(str, passes)))) == passes


@pytest.mark.parametrize("name", PASSES)
def test_every_pass_survives_being_written(name: str) -> None:
    values = {"str": "f", "int": 3, "bool": True, "tuple[int, ...]": (2, -1)}
    kind = PASSES[name]
    one = kind(**{f.name: values[str(f.type)] for f in dataclasses.fields(kind)})
    assert parse_pipeline(str(one)) == [one]
    assert [o.replace("-", "_") for o in kind.option_names()] == [f.name for f in dataclasses.fields(kind)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing", r"there is no pass 'nothing'; the passes are canonicalize, "),
        ("jvp{func=f", r"braces do not match"),
        ("jvp}func=f{", r"there is no pass|braces do not match"),
        ("jvp{func=f}x", r"must end in a brace"),
        ("jvp", r"jvp: the option 'func' must be given"),
        ("jvp{function=f}", r"jvp: there is no option 'function'; its options are: func, wrt"),
        ("dce{fast=true}", r"dce: there is no option 'fast'; its options are: none"),
        ("inline{keep-jit=maybe}", r"inline: option keep-jit must be of type bool; got 'maybe'"),
        ("vmap{func=f,size=big}", r"vmap: option size must be of type int; got 'big'"),
        ("jvp{func=f,wrt=0;1}", r"jvp: option wrt must be of type tuple"),
    ],
)
def test_mistakes_in_pipelines_are_named(text: str, message: str) -> None:
    with pytest.raises(VerificationError, match=message):
        parse_pipeline(text)


def test_reports_hold_times_and_snapshots() -> None:
    module = random_module(0)
    before = str(module)
    seen = []
    report = run_passes(module, REWRITES, snapshots=True, after=lambda one: seen.append(one.name))
    names = [str(p) for p in REWRITES]
    assert [n for n, _ in report.seconds] == names == seen
    assert all(seconds > 0 for _, seconds in report.seconds)
    assert [n for n, _ in report.snapshots] == ["input", *names]
    assert report.snapshots[0][1] == before
    assert report.snapshots[-1][1] == str(module) != before


def test_snapshots_are_made_on_request_only() -> None:
    assert run_passes(random_module(0), REWRITES).snapshots == []


def test_extracted_functions_are_alone_with_what_they_call() -> None:
    module = random_module(0)
    found = extract(module, "g", "main")
    assert list(functions(found)) == ["main", "h"]
    assert [str(f.sym_visibility) for f in functions(found).values()] == ['"public"', '"private"']
    assert signature(lookup(found, "main")) == signature(lookup(module, "g"))
    assert list(functions(module)) == ["h", "g", "f"]


def test_extracting_leaves_the_module_as_it_was() -> None:
    module = random_module(0)
    before = str(module)
    rewritten_form(module, "f")
    assert str(module) == before


@pytest.mark.parametrize("seed", range(5))
def test_the_rewritten_form_is_one_function(seed: int) -> None:
    module = random_module(seed)
    found = rewritten_form(module, "f")
    assert list(functions(found)) == ["main"]
    inputs = arguments(seed)
    for actual, expected in zip(
        make_plan(found, "main")(*inputs), make_plan(module, "f")(*inputs), strict=True
    ):
        np.testing.assert_allclose(actual, expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("seed", range(5))
def test_the_compiled_form_has_no_op_of_the_dialect(seed: int) -> None:
    found = compiled_form(random_module(seed), "f")
    check_lowered(found)
    assert list(functions(found)) == ["main"]
    assert not re.search(r"\baxir\.(?!kernel_barrier\b)", str(found))


def test_the_same_program_has_the_same_form() -> None:
    """Cache keys are hashes of it."""
    assert str(compiled_form(random_module(4), "f")) == str(compiled_form(random_module(4), "f"))


def test_missing_functions_are_named() -> None:
    with pytest.raises((VerificationError, KeyError), match="nothing"):
        extract(random_module(0), "nothing")
