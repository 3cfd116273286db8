"""Programs with chex, mctx, jaxopt and blackjax; written for JAX. Writes what they compute."""

import functools
import sys

import blackjax
import chex
import jax
import jaxopt
import mctx
import numpy as np
from jax import numpy as jnp


@chex.dataclass
class State:
    position: chex.Array
    velocity: chex.Array


def chex_program():
    state = State(position=jnp.ones((3, 2)), velocity=jnp.arange(6.0).reshape(3, 2))
    chex.assert_shape([state.position, state.velocity], (3, None))
    chex.assert_rank(state.position, 2)
    chex.assert_trees_all_close(state, jax.tree.map(lambda x: x * (1 + 1e-7), state))
    chex.assert_tree_all_finite(state)
    chex.assert_numerical_grads(lambda x: jnp.sum(jnp.sin(x)), (state.velocity,), order=1, atol=1e-3)
    traced = jax.jit(chex.assert_max_traces(lambda s: s.replace(position=s.position + s.velocity), n=1))
    for _ in range(3):
        state = traced(state)
    try:
        chex.assert_equal_shape([state.position, jnp.ones(3)])
    except AssertionError as error:
        refused = "not all inputs" in str(error) or "shapes" in str(error).lower()
    return {"position": state.position, "refused": refused}


def mctx_program():
    def recurrent(params, key, action, embedding):
        value = jnp.tanh(embedding.sum(-1) + params * action)
        out = mctx.RecurrentFnOutput(
            reward=0.1 * action.astype(jnp.float32),
            discount=jnp.full(action.shape, 0.9),
            prior_logits=jnp.stack([value, -value, 0.5 * value], -1),
            value=value,
        )
        return out, embedding + action[:, None]

    embedding = jnp.linspace(-1, 1, 8).reshape(2, 4)
    root = mctx.RootFnOutput(
        prior_logits=jnp.array([[0.1, 0.2, 0.3], [0.5, 0.0, -0.5]]), value=jnp.zeros(2), embedding=embedding
    )
    search = functools.partial(mctx.gumbel_muzero_policy, recurrent_fn=recurrent, num_simulations=8)
    found = jax.jit(lambda key: search(0.3, key, root))(jax.random.key(4))
    return {"action": found.action, "weights": found.action_weights}


def jaxopt_program():
    rng = np.random.default_rng(0)
    x, y = (jnp.asarray(rng.normal(size=s), dtype=jnp.float32) for s in ((20, 3), (20,)))

    def ridge(w, l2):
        return jnp.mean((x @ w - y) ** 2) + l2 * jnp.sum(w**2)

    solver = jaxopt.LBFGS(fun=ridge, maxiter=30)
    bounded = jaxopt.ProjectedGradient(fun=ridge, projection=jaxopt.projection.projection_non_negative)
    return {
        "minimum": solver.run(jnp.zeros(3), l2=0.1).params,
        "slope": jax.grad(lambda l2: solver.run(jnp.zeros(3), l2=l2).params.sum())(0.1),
        "bounded": bounded.run(jnp.zeros(3), None, l2=0.1).params,
        "fitted": jaxopt.GaussNewton(lambda w: x @ w - y, maxiter=5).run(jnp.zeros(3)).params,
        "root": jaxopt.Bisection(lambda v: v**3 - 2, 0.0, 2.0).run().params,
    }


def blackjax_program():
    def density(x):
        return -0.5 * jnp.sum((x - 1) ** 2 / jnp.array([1.0, 4.0]))

    sampler = blackjax.hmc(density, step_size=0.3, inverse_mass_matrix=jnp.ones(2), num_integration_steps=5)

    @jax.jit
    def sample(key):
        state = sampler.init(jnp.zeros(2))
        return jax.lax.scan(
            lambda s, k: (lambda new: (new, new.position))(sampler.step(k, s)[0]),
            state,
            jax.random.split(key, 20),
        )[1]

    return {"samples": sample(jax.random.key(3))}


def main(path):
    found = {}
    for program in (chex_program, mctx_program, jaxopt_program, blackjax_program):
        found |= {f"{program.__name__}/{name}": np.asarray(x) for name, x in program().items()}
    np.savez(path, **found)


main(sys.argv[1])
