"""Programs written for JAX's public interface run on axir, unchanged.

``python -m axir.compat.jax script.py arguments`` runs a script in which ``import jax`` gives axir; ``install()`` does
that from this call on in a program of one's own:

    import axir.compat.jax

    axir.compat.jax.install()
    import jax.numpy as jnp  # axir.numpy
    import optax  # which imports jax itself

What is missing says so when it is used; docs/compat.md lists it, with the reasons.
"""

from axir.compat.jax.finder import install, installed

__all__ = ["install", "installed"]
