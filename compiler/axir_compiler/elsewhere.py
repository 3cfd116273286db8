"""Compiling in processes of their own.

LLVM ends the process where it cannot translate something: for a machine other than this one, that is not to be the
user's process. And IREE's threads are not in a process that was forked after it had compiled: its compiler would wait
for them for ever.

A process serves one request after another, and ends when nobody has asked it for a minute, or when the one that started
it is gone.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from axir_compiler.errors import CompileError

__all__ = ["can_compile_elsewhere", "elsewhere"]

_IDLE = 60.0  # seconds
_REPORT = 1000  # characters at the end of what a process printed before it died


def can_compile_elsewhere() -> bool:
    """Whether a Python interpreter can be started: an application may have been frozen into an executable."""
    return bool(sys.executable) and not getattr(sys, "frozen", False)


def elsewhere(function: str, text: str, *args: Any, **options: Any) -> Any:
    """What a function of ``backend`` gives for a module, computed by another process; safe to call from threads.

    Args:
        function: Its name.
        text: The module.
        args, options: The other arguments.

    Raises:
        Exception: the same that it raises there.
        CompileError: that process died of it.
    """
    request = (function, text, args, options)
    found = None
    while found is None:
        with _process() as process:
            found = process.ask(request)
    (answer,) = found
    if isinstance(answer, Exception):
        raise answer
    return answer


class _Process:
    """A process that compiles."""

    def __init__(self) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115, closed with the process
        self._child = subprocess.Popen(
            [sys.executable, "-m", "axir_compiler.elsewhere", str(_IDLE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            start_new_session=True,  # Ctrl-C is for the process that waits
        )
        assert self._child.stdin is not None and self._child.stdout is not None
        self._requests, self._answers = self._child.stdin, self._child.stdout

    def ask(self, request: tuple[Any, ...]) -> tuple[Any] | None:
        """The answer in a tuple; ``None`` if the process had just gone because nobody asked.

        Raises:
            CompileError: it died of the request.
        """
        try:
            pickle.dump(request, self._requests)
            self._requests.flush()
            return (pickle.load(self._answers),)
        except (EOFError, OSError, pickle.UnpicklingError):
            code = self._child.wait()
        if code == 0:
            return None
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip()[-_REPORT:]
        raise CompileError(
            f"compile: IREE's compiler cannot compile this program; the process that it ran in ended with code {code}. "
            f"{said}"
        )

    @property
    def is_alive(self) -> bool:
        return self._child.poll() is None

    def end(self) -> None:
        self._child.kill()
        self._child.wait()
        self._close()

    def abandon(self) -> None:
        """Let go of it in a forked child: it is the parent's."""
        self._child.returncode = 0
        self._close()

    def _close(self) -> None:
        for stream in (self._requests, self._answers, self._errors):
            with contextlib.suppress(OSError):
                stream.close()


_idle: list[_Process] = []


def _taken() -> _Process:
    while True:
        try:
            found = _idle.pop()
        except IndexError:
            return _Process()
        if found.is_alive:
            return found
        found.end()


@contextlib.contextmanager
def _process() -> Iterator[_Process]:
    """One that is idle, or a new one; not kept if it was interrupted or died."""
    process = _taken()
    try:
        yield process
    except BaseException:
        process.end()
        raise
    if process.is_alive:
        _idle.append(process)
    else:
        process.end()


def _let_go(how: Callable[[_Process], None]) -> None:
    while _idle:
        how(_idle.pop())


atexit.register(_let_go, _Process.end)
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=lambda: _let_go(_Process.abandon))


def _serve(requests: BinaryIO, answers: BinaryIO, idle: float) -> None:
    from axir_compiler import backend
    from axir_compiler.mlir import context, ir

    while True:
        bored = threading.Timer(idle, os._exit, (0,))
        bored.daemon = True
        bored.start()
        try:
            function, text, args, options = pickle.load(requests)
        except EOFError:
            return
        finally:
            bored.cancel()
        try:
            answer: Any = getattr(backend, function)(ir.Module.parse(text, context()), *args, **options)
        except Exception as error:
            answer = error
        pickle.dump(answer, answers)
        answers.flush()


def _main() -> None:
    # What IREE prints must not get among the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with contextlib.suppress(BrokenPipeError):
        _serve(sys.stdin.buffer, answers, float(sys.argv[1]))


if __name__ == "__main__":
    _main()
