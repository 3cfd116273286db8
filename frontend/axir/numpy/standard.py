"""What the array API standard asks a namespace about itself."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import axir_runtime
from axir._src.config import config
from axir._src.promotion import default_complex, default_float, default_int
from axir._src.scalar_types import isdtype
from axir_compiler.ir.types import DTYPES

__all__ = ["VERSION", "Info", "__array_namespace_info__", "namespace"]

VERSION = "2024.12"
"""The version of the standard."""

_VERSIONS = ("2021.12", "2022.12", "2023.12", VERSION)
_SUPPORTED = ("bool", "integral", "real floating", "complex floating")


class Info:
    """Devices, dtypes and abilities of ``axir.numpy``."""

    def capabilities(self) -> dict[str, Any]:
        """What depends on the values of arrays works outside ``jit`` only; axes are not limited in number by axir."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> axir_runtime.Device:
        """Where arrays are created."""
        return axir_runtime.devices()[0]

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        """The dtypes of Python numbers, and of indices."""
        return {
            "real floating": default_float(),
            "complex floating": default_complex(),
            "integral": default_int(),
            "indexing": default_int(),
        }

    def dtypes(self, *, device: Any = None, kind: str | tuple[str, ...] | None = None) -> dict[str, Any]:
        """Dtypes of the standard by their names, those of 64 bits only where they are enabled.

        Args:
            device: Any device; all have the same.
            kind: Kinds to choose, as for ``isdtype``.
        """
        named = {
            d.name: d for d in DTYPES if isdtype(d, _SUPPORTED) and d.name not in ("float16", "bfloat16")
        }
        wide = {"int64", "uint64", "float64", "complex128"}
        chosen = {n: d for n, d in named.items() if config.x64_enabled or n not in wide}
        return chosen if kind is None else {n: d for n, d in chosen.items() if isdtype(d, kind)}

    def devices(self) -> list[axir_runtime.Device]:
        """Devices that arrays can be on."""
        return axir_runtime.devices()


def __array_namespace_info__() -> Info:
    """Devices, dtypes and abilities, as the array API standard asks for them."""
    return Info()


def namespace(api_version: str | None) -> ModuleType:
    """``axir.numpy``, which implements the standard.

    Raises: ValueError for a version that is not there.
    """
    import axir.numpy

    if api_version is not None and api_version not in _VERSIONS:
        raise ValueError(
            f"__array_namespace__: the versions of the standard are {', '.join(_VERSIONS)}; got {api_version!r}."
        )
    return axir.numpy
