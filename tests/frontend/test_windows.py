"""Convolutions and reductions under windows: equal to SciPy and JAX, transformed, and what is refused."""

from collections.abc import Callable
from typing import Any

import numpy as onp
import pytest
from scipy import ndimage, signal

import axir
import axir.numpy as np
from axir import lax
from axir.errors import AxirError, DTypeError, ShapeError
from axir_compiler.mlir import context, ir
from axir_compiler.passes.dce import DeadFunctionsPass
from axir_compiler.passes.expand import ExpandTransformsPass
from axir_compiler.passes.inline import InlinePass
from axir_compiler.pipeline import run_passes

RNG = onp.random.default_rng(7)


def _draw(*shape: int) -> onp.ndarray:
    return RNG.standard_normal(shape).astype("float32")


IMAGE, KERNEL = _draw(2, 3, 8, 7), _draw(4, 3, 3, 2)


def _correlated(x: onp.ndarray, y: onp.ndarray) -> onp.ndarray:
    """Valid correlation of ``[n, c, h, w]`` with ``[f, c, i, j]``, by SciPy one pair of images at a time."""
    return onp.stack(
        [
            onp.stack(
                [
                    sum(signal.correlate2d(a, b, "valid") for a, b in zip(image, kernel, strict=True))
                    for kernel in y
                ]
            )
            for image in x
        ]
    )


def _close(found: Any, expected: Any, tolerance: float = 2e-5) -> None:
    onp.testing.assert_allclose(onp.asarray(found), expected, rtol=tolerance, atol=tolerance)


def test_convolution_is_correlation() -> None:
    _close(lax.conv(IMAGE, KERNEL, (1, 1), "VALID"), _correlated(IMAGE, KERNEL))
    strided = lax.conv_general_dilated(IMAGE, KERNEL, (2, 3), "VALID")
    _close(strided, _correlated(IMAGE, KERNEL)[:, :, ::2, ::3])


def test_named_padding() -> None:
    whole = lax.conv(IMAGE, KERNEL, (1, 1), "SAME")
    padded = onp.pad(IMAGE, [(0, 0), (0, 0), (1, 1), (0, 1)])
    _close(whole, _correlated(padded, KERNEL))
    lower = lax.conv(IMAGE, KERNEL, (1, 1), "same_lower")
    padded = onp.pad(IMAGE, [(0, 0), (0, 0), (1, 1), (1, 0)])
    _close(lower, _correlated(padded, KERNEL))
    assert lax.padtype_to_pads((7, 8), (3, 2), (2, 3), "SAME") == [(1, 1), (0, 0)]
    assert lax.padtype_to_pads((7, 8), (3, 2), (2, 3), "VALID") == [(0, 0), (0, 0)]


def test_dilations() -> None:
    spread = onp.zeros((2, 3, 15, 7), "float32")
    spread[:, :, ::2] = IMAGE
    holes = onp.zeros((4, 3, 3, 3), "float32")
    holes[..., ::2] = KERNEL
    found = lax.conv_with_general_padding(IMAGE, KERNEL, (1, 1), [(0, 0), (0, 0)], (2, 1), (1, 2))
    _close(found, _correlated(spread, holes))


def test_layouts() -> None:
    expected = _correlated(IMAGE, KERNEL).transpose(2, 0, 3, 1)
    x, y = IMAGE.transpose(1, 3, 0, 2), KERNEL.transpose(3, 2, 0, 1)
    found = lax.conv_general_dilated(x, y, (1, 1), "VALID", dimension_numbers=("CWNH", "WHOI", "HNWC"))
    _close(found, expected)
    numbers = lax.conv_dimension_numbers(x.shape, y.shape, ("CWNH", "WHOI", "HNWC"))
    assert numbers == lax.ConvDimensionNumbers((2, 0, 1, 3), (2, 3, 0, 1), (1, 3, 2, 0))
    _close(lax.conv_general_dilated(x, y, (1, 1), "VALID", dimension_numbers=numbers), expected)
    assert lax.conv_dimension_numbers((1, 2), (1, 2), None) == ((0, 1), (0, 1), (0, 1))


def test_groups() -> None:
    x, y = _draw(2, 6, 5, 5), _draw(4, 3, 2, 2)
    found = lax.conv_general_dilated(x, y, (1, 1), "VALID", feature_group_count=2)
    _close(found, onp.concatenate([_correlated(x[:, :3], y[:2]), _correlated(x[:, 3:], y[2:])], axis=1))
    x, y = _draw(4, 3, 5, 5), _draw(4, 3, 2, 2)
    found = lax.conv_general_dilated(x, y, (1, 1), "VALID", batch_group_count=2)
    _close(found, onp.concatenate([_correlated(x[:2], y[:2]), _correlated(x[2:], y[2:])], axis=1))


