"""Functions in the user's files: found by ``prog.py:fn``, transformed, traced for types given as text."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, NamedTuple

import typer

import axir
from axir.stages import Traced, Wrapped, parse_spec
from axir_compiler.errors import AxirError
from axir_tools.console import CommandError

__all__ = [
    "ArgsFrom",
    "Arguments",
    "Program",
    "Specs",
    "Transform",
    "apply_transforms",
    "arguments_for",
    "load",
    "run_user_code",
    "trace",
]

# What calls this module is no part of the user's program: locations of ops end here.
__axir_entry__ = True

Program = Annotated[str, typer.Argument(help="Function: file.py:name, or package.module:name.")]
Specs = Annotated[
    list[str] | None, typer.Argument(help="Types of the arguments: f32[8,16], i32[], bool[3], c64[2]...")
]
ArgsFrom = Annotated[
    str,
    typer.Option(
        help="Function or value with the arguments, as file.py:name: a tuple of them, or a dict of keyword arguments."
    ),
]
Transform = Annotated[
    str, typer.Option(help="Transformations, applied from left to right: 'grad,vmap(in_axes=0)'.")
]


def load(place: str) -> Any:
    """What a name in a Python file or module stands for.

    Raises:
        CommandError: there is no such file or name, or running the file fails.
    """
    where, colon, name = place.rpartition(":")
    if not colon or not where or not name:
        raise CommandError(f"a function is given as file.py:name or package.module:name; got {place!r}.")
    module = _module(where)
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            names = ", ".join(n for n, v in vars(module).items() if callable(v) and not n.startswith("_"))
            raise CommandError(f"there is no {name!r} in {where}; it has {names or 'no functions'}.")
        found = getattr(found, part)
    return found


def _module(where: str) -> ModuleType:
    path = Path(where)
    if not where.endswith(".py"):
        if os.getcwd() not in sys.path:
            sys.path.insert(0, os.getcwd())
        return run_user_code(where, lambda: importlib.import_module(where))
    if not path.is_file():
        raise CommandError(f"there is no file {where}.")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(path.stem, path.resolve())
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    loader = spec.loader
    sys.modules[path.stem] = module
    run_user_code(where, lambda: loader.exec_module(module))
    return module


def run_user_code(what: str, function: Callable[[], Any]) -> Any:
    """Run the user's code; its exceptions become one line with the place."""
    try:
        return function()
    except (AxirError, CommandError):
        raise
    except Exception as error:
        if os.environ.get("AXIR_TRACEBACK"):
            raise
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if not _is_foreign(f.filename)]
        at = f" At {os.path.basename(own[-1].filename)}:{own[-1].lineno}: {own[-1].line}" if own else ""
        raise CommandError(f"{what}: {type(error).__name__}: {error}.{at}") from None


_FOREIGN = tuple(
    str(Path(str(m.__file__)).parent) for m in (axir, importlib, sys.modules["axir_compiler.errors"])
)


def _is_foreign(file: str) -> bool:
    return file.startswith((*_FOREIGN, "<")) or os.path.dirname(os.path.abspath(__file__)) in file


# Transformations. ---------------------------------------------------------------------------------------


def _jvp(fun: Callable[..., Any]) -> Callable[..., Any]:
    """The arguments, then as many tangents."""

    def transformed(*args: Any) -> Any:
        half = len(args) // 2
        return axir.jvp(fun, args[:half], args[half:])

    return transformed


def _vjp(fun: Callable[..., Any]) -> Callable[..., Any]:
    """The arguments, then the cotangent of the result."""

    def transformed(*args: Any) -> Any:
        result, back = axir.vjp(fun, *args[:-1])
        return result, back(args[-1])

    return transformed


_TRANSFORMS: dict[str, Callable[..., Any]] = {
    "checkpoint": axir.checkpoint,
    "grad": axir.grad,
    "hessian": axir.hessian,
    "jacfwd": axir.jacfwd,
    "jacrev": axir.jacrev,
    "jit": axir.jit,
    "jvp": _jvp,
    "value_and_grad": axir.value_and_grad,
    "vjp": _vjp,
    "vmap": axir.vmap,
}


def apply_transforms(fun: Callable[..., Any], text: str) -> Callable[..., Any]:
    """A function after transformations such as ``grad,vmap(in_axes=0)``, the first one applied first.

    ``jvp`` makes a function of the arguments and their tangents, ``vjp`` one of the arguments and a cotangent.

    Raises:
        CommandError: the text is no such list, or a name or option is unknown.
    """
    if not text.strip():
        return fun
    try:
        items = ast.parse(f"({text},)", mode="eval").body
    except SyntaxError:
        raise CommandError(
            f"transform: takes names with options, such as 'grad,vmap(in_axes=0)'; got {text!r}."
        ) from None
    assert isinstance(items, ast.Tuple)
    for item in items.elts:
        fun = _transformed(fun, item)
    return fun


def _transformed(fun: Callable[..., Any], item: ast.expr) -> Callable[..., Any]:
    call = item if isinstance(item, ast.Call) else None
    name = ast.unparse(call.func if call else item)
    if name not in _TRANSFORMS:
        raise CommandError(f"transform: there is no {name!r}; use {', '.join(_TRANSFORMS)}.")
    try:
        args = [ast.literal_eval(a) for a in call.args] if call else []
        options = {str(k.arg): ast.literal_eval(k.value) for k in call.keywords} if call else {}
        return _TRANSFORMS[name](fun, *args, **options)
    except (ValueError, TypeError) as error:
        raise CommandError(f"transform: {ast.unparse(item)}: {error}") from None


# Arguments. ---------------------------------------------------------------------------------------------


class Arguments(NamedTuple):
    """What a function is traced for."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def arguments_for(specs: Sequence[str] | None, args_from: str = "") -> Arguments:
    """Arguments from types in text, or from a function or value in a file.

    Raises:
        CommandError, ValueError: both are given, or one cannot be read.
    """
    if not args_from:
        return Arguments(tuple(parse_spec(s) for s in specs or ()), {})
    if specs:
        raise CommandError("give the types of the arguments, or --args-from, not both.")
    found = load(args_from)
    if callable(found):
        call = found
        found = run_user_code(args_from, lambda: call())
    if isinstance(found, dict):
        return Arguments((), found)
    return Arguments(found if isinstance(found, tuple) else (found,), {})


def trace(place: str, specs: Sequence[str] | None, args_from: str = "", transform: str = "") -> Traced:
    """Load a function, transform it, and trace it. Types of 64 bits switch 64-bit dtypes on.

    Raises:
        CommandError: something cannot be loaded or read, or the function raises an exception.
        AxirError: the function breaks a rule of axir.
    """
    fun = load(place)
    if not callable(fun):
        raise CommandError(f"{place} is no function; it is a {type(fun).__name__}.")
    fun = apply_transforms(fun, transform)
    with ExitStack() as stack:
        if any(s.partition("[")[0].strip() in _WIDE for s in specs or ()):
            stack.enter_context(axir.enable_x64())
        args, kwargs = arguments_for(specs, args_from)
        function = fun if isinstance(fun, Wrapped) else axir.jit(fun)
        return run_user_code(place, lambda: function.trace(*args, **kwargs))


_WIDE = frozenset(["f64", "i64", "ui64", "u64", "c128", "float64", "int64", "uint64", "complex128"])
