"""``python -m bench [suite ...]``: run all suites, or those that are named."""

from __future__ import annotations

import argparse

from bench import artifacts, calls, compiled, eager, rewriting, scale, serve, start
from bench.report import regressions

_OTHERS = {
    "artifacts": artifacts.run,
    "calls": calls.run,
    "eager": eager.run,
    "rewriting": rewriting.run,
    "scale": scale.run,
    "serve": serve.run,
    "start": start.run,
}


def main() -> None:
    """Run what the command line asks for."""
    names = [*compiled.SUITES, *_OTHERS]
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure axir against JAX.")
    parser.add_argument(
        "suites", nargs="*", metavar="suite", help=f"any of {', '.join(names)}; by default all"
    )
    parser.add_argument(
        "--only", default="", help="of kernels, loops and programs: those whose name holds this"
    )
    parser.add_argument("--seconds", type=float, default=0.5, help="time for each of them")
    parser.add_argument("--record", action="store_true", help="add the ratios to bench/history.jsonl")
    options = parser.parse_args()
    unknown = [name for name in options.suites if name not in names]
    if unknown:
        parser.error(f"there is no suite {unknown[0]!r}; the suites are {', '.join(names)}")
    for name in options.suites or names:
        if name in _OTHERS:
            _OTHERS[name]()
        else:
            _compiled(name, options)


def _compiled(name: str, options: argparse.Namespace) -> None:
    report = compiled.run(name, options.only, options.seconds)
    print(f"\n{report.table()}\n\n{report.summary()}")
    for line in regressions(report):
        print(f"slower than before: {line}")
    report.save(options.record)


main()
