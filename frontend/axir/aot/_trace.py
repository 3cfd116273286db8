"""From a Python function to members of a library: one for fixed sizes, several for sizes with names."""

from __future__ import annotations

import functools
import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from axir._src import pytree
from axir._src.array import Array, ConcreteArray
from axir._src.call import flatten_arrays
from axir._src.trace import Function, Spec, Tracer, trace_program
from axir.aot._arguments import Given
from axir.aot._dims import bounds_of, fixed, samples, special_choices
from axir.aot._exported import Part
from axir.aot._specs import specs_of
from axir.aot._trees import plain_tree
from axir.aot._watch import Records, kinds_of_sizes, stand_for_others, watched, watching
from axir_compiler import pipeline
from axir_compiler.analysis.threads import gains_from_threads
from axir_compiler.errors import CompileError
from axir_compiler.generalize import Affine, fit, generalize, structure_of
from axir_compiler.ir.module import copy_module
from axir_compiler.library import Member, check_no_callbacks
from axir_compiler.lowering.constants import with_constant_kernels_folded
from axir_compiler.lowering.generality import for_any_size
from axir_compiler.mlir import context, ir
from axir_runtime import Bounds, Size

__all__ = ["Entry", "Form", "Request", "members_of", "request"]

# Each takes about as long as tracing for fixed sizes.
_MOST_SAMPLES = 96
# So many sizes may get a program of their own.
_MOST_SPECIAL = 4
_SMALL_BYTES = 1 << 16
Parameters = dict[str, np.ndarray]


class Request(NamedTuple):
    """A function to export: its name, the names of its arguments, their types and structures."""

    name: str
    fun: Callable[..., Any]
    names: list[str | None]
    specs: list[list[Spec]]
    trees: list[pytree.TreeDef]
    bounds: dict[str, Bounds]
    keywords: tuple[str, ...]
    """Names of the last arguments, which the function takes by keyword."""

    @property
    def flat(self) -> list[Spec]:
        """The types of all arrays in the arguments."""
        return [spec for specs in self.specs for spec in specs]


class Traced(NamedTuple):
    """A traced function, the structure of its result, and the keys of what it captured."""

    function: Function
    out: pytree.TreeDef
    parameters: tuple[str, ...]


class Form(NamedTuple):
    """How programs are lowered: whether the caller gives memory for results, whether there are kernels of our own."""

    result_storage: bool
    kernels: bool


class Entry(NamedTuple):
    """What becomes of a request: its entry in the manifest, its programs, and these as text."""

    form: dict[str, Any]
    members: list[Callable[[Form], Member]]
    part: Part
    parallel: bool


def request(name: str, given: Given, dims: Mapping[str, Bounds]) -> Request:
    """A function with types for its arguments, as they were given."""
    fun, count = given.function, len(given.specs)
    specs = [*given.specs, *given.keywords.values()]
    names: list[str | None] = [*_argument_names(fun, count), *given.keywords]
    pairs = [
        specs_of(s, f"{name}: {n or f'argument {i}'}")
        for i, (n, s) in enumerate(zip(names, specs, strict=True))
    ]
    bounds = bounds_of([s.aval.shape for leaves, _ in pairs for s in leaves], dims, name)
    leaves, trees = [leaves for leaves, _ in pairs], [tree for _, tree in pairs]
    return Request(name, fun, names, leaves, trees, bounds, tuple(given.keywords))


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


def members_of(wanted: Request, parameters: Parameters, kernels: Sequence[bool]) -> Entry:
    """Trace a function; what it captures is added to the parameters.

    Args:
        kernels: the kinds of programs that are wanted, with kernels of our own or without, or both.

    Raises:
        CompileError: it calls Python while it runs, or a named size cannot go through one of its ops.
        TreeError: a container does not exist where the artifact runs.
    """
    if wanted.bounds:
        return _for_many_sizes(wanted, parameters, kernels)
    return _for_fixed_sizes(wanted, parameters)


