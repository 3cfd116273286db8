"""Programs written for JAX run on axir, each in a process of its own.

The same programs run on JAX itself where it is installed, and must give the same numbers.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

# On one worker, so that the program that trains runs once.
pytestmark = pytest.mark.xdist_group("programs of jax")

PROGRAMS = Path(__file__).parent / "programs"
PACKAGES = {
    "train.py": ("optax", "absl"),
    "libraries.py": ("einops", "jmp", "jraph"),
    "more_libraries.py": ("chex", "mctx", "jaxopt", "blackjax"),
}


def run(*arguments: str, expect: int = 0) -> str:
    """What a Python process prints."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == expect, done.stderr
    return done.stdout + done.stderr


def test_imports() -> None:
    """Every way of importing, in a script with arguments and a module next to it."""
    printed = run("-m", "axir.compat.jax", str(PROGRAMS / "imports.py"), "first", "second")
    assert printed == "all found\n"


def test_a_module_as_program(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text("import sys, jax\nprint(sys.argv[1:], 'axir' in repr(jax), __name__)")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from axir.compat.jax.__main__ import main; main"
    )
    assert run("-c", code + "(['-m', 'work', 'x'])") == "['x'] True __main__\n"


def test_usage() -> None:
    assert "usage: python -m axir.compat.jax" in run("-m", "axir.compat.jax", expect=1)
    assert "usage: python -m axir.compat.jax" in run("-m", "axir.compat.jax", "--help")


def test_nothing_changes_before_install() -> None:
    code = "import sys, axir.compat.jax as c; print(c.installed(), 'jax' in sys.modules); c.install(); c.install()"
    assert run(
        "-c", code + "; print(c.installed(), len([f for f in sys.meta_path if 'axir.compat' in repr(f)]))"
    ) == ("False False\nTrue 1\n")


def test_refuses_when_jax_is_there() -> None:
    code = (
        "import sys, types, axir.compat.jax as c; sys.modules['jax'] = types.ModuleType('jax'); c.install()"
    )
    assert "must come before the first import of jax; jax has been imported already" in run(
        "-c", code, expect=1
    )


MISSING = {
    "import jax.interpreters.mlir": "ModuleNotFoundError jax.interpreters",
    "from jax import new_ref": "ModuleNotFoundError jax.new_ref",
    "from jax.numpy import nothing": "ModuleNotFoundError jax.numpy.nothing",
    "import jax.numpy as jnp; jnp.nothing": "AttributeError jax.numpy.nothing",
    "import jax; jax.nn.nothing.at_all": "AttributeError jax.nn.nothing",
    "import jax; assert not hasattr(jax, 'ffi'); jax.lib": "AttributeError jax.lib",
}


def test_missing_names_say_where_the_list_is() -> None:
    code = f"""
import axir.compat.jax
axir.compat.jax.install()
for code in {list(MISSING)}:
    try:
        exec(code)
    except (ImportError, AttributeError) as error:
        print(type(error).__name__, error)
"""
    beginning = "axir.compat.jax: axir has nothing under the name"
    ends = [tuple(wanted.split()) for wanted in MISSING.values()]
    wanted = [f"{kind} {beginning} {name}. docs/compat.md lists what of" for kind, name in ends]
    found = run("-c", code).splitlines()
    assert [line[: len(w)] for line, w in zip(found, wanted, strict=True)] == wanted


def test_every_module_of_the_table_has_names() -> None:
    code = """
import importlib
import axir.compat.jax
axir.compat.jax.install()
from axir.compat.jax.table import MODULES
for name in MODULES:
    module = importlib.import_module(name)
    wrong = [n for n in module.__all__ if not hasattr(module, n)]
    assert module.__all__ and not wrong, (name, wrong)
from jax.numpy import *
from jax.lax import *
print(sin(0.0), len(MODULES) > 30)
"""
    assert run("-c", code) == "0.0 True\n"


def test_options_that_axir_cannot_follow() -> None:
    code = """
import axir.compat.jax
axir.compat.jax.install()
import jax
for name, value in [("jax_platforms", "tpu"), ("jax_numpy_rank_promotion", "never"), ("jax_nothing", 1)]:
    try:
        jax.config.update(name, value)
    except (ValueError, AttributeError) as error:
        print(type(error).__name__, name in str(error), repr(value) in str(error))
try:
    jax.sharding.Mesh(jax.devices() * 2, ("x",))
except ValueError as error:
    print(error)
try:
    jax.device_put(1, jax.sharding.NamedSharding(jax.sharding.AbstractMesh(), jax.P("x")))
except ValueError as error:
    print(error)
"""
    assert run("-c", code).splitlines() == [
        "ValueError True True",
        "ValueError True True",
        "AttributeError True False",
        "sharding: arrays lie on one device; got a mesh of sizes (2,) for axes ('x',).",
        "sharding: PartitionSpec('x') names axes that AbstractMesh({}) does not have.",
    ]


