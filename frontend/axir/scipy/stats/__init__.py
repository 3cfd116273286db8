"""Statistics: distributions with JAX's functions, and statistics of samples."""

from axir.scipy.stats import _continuous, _density, _discrete, _samples, _several
from axir.scipy.stats._continuous import *  # noqa: F403
from axir.scipy.stats._density import *  # noqa: F403
from axir.scipy.stats._discrete import *  # noqa: F403
from axir.scipy.stats._samples import *  # noqa: F403
from axir.scipy.stats._several import *  # noqa: F403

__all__: list[str] = []
__all__ += _continuous.__all__
__all__ += _density.__all__
__all__ += _discrete.__all__
__all__ += _samples.__all__
__all__ += _several.__all__
