"""Every exception that axir raises on purpose. See each class for when it is raised and what to do."""

from axir_compiler.errors import (
    AxirError,
    AxisError,
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

__all__ = [
    "AxirError",
    "AxisError",
    "CompileError",
    "ConcretizationError",
    "DTypeError",
    "InternalError",
    "LeakedTracerError",
    "MissingRuleError",
    "NonDifferentiableError",
    "ShapeError",
    "TreeError",
    "TypePromotionError",
    "UnboundAxisError",
    "VerificationError",
]
