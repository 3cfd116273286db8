"""The server process: its socket, its signals, its end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import math
import os
import signal
import socket
import sys
from collections.abc import Iterator
from types import FrameType

import uvicorn

from axir_runtime.serve.app import Service, application
from axir_runtime.serve.settings import Settings

INTERRUPTED = 130
"""Exit code of a process that Ctrl-C ended, as shells count."""


class _Server(uvicorn.Server):
    """Ends quietly: at the first signal when all requests are answered, at the second one at once."""

    exit_code = 0
    greeting = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, and say that the server is there."""
        await super().startup(sockets)
        if self.started:
            try:
                print(self.greeting, flush=True)
            except OSError:  # nobody reads it
                sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (it stays open)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """In place of uvicorn's handlers, which send the signal again at the end."""
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, _: FrameType | None) -> None:
        self.exit_code = INTERRUPTED if number == signal.SIGINT else 0
        if self.should_exit:
            _leave(self.exit_code)
        self.should_exit = True


def run(artifact: str, settings: Settings, program: str) -> int:
    """Serve an artifact until a signal comes; the exit code of the process.

    What is wrong with the artifact or the address is one line on standard error.
    """
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    try:
        listening = listen(settings.host, settings.port)
        app = application(artifact, settings)
    except (OSError, ValueError, RuntimeError) as error:
        print(f"{program}: {_words(error)}", file=sys.stderr)
        return 1
    service: Service = app.state.service
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="on",
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=math.ceil(settings.time_limit) + 1,
    )
    server = _Server(config)
    server.greeting = _greeting(service, listening)
    asyncio.run(server.serve(sockets=[listening]))
    if service.workers.running:
        _leave(server.exit_code)
    return server.exit_code


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _greeting(service: Service, listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    host = f"[{host}]" if ":" in host else host
    lines = [f"serving {service.module.name!r} for {service.module.target} at http://{host}:{port}"]
    return "\n    ".join([*lines, *(f.signature for f in service.module.functions.values())])


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to an address.

    Raises: OSError that says what to do.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        return listening
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise OSError(f"port {port} of {host} is in use. Choose another with --port.") from None
        raise OSError(f"cannot listen at port {port} of {host}: {error.strerror or error}.") from None


def _leave(code: int) -> None:
    """End the process without waiting for its threads: calls that run cannot be stopped."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
