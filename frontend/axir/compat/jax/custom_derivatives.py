"""``jax.custom_derivatives``."""

from axir import custom_jvp, custom_vjp

__all__ = ["custom_jvp", "custom_vjp"]
