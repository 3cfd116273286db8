"""Trains a small network with optax's optimizers; written for JAX. Writes the losses and weights of each run."""

import sys
from functools import partial

import jax
import numpy as np
import optax
from jax import numpy as jnp
from jax import random

STEPS = 12


def optimizers():
    warm = optax.warmup_cosine_decay_schedule(0.0, 0.05, 4, STEPS, end_value=0.001)
    return {
        "adam": optax.adam(0.02),
        "adamw": optax.adamw(
            0.02, weight_decay=0.1, mask=lambda tree: jax.tree.map(lambda x: x.ndim > 1, tree)
        ),
        "momentum": optax.sgd(0.05, momentum=0.9),
        "nesterov": optax.sgd(0.05, momentum=0.9, nesterov=True),
        "lion": optax.lion(0.01, weight_decay=0.05),
        "schedule": optax.adam(warm),
        "clipped": optax.chain(optax.clip_by_global_norm(0.1), optax.sgd(0.5)),
        "elements": optax.chain(optax.clip(0.01), optax.rmsprop(0.01, centered=True)),
        "steps": optax.sgd(optax.piecewise_constant_schedule(0.1, {4: 0.5, 8: 0.1})),
        "accumulated": optax.MultiSteps(optax.adam(0.05), every_k_schedule=3),
        "lamb": optax.lamb(0.02),
        "adafactor": optax.adafactor(0.02, min_dim_size_to_factor=4),
        "parts": optax.multi_transform(
            {"w": optax.adagrad(0.1), "b": optax.set_to_zero()}, {"first": "w", "last": "w", "bias": "b"}
        ),
    }


def init(key):
    keys = random.split(key)
    return {
        "first": 0.5 * random.normal(keys[0], (3, 8)),
        "last": 0.5 * random.normal(keys[1], (8, 2)),
        "bias": jnp.zeros((8,)),
    }


def loss(params, x, y):
    hidden = jax.nn.relu(x @ params["first"] + params["bias"])
    return jnp.mean(optax.squared_error(hidden @ params["last"], y))


@partial(jax.jit, static_argnums=0)
def step(optimizer, params, state, x, y):
    value, grads = jax.value_and_grad(loss)(params, x, y)
    updates, state = optimizer.update(grads, state, params)
    return optax.apply_updates(params, updates), state, value


def main(path):
    x = random.normal(random.PRNGKey(1), (16, 3))
    y = jnp.stack([jnp.sin(x[:, 0]), x[:, 1] * x[:, 2]], axis=1)
    found = {"x": x, "y": y}
    for name, optimizer in optimizers().items():
        params = init(random.PRNGKey(0))
        state = optimizer.init(params)
        losses = []
        for _ in range(STEPS):
            params, state, value = step(optimizer, params, state, x, y)
            losses.append(value)
        found[f"{name}/losses"] = jnp.stack(losses)
        found |= {f"{name}/{leaf}": value for leaf, value in params.items()}
    logits, labels = x[:, :2], jnp.arange(16) % 2
    found["cross entropy"] = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    found["huber"] = optax.huber_loss(x, 0.5, delta=0.7)
    found["cosine"] = optax.cosine_similarity(x, x[::-1])
    found["norm"] = optax.global_norm({"x": x, "y": [y, logits]})
    found["product"] = optax.tree_utils.tree_vdot([x, y], [x[::-1], 2 * y])
    np.savez(path, **{name: np.asarray(value) for name, value in found.items()})


main(sys.argv[1])
