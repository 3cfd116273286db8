"""Universal functions: calls, reductions, running combinations, updates, against NumPy's."""

import inspect
import pickle

import numpy as onp
import pytest

import axir
import axir.numpy as np

BINARY = (
    *(
        "add",
        "bitwise_and",
        "bitwise_or",
        "bitwise_xor",
        "logaddexp",
        "logaddexp2",
        "logical_and",
        "logical_or",
    ),
    *("logical_xor", "maximum", "minimum", "multiply", "subtract"),
)
RNG = onp.random.default_rng(3)
FLOATS = RNG.normal(size=(4, 5)).astype(onp.float32)
INTEGERS = RNG.integers(-9, 9, (4, 5)).astype(onp.int32)
MASK = RNG.random((4, 5)) > 0.4


def _operand(name):
    return INTEGERS if name.startswith(("bitwise", "logical")) else FLOATS


def _pairs(name):
    """What a universal function does with ``a``, to be compared with NumPy's."""
    a = _operand(name)
    starts = onp.array([0, 2, 1, 3])
    calls = {
        "call": lambda f: f(a, a[::-1]),
        "reduce": lambda f: f.reduce(a),
        "flat": lambda f: f.reduce(a.ravel(), axis=None, keepdims=True),
        "initial": lambda f: f.reduce(a, axis=1, initial=2, keepdims=True),
        "accumulate": lambda f: f.accumulate(a, axis=1),
        "reduceat": lambda f: f.reduceat(a, starts, axis=1),
        "outer": lambda f: f.outer(a[0], a[:2]),
    }
    if name != "subtract":  # NumPy refuses a mask without an identity
        calls["masked"] = lambda f: f.reduce(a, axis=-1, where=MASK, initial=1)
    return calls


def _compare(found, expected, label):
    kinds = found.dtype.kind, onp.asarray(expected).dtype.kind
    if label[1] != "reduceat":  # a bool among numbers is kept as one of them
        assert kinds[0] == kinds[1], label
    onp.testing.assert_allclose(onp.asarray(found), expected, rtol=2e-5, atol=1e-5, err_msg=str(label))


@pytest.mark.parametrize("name", BINARY)
def test_methods_are_numpys(name):
    for kind, call in _pairs(name).items():
        expected = call(getattr(onp, name))
        if kind == "reduceat" and expected.dtype == bool:
            expected = call(getattr(onp, name)) != 0
            _compare(call(getattr(np, name)) != 0, expected, (name, kind))
        else:
            _compare(call(getattr(np, name)), expected, (name, kind))


def test_methods_compile():
    calls = [
        (n, k, f) for n in BINARY for k, f in _pairs(n).items() if k in ("reduce", "masked", "accumulate")
    ]
    compiled = axir.jit(lambda: [call(getattr(np, name)) for name, _, call in calls])()
    for (name, kind, call), found in zip(calls, compiled, strict=True):
        _compare(found, call(getattr(onp, name)), (name, kind))


@pytest.mark.parametrize("name", BINARY)
def test_updates_one_after_the_other(name):
    a = _operand(name)
    index, values = onp.array([1, 1, 3]), a[:3]
    expected = a.copy()
    if name.startswith("logical"):
        expected = expected != 0
    getattr(onp, name).at(expected, index, values)
    found = getattr(np, name).at(a, index, values, inplace=False)
    onp.testing.assert_allclose(onp.asarray(found), expected, rtol=2e-5, atol=1e-5)


def test_updates_of_one_operand_and_out_of_bounds():
    assert np.negative.at(np.arange(4), np.array([1, 1, 2]), inplace=False).tolist() == [0, 1, -2, 3]
    assert np.bitwise_or.at(np.arange(3), np.array([7, -1]), 4, inplace=False).tolist() == [0, 1, 6]
    found = np.bitwise_xor.at(np.arange(6).reshape(2, 3), (slice(None), 1), 8, inplace=False)
    assert found.tolist() == [[0, 9, 2], [3, 12, 5]]


