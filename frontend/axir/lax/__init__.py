"""Operations with exact types: one thin function for each op of the dialect, and what is close to them.

Names and signatures are those of ``jax.lax``. Nothing is promoted and only scalars are broadcast;
``axir.numpy`` does both.
"""

from axir._src.keys import accept_keys as _accept_keys
from axir.lax import bits as _bits
from axir.lax import collectives as _collectives
from axir.lax import control_flow as _control_flow
from axir.lax import convolution as _convolution
from axir.lax import cumulative as _cumulative
from axir.lax import elementwise as _elementwise
from axir.lax import folding as _folding
from axir.lax import fourier as _fourier
from axir.lax import gathering as _gathering
from axir.lax import hints as _hints
from axir.lax import linalg
from axir.lax import ragged as _ragged
from axir.lax import reductions as _reductions
from axir.lax import scaled as _scaled
from axir.lax import shapes as _shapes
from axir.lax import slicing as _slicing
from axir.lax import solving as _solving
from axir.lax import sorting as _sorting
from axir.lax import special as _special
from axir.lax import staging as _staging
from axir.lax import windows as _windows
from axir.lax.bits import *  # noqa: F403
from axir.lax.collectives import *  # noqa: F403
from axir.lax.control_flow import *  # noqa: F403
from axir.lax.convolution import *  # noqa: F403
from axir.lax.cumulative import *  # noqa: F403
from axir.lax.elementwise import *  # noqa: F403
from axir.lax.folding import *  # noqa: F403
from axir.lax.fourier import *  # noqa: F403
from axir.lax.gathering import *  # noqa: F403
from axir.lax.hints import *  # noqa: F403
from axir.lax.ragged import *  # noqa: F403
from axir.lax.reductions import *  # noqa: F403
from axir.lax.scaled import *  # noqa: F403
from axir.lax.shapes import *  # noqa: F403
from axir.lax.slicing import *  # noqa: F403
from axir.lax.solving import *  # noqa: F403
from axir.lax.sorting import *  # noqa: F403
from axir.lax.special import *  # noqa: F403
from axir.lax.staging import *  # noqa: F403
from axir.lax.windows import *  # noqa: F403

__all__: list[str] = ["linalg"]
__all__ += _bits.__all__
__all__ += _collectives.__all__
__all__ += _control_flow.__all__
__all__ += _convolution.__all__
__all__ += _cumulative.__all__
__all__ += _elementwise.__all__
__all__ += _folding.__all__
__all__ += _gathering.__all__
__all__ += _hints.__all__
__all__ += _fourier.__all__
__all__ += _reductions.__all__
__all__ += _scaled.__all__
__all__ += _shapes.__all__
__all__ += _slicing.__all__
__all__ += _sorting.__all__
__all__ += _special.__all__
__all__ += _windows.__all__
__all__ += _ragged.__all__
__all__ += _solving.__all__
__all__ += _staging.__all__

_accept_keys(
    globals(),
    """broadcast broadcast_in_dim collapse concatenate dynamic_index_in_dim dynamic_slice dynamic_slice_in_dim
    dynamic_update_index_in_dim dynamic_update_slice dynamic_update_slice_in_dim expand_dims index_in_dim reshape rev
    select slice slice_in_dim squeeze stop_gradient transpose""",
)
