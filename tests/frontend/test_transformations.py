"""The transformations as users call them: values, nesting, pytrees, errors."""

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import errors


def f(x):
    return x**2 + 3 * x + 2


def sum_logistic(x):
    return np.sum(1.0 / (1.0 + np.exp(-x)))


def close(actual, expected, tolerance=1e-6):
    onp.testing.assert_allclose(onp.asarray(actual), expected, rtol=tolerance, atol=tolerance)


def test_grad_of_a_polynomial():
    assert float(axir.grad(f)(2.0)) == 7.0


def test_grad_of_sum_logistic_is_the_known_one():
    close(axir.grad(sum_logistic)(np.arange(3.0)), [0.25, 0.19661197, 0.10499357])


def test_derivatives_and_jit_nest():
    grad, jit = axir.grad, axir.jit
    close(grad(jit(grad(jit(grad(jit(grad(sum_logistic)))))))(2.0), 0.02078409, 1e-5)


def test_higher_derivatives_by_nesting():
    third = axir.grad(axir.grad(axir.grad(lambda x: np.sin(2 * x))))
    close(third(0.3), -8 * onp.cos(0.6), 1e-5)


def test_argnums_and_pytrees():
    def loss(params, x, scale=1.0):
        return np.sum(params["w"] * x + params["b"]) * scale

    params = {"w": np.array([1.0, 2.0]), "b": np.array(3.0)}
    x = np.array([5.0, 7.0])
    by_params = axir.grad(loss)(params, x)
    close(by_params["w"], [5, 7])
    close(by_params["b"], 2)
    both = axir.grad(loss, argnums=(0, 1))(params, x, scale=2.0)
    close(both[0]["b"], 4)
    close(both[1], [2, 4])
    close(axir.grad(loss, argnums=-1)(params, x), [1, 2])


def test_value_and_grad_with_aux():
    def g(x):
        return np.sum(x**3), {"twice": 2 * x}

    (value, aux), gradient = axir.value_and_grad(g, has_aux=True)(np.array([1.0, 2.0]))
    close(value, 9)
    close(aux["twice"], [2, 4])
    close(gradient, [3, 12])
    gradient, aux = axir.grad(g, has_aux=True)(np.array([1.0, 2.0]))
    close(gradient, [3, 12])
    close(aux["twice"], [2, 4])


def test_jvp_and_linearize_agree():
    x, t = np.array([0.1, 0.7]), np.array([1.0, -2.0])
    value, tangent = axir.jvp(lambda x: np.sin(x) * x, (x,), (t,))
    expected = (onp.cos([0.1, 0.7]) * [0.1, 0.7] + onp.sin([0.1, 0.7])) * [1, -2]
    close(value, onp.sin([0.1, 0.7]) * [0.1, 0.7])
    close(tangent, expected)
    value, f_jvp = axir.linearize(lambda x: np.sin(x) * x, x)
    close(f_jvp(t), expected)
    close(f_jvp(2 * t), 2 * expected)


