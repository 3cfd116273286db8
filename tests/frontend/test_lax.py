"""axir.lax: exact types, shapes, what is refused; equal to NumPy where it has the function."""

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax
from axir.errors import AxirError, DTypeError, ShapeError
from axir_compiler.ir.op import OPS

X = np.array([0.3, -1.5, 2.25])
S = np.array([0.0, -0.0, onp.inf, -onp.inf, onp.nan, 1.0, -2.5, 0.5])
N = np.array([-7, 0, 3], "int8")
U = np.array([3, 0, 250], "uint8")
I32 = np.arange(3)
B = np.array([True, False, True])
M = np.arange(6.0).reshape(2, 3)
T = np.arange(24).reshape(2, 3, 4)
TABLE = onp.asarray(M)

# Each row: a call, and what it gives.
ROWS = [
    (lambda: lax.add(X, 1.0), onp.asarray(X) + 1),
    (lambda: lax.add(X, X[:1]), onp.asarray(X) + onp.float32(0.3)),
    (lambda: lax.add(X, np.float32(2)), onp.asarray(X) + 2),
    (lambda: lax.sub(U, 4), [255, 252, 246]),
    (lambda: lax.div(N, np.int8(2)), [-3, 0, 1]),
    (lambda: lax.div(N, np.int8(0)), [-1, -1, -1]),
    (lambda: lax.rem(N, np.int8(3)), [-1, 0, 0]),
    (lambda: lax.rem(N, np.int8(0)), [-7, 0, 3]),
    (lambda: lax.pow(X, 2), onp.asarray(X) ** 2),
    (lambda: lax.pow(2.0, I32), [1, 2, 4]),
    (lambda: lax.integer_pow(X, -2), onp.asarray(X) ** -2.0),
    (lambda: lax.integer_pow(N, 3), [-87, 0, 27]),
    (lambda: lax.max(S, 0.0), onp.maximum(onp.asarray(S), 0)),
    (lambda: lax.min(N, U.astype("int8")), [-7, 0, -6]),
    (lambda: lax.sign(S), [0, -0.0, 1, -1, onp.nan, 1, -1, 1]),
    (lambda: lax.floor(S), onp.floor(onp.asarray(S))),
    (lambda: lax.round(S), [0, -0.0, onp.inf, -onp.inf, onp.nan, 1, -3, 1]),
    (lambda: lax.round(S, lax.RoundingMethod.TO_NEAREST_EVEN), onp.rint(onp.asarray(S))),
    (lambda: lax.is_finite(S), onp.isfinite(onp.asarray(S))),
    (lambda: lax.rsqrt(np.abs(X)), 1 / onp.sqrt(onp.abs(onp.asarray(X)))),
    (lambda: lax.reciprocal(X), 1 / onp.asarray(X)),
    (lambda: lax.square(N), [49, 0, 9]),
    (lambda: lax.logistic(np.zeros(2)), [0.5, 0.5]),
    (lambda: lax.bitwise_not(N), [6, -1, -4]),
    (lambda: lax.bitwise_and(N, 3), [1, 0, 3]),
    (lambda: lax.bitwise_or(B, False), [True, False, True]),
    (lambda: lax.bitwise_xor(B, B), [False] * 3),
    (lambda: lax.population_count(N), [6, 0, 2]),
    (lambda: lax.clz(U), [6, 8, 0]),
    (lambda: lax.shift_left(I32, 40), [0, 0, 0]),
    (lambda: lax.shift_right_logical(N, np.int8(1)), [124, 0, 1]),
    (lambda: lax.shift_right_arithmetic(N, np.int8(9)), [-1, 0, 0]),
    (lambda: lax.eq(S, S), [True] * 4 + [False] + [True] * 3),
    (lambda: lax.lt(N, 0), [True, False, False]),
    (lambda: lax.select(B, X, -X), onp.array([0.3, 1.5, 2.25], onp.float32)),
    (lambda: lax.select(False, M, -M), -TABLE),
    (lambda: lax.select_n(B, X, -X), onp.array([-0.3, -1.5, -2.25], onp.float32)),
    (lambda: lax.select_n(np.array([0, 1, 5]), N, U.astype("int8"), I32.astype("int8")), [-7, 0, 2]),
    (lambda: lax.clamp(0.0, S, 1.0), [0, 0, 1, 0, onp.nan, 1, 0, 0.5]),
    (lambda: lax.clamp(X, X, X), onp.asarray(X)),
    (lambda: lax.convert_element_type(S, "int8"), [0, 0, 127, -128, 0, 1, -2, 0]),
    (lambda: lax.convert_element_type(N, "uint8"), [249, 0, 3]),
    (lambda: lax.bitcast_convert_type(np.ones(1), "uint32"), [0x3F800000]),
    (lambda: lax.bitcast_convert_type(np.ones(1), "uint8"), [[0, 0, 0x80, 0x3F]]),
    (lambda: lax.bitcast_convert_type(np.array([[1, 2, 3, 4]], "uint8"), "int32"), [0x04030201]),
    (lambda: lax.broadcast(I32, (2,)), onp.tile(onp.arange(3), (2, 1))),
    (lambda: lax.broadcast_in_dim(I32[:2], (2, 3), (0,)), [[0] * 3, [1] * 3]),
    (lambda: lax.broadcasted_iota("float32", (2, 3), 1), [[0, 1, 2]] * 2),
    (lambda: lax.iota("uint8", 3), [0, 1, 2]),
    (lambda: lax.reshape(M, (3, -1), (1, 0)), TABLE.T.reshape(3, 2)),
    (lambda: lax.transpose(T, (2, 0, 1)), onp.asarray(T).transpose(2, 0, 1)),
    (lambda: lax.rev(M, (1,)), TABLE[:, ::-1]),
    (lambda: lax.concatenate([M, M], 1), onp.hstack([TABLE, TABLE])),
    (lambda: lax.pad(I32, 9, [(1, 2, 1)]), [9, 0, 9, 1, 9, 2, 9, 9]),
    (lambda: lax.pad(I32, 9, [(-1, -1, 1)]), [9, 1, 9]),
    (lambda: lax.slice(M, (0, 1), (2, 3)), TABLE[:, 1:]),
    (lambda: lax.slice(M, (0, 0), (2, 3), (1, 2)), TABLE[:, ::2]),
    (lambda: lax.slice_in_dim(M, -2, None, axis=1), TABLE[:, -2:]),
    (lambda: lax.index_in_dim(M, -1, 1, False), TABLE[:, -1]),
    (lambda: lax.squeeze(M[None], (0,)), TABLE),
    (lambda: lax.expand_dims(M, (0, 3)), TABLE[None, ..., None]),
    (lambda: lax.collapse(T, 0, 2), onp.asarray(T).reshape(6, 4)),
    (lambda: lax.full((2,), 1.7, "int8"), [1, 1]),
    (lambda: lax.full_like(M, 2), onp.full((2, 3), 2)),
    (lambda: lax.argmax(M, 1, "uint8"), [2, 2]),
    (lambda: lax.argmin(M, 0, "int32"), [0, 0, 0]),
    (lambda: lax.reduce_sum(T, (0, 2)), onp.asarray(T).sum((0, 2))),
    (lambda: lax.reduce_prod(M, (1,)), TABLE.prod(1)),
    (lambda: lax.reduce_max(M, (0,)), TABLE.max(0)),
    (lambda: lax.reduce_min(M, (0, 1)), 0),
    (lambda: lax.reduce_and(B, (0,)), False),
    (lambda: lax.reduce_or(N, (0,)), -5),
    (lambda: lax.dot(M, X), TABLE @ onp.asarray(X)),
    (lambda: lax.batch_matmul(T, T.mT), onp.asarray(T) @ onp.asarray(T).swapaxes(1, 2)),
    (
        lambda: lax.dot_general(T, T, (((1,), (1,)), ((0,), (0,)))),
        onp.einsum("bij,bik->bjk", onp.asarray(T), onp.asarray(T)),
    ),
    (lambda: lax.stop_gradient(X), onp.asarray(X)),
    (lambda: lax.polygamma(0, np.ones(1)), [-0.5772157]),
    (lambda: lax.polygamma(1, np.ones(1)), [1.6449341]),
    (lambda: lax.erf_inv(np.array([-1.0, 0.0, 0.5, 2.0])), [-onp.inf, 0, 0.47693628, onp.nan]),
]


