"""Parts of SciPy's interface."""

from axir.scipy import fft, linalg, special

__all__ = ["fft", "linalg", "special"]
