"""Operations with exact types: one thin function for each op of the dialect, and what is close to them.

Names and signatures are those of ``jax.lax``. Nothing is promoted and only scalars are broadcast;
``axir.numpy`` does both.
"""

from axir.lax import elementwise as _elementwise
from axir.lax import fourier as _fourier
from axir.lax import reductions as _reductions
from axir.lax import shapes as _shapes
from axir.lax import slicing as _slicing
from axir.lax.elementwise import *  # noqa: F403
from axir.lax.fourier import *  # noqa: F403
from axir.lax.reductions import *  # noqa: F403
from axir.lax.shapes import *  # noqa: F403
from axir.lax.slicing import *  # noqa: F403

__all__: list[str] = []
__all__ += _elementwise.__all__
__all__ += _fourier.__all__
__all__ += _reductions.__all__
__all__ += _shapes.__all__
__all__ += _slicing.__all__
