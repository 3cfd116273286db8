"""Type promotion: the lattice, weak types, default widths, what is refused."""

import itertools
import warnings

import ml_dtypes
import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import dtypes

NAMES = [
    "bool", "uint8", "uint16", "uint32", "uint64", "int", "int8", "int16", "int32", "int64",
    "float", "bfloat16", "float16", "float32", "float64",
    "complex", "complex64", "complex128",
]  # fmt: skip
CODES = {
    "b1": "bool", "u1": "uint8", "u2": "uint16", "u4": "uint32", "u8": "uint64", "i1": "int8", "i2": "int16",
    "i4": "int32", "i8": "int64", "bf": "bfloat16", "f2": "float16", "f4": "float32", "f8": "float64",
    "i*": "int64", "f*": "float64",
    "c4": "complex64", "c8": "complex128", "c*": "complex128",
}  # fmt: skip
# Rows and columns in the order of NAMES, made with JAX under x64; a star marks a weak result.
TABLE = [
    "b1 u1 u2 u4 u8 i* i1 i2 i4 i8 f* bf f2 f4 f8 c* c4 c8",
    "u1 u1 u2 u4 u8 u1 i2 i2 i4 i8 f* bf f2 f4 f8 c* c4 c8",
    "u2 u2 u2 u4 u8 u2 i4 i4 i4 i8 f* bf f2 f4 f8 c* c4 c8",
    "u4 u4 u4 u4 u8 u4 i8 i8 i8 i8 f* bf f2 f4 f8 c* c4 c8",
    "u8 u8 u8 u8 u8 u8 f* f* f* f* f* bf f2 f4 f8 c* c4 c8",
    "i* u1 u2 u4 u8 i* i1 i2 i4 i8 f* bf f2 f4 f8 c* c4 c8",
    "i1 i2 i4 i8 f* i1 i1 i2 i4 i8 f* bf f2 f4 f8 c* c4 c8",
    "i2 i2 i4 i8 f* i2 i2 i2 i4 i8 f* bf f2 f4 f8 c* c4 c8",
    "i4 i4 i4 i8 f* i4 i4 i4 i4 i8 f* bf f2 f4 f8 c* c4 c8",
    "i8 i8 i8 i8 f* i8 i8 i8 i8 i8 f* bf f2 f4 f8 c* c4 c8",
    "f* f* f* f* f* f* f* f* f* f* f* bf f2 f4 f8 c* c4 c8",
    "bf bf bf bf bf bf bf bf bf bf bf bf f4 f4 f8 c4 c4 c8",
    "f2 f2 f2 f2 f2 f2 f2 f2 f2 f2 f2 f4 f2 f4 f8 c4 c4 c8",
    "f4 f4 f4 f4 f4 f4 f4 f4 f4 f4 f4 f4 f4 f4 f8 c4 c4 c8",
    "f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 c8 c8 c8",
    "c* c* c* c* c* c* c* c* c* c* c* c4 c4 c4 c8 c* c4 c8",
    "c4 c4 c4 c4 c4 c4 c4 c4 c4 c4 c4 c4 c4 c4 c8 c4 c4 c8",
    "c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8 c8",
]
PYTHON = {"int": 1, "float": 1.0, "complex": 1j}


def _operand(name):
    return PYTHON[name] if name in PYTHON else np.ones((), name)


def test_the_lattice_under_x64():
    with axir.enable_x64():
        for (row, left), (column, right) in itertools.product(enumerate(NAMES), repeat=2):
            code = TABLE[row].split()[column]
            found = np.where(True, _operand(left), _operand(right))
            assert (found.dtype.name, found.weak_type) == (CODES[code], code.endswith("*")), (left, right)


def test_the_lattice_without_x64_is_32_bits_wide():
    narrow = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}
    for (row, left), (column, right) in itertools.product(enumerate(NAMES), repeat=2):
        if left in narrow or right in narrow:
            continue
        code = TABLE[row].split()[column]
        expected = narrow.get(CODES[code], CODES[code])
        found = np.where(True, _operand(left), _operand(right))
        assert (found.dtype.name, found.weak_type) == (expected, code.endswith("*")), (left, right)


def test_promotion_is_commutative_and_associative():
    three = itertools.product(NAMES, repeat=3)
    kinds = {"int": int, "float": float, "complex": complex}
    with axir.enable_x64():
        for a, b, c in three:
            a, b, c = (kinds.get(n, n) for n in (a, b, c))
            assert np.result_type(a, b) == np.result_type(b, a)
            assert len({np.result_type(*order) for order in itertools.permutations((a, b, c))}) == 1


