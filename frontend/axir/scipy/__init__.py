"""Parts of SciPy's interface."""

from axir.scipy import linalg, special

__all__ = ["linalg", "special"]
