"""Every exception that axir raises on purpose. See each class for when it is raised and what to do."""

from axir_compiler.errors import (
    AxirError,
    AxisError,
    CheckError,
    CompileError,
    ConcretizationError,
    DTypeError,
    InternalError,
    LeakedTracerError,
    MissingRuleError,
    NonDifferentiableError,
    ShapeError,
    TreeError,
    TypePromotionError,
    UnboundAxisError,
    VerificationError,
)
from axir_runtime.errors import MixedDevicesError, OutOfMemoryError, PlatformError

__all__ = [
    "AxirError",
    "AxisError",
    "CheckError",
    "CompileError",
    "ConcretizationError",
    "DTypeError",
    "InternalError",
    "LeakedTracerError",
    "MissingRuleError",
    "MixedDevicesError",
    "NonDifferentiableError",
    "OutOfMemoryError",
    "PlatformError",
    "ShapeError",
    "TreeError",
    "TypePromotionError",
    "UnboundAxisError",
    "VerificationError",
]

for _name in __all__:  # tracebacks and pickles call them by the name that users import
    globals()[_name].__module__ = __name__
