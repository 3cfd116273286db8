"""axir.scipy.optimize against SciPy and places that are known; loops in loops, of which it is made."""

import numpy as onp
import pytest
import scipy.optimize

import axir
import axir.numpy as np
from axir import lax
from axir.errors import ShapeError
from axir.scipy.optimize import OptimizeResults, minimize

METHODS = ["BFGS", "l-bfgs-experimental-do-not-rely-on-this"]


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def himmelblau(x):
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


def bowl(x, middle):
    return np.sum(np.arange(1.0, 4.0) * (x - middle) ** 2) + np.exp(x[0] / 4)


@pytest.mark.parametrize("method", METHODS)
def test_minima(method):
    with axir.enable_x64():
        for function, start in [(rosenbrock, [0.0, 0, 0]), (rosenbrock, [-1.2, 1]), (himmelblau, [1.0, 1])]:
            options = {"gtol": 1e-7} if method == "BFGS" else {"gtol": 1e-7, "ftol": 0.0}
            found = minimize(function, onp.array(start), method=method, options=options)
            wanted = scipy.optimize.minimize(lambda x, f=function: float(f(x)), start, tol=1e-9)
            assert found.success and found.status == 0 and found.x.dtype == onp.float64
            onp.testing.assert_allclose(found.x, wanted.x, rtol=1e-4)
            assert float(np.max(np.abs(found.jac))) < 1e-7
            assert float(found.fun) == pytest.approx(float(function(found.x)))
            assert 0 < found.nit < found.nfev == found.njev < 200
    assert (found.hess_inv is None) == (method != "BFGS")


def test_estimate_of_the_hessian():
    with axir.enable_x64():
        found = minimize(rosenbrock, onp.zeros(3), method="bfgs", options={"gtol": 1e-9})
        exact = np.linalg.inv(axir.hessian(rosenbrock)(found.x))
        onp.testing.assert_allclose(found.hess_inv, exact, rtol=0.05)


def test_compiled_and_mapped():
    method = METHODS[0]

    @axir.jit
    def places(middles):
        return axir.vmap(lambda m: minimize(bowl, np.zeros(3), (m,), method=method).x)(middles)

    middles = onp.float32([[1, 2, 3], [-1, 0.5, 4]])
    eager = [minimize(bowl, np.zeros(3), (m,), method=method).x for m in middles]
    onp.testing.assert_allclose(places(middles), onp.stack(eager), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_limits(method):
    found = minimize(rosenbrock, onp.zeros(2, onp.float32), method=method, options={"maxiter": 2})
    assert not found.success and found.status == 1
    assert found.nit == (2 if method == "BFGS" else 3)
    there = minimize(bowl, onp.zeros(3), (onp.zeros(3),), method=method, options={"gtol": 10.0})
    # L-BFGS looks at the gradient after a step only, as in JAX.
    assert there.success and there.nit == (0 if method == "BFGS" else 1)


def test_a_failed_search_keeps_the_best_place():
    """|x| has no place where the slope is small."""
    found = minimize(lambda x: np.sum(np.abs(x - 0.3)), onp.float32([5]), method="BFGS")
    assert not found.success and found.status in (3, 5)
    assert float(found.fun) == pytest.approx(float(np.abs(found.x[0] - 0.3)), abs=1e-6)
    assert float(found.fun) < 4.7


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: minimize(rosenbrock, onp.zeros(2), method="newton"), ValueError),
        (lambda: minimize(rosenbrock, onp.zeros((2, 2)), method="BFGS"), ShapeError),
        (lambda: minimize(bowl, onp.zeros(3), [1.0], method="BFGS"), TypeError),
        (lambda: minimize(rosenbrock, onp.zeros(3), method="BFGS", options={"steps": 3}), TypeError),
    ],
)
def test_messages(call, error):
    with pytest.raises(error, match="minimize"):
        call()


def test_agrees_with_jax_where_that_succeeds():
    reference = pytest.importorskip("jax.scipy.optimize")
    jnp = pytest.importorskip("jax.numpy")

    def both(np):
        return lambda x: (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2

    wanted = reference.minimize(both(jnp), jnp.ones(2), method=METHODS[1])
    found = minimize(both(np), np.ones(2), method=METHODS[1])
    onp.testing.assert_allclose(found.x, wanted.x, rtol=1e-5)
    assert (int(found.nit), int(found.nfev)) == (int(wanted.nit), int(wanted.nfev))
    assert OptimizeResults._fields == type(wanted)._fields


@pytest.mark.parametrize("kind", [bool, onp.float32])
def test_loops_in_loops_that_replace_what_they_do_not_read(kind):
    """IREE's compiler died of them."""

    def inner(x):
        return lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * 1.5 + 1), (0, x))[1]

    def program(x):
        def body(state):
            i, x, _ = state
            x = inner(x)
            return i + 1, x, (np.sum(x) > 100).astype(kind)

        def step(carry, _):
            x = inner(carry[0])
            return (x, (np.sum(x) > 100).astype(kind)), None

        first = lax.while_loop(lambda s: s[0] < 3, body, (0, x, np.zeros((), kind)))[1:]
        return first, lax.scan(step, (x, np.zeros((), kind)), None, length=3)[0]

    x = onp.zeros(3, onp.float32)
    wanted = onp.zeros(3)
    for _ in range(9):
        wanted = wanted * 1.5 + 1
    for found, flag in axir.jit(program)(x):
        onp.testing.assert_allclose(found, wanted, rtol=1e-5)
        assert flag == 1 and flag.dtype == kind
