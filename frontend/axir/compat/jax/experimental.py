"""What ``jax.experimental`` has beyond ``axir.experimental``."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from axir._src.config import config

__all__ = ["disable_x64", "enable_x64"]


def enable_x64(new_val: bool = True) -> AbstractContextManager[Any]:
    """Keep 64-bit dtypes for a block of code."""
    return config.override("axir_enable_x64", new_val)


def disable_x64() -> AbstractContextManager[Any]:
    """Make 64-bit dtypes 32 bits wide for a block of code."""
    return config.override("axir_enable_x64", False)
