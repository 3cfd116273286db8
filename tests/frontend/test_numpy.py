"""axir.numpy against NumPy: eagerly and compiled, values, shapes and dtypes."""

import warnings

import numpy as onp
import pytest
from numpy_cases import ALL as FIRST
from numpy_cases import POOL, arguments, title
from numpy_more_cases import MORE

import axir
import axir.numpy as np

ALL = {**FIRST, **MORE}
ARRAYS = {name: np.asarray(value) for name, value in POOL.items()}
NARROW = {onp.dtype("float64"): onp.dtype("float32"), onp.dtype("int64"): onp.dtype("int32")}
# Rows of NumPy's functions differ from ours in dtype here: integer sums and counts are 32 bits wide, and so on.
KINDS = {"b": "b", "i": "i", "u": "u", "f": "f", "c": "c"}


def _leaves(found):
    return [leaf for item in found for leaf in _leaves(item)] if isinstance(found, list | tuple) else [found]


def _reference(function):
    with warnings.catch_warnings(), onp.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return [onp.asarray(v) for v in _leaves(function(onp, *arguments(function, POOL)))]


def _compare(found, expected, label):
    assert len(found) == len(expected), label
    for mine, theirs in zip(found, expected, strict=True):
        value = onp.asarray(mine)
        assert value.shape == theirs.shape, label
        assert KINDS[value.dtype.kind] == theirs.dtype.kind, (label, value.dtype, theirs.dtype)
        assert value.dtype.itemsize <= (8 if value.dtype.kind == "c" else 4), (label, value.dtype)
        if value.dtype.kind in "fc":
            onp.testing.assert_allclose(value, theirs, rtol=3e-6, atol=1e-6, err_msg=label)
        else:
            onp.testing.assert_array_equal(value, theirs, err_msg=label)


@pytest.mark.parametrize("family", ALL)
def test_eager_results_are_numpys(family):
    for function in ALL[family]:
        _compare(_leaves(function(np, *arguments(function, ARRAYS))), _reference(function), title(function))


@pytest.mark.parametrize("family", ALL)
def test_compiled_results_are_the_eager_ones(family):
    functions = ALL[family]
    chunk = 70
    for start in range(0, len(functions), chunk):
        part = functions[start : start + chunk]
        compiled = axir.jit(lambda pool, part=part: [_leaves(f(np, *arguments(f, pool))) for f in part])(
            ARRAYS
        )
        for function, found in zip(part, compiled, strict=True):
            expected = _leaves(function(np, *arguments(function, ARRAYS)))
            for mine, eager in zip(found, expected, strict=True):
                assert (mine.shape, mine.dtype, mine.weak_type) == (
                    eager.shape,
                    eager.dtype,
                    eager.weak_type,
                ), title(function)
                onp.testing.assert_allclose(mine, eager, rtol=3e-6, atol=1e-6, err_msg=title(function))
