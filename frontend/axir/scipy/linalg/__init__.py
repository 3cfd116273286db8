"""Linear algebra with SciPy's interface, on matrices in the last two axes; leading axes are a batch.

Arguments that only save memory or time in SciPy (``overwrite_a``, ``check_finite``) are accepted and have no effect.
"""

from axir.scipy.linalg import factorizations as _factorizations
from axir.scipy.linalg import functions as _functions
from axir.scipy.linalg import matrices as _matrices
from axir.scipy.linalg import matrix_functions as _matrix_functions
from axir.scipy.linalg import products as _products
from axir.scipy.linalg import schur_forms as _schur_forms
from axir.scipy.linalg import structured as _structured
from axir.scipy.linalg import sylvester as _sylvester
from axir.scipy.linalg import tridiagonal as _tridiagonal
from axir.scipy.linalg.factorizations import *  # noqa: F403
from axir.scipy.linalg.functions import *  # noqa: F403
from axir.scipy.linalg.matrices import *  # noqa: F403
from axir.scipy.linalg.matrix_functions import *  # noqa: F403
from axir.scipy.linalg.products import *  # noqa: F403
from axir.scipy.linalg.schur_forms import *  # noqa: F403
from axir.scipy.linalg.structured import *  # noqa: F403
from axir.scipy.linalg.sylvester import *  # noqa: F403
from axir.scipy.linalg.tridiagonal import *  # noqa: F403

__all__: list[str] = []
__all__ += _factorizations.__all__
__all__ += _functions.__all__
__all__ += _matrices.__all__
__all__ += _structured.__all__
__all__ += _matrix_functions.__all__
__all__ += _products.__all__
__all__ += _schur_forms.__all__
__all__ += _sylvester.__all__
__all__ += _tridiagonal.__all__
