"""Loops and branches as part of a program: their bodies are traced once, whatever the number of steps.

Derivatives and ``vmap`` go through all of them; reverse mode not through ``while_loop``, whose number of steps is not
known. Values from outside may be used in the bodies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axir._src import pytree
from axir._src.array import Array
from axir._src.axes import static_int
from axir._src.call import flatten_arrays, name_of
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.execute import transform
from axir._src.keys import check_steps
from axir._src.messages import located
from axir._src.promotion import common
from axir._src.trace import Frame, Function, Spec, Tracer
from axir.lax.elementwise import clamp, ne
from axir.lax.shapes import concatenate, reshape
from axir.lax.slicing import slice_in_dim
from axir_compiler.errors import DTypeError, ShapeError, TreeError
from axir_compiler.ir.types import Aval
from axir_compiler.ops.scan import ScanOp
from axir_compiler.ops.switch import SwitchOp
from axir_compiler.ops.while_loop import WhileLoopOp

__all__ = ["cond", "fori_loop", "map", "scan", "switch", "while_loop"]

Flat = Callable[[Sequence[Array]], list[Array]]
_INT32 = np.dtype("int32")


def _trace(frame: Frame, name: str, flat: Flat, specs: Sequence[Spec]) -> Function:
    """Trace a body: every operation goes into the program, whatever it works on."""
    with Frame(frame.program, name, specs, staged=True) as inner:
        return inner.finish(flat(inner.arguments))


def _flat(title: str, fun: Callable[..., Any], treedef: pytree.TreeDef, trees: list[Any]) -> Flat:
    """``fun`` on flat arguments; notes the structure of its result."""

    def flat(tracers: Sequence[Array]) -> list[Array]:
        leaves, tree = flatten_arrays(title, fun(*pytree.unflatten(treedef, tracers)))
        trees[:] = [tree]
        return leaves

    return flat


def _describe(spec: Spec) -> str:
    return f"{spec.aval}{', weak' if spec.weak else ''}"


def _differences(
    what: tuple[str, str], names: Sequence[str], one: Sequence[Spec], other: Sequence[Spec]
) -> str:
    """Two lists of types side by side, those that differ marked."""
    rows = [
        ("", *what),
        *((n, _describe(a), _describe(b)) for n, a, b in zip(names, one, other, strict=True)),
    ]
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    marks = ["", *("" if a.aval == b.aval else "  <- differs" for a, b in zip(one, other, strict=True))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(f"    {line}{mark}".rstrip() for line, mark in zip(lines, marks, strict=True))


def _check_carry(
    title: str, tree: pytree.TreeDef, given: pytree.TreeDef, specs: Sequence[Spec], found: Sequence[Spec]
) -> None:
    """A loop's body must give a carry like the one that it takes."""
    if given != tree:
        raise located(
            TreeError(
                f"{title}: the body must give a carry of the structure that it takes.\n"
                f"    taken: {_structure(tree)}\n    given: {_structure(given)}\n   "
            )
        )
    if any(a.aval != b.aval for a, b in zip(specs, found, strict=True)):
        names = _leaf_names("carry", tree)
        table = _differences(("taken", "given"), names, specs, found)
        raise located(
            DTypeError(f"{title}: the body must give a carry of the types that it takes.\n{table}\n   ")
        )


def _structure(tree: pytree.TreeDef) -> str:
    """A structure with ``*`` for each leaf."""
    return str(pytree.unflatten(tree, [_Star()] * tree.num_leaves))


class _Star:
    def __repr__(self) -> str:
        return "*"


def _leaf_names(what: str, tree: pytree.TreeDef) -> list[str]:
    return pytree.leaf_names(what, pytree.unflatten(tree, [0] * tree.num_leaves))


def _stronger(specs: Sequence[Spec], found: Sequence[Spec]) -> list[Spec]:
    """Types of a carry that starts weak and comes back with another type."""
    return [
        Spec(Aval(a.aval.shape, common([(a.aval.dtype, a.weak), (b.aval.dtype, b.weak)])[0]), b.weak)
        if a.weak and a != b and a.aval.shape == b.aval.shape
        else a
        for a, b in zip(specs, found, strict=True)
    ]


