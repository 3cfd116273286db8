"""Exceptions of the runtime; each names what to do, and none carries a dump of IREE's into its message."""

from __future__ import annotations

import re

# "Error invoking function: c/runtime/x.c:12: OUT_OF_RANGE; text; while calling import; \n[ 0] bytecode"
_STATUS = re.compile(r"\b(?P<code>[A-Z][A-Z_]{3,});\s*(?P<text>[^;\n]*)")


class RuntimeFailure(RuntimeError):
    """Loading or running a module failed inside IREE.

    The message is one sentence; ``details`` holds what IREE said, for bug reports.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class OutOfMemoryError(RuntimeFailure, MemoryError):
    """A device has too little memory; the message lists the largest arrays in it. The process may go on."""


class MixedDevicesError(RuntimeFailure, ValueError):
    """Arrays on different devices were used together; the message names both devices."""


class PlatformError(RuntimeFailure, ValueError):
    """The named platform is unknown, or has no usable device on this machine."""


class CpuFeatureError(RuntimeFailure):
    """A module needs CPU instructions that this machine lacks; running it would kill the process."""


class DamagedError(ValueError):
    """A stored blob is not what was written: truncated, altered, or of another format."""


class VersionError(RuntimeFailure):
    """An artifact was made for another version: of its own format, or of IREE."""


class ParametersError(RuntimeFailure, OSError):
    """The file of parameters that belongs to an artifact is missing, or is another one."""


class ArgumentError(Exception):
    """An exported function was called with something that it does not take."""


class ArgumentStructureError(ArgumentError, TypeError):
    """The number or names of the arguments differ, or the containers that they are made of."""


class ArgumentDTypeError(ArgumentError, TypeError):
    """An argument is no array, or one of another dtype."""


class ArgumentShapeError(ArgumentError, ValueError):
    """An array has another shape than the function takes."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether IREE says that memory is exhausted."""
    return isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error)


def status_reason(error: BaseException) -> str:
    """The one clause of an IREE status message that tells the cause, without paths and stack."""
    text = str(error)
    found = _STATUS.search(text)
    if not found:
        return text.strip().split("\n", 1)[0] or type(error).__name__
    return found["text"].strip() or found["code"].replace("_", " ").lower()
