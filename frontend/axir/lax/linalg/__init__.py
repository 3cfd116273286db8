"""Factorizations of matrices in the last two axes; leading axes are a batch.

Names and signatures are those of ``jax.lax.linalg``. Matrices are float32, float64, complex64 or complex128, written
``f`` in the shapes of arguments. Compiled programs hold the algorithms themselves and call no library, except for
`eig`, `schur`, `hessenberg`, `tridiagonal` and the pivots of `qr`, which are LAPACK's on the machine that calls the
program.
"""

from axir.lax.linalg import factorizations as _factorizations
from axir.lax.linalg import general as _general
from axir.lax.linalg import polar as _polar
from axir.lax.linalg import tridiagonal_systems as _tridiagonal_systems
from axir.lax.linalg import updates as _updates
from axir.lax.linalg.factorizations import *  # noqa: F403
from axir.lax.linalg.general import *  # noqa: F403
from axir.lax.linalg.polar import *  # noqa: F403
from axir.lax.linalg.tridiagonal_systems import *  # noqa: F403
from axir.lax.linalg.updates import *  # noqa: F403

__all__: list[str] = []
__all__ += _factorizations.__all__
__all__ += _general.__all__
__all__ += _polar.__all__
__all__ += _tridiagonal_systems.__all__
__all__ += _updates.__all__
