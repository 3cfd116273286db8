"""Devices: how they are found, named and refused; those of the CPU."""

from __future__ import annotations

import pickle

import pytest
from device_program import PLATFORMS, device_or_skip
from runtime_program import run_python

from axir_runtime import PlatformError, devices
from axir_runtime.platforms import properties

pytestmark = pytest.mark.gpu


def test_by_default_there_is_one_cpu() -> None:
    (cpu,) = devices()
    assert devices("cpu") == [cpu]
    assert (cpu.platform, cpu.id, cpu.device_kind, cpu.description) == ("cpu", 0, "cpu", "")
    assert (repr(cpu), str(cpu)) == ("CpuDevice(id=0)", "cpu:0")
    assert cpu.is_host
    assert cpu.properties == {}
    assert (cpu.process_index, cpu.local_hardware_id) == (0, 0)


def test_an_unknown_platform_is_refused() -> None:
    with pytest.raises(PlatformError, match=r"no platform 'tpu'\. Name one of cpu, cuda, hip, metal, vulkan"):
        devices("tpu")


@PLATFORMS
def test_a_platform_is_there_or_says_why_not(platform: str) -> None:
    try:
        found = devices(platform)
    except PlatformError as error:
        assert str(error).startswith(f"devices: no {platform} device here: ")
        assert "It needs" in str(error)
        return
    assert [d.id for d in found] == list(range(len(found)))
    for device in found:
        assert device.platform == platform
        assert device.device_kind
        assert not device.is_host
        assert devices(platform)[device.id] is device
        assert pickle.loads(pickle.dumps(device)) is device


def test_rocm_is_another_name_of_hip() -> None:
    with pytest.raises(PlatformError) as hip:
        devices("hip")
    with pytest.raises(PlatformError) as rocm:
        devices("rocm")
    assert str(hip.value) == str(rocm.value)


def test_a_vulkan_driver_that_cannot_be_found() -> None:
    """As on a machine without one."""
    code = """
    import axir_runtime
    try:
        axir_runtime.devices("vulkan")
    except axir_runtime.PlatformError as error:
        print(error)
    """
    nowhere = {"VK_ICD_FILENAMES": "/nowhere.json", "VK_DRIVER_FILES": "/nowhere.json"}
    text = run_python(code, environment=nowhere).stdout
    assert text.startswith("devices: no vulkan device here: ")
    assert "It needs a Vulkan loader and driver" in text


def test_drivers_of_gpus_are_opened_on_demand() -> None:
    code = """
    import axir_runtime, sys
    axir_runtime.devices()
    axir_runtime.devices("cpu")[0].queue()
    maps = open("/proc/self/maps").read()
    print(axir_runtime.device.state.drivers, "libvulkan" in maps, "libcuda" in maps)
    """
    assert run_python(code).stdout == "{} False False\n"


def test_properties() -> None:
    text = "name: a GPU (x)\napi: 1.3\nsubgroup: size=8 operations=0xbf\nheaps: 1\n  [0] size=5\n  VK_A\n  VK_B\n"
    assert properties(text) == {
        "name": "a GPU (x)",
        "api": "1.3",
        "subgroup.size": "8",
        "subgroup.operations": "0xbf",
        "heaps": "1",
        "extensions": "VK_A VK_B",
    }


def test_vulkan_tells_its_properties() -> None:
    device = device_or_skip("vulkan")
    assert device.properties["name"] == device.device_kind
    assert int(device.properties["subgroup.size"]) > 0


# Devices of the CPU. --------------------------------------------------------------------------------


def test_several_devices_of_the_cpu() -> None:
    code = """
    import pickle
    import numpy as np
    from axir_runtime import *
    found = devices()
    print(found, len({d.id for d in found}), found[0] == found[1], pickle.loads(pickle.dumps(found[2])) is found[2])
    print([d.queue() is found[0].queue() for d in found])
    """
    lines = run_python(code, environment={"AXIR_CPU_DEVICES": "3"}).stdout.splitlines()
    assert lines == [
        "[CpuDevice(id=0), CpuDevice(id=1), CpuDevice(id=2)] 3 False True",
        "[True, True, True]",
    ]


@pytest.mark.parametrize("count", ["0", "-1", "two", "1.5", "1025"])
def test_a_number_of_cpus_that_cannot_be(count: str) -> None:
    code = """
    import axir_runtime
    try:
        axir_runtime.devices()
    except ValueError as error:
        print(error)
    """
    told = run_python(code, environment={"AXIR_CPU_DEVICES": count}).stdout
    assert told == f"AXIR_CPU_DEVICES must be a whole number between 1 and 1024; got {count!r}\n"


def test_memory_of_the_cpu_is_counted() -> None:
    found = devices("cpu")[0].memory_stats()
    assert set(found) == {"bytes_in_use", "peak_bytes_in_use"}
    assert 0 <= found["bytes_in_use"] <= found["peak_bytes_in_use"]
