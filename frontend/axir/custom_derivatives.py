"""Functions with derivative rules of their own."""

from axir._src.closures import closure_convert as closure_convert
from axir._src.closures import custom_gradient as custom_gradient
from axir._src.custom import custom_jvp as custom_jvp
from axir._src.custom import custom_vjp as custom_vjp

__all__ = ["closure_convert", "custom_gradient", "custom_jvp", "custom_vjp"]