def _as_spec(x: Array, spec: Spec) -> Array:
    return convert(x, spec.aval.dtype, spec.weak)


def _trace_carrying(
    frame: Frame,
    title: str,
    name: str,
    flat: Flat,
    tree: pytree.TreeDef,
    given: Callable[[], pytree.TreeDef],
    specs: Sequence[Spec],
    more: Sequence[Spec] = (),
) -> tuple[Function, list[Spec]]:
    """Trace a body that takes and gives a carry; gives it with the types of the carry.

    Weak types of the initial carry give way to those that the body gives.
    """
    specs = list(specs)
    while True:
        function = _trace(frame, name, flat, [*specs, *more])
        if given() == tree:
            found = function.outputs[: len(specs)]
            stronger = _stronger(specs, found)
            if stronger != specs:
                specs = stronger
                continue
        else:
            found = ()
        _check_carry(title, tree, given(), specs, found)
        return function, specs


def scan(
    f: Callable[..., Any],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Any, Any]:
    """Run ``carry, y = f(carry, x)`` for each item of ``xs`` along its first axis.

    Args:
        f: Takes and gives a pair; the carry has the same structure and types in both.
        init: The first carry, a pytree of arrays.
        xs: Pytree of arrays with a first axis of one length, or ``None`` with ``length`` given.
        length: Number of steps; must be that of ``xs`` if both are given.
        reverse: Run from the last item to the first; the results of step t are still in place t.
        unroll: How many steps one pass of the loop takes; ``True`` for all.

    Returns: ``(carry, ys)``: the last carry, and what the steps gave as ``y``, stacked along a new first axis.

    Raises:
        ShapeError: the arrays of ``xs`` differ in length, or it is not known.
        TreeError, DTypeError: the carry that ``f`` gives is not like the one that it takes.

    Example:
        >>> import axir, axir.numpy as np
        >>> axir.lax.scan(lambda total, x: (total + x, total + x), 0.0, np.arange(4.0))
        (Array(6., dtype=float32), Array([0., 1., 3., 6.], dtype=float32))
    """
    title = f"scan({name_of(f)})"
    check_steps(title, xs)
    carry_leaves, carry_tree = flatten_arrays(title, init)
    x_leaves, x_tree = flatten_arrays(title, xs)
    steps = _length(title, x_leaves, length)
    chunk = steps if unroll is True else static_int(unroll, title)
    if chunk < 1 and steps:
        raise located(ShapeError(f"{title}: unroll must be positive; got {unroll}."))
    if chunk > 1 and steps > 1:
        return _unrolled(f, init, xs, (steps, min(chunk, steps)), x_tree, x_leaves, reverse)
    _, pair_tree = pytree.flatten((init, pytree.unflatten(x_tree, [0] * len(x_leaves))))
    trees: list[Any] = []
    n = len(carry_leaves)

    def flat(tracers: Sequence[Array]) -> list[Array]:
        out = f(*pytree.unflatten(pair_tree, tracers))
        if not isinstance(out, tuple | list) or len(out) != 2:
            raise located(TreeError(f"{title}: the body must give a pair (carry, y); got {type(out)}."))
        carry, given = flatten_arrays(title, out[0])
        ys, y_tree = flatten_arrays(title, out[1])
        trees[:] = [given, y_tree]
        return carry + ys

    def run(frame: Frame, arrays: Sequence[Array]) -> Sequence[Array]:
        rows = [Spec(Aval(x.shape[1:], x.dtype), x.weak_type) for x in arrays[n:]]
        specs = [Spec.of(x) for x in arrays[:n]]
        body, specs = _trace_carrying(
            frame, title, name_of(f), flat, carry_tree, lambda: trees[0], specs, rows
        )
        start = [_as_spec(x, s) for x, s in zip(arrays[:n], specs, strict=True)]
        attrs = {"carry": n, "xs": len(rows), "length": steps, "reverse": bool(reverse)}
        weak = [s.weak for s in (*specs, *body.outputs[n:])]
        return frame.emit_regions(ScanOp, [body], [*start, *arrays[n:]], attrs, weak)

    found = transform("main", run, [*carry_leaves, *x_leaves])
    return pytree.unflatten(carry_tree, found[:n]), pytree.unflatten(trees[1], found[n:])