def _for_fixed_sizes(wanted: Request, parameters: Parameters) -> Entry:
    traced = _trace(wanted, {}, parameters)
    form = _rewritten(wanted, traced)
    part = Part(wanted.name, *_texts(traced, form))

    def member(how: Form) -> Member:
        module = copy_module(form)
        pipeline.LowerToLinalgPass(how.result_storage, how.kernels).run(module)
        return Member(wanted.name, module, traced.parameters)

    shapes = [s.aval.shape for s in traced.function.outputs]
    return Entry(_manifest_form(wanted, traced, shapes, []), [member], part, gains_from_threads(form, "main"))


# Sizes with names. ----------------------------------------------------------------------------------


def _for_many_sizes(wanted: Request, parameters: Parameters, kernels: Sequence[bool]) -> Entry:
    """A program for all sizes, and others for sizes that need one of their own: 0 and 1, where shapes broadcast."""
    members: list[Callable[[Form], Member]] = []
    cases: list[dict[str, Any]] = []
    general: tuple[Traced, list[Any], Part] | None = None
    choices = list(special_choices(wanted.bounds))
    for given in choices:
        joined = _joined(wanted, given, parameters, kernels)
        choices += [{**given, **sizes} for sizes in joined.special]
        if general is None:
            one = joined.first
            general = one, joined.shapes, Part(wanted.name, *_texts(one, _rewritten(wanted, one)))
        elif [fixed(shape, given) for shape in general[1]] != joined.shapes:
            said = ", ".join(f"{name} is {size}" for name, size in given.items())
            raise CompileError(f"export: {wanted.name} has results of another shape where {said}.")
        name = "_".join((wanted.name, *(f"_{n}_{size}" for n, size in given.items())))
        members.append(functools.partial(_member, name, joined))
        if given:
            cases.append({"sizes": given, "function": name})
    assert general is not None
    traced_one, shapes, part = general
    return Entry(_manifest_form(wanted, traced_one, shapes, cases), members, part, False)


class _Joined(NamedTuple):
    """One program for all sizes but the special ones, by whether it has kernels; one of the traced ones, and the shapes
    of the results."""

    modules: dict[bool, ir.Module]
    first: Traced
    shapes: list[tuple[int | Size, ...]]
    special: list[dict[str, int]]


def _member(name: str, joined: _Joined, how: Form) -> Member:
    """Results of sizes that are not known have no storage that the caller gives."""
    return Member(name, joined.modules[how.kernels], joined.first.parameters)


def _joined(
    wanted: Request, given: Mapping[str, int], parameters: Parameters, kernels: Sequence[bool]
) -> _Joined:
    free = {n: b for n, b in wanted.bounds.items() if n not in given}
    records = Records()
    sizes, traced = _traced_for_samples(wanted, free, given, parameters, records)
    parts: list[_Joined] = []
    for kind in kernels:
        try:
            parts.append(_joined_from(wanted, given, free, sizes, traced, records, kind))
        except CompileError:
            # Some algorithms are chosen by size. One that suits large sizes does for small ones too.
            with for_any_size(), _for_targets(kind):
                parts.append(_joined_from(wanted, given, free, sizes, traced, records, kind))
    modules = {kind: module for part in parts for kind, module in part.modules.items()}
    special = [
        one for i, part in enumerate(parts) for one in part.special if i == 0 or one not in parts[0].special
    ]
    return parts[0]._replace(modules=modules, special=special)


@contextmanager
def _for_targets(kernels: bool) -> Iterator[None]:
    """Let an error say that other targets have another program."""
    try:
        yield
    except CompileError as error:
        if kernels:
            raise
        raise CompileError(
            f"{error} (So it is in the program for GPUs; that for CPUs is another one.)"
        ) from None