def test_traced_operands_are_promoted_alike():
    operands = [_operand(n) for n in NAMES if n not in PYTHON and dtypes.canonicalize_dtype(n).name == n]

    def all_pairs(xs):
        ys = [*xs, 1, 2.0, 3j]
        return [np.where(True, a, b) for a, b in itertools.product(ys, repeat=2)]

    shapes = axir.eval_shape(all_pairs, operands)
    eager = all_pairs(operands)
    assert [(s.dtype, s.weak_type) for s in shapes] == [(e.dtype, e.weak_type) for e in eager]


@pytest.mark.parametrize(
    ("call", "dtype", "weak"),
    [
        (lambda: np.asarray(1), "int32", True),
        (lambda: np.asarray(1.0), "float32", True),
        (lambda: np.asarray(True), "bool", False),
        (lambda: np.asarray(1j), "complex64", True),
        (lambda: np.asarray([1, 2j]), "complex64", False),
        (lambda: np.asarray(onp.array([1j])), "complex64", False),
        (lambda: np.arange(3) * 1j, "complex64", True),
        (lambda: np.float16(1) + 1j, "complex64", False),
        (lambda: np.ones(2, complex) * onp.float64(2), "complex64", False),
        (lambda: abs(np.asarray(1j)), "float32", True),
        (lambda: np.sin(1j), "complex64", True),
        (lambda: np.asarray([1, 2.5]), "float32", False),
        (lambda: np.asarray([True, 2]), "int32", False),
        (lambda: np.asarray([np.int8(1), 2]), "int8", False),
        (lambda: np.asarray([np.int8(1), np.float16(2)]), "float16", False),
        (lambda: np.asarray([]), "float32", False),
        (lambda: np.asarray(onp.arange(3.0)), "float32", False),
        (lambda: np.asarray(onp.float64(3)), "float32", False),
        (lambda: np.asarray(1, dtype=float), "float32", False),
        (lambda: np.asarray(1.0) + 1, "float32", True),
        (lambda: np.arange(3) + 1.5, "float32", True),
        (lambda: np.arange(3) + True, "int32", False),
        (lambda: np.arange(3) / 2, "float32", False),
        (lambda: np.float16(1) * onp.float64(2), "float32", False),
        (lambda: np.bfloat16(1) * 2.0, "bfloat16", False),
        (lambda: onp.arange(3.0) + np.int8(1), "float32", False),
        (lambda: np.sin(1), "float32", True),
        (lambda: np.sin(np.int8(1)), "float32", False),
        (lambda: np.where(True, 1, 2.0), "float32", True),
        (lambda: np.where(np.arange(2), np.float16(1), np.bfloat16(2)), "float32", False),
        (lambda: np.copysign(np.asarray(2.0), np.zeros(2)), "float32", False),
        (lambda: np.concatenate([np.arange(2), np.uint8([1])]), "int32", False),
        (lambda: np.sum(np.ones(2, "uint8")), "uint32", False),
        (lambda: np.sum(np.ones(2, bool)), "int32", False),
        (lambda: np.prod(np.ones(2, "int16")), "int32", False),
        (lambda: np.mean(np.ones(2, "bfloat16")), "bfloat16", False),
        (lambda: np.power(2.0, np.arange(2)), "float32", False),
    ],
)
def test_dtypes_of_results(call, dtype, weak):
    found = call()
    assert (found.dtype.name, found.weak_type) == (dtype, weak)


def test_functions_of_the_reals_take_narrow_integers_to_float32_under_x64():
    with axir.enable_x64():
        assert np.sin(np.ones((), "int32")).dtype == onp.float32
        assert np.sin(np.ones((), "int64")).dtype == onp.float64
        assert (np.ones((), "uint16") / 2).dtype == onp.float32


def test_wide_dtypes_that_are_asked_for_become_narrow_with_a_warning():
    for call in (
        lambda: np.zeros(2, np.float64),
        lambda: np.asarray(1, "int64"),
        lambda: np.arange(2, dtype="uint64"),
        lambda: np.ones(2).astype("float64"),
        lambda: np.float64(1),
        lambda: axir.lax.convert_element_type(1, "float64"),
    ):
        with pytest.warns(UserWarning, match="64-bit dtypes are not enabled") as caught:
            assert call().dtype.itemsize == 4
        assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.zeros(2, float).dtype == onp.float32
        assert np.zeros(2, int).dtype == onp.int32
    with axir.enable_x64():
        assert np.zeros(2, np.float64).dtype == onp.float64
        assert np.asarray(1).dtype == onp.int64


