"""Counts of what was compared, printed behind the results."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    from parity import tables

    terminalreporter.section("compared with JAX")
    for line in tables.counts():
        terminalreporter.line(line)