def _joined_from(
    wanted: Request,
    given: Mapping[str, int],
    free: Mapping[str, Bounds],
    sizes: Sequence[dict[str, int]],
    traced: Sequence[Traced],
    records: Records,
    kernels: bool,
) -> _Joined:
    modules = [_lowered(wanted, one, kernels) for one in traced]
    aside = _set_aside(modules, sizes, free, records)
    kept = [i for i in range(len(sizes)) if i not in aside]
    sizes_kept, traced_kept = [sizes[i] for i in kept], [traced[i] for i in kept]
    shapes = _result_shapes(wanted, traced_kept, sizes_kept)
    if len(kept) > 1:
        affine = [
            [Affine(*n) if isinstance(n, Size) else n for n in fixed(s.aval.shape, given)]
            for s in wanted.flat
        ]
        generalize([modules[i] for i in kept], sizes_kept, affine)
    return _Joined({kernels: modules[kept[0]]}, traced_kept[0], shapes, [sizes[i] for i in aside])


def _set_aside(
    modules: Sequence[ir.Module],
    sizes: Sequence[Mapping[str, int]],
    free: Mapping[str, Bounds],
    records: Records,
) -> list[int]:
    """The samples with a program of another structure, if they are few and stand for no other sizes.

    So it is where a size happens to equal another one, and where ``n - 1`` is 1.
    """
    if len(free) != 1:
        return []
    structures = [structure_of(m) for m in modules]
    usual = Counter(structures).most_common(1)[0][0]
    aside = [i for i, found in enumerate(structures) if found != usual]
    if len(aside) > _MOST_SPECIAL or stand_for_others(list(records.questions), free, sizes, aside):
        return []
    return aside


def _traced_for_samples(
    wanted: Request,
    free: Mapping[str, Bounds],
    given: Mapping[str, int],
    parameters: Parameters,
    records: Records,
) -> tuple[list[dict[str, int]], list[Traced]]:
    """Sizes and what the function becomes for them, until its Python code has been seen for each kind of size.

    Raises:
        CompileError: there are too many kinds.
    """
    sizes = samples(free, wanted.name)
    traced: list[Traced] = []
    while len(traced) < len(sizes):
        with watching(records):
            traced += [_trace(wanted, {**one, **given}, parameters) for one in sizes[len(traced) :]]
        missing = kinds_of_sizes(list(records.questions), free, sizes) if free else []
        if len(sizes) + len(missing) > _MOST_SAMPLES:
            raise CompileError(
                f"export: {wanted.name}: Python code tells {len(missing)} more kinds of sizes apart than can be "
                "traced. Use fixed sizes, or bounds within which it does not choose by them."
            )
        sizes += missing
    return sizes, traced


def _lowered(wanted: Request, traced: Traced, kernels: bool) -> ir.Module:
    with context():
        form = _rewritten(wanted, traced)
        pipeline.LowerToLinalgPass(kernels=kernels).run(form)
        return with_constant_kernels_folded(form)


def _result_shapes(
    wanted: Request, traced: Sequence[Traced], sizes: Sequence[Mapping[str, int]]
) -> list[tuple[int | Size, ...]]:
    """Shapes of the results, of which each size is a sum of multiples of the named ones."""
    if (
        len(
            {
                (t.out, t.parameters, tuple((s.aval.ndim, s.aval.dtype) for s in t.function.outputs))
                for t in traced
            }
        )
        > 1
    ):
        raise CompileError(
            f"export: {wanted.name} has results of another kind, or uses other arrays, for other sizes."
        )
    found = []
    for column in zip(*(t.function.outputs for t in traced), strict=True):
        axes = zip(*(s.aval.shape for s in column), strict=True)
        found.append(tuple(_result_size(wanted, values, sizes) for values in axes))
    return found


def _result_size(wanted: Request, values: Sequence[int], sizes: Sequence[Mapping[str, int]]) -> int | Size:
    if len(set(values)) == 1:
        return values[0]
    affine = fit(values, sizes)
    if affine is None:
        raise CompileError(
            f"export: {wanted.name} has a result with a size that is no sum of multiples of the named sizes."
        )
    return Size(*affine)