def test_preferred_element_type() -> None:
    x, y = onp.full((1, 1, 4), 100, "int8"), onp.full((1, 1, 2), 100, "int8")
    wide = lax.conv_general_dilated(x, y, (1,), "VALID", preferred_element_type="int32")
    assert wide.dtype == "int32"
    onp.testing.assert_array_equal(wide, [[[20000] * 3]])
    half = lax.conv(
        np.full((1, 1, 4096), 1.0, "bfloat16"), np.full((1, 1, 4096), 1.0, "bfloat16"), (1,), "VALID"
    )
    assert half.dtype == "bfloat16" and float(half[0, 0, 0]) == 4096


def test_transposed_convolution_turns_the_other_around() -> None:
    x, y = _draw(2, 4, 5, 3), _draw(3, 3, 2, 3)
    layout = ("NHWC", "HWIO", "NHWC")
    for strides, padding in (((2, 2), "VALID"), ((1, 3), "VALID"), ((2, 2), "SAME"), ((1, 1), "SAME")):
        found = lax.conv_transpose(x, y, strides, padding, transpose_kernel=True)

        def forward(z: Any, strides: Any = strides, padding: str = padding) -> Any:
            return lax.conv_general_dilated(z, y, strides, padding, dimension_numbers=layout)

        (back,) = axir.linear_transpose(forward, np.zeros(found.shape))(np.array(x))
        _close(found, back)
    plain = lax.conv_transpose(x, y.transpose(0, 1, 3, 2), (2, 1), [(1, 0), (2, -1)])
    spread = lax.pad(np.array(x), np.float32(0), [(0, 0, 0), (1, 0, 1), (2, -1, 0), (0, 0, 0)])
    _close(
        plain,
        lax.conv_general_dilated(spread, y.transpose(0, 1, 3, 2), (1, 1), "VALID", dimension_numbers=layout),
    )
    consistent = lax.conv_transpose(
        x, y, (2, 2), [(1, 1), (0, 1)], transpose_kernel=True, use_consistent_padding=True
    )
    assert consistent.shape == (2, 7, 10, 2)


def test_patches() -> None:
    found = lax.conv_general_dilated_patches(IMAGE, (3, 2), (2, 1), [(1, 0), (0, 1)])
    padded = onp.pad(IMAGE, [(0, 0), (0, 0), (1, 0), (0, 1)])
    view = onp.lib.stride_tricks.sliding_window_view(padded, (3, 2), (2, 3))[:, :, ::2]
    onp.testing.assert_array_equal(found, view.transpose(0, 1, 4, 5, 2, 3).reshape(2, 18, *view.shape[2:4]))


def test_local_convolution() -> None:
    kernels = _draw(4, 18, 3, 6)
    found = lax.conv_general_dilated_local(IMAGE, kernels, (2, 1), "VALID", (3, 2))
    patches = onp.asarray(lax.conv_general_dilated_patches(IMAGE, (3, 2), (2, 1), "VALID"))
    _close(found, onp.einsum("nkhw,fkhw->nfhw", patches, kernels))


def test_shapes_of_convolutions() -> None:
    assert lax.conv_shape_tuple((2, 3, 8, 7), (4, 3, 3, 2), (2, 1), [(1, 0), (0, 0)]) == (2, 4, 4, 6)
    layout = ("NHWC", "HWIO", "NHWC")
    assert lax.conv_general_shape_tuple((2, 8, 7, 3), (3, 2, 3, 4), (1, 1), "SAME", layout) == (2, 8, 7, 4)
    assert lax.conv_transpose_shape_tuple((2, 4, 5, 3), (3, 3, 3, 2), (2, 2), "SAME", layout) == (2, 8, 10, 2)
    assert lax.reduce_window_shape_tuple((7, 8), (2, 3), (2, 1), [(0, 1), (1, 1)], (1, 2)) == (4, 15)


def test_windows_of_scipy() -> None:
    x = _draw(9, 8)
    largest = lax.reduce_window(x, -onp.inf, lax.max, (3, 3), (1, 1), "SAME")
    onp.testing.assert_array_equal(largest, ndimage.maximum_filter(x, 3, mode="constant", cval=-onp.inf))
    smallest = lax.reduce_window(x, onp.inf, np.minimum, (3, 5), (2, 1), "SAME")
    onp.testing.assert_array_equal(
        smallest, ndimage.minimum_filter(x, (3, 5), mode="constant", cval=onp.inf)[::2]
    )
    total = lax.reduce_window(x, 0.0, onp.add, (3, 3), (1, 1), "SAME")
    _close(total, ndimage.uniform_filter(x.astype(float), 3, mode="constant") * 9)
    running = lax.reduce_window(x[0], 0.0, lax.add, (8,), (1,), [(7, 0)])
    _close(running, onp.cumsum(x[0]))
    product = lax.reduce_window(x, 1.0, lax.mul, (1, 8))
    _close(product, onp.prod(x, 1, keepdims=True))


