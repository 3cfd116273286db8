"""What modules ask of Vulkan devices, and what is said where a device lacks it."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Any

import pytest
from artifacts import artifact, variant

import axir_runtime
from axir_runtime import (
    DamagedError,
    Device,
    PlatformError,
    VulkanLimits,
    VulkanNeeds,
    loads,
    spirv_capabilities,
)
from axir_runtime.manifest import choose, parse_manifest
from axir_runtime.platforms import Found

TOLD = """name: {name}
api: 1.2.3
type: {type}
device_uuid: 00
features.shaderFloat16: yes
features.storageBuffer8BitAccess: yes
subgroup.size: 32
subgroup.operations: 0x00000005
"""
NEEDS = {
    "api": [1, 1],
    "capabilities": ["Float16", "Int16", "Matrix", "Shader"],
    "rounds_once": False,
    "subgroup_size": 0,
    "threads": 128,
    "shared_memory": 16384,
}
LIMITS = VulkanLimits(False, False, True, 32768, (1, 1, 1), 256, (1, 1, 1))


def device(id: int = 0, type: str = "discrete_gpu", told: str = TOLD) -> Device:
    return Device("vulkan", id, Found(1, "GPU", told.format(name="GPU", type=type)))


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("axir_runtime.vulkan_needs.vulkan_limits", lambda uuid: LIMITS)


def needs(**changes: Any) -> VulkanNeeds:
    found = {**NEEDS, **changes}
    return VulkanNeeds(
        **{**found, "api": tuple(found["api"]), "capabilities": frozenset(found["capabilities"])}
    )


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, []),
        ({"capabilities": ["Int64", "Float64", "Int8"]}, ["Float64", "Int64", "Int8"]),
        ({"capabilities": ["GroupNonUniformArithmetic", "StorageBuffer8BitAccess"]}, []),
        ({"capabilities": ["GroupNonUniformShuffle"]}, ["GroupNonUniformShuffle"]),
        ({"capabilities": ["capability 6400"]}, ["capability 6400"]),
        ({"api": [1, 3]}, ["Vulkan 1.3 (it has 1.2)"]),
        ({"rounds_once": True}, []),
        ({"subgroup_size": 8}, ["subgroups of 8 (its own are of 32)"]),
        ({"threads": 256, "shared_memory": 32768}, []),
        ({"threads": 512, "shared_memory": 65536}, ["workgroups of 512", "65536 bytes of shared memory"]),
    ],
)
def test_devices_are_compared_with_what_is_asked(changes: dict[str, Any], missing: list[str]) -> None:
    assert needs(**changes).missing(device()) == missing


def test_software_rounds_twice() -> None:
    assert needs(rounds_once=True).missing(device(type="cpu")) == ["multiply-add with one rounding"]


def test_what_is_not_told_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("axir_runtime.vulkan_needs.vulkan_limits", lambda uuid: None)
    silent = device(told="type: {type}")
    asked = needs(capabilities=["Shader", "Int64", "Float16"], subgroup_size=64)
    assert asked.missing(silent) == [
        "Vulkan 1.1 (it has 1.0)",
        "Float16",
        "Int64",
        "subgroups of 64 (its own are of unknown)",
    ]


def chosen(
    monkeypatch: pytest.MonkeyPatch, found: list[Device], *forms: dict[str, Any]
) -> tuple[str, Device]:
    manifest = parse_manifest(axir_runtime_form(list(forms)), "x")
    monkeypatch.setattr("axir_runtime.manifest.devices", lambda platform: found)
    taken, where = choose(manifest.variants, None, "model.axir")
    return taken.name, where


def axir_runtime_form(targets: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": "m", "versions": {}, "functions": [], "targets": targets, "parameters": None}


def gpu(name: str = "vulkan", **changes: Any) -> dict[str, Any]:
    return variant(name, platform="vulkan", arch="", device={**NEEDS, **changes})


def test_the_first_device_that_has_everything_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = device(0, "cpu"), device(1)
    assert chosen(monkeypatch, [small, large], gpu(rounds_once=True)) == ("vulkan", large)
    both = gpu("vulkan:f64", capabilities=["Float64"]), gpu()
    assert chosen(monkeypatch, [small, large], *both) == ("vulkan", small)


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    message = (
        r"vulkan:0 \(GPU\) lacks what vulkan:f64 needs: Float64, Int64\. .*Export it for this machine too"
    )
    with pytest.raises(PlatformError, match=message):
        chosen(monkeypatch, [device()], gpu("vulkan:f64", capabilities=["Float64", "Int64"]))


@pytest.mark.parametrize(
    "form",
    [
        {**gpu(), "device": None},
        variant("cpu:host", device=NEEDS),
        gpu(api=[1]),
        gpu(threads="128"),
        gpu(capabilities="Int8"),
        {k: v for k, v in gpu().items() if k != "device"},
    ],
)
def test_manifests_that_say_it_wrongly(form: dict[str, Any]) -> None:
    with pytest.raises(DamagedError, match="the manifest"):
        parse_manifest(axir_runtime_form([form]), "model.axir")


def test_capabilities_are_read_from_shaders() -> None:
    shader = struct.pack("<5I", 0x07230203, 0x00010300, 0, 9, 0)
    shader += struct.pack("<6I", 2 << 16 | 17, 1, 2 << 16 | 17, 39, 2 << 16 | 17, 6400)
    shader += struct.pack("<3I", 3 << 16 | 14, 0, 1)  # what follows capabilities
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("module.fb", struct.pack("<I", 0x07230203))
        archive.writestr("a.spv", b"VKE1" + shader + struct.pack("<I", 0x07230203))
    assert spirv_capabilities(file.getvalue()) == {"Shader", "Int8", "capability 6400"}


def test_modules_for_vulkan_without_needs_are_not_loaded() -> None:
    data = artifact(b"x" * 64, targets=[{**gpu(), "device": None}])
    with pytest.raises(axir_runtime.DamagedError, match="does not say what vulkan needs of a device"):
        loads(data)
