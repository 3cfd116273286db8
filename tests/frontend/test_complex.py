"""Complex arrays: creation, parts, functions, derivatives, what is refused."""

import numpy as onp
import pytest

import axir
import axir.numpy as np
from axir import lax

RNG = onp.random.default_rng(0)
Z = (RNG.standard_normal((3, 4)) + 1j * RNG.standard_normal((3, 4))).astype("complex64")
W = (RNG.standard_normal((3, 4)) + 1j * RNG.standard_normal((3, 4))).astype("complex64")


def close(found, expected, tolerance=2e-6):
    found, expected = onp.asarray(found), onp.asarray(expected)
    assert found.shape == expected.shape
    onp.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


SAME_AS_NUMPY = {
    "real": lambda m: m.real(Z),
    "imag": lambda m: m.imag(Z),
    "imag of real numbers": lambda m: m.imag(Z.real),
    "conj": lambda m: m.conj(Z),
    "angle": lambda m: m.angle(Z),
    "angle of real numbers": lambda m: m.angle(Z.real, deg=True),
    "abs": lambda m: m.abs(Z),
    "sign": lambda m: m.sign(Z),
    "isreal": lambda m: m.isreal(Z * onp.array([0, 1, 1j, 0], "complex64")),
    "iscomplex": lambda m: m.iscomplex(Z * onp.array([0, 1, 1j, 0], "complex64")),
    "arithmetic": lambda m: m.add(Z, W) * W - Z / W,
    "power": lambda m: m.power(Z, 1.5),
    "integer power": lambda m: m.power(m.asarray(Z), 3),
    "exp": lambda m: m.exp(Z) + m.expm1(Z) + m.exp2(Z),
    "log": lambda m: m.log(Z) + m.log1p(Z) + m.log2(Z) + m.log10(Z),
    "trigonometric": lambda m: m.sin(Z) * m.cos(Z) + m.tan(Z) + m.arcsin(Z) + m.arctan(Z),
    "hyperbolic": lambda m: m.sinh(Z) * m.cosh(Z) + m.tanh(Z) + m.arccosh(Z) + m.arctanh(Z),
    "sqrt": lambda m: m.sqrt(Z) + m.square(Z) + m.reciprocal(Z),
    "sinc": lambda m: m.sinc(Z),
    "round": lambda m: m.round(Z, 1) + m.rint(Z),
    "sum": lambda m: m.sum(Z, 0) + m.prod(Z, 0),
    "mean": lambda m: m.mean(Z, 1),
    "var": lambda m: m.var(Z) + m.std(Z),
    "matmul": lambda m: m.matmul(Z, W.T),
    "vdot": lambda m: m.vdot(Z, W),
    "vecdot": lambda m: m.vecdot(Z, W),
    "einsum": lambda m: m.einsum("ij,kj->ik", Z, W),
    "where": lambda m: m.where(Z.real > 0, Z, 1.0),
    "concatenate": lambda m: m.concatenate([m.asarray(Z), m.ones((1, 4), "float32")]),
    "pad": lambda m: m.pad(Z, ((1, 0), (0, 2))),
    "comparisons": lambda m: m.equal(Z, Z.conj()) | m.less(Z, W) | m.greater_equal(Z, W),
    "linspace": lambda m: m.linspace(1 + 1j, 2 - 1j, 5).astype("complex64"),
    "geomspace": lambda m: m.geomspace(1, -4 + 1j, 5).astype("complex64"),
    "arange": lambda m: m.arange(4, dtype="complex64"),
    "eye": lambda m: m.eye(2, 3, dtype="complex64"),
    "full": lambda m: m.full((2,), 1 - 2j).astype("complex64"),
    "isfinite": lambda m: m.isfinite(SPECIAL),
    "isnan": lambda m: m.isnan(SPECIAL),
    "isinf": lambda m: m.isinf(SPECIAL),
    "nan_to_num": lambda m: m.nan_to_num(SPECIAL),
    "isclose": lambda m: m.isclose(Z, Z + 1e-7),
    "norm": lambda m: m.linalg.norm(Z),
}
SPECIAL = onp.array([complex(onp.nan, 1), complex(1, onp.inf), complex(-onp.inf, onp.nan), 2j], "complex64")


@pytest.mark.parametrize("name", SAME_AS_NUMPY)
def test_functions_agree_with_numpy(name):
    function = SAME_AS_NUMPY[name]
    expected = onp.asarray(function(onp))
    found = function(np)
    assert found.dtype.kind == expected.dtype.kind
    close(found, expected, 2e-5)


def test_compiled_functions_agree_with_eager_ones():
    names = [n for n in SAME_AS_NUMPY if n not in ("linspace", "geomspace")]

    def everything():
        return [SAME_AS_NUMPY[n](np) for n in names]

    for name, compiled, eager in zip(names, axir.jit(everything)(), everything(), strict=True):
        assert compiled.dtype == eager.dtype, name
        close(compiled, eager, 2e-5)


def test_larger_products_compile_in_parts():
    x, y = (
        (RNG.standard_normal((2, 40, 40)) + 1j * RNG.standard_normal((2, 40, 40))).astype("complex64")
        for _ in range(2)
    )
    close(axir.jit(np.matmul)(x, y), x @ y, 1e-4)


