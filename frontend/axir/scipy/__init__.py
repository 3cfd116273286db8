"""Parts of SciPy's interface."""

from axir.scipy import special

__all__ = ["special"]
