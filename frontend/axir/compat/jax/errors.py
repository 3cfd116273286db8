"""``jax.errors``: axir's exceptions under the names that JAX gives to theirs."""

from axir.errors import AxirError, CompileError, ConcretizationError, LeakedTracerError

JaxRuntimeError = CompileError
JAXTypeError = AxirError
JAXIndexError = IndexError
ConcretizationTypeError = ConcretizationError
NonConcreteBooleanIndexError = ConcretizationError
TracerArrayConversionError = ConcretizationError
TracerBoolConversionError = ConcretizationError
TracerIntegerConversionError = ConcretizationError
UnexpectedTracerError = LeakedTracerError

__all__ = [
    "ConcretizationTypeError",
    "JAXIndexError",
    "JAXTypeError",
    "JaxRuntimeError",
    "NonConcreteBooleanIndexError",
    "TracerArrayConversionError",
    "TracerBoolConversionError",
    "TracerIntegerConversionError",
    "UnexpectedTracerError",
]
