"""The reference of the public modules as Markdown pages, made of their docstrings when the site is built.

Names are looked up in the imported modules, not in their source: many functions are made by tables. Docstrings are
plain text with sections (``Args:``, ``Returns:``, ``Raises:``, ``Example:``), examples and indented blocks.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from types import GenericAlias, ModuleType, UnionType
from typing import Any, ForwardRef

import numpy as np

from axir_tools.markdown import escaped, first_sentence, from_docstring

__all__ = ["PAGES", "anchor_of", "contents", "names_of", "page", "pages", "signature_of"]

PAGES = (
    "axir",
    "axir.numpy",
    "axir.numpy.fft",
    "axir.numpy.linalg",
    "axir.lax",
    "axir.lax.linalg",
    "axir.random",
    "axir.nn",
    "axir.nn.initializers",
    "axir.scipy.cluster.vq",
    "axir.scipy.fft",
    "axir.scipy.integrate",
    "axir.scipy.interpolate",
    "axir.scipy.linalg",
    "axir.scipy.ndimage",
    "axir.scipy.optimize",
    "axir.scipy.signal",
    "axir.scipy.sparse.linalg",
    "axir.scipy.special",
    "axir.scipy.stats",
    "axir.image",
    "axir.ops",
    "axir.tree",
    "axir.tree_util",
    "axir.flatten_util",
    "axir.custom_batching",
    "axir.custom_derivatives",
    "axir.ad_checkpoint",
    "axir.stages",
    "axir.test_util",
    "axir.aot",
    "axir.config",
    "axir.debug",
    "axir.profiler",
    "axir.dtypes",
    "axir.dlpack",
    "axir.errors",
    "axir.typing",
    "axir.experimental",
    "axir.experimental.checkify",
    "axir.compat.jax",
)
"""The public modules, in the order of the navigation; ``axir.config`` is an object."""

_LINE = 96


def pages() -> dict[str, str]:
    """File names below ``reference/`` and their texts."""
    return {"index.md": contents(), **{f"{name}.md": page(name) for name in PAGES}}


def contents() -> str:
    """The page that lists the modules."""
    rows = [f"| [`{name}`]({name}.md) | {first_sentence(_lookup(name))} |" for name in PAGES]
    return "\n".join(
        ["# Reference", "", "Made of the docstrings.", "", "| Module | |", "|---|---|", *rows, ""]
    )


def page(name: str) -> str:
    """The page of one public module."""
    module = _lookup(name)
    head = f"# {name}\n\n{from_docstring(inspect.getdoc(module) or '')}\n"
    if not isinstance(module, ModuleType):
        return head + "\n" + "\n".join(_members(name, type(module)))
    functions, values = _sorted_out(module)
    parts = [head]
    if values:
        parts.append(_table_of_values(module, values))
    for title, members in functions.items():
        level = "##"
        if title:
            parts.append(f"## {title}\n")
            level = "###"
        parts += [_entry(name, label, value, level) for label, value in members]
    return "\n".join(parts)


def names_of(name: str) -> list[str]:
    """The names that have an entry of their own on a page."""
    module = _lookup(name)
    if not isinstance(module, ModuleType):
        return []
    return [label for group in _sorted_out(module)[0].values() for label, _ in group]


def _lookup(name: str) -> Any:
    """A module, or what a module has under that name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        home, _, label = name.rpartition(".")
        return getattr(importlib.import_module(home), label)


def _public_names(module: ModuleType) -> list[str]:
    return sorted(getattr(module, "__all__", ()), key=lambda n: (n.lower(), n))


def _sorted_out(module: ModuleType) -> tuple[dict[str, list[tuple[str, Any]]], list[tuple[str, Any]]]:
    """Functions and classes by the titles of their groups, and what is a plain value."""
    groups: dict[str, list[tuple[str, Any]]] = {}
    values: list[tuple[str, Any]] = []
    for label in _public_names(module):
        value = getattr(module, label)
        if isinstance(value, ModuleType):
            continue
        if _is_plain(value):
            values.append((label, value))
        else:
            groups.setdefault(_titles(module).get(label, ""), []).append((label, value))
    return {title: groups[title] for title in sorted(groups)}, values


def _is_plain(value: Any) -> bool:
    """Whether a value is a number, a type of NumPy's or the like, which has no documentation of its own."""
    if isinstance(value, GenericAlias | UnionType):
        return True
    if isinstance(value, type):
        return issubclass(value, np.generic) or not value.__module__.startswith("axir")
    return not inspect.isroutine(value) and inspect.getdoc(value) in (None, inspect.getdoc(type(value)))


@functools.cache
def _titles(module: ModuleType) -> dict[str, str]:
    """The titles of the public submodules that list a name, by names. A title is what a docstring begins with."""
    titles: dict[str, str] = {}
    for info in pkgutil.iter_modules(getattr(module, "__path__", ())):
        name = f"{module.__name__}.{info.name}"
        if not info.name.startswith("_") and name not in PAGES:
            submodule = importlib.import_module(name)
            title = first_sentence(submodule).rstrip(".").partition(":")[0]
            titles.update(dict.fromkeys(getattr(submodule, "__all__", ()), title))
    return titles