@pytest.mark.parametrize(("call", "expected"), ROWS)
def test_values(call, expected):
    found = onp.asarray(call())
    expected = onp.asarray(expected)
    assert found.shape == expected.shape
    onp.testing.assert_allclose(found, expected, rtol=1e-6)
    if found.dtype.kind == "f":
        zero = found == 0
        onp.testing.assert_array_equal(onp.signbit(found)[zero], onp.signbit(expected.astype(float))[zero])


def test_half_precision_products_keep_their_dtype():
    h = np.ones((2, 3), "bfloat16")
    assert lax.dot(h, h.T).dtype == np.bfloat16
    assert lax.dot(h, h.T, preferred_element_type="float32").dtype == onp.float32
    assert lax.dot(N, N, preferred_element_type="int32") == 58


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: lax.add(X, 1), DTypeError),
        (lambda: lax.add(N, 1.5), DTypeError),
        (lambda: lax.add(X, I32), DTypeError),
        (lambda: lax.add(1, 2.5), DTypeError),
        (lambda: lax.add(X, M), ShapeError),
        (lambda: lax.add(X, np.ones(2)), ShapeError),
        (lambda: lax.add(B, B), DTypeError),
        (lambda: lax.sin(1), DTypeError),
        (lambda: lax.exp(I32), DTypeError),
        (lambda: lax.pow(I32, 2), DTypeError),
        (lambda: lax.integer_pow(I32, -1), DTypeError),
        (lambda: lax.polygamma(-1, X), DTypeError),
        (lambda: lax.bitwise_and(X, X), DTypeError),
        (lambda: lax.select(X, X, X), DTypeError),
        (lambda: lax.select(B, X, I32), DTypeError),
        (lambda: lax.select(B, X, M), ShapeError),
        (lambda: lax.select_n(B, X, X, X), ShapeError),
        (lambda: lax.clamp(0, X, 1), DTypeError),
        (lambda: lax.bitcast_convert_type(B, "uint8"), DTypeError),
        (lambda: lax.bitcast_convert_type(np.ones(3, "uint8"), "int32"), ShapeError),
        (lambda: lax.broadcast_in_dim(I32, (2, 3), (0,)), ShapeError),
        (lambda: lax.iota(bool, 3), DTypeError),
        (lambda: lax.reshape(M, (4,)), ShapeError),
        (lambda: lax.transpose(M, (0,)), ShapeError),
        (lambda: lax.concatenate([M, X], 0), ShapeError),
        (lambda: lax.concatenate([X, I32], 0), DTypeError),
        (lambda: lax.pad(X, 0.0, [(1, 1)]), ShapeError),
        (lambda: lax.pad(X, 0.0, [(-2, -2, 0)]), ShapeError),
        (lambda: lax.slice(M, (0, 0), (3, 3)), ShapeError),
        (lambda: lax.squeeze(M, (0,)), ShapeError),
        (lambda: lax.full((2,), X), ShapeError),
        (lambda: lax.dynamic_slice(M, (0,), (1, 1)), ShapeError),
        (lambda: lax.dynamic_slice(M, (0, 0), (3, 3)), ShapeError),
        (lambda: lax.dynamic_slice(M, (0.5, 0), (1, 1)), DTypeError),
        (lambda: lax.dynamic_update_slice(M, I32[None], (0, 0)), DTypeError),
        (lambda: lax.argmax(np.zeros((0,)), 0, int), ShapeError),
        (lambda: lax.reduce_max(B, (0,)), DTypeError),
        (lambda: lax.dot(M, M), ShapeError),
        (lambda: lax.dot(M, T), ShapeError),
        (lambda: lax.dot_general(M, I32, (((1,), (0,)), ((), ()))), DTypeError),
    ],
)
def test_mismatches_name_the_users_line(call, error):
    with pytest.raises(AxirError) as caught:
        call()
    assert type(caught.value) is error
    assert "test_lax.py" in str(caught.value)


