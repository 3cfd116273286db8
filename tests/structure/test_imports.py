"""Each package imports only what lies below it; third-party packages are declared."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest
from sources import PACKAGES, ROOT, imports, name_of, python_files

BELOW = {
    "axir": {"axir_compiler", "axir_runtime"},
    "axir_compiler": set(),
    "axir_runtime": set(),
    "axir_tools": {"axir", "axir_compiler", "axir_runtime"},
}
BINDINGS = PACKAGES["axir_compiler"] / "mlir.py"
"""The one file that imports the MLIR bindings."""
SERVER = PACKAGES["axir_runtime"] / "serve"
"""What is installed with the extra ``serve`` only."""
MODULE_OF = {"ml_dtypes": "ml_dtypes", "iree-base-compiler": "iree", "iree-base-runtime": "iree"}


def _imports_of(*folders: Path) -> list[tuple[Path, int, str]]:
    return [(path, line, name) for path in python_files(*folders) for name, line in imports(path)]


def _places(found: list[tuple[Path, int, str]]) -> list[str]:
    return [f"{name_of(path)}:{line}: {name}" for path, line, name in found]


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_only_what_lies_below(package: str) -> None:
    forbidden = set(PACKAGES) - BELOW[package] - {package}
    found = [i for i in _imports_of(PACKAGES[package]) if i[2].partition(".")[0] in forbidden]
    assert not found, _places(found)


def test_only_one_file_imports_the_bindings() -> None:
    found = _imports_of(*PACKAGES.values())
    used = {path for path, _, name in found if re.match(r"iree\.compiler\b", name)}
    assert used == {BINDINGS}


def test_only_the_runtime_imports_iree_runtime() -> None:
    others = [folder for name, folder in PACKAGES.items() if name != "axir_runtime"]
    found = [i for i in _imports_of(*others) if re.match(r"iree\.runtime\b", i[2])]
    assert not found, _places(found)


@pytest.mark.parametrize("package", PACKAGES)
def test_private_modules_stay_private(package: str) -> None:
    """A module behind an underscore is imported within its own package only."""
    others = [folder for name, folder in PACKAGES.items() if name != package]
    private = re.compile(rf"{package}\.(\w+\.)*_\w+")
    found = [i for i in _imports_of(*others) if private.match(i[2])]
    assert not found, _places(found)


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [("compiler", {"axir", "axir_runtime"}), ("runtime", {"axir", "axir_compiler"})],
)
def test_unit_tests_stay_in_their_package(folder: str, forbidden: set[str]) -> None:
    found = [i for i in _imports_of(ROOT / "tests" / folder) if i[2].partition(".")[0] in forbidden]
    assert not found, _places(found)


@pytest.mark.parametrize(
    ("project", "packages"),
    [
        ("pyproject.toml", ("axir", "axir_compiler", "axir_tools")),
        ("runtime/pyproject.toml", ("axir_runtime",)),
    ],
)
def test_dependencies_are_declared(project: str, packages: tuple[str, ...]) -> None:
    allowed = _declared(project) | set(packages) | sys.stdlib_module_names | {"__future__"}
    found = _imports_of(*(PACKAGES[p] for p in packages))
    missing = [i for i in found if SERVER not in i[0].parents and i[2].partition(".")[0] not in allowed]
    assert not missing, _places(missing)


def _declared(project: str, extra: str = "") -> set[str]:
    """The packages that a distribution asks for, or one of its extras."""
    form = tomllib.loads((ROOT / project).read_text())["project"]
    listed = form["optional-dependencies"][extra] if extra else form["dependencies"]
    names = {re.split(r"[=<>~! \[]", d)[0] for d in listed}
    return {MODULE_OF.get(n, n.replace("-", "_")) for n in names}


def test_only_the_server_needs_its_extra() -> None:
    extra = _declared("runtime/pyproject.toml", "serve")
    assert extra == _declared("pyproject.toml", "serve") <= _declared("pyproject.toml", "test")
    used = {i[2].partition(".")[0] for i in _imports_of(SERVER)}
    own = _declared("runtime/pyproject.toml") | sys.stdlib_module_names | {"axir_runtime"}
    assert used - own == extra


def test_the_runtime_does_not_need_the_server() -> None:
    """Nor does the command, before it is asked to serve."""
    folders = [folder for name, folder in PACKAGES.items() if name != "axir_tools"]
    found = [i for i in _imports_of(*folders) if re.match(r"axir_runtime\.serve\b", i[2])]
    assert [i for i in found if SERVER not in i[0].parents] == []
