"""Exported functions: load and first call in a new process, memory, steady calls, size; against JAX and PyTorch.

The function is a classifier, 784-128-10, with its weights, for 8 images. JAX's artifact is StableHLO, which the loading
process compiles; axir's and that of PyTorch's AOTInductor, which needs a C++ compiler to make it, are machine code.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as onp

import axir
import axir.numpy as np
import axir_runtime
from bench.measure import Row, compare, print_rows

try:
    import jax  # pyright: ignore[reportMissingImports]  (an extra)
    import jax.export  # pyright: ignore[reportMissingImports]
except ImportError:
    jax: Any = None

try:
    import torch  # pyright: ignore[reportMissingImports]  (installed by who wants the comparison)
except ImportError:
    torch: Any = None

SIZES = (784, 128, 10)
ROUNDS = 9

_MEASURE = """
import json, sys, time
def memory(word):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith(word))
path = sys.argv[1]
interpreter = memory("VmRSS")
start = time.perf_counter()
{imports}
imported, at_import = time.perf_counter(), memory("VmRSS")
x = numpy.ones((8, 784), "float32")
begin = time.perf_counter()
{load}
loaded = time.perf_counter()
{call}
called = time.perf_counter()
print(json.dumps({{
    "interpreter, MiB": interpreter, "import, ms": (imported - start) * 1e3, "after import, MiB": at_import,
    "load, ms": (loaded - begin) * 1e3, "first call, ms": (called - loaded) * 1e3,
    "load and first call, ms": (called - begin) * 1e3, "resident at the end, MiB": memory("VmRSS"),
}}))
"""
_OURS = _MEASURE.format(
    imports="import numpy, axir_runtime",
    load="model = axir_runtime.load(path)",
    call="model.classify(x)",
)
_THEIRS = _MEASURE.format(
    imports="import numpy, jax, jax.export",
    load="model = jax.jit(jax.export.deserialize(open(path, 'rb').read()).call)",
    call="jax.block_until_ready(model(x))",
)
_TORCHS = _MEASURE.format(
    imports="import numpy, torch, torch._inductor",
    load="model = torch._inductor.aoti_load_package(path)",
    call="model(torch.from_numpy(x)).numpy()",
)


def classifier(nn: Any, array: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function, made of axir's or JAX's parts."""
    rng = onp.random.default_rng(0)
    w, v = (array(rng.normal(size=s).astype("f4") / s[0] ** 0.5) for s in itertools.pairwise(SIZES))

    def classify(x: Any) -> Any:
        return nn.softmax(nn.relu(x @ w) @ v, -1)

    return classify


def fresh(code: str, path: Path) -> dict[str, float]:
    """What a new process tells."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JAX_")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True, env=environment
    )
    return json.loads(done.stdout)


def print_fresh(paths: dict[str, Path]) -> None:
    """Load and first call in new processes, in turns."""
    codes = {"axir": _OURS, "JAX": _THEIRS, "PyTorch": _TORCHS}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in paths}
    for _ in range(ROUNDS):
        for name, path in paths.items():
            found[name].append(fresh(codes[name], path))
    print("\nAn artifact in a new process\n")
    print("| | " + " | ".join(paths) + " |\n|---" + "|---:" * len(paths) + "|")
    print("| size, kB | " + " | ".join(f"{p.stat().st_size / 1e3:,.0f}" for p in paths.values()) + " |")
    for key in found["axir"][0]:
        middles = [statistics.median(one[key] for one in rounds) for rounds in found.values()]
        print(f"| {key} | " + " | ".join(f"{m:.1f}" for m in middles) + " |")


def steady(name: str, ours: Any, theirs: Any, args: tuple[Any, ...], specs: tuple[str, ...]) -> list[Row]:
    """Calls of a loaded function, and of the same one under jit, where arrays come from NumPy and where they stay."""
    loaded = axir_runtime.loads(axir.aot.export(ours, *specs, name="steady").serialize()).functions
    (called,), jitted = loaded.values(), axir.jit(ours)
    kept = tuple(map(np.asarray, args))
    cases: list[tuple[str, Callable[[], Any], Callable[[], Any] | None]] = [
        ("exported, NumPy to NumPy", lambda: called(*args), None),
        ("jit, NumPy to NumPy", lambda: onp.asarray(jitted(*args)), None),
        ("jit, arrays of the library", lambda: jitted(*kept), None),
    ]
    if jax is not None:
        jax_called, jax_jitted = jax.jit(loaded_by_jax(theirs, args).call), jax.jit(theirs)
        jax_kept = tuple(map(jax.numpy.asarray, args))
        others = (
            lambda: onp.asarray(jax_called(*args)),
            lambda: onp.asarray(jax_jitted(*args)),
            lambda: jax.block_until_ready(jax_jitted(*jax_kept)),
        )
        cases = [(label, one, other) for (label, one, _), other in zip(cases, others, strict=True)]
    return [compare(f"{name}: {label}", one, other, calls=200) for label, one, other in cases]


def export_by_torch(path: Path, images: onp.ndarray) -> None:
    """The classifier as PyTorch's AOTInductor packs it."""
    made = classifier(torch.nn.functional, torch.from_numpy)

    class Model(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return made(x)

    program = torch.export.export(Model(), (torch.from_numpy(images),))
    torch._inductor.aoti_compile_and_package(program, package_path=str(path))


def steady_torch(path: Path, images: onp.ndarray) -> Row:
    """Calls of the classifier, exported by axir and by PyTorch."""
    ours = axir_runtime.load(path.with_name("model.axir")).functions["classify"]
    theirs = torch._inductor.aoti_load_package(str(path))
    return compare(
        "classifier: exported, NumPy to NumPy; PyTorch for JAX",
        lambda: ours(images),
        lambda: theirs(torch.from_numpy(images)).numpy(),
        calls=200,
    )


def loaded_by_jax(function: Any, args: tuple[Any, ...]) -> Any:
    """A function exported by JAX and read again."""
    return jax.export.deserialize(exported_by_jax(function, args))


def exported_by_jax(function: Any, args: tuple[Any, ...]) -> bytearray:
    """JAX's artifact."""
    specs = [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in args]
    return jax.export.export(jax.jit(function))(*specs).serialize()


def run() -> None:
    """Print the tables."""
    ours = classifier(axir.nn, np.asarray)
    theirs = None if jax is None else classifier(jax.nn, jax.numpy.asarray)
    images, numbers = onp.ones((8, 784), "f4"), onp.ones(8, "f4")
    with tempfile.TemporaryDirectory() as folder:
        paths = {"axir": axir.aot.export(ours, "f32[8,784]", name="model").save(Path(folder) / "model.axir")}
        if jax is not None:
            paths["JAX"] = Path(folder) / "model.jax"
            paths["JAX"].write_bytes(exported_by_jax(theirs, (images,)))
        if torch is not None:
            paths["PyTorch"] = Path(folder) / "model.pt2"
            export_by_torch(paths["PyTorch"], images)
        print_fresh(paths)
        rows = [] if torch is None else [steady_torch(paths["PyTorch"], images)]
    rows += steady("classifier", ours, theirs, (images,), ("f32[8,784]",))
    rows += steady(
        "add, 8 f32", lambda a, b: a + b, lambda a, b: a + b, (numbers, numbers), ("f32[8]", "f32[8]")
    )
    print_rows("Steady calls", rows)
