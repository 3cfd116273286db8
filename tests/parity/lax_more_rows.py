"""Rows for axir.lax: slices, windows, scatters, convolutions, products, control flow, named axes."""

from collections.abc import Callable
from typing import Any

import numpy as onp

from parity.rows import (
    ABOVE_ONE,
    BOOLS,
    COMPLEX,
    INTS,
    MATRIX,
    OTHER,
    SMALL,
    SQUARE,
    VECTOR,
    Row,
    Use,
    each,
    on_host,
)

L = "lax"
CUBE = onp.sin(onp.arange(24, dtype="float32")).reshape(2, 3, 4)
IMAGE = onp.sin(onp.arange(50, dtype="float32")).reshape(1, 2, 5, 5)
FILTER = onp.cos(onp.arange(54, dtype="float32")).reshape(3, 2, 3, 3)
SIGNAL = onp.sin(onp.arange(16, dtype="float32")).reshape(1, 2, 8)
TAPS = onp.cos(onp.arange(12, dtype="float32")).reshape(2, 2, 3)
ONE = onp.array(1, "int32")
ROWS_AT = onp.array([[2], [0]], "int32")
NCHW = ("NCHW", "OIHW", "NCHW")


def _on_axis(*args: Any, **kwargs: Any) -> Use:
    """A collective on the axis "i" of its array."""
    return lambda m, f: lambda *xs: m.vmap(lambda *x: f(*x, "i", *args, **kwargs), axis_name="i")(*xs)


def _gathered(m: Any, gather: Callable[..., Any]) -> Callable[..., Any]:
    numbers = m.lax.GatherDimensionNumbers(offset_dims=(1,), collapsed_slice_dims=(0,), start_index_map=(0,))
    return lambda x, at, **options: gather(x, at, numbers, (1, 4), **options)


def _scattered(m: Any, scatter: Callable[..., Any]) -> Callable[..., Any]:
    numbers = m.lax.ScatterDimensionNumbers(
        update_window_dims=(1,), inserted_window_dims=(0,), scatter_dims_to_operand_dims=(0,)
    )
    return lambda x, at, new, **options: scatter(x, at, new, numbers, **options)


def _applied(m: Any, scatter: Callable[..., Any]) -> Callable[..., Any]:
    numbers = m.lax.ScatterDimensionNumbers((), (0,), (0,))
    return lambda x, at: scatter(x, at, m.numpy.sin, numbers, update_shape=(2,))


def _ragged(m: Any, product: Callable[..., Any]) -> Callable[..., Any]:
    numbers = m.lax.RaggedDotDimensionNumbers(
        dot_dimension_numbers=(((1,), (1,)), ((), ())), lhs_ragged_dimensions=[0], rhs_group_dimensions=[0]
    )
    return lambda x, y, sizes: product(x, y, sizes, numbers)


def _composite(m: Any, composite: Callable[..., Any]) -> Callable[..., Any]:
    return composite(lambda x: m.numpy.sin(x) * 2, name="my.op")


def _threefry(m: Any, generate: Callable[..., Any]) -> Callable[..., Any]:
    return lambda key, shape: generate(key, shape, algorithm=m.lax.RandomAlgorithm.RNG_THREE_FRY)


def _whole(_: Any, shape_of: Callable[..., Any]) -> Callable[..., Any]:
    """A shape as Python numbers: JAX gives NumPy's."""
    return lambda *given: [int(n) for n in shape_of(*given)]


def _solved(m: Any, solve: Callable[..., Any]) -> Callable[..., Any]:
    def call(a: Any, b: Any) -> Any:
        def direct(_: Any, y: Any) -> Any:
            return m.numpy.linalg.solve(a, y)

        return solve(lambda x: a @ x, b, direct, lambda _, y: m.numpy.linalg.solve(a.T, y))

    return call


def _root(_: Any, find: Callable[..., Any]) -> Callable[..., Any]:
    """The square root, by ten of Heron's steps."""

    def call(y: Any) -> Any:
        def steps(f: Any, x: Any) -> Any:
            for _ in range(10):
                x = (x + y / x) / 2
            return x

        return find(lambda x: x * x - y, y, steps, lambda g, t: t / g(y * 0 + 1))

    return call


