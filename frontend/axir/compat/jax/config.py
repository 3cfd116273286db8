"""``jax.config``: axir's options, and those of JAX that have one meaning here.

Programs set options that choose devices or precisions. Where axir does what such an option asks for, setting it
changes nothing and is accepted; where it does not, an error says so.
"""

from __future__ import annotations

from typing import Any

from axir._src.config import config as axir_config

__all__ = ["FIXED", "JaxConfig", "config"]

_ANY = object()

FIXED: dict[str, tuple[Any, ...]] = {
    "jax_default_device": (None,),
    "jax_enable_custom_prng": (False,),
    "jax_debug_key_reuse": (False,),
    "jax_traceback_filtering": ("auto", _ANY),
    "jax_compilation_cache_dir": (None, _ANY),
    "jax_enable_compilation_cache": (True, _ANY),
    "jax_persistent_cache_min_compile_time_secs": (1.0, _ANY),
    "jax_persistent_cache_min_entry_size_bytes": (0, _ANY),
    "jax_softmax_custom_jvp": (True,),
    "jax_legacy_prng_key": ("allow",),
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
        if not _is_ours(name):
            _check(name, value)
            return
        try:
            axir_config.update(name, value)
        except (TypeError, ValueError) as error:
            own = "axir_" + name.removeprefix("jax_")
            raise type(error)(str(error).replace(own, name)) from None

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


config = JaxConfig()