def test_functions_of_python():
    f = np.frompyfunc(lambda x, y: x * y + 1, 2, 1, identity=0)
    a = INTEGERS

    def folded(rows, start=None):
        total = rows[0] if start is None else start * rows[0] + 1
        for row in rows[1:]:
            total = total * row + 1
        return total

    onp.testing.assert_array_equal(f(a, 3), a * 3 + 1)
    onp.testing.assert_array_equal(f.reduce(a, initial=2), folded(a, 2))
    onp.testing.assert_array_equal(f.reduce(a), folded(a, 0))
    onp.testing.assert_array_equal(f.accumulate(a)[-1], folded(a))
    onp.testing.assert_array_equal(f.outer(a[0], a[1]), a[0][:, None] * a[1] + 1)
    masked = f.reduce(a, where=MASK, initial=1)
    expected = [
        folded(column[keep], 1) if keep.any() else 1 for column, keep in zip(a.T, MASK.T, strict=True)
    ]
    onp.testing.assert_array_equal(masked, expected)
    assert (f.nin, f.nout, f.identity) == (2, 1, 0)
    assert np.frompyfunc(lambda x: (x, -x), 1, 2)(np.arange(2))[1].tolist() == [0, -1]


def test_they_are_functions_like_others():
    assert isinstance(np.add, np.ufunc) and repr(np.add) == "<axir.numpy.ufunc 'add'>"
    assert np.add.__name__ == "add" and "x1 + x2" in np.add.__doc__
    assert list(inspect.signature(np.add).parameters) == ["x1", "x2", "out", "where"]
    assert (np.add.nin, np.add.nout, np.add.identity, np.negative.nin) == (2, 1, 0, 1)
    assert (np.multiply.identity, np.maximum.identity, np.logaddexp.identity) == (1, None, -onp.inf)
    assert pickle.loads(pickle.dumps(np.add)) is np.add and hash(np.add) != hash(np.subtract)
    x = np.arange(3.0)
    assert axir.jit(np.add)(x, x).tolist() == axir.vmap(np.add)(x, x).tolist() == [0, 2, 4]
    onp.testing.assert_allclose(axir.grad(lambda v: np.multiply.reduce(v))(x + 1), [6, 3, 2])
    shares = axir.grad(lambda v: np.logaddexp.reduce(v))(x)
    onp.testing.assert_allclose(shares, onp.exp(x) / onp.exp(x).sum(), rtol=1e-6)


def test_dtypes_of_combinations():
    assert np.add.reduce(np.ones(3, np.int8)).dtype == onp.int32
    assert np.add.accumulate(np.ones(3, bool)).tolist() == [1, 2, 3]
    assert np.add.accumulate(np.arange(3), dtype=np.float32).dtype == onp.float32
    assert np.logical_or.accumulate(np.arange(3)).dtype == bool
    assert np.logaddexp.reduceat(np.arange(3), np.array([0, 1])).dtype == onp.float32
    assert float(np.add.reduce(np.zeros(0))) == 0


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: np.add(1, 2, out=3), NotImplementedError, "out must be None"),
        (lambda: np.add(1, 2, where=True), NotImplementedError, "where must be None"),
        (lambda: np.add.at(np.ones(2), 0, 1), NotImplementedError, "inplace=False"),
        (lambda: np.negative.reduce(np.ones(2)), ValueError, "two operands"),
        (lambda: np.maximum.reduce(np.ones(2), where=MASK[0, :2]), ValueError, "initial"),
        (lambda: np.add.reduce(np.ones(2), where=np.ones(2)), ValueError, "must be bool"),
        (lambda: np.subtract.reduce(np.ones((0, 3))), ValueError, "no element"),
        (lambda: np.bitwise_or.reduce(np.ones((2, 3), int), axis=(0, 1)), NotImplementedError, "one axis"),
        (lambda: np.add.accumulate(np.ones(2), axis=None), ValueError, "one axis"),
        (lambda: np.add.reduceat(np.ones(2), 0), ValueError, "vector of indices"),
        (lambda: np.frompyfunc(lambda x: x, 1, 1)(1, 2), TypeError, "takes 1 operands"),
        (lambda: np.add.reduce(np.ones(2), axis=1), IndexError, "out of bounds"),
    ],
)
def test_errors_say_what_is_wrong(call, error, text):
    with pytest.raises(error, match=text):
        call()