def _length(title: str, xs: Sequence[Array], length: int | None) -> int:
    if any(x.ndim == 0 for x in xs):
        raise located(ShapeError(f"{title}: the arrays of xs need a first axis; got a scalar."))
    sizes = {x.shape[0] for x in xs}
    if length is not None:
        sizes.add(static_int(length, title))
    if len(sizes) != 1:
        given = ", ".join(str(x.aval) for x in xs) or "no array"
        raise located(
            ShapeError(f"{title}: xs and length must agree on one number of steps; got {given} and {length}.")
        )
    (steps,) = sizes
    if steps < 0:
        raise located(ShapeError(f"{title}: length must not be negative; got {steps}."))
    return steps


def _unrolled(
    f: Callable[..., Any],
    init: Any,
    xs: Any,
    steps_chunk: tuple[int, int],
    x_tree: pytree.TreeDef,
    x_leaves: Sequence[Array],
    reverse: bool,
) -> tuple[Any, Any]:
    """A scan whose passes take several steps, and a second one for the steps that are left."""
    steps, chunk = steps_chunk
    main = steps // chunk * chunk
    order = range(chunk - 1, -1, -1) if reverse else range(chunk)

    def several(carry: Any, items: Sequence[Any]) -> tuple[Any, Any]:
        ys: list[Any] = [None] * chunk
        for k in order:
            carry, ys[k] = f(carry, pytree.map_tree(lambda x, k=k: x[k], items))
        return carry, pytree.map_tree(
            lambda *rows: concatenate([reshape(r, (1, *r.shape)) for r in rows], 0), *ys
        )

    def part(carry: Any, first: int, last: int, body: Callable[..., Any], size: int) -> tuple[Any, Any]:
        rows = [slice_in_dim(x, first, last) for x in x_leaves]
        if size > 1:
            rows = [reshape(x, ((last - first) // size, size, *x.shape[1:])) for x in rows]
        return scan(body, carry, pytree.unflatten(x_tree, rows), (last - first) // size, reverse)

    def joined(ys: Any) -> Any:
        return pytree.map_tree(lambda y: reshape(y, (y.shape[0] * chunk, *y.shape[2:])), ys)

    if main == steps:
        carry, ys = part(init, 0, steps, several, chunk)
        return carry, joined(ys)
    if reverse:
        carry, last = part(init, main, steps, f, 1)
        carry, ys = part(carry, 0, main, several, chunk)
    else:
        carry, ys = part(init, 0, main, several, chunk)
        carry, last = part(carry, main, steps, f, 1)
    return carry, pytree.map_tree(lambda a, b: concatenate([a, b], 0), joined(ys), last)


def map(f: Callable[..., Any], xs: Any, *, batch_size: int | None = None) -> Any:
    """Apply a function to each item along the first axis of the arrays of ``xs``, one after the other.

    Args:
        f: Function of one item.
        xs: Pytree of arrays with a first axis of one length.
        batch_size: Apply ``vmap(f)`` to so many items at once.

    Returns: the results, stacked along a new first axis.
    """
    if batch_size is None:
        return scan(lambda _, x: ((), f(x)), (), xs)[1]
    from axir._src.vectorize import vmap

    check_steps("map", xs)
    leaves, tree = flatten_arrays("map", xs)
    steps, size = _length("map", leaves, None), static_int(batch_size, "map")
    main = steps // size * size

    def batches() -> Any:
        rows = [slice_in_dim(x, 0, main) for x in leaves]
        return pytree.unflatten(tree, [reshape(x, (steps // size, size, *x.shape[1:])) for x in rows])

    found = scan(lambda _, x: ((), vmap(f)(x)), (), batches())[1]
    found = pytree.map_tree(lambda y: reshape(y, (y.shape[0] * y.shape[1], *y.shape[2:])), found)
    if main == steps:
        return found
    rest = vmap(f)(pytree.unflatten(tree, [slice_in_dim(x, main, steps) for x in leaves]))
    return pytree.map_tree(lambda a, b: concatenate([a, b], 0), found, rest)


def while_loop(cond_fun: Callable[[Any], Any], body_fun: Callable[[Any], Any], init_val: Any) -> Any:
    """``while cond_fun(val): val = body_fun(val)``.

    Args:
        cond_fun: Gives a bool scalar.
        body_fun: Gives a value of the structure and types that it takes.
        init_val: The first value, a pytree of arrays.

    Returns: the last value. Forward mode and ``vmap`` go through it (a batch runs until the loop is over for all its
        items); reverse mode does not.

    Raises:
        TreeError, DTypeError: the body's result is not like its argument, or the condition gives no bool scalar.
    """
    title = f"while_loop({name_of(body_fun)})"
    leaves, tree = flatten_arrays(title, init_val)
    argument = pytree.structure((init_val,))
    trees: list[Any] = []
    flat = _flat(title, body_fun, argument, trees)

    def condition(tracers: Sequence[Array]) -> list[Array]:
        found = to_array(cond_fun(*pytree.unflatten(argument, tracers)))
        if found.shape != () or found.dtype != bool:
            raise located(DTypeError(f"{title}: the condition must give a bool scalar; got {found.aval}."))
        return [found]

    def run(frame: Frame, arrays: Sequence[Array]) -> Sequence[Array]:
        specs = [Spec.of(x) for x in arrays]
        body, specs = _trace_carrying(frame, title, name_of(body_fun), flat, tree, lambda: trees[0], specs)
        test = _trace(frame, name_of(cond_fun), condition, specs)
        start = [_as_spec(x, s) for x, s in zip(arrays, specs, strict=True)]
        attrs = {"carry": len(specs)}
        return frame.emit_regions(WhileLoopOp, [test, body], start, attrs, [s.weak for s in specs])

    return pytree.unflatten(tree, transform("main", run, leaves))


def fori_loop(
    lower: ArrayLike, upper: ArrayLike, body_fun: Callable[..., Any], init_val: Any, *, unroll: int | bool = 1
) -> Any:
    """``for i in range(lower, upper): val = body_fun(i, val)``.

    With static bounds it is a ``scan``, through which reverse mode goes; else a ``while_loop``.

    Args:
        lower, upper: Integers; the loop does nothing unless ``lower < upper``.
        body_fun: Takes the counter and the value, gives a value of the same structure and types.
        init_val: The first value, a pytree of arrays.
        unroll: As for ``scan``; static bounds only.
    """
    title = f"fori_loop({name_of(body_fun)})"
    ends = [to_array(x) for x in (lower, upper)]
    for x in ends:
        if x.shape != () or x.dtype.kind not in "iu":
            raise located(DTypeError(f"{title}: the bounds must be integer scalars; got {x.aval}."))
    dtype, weak = common([(x.dtype, x.weak_type) for x in ends])
    first, last = (convert(x, dtype, weak) for x in ends)
    if not isinstance(lower, Tracer) and not isinstance(upper, Tracer):
        steps = max(0, int(upper) - int(lower))  # pyright: ignore[reportArgumentType]

        def step(state: Any, _: None) -> tuple[Any, None]:
            i, value = state
            return (i + 1, body_fun(i, value)), None

        return scan(step, (first, init_val), None, steps, unroll=unroll)[0][1]
    if unroll not in (1, False):
        raise located(ShapeError(f"{title}: only a loop with static bounds can be unrolled."))

    def advance(state: Any) -> Any:
        i, stop, value = state
        return i + 1, stop, body_fun(i, value)

    return while_loop(lambda state: state[0] < state[1], advance, (first, last, init_val))[2]


def switch(
    index: ArrayLike, branches: Sequence[Callable[..., Any]], *operands: Any, operand: Any = None
) -> Any:
    """Apply one of several functions to the operands: number ``index``, the nearest one if it does not exist.

    Args:
        index: Integer scalar.
        branches: Functions of the operands that give results of one structure and types.
        operands: Pytrees of arrays.
        operand: The only one, given by name.

    Raises:
        TreeError, DTypeError: the results of the branches differ, or ``index`` is no integer scalar.
        TypeError: operands are given in both ways.
    """
    if operand is not None:
        if operands:
            raise TypeError(f"switch: with operand= there must be no others; got {len(operands)}.")
        operands = (operand,)
    branches = list(branches)
    if not branches:
        raise ValueError("switch: needs at least one branch.")
    number = to_array(index)
    if number.shape != () or number.dtype.kind not in "iu":
        raise located(DTypeError(f"switch: the index must be an integer scalar; got {number.aval}."))
    if len(branches) == 1:
        return branches[0](*operands)
    inside = clamp(
        convert(to_array(0), number.dtype), number, convert(to_array(len(branches) - 1), number.dtype)
    )
    return _choose("switch", convert(inside, _INT32), branches, operands)


def cond(
    pred: ArrayLike,
    true_fun: Callable[..., Any],
    false_fun: Callable[..., Any],
    *operands: Any,
    operand: Any = None,
) -> Any:
    """``true_fun(*operands)`` if ``pred`` holds, else ``false_fun(*operands)``. Only one of them is computed.

    Args:
        pred: Scalar; a number holds unless it is 0.
        true_fun, false_fun: Functions of the operands that give results of one structure and types.
        operands: Pytrees of arrays.
        operand: The one operand, as a keyword.

    Under ``vmap`` with a batched ``pred`` both are computed, and each item takes its own.

    Raises:
        TreeError, DTypeError: the results of the branches differ, or ``pred`` is no scalar.
    """
    if operand is not None:
        operands = (*operands, operand)
    chosen = to_array(pred)
    if chosen.shape != ():
        raise located(
            DTypeError(
                f"cond: the predicate must be a scalar; got {chosen.aval}. Use axir.numpy.where to choose by element, "
                "or vmap."
            )
        )
    if chosen.dtype != bool:
        chosen = ne(chosen, convert(to_array(0), chosen.dtype))
    return _choose("cond", convert(chosen, _INT32), [false_fun, true_fun], operands)


def _choose(title: str, index: Array, branches: Sequence[Callable[..., Any]], operands: Sequence[Any]) -> Any:
    leaves, tree = flatten_arrays(title, tuple(operands))
    seen: list[list[Any]] = [[] for _ in branches]
    flats = [_flat(title, f, tree, trees) for f, trees in zip(branches, seen, strict=True)]

    def run(frame: Frame, arrays: Sequence[Array]) -> Sequence[Array]:
        specs = [Spec.of(x) for x in arrays[1:]]
        functions = [_trace(frame, name_of(f), flat, specs) for f, flat in zip(branches, flats, strict=True)]
        wanted = _joined(title, branches, [t[0] for t in seen], functions)
        functions = [
            f if list(f.outputs) == wanted else _trace(frame, name_of(g), _converted(flat, wanted), specs)
            for f, g, flat in zip(functions, branches, flats, strict=True)
        ]
        return frame.emit_regions(SwitchOp, functions, arrays, {}, [s.weak for s in wanted])

    found = transform("main", run, [index, *leaves])
    return pytree.unflatten(seen[0][0], found)


def _converted(flat: Flat, specs: Sequence[Spec]) -> Flat:
    return lambda tracers: [_as_spec(x, s) for x, s in zip(flat(tracers), specs, strict=True)]


def _joined(
    title: str, branches: Sequence[Callable[..., Any]], trees: Sequence[Any], functions: Sequence[Function]
) -> list[Spec]:
    """The types that all branches give, weak ones giving way."""
    first = functions[0].outputs
    for k, (tree, function) in enumerate(zip(trees, functions, strict=True)):
        names = name_of(branches[0]), name_of(branches[k])
        if tree != trees[0]:
            raise located(
                TreeError(
                    f"{title}: branches must give results of one structure.\n"
                    f"    {names[0]}: {_structure(trees[0])}\n    {names[1]}: {_structure(tree)}\n   "
                )
            )
        if any(not _fit(a, b) for a, b in zip(first, function.outputs, strict=True)):
            leaves = _leaf_names("result", tree)
            table = _differences(names, leaves, first, function.outputs)
            raise located(DTypeError(f"{title}: branches must give results of one type.\n{table}\n   "))
    columns = zip(*(f.outputs for f in functions), strict=True)
    return [
        Spec(
            Aval(column[0].aval.shape, common([(s.aval.dtype, s.weak) for s in column])[0]),
            all(s.weak for s in column),
        )
        for column in columns
    ]


def _fit(a: Spec, b: Spec) -> bool:
    return a.aval.shape == b.aval.shape and (a.aval.dtype == b.aval.dtype or a.weak or b.weak)