def _table_of_values(module: ModuleType, values: list[tuple[str, Any]]) -> str:
    rows = [f"| `{label}` | {_assigned(module, label) or _shown(value)} |" for label, value in values]
    return "\n".join(["| Name | |", "|---|---|", *rows, ""])


def _assigned(module: ModuleType, label: str) -> str:
    """What the source says of a value, in the text behind its assignment; follows imports by name."""
    body = ast.parse(inspect.getsource(module)).body
    for node, after in zip(body, [*body[1:], None], strict=True):
        targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
        named = any(isinstance(target, ast.Name) and target.id == label for target in targets)
        if named and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            return escaped(" ".join(str(after.value.value).split()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("axir"):
            home = importlib.import_module(node.module or "")
            for alias in node.names:
                if label == (alias.asname or alias.name):
                    return _assigned(home, alias.name)
    return ""


def _shown(value: Any) -> str:
    if isinstance(value, type):
        return f"the type `{value.__module__}.{value.__qualname__}`"
    if isinstance(value, UnionType):
        kinds = dict.fromkeys(getattr(kind, "__name__", str(kind)) for kind in value.__args__)
        return "one of " + ", ".join(f"`{kind}`" for kind in kinds)
    text = " ".join(repr(value).split())
    if text.startswith("<"):
        return first_sentence(value)
    return f"`{text}`" if len(text) < 60 else f"`{type(value).__name__}`"


def _entry(home: str, label: str, value: Any, level: str) -> str:
    """A heading, the signature, the documentation, and the members of a class."""
    anchor = anchor_of(home, label)
    lines = [f"{level} {escaped(label)} {{#{anchor}}}", ""]
    signature = signature_of(label, value)
    if signature:
        lines += ["```python", signature, "```", ""]
    lines += [from_docstring(inspect.getdoc(value) or ""), ""]
    if isinstance(value, type):
        lines += _members(anchor, value)
    return "\n".join(lines)


def anchor_of(home: str, label: str) -> str:
    """What links to a name end in. Two underscores at both ends would be emphasis."""
    return f"{home}.{label.strip('_') if label.startswith('__') else label}"


def _members(anchor: str, kind: type) -> list[str]:
    """A table of the public methods and properties that a class of axir has."""
    rows = []
    for label, member in sorted(_attributes(kind).items()):
        doc = inspect.getdoc(member)
        if doc:
            call = "" if isinstance(member, property) else "()"
            rows.append(f"| `{label}{call}` | {first_sentence(member)} |")
    return ["| Member | |", "|---|---|", *rows, ""] if rows else []


def _attributes(kind: type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("axir"):
            found.update({n: v for n, v in vars(base).items() if not n.startswith("_")})
    return {n: getattr(v, "__func__", v) for n, v in found.items() if callable(v) or isinstance(v, property)}


class _Bare:
    """Text that stands for itself in a signature."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _bare(value: Any) -> Any:
    """A default or annotation in a form that reads as source."""
    if isinstance(value, str):
        return value
    if isinstance(value, type):
        return _Bare(value.__name__)
    if callable(value):
        return _Bare(getattr(value, "__name__", type(value).__name__))
    text = repr(value)
    return _Bare("...") if text.startswith("<") else value


def signature_of(label: str, value: Callable[..., Any]) -> str:
    """The call of a function in source form, on several lines if it is long; empty if there is none to show."""
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return ""
    parameters = [_without_quotes(p) for p in signature.parameters.values()]
    bare = signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty)
    text = f"{label}{bare}"
    returned = signature.return_annotation
    arrow = "" if returned is inspect.Signature.empty else f" -> {_annotation(returned)}"
    if len(text) + len(arrow) <= _LINE:
        return text + arrow
    return "\n".join([f"{label}(", *(f"    {part}," for part in _listed(parameters)), f"){arrow}"])


def _without_quotes(parameter: inspect.Parameter) -> inspect.Parameter:
    empty = inspect.Parameter.empty
    changes: dict[str, Any] = {}
    if parameter.annotation is not empty:
        changes["annotation"] = _Bare(_annotation(parameter.annotation))
    if parameter.default is not empty:
        changes["default"] = _bare(parameter.default)
    return parameter.replace(**changes)


def _annotation(annotation: Any) -> str:
    if isinstance(annotation, ForwardRef):
        return annotation.__forward_arg__
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _listed(parameters: list[inspect.Parameter]) -> Iterator[str]:
    """Parameters in source form, with the marks ``/`` and ``*`` between them."""
    kinds = [p.kind for p in parameters]
    last_positional = max((i for i, k in enumerate(kinds) if k is k.POSITIONAL_ONLY), default=-1)
    starred = any(k is k.VAR_POSITIONAL for k in kinds)
    for i, parameter in enumerate(parameters):
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            starred = True
            yield "*"
        yield str(parameter)
        if i == last_positional:
            yield "/"
