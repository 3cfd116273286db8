"""Functions of neural networks: activations, softmax, normalization, attention, initial weights."""

from axir.nn import activations as _activations
from axir.nn import initializers
from axir.nn import normalization as _normalization
from axir.nn.activations import *  # noqa: F403
from axir.nn.attention import dot_product_attention
from axir.nn.normalization import *  # noqa: F403
from axir.nn.scaled import scaled_matmul

__all__ = ["dot_product_attention", "initializers", "scaled_matmul"]
__all__ += _activations.__all__
__all__ += _normalization.__all__
