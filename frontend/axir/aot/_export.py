"""From Python functions to an artifact: trace, rewrite, join, compile for each target."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from axir._src import pytree
from axir._src.array import Array, ConcreteArray
from axir._src.call import flatten_arrays, name_of
from axir._src.trace import Function, Spec, Tracer, current_frame, trace_program
from axir._src.version import __version__
from axir.aot._exported import Exported, Part
from axir.aot._specs import specs_of
from axir.aot._trees import plain_tree
from axir_compiler import pipeline
from axir_compiler.backend import compile_module
from axir_compiler.errors import AxirError
from axir_compiler.library import Member, check_no_callbacks, make_library
from axir_compiler.mlir import compiler_version, context, ir
from axir_compiler.targets import Deployment, deployment
from axir_runtime import cpu_features, required_features

__all__ = ["export"]

Weights = Literal["inside", "separate"]
_RESERVED_FUNCTIONS = frozenset({"functions", "manifest", "name", "target"})
# Modules of IREE's own, which an artifact is linked with.
_RESERVED_NAMES = frozenset({"hal", "io_parameters", "vm"})
# From this many elements in arguments and results on, programs run on several cores.
_PARALLEL_ELEMENTS = 1 << 16


def export(
    functions: Callable[..., Any] | Mapping[str, Any],
    *specs: Any,
    targets: str | Iterable[str] = ("cpu",),
    name: str | None = None,
    weights: Weights = "inside",
    include_ir: bool = False,
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

    Raises:
        TreeError: an argument or result holds a container that does not exist where the artifact runs.
        CompileError: a function calls Python while it runs (callbacks, ``eig``), or a target cannot compute it.
        AxirError: a name or target is none.
    """
    if current_frame() is not None:
        raise AxirError("export: functions are exported outside jit, grad and vmap.")
    if weights not in ("inside", "separate"):
        raise AxirError(f"export: weights are 'inside' or 'separate'; got {weights!r}.")
    wanted = _deployments(targets)
    title = _checked_title(name or _default_title(functions))
    entries = _entries(functions, specs, name or "f")
    parameters: dict[str, np.ndarray] = {}
    parts = [_trace(f, of, label, parameters) for label, (f, of) in entries.items()]
    with context():
        forms = [pipeline.rewritten_form(p.function.program.module, p.function.symbol) for p in parts]
        for part, form in zip(parts, forms, strict=True):
            check_no_callbacks(part.entry["name"], form)
        texts = [_texts(p, form) for p, form in zip(parts, forms, strict=True)]
        parallel = any(map(_is_large, parts))
        members = [Member(p.entry["name"], form, p.parameters) for p, form in zip(parts, forms, strict=True)]
        library = make_library(title, members, result_storage=parallel)
        modules = {d.name: compile_module(library, d.target) for d in wanted}
    manifest = {
        "name": title,
        "versions": {"axir": __version__, "iree": compiler_version()},
        "functions": [p.entry for p in parts],
        "targets": [_target_form(d, parallel) for d in wanted],
    }
    stages = [Part(p.entry["name"], *text) for p, text in zip(parts, texts, strict=True)]
    return Exported(manifest, modules, parameters, weights, stages, str(library), include_ir)


# What is exported. ----------------------------------------------------------------------------------


def _deployments(targets: str | Iterable[str]) -> list[Deployment]:
    names = [targets] if isinstance(targets, str) else list(targets)
    found = {d.name: d for d in map(deployment, names)}
    if not found:
        raise AxirError("export: name at least one target, for example targets=('cpu',).")
    return list(found.values())


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
    functions: Any, specs: tuple[Any, ...], unnamed: str
) -> dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]:
    """Each function with its specs, by name; ``unnamed`` is what a single lambda is called."""
    listed = functions if isinstance(functions, Mapping) else {_default_title(functions, unnamed): functions}
    if not listed:
        raise AxirError("export: there is no function to export.")
    found = {}
    for name, value in listed.items():
        function, *own = value if isinstance(value, tuple) else (value, *specs)
        if not isinstance(name, str) or not name.isidentifier() or not name.isascii() or name.startswith("_"):
            raise AxirError(
                f"export: functions are called by words that do not start with '_'; got {name!r}."
            )
        if name in _RESERVED_FUNCTIONS:
            raise AxirError(f"export: {name!r} means something else for a loaded module. Use another name.")
        if not callable(function):
            raise AxirError(f"export: {name} is no function; got {function!r}.")
        found[name] = function, tuple(own)
    return found


