"""Which modules of axir the names of each module of JAX come from, in the order in which they are asked."""

from __future__ import annotations

from importlib.util import find_spec

__all__ = ["INTERFACE", "MODULES"]

INTERFACE = "0.10.2"
"""The version of JAX whose interface this is."""

_HERE = "axir.compat.jax."

# Modules with the same name in axir, all names of which are there.
_SAME = (
    "ad_checkpoint",
    "custom_batching",
    "debug",
    "dlpack",
    "dtypes",
    "experimental.checkify",
    "flatten_util",
    "image",
    "lax.linalg",
    "nn",
    "nn.initializers",
    "numpy",
    "numpy.fft",
    "numpy.linalg",
    "ops",
    "profiler",
    "random",
    "scipy",
    "scipy.cluster",
    "scipy.cluster.vq",
    "scipy.fft",
    "scipy.integrate",
    "scipy.interpolate",
    "scipy.linalg",
    "scipy.ndimage",
    "scipy.optimize",
    "scipy.signal",
    "scipy.sparse",
    "scipy.sparse.linalg",
    "scipy.spatial",
    "scipy.spatial.transform",
    "scipy.special",
    "scipy.stats",
    "test_util",
    "tree",
    "tree_util",
)

_OWN: dict[str, tuple[str, ...]] = {
    "jax": (_HERE + "toplevel", "axir"),
    # Not public, but packages that are used widely import them. chex looks for functions of the compiler to replace
    # and does without; there are none.
    "jax._src": (),
    "jax._src.compiler": (_HERE + "stages",),
    "jax._src.flatten_util": ("axir.flatten_util",),
    "jax.core": (_HERE + "core",),
    "jax.custom_derivatives": ("axir.custom_derivatives",),
    "jax.errors": (_HERE + "errors", "axir.errors"),
    "jax.experimental": ("axir.experimental", _HERE + "experimental"),
    "jax.lax": ("axir.lax", _HERE + "lax"),
    "jax.monitoring": (_HERE + "monitoring",),
    "jax.sharding": (_HERE + "sharding",),
    "jax.stages": (_HERE + "stages",),
    "jax.typing": (_HERE + "typing",),
    "jax.version": (_HERE + "version",),
}


def _exists(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


# Modules of JAX that are objects in axir.
_DISTRIBUTIONS = [
    "bernoulli",
    "beta",
    "betabinom",
    "binom",
    "cauchy",
    "chi2",
    "dirichlet",
    "expon",
    "gamma",
    "gennorm",
    "geom",
    "gumbel_l",
    "gumbel_r",
    "laplace",
    "logistic",
    "multinomial",
    "multivariate_normal",
    "nbinom",
    "norm",
    "pareto",
    "poisson",
    "t",
    "truncnorm",
    "uniform",
    "vonmises",
    "wrapcauchy",
]


def _modules() -> dict[str, tuple[str, ...]]:
    stats = {f"jax.scipy.stats.{name}": (f"axir.scipy.stats.{name}",) for name in _DISTRIBUTIONS}
    same = {f"jax.{name}": (f"axir.{name}",) for name in _SAME if _exists(f"axir.{name}")}
    return {**_OWN, **same, **stats}


MODULES = _modules()
"""The modules that can be imported."""
