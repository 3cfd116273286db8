"""Parts of SciPy's interface."""

from axir.scipy import fft, special

__all__ = ["fft", "special"]
