"""``python -m bench [suite ...]``: run all suites, or those that are named."""

from __future__ import annotations

import sys

from bench import calls, eager, rewriting, start

SUITES = {"calls": calls.run, "eager": eager.run, "rewriting": rewriting.run, "start": start.run}


def main(names: list[str]) -> None:
    unknown = [n for n in names if n not in SUITES]
    if unknown:
        sys.exit(f"bench: there is no suite {unknown[0]!r}; the suites are {', '.join(SUITES)}.")
    for name in names or SUITES:
        SUITES[name]()


main(sys.argv[1:])