# Tracing. -------------------------------------------------------------------------------------------


class _Traced(NamedTuple):
    """A traced function, its entry in the manifest, and the keys of what it captured."""

    function: Function
    entry: dict[str, Any]
    parameters: tuple[str, ...]


def _trace(
    fun: Callable[..., Any], specs: tuple[Any, ...], name: str, parameters: dict[str, np.ndarray]
) -> _Traced:
    """Trace a function; what it captures is added to the parameters."""
    names = _argument_names(fun, len(specs))
    places = [n or f"argument {i}" for i, n in enumerate(names)]
    pairs = [specs_of(spec, f"{name}: {place}") for spec, place in zip(specs, places, strict=True)]
    trees = [tree for _, tree in pairs]
    outs: list[pytree.TreeDef] = []

    def run(tracers: list[Tracer]) -> list[Array]:
        left = iter(tracers)
        args = [pytree.unflatten(t, [next(left) for _ in range(t.num_leaves)]) for t in trees]
        leaves, out = flatten_arrays(name, fun(*args))
        outs.append(out)
        return leaves

    flat = [spec for specs, _ in pairs for spec in specs]
    function = trace_program(name, run, flat, staged=True, jit=True)
    entry = {
        "name": name,
        "documentation": (inspect.getdoc(fun) or "").strip().partition("\n\n")[0],
        "parameters": [
            {"name": n, **_typed(tree, specs, f"{name}: {place}")}
            for n, place, (specs, tree) in zip(names, places, pairs, strict=True)
        ],
        "results": _typed(outs[0], function.outputs, f"{name}: the result"),
    }
    keys = tuple(_keep(c, parameters) for c in function.concrete_captures)
    return _Traced(function, entry, keys)


def _argument_names(fun: Callable[..., Any], count: int) -> list[str | None]:
    """The names under which the first arguments may be given."""
    try:
        listed = list(inspect.signature(fun).parameters.values())
    except (ValueError, TypeError):
        listed = []
    names: list[str | None] = []
    for parameter in listed[:count]:
        if parameter.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
            break
        names.append(parameter.name)
    return names + [None] * (count - len(names))


def _typed(tree: pytree.TreeDef, specs: Iterable[Spec], where: str) -> dict[str, Any]:
    arrays = [{"shape": list(s.aval.shape), "dtype": str(s.aval.dtype)} for s in specs]
    return {"tree": plain_tree(tree, where), "arrays": arrays}


def _keep(array: ConcreteArray, parameters: dict[str, np.ndarray]) -> str:
    """The key of an array among the parameters; one array, one key."""
    value = np.asarray(array.to_numpy())
    for key, known in parameters.items():
        if known is value or (_memory(known) == _memory(value) and known.size):
            return key
    key = f"p{len(parameters)}"
    parameters[key] = value
    return key


def _memory(x: np.ndarray) -> tuple[Any, ...]:
    return x.__array_interface__["data"][0], x.shape, x.strides, x.dtype


def _is_large(part: _Traced) -> bool:
    specs = (*part.function.arguments, *part.function.outputs)
    return sum(s.aval.size for s in specs) >= _PARALLEL_ELEMENTS


def _texts(part: _Traced, form: ir.Module) -> tuple[str, str]:
    return str(pipeline.extract(part.function.program.module, part.function.symbol)), str(form)


# Compilation. ---------------------------------------------------------------------------------------


def _target_form(to: Deployment, parallel: bool) -> dict[str, Any]:
    features = required_features(to.arch, cpu_features() if to.features is None else to.features)
    return {
        "name": to.name,
        "platform": to.platform,
        "arch": to.arch,
        "cpu_features": sorted(features),
        "module": f"modules/{to.name.replace(':', '-')}.vmfb",
        "parallel": parallel,
    }
