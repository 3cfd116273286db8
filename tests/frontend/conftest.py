"""Fixtures of several test modules of the frontend."""

from collections.abc import Iterator

import matrices
import pytest

import axir


@pytest.fixture
def double_matrices() -> Iterator[None]:
    """64-bit numbers, and random matrices from their start."""
    matrices.restart()
    with axir.enable_x64(True):
        yield
