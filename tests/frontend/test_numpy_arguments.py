"""Arguments that many functions of axir.numpy share: devices, known means, sizes that are given."""

import numpy as onp
import pytest

import axir
import axir.numpy as np

DEVICE = axir.devices()[0]
X = onp.arange(12, dtype=onp.float32).reshape(3, 4) ** 2


@pytest.mark.parametrize(
    "create",
    [
        lambda **k: np.zeros(3, **k),
        lambda **k: np.ones((2, 2), int, **k),
        lambda **k: np.empty(0, **k),
        lambda **k: np.full(3, 2.5, **k),
        lambda **k: np.zeros_like(X, **k),
        lambda **k: np.ones_like(X, **k),
        lambda **k: np.empty_like(X, **k),
        lambda **k: np.full_like(X, 3, **k),
        lambda **k: np.arange(4, **k),
        lambda **k: np.linspace(0, 1, 5, **k),
        lambda **k: np.eye(3, **k),
        lambda **k: np.array([1, 2], **k),
        lambda **k: np.asarray(a=[1.5], **k),
        lambda **k: np.astype(X, np.int32, **k),
        lambda **k: np.from_dlpack(X, **k),
        lambda **k: np.fft.fftfreq(5, **k),
        lambda **k: np.fft.rfftfreq(5, **k),
        lambda **k: np.asarray(X).astype(np.int8, **k),
    ],
)
def test_arrays_are_created_on_a_device(create):
    found = create(device=DEVICE)
    onp.testing.assert_array_equal(found, create())
    assert found.device == DEVICE
    with pytest.raises(TypeError, match="device must be None or one of"):
        create(device="gpu")


def test_arrays_move_to_the_device_that_they_are_on():
    x = np.arange(3)
    moved = x.to_device(DEVICE)
    assert (moved.device, moved.committed, x.committed) == (DEVICE, True, False)
    onp.testing.assert_array_equal(moved, x)
    assert moved.to_device(DEVICE) is moved
    for call in (lambda: x.to_device("nowhere"), lambda: x.to_device(DEVICE, stream=1)):
        with pytest.raises(TypeError, match="to_device"):
            call()
    assert (x.is_deleted(), x.is_fully_addressable, x.is_fully_replicated) == (False, True, True)
    assert x.on_device_size_in_bytes() == 12 and x.copy_to_host_async() is None


@pytest.mark.parametrize("dtype", ["int8", "int32", "float32", "complex64", "float16"])
def test_bytes(dtype):
    value = X.astype(dtype)
    x = np.asarray(value)
    assert x.tobytes() == value.tobytes() and x.tobytes("F") == value.tobytes("F")
    assert x.byteswap().tobytes() == value.byteswap().tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float16", "int32", "complex64", "bool", "bfloat16"])
def test_eager_products_are_the_compiled_ones(dtype):
    pairs = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 2)), ((0,), (0,)), ((2, 0), (0, 3))]
    arrays = [[(np.arange(onp.prod(s)) - 2).reshape(s).astype(dtype) for s in pair] for pair in pairs]
    for product in (np.matmul, np.dot):
        compiled = axir.jit(lambda arrays, product=product: [product(x, y) for x, y in arrays])(arrays)
        for (x, y), found in zip(arrays, compiled, strict=True):
            eager = product(x, y)
            assert (eager.dtype, eager.shape, eager.weak_type) == (found.dtype, found.shape, found.weak_type)
            onp.testing.assert_allclose(onp.asarray(eager), onp.asarray(found))
    weak = np.matmul(np.asarray(X[0]), np.full(4, 2))
    assert weak.dtype == onp.float32 and not weak.weak_type


def test_views_are_arrays_only():
    with pytest.raises(NotImplementedError, match="type must be None"):
        np.zeros(3).view(np.int32, type=list)


def test_variances_of_a_known_mean():
    mean = X.mean(1, keepdims=True)
    onp.testing.assert_allclose(np.var(X, 1, mean=mean), X.var(1), rtol=1e-6)
    onp.testing.assert_allclose(np.std(X, 1, mean=mean, correction=1), X.std(1, ddof=1), rtol=1e-6)
    onp.testing.assert_allclose(np.var(X, 1, mean=0 * mean), (X**2).mean(1), rtol=1e-6)
    onp.testing.assert_allclose(np.nanvar(X, 1, mean=mean), X.var(1), rtol=1e-6)
    onp.testing.assert_allclose(np.nanstd(X, 1, mean=mean), X.std(1), rtol=1e-6)


@pytest.mark.parametrize("counts", [[2, 0, 3], [0, 0, 1], [1, 1, 1], [5, 0, 0]])
def test_repeats_to_a_given_size(counts):
    whole = onp.repeat(X, counts, 0)
    repeat = axir.jit(lambda c: np.repeat(X, c, 0, total_repeat_length=6))
    padded = onp.concatenate([whole, onp.repeat(X[-1:], 6, 0)])[:6]
    if counts[-1] == 0:  # what is missing is the last element of the array
        assert padded[-1].tolist() == X[-1].tolist()
    onp.testing.assert_array_equal(repeat(np.array(counts)), padded)
    assert np.repeat(X, 2, total_repeat_length=5).tolist() == onp.repeat(X, 2)[:5].tolist()


@pytest.mark.parametrize("gone", [[0], [3, 1], [-1, 0], [2, 1, 0, 3]])
def test_positions_that_are_traced_are_deleted(gone):
    delete = axir.jit(lambda i: np.delete(X, i, 1, assume_unique_indices=True))
    onp.testing.assert_array_equal(delete(np.array(gone)), onp.delete(X, gone, 1))


def test_products_of_the_linear_algebra_are_strict():
    x = np.array([1.0, 2, 3])
    assert np.linalg.cross(x, x[::-1]).tolist() == [-4, 8, -4]
    assert np.linalg.outer(x, x).shape == (3, 3) and float(np.linalg.tensordot(x, x, axes=1)) == 14
    for call in (lambda: np.linalg.cross(x[:2], x[:2]), lambda: np.linalg.outer(np.ones((2, 2)), x)):
        with pytest.raises(ValueError, match="must"):
            call()


def test_sums_have_all_arguments_as_methods():
    x = np.asarray(X)
    mask = X > 20
    assert float(x.sum(where=mask, initial=1)) == X.sum(where=mask) + 1
    assert x.sum(0, keepdims=True, promote_integers=False).shape == (1, 4)
    assert x.max(1, initial=50.0, where=mask).tolist() == [50, 50, 121]
    assert bool(x.all(where=mask)) and x.compress(mask[:, 3], 0, size=1).shape == (1, 4)
    assert np.copy(x, order="K") is x and np.reshape(x, (4, 3), copy=True).shape == (4, 3)
