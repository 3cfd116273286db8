"""Linear algebra with NumPy's interface, on matrices in the last two axes; leading axes are a batch.

Results with several parts are named tuples. Matrices are float32, float64, complex64 or complex128, written
``f`` in shapes; integers become floats.
"""

from axir.numpy.contractions import vecdot
from axir.numpy.linalg import norms as _norms
from axir.numpy.linalg import products as _products
from axir.numpy.linalg import spectra as _spectra
from axir.numpy.linalg import systems as _systems
from axir.numpy.linalg.norms import *  # noqa: F403
from axir.numpy.linalg.products import *  # noqa: F403
from axir.numpy.linalg.spectra import *  # noqa: F403
from axir.numpy.linalg.systems import *  # noqa: F403
from axir.numpy.shapes import matrix_transpose

__all__ = ["matrix_transpose", "vecdot"]
__all__ += _norms.__all__
__all__ += _products.__all__
__all__ += _spectra.__all__
__all__ += _systems.__all__
