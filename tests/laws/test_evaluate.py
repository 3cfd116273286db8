"""The NumPy rule of each op against a reference, for each dtype; its types against the type rule."""

from __future__ import annotations

import numpy as np
import pytest
from harness import SYMBOL, assert_agree, evaluate, function_of

from axir_compiler.ir.types import Aval
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
    for actual, wanted in zip(found, expected, strict=True):
        assert_agree(actual, np.asarray(wanted), case.ulp, case.name(dtype))
