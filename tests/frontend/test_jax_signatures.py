"""Parameters of axir.numpy's functions and of its arrays' methods are those of JAX, apart from a list."""

import inspect

import pytest

import axir.numpy as np

jax = pytest.importorskip("jax")
import jax.numpy as jnp  # noqa: E402

# What sharding and JAX's own internals need.
LEFT_OUT = {"out_sharding", "_dot_general"}
# Signatures in JAX that only pass on what they get.
OPEN = {"args", "kwargs"}
# Of arrays: buffers of other backends, and what says that memory was given back early.
ARRAY_NAMES_LEFT_OUT = {
    *("delete", "device_buffer", "device_buffers", "flat"),
    *("format", "platform", "traceback"),
}


def _named(function):
    """Parameters that may be given by name."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return [p.name for p in parameters if p.kind is not p.POSITIONAL_ONLY]


def _missing(theirs, ours):
    given, known = _named(theirs), _named(ours)
    if given is None or known is None:
        return []
    return [name for name in given if name not in {*known, *LEFT_OUT, *OPEN}]


@pytest.mark.parametrize("module", ["", "linalg", "fft"])
def test_functions_take_the_arguments_of_jax(module):
    theirs, ours = (getattr(m, module) if module else m for m in (jnp, np))
    lacking = {}
    for name in dir(theirs):
        function = getattr(theirs, name)
        if name.startswith("_") or not callable(function) or isinstance(function, type | jnp.ufunc):
            continue
        missing = _missing(function, getattr(ours, name))
        if missing:
            lacking[name] = missing
    assert lacking == {}


def test_every_public_name_of_jax_is_there():
    assert [n for n in dir(jnp) if not n.startswith("_") and not hasattr(np, n)] == []


def test_arrays_have_the_members_of_jax():
    theirs, ours = jnp.zeros((2, 2)), np.zeros((2, 2))
    names = {n for n in dir(theirs) if not n.startswith("_")}
    assert {n for n in names if not hasattr(ours, n)} == ARRAY_NAMES_LEFT_OUT
    lacking = {}
    for name in names - ARRAY_NAMES_LEFT_OUT:
        if callable(getattr(theirs, name)) and (
            missing := _missing(getattr(theirs, name), getattr(ours, name))
        ):
            lacking[name] = missing
    assert lacking == {}
