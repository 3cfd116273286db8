"""The import hook: modules called ``jax`` and ``jax.*`` that show names of axir's modules."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from axir.compat.jax.table import MODULES

__all__ = ["View", "install", "installed"]

_WHERE = "axir.compat.jax"
_NOTHING = object()


class View(ModuleType):
    """A module that has the names of other modules; of two with the same name the first counts."""

    def __init__(self, name: str, sources: Sequence[str]):
        super().__init__(name)
        self.__sources__ = tuple(sources)
        # A package, so that an import of a missing name comes to the finder, which can say more than Python.
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        full = f"{self.__name__}.{name}"
        if full in MODULES:
            return importlib.import_module(full)
        if not _is_pythons_own(name):
            for source in self.__sources__:
                found = getattr(_named(source), name, _NOTHING)
                # Modules show through views of their own, which are in the table.
                if found is not _NOTHING and not isinstance(found, ModuleType):
                    return found
        raise AttributeError(_missing(full), name=name, obj=self)

    def __dir__(self) -> list[str]:
        names = {n for source in self.__sources__ for n in _public(_named(source))}
        return sorted(names | {m for m in map(self._child, MODULES) if m})

    def _child(self, full: str) -> str:
        parent, _, last = full.rpartition(".")
        return last if parent == self.__name__ else ""

    @property
    def __all__(self) -> list[str]:
        return [n for n in dir(self) if not n.startswith("_")]

    def __repr__(self) -> str:
        return f"<module {self.__name__!r} of {_WHERE}>"


def _named(source: str) -> Any:
    """A module, or an object that axir has where JAX has a module: a distribution of ``scipy.stats``."""
    if find_spec(source) is not None:
        return importlib.import_module(source)
    parent, _, name = source.rpartition(".")
    return getattr(importlib.import_module(parent), name)


def _public(module: Any) -> list[str]:
    """The public names that are no modules."""
    names = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]
    return [n for n in names if not isinstance(getattr(module, n, None), ModuleType)]


def _missing(name: str) -> str:
    return (
        f"{_WHERE}: axir has nothing under the name {name}. "
        "docs/compat.md lists what of JAX's interface is missing, and why."
    )


def _is_pythons_own(name: str) -> bool:
    return name.startswith("__") and name.endswith("__") and name not in ("__version__", "__version_info__")


class _Finder(MetaPathFinder, Loader):
    """Finds ``jax`` and its modules before anything else does."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] != "jax":
            return None
        if fullname not in MODULES:
            # With no name of a module: ``from jax import x`` would replace the message if there was one.
            raise ModuleNotFoundError(_missing(fullname))
        return ModuleSpec(fullname, self, origin=_WHERE, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return View(spec.name, MODULES[spec.name])

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run: names are looked up when they are used."""


def installed() -> bool:
    """Whether ``import jax`` gives axir in this process."""
    return any(isinstance(f, _Finder) for f in sys.meta_path)


def install() -> None:
    """Make ``import jax`` and imports of its modules give axir, in this process from now on.

    Calling it again changes nothing.

    Raises:
        ImportError: JAX itself has been imported already; programs would mix arrays of both.
    """
    if installed():
        return
    loaded = sorted(n for n in sys.modules if n.partition(".")[0] == "jax")
    if loaded:
        raise ImportError(
            f"{_WHERE}.install: must come before the first import of jax; {loaded[0]} has been imported already. "
            "Call it at the start of the program, or run it with python -m axir.compat.jax."
        )
    sys.meta_path.insert(0, _Finder())
    importlib.invalidate_caches()
