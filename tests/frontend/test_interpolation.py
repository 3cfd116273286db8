"""axir.scipy: ndimage, interpolate, cluster and integrate against SciPy."""

import numpy as onp
import pytest
import scipy.cluster.vq
import scipy.integrate
import scipy.interpolate
import scipy.ndimage

import axir
import axir.numpy as np
from axir.errors import DTypeError, ShapeError
from axir.scipy import cluster, integrate
from axir.scipy.interpolate import RegularGridInterpolator
from axir.scipy.ndimage import map_coordinates

G = onp.random.default_rng(0)
IMAGE = G.normal(size=(5, 4)).astype(onp.float32)
# Away from the places where rounding decides.
PLACES = (G.integers(-40, 50, (2, 3, 30)) / 4 + 0.05).astype(onp.float32)
MODES = {
    "constant": "grid-constant",
    "nearest": "nearest",
    "wrap": "grid-wrap",
    "mirror": "mirror",
    "reflect": "reflect",
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("order", [0, 1])
def test_map_coordinates(mode, order):
    wanted = scipy.ndimage.map_coordinates(
        IMAGE.astype(float), PLACES, order=order, mode=MODES[mode], cval=2.0
    )
    found = axir.jit(lambda x, *c: map_coordinates(x, c, order, mode, 2.0))(IMAGE, *PLACES)
    onp.testing.assert_allclose(found, wanted, rtol=1e-4, atol=2e-5)


def test_map_coordinates_of_integers_and_points():
    x = onp.array([0, 10, 25], onp.int8)
    found = map_coordinates(x, [onp.float32([0.5, 1.3, 1.5, 7])], 1, cval=-3)
    assert (found.tolist(), found.dtype) == ([5, 15, 18, -3], onp.int8)  # 14.5 and 17.5 away from 0
    assert map_coordinates(x, [2], 0).tolist() == 25
    assert map_coordinates(x[:1], [onp.arange(-2, 3)], 1, "mirror").tolist() == [0] * 5


def test_map_coordinates_differentiated():
    slope = axir.grad(lambda r, c: np.sum(map_coordinates(IMAGE, [r, c], 1)), (0, 1))(1.5, 2.25)
    left = 0.75 * IMAGE[1:3, 2] + 0.25 * IMAGE[1:3, 3]
    assert slope[0] == pytest.approx(left[1] - left[0], rel=1e-5)
    assert slope[1] == pytest.approx(IMAGE[1:3, 3].mean() - IMAGE[1:3, 2].mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: map_coordinates(IMAGE, [1.0], 1), ShapeError),
        (lambda: map_coordinates(IMAGE[:0], [1.0, 1.0], 1), ShapeError),
        (lambda: map_coordinates(IMAGE, [1.0, 1.0], 3), NotImplementedError),
        (lambda: map_coordinates(IMAGE, [1.0, 1.0], 1, "grid"), NotImplementedError),
    ],
)
def test_map_coordinates_says_what_is_wrong(call, error):
    with pytest.raises(error, match="map_coordinates: "):
        call()


GRID = (onp.float32([0, 1, 3, 4]), onp.float32([-1, 0, 2]))
VALUES = G.normal(size=(4, 3, 2)).astype(onp.float32)
POINTS = onp.vstack([G.uniform(-2, 5, (30, 2)), [[0, -1], [4, 2], [1, 0], [2, 1]]]).astype(onp.float32)


@pytest.mark.parametrize("method", ["linear", "nearest"])
@pytest.mark.parametrize("fill", [onp.nan, 2.0, None])
def test_grid(method, fill):
    given = {"method": method, "bounds_error": False, "fill_value": fill}
    wanted = scipy.interpolate.RegularGridInterpolator(GRID, VALUES, **given)(POINTS)
    ours = RegularGridInterpolator(GRID, VALUES, **given)
    onp.testing.assert_allclose(ours(POINTS), wanted, rtol=1e-4, atol=2e-5)
    onp.testing.assert_array_equal(ours((POINTS[:, 0], POINTS[:, 1])), ours(POINTS))
    onp.testing.assert_array_equal(ours(POINTS.reshape(2, 17, 2)), ours(POINTS).reshape(2, 17, 2))


def test_grid_as_an_argument():
    ours = RegularGridInterpolator(GRID, VALUES[..., 0], fill_value=None)
    inside = onp.float32([[0.5, 1.0], [3.5, -0.5]])
    onp.testing.assert_allclose(axir.jit(lambda f, x: f(x))(ours, inside), ours(inside), rtol=1e-6)
    slope = axir.grad(lambda f: np.sum(f(inside)))(ours)
    assert isinstance(slope, RegularGridInterpolator)
    assert float(np.sum(slope.values)) == pytest.approx(2)
    assert ours(inside, "nearest").tolist() == [VALUES[0, 1, 0], VALUES[2, 0, 0]]


def test_one_axis():
    x = onp.float32([0, 1, 4])
    ours = RegularGridInterpolator((x,), x**2)
    wanted = onp.interp([0.5, 2.5], x, x**2)
    for places in (onp.float32([0.5, 2.5]), (onp.float32([0.5, 2.5]),), onp.float32([[0.5], [2.5]])):
        onp.testing.assert_allclose(ours(places), wanted, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: RegularGridInterpolator(GRID, VALUES, "cubic"), ValueError),
        (lambda: RegularGridInterpolator(GRID, VALUES, bounds_error=True), NotImplementedError),
        (lambda: RegularGridInterpolator(GRID, VALUES[1:]), ShapeError),
        (lambda: RegularGridInterpolator((GRID[0][:1],), VALUES[:1]), ShapeError),
        (lambda: RegularGridInterpolator(GRID, VALUES, fill_value=1j), DTypeError),
        (lambda: RegularGridInterpolator(GRID, VALUES)(POINTS[:, :1]), ShapeError),
        (lambda: RegularGridInterpolator(GRID, VALUES)(POINTS, "cubic"), ValueError),
    ],
)
def test_grid_says_what_is_wrong(call, error):
    with pytest.raises(error, match="RegularGridInterpolator: "):
        call()


def test_nearest_codes():
    points, codes = POINTS, VALUES[:3, 0]
    for x, c in ((points, codes), (points[:, 0], codes[:, 0])):
        wanted = scipy.cluster.vq.vq(x, c)
        found = axir.jit(cluster.vq.vq)(x, c)
        onp.testing.assert_array_equal(found[0], wanted[0])
        onp.testing.assert_allclose(found[1], wanted[1], rtol=1e-5)
    with pytest.raises(ShapeError, match="vq: "):
        cluster.vq.vq(points, codes[:, 0])


def test_trapezoid():
    x = onp.float32([0, 1, 3, 4])
    wanted = scipy.integrate.trapezoid(VALUES, x, axis=0)
    onp.testing.assert_allclose(integrate.trapezoid(VALUES, x, axis=0), wanted, rtol=1e-5)
