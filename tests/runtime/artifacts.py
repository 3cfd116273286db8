"""Artifacts made by hand around the compiled program of these tests, whole and broken."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import numpy as np

import axir_runtime
from axir_runtime import (
    FORMAT_VERSION,
    Archive,
    Member,
    Module,
    loads,
    machine,
    runtime_version,
    write_archive,
)
from axir_runtime.trees import flatten

F8 = {"shape": [8], "dtype": "float32"}
X = np.arange(8, dtype=np.float32)


def function(name: str, inputs: int, tree: Any = "*", results: tuple[Any, ...] = (F8,)) -> dict[str, Any]:
    parameters = [{"name": f"x{i}", "tree": "*", "arrays": [F8]} for i in range(inputs)]
    return {
        "name": name,
        "documentation": "",
        "parameters": parameters,
        "results": {"tree": tree, "arrays": list(results)},
        "sizes": {},
        "cases": [],
    }


CONSTANTS = ({"shape": [3], "dtype": "float32"}, {"shape": [2], "dtype": "int8"})


def manifest() -> dict[str, Any]:
    return {
        "name": "example",
        "versions": {"axir": "0.1.0", "iree": runtime_version()},
        "functions": [
            function("add", 2),
            function("identity", 1),
            function("constant", 0, {"dict": [["a", "*"], ["b", "*"]]}, CONSTANTS),
        ],
        "targets": [variant("cpu:host")],
        "parameters": None,
    }


def variant(name: str, features: tuple[str, ...] = (), **changes: Any) -> dict[str, Any]:
    form = {"name": name, "platform": "cpu", "arch": machine(), "cpu_features": list(features)}
    return {**form, "device": None, "module": "modules/m.vmfb", "parallel": False, **changes}


def artifact(module: bytes, **changes: Any) -> bytes:
    """An artifact on the module of these tests, with parts of the manifest replaced."""
    return write_archive([Member("modules/m.vmfb", module)], {**manifest(), **changes})


EXPECTED = {"add": ((X, X), X + X), "identity": ((X,), X), "constant": ((), np.float32([1, 2, 3]))}


def check_numbers(loaded: Module) -> None:
    """Call every function and compare its first result, in whatever containers that comes."""
    for name, called in loaded.functions.items():
        args, expected = EXPECTED[name]
        found = flatten(called.entry.results, called(*args), name)
        np.testing.assert_array_equal(found[0], expected)


# Mutations. -----------------------------------------------------------------------------------------

REFUSALS = (axir_runtime.DamagedError, axir_runtime.RuntimeFailure, axir_runtime.ArgumentError)
"""What an artifact that is not as it was may raise, and nothing else."""


def changed_bytes(data: bytes, rng: random.Random) -> bytes:
    """The bytes of an artifact, damaged in one of the ways in which files are."""
    mutable, at = bytearray(data), rng.randrange(len(data))
    length = rng.choice((1, 2, 7, 64, 4096))
    kind = rng.randrange(7)
    if kind == 0:
        mutable[at] ^= 1 << rng.randrange(8)
    elif kind == 1:
        del mutable[at:]
    elif kind == 2:
        mutable[at : at + length] = bytes(len(mutable[at : at + length]))
    elif kind == 3:
        del mutable[at : at + length]
    elif kind == 4:
        mutable[at:at] = rng.randbytes(length)
    elif kind == 5:
        mutable += rng.randbytes(length)
    else:
        mutable[at : at + length] = rng.randbytes(len(mutable[at : at + length]))
    return bytes(mutable)


_JUNK = (
    None,
    True,
    -1,
    0,
    1,
    7,
    2**70,
    0.5,
    "",
    "add",
    "../x",
    "é\0",
    [],
    {},
    [[]],
    {"tuple": ["*"]},
    "*",
    "cpu",
)


def changed_manifest(data: bytes, rng: random.Random) -> bytes:
    """An artifact with another manifest and a seal that is right for it."""
    archive = Archive(memoryview(data), "artifact")
    form = copy.deepcopy(archive.manifest)
    for _ in range(rng.choice((1, 1, 2, 4))):
        holder, key = rng.choice(list(_places(form)))
        action = rng.randrange(3)
        if action == 0:
            del holder[key]
        elif action == 1:
            holder[key] = copy.deepcopy(rng.choice(_JUNK))
        else:
            holder[key] = copy.deepcopy(rng.choice([h[k] for h, k in _places(form)]))
        if not form:
            break
    return sealed(data, form)


def sealed(members: bytes, form: Any) -> bytes:
    """An artifact with this manifest behind the members of another one."""
    text = json.dumps(form).encode()
    body = members + text + b"PK\x05\x06" + bytes(16)
    numbers = f"axir-artifact {FORMAT_VERSION} {len(members):016x} {len(text):016x} "
    body += (len(numbers) + 64).to_bytes(2, "little")
    return body + (numbers + axir_runtime.digest(body)).encode()


def _places(form: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value that holds something."""
    items = form.items() if isinstance(form, dict) else enumerate(form)
    for key, value in list(items):
        yield form, key
        if isinstance(value, dict | list):
            yield from _places(value)


def attack(data: bytes, count: int, seed: int) -> dict[str, int]:
    """Load and call mutations of an artifact; counts how each ended. Anything but a refusal comes out."""
    rng = random.Random(seed)
    ends: dict[str, int] = {}
    for number in range(count):
        mutate = changed_manifest if number % 3 == 2 else changed_bytes
        changed = mutate(data, rng)
        try:
            loaded = loads(changed)
            assert changed == data or mutate is changed_manifest, "damaged bytes were loaded"
            check_numbers(loaded)
            end = "works"
        except REFUSALS as error:
            end = type(error).__name__
        ends[end] = ends.get(end, 0) + 1
    return ends


if __name__ == "__main__":
    import faulthandler
    import sys
    from pathlib import Path

    faulthandler.enable()
    print(attack(Path(sys.argv[1]).read_bytes(), int(sys.argv[2]), int(sys.argv[3])))