def test_other_starts() -> None:
    """Every result starts from the value, which padding and holes hold too."""
    x = np.array([1, 2, 3])
    found = lax.reduce_window(x, 10, lax.add, (2,), (1,), [(1, 0)], (2,))
    # Places 10 1 10 2 10 3 under windows of two, and 10 once more.
    onp.testing.assert_array_equal(found, [21, 21, 22, 22, 23])
    onp.testing.assert_array_equal(lax.reduce_window(x, 2, lax.max, (2,)), [2, 3])
    traced = axir.jit(lambda start: lax.reduce_window(x, start, lax.add, (2,)))(np.int32(0))
    onp.testing.assert_array_equal(traced, [3, 5])


def test_bools() -> None:
    x = np.array([True, False, False, True])
    onp.testing.assert_array_equal(lax.reduce_window(x, False, lax.max, (2,)), [True, False, True])
    onp.testing.assert_array_equal(lax.reduce_window(x, False, lax.bitwise_or, (2,)), [True, False, True])
    found = lax.reduce_window(x, True, np.logical_and, (2,), None, [(1, 0)])
    onp.testing.assert_array_equal(found, [True, False, False, False])


def test_gradient_of_maxima_goes_to_the_first() -> None:
    x = np.array([1.0, 3.0, 3.0, 0.0])
    found = axir.grad(lambda x: np.sum(lax.reduce_window(x, -np.inf, lax.max, (3,))))(x)
    onp.testing.assert_array_equal(found, [0, 2, 0, 0])
    nan = np.array([1.0, np.nan, 3.0, np.nan])
    found = axir.grad(lambda x: np.sum(lax.reduce_window(x, np.inf, lax.min, (4,))))(nan)
    onp.testing.assert_array_equal(found, [0, 1, 0, 0])
    # A hole is never the largest, even if nothing is larger than minus infinity.
    low = np.array([-np.inf, -np.inf])
    found = axir.grad(lambda x: np.sum(lax.reduce_window(x, -np.inf, lax.max, (2,), (1,), "SAME")))(low)
    onp.testing.assert_array_equal(found, [1, 1])


def test_selection() -> None:
    x, s = np.array([1.0, 5.0, 2.0, 4.0]), np.array([10.0, 20.0, 30.0, 40.0])
    onp.testing.assert_array_equal(lax.select_and_gather_add(s, x, lax.max, (2,)), [20, 20, 40])
    onp.testing.assert_array_equal(lax.select_and_gather_add(s, x, lax.min, (2,)), [10, 30, 30])
    onp.testing.assert_array_equal(lax.select_and_scatter_add(s[:3], x, lax.max, (2,)), [0, 30, 0, 30])


def test_second_derivatives() -> None:
    """Of a smooth function of pooled values, against differences of its gradient."""
    x, u = np.array(_draw(4, 6)), np.array(_draw(4, 6))

    def loss(x: Any) -> Any:
        pooled = lax.reduce_window(x * x, -np.inf, lax.max, (2, 3), (2, 1), "VALID")
        return np.sum(np.sin(pooled))

    gradient = axir.grad(loss)
    exact = axir.grad(lambda x: np.sum(gradient(x) * u))(x)
    step = 1e-3
    differences = (gradient(x + step * u) - gradient(x - step * u)) / (2 * step)
    _close(exact, differences, 2e-2)


