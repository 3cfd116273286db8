"""``jax.version``: the version of JAX whose interface this is."""

from axir.compat.jax.table import INTERFACE

__version__ = INTERFACE
__version_info__ = tuple(map(int, INTERFACE.split(".")))
