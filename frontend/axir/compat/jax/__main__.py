"""``python -m axir.compat.jax script.py arguments``, or ``-m module arguments``."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from axir.compat.jax.finder import install

_USAGE = "usage: python -m axir.compat.jax (script.py | -m module) [arguments]"


def main(arguments: list[str]) -> None:
    """Run a script or module as the main program, with ``import jax`` meaning axir."""
    if not arguments or arguments == ["-m"]:
        sys.exit(_USAGE)
    if arguments[0] in ("-h", "--help"):
        print(_USAGE)
        return
    install()
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        return
    sys.argv = arguments
    # As when Python runs the script itself: modules next to it can be imported.
    sys.path[0] = str(Path(arguments[0]).resolve().parent)
    runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