def test_results_are_weak_only_if_every_operand_is():
    assert lax.add(1, 2).weak_type
    assert not lax.add(X, 1.0).weak_type
    assert lax.full_like(np.asarray(2.0), 1).weak_type
    assert not lax.eq(1, 2).weak_type
    assert axir.jit(lambda x: lax.add(x, 1.0))(2.0).weak_type


def test_stop_gradient():
    assert float(axir.grad(lambda x: lax.stop_gradient(x) * x)(3.0)) == 3


def test_every_op_has_a_public_function():
    renamed = {
        "constant": "full", "convert": "convert_element_type", "bitcast": "bitcast_convert_type", "not": "bitwise_not",
        "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor", "popcnt": "population_count", "reverse": "rev",
        "round_half_even": "round", "round_half_away": "round", "compare": "eq", "iota": "broadcasted_iota",
        "convolution": "conv_general_dilated", "linear_solve": "custom_linear_solve",
        **dict.fromkeys((f"reduce_window_{kind}" for kind in ("sum", "prod", "max", "min")), "reduce_window"),
    }  # fmt: skip
    internal = {
        "threefry2x32",
        "jvp",
        "vjp",
        "linear_transpose",
        "vmap",
        "linearize",
        "call",
        "yield",
        "custom_jvp",
        "custom_vjp",
        "custom_linear",
        "custom_vmap",
        "checkpoint",
        "checkpoint_name",
    }
    # numpy.linalg and scipy.linalg are made of these.
    internal |= {"solve", "det", "pinv", "take_rows", "add_rows"}
    internal |= {"check", "linear_call", "add_along", "take_along", "pinv", "searchsorted", "callback", "fft"}
    for name in OPS:
        if name not in internal:
            public = (*lax.__all__, *lax.linalg.__all__)
            assert renamed.get(name, name) in public, f"axir.{name} has no function in axir.lax"


def test_public_functions_are_documented():
    from axir import nn, random, scipy

    for module in (lax, lax.linalg, np, np.linalg, nn, random, scipy.special, scipy.linalg):
        for name in module.__all__:
            value = getattr(module, name)
            if callable(value) and not isinstance(value, type):
                assert value.__doc__, f"{module.__name__}.{name} has no docstring"
                assert value.__name__, name
