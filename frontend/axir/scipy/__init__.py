"""Parts of SciPy's interface."""

from axir.scipy import signal, special

__all__ = ["signal", "special"]
