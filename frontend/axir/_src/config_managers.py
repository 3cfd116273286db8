"""Context managers for options, under JAX's names."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from axir._src.config import config, context_manager

__all__ = [
    "check_tracer_leaks",
    "checking_leaks",
    "debug_infs",
    "debug_nans",
    "default_matmul_precision",
    "default_prng_impl",
    "disable_jit",
    "enable_x64",
    "explain_cache_misses",
    "log_compiles",
    "numpy_dtype_promotion",
    "numpy_rank_promotion",
    "threefry_partitionable",
    "transfer_guard",
    "transfer_guard_device_to_device",
    "transfer_guard_device_to_host",
    "transfer_guard_host_to_device",
]

check_tracer_leaks = context_manager("check_tracer_leaks")
debug_infs = context_manager("debug_infs")
debug_nans = context_manager("debug_nans")
default_matmul_precision = context_manager("default_matmul_precision")
default_prng_impl = context_manager("default_prng_impl")
enable_x64 = context_manager("enable_x64")
explain_cache_misses = context_manager("explain_cache_misses")
log_compiles = context_manager("log_compiles")
numpy_dtype_promotion = context_manager("numpy_dtype_promotion")
numpy_rank_promotion = context_manager("numpy_rank_promotion")
threefry_partitionable = context_manager("threefry_partitionable")
transfer_guard = context_manager("transfer_guard")
transfer_guard_device_to_device = context_manager("transfer_guard_device_to_device")
transfer_guard_device_to_host = context_manager("transfer_guard_device_to_host")
transfer_guard_host_to_device = context_manager("transfer_guard_host_to_device")


def disable_jit(disable: bool = True) -> AbstractContextManager[None]:
    """Run functions under jit eagerly within a block, so that Python sees their values."""
    return config.override("axir_disable_jit", disable)


def checking_leaks() -> AbstractContextManager[Any]:
    """Raise an error within a block when traced arrays outlive the function that they belong to."""
    return check_tracer_leaks(True)
