"""Programs with einops, jmp and jraph; written for JAX. Writes what they compute."""

import sys

import einops
import jax
import jmp
import jraph
import numpy as np
from jax import numpy as jnp


def einops_program():
    x = jnp.arange(24.0).reshape(2, 3, 4)
    patches = jax.jit(lambda v: einops.rearrange(v, "b (h p) (w q) -> b (h w) (p q)", p=3, q=2))
    weights = jnp.linspace(-1, 1, 12).reshape(4, 3)
    return {
        "rearrange": patches(x),
        "reduce": einops.reduce(x, "b h w -> b w", "mean"),
        "repeat": einops.repeat(x, "b h w -> (b r) h w", r=2),
        "einsum": einops.einsum(x, weights, "b h w, w k -> b h k"),
        "slope": jax.grad(lambda v: jnp.sum(einops.reduce(v**2, "b h w -> b", "max")))(x),
        "mapped": jax.vmap(lambda v: einops.rearrange(v, "h w -> (w h)"))(x),
    }


def jmp_program():
    policy = jmp.get_policy("params=float32,compute=float16,output=float32")
    params = {"w": jnp.linspace(-1, 1, 6).reshape(3, 2), "n": jnp.arange(2)}

    def loss(params, x, scale):
        params, x = policy.cast_to_compute((params, x))
        return scale.scale(policy.cast_to_output(jnp.sum(jnp.tanh(x @ params["w"]))))

    @jax.jit
    def step(w, scale):
        grads = jax.grad(lambda w: loss({**params, "w": w}, jnp.ones((4, 3)), scale))(w)
        grads = scale.unscale(grads)
        finite = jmp.all_finite(grads)
        return jmp.select_tree(finite, w - 0.1 * grads, w), scale.adjust(finite)

    w, scale = params["w"], jmp.DynamicLossScale(jnp.asarray(2.0**15), period=2)
    for _ in range(5):
        w, scale = step(w, scale)
    return {"weights": w, "scale": scale.loss_scale}


def jraph_program():
    graph = jraph.GraphsTuple(
        nodes=jnp.arange(10.0).reshape(5, 2),
        edges=jnp.ones((4, 1)),
        senders=jnp.array([0, 1, 2, 3]),
        receivers=jnp.array([1, 2, 0, 4]),
        n_node=jnp.array([3, 2]),
        n_edge=jnp.array([3, 1]),
        globals=jnp.zeros((2, 1)),
    )
    network = jraph.GraphNetwork(
        update_edge_fn=lambda edge, sent, received, globals_: edge + sent - received,
        update_node_fn=lambda node, sent, received, globals_: jnp.tanh(node + received),
        update_global_fn=lambda nodes, edges, globals_: globals_ + nodes + edges,
    )
    found = jax.jit(network)(graph)
    batch = jraph.batch([graph, graph])
    padded = jraph.pad_with_graphs(batch, n_node=16, n_edge=12, n_graph=6)
    return {
        "nodes": found.nodes,
        "edges": found.edges,
        "globals": found.globals,
        "senders": padded.senders,
        "mask": jraph.get_graph_padding_mask(padded),
        "softmax": jraph.segment_softmax(jnp.arange(4.0), jnp.array([0, 0, 1, 1]), 2),
    }


def main(path):
    found = {}
    for program in (einops_program, jmp_program, jraph_program):
        found |= {f"{program.__name__}/{name}": np.asarray(x) for name, x in program().items()}
    np.savez(path, **found)


main(sys.argv[1])
