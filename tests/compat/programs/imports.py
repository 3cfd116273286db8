"""Every way in which programs import JAX, and what they must find; run with two arguments."""

import sys

import jax
import jax.numpy
import jax.numpy as jnp
import jax.scipy.stats.norm as norm
import numpy as np
from helper_module import DOUBLED
from jax import Array, custom_vjp, lax, nn, random, tree_util
from jax import numpy as also_numpy
from jax.flatten_util import ravel_pytree
from jax.nn.initializers import glorot_normal
from jax.scipy.special import logsumexp
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P
from jax.tree_util import tree_map
from jax.typing import ArrayLike

assert __name__ == "__main__"
assert sys.argv[1:] == ["first", "second"] and sys.argv[0].endswith("imports.py")
assert DOUBLED == 2  # from the folder of the script
assert "axir" in repr(jax) and also_numpy is jnp is jax.numpy
assert jnp.newaxis is None
assert isinstance(jnp.ones(2), Array) and isinstance(jnp.ones(2), jax.Array) and isinstance(1.0, ArrayLike)
assert jax.__version__ == jax.version.__version__ == "0.10.2" and jax.__version_info__ >= (0, 7)

assert jax.tree.map(lambda x: x + 1, {"a": 1}) == tree_map(lambda x: x + 1, {"a": 1}) == {"a": 2}
assert tree_util.tree_leaves((1, [2])) == [1, 2]
assert jax.dtypes.canonicalize_dtype("float64") == np.float32
assert jax.random.key_data is random.key_data
assert glorot_normal()(random.key(0), (2, 3)).shape == (2, 3)
np.testing.assert_allclose(logsumexp(jnp.zeros(2)), np.log(2), rtol=1e-6)
np.testing.assert_allclose(norm.logpdf(1.0, 2.0, 3.0), -0.5 * (np.log(2 * np.pi * 9) + 1 / 9), rtol=1e-6)
vector, back = ravel_pytree({"a": jnp.ones(2), "b": 3.0})
assert back(vector)["b"] == 3 and lax.add(1, 2) == 3 and nn.relu(-1) == 0


@custom_vjp
def clipped(x):
    return x


clipped.defvjp(lambda x: (x, None), lambda _, ct: (jnp.clip(ct, -1, 1),))
assert jax.jit(jax.grad(lambda x: 5 * clipped(x)))(1.0) == 1


def traced(x):
    assert isinstance(x, jax.core.Tracer)
    aval = jax.typeof(x)
    assert (aval.shape, aval.dtype, aval.sharding.mesh.empty) == ((2,), np.float32, True)
    return jnp.zeros_like(aval) + x


assert jax.jit(traced)(jnp.ones(2)).tolist() == [1, 1]
assert jax.eval_shape(jnp.sin, jax.ShapeDtypeStruct((3,), jnp.float32)).shape == (3,)
try:
    jax.jit(lambda x: 1 if x > 0 else 2)(1.0)
except jax.errors.TracerBoolConversionError:
    pass
else:
    raise AssertionError("a traced condition must be refused")

mesh = Mesh(np.array(jax.devices()[:1]), ("data",))
with mesh:
    placed = jax.device_put(jnp.ones(4), NamedSharding(mesh, P("data")))
assert placed.shape == (4,)

jax.config.update("jax_platform_name", "cpu")
jax.config.update("jax_default_matmul_precision", "highest")
jax.config.update("jax_enable_x64", True)
assert jax.config.jax_enable_x64 and jax.config.values["jax_enable_x64"]
assert jnp.ones(1).dtype == np.float64
with jax.enable_x64(False), jax.disable_jit(), jax.default_matmul_precision("float32"), jax.named_scope("x"):
    assert jax.jit(lambda x: x if x > 0 else -x)(jnp.float32(-2)).dtype == np.float32
print("all found")