def test_pmap_and_shard_map_on_one_device() -> None:
    code = """
import axir.compat.jax
axir.compat.jax.install()
import jax, jax.numpy as jnp
axes = {"in_axes": (0, None, None), "static_broadcasted_argnums": 2}
mean = jax.pmap(lambda x, y, n: jax.lax.pmean(x, "i") * y + n, "i", **axes)
print(mean(jnp.ones((1, 3)), 2.0, 4))
try:
    jax.pmap(lambda x: x)(jnp.ones((2, 3)))
except ValueError as error:
    print(str(error).partition(" At ")[0])
try:
    jax.pmap(lambda x: x, nonsense=1)
except TypeError as error:
    print(error)
mesh = jax.make_mesh((1, 1), ("a", "b"))
@jax.shard_map(mesh=mesh, in_specs=jax.P("a"), out_specs=jax.P())
def total(x):
    return jax.lax.psum(x.sum(), ("a", "b")) + jax.lax.axis_index("b")
print(total(jnp.arange(4.0)), jax.jit(total)(jnp.ones(2)))
"""
    assert run("-c", code).splitlines() == [
        "[[6. 6. 6.]]",
        "pmap: there is one device, so that mapped axes must have the size 1; got 2. Use vmap.",
        "pmap: there is no argument 'nonsense'.",
        "6.0 2.0",
    ]


def _results(folder: Path, program: str, *how: str) -> dict[str, np.ndarray]:
    path = str(folder / "results.npz")
    run(*how, str(PROGRAMS / program), path)
    return dict(np.load(path))


def _computed(folder: Path, program: str) -> dict[str, np.ndarray]:
    """What a program of third-party packages computes on axir."""
    absent = [name for name in PACKAGES[program] if find_spec(name) is None]
    if absent:
        pytest.skip(f"{', '.join(absent)} not installed; make test installs it without JAX")
    return _results(folder, program, "-m", "axir.compat.jax")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """What the program of optax computes."""
    return _computed(tmp_path_factory.mktemp("trained"), "train.py")


def _compare_with_jax(found: dict[str, np.ndarray], folder: Path, program: str) -> None:
    if find_spec("jax") is None:
        pytest.skip("jax is not installed")
    wanted = _results(folder, program)
    assert set(found) == set(wanted)
    for key, value in wanted.items():
        assert found[key].dtype == value.dtype, key
        tolerance = 1e-3 if key.startswith("jmp") else 1e-5  # the former are sums in half precision
        np.testing.assert_allclose(found[key], value, rtol=tolerance, atol=tolerance, err_msg=key)


def test_optax_gives_the_numbers_of_jax(trained: dict[str, np.ndarray], tmp_path: Path) -> None:
    _compare_with_jax(trained, tmp_path, "train.py")


def test_einops_jmp_and_jraph(tmp_path: Path) -> None:
    found = _computed(tmp_path, "libraries.py")
    x = np.arange(24.0).reshape(2, 3, 4)
    patches = x.reshape(2, 1, 3, 2, 2).transpose(0, 1, 3, 2, 4).reshape(2, 2, 6)
    np.testing.assert_array_equal(found["einops_program/rearrange"], patches)
    np.testing.assert_allclose(found["einops_program/reduce"], x.mean(1))
    np.testing.assert_array_equal(found["einops_program/slope"].sum((1, 2)), 2 * x.max((1, 2)))
    # The first step overflows, which halves the scale; each two of the other four double it.
    assert found["jmp_program/scale"] == 2.0**16
    powers = np.exp(np.arange(4.0).reshape(2, 2))
    softmax = powers / powers.sum(1, keepdims=True)
    np.testing.assert_allclose(found["jraph_program/softmax"], softmax.ravel(), rtol=1e-6)
    assert found["jraph_program/mask"].tolist() == [True] * 4 + [False] * 2


def test_einops_jmp_and_jraph_give_the_numbers_of_jax(tmp_path: Path) -> None:
    _compare_with_jax(_computed(tmp_path, "libraries.py"), tmp_path, "libraries.py")