SLICES = [
    *each(L, "slice", MATRIX, (0, 1), (3, 4), (2, 1)),
    *each(L, "slice_in_dim", MATRIX, 1, -1, axis=1),
    *each(L, "index_in_dim", MATRIX, -1, axis=1, keepdims=False),
    *each(L, "index_take", MATRIX, [SMALL[:2]], axes=(0,)),
    *each(L, "dynamic_slice", MATRIX, (ONE, 9), (2, 2)),
    *each(L, "dynamic_slice_in_dim", MATRIX, -2, 2, axis=1),
    *each(L, "dynamic_index_in_dim", MATRIX, ONE, axis=1, keepdims=False),
    *each(L, "dynamic_update_slice", MATRIX, SQUARE[:2, :2], (ONE, 7)),
    *each(L, "dynamic_update_slice_in_dim", MATRIX, SQUARE, ONE, axis=1),
    *each(L, "dynamic_update_index_in_dim", MATRIX, OTHER[:3], -1, axis=1),
    *each(L, "gather", MATRIX, ROWS_AT, use=_gathered),
    *each(L, "gather", MATRIX, ROWS_AT + 2, use=_gathered, mode="fill"),
    *each(L, "gather", MATRIX, ROWS_AT + 2, use=_gathered, mode="clip"),
    *each(
        L,
        "scatter scatter_add scatter_max scatter_min scatter_sub",
        MATRIX,
        ROWS_AT,
        CUBE[0, :2],
        use=_scattered,
    ),
    *each(L, "scatter_mul", MATRIX, ROWS_AT, CUBE[0, :2], use=_scattered, unique_indices=True),
    *each(L, "scatter scatter_add", MATRIX, ROWS_AT + 2, CUBE[0, :2], use=_scattered, mode="clip"),
    *each(
        L,
        "scatter_add",
        INTS,
        ROWS_AT,
        use=lambda m, f: lambda x, at: _scattered(m, f)(x[:, None], at, x[:2, None]),
        without="grad",
    ),
    *each(L, "scatter_apply", VECTOR, ROWS_AT, use=_applied, without="grad"),
    *each(L, "pad", MATRIX, 2.5, ((1, -1, 0), (0, 2, 1))),
    *each(L, "concatenate", [MATRIX, MATRIX], 1),
    *each(L, "split", MATRIX, (1, 3), axis=1),
    *each(L, "stack", [VECTOR, OTHER], axis=1),
    *each(L, "unstack", MATRIX, axis=1),
    *each(L, "squeeze", MATRIX[:1], (0,)),
    *each(L, "tile", MATRIX, (2, 1)),
    *each(L, "collapse", CUBE, 1),
    *each(L, "broadcast_in_dim", VECTOR, (2, 5), (1,)),
    *each(L, "broadcast_to_rank", VECTOR, 3),
    *each(L, "broadcast_like", VECTOR, MATRIX[:, :1] + OTHER),
    *each(L, "sort_key_val", VECTOR, OTHER, without="grad"),
    *each(L, "approx_max_k approx_min_k", VECTOR, 2, without="grad"),
    *each(L, "argmax argmin", MATRIX, 1, "int32", without="grad"),
    *each(L, "argmax argmin", INTS, 0, "uint8", without="grad"),
]
ELEMENTWISE = [
    *each(L, "select", BOOLS, VECTOR, OTHER),
    *each(L, "select_n", SMALL % 2, VECTOR, OTHER, use=lambda m, f: lambda i, x, y: f(i > 0, x, y)),
    *each(L, "select_n", SMALL - 1, VECTOR, OTHER, 2 * OTHER),
    *each(L, "betainc", ABOVE_ONE, ABOVE_ONE + 1, abs(OTHER[:4]), without="grad", rtol=2e-4),
    *each(L, "igamma_grad_a random_gamma_grad", ABOVE_ONE, ABOVE_ONE + 1, without="grad", rtol=2e-3),
    *each(L, "polygamma", SMALL[:4] * onp.float32(1), ABOVE_ONE, without="grad", rtol=2e-4),
    *each(L, "bitcast_convert_type", VECTOR, "int32", without="grad"),
    *each(L, "bitcast_convert_type", INTS, "uint8", without="grad"),
    *each(L, "convert_element_type", VECTOR, "bfloat16"),
    *each(L, "convert_element_type", VECTOR * 9, "int8", without="grad"),
    *each(L, "convert_element_type", 2.5, int, without="grad vmap"),
    *each(L, "reduce_precision", VECTOR, 5, 4),
    *each(L, "complex", VECTOR, OTHER),
    *each(L, "conj real imag", COMPLEX, without="grad"),
    *each(L, "full_like", VECTOR, 3),
    *each(L, "full_like", INTS, 2.5, dtype="float16", shape=(2,), without="grad"),
    *each(L, "broadcasted_iota", "int32", (2, 3), 1, without="grad vmap"),
    *each(L, "empty", (0, 2), "float32", without="grad vmap"),
    *each(L, "stop_gradient optimization_barrier", VECTOR),
    *each(L, "shape_as_value", (2, 3), without="grad vmap"),
    *each(L, "reduce_and reduce_or reduce_xor", INTS, (0,), without="grad"),
    *each(L, "reduce_and reduce_or reduce_xor", BOOLS, (0,), without="grad"),
    *each(L, "reduce", MATRIX, use=lambda m, f: lambda x: f(x, 0.0, m.lax.add, (1,))),
    *each(
        L, "reduce", MATRIX, use=lambda m, f: lambda x: f(x, 1.0, lambda a, b: a * b, (0,)), without="grad"
    ),
    *each(
        L, "reduce_window", MATRIX, use=lambda m, f: lambda x: f(x, 0.0, m.lax.add, (2, 2), (1, 2), "SAME")
    ),
    *each(L, "reduce_window", MATRIX, use=lambda m, f: lambda x: f(x, -m.numpy.inf, m.lax.max, (3, 1))),
    *each(
        L,
        "rng_uniform",
        0.0,
        1.0,
        (2,),
        use=lambda m, f: lambda a, b, s: f(a, b, s).shape,
        without="jit grad vmap",
    ),
    *each(L, "fft", COMPLEX, "fft", (3,), without="grad"),
    *each(L, "fft", VECTOR, "rfft", (5,), without="grad"),
    *each(L, "fft", COMPLEX, "irfft", (4,), without="grad"),
]
PRODUCTS = [
    *each(L, "dot_general", CUBE, CUBE, (((2,), (2,)), ((0,), (0,)))),
    *each(
        L,
        "dot_general",
        SMALL,
        INTS,
        (((0,), (0,)), ((), ())),
        preferred_element_type="float32",
        without="grad",
    ),
    *each(L, "batch_matmul", CUBE, CUBE.transpose(0, 2, 1)),
    *each(L, "ragged_dot", MATRIX, CUBE.transpose(0, 2, 1), onp.array([2, 1], "int32"), without="vmap"),
    *each(
        L,
        "ragged_dot_general",
        MATRIX,
        CUBE.transpose(0, 2, 1),
        onp.array([1, 2], "int32"),
        use=_ragged,
        without="vmap grad",
    ),
    *each(L, "conv", IMAGE, FILTER, (1, 1), "SAME"),
    *each(L, "conv_with_general_padding", IMAGE, FILTER, (2, 1), [(1, 1), (0, 2)], (1, 1), (1, 2)),
    *each(L, "conv_general_dilated", IMAGE, FILTER, (2, 2), "VALID", dimension_numbers=NCHW),
    *each(L, "conv_general_dilated", SIGNAL, TAPS, (1,), [(2, 1)], (2,), (1,), ("NCH", "OIH", "NCH")),
    *each(L, "conv_general_dilated", SIGNAL, TAPS[:, :1], (1,), "SAME", feature_group_count=2),
    *each(
        L,
        "conv_general_dilated_local",
        SIGNAL,
        CUBE.reshape(2, 6, 2)[:, :, :1].repeat(6, 2),
        (1,),
        "VALID",
        (3,),
    ),
    *each(L, "conv_general_dilated_patches", SIGNAL, (3,), (1,), "SAME"),
    *each(L, "conv_transpose", SIGNAL.transpose(0, 2, 1), TAPS.transpose(2, 1, 0), (2,), "SAME"),
]
HOST = [
    *on_host(
        L,
        "conv_dimension_numbers",
        (1, 2, 5, 5),
        (3, 2, 3, 3),
        NCHW,
        use=lambda m, f: lambda *a: tuple(f(*a)),
    ),
    *on_host(L, "conv_general_permutations", NCHW),
    *on_host(L, "conv_general_shape_tuple", (1, 2, 5, 5), (3, 2, 3, 3), (1, 2), "SAME", NCHW, use=_whole),
    *on_host(L, "conv_transpose_shape_tuple", (1, 2, 5, 5), (3, 2, 3, 3), (1, 2), "SAME", NCHW, use=_whole),
    *on_host(L, "conv_shape_tuple", (1, 2, 5, 5), (3, 2, 3, 3), (1, 2), ((1, 1), (0, 0)), use=_whole),
    *on_host(L, "reduce_window_shape_tuple", (5, 6), (2, 3), (1, 2), ((1, 0), (0, 0))),
    *on_host(L, "padtype_to_pads", (5, 6), (2, 3), (1, 2), "SAME"),
    *on_host(L, "broadcast_shapes", (2, 1), (3,)),
    *on_host(L, "dtype", VECTOR),
    *on_host(L, "dtype", 2),
    *on_host(L, "create_token after_all", use=lambda m, f: lambda: f() is not None),
]
CONTROL = [
    *each(L, "cond", VECTOR, OTHER, use=lambda m, f: lambda x, y: f(x[0] > 0, m.numpy.sin, m.numpy.cos, y)),
    *each(L, "cond", VECTOR, use=lambda m, f: lambda x: f(True, lambda: x, lambda: -x)),
    *each(
        L,
        "switch",
        ONE,
        VECTOR,
        use=lambda m, f: lambda i, x: f(i, [m.numpy.sin, m.numpy.cos, m.numpy.exp], x),
    ),
    *each(L, "switch", 9, VECTOR, use=lambda m, f: lambda i, x: f(i, [m.numpy.sin, m.numpy.cos], x)),
    *each(
        L,
        "while_loop",
        VECTOR,
        use=lambda m, f: lambda x: f(lambda c: m.numpy.any(c < 9), lambda c: c * 2 + 1, x),
        without="grad",
    ),
    *each(L, "fori_loop", VECTOR, use=lambda m, f: lambda x: f(0, 3, lambda i, c: c * m.numpy.sin(c + i), x)),
    *each(
        L,
        "scan",
        VECTOR,
        MATRIX[:, :5],
        use=lambda m, f: lambda c, x: f(lambda c, s: (c * s[0], m.numpy.sin(c) + s[1]), c, x),
    ),
    *each(
        L,
        "scan",
        VECTOR,
        use=lambda m, f: lambda x: f(lambda c, s: (c + s, c), 0.0, x, reverse=True, unroll=2),
    ),
    *each(L, "map", MATRIX, use=lambda m, f: lambda x: f(lambda r: m.numpy.sin(r).sum(), x)),
    *each(L, "map", MATRIX, use=lambda m, f: lambda x: f(m.numpy.sort, x, batch_size=2)),
    *each(L, "associative_scan", MATRIX, use=lambda m, f: lambda x: f(m.numpy.multiply, x, axis=1)),
    *each(L, "associative_scan", VECTOR, use=lambda m, f: lambda x: f(m.numpy.maximum, x, reverse=True)),
    *each(
        L, "platform_dependent", VECTOR, use=lambda m, f: lambda x: f(x, cpu=m.numpy.sin, default=m.numpy.cos)
    ),
    *each(L, "composite", VECTOR, use=_composite, without="grad vmap"),
    *each(L, "custom_linear_solve", SQUARE, OTHER[:3], use=_solved, rtol=1e-4),
    *each(L, "custom_root", ABOVE_ONE, use=_root, rtol=1e-4),
]
NAMED = [
    *each(L, "psum pmean", MATRIX, use=_on_axis()),
    *each(L, "pmax pmin", MATRIX, use=_on_axis(), without="grad"),
    *each(L, "psum", INTS, use=_on_axis(), without="grad"),
    *each(L, "all_gather", MATRIX, use=_on_axis()),
    *each(L, "all_gather", MATRIX, use=_on_axis(axis=0, tiled=True)),
    *each(L, "all_to_all", SQUARE, use=_on_axis(0, 0)),
    *each(L, "pswapaxes", SQUARE, use=_on_axis(0)),
    *each(L, "psum_scatter", SQUARE, use=_on_axis()),
    *each(L, "scaled_dot", MATRIX, MATRIX.T.copy(), without="grad", rtol=1e-2),
    *each(L, "ppermute", MATRIX, use=_on_axis([(0, 1), (1, 2), (2, 0)])),
    *each(L, "pshuffle", MATRIX, use=_on_axis([2, 0, 1])),
    *each(L, "pbroadcast", MATRIX, use=_on_axis(1)),
    *each(
        L,
        "axis_index axis_size",
        VECTOR,
        use=lambda m, f: lambda x: m.vmap(lambda t: t * f("i"), axis_name="i")(x),
    ),
]
STATE = onp.array([1, 2, 3, 4], "uint32")
BITS = [
    *each(L, "rng_bit_generator", STATE, (3,), use=_threefry, without="grad vmap"),
    *each(L, "rng_bit_generator", STATE, (4, 2), use=_threefry, without="jit grad vmap"),
    *each(L, "rng_bit_generator", STATE, (5,), without="grad vmap"),
]
ROWS: list[Row] = [*SLICES, *ELEMENTWISE, *PRODUCTS, *HOST, *CONTROL, *NAMED, *BITS]
