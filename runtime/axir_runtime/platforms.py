"""Which platforms there are, by which of IREE's drivers they are reached, and what a driver tells about its devices."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from iree.runtime import HalDriver
from iree.runtime import _binding as binding

from axir_runtime.errors import PlatformError, status_reason

CPU = "cpu"
GPUS = ("cuda", "hip", "metal", "vulkan")
"""Platforms with memory of their own; IREE's drivers have the same names. In order of preference."""

PLATFORMS = (CPU, *GPUS)
ALIASES = {"rocm": "hip"}

_HINTS = {
    "cuda": "It needs NVIDIA's driver (libcuda.so).",
    "hip": "It needs AMD's ROCm (libamdhip64.so).",
    "metal": "It needs macOS.",
    "vulkan": "It needs a Vulkan loader and driver, for example Debian's mesa-vulkan-drivers.",
}


class Found(NamedTuple):
    """One device as its driver lists it."""

    handle: int
    name: str
    description: str


def canonical_platform(name: str) -> str:
    """The one name of a platform.

    Raises: PlatformError if there is no such platform on any machine.
    """
    known = ALIASES.get(name, name)
    if known not in PLATFORMS:
        raise PlatformError(
            f"devices: there is no platform {name!r}. Name one of {', '.join(PLATFORMS)}, or leave the platform out."
        )
    return known


def open_driver(platform: str) -> HalDriver:
    """IREE's driver for GPUs of a platform.

    Raises: PlatformError if this runtime has none, or the libraries that it needs are missing.
    """
    try:
        # Not get_driver: its cache outlives a fork, the driver's threads do not.
        return binding.create_hal_driver(platform)  # pyright: ignore[reportAttributeAccessIssue]
    except Exception as error:
        raise absent(platform, status_reason(error), str(error)) from None


def listed(platform: str, driver: HalDriver) -> list[Found]:
    """The devices of a driver, real GPUs before software that stands in for one.

    Raises: PlatformError if there is none, or the driver fails.
    """
    try:
        rows: list[dict[str, Any]] = list(driver.query_available_devices())
        found = [_found(driver, row) for row in rows]
    except Exception as error:
        raise absent(platform, status_reason(error), str(error)) from None
    if not found:
        raise absent(platform, "its driver finds no device")
    return sorted(found, key=lambda x: _rank(x.description))


def absent(platform: str, reason: str, details: str = "") -> PlatformError:
    """The error for a platform that this machine does not have."""
    cause = reason.rstrip(" .:;")
    return PlatformError(f"devices: no {platform} device here: {cause}. {_HINTS[platform]}", details)


def _found(driver: HalDriver, row: dict[str, Any]) -> Found:
    handle = int(row["device_id"])
    try:
        text = driver.dump_device_info(handle)  # pyright: ignore[reportAttributeAccessIssue]
    except Exception:  # drivers need not implement it
        text = ""
    named = re.search(r"^name: (.*)$", text, re.MULTILINE)
    return Found(handle, (named[1] if named else str(row.get("name", ""))).strip(), text)


_RANKS = {"discrete_gpu": 0, "integrated_gpu": 1, "virtual_gpu": 2, "cpu": 4}


def _rank(description: str) -> int:
    kind = re.search(r"^type: (.*)$", description, re.MULTILINE)
    return _RANKS.get(kind[1].strip().lower().replace("-", "_"), 3) if kind else 3


_LINE = re.compile(r"^(?P<key>\w[\w\[\]. -]*): (?P<value>.*)$")
_PAIR = re.compile(r"(\w+)=(\S+)")


def properties(description: str) -> dict[str, str]:
    """What a driver tells about a device, as ``{"api": "1.3.230", "subgroup.size": "8", ...}``.

    A line of pairs (``subgroup: size=8 ...``) gives an entry for each; ``extensions`` is a list with spaces.
    """
    found: dict[str, str] = {}
    for line in description.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        pairs = _PAIR.findall(match["value"])
        found.update(
            {f"{match['key']}.{k}": v for k, v in pairs} if pairs else {match["key"]: match["value"]}
        )
    found["extensions"] = " ".join(re.findall(r"^\s+(VK_\w+)$", description, re.MULTILINE))
    return found
