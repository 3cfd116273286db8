"""Compiling in an interpreter of its own, for a process that was forked after it had compiled.

IREE's threads are not in such a process, and its compiler would wait for them for ever.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import Any

from axir_compiler.errors import AxirError, CompileError

__all__ = ["elsewhere"]


def elsewhere(function: str, text: str, *args: Any, **options: Any) -> Any:
    """What a function of ``backend`` gives for a module, computed by another process.

    Args:
        function: Its name.
        text: The module.
        args, options: The other arguments.

    Raises:
        AxirError: the same that it raises there.
        CompileError: that process ended otherwise.
    """
    done = subprocess.run(
        [sys.executable, "-m", "axir_compiler.elsewhere"],
        input=pickle.dumps((function, text, args, options)),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    if done.returncode:
        raise CompileError(
            "compile: this process was forked from one that had compiled, and the interpreter that was started for it "
            f"ended with code {done.returncode}. Use multiprocessing's 'spawn', or fork before the first compilation. "
            f"{done.stderr.decode(errors='replace').strip()[-500:]}"
        )
    found = pickle.loads(done.stdout)
    if isinstance(found, AxirError):
        raise found
    return found


def _main() -> None:
    from axir_compiler import backend
    from axir_compiler.mlir import context, ir

    function, text, args, options = pickle.load(sys.stdin.buffer)
    try:
        found: Any = getattr(backend, function)(ir.Module.parse(text, context()), *args, **options)
    except AxirError as error:
        found = error
    sys.stdout.buffer.write(pickle.dumps(found))


if __name__ == "__main__":
    _main()
