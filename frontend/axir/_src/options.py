"""The options of axir: names, defaults, permitted values, what they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from axir_runtime import Device
from axir_runtime.platforms import ALIASES, PLATFORMS, canonical_platform

__all__ = ["OPTIONS", "Option"]


@dataclass(frozen=True)
class Option:
    """An option: its type is that of its default; with ``choices`` it has one of these values, or one that ``check``,
    which takes name and value, does not refuse."""

    name: str
    default: Any
    documentation: str
    choices: tuple[Any, ...] = ()
    check: Callable[[str, Any], None] | None = None

    def read(self, text: str) -> Any:
        """The value that a text stands for.

        Raises:
            ValueError: the text is not a value of the option's type.
        """
        if isinstance(self.default, bool):
            lowered = text.strip().lower()
            if lowered in ("1", "true", "yes", "on"):
                return self.checked(True)
            if lowered in ("0", "false", "no", "off", ""):
                return self.checked(False)
            raise ValueError(f"config: {self.name} must be true or false; got {text!r}.")
        return self.checked(text.strip() or self.default)

    def checked(self, value: Any) -> Any:
        """The value, if it is one of the option.

        Raises:
            TypeError: it is of another type.
            ValueError: it is none of the choices.
        """
        if isinstance(self.default, bool):
            if value is None and self.default is False:
                return False
            if not isinstance(value, bool):
                raise TypeError(f"config: {self.name} takes a bool; got {value!r}.")
        if self.choices and value not in self.choices:
            known = ", ".join(map(repr, self.choices))
            raise ValueError(f"config: {self.name} must be one of {known}; got {value!r}.")
        if self.check is not None:
            self.check(self.name, value)
        return value


def _device(name: str, value: Any) -> None:
    if isinstance(value, str):
        canonical_platform(value)
    elif value is not None and not isinstance(value, Device):
        raise TypeError(f"config: {name} takes one of axir.devices(), a platform or None; got {value!r}.")


def _platforms(name: str, value: Any) -> None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"config: {name} takes the name of a platform; got {value!r}.")
    for platform in (value or "").split(","):
        if platform.strip() and platform.strip() not in (*PLATFORMS, *ALIASES):
            known = ", ".join(PLATFORMS)
            raise ValueError(f"config: {name} must name one of {known}; got {value!r}.")


_PRECISIONS = (
    None,
    "default",
    "high",
    "highest",
    "bfloat16",
    "bfloat16_3x",
    "tensorfloat32",
    "float32",
    "fastest",
    *(
        "ANY_F8_ANY_F8_ANY",
        "ANY_F8_ANY_F8_ANY_FAST_ACCUM",
        "ANY_F8_ANY_F8_F32",
        "ANY_F8_ANY_F8_F32_FAST_ACCUM",
    ),
    *("BF16_BF16_BF16", "BF16_BF16_F32", "BF16_BF16_F32_X3", "BF16_BF16_F32_X6", "BF16_BF16_F32_X9"),
    *("F16_F16_F16", "F16_F16_F32", "F32_F32_F32", "F64_F64_F64", "TF32_TF32_F32", "TF32_TF32_F32_X3"),
)
_GUARDS = (None, "allow", "log", "disallow", "log_explicit", "disallow_explicit")
_NO_TRANSFERS = "Accepted: arrays live in the memory of the host, and there is nothing to guard."

OPTIONS = (
    Option("axir_enable_x64", False, "Keep 64-bit dtypes instead of making them 32 bits wide."),
    Option("axir_disable_jit", False, "Run functions under jit eagerly, for debugging."),
    Option("axir_log_compiles", False, "Log each compilation and its cause."),
    Option("axir_explain_cache_misses", False, "Log why a function under jit is traced again."),
    Option("axir_debug_nans", False, "Raise FloatingPointError where an operation gives nan, naming it."),
    Option("axir_debug_infs", False, "Raise FloatingPointError where an operation gives inf, naming it."),
    Option("axir_check_tracer_leaks", False, "Raise an error when traced arrays outlive the function."),
    Option(
        "axir_numpy_dtype_promotion",
        "standard",
        "Promotion of dtypes: ``standard``, or ``strict``, where only Python numbers give way.",
        ("standard", "strict"),
    ),
    Option(
        "axir_numpy_rank_promotion",
        "allow",
        "Whether operands of different rank, scalars excepted, broadcast: ``allow``, ``warn`` or ``raise``.",
        ("allow", "warn", "raise"),
    ),
    Option(
        "axir_default_matmul_precision",
        None,
        "Accepted: products are never computed in less than the precision of their operands.",
        _PRECISIONS,
    ),
    Option("axir_transfer_guard", None, _NO_TRANSFERS, _GUARDS),
    Option("axir_transfer_guard_host_to_device", None, _NO_TRANSFERS, _GUARDS),
    Option("axir_transfer_guard_device_to_device", None, _NO_TRANSFERS, _GUARDS),
    Option("axir_transfer_guard_device_to_host", None, _NO_TRANSFERS, _GUARDS),
    Option(
        "axir_default_device",
        None,
        "The device, or the platform, that arrays are made on where nothing else is said.",
        check=_device,
    ),
    Option(
        "axir_platform",
        None,
        "The platform whose first device is the default one: cpu, cuda, hip, metal or vulkan.",
        check=_platforms,
    ),
    Option(
        "axir_platforms",
        None,
        "JAX's name for ``axir_platform``; may list several, the first counts.",
        check=_platforms,
    ),
    Option("axir_platform_name", None, "Another name for ``axir_platform``.", check=_platforms),
    Option("axir_default_prng_impl", "threefry2x32", "What random keys are made of.", ("threefry2x32",)),
    Option("axir_threefry_partitionable", True, "Random bits as JAX makes them by default.", (True,)),
    Option(
        "axir_inner_loops", True, "Compile loops of small state to one kernel each; see docs/performance.md."
    ),
    Option(
        "axir_direct_calls", True, "Leave out of calls what only other devices need; see docs/performance.md."
    ),
    Option("axir_in_place", True, "Let loops fill arrays without copying them; see docs/performance.md."),
    Option("axir_tilings", True, "Tell the compiler how to cut reductions; see docs/performance.md."),
    Option(
        "axir_tiered",
        False,
        "Evaluate the first calls of functions under jit with NumPy while they are compiled; see docs/performance.md.",
    ),
    Option(
        "axir_large_kernels",
        True,
        "Compile functions of large arrays outside jit at their first call; see docs/performance.md.",
    ),
    Option("axir_profiling", False, "Record calls and compilations; set by ``axir.profiler``."),
)
