"""Collects every ``.mlir`` file of this folder as tests, one for each RUN line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from axir_compiler.errors import AxirError
from golden import GoldenError, RunLine, parse_golden, run_golden


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> pytest.Collector | None:
    if file_path.suffix == ".mlir":
        return GoldenFile.from_parent(parent, path=file_path)
    return None


class GoldenFile(pytest.File):
    """A file; malformed ones fail when they are collected."""

    def collect(self) -> Iterator[pytest.Item]:
        text = self.path.read_text()
        try:
            runs = parse_golden(text, self.path.name)
        except GoldenError as error:
            raise self.CollectError(str(error)) from None
        for number, run in enumerate(runs, 1):
            yield GoldenRun.from_parent(self, name=f"run{number}", run=run, text=text)


class GoldenRun(pytest.Item):
    """One RUN line."""

    def __init__(self, *, run: RunLine, text: str, **rest: Any):
        super().__init__(**rest)
        self.run = run
        self.text = text

    def runtest(self) -> None:
        run_golden(self.run, self.text, self.path.name)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, GoldenError | AxirError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"{self.path.name}: {self.run.command}"