@pytest.mark.parametrize(
    "call",
    [
        lambda: np.asarray(2**40),
        lambda: np.asarray([2**40]),
        lambda: np.asarray(onp.array([2**40])),
        lambda: np.asarray(onp.array([2**63], onp.uint64)),
        lambda: np.asarray(-(2**31) - 1),
        lambda: np.array(300, np.uint8),
        lambda: np.array([300], np.uint8),
        lambda: np.uint8(300),
        lambda: np.arange(3) + 2**40,
        lambda: np.uint8(200) + 300,
        lambda: np.uint8(200) - -1,
        lambda: np.full(2, 2**40, int),
        lambda: np.arange(3) < 2**40,
    ],
)
def test_integers_that_do_not_fit_raise(call):
    with pytest.raises(OverflowError):
        call()


def test_integers_that_do_not_fit_raise_while_tracing():
    with pytest.raises(OverflowError, match="fit"):
        axir.jit(lambda x: x + 300)(np.uint8(1))


def test_explicit_conversions_wrap_or_saturate():
    assert np.array(onp.array([300, -1]), np.uint8).tolist() == [44, 255]
    assert np.array([1e10, -1e10, onp.nan]).astype(np.int32).tolist() == [2**31 - 1, -(2**31), 0]
    assert np.uint32(7) * 0x9E3779B9 == (7 * 0x9E3779B9) % 2**32


@pytest.mark.parametrize(
    "value",
    [
        None,
        "text",
        b"bytes",
        [None],
        ["a", "b"],
        onp.array(["a"], object),
        onp.array(["a"]),
        onp.array([1], "datetime64[s]"),
        onp.zeros(2, [("a", "f4")]),
        onp.zeros(2, onp.clongdouble),
        onp.zeros(2, onp.longdouble),
        onp.zeros(2, ml_dtypes.float8_e4m3fn),
        object(),
        {"a": 1},
        onp.ma.masked_array([1.0], [True]),
    ],
)
def test_what_cannot_be_an_array(value):
    with pytest.raises(axir.errors.DTypeError) as caught:
        np.asarray(value)
    assert isinstance(caught.value, TypeError)
    assert "test_promotion.py" in str(caught.value)


def test_operations_do_not_take_lists():
    with pytest.raises(TypeError, match="asarray"):
        np.sin([1.0, 2.0])
    with pytest.raises(TypeError):
        np.add(None, 1)


@pytest.mark.parametrize("ragged", [[[1, 2], [3]], [1, [2]], [[1.0], [[2.0]]], [np.zeros(2), np.zeros(3)]])
def test_ragged_lists(ragged):
    with pytest.raises(axir.errors.ShapeError) as caught:
        np.asarray(ragged)
    assert isinstance(caught.value, ValueError)


def test_bad_dtype_arguments():
    for bad in ("nonsense", "complex256", object, "O", "S3", 3.5):
        with pytest.raises(axir.errors.DTypeError):
            np.zeros(2, bad)


def test_arrays_of_other_byte_orders_and_layouts():
    big = onp.arange(4, dtype=">f4")
    assert np.asarray(big).dtype == onp.dtype("float32")
    assert np.asarray(big).tolist() == [0, 1, 2, 3]
    assert np.asarray(onp.arange(6).reshape(2, 3)[:, ::-2]).tolist() == [[2, 0], [5, 3]]


def test_scalar_types():
    assert np.float32(1).dtype == onp.float32
    assert np.float32([1, 2]).shape == (2,)
    assert onp.dtype(np.bfloat16) == ml_dtypes.bfloat16
    assert np.float32 == onp.float32
    assert onp.dtype("float32") == np.float32
    assert np.float32 != np.float16
    assert len({np.float32, onp.float32}) == 1
    assert repr(np.int8) == "axir.numpy.int8"
    assert np.zeros(2, np.int8).dtype == onp.int8


def test_questions_about_dtypes():
    assert np.issubdtype(np.bfloat16, np.floating)
    assert not np.issubdtype("bfloat16", np.integer)
    assert np.issubdtype(np.uint8, np.integer)
    assert not np.issubdtype(np.float32, np.float64)
    assert np.isdtype("int8", ("bool", "integral"))
    assert not np.isdtype(np.float32, "integral")
    assert float(np.finfo(np.bfloat16).max) == pytest.approx(3.3895314e38)
    assert np.iinfo("int8").max == 127
    assert np.result_type(1, 2.0) == onp.float32
    assert np.result_type("int64", np.float16) == onp.float16
    assert np.promote_types("int32", "uint32") == onp.int32
    assert np.promote_types("float16", np.bfloat16) == onp.float32
    assert dtypes.canonicalize_dtype("int64") == onp.int32
    with pytest.raises(ValueError, match="at least one"):
        np.result_type()
    with pytest.raises(ValueError, match="kind"):
        np.isdtype("int8", "nonsense")
