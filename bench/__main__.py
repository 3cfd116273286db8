"""``python -m bench [suite ...]``: run all suites, or those that are named."""

from __future__ import annotations

import sys

from bench import artifacts, calls, rewriting, serve, start

SUITES = {
    "artifacts": artifacts.run,
    "calls": calls.run,
    "rewriting": rewriting.run,
    "serve": serve.run,
    "start": start.run,
}


def main(names: list[str]) -> None:
    unknown = [n for n in names if n not in SUITES]
    if unknown:
        sys.exit(f"bench: there is no suite {unknown[0]!r}; the suites are {', '.join(SUITES)}.")
    for name in names or SUITES:
        SUITES[name]()


main(sys.argv[1:])
