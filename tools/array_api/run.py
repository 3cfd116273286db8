"""Run the conformance suite of the array API standard against axir.numpy.

    python tools/array_api/run.py --suite ../array-api-tests        a checkout, with its submodule
    python tools/array_api/run.py                                   fetch one with git first
    python tools/array_api/run.py --suite DIR -- -k test_linalg     arguments behind ``--`` go to pytest

The suite is that of github.com/data-apis/array-api-tests; it needs the packages of its ``requirements.txt``. Tests that
are known to fail are listed with reasons in ``expected_failures.txt``; any other failure makes the exit status 1.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = "https://github.com/data-apis/array-api-tests"
EXPECTED = Path(__file__).with_name("expected_failures.txt")
VERSION = "2024.12"


def fetched(folder: Path) -> Path:
    """A new checkout of the suite in a folder.

    Raises:
        SystemExit: git cannot fetch it.
    """
    suite = folder / "array-api-tests"
    command = ["git", "clone", "--quiet", "--depth", "1", "--recurse-submodules", REPOSITORY, str(suite)]
    if subprocess.run(command, check=False).returncode:
        raise SystemExit(f"array_api: cannot fetch {REPOSITORY}. Give a checkout with --suite.")
    return suite


def command(examples: int, extra: list[str]) -> list[str]:
    """The call of pytest in the folder of the suite."""
    return [
        *(sys.executable, "-m", "pytest", "array_api_tests", "-q", "--tb=line", "-p", "no:cacheprovider"),
        *("--max-examples", str(examples), "--disable-deadline", f"--xfails-file={EXPECTED}"),
        *extra,
    ]


def environment() -> dict[str, str]:
    """Variables that name the module and the version, with 64-bit dtypes, which the standard has as defaults."""
    paths = [p for p in sys.path if p]
    return {
        **os.environ,
        "ARRAY_API_TESTS_MODULE": "axir.numpy",
        "ARRAY_API_TESTS_VERSION": VERSION,
        "AXIR_ENABLE_X64": "1",
        "PYTHONPATH": os.pathsep.join(paths[1:]),
    }


def expected_failures(text: str) -> list[str]:
    """The tests that a list of expected failures names: its lines without comments."""
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def main(arguments: list[str]) -> int:
    """Run the suite; gives pytest's exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--suite", type=Path, help="checkout of the suite; without it git fetches one")
    parser.add_argument("--examples", type=int, default=20, help="random examples of each test")
    parser.add_argument("extra", nargs="*", help="arguments for pytest, behind --")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        suite = fetched(Path(folder)) if options.suite is None else options.suite
        if not (suite / "array_api_tests").is_dir():
            raise SystemExit(f"array_api: {suite} is no checkout of {REPOSITORY}.")
        call = command(options.examples, options.extra)
        return subprocess.run(call, cwd=suite, env=environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
