"""A served classifier under load: requests in a second and their latency, with requests joined and not.

Server and clients are processes of their own on the same machine. A request has one image of 784 float32.
"""

from __future__ import annotations

import io
import itertools
import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as onp

import axir
import axir.numpy as np

CLIENTS = (1, 8, 64)
SECONDS = 2.0
ROUNDS = 3
MODELS = {"784-128-10": (784, 128, 10), "784-2048-2048-10": (784, 2048, 2048, 10)}
NPY, JSON = "application/x-npy", "application/json"


def classifier(sizes: tuple[int, ...]) -> Callable[[Any], Any]:
    """A classifier with random weights."""
    rng = onp.random.default_rng(0)
    weights = [np.asarray(rng.normal(size=s).astype("f4") / s[0] ** 0.5) for s in itertools.pairwise(sizes)]

    def classify(x: Any) -> Any:
        for w in weights[:-1]:
            x = axir.nn.relu(x @ w)
        return axir.nn.softmax(x @ weights[-1])

    return classify


@contextmanager
def served(path: Path, *options: str) -> Iterator[int]:
    """A server process; its port."""
    words = [sys.executable, "-m", "axir_runtime.serve", str(path), "--port", "0", *options]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r":(\d+)$", process.stdout.readline().strip())
        assert found is not None
        try:
            yield int(found[1])
        finally:
            process.terminate()


def load(port: int, kind: str, clients: int) -> list[float]:
    """Seconds that each request took."""
    image = onp.random.default_rng(1).uniform(0, 1, (1, 784)).astype("f4")
    file = io.BytesIO()
    onp.save(file, image)
    body = file.getvalue() if kind == NPY else json.dumps({"inputs": [image.tolist()]}).encode()
    words = [
        sys.executable,
        "-m",
        "bench.clients",
        str(port),
        "/v1/classify",
        kind,
        str(clients),
        str(SECONDS),
    ]
    done = subprocess.run(words, input=body, capture_output=True, check=True)
    return json.loads(done.stdout)


def row(name: str, kind: str, clients: int, ports: dict[str, int]) -> str:
    """A line of the table; the servers take turns."""
    rounds = [{label: load(port, kind, clients) for label, port in ports.items()} for _ in range(ROUNDS)]
    cells = [name, kind.rpartition("/")[2].removeprefix("x-"), str(clients)]
    for label in ports:
        found = [one[label] for one in rounds]
        requests = statistics.median(len(one) for one in found) / SECONDS
        middle, late = (statistics.median(float(onp.percentile(one, q)) for one in found) for q in (50, 99))
        cells += [f"{requests:,.0f}", f"{middle * 1e3:.1f}", f"{late * 1e3:.1f}"]
    return f"| {' | '.join(cells)} |"


def run() -> None:
    """Print the table."""
    print(
        "\nA served classifier: requests in a second, median and 99th percentile of the latency (milliseconds)\n"
    )
    columns = [f"{x}, {label}" for label in ("joined", "one by one") for x in ("requests/s", "p50", "p99")]
    print(f"| classifier | body | clients | {' | '.join(columns)} |")
    print("|---|---|---:" + "|---:" * len(columns) + "|")
    with tempfile.TemporaryDirectory() as folder:
        for name, sizes in MODELS.items():
            exported = axir.aot.export(classifier(sizes), "f32[batch,784]", name="classifier")
            path = exported.save(Path(folder) / f"{name}.axir")
            with served(path) as joined, served(path, "--max-batch", "1") as single:
                for kind in (NPY, JSON) if name == next(iter(MODELS)) else (NPY,):
                    for clients in CLIENTS:
                        print(row(name, kind, clients, {"joined": joined, "one by one": single}), flush=True)
