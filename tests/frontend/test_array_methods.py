"""Methods of arrays, exchange with other libraries."""

import copy
import inspect
import pickle

import numpy as onp
import pytest

import axir
import axir.numpy as np

M = np.arange(6.0).reshape(2, 3)
V = onp.asarray(M)

METHODS = [
    lambda m: m.T,
    lambda m: m.mT if isinstance(m, axir.Array) else m.T,
    lambda m: m.sum(0),
    lambda m: m.sum(axis=1, keepdims=True),
    lambda m: m.mean(),
    lambda m: m.prod(1),
    lambda m: m.max(0),
    lambda m: m.min(),
    lambda m: m.argmax(1),
    lambda m: m.argmin(),
    lambda m: m.any(),
    lambda m: m.all(0),
    lambda m: m.var(),
    lambda m: m.std(axis=0, ddof=1),
    lambda m: m.reshape(3, 2),
    lambda m: m.reshape((3, -1)),
    lambda m: m.ravel(),
    lambda m: m.flatten("F"),
    lambda m: m.transpose(),
    lambda m: m.transpose(1, 0),
    lambda m: m.transpose((1, 0)),
    lambda m: m.swapaxes(0, 1),
    lambda m: m[None].squeeze(),
    lambda m: m.clip(1, 4),
    lambda m: m.round(1),
    lambda m: m.dot(m.T),
    lambda m: m.trace(),
    lambda m: m.diagonal(1),
    lambda m: m.repeat(2),
    lambda m: m.astype(bool),
    lambda m: m.astype("int16"),
    lambda m: m.view("uint32"),
    lambda m: m.view("uint8"),
    lambda m: m.view("uint8").view("float32"),
    lambda m: m.copy(),
    lambda m: m.conj().real,
    lambda m: m.imag,
]


@pytest.mark.parametrize("method", METHODS)
def test_methods_are_numpys(method):
    found, expected = onp.asarray(method(M)), method(V)
    assert found.shape == onp.shape(expected)
    onp.testing.assert_allclose(found, expected, rtol=1e-6)


def test_methods_of_traced_arrays():
    compiled = axir.jit(lambda m: [method(m) for method in METHODS])(M)
    for method, found in zip(METHODS, compiled, strict=True):
        onp.testing.assert_allclose(found, onp.asarray(method(M)), rtol=1e-6)


def test_properties():
    assert (M.shape, M.ndim, M.size, M.itemsize, M.nbytes) == ((2, 3), 2, 6, 4, 24)
    assert M.dtype == onp.float32
    assert M.item(3) == 3.0
    assert M.tolist() == V.tolist()
    assert round(np.array(2.6)) == 3
    assert round(np.array(2.64), 1) == onp.float32(2.6)
    assert 3.0 in M
    assert 7.0 not in M


def test_numpy_on_the_left_gives_axir_arrays():
    for found in (V + M, V * M, V @ M.T, onp.float32(2) ** M, V[0] < M, V // (M + 1), onp.float64(1) - M):
        assert isinstance(found, axir.Array)
    onp.testing.assert_allclose(V - M, onp.zeros((2, 3)))
    assert isinstance(onp.add(V, V), onp.ndarray)


def test_dlpack_both_ways():
    theirs = onp.from_dlpack(np.arange(4.0))
    assert theirs.tolist() == [0, 1, 2, 3]
    assert np.from_dlpack(np.ones(2, "bfloat16")).dtype == np.bfloat16
    source = onp.arange(16, dtype=onp.float32)
    assert not onp.shares_memory(onp.asarray(np.from_dlpack(source, copy=True)), source)
    with pytest.raises(TypeError):
        np.from_dlpack([1, 2])
    assert np.from_dlpack(onp.full(2, 1j, onp.complex64)).tolist() == [1j, 1j]
    ours = np.asarray(onp.from_dlpack(onp.arange(3, dtype=onp.float32)))
    assert ours.tolist() == [0, 1, 2]
    assert M.__dlpack_device__() == (1, 0)

    class Exporter:
        def __dlpack__(self, **options):
            return onp.arange(3, dtype=onp.int32).__dlpack__(**options)

        def __dlpack_device__(self):
            return (1, 0)

    assert np.asarray(Exporter()).tolist() == [0, 1, 2]


def test_objects_that_make_arrays():
    class Convertible:
        def __array__(self, dtype=None, copy=None):
            return onp.arange(3.0)

    assert np.asarray(Convertible()).tolist() == [0, 1, 2]
    assert np.asarray(memoryview(bytearray(b"\x01\x02"))).tolist() == [1, 2]
    assert np.asarray(range(3)).tolist() == [0, 1, 2]
    assert np.asarray(((1, 2), [3, 4])).shape == (2, 2)


def test_frozen_numpy_arrays_are_shared_and_others_copied():
    frozen = onp.arange(4, dtype=onp.float32)
    frozen.flags.writeable = False
    assert onp.shares_memory(onp.asarray(np.asarray(frozen)), frozen)
    thawed = onp.arange(4, dtype=onp.float32)
    view = thawed[:]
    view.flags.writeable = False
    # A read-only view can still change through its owner.
    assert not onp.shares_memory(onp.asarray(np.asarray(view)), thawed)


def test_copies():
    for same in (copy.copy(M), copy.deepcopy(M), pickle.loads(pickle.dumps(M))):
        onp.testing.assert_array_equal(same, M)
        assert same.dtype == M.dtype
    assert M.__array_namespace__() is np


def test_where_arrays_lie() -> None:
    x = np.arange(3.0)
    assert x.sharding.device_set == {x.device} and x.sharding.is_fully_replicated
    assert x.sharding == (x + 1).sharding
    assert x.unsafe_buffer_pointer() == onp.asarray(x).ctypes.data
    assert x.clone() is x


def test_methods_of_keys() -> None:
    keys = axir.random.split(axir.random.key(0), (2, 2))
    assert keys.repeat(2, axis=0).shape == (4, 2)
    assert keys.device == axir.random.key_data(keys).device


def test_annotations_of_keys() -> None:
    """What users write, ``key: axir.Array``, is what type checkers see."""
    for function in (axir.random.key, axir.random.split, axir.random.fold_in, axir.random.wrap_key_data):
        assert inspect.unwrap(function).__annotations__["return"] == "Array"
    assert isinstance(axir.random.key(0), axir.Array)
