"""Compiled ops against evaluated ones, for each dtype, in a few large programs.

NaN, infinities, signed zeros and extreme integers are among the operands. Denormal results may be zero: the
CPU's kernels flush them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from compiled import Program, Run, culprits
from harness import assert_same_outcome, differences

from axir_compiler.errors import CompileError
from axir_compiler.ir.evaluate import evaluate_op
from axir_compiler.ir.types import DTYPES, dtype_name
from axir_compiler.ops.elementwise import Elementwise
from cases import CASES
from samples import Arg, Case

SAMPLES = 64
"""Calls of a program of one-element ops; each takes another combination of edge cases."""


def _form(case: Case) -> str:
    """The last word of an elementwise case's label: which shape it has."""
    return case.label.rpartition(", ")[2]


def _groups() -> Iterator[tuple[str, list[Run]]]:
    """Cases that share a program.

    Vectors and single elements are different code, so both are compiled for each dtype. Rank 0 is code for a
    single element, and without elements there is none: one dtype is enough.
    """
    elementwise = [c for c in CASES if issubclass(c.op_class, Elementwise)]
    for form in ("special", "one"):
        for dtype in DTYPES:
            runs = [(c, dtype) for c in elementwise if _form(c) == form and dtype in c.dtypes]
            yield f"elementwise {form} {dtype_name(dtype)}", runs
    yield "elementwise shapes", [next(c.runs()) for c in elementwise if _form(c) in ("rank 0", "empty")]
    others = [c for c in CASES if c not in elementwise]
    for op in sorted({c.op for c in others}):
        yield op, [run for c in others if c.op == op for run in c.runs()]


GROUPS = dict(_groups())


def _compile(runs: Sequence[Run], *, large: bool = False) -> Program:
    try:
        return Program(runs, large=large)
    except CompileError as error:
        found = culprits(runs) or [str(error)]
    pytest.fail("does not compile:\n" + "\n".join(found))


def _problems(program: Program, operands: Sequence[Sequence[np.ndarray]]) -> list[str]:
    """Differences between compiled and evaluated results, as text."""
    problems = []
    for (case, dtype), arrays, found in zip(program.runs, operands, program(operands), strict=True):
        evaluated = evaluate_op(case.op_class, arrays, case.attrs_for(dtype))
        evaluated = evaluated if isinstance(evaluated, tuple) else (evaluated,)
        if case.outcome is not None:
            name, limit = case.name(dtype), case.kernel_ulp
            try:
                assert_same_outcome(case, arrays, found, evaluated, limit, name)
            except AssertionError as error:
                problems.append(str(error))
            continue
        for actual, expected in zip(found, evaluated, strict=True):
            tolerance = case.kernel_ulp
            wrong = differences(actual, np.asarray(expected), tolerance, flushed=True, operands=arrays)
            problems += [f"{case.name(dtype)}: {wrong}"] if wrong else []
    return problems


def _single_elements(case: Case, dtype: np.dtype) -> Iterator[list[np.ndarray]]:
    """Operands of shape ``[1]``: combinations of edge cases in a random order, again and again."""
    args = tuple(Arg(special=True, dtype=a.dtype) for a in case.args)
    table = Case(case.op, case.label, args, case.reference, case.dtypes).arrays(dtype)
    order = np.random.default_rng(len(table[0])).permutation(len(table[0]))
    while True:
        for i in order:
            yield [x[i : i + 1] for x in table]


@pytest.mark.parametrize("group", [name for name in GROUPS if not name.startswith("elementwise one")])
def test_compiled_equals_evaluated(group: str) -> None:
    runs = GROUPS[group]
    # The tests of the public API run small functions; what large ones do otherwise is tried here.
    program = _compile(runs, large=not group.startswith("elementwise"))
    problems = _problems(program, [case.arrays(dtype) for case, dtype in runs])
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("group", [name for name in GROUPS if name.startswith("elementwise one")])
def test_compiled_equals_evaluated_on_single_elements(group: str) -> None:
    runs = GROUPS[group]
    program = _compile(runs)
    samples = [_single_elements(case, dtype) for case, dtype in runs]
    problems: dict[str, str] = {}
    for _ in range(SAMPLES):
        for problem in _problems(program, [next(s) for s in samples]):
            problems.setdefault(problem.partition(":")[0], problem)
    assert not problems, "\n".join(problems.values())
