"""Rows for the small modules: nn, scipy.special, stats, signal and ndimage, ops, image, tree_util."""

import numpy as onp

from parity.rows import ABOVE_ONE, INTS, MATRIX, OTHER, SMALL, SQUARE, VECTOR, Row, each, on_host

S, G, T = "scipy.special", "scipy.signal", "tree_util"
CUBE = onp.sin(onp.arange(24, dtype="float32")).reshape(2, 3, 4)
HEADS = onp.sin(onp.arange(48, dtype="float32")).reshape(2, 4, 2, 3)
IMAGE = onp.cos(onp.arange(60, dtype="float32")).reshape(5, 4, 3)
AT = onp.array([[0.5, 1.2, 1.9], [0.1, 2.4, 3.0]], "float32")
OWNERS = onp.array([0, 2, 2, 0, 3], "int32")
TREE = {"a": [1, 2], "b": (3, None, {"c": 4})}
SEGMENTS = "segment_sum segment_max segment_min"
PRODUCT = "segment_prod"  # of which neither library has the derivative
EDGES = "convolve correlate fftconvolve"

NN = [
    *each("nn", "dot_product_attention", HEADS, HEADS + 1, HEADS * 2, rtol=1e-4),
    *each("nn", "dot_product_attention", HEADS, HEADS + 1, HEADS * 2, is_causal=True, scale=0.5, rtol=1e-4),
    *each("nn", "softmax log_softmax standardize logsumexp", MATRIX, axis=0),
    *each("nn", "leaky_relu elu celu", VECTOR, 0.3),
    *each("nn", "gelu", VECTOR, approximate=False),
    *each("nn", "one_hot", SMALL, 4, dtype="bfloat16", axis=0, without="grad"),
    *each("nn", "relu relu6 silu gelu sigmoid hard_tanh", VECTOR * 9),
    *each("nn", "relu relu6", INTS, without="grad"),
]
SPECIAL = [
    *on_host(S, "bernoulli", 8),
    *each(S, "betainc", ABOVE_ONE, ABOVE_ONE + 1, abs(OTHER[:4]), without="grad", rtol=2e-4),
    *each(S, "comb", INTS[[0, 1, 3, 4]], SMALL[:4], without="grad", rtol=1e-4),
    *each(S, "expn", SMALL[:4], ABOVE_ONE, without="grad", rtol=2e-4),
    *each(S, "multigammaln", ABOVE_ONE, 2, rtol=1e-4),
    *each(S, "owens_t", VECTOR, OTHER, rtol=2e-4),
    *each(S, "polygamma", SMALL[:4], ABOVE_ONE, without="grad", rtol=2e-4),
    *each(S, "logsumexp", MATRIX, axis=1, b=CUBE[0], keepdims=True, without="grad"),
    *each(S, "logsumexp", MATRIX, axis=0, return_sign=True),
    *each(S, "softmax log_softmax", MATRIX, axis=0),
    *each(S, "gammaln erf expit digamma", INTS[[0, 1, 3]], without="grad", rtol=1e-4),
    *each(S, "xlogy xlog1py", VECTOR[:2] * 0, abs(OTHER[:2])),
]
STATS = [
    *each("scipy.stats", "sem", MATRIX),
    *each("scipy.stats", "sem", MATRIX, axis=None, ddof=0),
    *each("scipy.stats", "sem", VECTOR, nan_policy="omit", without="grad"),
]
SIGNAL = [
    *each(G, EDGES, VECTOR, OTHER[:3], rtol=1e-4),
    *each(G, EDGES, VECTOR, OTHER[:3], mode="same", rtol=1e-4),
    *each(G, EDGES, MATRIX, SQUARE[:2, :2], mode="valid", rtol=1e-4),
    *each(G, "convolve2d correlate2d", MATRIX, SQUARE[:2, :2], rtol=1e-4),
    *each(G, "convolve2d correlate2d", MATRIX, SQUARE, mode="same", rtol=1e-4),
    *each(G, "convolve", INTS, SMALL[:2], without="grad", rtol=1e-4),
]
IMAGES = [
    *each("scipy.ndimage", "map_coordinates", SQUARE, [AT[0], AT[1]], 1),
    *each("scipy.ndimage", "map_coordinates", SQUARE, [AT[0], AT[1]], 0, mode="nearest", without="grad"),
    *each("scipy.ndimage", "map_coordinates", SQUARE, [AT[0], AT[1]], 1, mode="wrap"),
    *each("scipy.ndimage", "map_coordinates", SQUARE, [AT[0], AT[1]], 1, mode="reflect", cval=2.0),
    *each("image", "resize", IMAGE, (7, 4, 3), "linear"),
    *each("image", "resize", IMAGE, (3, 2, 3), "nearest"),
    *each("image", "resize", IMAGE, (3, 6, 3), "cubic", rtol=1e-4),
    *each("image", "resize", IMAGE, (3, 2, 3), "lanczos3", antialias=False, rtol=1e-4),
    *each(
        "image",
        "scale_and_translate",
        IMAGE,
        (4, 4, 3),
        (0, 1),
        onp.array([0.8, 1.2], "float32"),
        onp.array([0.3, -0.5], "float32"),
        "linear",
        without="vmap",
        rtol=5e-3,
    ),
    *each("ops", SEGMENTS, VECTOR, OWNERS, 4),
    *each("ops", PRODUCT, VECTOR, OWNERS, 4, without="grad"),
    *each("ops", f"{SEGMENTS} {PRODUCT}", INTS, OWNERS, 3, without="grad"),
    *each("ops", SEGMENTS, MATRIX, OWNERS[[0, 0, 1]], 4, indices_are_sorted=True),
    *on_host("ops", f"{SEGMENTS} {PRODUCT}", VECTOR, OWNERS),
    *each("ops", "segment_sum", VECTOR, OWNERS, 4, bucket_size=2),
]
TREES = [
    *on_host(T, "tree_leaves", TREE, use=lambda m, f: lambda t: str(f(t))),
    *on_host(T, "tree_structure", TREE, use=lambda m, f: lambda t: f(t).num_leaves),
    *on_host(T, "tree_flatten", TREE, use=lambda m, f: lambda t: str(f(t)[0])),
    *on_host(T, "all_leaves", [1, 2, (3,)]),
    *on_host(T, "tree_all", [True, 0]),
    *on_host(T, "tree_map", TREE, use=lambda m, f: lambda t: f(lambda x: x * 2, t)),
    *on_host(T, "tree_reduce", TREE, use=lambda m, f: lambda t: f(lambda a, b: a - b, t)),
    *on_host(
        T,
        "tree_transpose",
        use=lambda m, f: lambda: f(*map(m.tree_util.tree_structure, ([0, 0], (0, 0))), [(1, 2), (3, 4)]),
    ),
    *on_host(T, "tree_unflatten", use=lambda m, f: lambda: f(m.tree_util.tree_structure(TREE), [4, 3, 2, 1])),
    *on_host(
        T, "tree_leaves_with_path tree_flatten_with_path", TREE, use=lambda m, f: lambda t: str(f(t))[:99]
    ),
    *on_host(
        T, "keystr", use=lambda m, f: lambda: [f(p) for p, _ in m.tree_util.tree_leaves_with_path(TREE)]
    ),
]
ROWS: list[Row] = [*NN, *SPECIAL, *STATS, *SIGNAL, *IMAGES, *TREES]
