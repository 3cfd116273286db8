"""Compiling in processes of their own: what becomes of them, and of errors and crashes in them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from axir_compiler import backend, elsewhere
from axir_compiler.errors import CompileError
from axir_compiler.mlir import context, ir
from axir_compiler.targets import VulkanProfile, cpu, vulkan

ADD = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = arith.addf %x, %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
"""
# LLVM finds no instructions for it, and ends the process.
FATAL = """
func.func @main(%x: tensor<16xi64>) -> tensor<16xbf16> {
  %y = arith.sitofp %x : tensor<16xi64> to tensor<16xbf16>
  return %y : tensor<16xbf16>
}
"""


def parse(text: str) -> ir.Module:
    return ir.Module.parse(text, context())


@pytest.fixture(autouse=True)
def no_idle_process() -> Iterator[None]:
    elsewhere._let_go(elsewhere._Process.end)
    yield
    elsewhere._let_go(elsewhere._Process.end)


def idle() -> list[int]:
    return [process._child.pid for process in elsewhere._idle]


def test_one_process_serves_several_requests() -> None:
    first = backend.compile_module(parse(ADD), cpu("aarch64"))
    (pid,) = idle()
    assert backend.compile_module(parse(ADD), cpu("aarch64")) == first
    assert "stream" in backend.phase_text(parse(ADD), cpu("aarch64"), "stream")
    with pytest.raises(CompileError, match="f64 numbers"):
        backend.compile_module(parse(ADD.replace("f32", "f64")), vulkan(VulkanProfile()))
    assert idle() == [pid]


def test_a_crash_is_an_error() -> None:
    with pytest.raises(CompileError, match=r"(?s)ended with code -6.*Cannot select"):
        backend.compile_module(parse(FATAL), cpu("wasm32"))
    assert not idle()
    assert backend.compile_module(parse(ADD), cpu("wasm32"))


def test_a_process_that_has_gone_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    binary = backend.compile_module(parse(ADD), cpu("aarch64"))
    (process,) = elsewhere._idle
    process._child.kill()
    process._child.wait()
    assert backend.compile_module(parse(ADD), cpu("aarch64")) == binary
    # It may also go, because nobody asked, between the moment that it is looked at and the request.
    elsewhere._let_go(elsewhere._Process.end)
    monkeypatch.setattr(elsewhere, "_IDLE", 0.5)
    assert backend.compile_module(parse(ADD), cpu("aarch64")) == binary
    (process,) = elsewhere._idle
    assert process._child.wait(timeout=60) == 0
    looks = iter([True])
    monkeypatch.setattr(elsewhere._Process, "is_alive", property(lambda self: next(looks, False)))
    assert backend.compile_module(parse(ADD), cpu("aarch64")) == binary


def test_threads_have_a_process_each() -> None:
    found: list[bytes] = []

    def run(name: str) -> None:
        found.append(backend.compile_module(parse(ADD), cpu(name)))

    threads = [threading.Thread(target=run, args=(name,)) for name in ("aarch64", "wasm32", "aarch64")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 2 and 1 <= len(idle()) <= 3


def test_processes_end_with_the_one_that_started_them() -> None:
    code = (
        "from test_elsewhere import *\n"
        "backend.compile_module(parse(ADD), cpu('wasm32'))\n"
        "print(*idle(), flush=True)\n"
        "import os; os._exit(0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=os.path.dirname(__file__),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert not done.stderr
    assert not _runs_on(int(done.stdout))


def _runs_on(pid: int) -> bool:
    """Whether a process is still there after a while."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        threading.Event().wait(0.1)
    return True