def test_arrays_and_scalars():
    z = np.asarray([1, 2j])
    assert z.dtype == onp.complex64 and z.tolist() == [1, 2j]
    assert (z.real.tolist(), z.imag.tolist(), z.conj().tolist()) == ([1, 0], [0, 2], [1, -2j])
    assert complex(np.asarray(1 + 2j)) == 1 + 2j
    assert (1j * z).tolist() == [1j, -2] and (z + 1).dtype == onp.complex64
    assert np.complex64(1).dtype == onp.complex64
    assert np.iscomplexobj(z) and np.isrealobj(z.real) and not np.iscomplexobj(1.0)
    assert np.real_if_close(np.asarray([1 + 1e-9j])).dtype == onp.float32
    assert np.real_if_close(z).dtype == onp.complex64
    assert lax.complex(np.ones(2), np.zeros(2)).dtype == onp.complex64
    assert lax.conj(np.ones(2)).dtype == onp.complex64
    assert float(np.finfo(np.complex64).eps) == float(np.finfo(np.float32).eps)
    with axir.enable_x64():
        assert np.asarray(1j).dtype == onp.complex128
        assert (np.ones(1, "float64") * np.ones(1, "complex64")).dtype == onp.complex128


@pytest.mark.parametrize(
    "call",
    [
        lambda z: np.floor(z),
        lambda z: np.fabs(z),
        lambda z: np.signbit(z),
        lambda z: np.isposinf(z),
        lambda z: np.clip(z, 0, 1),
        lambda z: np.arctan2(z, 1.0),
        lambda z: lax.lt(z, z),
        lambda z: lax.real(1.0),
        lambda z: np.full(2, 1j, float),
        lambda z: np.argmax(z),
        lambda z: lax.bitcast_convert_type(z, "float32"),
        lambda z: np.arange(1j),
    ],
)
def test_what_is_not_defined_for_complex_numbers(call):
    with pytest.raises(axir.errors.DTypeError):
        call(np.asarray([1 + 2j]))


def test_conversion_to_python_numbers_needs_a_real_part():
    for kind in (int, float):
        with pytest.raises(TypeError, match="real part"):
            kind(np.asarray(1j))


def test_gradients_of_real_functions():
    """The gradient is df/dx - i df/dy, which for |z|**2 is twice the conjugate."""
    close(axir.grad(lambda z: np.sum(abs(z) ** 2))(Z), 2 * Z.conj())
    assert complex(axir.grad(abs)(0j)) == 0
    with axir.enable_x64():
        z = Z.astype(complex)

        def loss(z):
            return np.sum(np.real(np.sin(z) * np.conj(z)) + np.angle(z) * np.imag(z**2))

        gradient = onp.asarray(axir.grad(loss)(z))
        step = 1e-6
        for direction in (1, 1j):
            ahead, behind = (onp.asarray(loss(z + s * direction)) for s in (step, -step))
            slope = float((ahead - behind) / (2 * step))
            close(onp.sum(gradient * direction).real, slope, 1e-7)


def test_holomorphic_derivatives():
    close(axir.grad(lambda z: z**3, holomorphic=True)(2 + 1j), 3 * (2 + 1j) ** 2)
    with axir.enable_x64():
        z = Z[0].astype(complex)
        expected = onp.diag(onp.exp(z) * z[0])
        expected[:, 0] += onp.exp(z)
        for jacobian in (axir.jacfwd, axir.jacrev):
            close(jacobian(lambda z: np.exp(z) * z[0], holomorphic=True)(z), expected, 1e-12)
        second = axir.hessian(lambda z: np.sum(z**3), holomorphic=True)(z)
        close(second, onp.diag(6 * z), 1e-12)


def test_transposes_do_not_conjugate():
    _, pullback = axir.vjp(lambda z: z * W, Z)
    close(pullback(W)[0], W * W)
    _, pullback = axir.vjp(lambda x: x * W, Z.real)
    close(pullback(Z)[0], (Z * W).real)
    _, pullback = axir.vjp(np.conj, Z)
    close(pullback(W)[0], W.conj())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: axir.grad(lambda z: z * z)(1j), "results must be real"),
        (lambda: axir.grad(lambda z: z * z, holomorphic=True)(1.0), "arguments must be complex"),
        (lambda: axir.grad(abs, holomorphic=True)(1j), "results must be complex"),
        (lambda: axir.jacfwd(lambda z: z * z)(1j), "arguments must be real"),
        (lambda: axir.jacrev(lambda z: z * z)(1j), "results must be real"),
        (lambda: axir.jacfwd(abs, holomorphic=True)(1j), "results must be complex"),
    ],
)
def test_derivatives_that_need_a_word(call, message):
    with pytest.raises(axir.errors.NonDifferentiableError, match=message):
        call()


def test_conventions_are_those_of_jax():
    jax = pytest.importorskip("jax")
    jnp = jax.numpy

    def loss(m):
        return lambda z: m.sum(m.abs(m.exp(z) @ m.asarray(W).T) + m.real(z).sum() * m.imag(m.log(z)).sum())

    close(axir.grad(loss(np))(Z), jax.grad(loss(jnp))(Z), 1e-4)
    value, tangent = axir.jvp(lambda z: np.sqrt(z) / np.abs(z), (Z,), (W,))
    other = jax.jvp(lambda z: jnp.sqrt(z) / jnp.abs(z), (Z,), (W,))
    close(value, other[0])
    close(tangent, other[1], 1e-4)


def test_two_windows_in_one_background_of_zeros():
    """IREE loses one of two windows that are inserted into the same zeros of complex128."""

    def windows(x, y):
        starts = (1, 2)
        zeros = np.zeros((5, 6), complex)
        return [lax.dynamic_update_slice(zeros, v, starts) for v in (x, y)] + [np.pad(v, 2) for v in (x, y)]

    with axir.enable_x64():
        x, y = Z[:2, :3].astype(complex), W[:2, :3].astype(complex)
        for found, expected in zip(axir.jit(windows)(x, y), windows(x, y), strict=True):
            close(found, expected)
