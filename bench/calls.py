"""Time of a call: eager and compiled, small and large, with few and many arguments, against JAX in one process."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import axir
import axir.numpy as np
from bench.measure import Row, compare, print_rows

try:
    import jax  # pyright: ignore[reportMissingImports]  (an extra)
except ImportError:
    jax: Any = None


def _selu(np: ModuleType, x: Any, alpha: float = 1.67, lmbda: float = 1.05) -> Any:
    return lmbda * np.where(x > 0, x, alpha * np.exp(x) - alpha)


def run() -> None:
    """Print the table."""
    rows: list[Row] = []

    def add(name: str, ours: Any, theirs: Any, calls: int = 1) -> None:
        rows.append(compare(name, ours, theirs, calls=calls))

    x, small = axir.random.normal(axir.random.key(0), (1_000_000,)), np.arange(8.0)
    ours = {
        "eager selu": lambda: _selu(np, x),
        "jit selu": axir.jit(lambda x: _selu(np, x)),
        "jit add": axir.jit(lambda a, b: a + b),
    }
    if jax is None:
        print("JAX is not installed: axir alone.")
        theirs: dict[str, Any] = {}
    else:
        jnp = jax.numpy
        jx, jsmall = jnp.asarray(x.to_numpy()), jnp.arange(8.0)
        compiled_selu = jax.jit(lambda x: _selu(jnp, x))
        compiled_add = jax.jit(lambda a, b: a + b)
        theirs = {
            "selu": lambda: jax.block_until_ready(_selu(jnp, jx)),
            "jit selu": lambda: jax.block_until_ready(compiled_selu(jx)),
            "jit add": lambda: jax.block_until_ready(compiled_add(jsmall, jsmall)),
            "add": lambda: jax.block_until_ready(jnp.add(jsmall, jsmall)),
            "sum": lambda: jax.block_until_ready(jnp.sum(jsmall)),
            "slice": lambda: jax.block_until_ready(jsmall[1:3]),
            "matmul": lambda: jax.block_until_ready(jnp.matmul(jsmall, jsmall)),
        }
    add("eager selu, 1,000,000 f32", ours["eager selu"], theirs.get("selu"))
    add(
        "jit selu, 1,000,000 f32",
        lambda: ours["jit selu"](x).block_until_ready(),
        theirs.get("jit selu"),
        calls=10,
    )
    add("jit add, 8 f32", lambda: ours["jit add"](small, small), theirs.get("jit add"), calls=200)
    add("eager add, 8 f32", lambda: np.add(small, small), theirs.get("add"), calls=200)
    add("eager sum, 8 f32", lambda: np.sum(small), theirs.get("sum"), calls=200)
    add("eager x[1:3], 8 f32", lambda: small[1:3], theirs.get("slice"), calls=200)
    add("eager x @ y, 8 f32", lambda: np.matmul(small, small), theirs.get("matmul"), calls=200)
    print_rows("Calls", rows)
    print_rows("Calls of a compiled function of small arrays", _arguments())


def _arguments() -> list[Row]:
    """By the number of arguments and their structure; a call of JAX's is waited for, as one of ours is."""
    libraries = [(axir, np)] if jax is None else [(axir, np), (jax, jax.numpy)]
    rows: list[Row] = []
    for count in (1, 10, 100):
        calls = [
            _ready(lib, lib.jit(lambda *xs: xs[0] + xs[-1]), [lib_np.arange(8.0) + i for i in range(count)])
            for lib, lib_np in libraries
        ]
        rows.append(compare(f"{count} arrays", calls[0], calls[1] if jax else None, calls=200))
    calls = []
    for lib, lib_np in libraries:
        tree = {f"layer{i}": {"w": lib_np.ones((4, 4)) * i, "b": lib_np.ones(4)} for i in range(10)}
        step = lib.jit(lambda p, lib=lib: lib.tree_util.tree_map(lambda x: x * 0.9, p))
        calls.append(_ready(lib, step, [tree]))
    rows.append(
        compare("a pytree of 20 arrays, to another one", calls[0], calls[1] if jax else None, calls=100)
    )
    return rows


def _ready(lib: Any, function: Any, args: list[Any]) -> Any:
    return lambda: lib.block_until_ready(function(*args))
