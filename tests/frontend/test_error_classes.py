"""Classes of errors: what they inherit, how they are called, and that they survive pickling."""

from __future__ import annotations

import pickle
import traceback

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import errors, lax


@pytest.mark.parametrize("builtin", [ValueError, TypeError])
def test_shapes_that_do_not_fit_are_caught_as_numpy_and_as_jax_raise_them(builtin: type[Exception]) -> None:
    for call in (
        lambda: np.ones(3) + np.ones(4),
        lambda: lax.add(np.ones(3), np.ones(4)),
        lambda: np.reshape(np.ones(3), (2, 2)),
        lambda: axir.tree.map(lambda x, y: x, (1, 2), (1,)),
    ):
        with pytest.raises(builtin):
            call()


@pytest.mark.parametrize("name", errors.__all__)
def test_errors_are_called_by_their_public_name(name: str) -> None:
    kind = getattr(errors, name)
    assert (kind.__module__, kind.__qualname__) == ("axir.errors", name)
    found = pickle.loads(pickle.dumps(kind("text")))
    assert type(found) is kind
    assert str(found) == "text"


def test_tracebacks_show_the_public_name() -> None:
    with pytest.raises(errors.ShapeError) as found:
        np.ones(3) + np.ones(4)
    assert (
        "".join(traceback.format_exception(found.value))
        .splitlines()[-1]
        .startswith("axir.errors.ShapeError: add")
    )


@pytest.mark.parametrize("wrap", [lambda f: f, axir.jit], ids=["eager", "jit"])
def test_integers_to_known_negative_powers_are_refused(wrap) -> None:
    for exponent in (-1, onp.int32(-1), onp.array(-2), np.array(-1)):
        with pytest.raises(TypeError, match="negative"):
            wrap(lambda x, exponent=exponent: np.power(x, exponent))(2)
        assert wrap(lambda x, exponent=exponent: np.power(x, exponent))(1.0) == 1.0
    with pytest.raises(TypeError, match="negative"):
        np.array([2, 3]) ** -1
    assert wrap(lambda x, y: x**y)(np.array([2, 1, -1]), np.array([-1, -1, -1])).tolist() == [0, 1, -1]
    assert (np.array([2], "int8") ** np.array(3)).dtype == np.int8