def _everything(x: Any, y: Any) -> Any:
    z = lax.conv_general_dilated(x, y, (1, 1), "SAME")
    z = lax.reduce_window(z, -np.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    z = lax.reduce_window(z, 0.0, lax.add, (1, 2, 1, 1), (1, 2, 1, 1), "VALID")
    return np.sum(np.tanh(z))


def test_transformed_and_compiled() -> None:
    """A gradient of a batch, compiled, is the gradients one by one, evaluated."""
    x, y = np.array(_draw(3, 2, 3, 8, 7)), np.array(KERNEL)
    batched = axir.jit(axir.vmap(axir.grad(_everything, (0, 1)), (0, None)))(x, y)
    for i in range(3):
        for found, expected in zip(batched, axir.grad(_everything, (0, 1))(x[i], y), strict=True):
            _close(found[i], expected)


def test_batched_convolution_is_one_convolution() -> None:
    x, y = np.zeros((5, 2, 3, 8, 7)), np.zeros((5, 4, 3, 3, 2))
    for axes in ((0, 0), (0, None), (None, 0)):
        args = [v if a == 0 else v[0] for v, a in zip((x, y), axes, strict=True)]
        text = str(axir.make_ir(axir.vmap(lambda x, y: lax.conv(x, y, (1, 1), "SAME"), axes))(*args))
        module = ir.Module.parse(text, context())
        run_passes(module, [ExpandTransformsPass(), InlinePass(), DeadFunctionsPass()])
        assert str(module).count('"axir.convolution"') == 1
        found = axir.vmap(lambda x, y: lax.conv(x, y, (1, 1), "SAME"), axes)(*args)
        assert found.shape == (5, 2, 4, 8, 7)


TWICE = lax.ConvDimensionNumbers((0, 1, 2, 2), (0, 1, 2, 3), (0, 1, 2, 3))
CONV_ERRORS: list[tuple[Callable[[], Any], type[AxirError], str]] = [
    (lambda: lax.conv(IMAGE, KERNEL[:, :2], (1, 1), "SAME"), ShapeError, "as many features as the kernel"),
    (lambda: lax.conv(IMAGE, KERNEL, (0, 1), "SAME"), ShapeError, "window_strides must be positive"),
    (lambda: lax.conv(IMAGE, KERNEL, (1,), "SAME"), ShapeError, "window_strides: needs 2 integers"),
    (lambda: lax.conv(IMAGE, KERNEL, (1, 1), "FULL"), ShapeError, "'SAME', 'SAME_LOWER' or 'VALID'"),
    (lambda: lax.conv(IMAGE, KERNEL[0], (1, 1), "SAME"), ShapeError, "same number of axes"),
    (lambda: lax.conv(IMAGE, KERNEL.astype("int32"), (1, 1), "SAME"), DTypeError, "same dtype"),
    (lambda: lax.conv(IMAGE, KERNEL[:, :, :0], (1, 1), "SAME"), ShapeError, "kernel must have elements"),
    (
        lambda: lax.conv_general_dilated(IMAGE, KERNEL, (1, 1), [(0, 0)]),
        ShapeError,
        "a pair .low, high. for each of 2 axes",
    ),
    (
        lambda: lax.conv_general_dilated(IMAGE, KERNEL, (1, 1), [(-9, 0), (0, 0)]),
        ShapeError,
        "cuts off more than there is",
    ),
    (
        lambda: lax.conv_general_dilated(
            IMAGE, KERNEL, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHW")
        ),
        ShapeError,
        "three strings of 4 characters",
    ),
    (
        lambda: lax.conv_general_dilated(
            IMAGE, KERNEL, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHXC")
        ),
        ShapeError,
        "same spatial axes, each once",
    ),
    (
        lambda: lax.conv_general_dilated(IMAGE, KERNEL, (1, 1), "SAME", feature_group_count=2),
        ShapeError,
        "feature_group_count=2",
    ),
    (
        lambda: lax.conv_general_dilated(
            IMAGE,
            KERNEL,
            (1, 1),
            "SAME",
            dimension_numbers=TWICE,
        ),
        ShapeError,
        "must order the 4 axes",
    ),
    (lambda: lax.conv_transpose(IMAGE, KERNEL, (1, 1), "FULL"), ShapeError, "'SAME', 'VALID' or pairs"),
    (
        lambda: lax.reduce_window(IMAGE, 0.0, lax.add, (2, 2)),
        ShapeError,
        "window_dimensions: needs 4 integers",
    ),
    (lambda: lax.reduce_window(IMAGE[0, 0], 0.0, lax.add, (-2, 2)), ShapeError, "window_dimensions must be"),
    (
        lambda: lax.reduce_window(IMAGE[0, 0], 0.0, lax.add, (2, 2), (0, 1)),
        ShapeError,
        "window_strides must be",
    ),
    (lambda: lax.reduce_window(IMAGE[0, 0], 0.0, lax.lt, (2, 2)), DTypeError, "must give what it takes"),
    (lambda: lax.reduce_window(IMAGE[0, 0], onp.zeros(2), lax.add, (2, 2)), ShapeError, "must be a scalar"),
    (lambda: lax.reduce_window(IMAGE[0, 0], onp.int32(0), lax.add, (2, 2)), DTypeError, "one dtype"),
    (lambda: lax.reduce_window(IMAGE[0, 0], 0.0, lax.add, (2, 2.5)), ShapeError, "must be integers"),
]


@pytest.mark.parametrize(("call", "error", "message"), CONV_ERRORS)
def test_bad_input(call: Callable[[], Any], error: type[AxirError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_products_of_large_windows_have_no_derivative() -> None:
    x = np.ones(300)
    with pytest.raises(AxirError, match="up to 256 elements"):
        axir.jvp(lambda x: lax.reduce_window(x, 1.0, lax.mul, (257,)), (x,), (x,))
