"""Run-time errors as results: ``err, out = checkify(f)(x)``, then ``err.throw()``. Names and meaning are JAX's."""

from axir._src import checkify as _checkify
from axir._src.checkify import *  # noqa: F403
from axir.errors import CheckError as JaxRuntimeError

__all__ = ["JaxRuntimeError"]
__all__ += _checkify.__all__
