"""Shared by all tests. That this file is here puts ``cases``, ``samples`` and ``references`` on the import path."""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where and when tests run.

    Tests of a module that share something costly go to one worker. Those that open a GPU come last: while Mesa's
    lavapipe is open it keeps two cores busy (see docs/devices.md).
    """
    for item in items:
        if _shares_a_fixture(item):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    items.sort(key=lambda item: item.get_closest_marker("gpu") is not None)


def _shares_a_fixture(item: pytest.Item) -> bool:
    found = item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}
    return any(fixture.scope == "module" for definitions in found.values() for fixture in definitions)
