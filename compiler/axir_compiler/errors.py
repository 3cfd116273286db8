"""The exceptions of axir. Each also inherits the builtin classes that users of NumPy and of JAX expect.

For shapes, structures and dtypes that do not fit NumPy and JAX raise ValueError in some functions and TypeError in
others: these errors are both, so that ``except`` clauses written for either work.

Messages have one form: *where: the rule that was broken; what was given. The next step.*
"""

from __future__ import annotations

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
    "NonDifferentiableError",
    "ShapeError",
    "TreeError",
    "TypePromotionError",
    "VerificationError",
]


class AxirError(Exception):
    """Base class of every error that axir raises on purpose."""


class ShapeError(AxirError, ValueError, TypeError):
    """Operand shapes, sizes or axis lists do not fit the operation."""


class AxisError(ShapeError, IndexError):
    """An axis lies outside the rank of the array."""


class DTypeError(AxirError, TypeError, ValueError):
    """The dtype of an operand is not supported by the operation, or operand dtypes differ."""


class TypePromotionError(AxirError, ValueError):
    """Operands of different dtypes meet where dtypes are not promoted."""


class TreeError(AxirError, ValueError, TypeError):
    """A pytree argument does not have the structure that is expected."""


class CheckError(AxirError, ValueError):
    """A check of the user's failed, or is in a program that has no way to report it."""


class ConcretizationError(AxirError, TypeError):
    """Python asked for the value of an array that is only known when the compiled program runs."""


class LeakedTracerError(AxirError, RuntimeError):
    """A traced value was used after the function that it belongs to had returned."""


class NonDifferentiableError(AxirError, TypeError):
    """A derivative was asked with respect to, or of, something that has none."""


class MissingRuleError(AxirError, NotImplementedError):
    """An operation has no rule for the transformation that was asked for.

    Attributes:
        has_place: whether the message says where in the user's program the operation is.
    """

    has_place: bool = False


class UnboundAxisError(AxirError, NameError):
    """An operation refers to a batch axis by a name that no vmap around it gives."""


class VerificationError(AxirError, ValueError):
    """A module breaks a rule of the dialect.

    Attributes:
        position: line and column in the text that was parsed, both from 1, or ``None``.
    """

    def __init__(self, message: str, *, position: tuple[int, int] | None = None):
        super().__init__(message)
        self.position = position


class InternalError(AxirError, RuntimeError):
    """A guard of axir found a program that its own rewrites should never produce."""


class CompileError(AxirError, RuntimeError):
    """IREE could not compile a program.

    Attributes:
        diagnostics: what the compiler said.
        location: source position of the first error, or ``None``.
        path: file that holds the IR and the full diagnostics, or ``None``.
    """

    def __init__(
        self, message: str, *, diagnostics: str = "", location: str | None = None, path: str | None = None
    ):
        super().__init__(message)
        self.diagnostics = diagnostics
        self.location = location
        self.path = path
