"""What tests of matrix functions share: random matrices, adjoints, closeness and derivatives along a direction."""

import numpy as onp

import axir

_RANDOM = onp.random.default_rng(8)
_START = _RANDOM.bit_generator.state


def restart():
    """Let random matrices begin anew: the same ones whichever tests ran before."""
    _RANDOM.bit_generator.state = _START


def random(*shape, imaginary=False):
    real = _RANDOM.standard_normal(shape)
    return real + 1j * _RANDOM.standard_normal(shape) if imaginary else real


def adjoint(x):
    return onp.conj(onp.swapaxes(x, -1, -2))


def near(x, y, tolerance=1e-11):
    onp.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)


def slopes(function, args, at):
    """Derivatives along one direction: by differences and by the gradient."""
    direction, step = random(*args[at].shape), 1e-6

    def moved(by):
        return function(*args[:at], args[at] + by * direction, *args[at + 1 :])

    gradient = axir.grad(function, at)(*args)
    return (moved(step) - moved(-step)) / (2 * step), onp.sum(onp.asarray(gradient) * direction)