def test_chex_mctx_jaxopt_and_blackjax(tmp_path: Path) -> None:
    found = _computed(tmp_path, "more_libraries.py")
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=s).astype("float32") for s in ((20, 3), (20,)))
    ridge = np.linalg.solve(x.T @ x / 20 + 0.1 * np.eye(3), x.T @ y / 20)
    np.testing.assert_allclose(found["jaxopt_program/minimum"], ridge, atol=1e-4)
    np.testing.assert_allclose(found["jaxopt_program/fitted"], np.linalg.lstsq(x, y)[0], atol=1e-4)
    np.testing.assert_allclose(found["jaxopt_program/root"], 2 ** (1 / 3), atol=1e-5)
    np.testing.assert_allclose(found["chex_program/position"], 1 + 3 * np.arange(6.0).reshape(3, 2))
    np.testing.assert_allclose(found["mctx_program/weights"].sum(-1), 1, rtol=1e-6)
    assert found["chex_program/refused"]
    if find_spec("jax") is not None:
        _compare_with_jax(found, tmp_path, "more_libraries.py")


def _gradients(p: dict, x: np.ndarray, y: np.ndarray) -> tuple[float, dict]:
    """Loss and derivatives of the network of train.py, by hand."""
    before = x @ p["first"] + p["bias"]
    hidden = np.maximum(before, 0)
    error = hidden @ p["last"] - y
    back = 2 * error / error.size
    ct = (back @ p["last"].T) * (before > 0)
    return (error**2).mean(), {"first": x.T @ ct, "last": hidden.T @ back, "bias": ct.sum(0)}


def _adam(decay: float):
    m, v = {}, {}

    def step(t, name, w, g):
        m[name] = 0.9 * m.get(name, 0) + 0.1 * g
        v[name] = 0.999 * v.get(name, 0) + 0.001 * g**2
        update = (m[name] / (1 - 0.9**t)) / (np.sqrt(v[name] / (1 - 0.999**t)) + 1e-8)
        return w - 0.02 * (update + (decay * w if w.ndim > 1 else 0))

    return step


def _momentum(nesterov: bool):
    m = {}

    def step(t, name, w, g):
        m[name] = 0.9 * m.get(name, 0) + g
        return w - 0.05 * (0.9 * m[name] + g if nesterov else m[name])

    return step


def _lion():
    m = {}

    def step(t, name, w, g):
        update = np.sign(0.9 * m.get(name, 0) + 0.1 * g) + 0.05 * w
        m[name] = 0.99 * m.get(name, 0) + 0.01 * g
        return w - 0.01 * update

    return step


def _stepped():
    return lambda t, name, w, g: w - (0.1 if t <= 4 else 0.05 if t <= 8 else 0.005) * g


def _plain():
    return lambda t, name, w, g: w - 0.5 * g


OPTIMIZERS = {
    "adam": lambda: _adam(0.0),
    "adamw": lambda: _adam(0.1),
    "momentum": lambda: _momentum(False),
    "nesterov": lambda: _momentum(True),
    "lion": _lion,
    "steps": _stepped,
    "clipped": _plain,
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_written_out(trained: dict[str, np.ndarray], name: str) -> None:
    """The weights after twelve steps are those of the published update rules, in float64."""
    x, y = trained["x"].astype(float), trained["y"].astype(float)
    params = {k: v.astype(float) for k, v in _initial().items()}
    step = OPTIMIZERS[name]()
    losses = []
    for t in range(1, 13):
        loss, grads = _gradients(params, x, y)
        losses.append(loss)
        norm = np.sqrt(sum((g**2).sum() for g in grads.values()))
        if name == "clipped" and norm > 0.1:
            grads = {k: g / norm * 0.1 for k, g in grads.items()}
        params = {k: step(t, k, w, grads[k]) for k, w in params.items()}
    np.testing.assert_allclose(trained[f"{name}/losses"], losses, rtol=1e-3, atol=1e-5)
    for k, w in params.items():
        np.testing.assert_allclose(trained[f"{name}/{k}"], w, rtol=2e-3, atol=2e-4, err_msg=k)
    assert losses[-1] < losses[0]


def _initial() -> dict:
    from axir import random

    keys = random.split(random.PRNGKey(0))
    return {
        "first": 0.5 * np.asarray(random.normal(keys[0], (3, 8))),
        "last": 0.5 * np.asarray(random.normal(keys[1], (8, 2))),
        "bias": np.zeros(8),
    }
