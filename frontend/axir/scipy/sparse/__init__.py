"""Linear systems whose matrices are known by what they do to vectors."""

from axir.scipy.sparse import linalg

__all__ = ["linalg"]
