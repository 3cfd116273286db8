"""The program of ``runtime_program``, compiled once per session, and what runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from runtime_program import FLAGS, program

from axir_runtime import Device, Executable, devices


@pytest.fixture(scope="session")
def module() -> bytes:
    """The compiled program."""
    from iree.compiler import tools

    compiled = tools.compile_str(program(), extra_args=FLAGS)
    assert compiled is not None
    return compiled


@pytest.fixture(scope="session")
def module_file(module: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled program in a file, for other processes."""
    path = tmp_path_factory.mktemp("module") / "program.vmfb"
    path.write_bytes(module)
    return path


@pytest.fixture(scope="session")
def device() -> Device:
    return devices("cpu")[0]


@pytest.fixture(scope="session", params=[False, True], ids=["calling-thread", "all-cores"])
def add(request: pytest.FixtureRequest, module: bytes, device: Device) -> Executable:
    """``f32[8] + f32[8]``, on the calling thread and on all cores."""
    return Executable(device, module, function="add", parallel=request.param)
