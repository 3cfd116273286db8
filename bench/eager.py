"""Operations outside ``jit``, which NumPy evaluates, on 8 and on 1,000,000 numbers: the overhead and the work.

Each row is a function of a library (``axir`` or ``jax``) and of arrays made by it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import axir
from bench.measure import Row, compare, print_rows

try:
    import jax  # pyright: ignore[reportMissingImports]  (an extra)
except ImportError:
    jax: Any = None

Case = Callable[[Any, Any], Any]
"""A call: of the library, and of a vector of positive numbers below 1."""

_UNARY = "abs exp expm1 log log1p sqrt square sin cos tan tanh arctan sinh floor round sign negative isnan isfinite"
_BINARY = "add subtract multiply divide power maximum minimum arctan2 hypot logaddexp floor_divide remainder equal less"
_REDUCTIONS = "sum prod mean var std max min any all argmax argmin ptp median nansum nanmean count_nonzero"
_RUNNING = "cumsum cumprod sort argsort diff flip ravel"
_ACTIVATIONS = "relu sigmoid softplus silu elu selu gelu leaky_relu softmax log_softmax logsumexp standardize"


def _named(path: str, names: str, operands: int = 1) -> dict[str, Case]:
    """Functions of a module of the library by their names."""

    def case(name: str) -> Case:
        return lambda m, x: getattr(getattr(m, path), name)(*[x] * operands)

    return {f"{path}.{name}": case(name) for name in names.split()}


CASES: dict[str, Case] = {
    **_named("numpy", _UNARY),
    **_named("numpy", _BINARY, 2),
    **_named("numpy", _REDUCTIONS),
    **_named("numpy", _RUNNING),
    **_named("nn", _ACTIVATIONS),
    **_named("nn", "log_sigmoid relu6"),
    "x + x": lambda m, x: x + x,
    "x * 2 + 1": lambda m, x: x * 2 + 1,
    "x ** 2": lambda m, x: x**2,
    "x > 0.5": lambda m, x: x > 0.5,
    "-x": lambda m, x: -x,
    "x[1:3]": lambda m, x: x[1:3],
    "x[-1]": lambda m, x: x[-1],
    "x[::-1]": lambda m, x: x[::-1],
    "x[None]": lambda m, x: x[None],
    "x.at[2].set(1)": lambda m, x: x.at[2].set(1.0),
    "x.at[2].add(1)": lambda m, x: x.at[2].add(1.0),
    "x.sum()": lambda m, x: x.sum(),
    "x.mean()": lambda m, x: x.mean(),
    "x.reshape": lambda m, x: x.reshape(2, -1),
    "x.astype": lambda m, x: x.astype("int32"),
    "x.T": lambda m, x: x.T,
    "numpy.where": lambda m, x: m.numpy.where(x > 0.5, x, 0.0),
    "numpy.clip": lambda m, x: m.numpy.clip(x, 0.2, 0.8),
    "numpy.reshape": lambda m, x: m.numpy.reshape(x, (2, -1)),
    "numpy.concatenate": lambda m, x: m.numpy.concatenate([x, x]),
    "numpy.stack": lambda m, x: m.numpy.stack([x, x]),
    "numpy.split": lambda m, x: m.numpy.split(x, 2),
    "numpy.expand_dims": lambda m, x: m.numpy.expand_dims(x, 0),
    "numpy.squeeze": lambda m, x: m.numpy.squeeze(x[None]),
    "numpy.transpose": lambda m, x: m.numpy.transpose(x.reshape(2, -1)),
    "numpy.broadcast_to": lambda m, x: m.numpy.broadcast_to(x, (2, *x.shape)),
    "numpy.tile": lambda m, x: m.numpy.tile(x, 2),
    "numpy.repeat": lambda m, x: m.numpy.repeat(x, 2),
    "numpy.roll": lambda m, x: m.numpy.roll(x, 1),
    "numpy.pad": lambda m, x: m.numpy.pad(x, 1),
    "numpy.take": lambda m, x: m.numpy.take(x, 3),
    "numpy.dot": lambda m, x: m.numpy.dot(x, x),
    "x @ x": lambda m, x: x @ x,
    "numpy.vdot": lambda m, x: m.numpy.vdot(x, x),
    "numpy.linalg.norm": lambda m, x: m.numpy.linalg.norm(x),
    "numpy.allclose": lambda m, x: m.numpy.allclose(x, x),
    "numpy.array_equal": lambda m, x: m.numpy.array_equal(x, x),
    "numpy.nan_to_num": lambda m, x: m.numpy.nan_to_num(x),
    "numpy.interp": lambda m, x: m.numpy.interp(x, x, x),
    "numpy.zeros_like": lambda m, x: m.numpy.zeros_like(x),
    "numpy.ones_like": lambda m, x: m.numpy.ones_like(x),
    "numpy.full_like": lambda m, x: m.numpy.full_like(x, 2.0),
    "numpy.zeros": lambda m, x: m.numpy.zeros(x.shape),
    "numpy.ones": lambda m, x: m.numpy.ones(x.shape),
    "numpy.full": lambda m, x: m.numpy.full(x.shape, 2.0),
    "numpy.arange": lambda m, x: m.numpy.arange(x.size),
    "numpy.linspace": lambda m, x: m.numpy.linspace(0.0, 1.0, x.size),
    "lax.add": lambda m, x: m.lax.add(x, x),
    "lax.mul": lambda m, x: m.lax.mul(x, 2.0),
    "lax.exp": lambda m, x: m.lax.exp(x),
    "lax.rsqrt": lambda m, x: m.lax.rsqrt(x),
    "lax.select": lambda m, x: m.lax.select(x > 0.5, x, x),
    "lax.clamp": lambda m, x: m.lax.clamp(0.2, x, 0.8),
    "lax.dynamic_slice": lambda m, x: m.lax.dynamic_slice(x, (2,), (3,)),
    "lax.convert_element_type": lambda m, x: m.lax.convert_element_type(x, "int32"),
    "random.normal": lambda m, x: m.random.normal(_key(m), x.shape),
    "random.uniform": lambda m, x: m.random.uniform(_key(m), x.shape),
    "random.bernoulli": lambda m, x: m.random.bernoulli(_key(m), 0.5, x.shape),
    "layer norm": lambda m, x: (x - m.numpy.mean(x)) / m.numpy.sqrt(m.numpy.var(x) + 1e-5),
}

SMALL: dict[str, Case] = {
    "numpy.eye": lambda m, x: m.numpy.eye(8),
    "numpy.array": lambda m, x: m.numpy.array([1.0, 2.0]),
    "numpy.asarray": lambda m, x: m.numpy.asarray(1.0),
    "numpy.outer": lambda m, x: m.numpy.outer(x, x),
    "numpy.einsum": lambda m, x: m.numpy.einsum("i,i->", x, x),
    "numpy.tril": lambda m, x: m.numpy.tril(x.reshape(2, -1)),
    "numpy.unique": lambda m, x: m.numpy.unique(x),
    "numpy.nonzero": lambda m, x: m.numpy.nonzero(x),
    "numpy.searchsorted": lambda m, x: m.numpy.searchsorted(x, 0.5),
    "numpy.meshgrid": lambda m, x: m.numpy.meshgrid(x, x),
    "numpy.linalg.inv": lambda m, x: m.numpy.linalg.inv(x[:4].reshape(2, 2)),
    "nn.one_hot": lambda m, x: m.nn.one_hot(m.numpy.arange(4), 4),
    "random.key": lambda m, x: m.random.key(0),
    "random.split": lambda m, x: m.random.split(_key(m)),
    "random.randint": lambda m, x: m.random.randint(_key(m), x.shape, 0, 10),
    "random.permutation": lambda m, x: m.random.permutation(_key(m), x),
    "float(x[0])": lambda m, x: float(x[0]),
    "for v in x": lambda m, x: list(x),
}

_keys: dict[str, Any] = {}


def _key(m: Any) -> Any:
    if m.__name__ not in _keys:
        _keys[m.__name__] = m.random.key(0)
    return _keys[m.__name__]


def _row(name: str, case: Case, x: Any, theirs: Any, repeat: int, calls: int) -> Row:
    other = None if jax is None else lambda: jax.block_until_ready(case(jax, theirs))
    return compare(name, lambda: axir.block_until_ready(case(axir, x)), other, repeat=repeat, calls=calls)


def measured(size: int, cases: dict[str, Case]) -> list[Row]:
    """A row for each case on vectors of one size, those farthest behind JAX first."""
    x = axir.random.uniform(axir.random.key(0), (size,)) * 0.9 + 0.05
    theirs = None if jax is None else jax.numpy.asarray(x.to_numpy())
    repeat, calls = (15, 40) if size < 1000 else (9, 1)
    rows = [_row(name, case, x, theirs, repeat, calls) for name, case in cases.items()]
    return sorted(rows, key=lambda row: -row.quartiles[1] if row.quartiles else 0)


def run() -> None:
    """Print the tables."""
    if jax is None:
        print("JAX is not installed: axir alone.")
    print_rows("Eager, 8 float32", measured(8, {**CASES, **SMALL}))
    print_rows("Eager, 1,000,000 float32", measured(1_000_000, CASES))
