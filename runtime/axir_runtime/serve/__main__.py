"""``python -m axir_runtime.serve model.axir``: the server without the rest of axir."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from axir_runtime.serve.server import INTERRUPTED, run
from axir_runtime.serve.settings import parse


def main(arguments: Sequence[str], program: str = "python -m axir_runtime.serve") -> int:
    """Run a command line; the exit code."""
    artifact, settings = parse(arguments, program)
    try:
        return run(artifact, settings, program)
    except KeyboardInterrupt:  # before the server listens to signals
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
