"""Random numerical functions, written with the public API as a user would write them.

A program is a tuple of ``Step``s, plain data that prints as Python and shrinks well. ``function`` makes a Python
function of it, in a ``Style``: with axir's control flow or Python's, with while loops or loops of known length, parts
wrapped in ``jit`` or ``checkpoint``. All styles with the same loops mean the same function.

Every function takes ``arguments`` and gives three float arrays of moderate size. It is smooth near almost every
argument: what jumps does so at numbers that no computation hits. Whatever the picks of a step are, they name
something: numbers are taken modulo what there is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as onp

import axir
import axir.numpy as np
from axir import lax

__all__ = ["STEPS", "Program", "Step", "Style", "arguments", "function"]

M, V, S = (2, 3), (3,), ()
SHAPES = (V, M, S)
WEIGHTS = onp.array([0.53, -0.31, 0.77])


class Step(NamedTuple):
    """One step: its name in ``STEPS``, which values it takes, a free number, and the steps inside."""

    name: str
    picks: tuple[int, int] = (0, 0)
    number: int = 0
    body: tuple[Step, ...] = ()


Program = tuple[Step, ...]


def identity(f: Callable[..., Any]) -> Callable[..., Any]:
    return f


class Style(NamedTuple):
    """How a program becomes a function.

    Attributes:
        python: Loops and branches of Python instead of axir's.
        whiles: While loops whose length depends on data; else they take two steps. Reverse mode needs the latter.
        wrap: Applied to the functions that ``call`` steps make.
        narrow: The dtype of the steps that compute in a dtype of their own.
        reverse_rules: Functions with rules of their own have them for reverse mode, by ``custom_vjp``.
    """

    python: bool = False
    whiles: bool = False
    wrap: Callable[[Callable[..., Any]], Callable[..., Any]] = identity
    narrow: str = "float64"
    reverse_rules: bool = False


_PLAIN = Style()


def arguments(seed: int, count: int | None = None) -> list[onp.ndarray]:
    """Arguments of any program; a batch of ``count`` of them if that is given."""
    rng = onp.random.default_rng(seed)
    lead = () if count is None else (count,)
    floats = [rng.uniform(-1, 1, (*lead, *shape)) for shape in (M, V, S)]
    return [
        *floats,
        rng.integers(-1, 4, lead).astype(onp.int32),
        rng.integers(0, 3, (*lead, 3)).astype(onp.int32),
    ]


def function(program: Program, style: Style = _PLAIN) -> Callable[..., tuple[Any, Any, Any]]:
    """The program as a function of ``(m[2, 3], v[3], s, k: i32, j: i32[3])``."""

    def random_function(*args: Any) -> tuple[Any, Any, Any]:
        scope = Scope(style, [to_axir(a) for a in args]).run(program)
        return scope.result(M), scope.result(V), scope.result(S)

    return random_function


def to_axir(x: Any) -> Any:
    return np.asarray(x) if isinstance(x, onp.ndarray) else x


class Scope:
    """The values that steps can take: those of the function, and what it captures from outside."""

    def __init__(self, style: Style, own: Sequence[Any], captured: Sequence[Any] = ()):
        self.style = style
        self._values = [*captured, *own]
        self._unused = set(range(len(captured), len(self._values)))

    def run(self, steps: Program) -> Scope:
        for step in steps:
            found = STEPS[step.name](self, step)
            for value in found if isinstance(found, list) else [found]:
                self._unused.add(len(self._values))
                self._values.append(value)
        return self

    def inner(self, own: Sequence[Any], *, closed: bool = False, **style: Any) -> Scope:
        """The scope of a function within this one, which captures its values unless it is closed."""
        return Scope(self.style._replace(**style), own, () if closed else self._values)

    def pick(self, shape: tuple[int, ...], number: int, kind: str = "f") -> Any:
        """A float (``f``) or integer (``i``) array of the shape, 0 the latest one."""
        fitting = [i for i, v in enumerate(self._values) if v.shape == shape and v.dtype.kind == kind]
        chosen = fitting[-1 - number % len(fitting)]
        self._unused.discard(chosen)
        return self._values[chosen]

    def result(self, shape: tuple[int, ...]) -> Any:
        """A float array of the shape, of moderate size, that depends on all that was not used yet."""
        total = self.pick(shape, 0)
        for i in sorted(self._unused):
            if self._values[i].dtype.kind == "f":
                total = total + 0.3 * np.mean(np.sin(self._values[i]))
        self._unused.clear()
        return 1.5 * np.sin(total)


Rule = Callable[[Scope, Step], Any]
STEPS: dict[str, Rule] = {}


def step(rule: Rule) -> Rule:
    STEPS[rule.__name__.strip("_")] = rule
    return rule


# Elementwise. -----------------------------------------------------------------------------------

UNARY: dict[str, Callable[[Any], Any]] = {
    "sin": np.sin,
    "tanh": np.tanh,
    "logistic": lax.logistic,
    "exp": lambda x: np.exp(np.tanh(x)),
    "log": lambda x: np.log(2 + np.sin(x)),
    "sqrt": lambda x: np.sqrt(2 + np.cos(x)),
    "rsqrt": lambda x: lax.rsqrt(2 + np.cos(x)),
    "erf": lax.erf,
    "atan": np.arctan,
    "log1p": lambda x: np.log1p(np.square(x)),
    "expm1": lambda x: np.expm1(np.sin(x)),
    "asinh": np.arcsinh,
    "cube": lambda x: np.tanh(x) ** 3,
    "reciprocal": lambda x: 1 / (2 + np.sin(x)),
    "cosh": lambda x: np.cosh(np.tanh(x)),
    "stopped": lambda x: x + lax.stop_gradient(np.cos(x)) * 0 + np.sin(x),
    "abs": lambda x: np.abs(x + 0.0137),
    "lgamma": lambda x: lax.lgamma(3 + np.sin(x)),
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": lambda x, y: np.sin(x) * np.tanh(y),
    "div": lambda x, y: x / (2 + np.sin(y)),
    "pow": lambda x, y: (2 + np.sin(x)) ** np.tanh(y),
    "atan2": lambda x, y: np.arctan2(x, 2 + np.sin(y)),
    "max": lambda x, y: np.maximum(x, np.cos(y) - 0.0271),
    "min": lambda x, y: np.minimum(x + 0.0313, np.sin(y) * 1.1),
    "where": lambda x, y: np.where(x > 0.0419, np.sin(y), x * y),
    "clip": lambda x, y: np.clip(x, -0.31371, 0.41713) + y,
    "hypot": lambda x, y: np.hypot(np.sin(x), 2 + np.cos(y)),
}


def unary(f: Callable[[Any], Any]) -> Rule:
    return lambda scope, it: f(scope.pick(SHAPES[it.number % 3], it.picks[0]))


def binary(f: Callable[[Any, Any], Any]) -> Rule:
    def rule(scope: Scope, it: Step) -> Any:
        # One of the shapes broadcasts to the other now and then.
        first, second = SHAPES[it.number % 3], SHAPES[it.number // 3 % 3]
        return f(scope.pick(first, it.picks[0]), scope.pick(second, it.picks[1]))

    return rule


STEPS.update({name: unary(f) for name, f in UNARY.items()})
STEPS.update({name: binary(f) for name, f in BINARY.items()})


@step
def narrow(scope: Scope, it: Step) -> Any:
    """A part computed in a dtype of its own."""
    x = scope.pick(SHAPES[it.number % 3], it.picks[0])
    return np.sin(x.astype(scope.style.narrow) * 1.5).astype(x.dtype)


# Integers, which derivatives leave alone. ---------------------------------------------------------


@step
def shifted(scope: Scope, it: Step) -> Any:
    shape = (S, V)[it.number % 2]
    x, y = scope.pick(shape, it.picks[0], "i"), scope.pick(S, it.picks[1], "i")
    return (x + y * (it.number % 3) - 1) % 5 - 1


@step
def position(scope: Scope, it: Step) -> Any:
    x = scope.pick(M, it.picks[0]) + 0.0173 * np.arange(6.0).reshape(M)
    return (np.argmax, np.argmin)[it.number % 2](x, axis=0 if it.number % 3 else 1).astype("int32").sum() % 3


# Reductions and products. -------------------------------------------------------------------------


@step
def total(scope: Scope, it: Step) -> Any:
    x, axis = np.sin(scope.pick(M, it.picks[0])), it.number % 3
    if axis == 2:
        return np.mean(x)
    found = np.sum(x, axis=axis, keepdims=it.number % 2 == 0)
    return [x - found] if it.number % 2 == 0 else [found] if axis == 0 else [found[0] - found[1]]


@step
def extremum(scope: Scope, it: Step) -> Any:
    x = np.sin(scope.pick(M, it.picks[0])) + 0.0173 * np.arange(6.0).reshape(M)
    reduce = (np.max, np.min)[it.number % 2]
    return reduce(x, axis=0) if it.number % 3 else reduce(x)


@step
def product(scope: Scope, it: Step) -> Any:
    x = 1.1 + 0.5 * np.sin(scope.pick(M, it.picks[0]))
    return np.prod(x, axis=0) if it.number % 2 else np.prod(x)


@step
def variance(scope: Scope, it: Step) -> Any:
    x = np.sin(scope.pick(M, it.picks[0]))
    return (np.var(x, axis=0), np.std(x + WEIGHTS * np.arange(2)[:, None]))[it.number % 2]


@step
def softmax(scope: Scope, it: Step) -> Any:
    return axir.nn.softmax(scope.pick(M, it.picks[0]), axis=it.number % 2)


@step
def matmul(scope: Scope, it: Step) -> Any:
    x, y = (np.sin(scope.pick(M, p)) for p in it.picks)
    kind = it.number % 4
    if kind == 0:
        return x @ y.T @ y
    if kind == 1:
        return np.einsum("ij,ij->i", x, y) @ x
    return np.outer(x[0], y[1])[:2] if kind == 2 else np.tensordot(x, y, 2)


@step
def vector_product(scope: Scope, it: Step) -> Any:
    x, y = np.sin(scope.pick(V, it.picks[0])), np.sin(scope.pick(V, it.picks[1]))
    if it.number % 3 == 0:
        return x @ y
    if it.number % 3 == 1:
        return np.sin(scope.pick(M, it.picks[1])) @ x @ scope.pick(M, it.picks[0])
    return lax.dot_general(np.stack([x, y]), np.stack([y, x]), (((), ()), ((0, 1), (0, 1))))


# Shapes. --------------------------------------------------------------------------------------------


@step
def reshaped(scope: Scope, it: Step) -> Any:
    x = scope.pick(M, it.picks[0])
    return (x.T.reshape(M), x.reshape(6)[::-1].reshape(M), x.reshape(3, 2).T, x[::-1])[it.number % 4]


@step
def broadcast(scope: Scope, it: Step) -> Any:
    if it.number % 2:
        return np.broadcast_to(scope.pick(V, it.picks[0]), M)
    return np.broadcast_to(scope.pick(S, it.picks[0]), V)


@step
def joined(scope: Scope, it: Step) -> Any:
    x, y, v = scope.pick(M, it.picks[0]), scope.pick(M, it.picks[1]), scope.pick(V, it.picks[0])
    if it.number % 3 == 0:
        return np.concatenate([x[:, :1], y[:, 1:]], axis=1)
    if it.number % 3 == 1:
        return np.stack([v, scope.pick(V, it.picks[1])])
    return np.concatenate([v[None], np.concatenate([x, y])[1:2]])


@step
def padded(scope: Scope, it: Step) -> Any:
    x, s = scope.pick(M, it.picks[0]), scope.pick(S, it.picks[1])
    wide = lax.pad(x, s, [(1, 0, 1), (-1, 2, it.number % 2)])
    return wide[1 : 3 + it.number % 2 : 1 + it.number % 2, :3]


@step
def sliced(scope: Scope, it: Step) -> Any:
    x = scope.pick(M, it.picks[0])
    return (x[it.number % 2], x[::-1, ::2].reshape(4)[1:], x[:, -1].sum(), x[0, 1])[it.number % 4]


# Indices that are data. -----------------------------------------------------------------------------


@step
def indexed(scope: Scope, it: Step) -> Any:
    x, v = scope.pick(M, it.picks[0]), scope.pick(V, it.picks[0])
    k, j = scope.pick(S, it.picks[1], "i"), scope.pick(V, it.picks[1], "i")
    return (lambda: x[:, j], lambda: v[j], lambda: v[k % 3], lambda: x[k % 2], lambda: x[j % 2, j])[
        it.number % 5
    ]()


@step
def updated(scope: Scope, it: Step) -> Any:
    x, v, s = (scope.pick(shape, it.picks[0]) for shape in (M, V, S))
    k, j = scope.pick(S, it.picks[1], "i"), scope.pick(V, it.picks[1], "i")
    return (
        lambda: v.at[j].add(np.sin(v)),
        lambda: x.at[k % 2].set(v),
        lambda: x.at[:, j].add(np.cos(x)),
        lambda: v.at[k % 3].set(s),
        lambda: x.at[k % 2, j].add(v),
    )[it.number % 5]()


@step
def window(scope: Scope, it: Step) -> Any:
    x, v, k = scope.pick(M, it.picks[0]), scope.pick(V, it.picks[0]), scope.pick(S, it.picks[1], "i")
    if it.number % 2:
        return lax.dynamic_update_slice(x, v[None, :2], (k - 1, k))
    return lax.dynamic_slice(np.concatenate([v, np.sin(v)]), (k,), (3,))


# Control flow. --------------------------------------------------------------------------------------


def scan(style: Style, f: Callable[..., Any], init: Any, xs: Any, reverse: bool, unroll: int) -> Any:
    if not style.python:
        return lax.scan(f, init, xs, reverse=reverse, unroll=unroll)
    count = len(axir.tree.leaves(xs)[0])
    ys: list[Any] = [None] * count
    for t in reversed(range(count)) if reverse else range(count):
        init, ys[t] = f(init, axir.tree.map(lambda x, t=t: x[t], xs))
    return init, np.stack(ys) if ys else np.zeros((0, 3))


def while_loop(style: Style, test: Callable[..., Any], body: Callable[..., Any], state: Any) -> Any:
    if not style.python:
        return lax.while_loop(test, body, state)
    while bool(test(state)):
        state = body(state)
    return state


def switch(style: Style, index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    if not style.python:
        return lax.switch(index, branches, *operands)
    return branches[min(max(int(index), 0), len(branches) - 1)](*operands)


@step
def scanned(scope: Scope, it: Step) -> Any:
    """Over the rows of a matrix; forwards or backwards, with one or several carries, over 0, 2 or 4 rows."""
    rows, start, s = scope.pick(M, it.picks[0]), scope.pick(V, it.picks[1]), scope.pick(S, it.picks[1])
    several, length = it.number // 2 % 2 == 1, it.number // 4 % 8
    if length < 2:
        rows = np.concatenate([rows, np.sin(rows)]) if length else rows[:0]

    def body(carry: Any, row: Any) -> Any:
        v, s, k, m = carry if several else (carry, *state[1:])
        inner = scope.inner([k, s, m, row, v]).run(it.body)
        y, new = inner.result(V), inner.result(V)
        return ((np.tanh(new + row[0]), inner.result(S), k + 1, m) if several else new), y

    state = (start, s, scope.pick(S, it.picks[1], "i"), scope.pick(M, it.picks[1]))
    unroll = 2 if it.number // 32 % 4 == 3 else 1
    last, ys = scan(scope.style, body, state if several else start, rows, it.number % 2 == 1, unroll)
    return [ys.sum(0), *(last[:2] if several else [last]), *([] if length == 0 else [ys[:2]])]


@step
def iterated(scope: Scope, it: Step) -> Any:
    """A loop of known length, whose counter is used."""
    shape = SHAPES[it.number % 3]
    count = (2, 3, 1, 0)[it.number // 3 % 4]

    def body(i: Any, x: Any) -> Any:
        index = np.asarray(i).astype("int32") % 3
        return scope.inner([index, x]).run(it.body).result(shape)

    x = scope.pick(shape, it.picks[0])
    if not scope.style.python:
        return lax.fori_loop(0, count, body, x)
    for i in range(count):
        x = body(i, x)
    return x


@step
def repeated(scope: Scope, it: Step) -> Any:
    """A loop whose length depends on data: an integer, or floats that change in the loop."""
    v, k = scope.pick(V, it.picks[0]), scope.pick(S, it.picks[1], "i")
    if not scope.style.whiles:
        return iterated(scope, it._replace(number=0))
    bound = 0.6137 if it.number % 2 else -1.0

    def test(state: Any) -> Any:
        i, x = state
        return (i < 3) & (np.sum(x * x) > bound)

    def body(state: Any) -> Any:
        i, x = state
        return i + 1, scope.inner([i % 3, x]).run(it.body).result(V)

    last, v = while_loop(scope.style, test, body, (k, v))
    return [last % 4, v]


def branch(scope: Scope, body: Program, closed: bool) -> Callable[..., Any]:
    def apply(*operands: Any) -> Any:
        inner = scope.inner(operands, closed=closed).run(body)
        return inner.result(M), inner.result(V), operands[-1] + len(body)

    return apply


def operands(scope: Scope, it: Step) -> list[Any]:
    """One value of each kind, which closed functions need."""
    floats = [scope.pick(shape, p) for shape, p in zip((M, V, S), (*it.picks, it.picks[0]), strict=True)]
    return [*floats, scope.pick(V, it.picks[1], "i"), scope.pick(S, it.picks[0], "i")]


@step
def chosen(scope: Scope, it: Step) -> Any:
    """One of three branches by an integer, which may be out of range."""
    index = scope.pick(S, it.picks[1], "i") + it.number % 3 - 1
    branches = [branch(scope, it.body[n::3], it.number % 2 == 0) for n in range(3)]
    m, v, k = switch(scope.style, index, branches, *operands(scope, it))
    return [m, v, k % 5 - 1]


@step
def either(scope: Scope, it: Step) -> Any:
    """One of two branches, by floats or by an integer."""
    by_floats = it.number % 2 == 1
    test = np.sum(scope.pick(V, it.picks[0])) > 0.01371 if by_floats else scope.pick(S, it.picks[1], "i") > 0
    # A branch may hand on what it is given, or depend on nothing.
    branches = [branch(scope, it.body[n::2], it.number % 3 == 0) for n in range(2)]
    if it.number % 4 == 3:
        branches[0] = lambda m, v, s, j, k: (np.zeros_like(m), v, k)
    given = operands(scope, it)
    if scope.style.python:
        return list(branches[int(bool(test))](*given)[:2])
    return list(lax.cond(test, branches[1], branches[0], *given)[:2])


# Functions within functions. ------------------------------------------------------------------------


@step
def called(scope: Scope, it: Step) -> Any:
    """A function, wrapped as the style says, that captures values or not."""
    apply = scope.style.wrap(branch(scope, it.body, it.number % 2 == 0))
    return list(apply(*operands(scope, it))[:2])


@step
def own_rule(scope: Scope, it: Step) -> Any:
    """A function with a derivative rule of its own, which says what is true anyway."""
    given = operands(scope, it)

    def plain(m: Any, v: Any, s: Any, j: Any, k: Any) -> Any:
        # Reverse mode goes through loops of known length only.
        inner = scope.inner([m, v, s, j, k], closed=True, whiles=False).run(it.body)
        return inner.result(M), inner.result(V)

    if scope.style.reverse_rules:
        wrapped = axir.custom_vjp(plain)

        def backward(kept: Any, ct: Any) -> Any:
            *floats, j, k = kept
            found = axir.vjp(lambda *xs: plain(*xs, j, k), *floats)[1](ct)
            return (*found, None, None)

        wrapped.defvjp(lambda *args: (plain(*args), args), backward)
    else:
        wrapped = axir.custom_jvp(plain)

        def rule(primals: Any, tangents: Any) -> Any:
            *floats, j, k = primals
            return axir.jvp(lambda *xs: plain(*xs, j, k), tuple(floats), tuple(tangents[:3]))

        wrapped.defjvp(rule)
    return list(wrapped(*given))


@step
def gradient(scope: Scope, it: Step) -> Any:
    """The gradient of a function that uses values from outside."""
    x, other = scope.pick(V, it.picks[0]), scope.pick(M, it.picks[1])

    def inner(v: Any) -> Any:
        return scope.inner([np.sin(other), v], whiles=False).run(it.body).result(S) * np.sum(v * WEIGHTS)

    return np.tanh(axir.grad(inner)(x))


@step
def directional(scope: Scope, it: Step) -> Any:
    """A value and its derivative in a direction that is a value, too."""
    x, dx = scope.pick(V, it.picks[0]), scope.pick(V, it.picks[1])

    def inner(v: Any) -> Any:
        return scope.inner([v], reverse_rules=False).run(it.body).result(V)

    value, slope = axir.jvp(inner, (x,), (np.sin(dx),))
    return [value, np.tanh(slope)]


@step
def mapped(scope: Scope, it: Step) -> Any:
    """The rows of a matrix by vmap or one after the other, along either axis of the result."""
    rows, shared, k = scope.pick(M, it.picks[0]), scope.pick(V, it.picks[1]), scope.pick(S, it.picks[1], "i")
    ks = np.stack([k, k + 1]) % 4

    def inner(row: Any, v: Any, k: Any) -> Any:
        return scope.inner([k, v, row]).run(it.body).result(V)

    if scope.style.python:
        return np.stack([inner(rows[i], shared, ks[i]) for i in range(2)])
    kind = it.number % 3
    if kind == 0:
        return axir.vmap(inner, in_axes=(0, None, 0))(rows, shared, ks)
    if kind == 1:
        return axir.vmap(inner, in_axes=(1, None, 0), out_axes=1)(rows.T, shared, ks).T
    return lax.map(lambda pair: inner(pair[0], shared, pair[1]), (rows, ks))
