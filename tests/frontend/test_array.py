"""Arrays: immutability, conversion, printing, pickling, lifetime."""

import ast
import copy
import inspect
import pickle

import numpy as onp
import pytest

import axir
import axir.numpy as np


def test_numpy_sees_the_memory_and_cannot_write_it():
    x = np.arange(4.0)
    view = onp.asarray(x)
    assert onp.shares_memory(view, onp.asarray(x))
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1
    compiled = axir.jit(lambda x: x + 1)(x)
    with pytest.raises(ValueError, match="read-only"):
        onp.asarray(compiled)[0] = 1


def test_arrays_do_not_follow_later_writes_to_their_source():
    source = onp.zeros(3, onp.float32)
    x = np.array(source)
    y = np.asarray(source)
    source[0] = 7
    assert float(x[0]) == 0
    assert float(y[0]) == 0


def test_items_cannot_be_assigned():
    x = np.zeros(3)
    with pytest.raises(TypeError, match="immutable"):
        x[0] = 1


def test_conversions_to_python():
    assert int(np.array(3)) == 3
    assert float(np.array([[2.5]])) == 2.5
    assert [10, 20, 30][np.array(1)] == 20
    assert np.array([1, 2]).tolist() == [1, 2]
    assert np.array(2.0).item() == 2.0
    assert f"{np.array(1.5):.2f}" == "1.50"
    assert len(np.zeros((2, 3))) == 2
    with pytest.raises(ValueError, match="ambiguous"):
        bool(np.zeros(2))
    with pytest.raises(TypeError):
        len(np.array(1.0))
    with pytest.raises(TypeError):
        float(np.zeros(2))
    with pytest.raises(TypeError):
        hash(np.zeros(2))


def test_printing_is_numpys():
    x = np.arange(3.0)
    assert str(x) == "[0. 1. 2.]"
    assert repr(x) == "Array([0., 1., 2.], dtype=float32)"
    assert "weak_type=True" in repr(np.asarray(1.0))


def test_pickle_and_copy():
    x = np.arange(3, dtype="bfloat16")
    for y in (pickle.loads(pickle.dumps(x)), copy.copy(x), copy.deepcopy(x)):
        assert y.dtype == x.dtype
        assert y.tolist() == x.tolist()
    compiled = axir.jit(lambda x: x * 2)(np.arange(3.0))
    assert pickle.loads(pickle.dumps(compiled)).tolist() == [0, 2, 4]


def test_an_array_keeps_its_type_when_its_memory_is_handed_on():
    x = np.asarray(onp.ones((2, 3), "float32"))
    onp.from_dlpack(x)
    assert (x.dtype, x.shape, x.weak_type) == (onp.float32, (2, 3), False)


def test_dlpack_both_ways():
    x = np.arange(6.0).reshape(2, 3)
    assert onp.from_dlpack(x).tolist() == x.tolist()
    back = np.from_dlpack(onp.arange(4, dtype=onp.float32))
    assert back.tolist() == [0, 1, 2, 3]


def test_devices_and_waiting():
    x = np.zeros(3)
    assert x.block_until_ready() is x
    assert axir.block_until_ready({"a": x})["a"] is x
    (device,) = x.devices()
    assert device.platform == "cpu"
    assert device in axir.devices()
    assert axir.device_put(onp.ones(2)).tolist() == [1, 1]
    assert isinstance(axir.device_get(x), onp.ndarray)
    with pytest.raises(RuntimeError, match="cpu"):
        axir.devices("abacus")


def test_deleted_arrays():
    computed = axir.jit(lambda x: x + 1)(np.zeros((300, 300)))
    for x in (np.zeros(3), np.zeros((2, 3)) + 1, computed, axir.device_put(np.ones(3), axir.devices()[0])):
        assert not x.is_deleted()
        shape = x.shape
        x.delete()
        x.delete()
        assert (x.is_deleted(), x.shape, x.dtype, x.is_ready()) == (True, shape, onp.float32, True)
        for use in (onp.asarray, repr, axir.jit(lambda x: x * 2), lambda x: x + 1, axir.device_put):
            with pytest.raises(RuntimeError, match=r"array: f32\[.*\] has been deleted"):
                onp.asarray(use(x))


def test_memory_of_deleted_arrays_is_used_until_the_work_is_done():
    x, double = np.ones((1000, 1000)), axir.jit(lambda x: x * 2)
    for _ in range(19):
        y = double(x)
        x.delete()
        x = y
    assert (x.to_numpy() == 2.0**19).all()


def test_isinstance_holds_for_tracers():
    seen = []
    axir.jit(lambda x: seen.append(isinstance(x, axir.Array)) or x)(1.0)
    assert seen == [True]
    assert isinstance(np.zeros(1), axir.Array)


def test_numpy_operands_on_either_side_give_arrays():
    x = np.arange(3.0)
    for found in (onp.ones(3, onp.float32) + x, x + onp.ones(3, onp.float32), 1 + x, onp.float32(1) * x):
        assert isinstance(found, axir.Array)
        assert found.dtype == onp.float32


def test_type_checkers_see_every_operator_and_method():
    from axir._src import interface, methods

    tree = ast.parse(inspect.getsource(interface))
    declared = next(n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == "ArrayInterface")
    names = {n.name for n in declared.body if isinstance(n, ast.FunctionDef)}
    names |= {n.target.id for n in declared.body if isinstance(n, ast.AnnAssign)}
    operators = {f"__{n}__" for n in (*methods._OPERATORS, *methods._COMPARISONS, *methods._UNARY)}
    attached = operators | set(methods._SHARED) | set(methods._OWN) | set(methods._PROPERTIES)
    assert attached <= names
    assert all(hasattr(axir.Array, name) for name in names)
