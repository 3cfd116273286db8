"""The NumPy rule of each op against a reference, for each dtype; its types against the type rule."""

from __future__ import annotations

import numpy as np
import pytest
from harness import SYMBOL, assert_agree, assert_same_outcome, evaluate, function_of

import references
from axir_compiler.ir.types import Aval
from axir_compiler.ops.random import Threefry2x32Op
from cases import CASES
from samples import Case


@pytest.mark.parametrize(
    ("case", "dtype"), [pytest.param(c, d, id=c.name(d)) for case in CASES for c, d in case.runs()]
)
def test_evaluation_equals_the_reference(case: Case, dtype: np.dtype) -> None:
    arrays = case.arrays(dtype)
    found = evaluate(function_of(case, dtype), SYMBOL, arrays)
    assert tuple(Aval(x.shape, x.dtype) for x in found) == case.results(arrays, dtype)
    with np.errstate(all="ignore"):
        expected = case.reference(*arrays, **case.attrs_for(dtype))
    expected = expected if isinstance(expected, tuple) else (expected,)
    if case.outcome is not None:
        assert_same_outcome(case, arrays, found, expected, case.ulp, case.name(dtype))
        return
    for actual, wanted in zip(found, expected, strict=True):
        assert_agree(actual, np.asarray(wanted), case.ulp, case.name(dtype))


@pytest.mark.parametrize(
    ("key", "counter", "expected"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_threefry_gives_the_published_answers(
    key: tuple[int, int], counter: tuple[int, int], expected: tuple[int, int]
) -> None:
    """The known answers that come with Random123, the library of the cipher's authors."""
    words = [np.array([w], np.uint32) for w in (*key, *counter)]
    assert tuple(int(x[0]) for x in Threefry2x32Op.numpy(*words)) == expected
    assert tuple(int(x[0]) for x in references.threefry(*words)) == expected
