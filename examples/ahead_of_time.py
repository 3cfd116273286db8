"""Train a small classifier, export it with its weights, and run it where there is no axir.

    $ python examples/ahead_of_time.py

The first half needs axir. The second runs in another process that imports ``axir_runtime`` and NumPy only.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as onp

import axir
import axir.numpy as np


def spirals(count: int) -> tuple[onp.ndarray, onp.ndarray]:
    """Points ``f32[count, 2]`` on two spirals, and which of them each is on."""
    rng = onp.random.default_rng(0)
    labels = rng.integers(0, 2, count)
    angle = rng.uniform(0.5, 3, count) * onp.pi
    points = angle[:, None] * onp.stack(
        [onp.cos(angle + onp.pi * labels), onp.sin(angle + onp.pi * labels)], 1
    )
    return (points / 10 + rng.normal(0, 0.02, (count, 2))).astype("f4"), labels.astype("i4")


def initial(key: Any, sizes: tuple[int, ...] = (2, 32, 32, 2)) -> list[dict[str, Any]]:
    keys = axir.random.split(key, len(sizes) - 1)
    return [
        {"w": axir.random.normal(k, (m, n)) * np.sqrt(2 / m), "b": np.zeros(n)}
        for k, m, n in zip(keys, sizes, sizes[1:], strict=False)
    ]


def logits(params: list[dict[str, Any]], x: Any) -> Any:
    for layer in params[:-1]:
        x = axir.nn.relu(x @ layer["w"] + layer["b"])
    return x @ params[-1]["w"] + params[-1]["b"]


def loss(params: list[dict[str, Any]], x: Any, labels: Any) -> Any:
    return -np.mean(np.sum(axir.nn.log_softmax(logits(params, x)) * axir.nn.one_hot(labels, 2), axis=1))


@axir.jit
def step(params: Any, velocity: Any, x: Any, labels: Any) -> tuple[Any, Any, Any]:
    value, gradient = axir.value_and_grad(loss)(params, x, labels)
    velocity = axir.tree.map(lambda v, g: 0.9 * v - 0.1 * g, velocity, gradient)
    return axir.tree.map(lambda p, v: p + v, params, velocity), velocity, value


def train(steps: int = 400) -> Any:
    x, labels = spirals(512)
    params = initial(axir.random.key(1))
    velocity = axir.tree.map(np.zeros_like, params)
    for number in range(steps):
        params, velocity, value = step(params, velocity, x, labels)
        if number % 100 == 0:
            print(f"step {number}: loss {float(value):.3f}")
    return params


ELSEWHERE = """
import sys
import numpy as np
import axir_runtime

model = axir_runtime.load(sys.argv[1])
assert not any(name == "axir" or name.startswith(("axir.", "axir_compiler", "iree.compiler")) for name in sys.modules)
print(model)
points, labels = np.load(sys.argv[2]), np.load(sys.argv[3])
probabilities, chosen = model.classify(points)
print(f"accuracy without axir: {np.mean(chosen == labels):.3f}")
"""


def main() -> None:
    params = train()

    def classify(x: Any) -> tuple[Any, Any]:
        """Probabilities of both spirals, and the likelier one, for each point."""
        probabilities = axir.nn.softmax(logits(params, x))
        return probabilities, np.argmax(probabilities, axis=1)

    exported = axir.aot.export(classify, "f32[64,2]", name="spirals", targets=("cpu:x86-64", "cpu", "vulkan"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        points, labels = spirals(64)
        onp.save(folder / "points.npy", points)
        onp.save(folder / "labels.npy", labels)
        path = exported.save(folder / "spirals.axir")
        print(f"{path.name}: {path.stat().st_size} bytes for {', '.join(exported.targets)}")
        files = [str(path), str(folder / "points.npy"), str(folder / "labels.npy")]
        done = subprocess.run(
            [sys.executable, "-c", ELSEWHERE, *files], capture_output=True, text=True, check=True
        )
        print(done.stdout, end="")


if __name__ == "__main__":
    main()
