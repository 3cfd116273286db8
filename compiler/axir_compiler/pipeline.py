"""The way of a program from the traced dialect to the module that IREE compiles."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from axir_compiler.collector import collector_paused
from axir_compiler.errors import VerificationError
from axir_compiler.ir.module import copy_functions, lookup, new_module
from axir_compiler.mlir import ir
from axir_compiler.ops.custom_vmap import names_batching_rules
from axir_compiler.passes.base import Pass
from axir_compiler.passes.canonicalize import CanonicalizePass
from axir_compiler.passes.cse import CommonSubexpressionsPass
from axir_compiler.passes.dce import DeadCodePass, DeadFunctionsPass
from axir_compiler.passes.expand import ExpandTransformsPass
from axir_compiler.passes.fold_constants import FoldConstantsPass
from axir_compiler.passes.inline import InlinePass
from axir_compiler.passes.lower_to_linalg import LowerToLinalgPass
from axir_compiler.passes.registry import PASSES

__all__ = [
    "EVALUATION",
    "PASSES",
    "REWRITES",
    "Report",
    "compiled_form",
    "extract",
    "parse_pipeline",
    "rewritten_form",
    "run_passes",
    "settle",
]

_SIMPLIFICATION: tuple[Pass, ...] = (
    DeadFunctionsPass(),
    # Rules leave neutral elements, double transposes and literal arithmetic behind.
    CanonicalizePass(),
    FoldConstantsPass(),
    # Folding makes more ops equal; dead ones go last, when all uses are known.
    CommonSubexpressionsPass(),
    DeadCodePass(),
)

REWRITES: tuple[Pass, ...] = (
    # Transformation ops first: everything after works on plain functions.
    ExpandTransformsPass(),
    # IREE compiles one function, and simplification sees across what were calls.
    InlinePass(),
    *_SIMPLIFICATION,
)
"""From the traced program to what is lowered."""

EVALUATION: tuple[Pass, ...] = (
    ExpandTransformsPass(),
    # Functions traced for jit stay calls: they run compiled.
    InlinePass(keep_jit=True),
    *_SIMPLIFICATION,
)
"""From the traced program to what is evaluated with NumPy."""


@dataclass
class Report:
    """What a run of passes did: seconds by pass, and IR snapshots where they were asked for."""

    seconds: list[tuple[str, float]] = field(default_factory=list)
    snapshots: list[tuple[str, str]] = field(default_factory=list)


def run_passes(
    module: ir.Module,
    passes: Sequence[Pass],
    *,
    snapshots: bool = False,
    after: Callable[[Pass], None] | None = None,
) -> Report:
    """Run passes in order.

    Args:
        module: rewritten in place.
        passes: what to run.
        snapshots: keep the IR before the first and after each pass, as text.
        after: called after each pass.
    """
    report = Report()
    if snapshots:
        report.snapshots.append(("input", str(module)))
    for one in passes:
        start = time.perf_counter()
        with collector_paused():
            one.run(module)
        report.seconds.append((str(one), time.perf_counter() - start))
        if snapshots:
            report.snapshots.append((str(one), str(module)))
        if after is not None:
            after(one)
    return report


_SHORT_NAMES = {"to-linalg": "lower-to-linalg"}


def parse_pipeline(text: str) -> list[Pass]:
    """Passes from text: ``name{option=value,...},name,...``.

    Raises:
        VerificationError: a pass or option is unknown, or braces do not match.
    """
    passes = []
    for item in _split(text):
        name, brace, rest = item.partition("{")
        name = _SHORT_NAMES.get(name, name)
        if name not in PASSES:
            raise VerificationError(
                f"pipeline: there is no pass {name!r}; the passes are {', '.join(PASSES)}."
            )
        if brace and not rest.endswith("}"):
            raise VerificationError(f"pipeline: the options of {name} must end in a brace; got {item!r}.")
        pairs = [option.partition("=") for option in rest[:-1].split(",") if option]
        passes.append(PASSES[name].parse_options({key.strip(): value.strip() for key, _, value in pairs}))
    return passes


def _split(text: str) -> list[str]:
    """Items between commas that are outside braces."""
    items, depth = [""], 0
    for char in text:
        depth += (char == "{") - (char == "}")
        if char == "," and depth == 0:
            items.append("")
        else:
            items[-1] += char
    if depth:
        raise VerificationError(f"pipeline: braces do not match in {text!r}.")
    return [item.strip() for item in items if item.strip()]


def extract(module: ir.Module, symbol: str, name: str | None = None) -> ir.Module:
    """A module of its own with a function, public, and all that it calls."""
    result = new_module()
    copied = lookup(result, copy_functions(module, result, symbol))
    with result.context:
        copied.attributes["sym_visibility"] = ir.StringAttr.get("public")
        if name is not None:
            copied.attributes["sym_name"] = ir.StringAttr.get(name)
    return result


def settle(module: ir.Module) -> None:
    """Let a program that names Python rules of this process be the same program in every process."""
    if names_batching_rules(module):
        run_passes(module, (ExpandTransformsPass(), InlinePass(), DeadFunctionsPass()))


def rewritten_form(module: ir.Module, symbol: str) -> ir.Module:
    """The function as ``@main`` after all rewrites, still in the dialect."""
    result = extract(module, symbol, "main")
    run_passes(result, REWRITES)
    return result


def compiled_form(module: ir.Module, symbol: str) -> ir.Module:
    """The function as ``@main`` in linalg, as IREE takes it."""
    result = rewritten_form(module, symbol)
    run_passes(result, (LowerToLinalgPass(),))
    return result