def test_vjp_gives_a_tuple_of_cotangents():
    value, pullback = axir.vjp(lambda x, y: (x * y, np.sum(x)), np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    close(value[0], [3, 8])
    dx, dy = pullback((np.array([1.0, 1.0]), np.array(10.0)))
    close(dx, [13, 14])
    close(dy, [1, 2])


def test_vjp_pullback_works_under_jit_and_vmap():
    _, pullback = axir.vjp(np.sin, np.array([0.0, 1.0]))
    cotangents = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
    expected = onp.asarray(cotangents) * onp.cos([0.0, 1.0])
    close(axir.vmap(pullback)(cotangents)[0], expected)
    close(axir.jit(pullback)(cotangents[2])[0], expected[2])


def test_linear_transpose():
    matrix = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    transposed = axir.linear_transpose(lambda x: matrix @ x, np.zeros(3))
    close(transposed(np.array([1.0, 1.0]))[0], [5, 7, 9])
    with pytest.raises(errors.MissingRuleError):
        axir.linear_transpose(np.sin, np.zeros(3))(np.zeros(3))


def test_jacobians():
    close(axir.jacobian(np.exp)(np.arange(3.0)), onp.diag([1, 2.7182817, 7.389056]))

    def g(x):
        return np.array([x[0] + 2 * x[1], x[0] ** 2 + x[1] ** 2])

    for jacobian in (axir.jacfwd, axir.jacrev):
        close(jacobian(g)(np.array([1.0, 2.0])), [[1, 2], [2, 4]])


def test_jacobian_of_pytrees():
    def g(p):
        return {"y": p["a"] * np.array([1.0, 2.0, 3.0]), "z": p["a"] + p["b"][0]}

    point = {"a": np.array(2.0), "b": [np.array(5.0)]}
    for jacobian in (axir.jacfwd, axir.jacrev):
        found = jacobian(g)(point)
        close(found["y"]["a"], [1, 2, 3])
        close(found["y"]["b"][0], [0, 0, 0])
        close(found["z"]["b"][0], 1)


def test_hessian_is_symmetric_and_right():
    h = axir.hessian(lambda x: x[0] ** 2 * x[1] + np.sin(x[1]))(np.array([2.0, 0.5]))
    close(h, [[1.0, 4.0], [4.0, -onp.sin(0.5)]], 1e-5)


def test_grad_through_python_control_flow():
    def absolute(x):
        return x if x > 0 else -x

    close(axir.grad(absolute)(3.0), 1)
    close(axir.grad(absolute)(-3.0), -1)

    def steps(x):
        while x < 100:
            x = x * 2
        return x

    close(axir.grad(steps)(3.0), 64)


def test_known_values_pass_through_inner_transformations():
    def g(x):
        slope = axir.grad(np.sin)(x)
        return x * 2 if slope > 0 else x * 3

    close(axir.grad(g)(0.1), 2)
    close(axir.grad(g)(3.0), 3)

    def h(x):
        return x * 2 if axir.jit(np.cos)(x) > 0 else x * 3

    close(axir.grad(h)(3.0), 3)


def test_control_flow_under_jit_names_the_line_and_a_remedy():
    def choose(x):
        if x > 0:  # the line that is named
            return x
        return -x

    with pytest.raises(errors.ConcretizationError) as caught:
        axir.jit(choose)(3.0)
    message = str(caught.value)
    assert "if x > 0:  # the line that is named" in message
    assert "test_transformations.py" in message
    assert "where" in message and "lax.cond" in message
    with pytest.raises(errors.ConcretizationError):
        axir.vmap(choose)(np.arange(3.0))


def test_vmap_equals_a_loop_on_any_axes():
    x = np.arange(24.0).reshape(2, 3, 4)
    y = np.arange(3.0)
    found = axir.vmap(lambda a, b: np.sum(a) * b, in_axes=(1, 0))(x, y)
    close(found, [onp.sum(onp.asarray(x)[:, i]) * i for i in range(3)])
    found = axir.vmap(lambda a: a * 2, in_axes=-1, out_axes=1)(x)
    close(found, onp.moveaxis(onp.asarray(x) * 2, -1, 1))
    found = axir.vmap(lambda d, c: d["u"] + c, in_axes=({"u": 0}, None))({"u": y}, 10.0)
    close(found, [10, 11, 12])
    found = axir.vmap(lambda a: (a, np.float32(7)), out_axes=(0, None))(y)
    close(found[1], 7)


def test_vmap_keeps_a_matrix_product_one_dot():
    matrix = np.arange(12.0).reshape(3, 4)
    batch = np.arange(20.0).reshape(5, 4)
    function = axir.vmap(lambda v: np.dot(matrix, v))
    close(function(batch), onp.asarray(batch) @ onp.asarray(matrix).T)
    text = str(axir.make_ir(function)(batch))
    assert text.count("axir.dot_general") == 1
    assert "dynamic_slice" not in text


def test_vmap_errors():
    with pytest.raises(errors.ShapeError, match=r"8 for .* f32\[8, 3\] .*7 for .* f32\[7\].*None"):
        axir.vmap(lambda x, y: x)(np.zeros((8, 3)), np.zeros(7))
    with pytest.raises(errors.AxisError):
        axir.vmap(lambda x: x, in_axes=2)(np.zeros((8, 3)))
    with pytest.raises(errors.TreeError):
        axir.vmap(lambda x: x, in_axes=(0, 0))(np.zeros(3))
    with pytest.raises(errors.ShapeError, match="out_axes"):
        axir.vmap(lambda x: x, out_axes=None)(np.zeros(3))
    with pytest.raises(errors.ShapeError, match="axis_size"):
        axir.vmap(lambda x: x, in_axes=None)(np.zeros(3))


def test_every_nesting_order_of_grad_vmap_jit():
    x = np.array([0.3, 0.8])
    expected = onp.cos([0.3, 0.8])
    for function in (
        axir.vmap(axir.grad(np.sin)),
        axir.jit(axir.vmap(axir.grad(np.sin))),
        axir.vmap(axir.jit(axir.grad(np.sin))),
        axir.vmap(axir.grad(axir.jit(np.sin))),
        axir.grad(lambda v: np.sum(axir.vmap(np.sin)(v))),
        axir.jit(axir.grad(lambda v: np.sum(axir.vmap(axir.jit(np.sin))(v)))),
    ):
        close(function(x), expected)


def test_closed_over_values_carry_derivatives():
    def outer(x):
        return axir.grad(lambda y: x * y**2)(3.0) * x  # 6 x^2

    close(axir.grad(outer)(2.0), 24)
    close(axir.jit(axir.grad(outer))(2.0), 24)
    close(axir.vmap(outer)(np.array([1.0, 2.0])), [6, 24])


def test_integer_arguments_of_jvp_have_float0_tangents():
    x, n = np.array(2.0), np.array(3)
    value, tangent = axir.jvp(
        lambda x, n: (x * n, n + 1), (x, n), (np.array(1.0), onp.zeros((), axir.float0))
    )
    close(tangent[0], 3)
    assert tangent[1].dtype == axir.float0
    close(value[1], 4)


@pytest.mark.parametrize(
    ("function", "argument", "match"),
    [
        (lambda x: x * 2, 3, "float"),
        (lambda x: x * np.ones(2), 3.0, "scalar"),
        (lambda x: (x, x), 3.0, "scalar"),
    ],
)
def test_grad_refuses(function, argument, match):
    with pytest.raises(errors.NonDifferentiableError, match=match):
        axir.grad(function)(argument)


def test_wrong_arguments_are_named():
    with pytest.raises(TypeError, match="argnums"):
        axir.grad(f, argnums=3)(1.0)
    with pytest.raises(TypeError, match="'w'"):
        axir.grad(lambda p: p["w"])({"w": "text"})
    with pytest.raises(errors.TreeError):
        axir.jvp(f, (1.0,), ((1.0, 2.0),))
    with pytest.raises(errors.ShapeError):
        axir.jvp(np.sin, (np.zeros(3),), (np.zeros(2),))
    _, pullback = axir.vjp(np.sin, np.zeros(3))
    with pytest.raises(errors.ShapeError):
        pullback(np.zeros(4))


def test_a_leaked_tracer_is_named():
    kept = []

    def leak(x):
        kept.append(x)
        return x * 2

    axir.jit(leak)(1.0)
    with pytest.raises(errors.LeakedTracerError, match="leak"):
        axir.jit(lambda y: y + kept[0])(2.0)
    for use in (lambda: kept[0] + 1, lambda: float(kept[0])):
        with pytest.raises(errors.LeakedTracerError, match="leak") as found:
            use()
        assert str(found.value).count("test_transformations.py") == 1


def test_eval_shape_computes_nothing():
    spec = axir.ShapeDtypeStruct((1000, 100_000), "float32")
    found = axir.eval_shape(lambda a, b: {"product": a @ b.T}, spec, spec)
    assert found["product"].shape == (1000, 1000)
    assert found["product"].dtype == onp.float32


def test_long_chains_need_no_recursion():
    def chain(x):
        for _ in range(3000):
            x = x + 1.0
        return x if x > 0 else -x

    close(axir.grad(chain)(1.0), 1)


def test_derivatives_of_jitted_functions_of_numbers():
    """The call in between runs compiled, on what NumPy computed: a scalar, not an array."""

    def twice(x):
        return np.sin(axir.jit(np.sin)(x))

    expected = onp.cos(onp.sin(0.7)) * onp.cos(0.7)
    assert float(axir.grad(twice)(0.7)) == pytest.approx(expected, rel=1e-6)
    assert float(axir.vjp(twice, 0.7)[1](1.0)[0]) == pytest.approx(expected, rel=1e-6)


JVP_BODIES = {
    "call": lambda x: np.sin(axir.jit(np.sin)(x)),
    "checkpoint": lambda x: np.sin(axir.checkpoint(np.sin)(x)),
    "scan": lambda x: np.sin(axir.lax.scan(lambda c, _: (np.sin(c), None), x, None, 2)[0]),
    "branch": lambda x: np.sin(axir.lax.switch(1, [np.cos, np.sin], x)),
    "branch in a scan": lambda x: axir.lax.scan(
        lambda c, _: (np.sin(axir.lax.switch(1, [np.cos, np.sin], c)), None), x, None, 2
    )[0],
}


@pytest.mark.parametrize("name", JVP_BODIES)
def test_transposed_tangent_map(name):
    """The derivative of a loop or branch gives results and tangents together; only the latter are linear."""
    f = JVP_BODIES[name]
    with axir.enable_x64(True):
        (found,) = axir.linear_transpose(lambda t: axir.jvp(f, (0.7,), (t,))[1], 1.0)(1.0)
        ends = [float(f(0.7 + h)) for h in (1e-6, -1e-6)]
    assert float(found) == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6)


def test_vmap_hands_over_what_is_not_mapped():
    def f(x, function, text, count):
        assert text == "text"
        return function(x) + np.zeros(count)

    found = axir.vmap(f, in_axes=(0, None, None, None))(np.arange(2.0), np.sin, "text", 3)
    onp.testing.assert_allclose(found, onp.repeat(onp.sin([[0.0], [1.0]]), 3, 1), rtol=1e-6)
    with pytest.raises(TypeError, match="argument 1: array: operands must be arrays or numbers; got"):
        axir.vmap(f, in_axes=(0, 0, None, None))(np.arange(2.0), np.sin, "text", 3)
