"""From Python functions to an artifact: trace, rewrite, join, compile for each target."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import numpy as np

from axir._src.call import name_of
from axir._src.trace import current_frame
from axir._src.version import __version__
from axir.aot._arguments import Given, checked_keywords, without_static
from axir.aot._dims import Dim, merged
from axir.aot._exported import Exported
from axir.aot._targets import deployments, form_for, target_form
from axir.aot._trace import members_of, request
from axir_compiler.backend import compile_module
from axir_compiler.errors import AxirError
from axir_compiler.library import make_library
from axir_compiler.mlir import compiler_version, context

__all__ = ["export"]

Weights = Literal["inside", "separate"]
_RESERVED_FUNCTIONS = frozenset({"functions", "manifest", "name", "target"})
# Modules of IREE's own, which an artifact is linked with.
_RESERVED_NAMES = frozenset({"hal", "io_parameters", "vm"})


def export(
    functions: Callable[..., Any] | Mapping[str, Any],
    *specs: Any,
    targets: str | Iterable[str] = ("cpu",),
    name: str | None = None,
    weights: Weights = "inside",
    include_ir: bool = False,
    dims: Iterable[Dim] = (),
    static_argnums: int | Iterable[int] = (),
    static_argnames: str | Iterable[str] = (),
    **keywords: Any,
) -> Exported:
    """Compile functions into an artifact that runs without axir and its compiler.

    Args:
        functions: A function of pytrees of arrays, or functions by name. In place of a function there may be a tuple
            of one and its own specs.
        *specs: The type of each argument of all functions that bring no specs: a pytree of texts such as ``"f32[8]"``,
            ``ShapeDtypeStruct``s, arrays (of which only the type counts), or numbers.
        targets: What to compile for, of ``axir.aot.TARGETS``. Of several CPUs of one kind the best is chosen when the
            artifact is loaded.
        name: What the artifact is called; by default as the function, or ``module``.
        weights: Where arrays go that the functions use besides their arguments: ``"inside"`` the artifact, or into a
            file of their own, ``"separate"``, which lies beside it.
        include_ir: Whether the programs, in the dialect of axir, are part of the artifact.
        dims: Bounds of sizes that specs name, as in ``"f32[batch,784]"``; without any, from 1 to 65536.
        static_argnums, static_argnames: Arguments that are no arrays; in place of a type they have their value, which
            the artifact is made for.
        **keywords: Types of arguments that the functions take by keyword. (In a mapping of functions, those that bring
            specs of their own get none.)

    Sizes with names are known only at a call: one program serves them all. It is made from the programs for a sample
    of sizes, the bounds among them, which may differ in nothing but numbers that follow from the sizes. What Python
    code asks about sizes is recorded while it is traced, and sizes with other answers are traced too; docs/aot.md
    says what is not seen.

    Raises:
        ShapeError: a named size cannot be told from the arguments, or may be less than 1.
        TreeError: an argument or result holds a container that does not exist where the artifact runs.
        CompileError: a function calls Python while it runs (callbacks, ``eig``), or a target cannot compute it.
        PlatformError: the target is ``vulkan:native``, and this machine has no such device.
        AxirError: a name or target is none.
    """
    if current_frame() is not None:
        raise AxirError("export: functions are exported outside jit, grad and vmap.")
    if weights not in ("inside", "separate"):
        raise AxirError(f"export: weights are 'inside' or 'separate'; got {weights!r}.")
    wanted = deployments(targets)
    title = _checked_title(name or _default_title(functions))
    bounds = merged(d.bounds for d in dims)
    parameters: dict[str, np.ndarray] = {}
    numbers = (static_argnums,) if isinstance(static_argnums, int) else tuple(static_argnums)
    words = (static_argnames,) if isinstance(static_argnames, str) else tuple(static_argnames)
    listed = _entries(functions, specs, keywords, name or "f")
    given = {n: without_static(one, numbers, words, n) for n, one in listed.items()}
    requests = [request(n, one, bounds) for n, one in given.items()]
    _check_names(bounds, {size for one in requests for size in one.bounds})
    kinds = list(dict.fromkeys(d.target.kernels for d in wanted))
    entries = [members_of(one, parameters, kinds) for one in requests]
    parallel = any(e.parallel for e in entries)
    forms = {d.name: form_for(d, parallel) for d in wanted}
    with context():
        libraries = {
            form: make_library(title, [make(form) for e in entries for make in e.members])
            for form in dict.fromkeys(forms.values())
        }
    with ThreadPoolExecutor(min(len(wanted), os.cpu_count() or 1)) as pool:
        binaries = pool.map(lambda d: compile_module(libraries[forms[d.name]], d.target), wanted)
        modules = dict(zip(forms, binaries, strict=True))
    manifest = {
        "name": title,
        "versions": {"axir": __version__, "iree": compiler_version()},
        "functions": [e.form for e in entries],
        "targets": [target_form(d, modules[d.name], forms[d.name].result_storage) for d in wanted],
    }
    first = wanted[0]
    return Exported(
        manifest,
        modules,
        parameters,
        weights,
        [e.part for e in entries],
        libraries[forms[first.name]],
        first.target,
        include_ir,
    )


# What is exported. ----------------------------------------------------------------------------------


def _check_names(bounds: Iterable[str], used: set[str]) -> None:
    for name in bounds:
        if name not in used:
            known = f"the sizes with names are {', '.join(sorted(used))}" if used else "no size has a name"
            raise AxirError(f"export: there are bounds of {name!r}, which no argument has; {known}.")


def _default_title(functions: Any, unnamed: str = "f") -> str:
    if isinstance(functions, Mapping):
        return "module"
    name = name_of(functions[0] if isinstance(functions, tuple) else functions)
    return name if name.isidentifier() and name.isascii() and not name.startswith("_") else unnamed


def _checked_title(name: str) -> str:
    if not (name.isidentifier() and name.isascii()) or name in _RESERVED_NAMES:
        raise AxirError(
            f"export: the name of an artifact is a word of letters, digits and '_'; got {name!r}. "
            f"{', '.join(sorted(_RESERVED_NAMES))} are taken."
        )
    return name


def _entries(
    functions: Any, specs: tuple[Any, ...], keywords: dict[str, Any], unnamed: str
) -> dict[str, Given]:
    """Each function with its specs, by name; ``unnamed`` is what a single lambda is called."""
    listed = functions if isinstance(functions, Mapping) else {_default_title(functions, unnamed): functions}
    if not listed:
        raise AxirError("export: there is no function to export.")
    found = {}
    for name, value in listed.items():
        is_own = isinstance(value, tuple)
        function, *own = value if is_own else (value, *specs)
        if not isinstance(name, str) or not name.isidentifier() or not name.isascii() or name.startswith("_"):
            raise AxirError(
                f"export: functions are called by words that do not start with '_'; got {name!r}."
            )
        if name in _RESERVED_FUNCTIONS:
            raise AxirError(f"export: {name!r} means something else for a loaded module. Use another name.")
        if not callable(function):
            raise AxirError(f"export: {name} is no function; got {function!r}.")
        found[name] = Given(function, tuple(own), {} if is_own else keywords)
        checked_keywords(function, found[name].keywords, name)
    return found
