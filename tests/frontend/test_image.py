"""axir.image: weights of each sample written out in float64, and JAX."""

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir.errors import ShapeError
from axir.image import ResizeMethod, resize, scale_and_translate

X = onp.random.default_rng(0).normal(size=(3, 7, 5)).astype(onp.float32)


def _keys(x, a):
    if x >= 2:
        return 0
    return (a + 2) * x**3 - (a + 3) * x**2 + 1 if x < 1 else a * (x**3 - 5 * x**2 + 8 * x - 4)


KERNELS = {
    "linear": lambda x: max(1 - x, 0),
    "cubic": lambda x: _keys(x, -0.5),
    "lanczos3": lambda x: onp.sinc(x) * onp.sinc(x / 3) if x < 3 else 0,
    "lanczos5": lambda x: onp.sinc(x) * onp.sinc(x / 5) if x < 5 else 0,
}


def _along(x, n, scale, translation, kernel, antialias):
    """The first axis in n samples, one after another."""
    rows = []
    for i in range(n):
        place = (i + 0.5 - translation) / scale - 0.5
        width = max(1 / scale, 1) if antialias else 1
        weights = onp.array([kernel(abs(place - j) / width) for j in range(len(x))])
        inside = -0.5 <= place <= len(x) - 0.5
        rows.append(weights / weights.sum() @ x if inside else onp.zeros(x.shape[1:]))
    return onp.array(rows)


def _area(x, n):
    rows = []
    for i in range(n):
        left, right = i * len(x) / n, (i + 1) * len(x) / n
        weights = onp.array([max(min(right, j + 1) - max(left, j), 0) for j in range(len(x))])
        rows.append(weights / weights.sum() @ x)
    return onp.array(rows)


@pytest.mark.parametrize("method", KERNELS)
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("n", [1, 3, 7, 12])
def test_resize_along_an_axis(method, antialias, n):
    m = X[:, :, 0].T.astype(float)
    wanted = m if n == 7 else _along(m, n, n / 7, 0.0, KERNELS[method], antialias)
    found = resize(m.astype(onp.float32), (n, 3), method, antialias)
    onp.testing.assert_allclose(found, wanted, rtol=1e-4, atol=2e-5)


def test_resize_along_several_axes():
    one = resize(resize(X, (3, 4, 5), "cubic"), (3, 4, 9), "cubic")
    onp.testing.assert_allclose(resize(X, (3, 4, 9), ResizeMethod.CUBIC), one, rtol=1e-5, atol=1e-5)
    onp.testing.assert_allclose(resize(X[0, :, 0], (3,), "area"), _area(X[0, :, 0], 3), rtol=1e-5)


def test_resize_as_pytorch():
    """Samples beyond the edges are those at the edges."""
    x = X[0, :, 0]
    wanted = []
    for i in range(5):
        place = (i + 0.5) * 7 / 5 - 0.5
        near = [int(onp.floor(place)) + k for k in (-1, 0, 1, 2)]
        wanted.append(sum(_keys(abs(place - j), -0.75) * x[min(max(j, 0), 6)] for j in near))
    onp.testing.assert_allclose(
        resize(x, (5,), "cubic-pytorch", antialias=False), wanted, rtol=1e-4, atol=1e-5
    )
    onp.testing.assert_array_equal(resize(x, (5,), "bicubic-pytorch"), resize(x, (5,), "bicubic"))
    assert resize(x[:1], (3,), "cubic-pytorch", antialias=False).tolist() == pytest.approx([x[0]] * 3)


def test_resize_nearest():
    x = onp.arange(12, dtype=onp.int8).reshape(3, 4)
    found = resize(x, (5, 2), "nearest")
    assert found.dtype == onp.int8
    rows, columns = [0, 0, 1, 2, 2], [1, 3]
    assert found.tolist() == x[rows][:, columns].tolist()


def test_dtypes_and_sizes():
    assert resize(onp.arange(4), (2,), "linear").dtype == onp.float32
    assert resize(X.astype(onp.float16), (3, 2, 5), "linear").dtype == onp.float16
    assert resize(X, (3, 0, 5), "linear").shape == (3, 0, 5)


def test_scale_and_translate_with_traced_numbers():
    m = X[:, :, 0].T

    def moved(scale, translation):
        return scale_and_translate(m, (9, 3), (0,), scale, translation, "lanczos3")

    wanted = _along(m.astype(float), 9, 0.8, 1.5, KERNELS["lanczos3"], True)
    found = axir.jit(moved)(onp.float32([0.8]), onp.float32([1.5]))
    onp.testing.assert_allclose(found, wanted, rtol=1e-4, atol=2e-5)
    slope = axir.grad(lambda t: np.sum(moved(onp.float32([1.3]), t) ** 2))(onp.float32([0.4]))
    small = onp.float32([1e-3])
    one = onp.float32([1.3])
    sums = [float(np.sum(moved(one, 0.4 + s) ** 2)) for s in (small, -small)]
    onp.testing.assert_allclose(slope, [(sums[0] - sums[1]) / 2e-3], rtol=2e-2)


def test_derivative_is_the_transposed_matrix():
    def small(v):
        return resize(v, (3,), "cubic")

    matrix = axir.jacobian(small)(X[0, :, 0])
    ct = onp.float32([1, -2, 0.5])
    onp.testing.assert_allclose(axir.vjp(small, X[0, :, 0])[1](ct)[0], ct @ onp.asarray(matrix), rtol=1e-5)
    mapped = axir.jit(axir.vmap(small, in_axes=1, out_axes=1))(X[0])
    onp.testing.assert_allclose(mapped, onp.asarray(matrix) @ X[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: resize(X, (3, 4), "linear"), ShapeError),
        (lambda: resize(X[:0], (3, 4, 5), "linear"), ShapeError),
        (lambda: resize(X, (3, 4, 5), "sharp"), ValueError),
        (lambda: resize(X, (3, 4, 5), 3), TypeError),
        (lambda: scale_and_translate(X, X.shape, (0,), np.ones(1), np.ones(1), "nearest"), ValueError),
        (lambda: scale_and_translate(X, X.shape, (0,), np.ones(2), np.ones(2), "linear"), ShapeError),
    ],
)
def test_messages(call, error):
    with pytest.raises(error, match=r"image"):
        call()


def test_agrees_with_jax():
    jax = pytest.importorskip("jax")
    scale, translation = onp.float32([1.3, 0.6]), onp.float32([0.4, -1])
    for method in ("nearest", "linear", "lanczos3", "cubic", "cubic-pytorch", "area"):
        wanted = jax.image.resize(X, (3, 4, 11), method)
        onp.testing.assert_allclose(resize(X, (3, 4, 11), method), wanted, rtol=1e-4, atol=1e-5)
        if method != "nearest":
            given = (X, (3, 6, 8), (1, 2), scale, translation, method)
            wanted = jax.image.scale_and_translate(*given)
            onp.testing.assert_allclose(scale_and_translate(*given), wanted, rtol=1e-4, atol=1e-5)
