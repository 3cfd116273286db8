"""Programs of Fourier transforms: convolution with its gradient, and steps of a spectral method."""

import numpy as onp

import axir
import axir.numpy as np


def test_convolution_by_transforms_and_its_gradient():
    rng = onp.random.default_rng(0)
    signal, kernel, target = rng.standard_normal(50), rng.standard_normal(7), rng.standard_normal(56)

    def convolve(signal, kernel):
        n = signal.size + kernel.size - 1
        return np.fft.irfft(np.fft.rfft(signal, n) * np.fft.rfft(kernel, n), n)

    def loss(kernel):
        return np.sum((convolve(signal, kernel) - target) ** 2)

    with axir.enable_x64():
        value, gradient = axir.jit(axir.value_and_grad(loss))(kernel)
        assert value.dtype == onp.float64
        residual = onp.convolve(signal, kernel) - target
        onp.testing.assert_allclose(value, onp.sum(residual**2), rtol=1e-12)
        # The derivative with respect to a tap: twice the residual times the shifted signal.
        expected = [2 * residual[k : k + signal.size] @ signal for k in range(kernel.size)]
        onp.testing.assert_allclose(gradient, expected, rtol=1e-11)


def test_a_spectral_method_solves_the_schroedinger_equation():
    """Split steps on a ring: exact for a free packet, and they keep the norm in a potential."""
    n, length, dt, steps = 64, 20.0, 0.01, 50
    x = (onp.arange(n) - n // 2) * length / n

    with axir.enable_x64():
        k = 2 * np.pi * np.fft.fftfreq(n, length / n)

        @axir.jit
        def step(psi, potential):
            psi = psi * np.exp(-0.5j * dt * potential)
            psi = np.fft.ifft(np.exp(-0.5j * dt * k**2) * np.fft.fft(psi))
            return psi * np.exp(-0.5j * dt * potential)

        def evolve(potential):
            psi = np.asarray(onp.exp(-(x**2) + 1j * x))
            for _ in range(steps):
                psi = step(psi, potential)
            return psi

        free = onp.asarray(evolve(np.zeros(n)))
        # A Gaussian packet with momentum 1, moved and spread for the time t.
        t = dt * steps
        spread = 1 + 2j * t
        expected = onp.exp(-((x - t) ** 2) / spread + 1j * x - 0.5j * t) / onp.sqrt(spread)
        onp.testing.assert_allclose(free, expected, atol=1e-7)
        start, end = onp.sum(onp.exp(-2 * x**2)), onp.asarray(evolve(np.asarray(x**2)))
        onp.testing.assert_allclose(onp.sum(onp.abs(end) ** 2), start, rtol=1e-12)

        def width(strength):
            psi = step(np.asarray(onp.exp(-(x**2) + 1j * x)), strength * x**2)
            return np.sum(np.abs(np.fft.fft(psi)) ** 2 * k**2)

        slope = float(axir.grad(width)(0.3))
        difference = float((width(0.3 + 1e-5) - width(0.3 - 1e-5)) / 2e-5)
        onp.testing.assert_allclose(slope, difference, rtol=1e-7)
