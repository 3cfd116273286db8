"""``jax.config``: axir's options, and those of JAX that have one meaning here.

Programs set options that choose devices or precisions. Where axir does what such an option asks for, setting it
changes nothing and is accepted; where it does not, an error says so.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from axir._src.config import config as axir_config

__all__ = ["FIXED", "JaxConfig", "config", "option_context"]

_ANY = object()

FIXED: dict[str, tuple[Any, ...]] = {
    "jax_platforms": (None, "", "cpu"),
    "jax_platform_name": (None, "", "cpu"),
    "jax_default_device": (None,),
    # Products are never computed in less than the precision of the operands.
    "jax_default_matmul_precision": (None, _ANY),
    "jax_threefry_partitionable": (True,),
    "jax_default_prng_impl": ("threefry2x32",),
    "jax_enable_custom_prng": (False,),
    "jax_numpy_dtype_promotion": ("standard",),
    "jax_numpy_rank_promotion": ("allow",),
    "jax_debug_nans": (False,),
    "jax_debug_infs": (False,),
    "jax_debug_key_reuse": (False,),
    "jax_check_tracer_leaks": (False,),
    "jax_traceback_filtering": ("auto", _ANY),
    "jax_compilation_cache_dir": (None, _ANY),
    "jax_enable_compilation_cache": (True, _ANY),
    "jax_persistent_cache_min_compile_time_secs": (1.0, _ANY),
    "jax_persistent_cache_min_entry_size_bytes": (0, _ANY),
    "jax_explain_cache_misses": (False,),
    "jax_softmax_custom_jvp": (True,),
    "jax_legacy_prng_key": ("allow",),
    "jax_transfer_guard": (None, "allow"),
}
"""Values that an option which axir does not have may be given, the first being that it reads as."""


class JaxConfig:
    """Reads and sets options by JAX's names."""

    def update(self, name: str, value: Any) -> None:
        """Set an option for the whole process.

        Raises:
            AttributeError: there is no such option.
            ValueError: axir cannot do what the value asks for.
        """
        if _is_ours(name):
            axir_config.update(name, value)
        else:
            _check(name, value)

    def read(self, name: str) -> Any:
        """The value of an option."""
        return axir_config.read(name) if _is_ours(name) else _fixed(name)[0]

    @property
    def values(self) -> dict[str, Any]:
        """The values of all options."""
        ours = {"jax_" + n.removeprefix("axir_"): v for n, v in axir_config.values.items()}
        return {**{name: allowed[0] for name, allowed in FIXED.items()}, **ours}

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("jax_"):
            raise AttributeError(f"config: there is no option {name!r}.")
        return self.read(name)


def _is_ours(name: str) -> bool:
    return "axir_" + name.removeprefix("jax_") in axir_config.values


def _fixed(name: str) -> tuple[Any, ...]:
    if name not in FIXED:
        raise AttributeError(f"config: axir has no option that corresponds to {name!r}; see docs/compat.md.")
    return FIXED[name]


def _check(name: str, value: Any) -> None:
    allowed = _fixed(name)
    if _ANY not in allowed and value not in allowed:
        raise ValueError(f"config: of the values of {name} axir has {allowed}; got {value!r}.")


def option_context(name: str) -> Callable[..., AbstractContextManager[Any]]:
    """What JAX has as ``jax.<option>(value)``: a context in which an option has a value, by default true."""

    def context(new_value: Any = True) -> AbstractContextManager[Any]:
        if _is_ours(name):
            return axir_config.override(name, new_value)
        _check(name, new_value)
        return nullcontext()

    context.__doc__ = f"Set the option {name} for a block of code."
    return context


config = JaxConfig()
