"""A program whose types pyright tells; ``test_types.py`` compares them with the comments."""

# pyright: basic
from functools import partial
from typing import Any, NamedTuple, reveal_type

import axir
import axir.numpy as np
from axir import Array, lax, nn, random


class Params(NamedTuple):
    w: Array
    b: Array


@axir.jit
def loss(p: Params, x: Array, y: Array) -> Array:
    return np.mean((nn.relu(x @ p.w + p.b) - y) ** 2)


@axir.jit(static_argnames="n")
def power(x: Array, n: int = 2) -> Array:
    return x**n


@partial(axir.jit, static_argnums=1)
def repeated(x: Array, n: int) -> tuple[Array, int]:
    return np.tile(x, n), n


class Model:
    def __init__(self, w: Array):
        self.w = w

    @axir.jit
    def __call__(self, x: Array) -> Array:
        return x @ self.w

    @partial(axir.jit, static_argnums=0)
    def scaled(self, x: Array, by: float) -> Array:
        return x * by


def with_aux(p: Params, x: Array) -> tuple[Array, dict[str, Array]]:
    return x @ p.w, {"x": x}


def square(x: Array) -> Array:
    return x**2


@axir.checkpoint
def layer(p: Params, x: Array) -> Array:
    return x @ p.w


@axir.checkpoint(policy="everything_saveable")
def saved(x: Array) -> Array:
    return x + 1


p, x = Params(np.ones(3), np.zeros(())), np.ones((4, 3))
model = Model(np.ones(3))

reveal_type(loss(p, x, x))  # Array
reveal_type(power(x, n=3))  # Array
reveal_type(repeated(x, 2))  # tuple[Array, int]
reveal_type(model.scaled(x, 2.0))  # Array
reveal_type(axir.jit(square)(x))  # Array
reveal_type(axir.jit(axir.grad(loss))(p, x, x))  # Any
reveal_type(axir.grad(loss)(p, x, x))  # Any
reveal_type(axir.grad(loss, 1)(p, x, x))  # Any
reveal_type(axir.grad(with_aux, has_aux=True)(p, x))  # tuple[Any, dict[str, Array]]
reveal_type(axir.value_and_grad(loss)(p, x, x))  # tuple[Array, Any]
both = axir.value_and_grad(with_aux, has_aux=True)(p, x)
reveal_type(both)  # tuple[tuple[Array, dict[str, Array]], Any]
reveal_type(axir.value_and_grad(loss, argnums=(0, 1))(p, x, x))  # tuple[Array, Any]
reveal_type(axir.jacfwd(square)(x))  # Any
reveal_type(axir.hessian(square)(x))  # Any
reveal_type(axir.grad(lambda q: loss(q, x, x))(p))  # Any
reveal_type(axir.jacrev(with_aux)(p, x))  # Any
reveal_type(axir.jvp(square, (x,), (x,)))  # tuple[Array, Array]
reveal_type(axir.linearize(square, x)[1](x))  # Array
reveal_type(axir.vjp(with_aux, p, x, has_aux=True)[2])  # dict[str, Array]
reveal_type(axir.vmap(square)(x))  # Array
reveal_type(layer(p, x))  # Array
reveal_type(saved(x))  # Array
reveal_type(axir.named_call(square)(x))  # Array
reveal_type(random.split(random.key(0))[0])  # Array
reveal_type(x.at[0].set(1.0))  # Array
reveal_type(lax.exp(x))  # Array
reveal_type(loss.lower(p, x, x))  # Lowered


def untyped(f: Any) -> None:
    reveal_type(axir.jit(f)(x))  # Any
    reveal_type(axir.grad(f)(x))  # Any


def wrong() -> Any:
    loss(p, x)  # reportCallIssue
    axir.grad(loss)(x, x, x)  # reportArgumentType
    return power("x")  # reportArgumentType