# Tracing. -------------------------------------------------------------------------------------------


def _trace(wanted: Request, sizes: Mapping[str, int], parameters: Parameters) -> Traced:
    """Trace for some sizes."""
    outs: list[pytree.TreeDef] = []

    def run(tracers: list[Tracer]) -> list[Array]:
        left = iter(tracers)
        args = [pytree.unflatten(t, [next(left) for _ in range(t.num_leaves)]) for t in wanted.trees]
        count = len(args) - len(wanted.keywords)
        named = dict(zip(wanted.keywords, args[count:], strict=True))
        leaves, out = flatten_arrays(wanted.name, wanted.fun(*args[:count], **named))
        outs.append(out)
        return leaves

    flat = [s._replace(aval=s.aval._replace(shape=_extents(s.aval.shape, sizes))) for s in wanted.flat]
    function = trace_program(wanted.name, run, flat, staged=True, jit=True)
    return Traced(function, outs[0], tuple(_keep(c, parameters) for c in function.concrete_captures))


def _keep(array: ConcreteArray, parameters: Parameters) -> str:
    """The key of an array among the parameters; one array, one key.

    Small arrays are one if their elements are: a function may make a table each time it is traced.
    """
    value = np.asarray(array.to_numpy())
    for key, known in parameters.items():
        if known is value or (_memory(known) == _memory(value) and known.size) or _are_equal(known, value):
            return key
    key = f"p{len(parameters)}"
    parameters[key] = value
    return key


def _extents(shape: Sequence[Any], sizes: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(watched(n, sizes) if isinstance(n, Size) else n for n in shape)


def _are_equal(x: np.ndarray, y: np.ndarray) -> bool:
    if (x.shape, x.dtype) != (y.shape, y.dtype) or x.nbytes > _SMALL_BYTES:
        return False
    return x.tobytes() == y.tobytes()


def _memory(x: np.ndarray) -> tuple[Any, ...]:
    return x.__array_interface__["data"][0], x.shape, x.strides, x.dtype


def _rewritten(wanted: Request, traced: Traced) -> ir.Module:
    with context():
        form = pipeline.rewritten_form(traced.function.program.module, traced.function.symbol)
        check_no_callbacks(wanted.name, form)
        return form


def _texts(traced: Traced, form: ir.Module) -> tuple[str, str]:
    with context():
        return str(pipeline.extract(traced.function.program.module, traced.function.symbol)), str(form)


# The manifest. --------------------------------------------------------------------------------------


def _manifest_form(
    wanted: Request, traced: Traced, shapes: Sequence[Sequence[Any]], cases: list[dict[str, Any]]
) -> dict[str, Any]:
    """What the manifest says about a function."""
    name = wanted.name
    outputs = [(shape, s.aval.dtype) for shape, s in zip(shapes, traced.function.outputs, strict=True)]
    places = [n or f"argument {i}" for i, n in enumerate(wanted.names)]
    return {
        "name": name,
        "documentation": (inspect.getdoc(wanted.fun) or "").strip().partition("\n\n")[0],
        "parameters": [
            {"name": n, **_typed(tree, ((s.aval.shape, s.aval.dtype) for s in specs), f"{name}: {place}")}
            for n, place, specs, tree in zip(wanted.names, places, wanted.specs, wanted.trees, strict=True)
        ],
        "results": _typed(traced.out, outputs, f"{name}: the result"),
        "sizes": {n: list(pair) for n, pair in wanted.bounds.items()},
        "cases": cases,
    }


def _typed(
    tree: pytree.TreeDef, types: Iterable[tuple[Sequence[Any], np.dtype]], where: str
) -> dict[str, Any]:
    arrays = [
        {"shape": [str(n) if isinstance(n, Size) else n for n in shape], "dtype": str(dtype)}
        for shape, dtype in types
    ]
    return {"tree": plain_tree(tree, where), "arrays": arrays}
