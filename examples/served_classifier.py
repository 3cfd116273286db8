"""Train a classifier, export it, and serve it over HTTP from a process that has no compiler.

    $ python examples/served_classifier.py

The server is what ``axir serve spirals.axir`` or ``python -m axir_runtime.serve spirals.axir`` starts.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as onp
from ahead_of_time import logits, spirals, train

import axir
import axir.numpy as np

SERVER = """
import sys

class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("axir", "axir_compiler") or name.startswith("iree.compiler"):
            raise ModuleNotFoundError(f"{name} is not installed here", name=name)

sys.meta_path.insert(0, NotInstalled())

from axir_runtime.serve.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def export(params: Any, path: Path) -> None:
    """The trained classifier as a file, for any number of points, for this CPU and for Vulkan."""

    def classify(x: Any) -> dict[str, Any]:
        """Probabilities of both spirals, and the likelier one, for each point."""
        probabilities = axir.nn.softmax(logits(params, x))
        return {"probabilities": probabilities, "label": np.argmax(probabilities, axis=1)}

    exported = axir.aot.export(
        classify,
        "f32[points,2]",
        dims=[axir.aot.Dim("points", max=1024)],
        targets=("cpu", "vulkan"),
        name="spirals",
    )
    exported.save(path)
    print(f"{path.name}: {path.stat().st_size} bytes for {', '.join(exported.targets)}")


@contextmanager
def served(path: Path) -> Iterator[str]:
    """A server process; its address."""
    words = [sys.executable, "-c", SERVER, str(path), "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        try:
            print(line.partition(" at ")[0])
            yield line.partition(" at ")[2]
        finally:
            process.terminate()
    print(f"the server ended with exit code {process.returncode}")


def post(url: str, body: bytes, **headers: str) -> bytes:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with urllib.request.urlopen(urllib.request.Request(url, body, named), timeout=60) as answer:
        return answer.read()


def label(url: str, point: list[float]) -> int:
    """Ask for one point, in JSON."""
    answer = json.loads(post(url, json.dumps({"inputs": {"x": [point]}}).encode()))
    return answer["result"]["label"]["data"][0]


def main() -> None:
    params = train()
    points, labels = spirals(256)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spirals.axir"
        export(params, path)
        with served(path) as address:
            url = f"{address}/v1/classify"
            with ThreadPoolExecutor(32) as clients:
                found = list(clients.map(lambda point: label(url, point), points.tolist()))
            print(f"accuracy of 256 requests: {onp.mean(found == labels):.3f}")

            file = io.BytesIO()
            onp.save(file, points)
            kinds = {"Content_Type": "application/x-npy", "Accept": "application/x-npz"}
            together = onp.load(io.BytesIO(post(url, file.getvalue(), **kinds)))
            labels_found = together["result['label']"]
            print(f"accuracy of one request: {onp.mean(labels_found == labels):.3f}")

            with urllib.request.urlopen(f"{address}/metrics", timeout=60) as answer:
                lines = answer.read().decode().splitlines()
            runs = next(x for x in lines if x.startswith("axir_batch_requests_count"))
            print(f"257 requests in {runs.rpartition(' ')[2]} runs")


if __name__ == "__main__":
    main()
