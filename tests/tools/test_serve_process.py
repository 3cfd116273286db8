"""The server as a process: start, signals, long calls, ports."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as onp
import pytest

import axir
import axir.numpy as np

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are sent to processes on Unix")

ALONE = ["-m", "axir_runtime.serve"]
COMMAND = ["-c", "from axir_tools.main import main; main()", "serve"]
SIGNATURES = [
    "    spin(n: int32[], x: float32[4]) -> float32[4]\n",
    "    double(x: float32[batch, 3]) -> float32[batch, 3]\n",
]
LONG = 15_000_000
"""Steps of the loop below that take a second or so."""


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def spin(n: Any, x: Any) -> Any:
        return axir.lax.fori_loop(0, n, lambda i, c: np.sin(c) + 1, x)

    functions = {
        "spin": (spin, "i32[]", "f32[4]"),
        "double": (lambda x: x * 2, "f32[batch,3]"),
    }
    folder = tmp_path_factory.mktemp("served")
    return axir.aot.export(functions, name="served").save(folder / "served.axir")


class Server:
    """A running server."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"serving 'served' for cpu:host at http://127\.0\.0\.1:(\d+)\n", line)
        assert found, f"{line}{process.communicate(timeout=20)}"
        assert [process.stdout.readline() for _ in SIGNATURES] == SIGNATURES
        self.port = int(found[1])

    def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text) if path != "/metrics" else text.decode()

    def spin(self, steps: int) -> tuple[int, Any]:
        return self.request("POST", "/v1/spin", json.dumps({"inputs": [steps, [0, 1, 2, 3]]}).encode())

    def end(self, number: int) -> tuple[int, str, str]:
        """Exit code, and what was said since the start."""
        self.process.send_signal(number)
        out, errors = self.process.communicate(timeout=60)
        return self.process.returncode, out, errors


@contextmanager
def serving(artifact: Path, *options: str, program: Sequence[str] = ALONE) -> Iterator[Server]:
    words = [sys.executable, *program, str(artifact), "--port", "0", *options]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Server(process)
        finally:
            process.kill()


def in_thread(function: Any, *args: Any) -> tuple[threading.Thread, list[Any]]:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(function(*args)))
    thread.start()
    return thread, found


def no_answer(server: Server) -> None:
    with pytest.raises((OSError, http.client.HTTPException)):
        server.spin(2**31 - 1)


def running(server: Server) -> bool:
    return server.request("GET", "/health")[1]["running"] > 0


def wait_for(happened: Any) -> None:
    end = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("program", "number", "code"), [(COMMAND, signal.SIGTERM, 0), (ALONE, signal.SIGINT, 130)]
)
def test_signals_end_it_when_what_runs_is_done(
    artifact: Path, program: list[str], number: int, code: int
) -> None:
    with serving(artifact, "--threads", "1", program=program) as server:
        assert server.request("POST", "/v1/double", b'{"inputs": [[[1, 2, 3]]]}')[1]["result"]["data"] == [
            [2, 4, 6]
        ]
        thread, found = in_thread(server.spin, LONG)
        wait_for(lambda: running(server))
        returned, out, errors = server.end(number)
        thread.join()
    status, answer = found[0]
    assert status == 200 and len(answer["result"]["data"]) == 4
    assert (returned, out, errors) == (code, "", "")


def test_a_long_call_does_not_stop_the_others(artifact: Path) -> None:
    with serving(artifact, "--threads", "2") as server:
        thread, found = in_thread(server.spin, 2 * LONG)
        wait_for(lambda: running(server))
        assert server.request("GET", "/health") == (200, {"status": "ok", "running": 1, "waiting": 0})
        assert server.request("POST", "/v1/double", b'{"inputs": [[[1, 2, 3]]]}')[0] == 200
        assert "axir_requests_in_flight 1\n" in server.request("GET", "/metrics")[1]
        assert thread.is_alive() and not found, "the loop is too short for this machine"
        thread.join()
        assert found[0][0] == 200


def test_the_second_signal_does_not_wait(artifact: Path) -> None:
    with serving(artifact) as server:
        thread, _ = in_thread(no_answer, server)
        wait_for(lambda: running(server))
        server.process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        returned, _, errors = server.end(signal.SIGINT)
        thread.join()
    assert (returned, errors) == (130, "")


def test_calls_without_an_end(artifact: Path) -> None:
    """They are answered when their time is over, and do not keep the process alive."""
    with serving(artifact, "--time-limit", "1", "--threads", "2") as server:
        status, answer = server.spin(2**31 - 1)
        assert (status, answer["error"]) == (504, "spin was not done within the time limit of 1 s")
        assert server.request("POST", "/v1/double", b'{"inputs": [[[1, 2, 3]]]}')[0] == 200
        assert server.end(signal.SIGTERM)[0::2] == (0, "")


def test_large_bodies_are_refused_before_they_are_read(artifact: Path) -> None:
    with serving(artifact, "--max-body-mib", "1") as server:
        body = onp.zeros(500_000, "f4").tobytes()
        status, answer = server.request("POST", "/v1/double", body, **{"Content-Type": "application/x-npy"})
        assert (status, answer["error"]) == (413, "a body has at most 1048576 bytes")
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(b"NONSENSE\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 400")
        assert server.request("GET", "/health")[0] == 200


def test_nobody_needs_to_read_what_it_says(artifact: Path) -> None:
    port = free_port()
    words = [sys.executable, *ALONE, str(artifact), "--port", str(port)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        try:
            wait_for(lambda: answers(port))
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 130
            assert process.stderr.read() == ""
        finally:
            process.kill()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("program", "options", "code", "words"),
    [
        (
            COMMAND,
            ["served.axir", "--port", "{port}"],
            1,
            "axir serve: port {port} of 127.0.0.1 is in use. Choose",
        ),
        (COMMAND, ["served.axir", "--ports", "1"], 2, "axir serve: error: unrecognized arguments: --ports 1"),
        (
            ALONE,
            ["served.axir", "--port", "{port}"],
            1,
            "axir_runtime.serve: port {port} of 127.0.0.1 is in use.",
        ),
        (ALONE, ["served.axir", "--host", "300.0.0.1"], 1, ": cannot listen at port 8000 of 300.0.0.1: "),
        (ALONE, ["none.axir", "--port", "0"], 1, ": none.axir: No such file or directory\n"),
        (ALONE, ["text.axir", "--port", "0"], 1, ": text.axir: not an axir artifact"),
        (ALONE, ["served.axir", "--port", "0", "--target", "vulkan"], 1, "no module for 'vulkan'"),
        (ALONE, ["served.axir", "--max-batch", "0"], 2, "error: --max-batch must be at least 1; got 0."),
    ],
)
def test_mistakes_are_explained(
    artifact: Path, program: list[str], options: list[str], code: int, words: str
) -> None:
    (artifact.parent / "text.axir").write_text("text")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, *program, *(word.format(port=port) for word in options)],
            cwd=artifact.parent,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == code and done.stdout == ""
    assert words.format(port=port) in done.stderr and "Traceback" not in done.stderr
