"""Artifacts: what is whole loads and computes, what is not is refused with one error, and nothing kills the process."""

from __future__ import annotations

import gc
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from artifacts import F8, X, artifact, attack, check_numbers, manifest, sealed, variant

import axir_runtime
from axir_runtime import (
    ArgumentDTypeError,
    ArgumentShapeError,
    ArgumentStructureError,
    CpuFeatureError,
    DamagedError,
    PlatformError,
    RuntimeFailure,
    VersionError,
    load,
    loads,
)


@pytest.fixture(scope="module")
def data(module: bytes) -> bytes:
    return artifact(module)


@pytest.fixture
def path(data: bytes, tmp_path: Path) -> Path:
    file = tmp_path / "example.axir"
    file.write_bytes(data)
    return file


def test_functions_run(path: Path) -> None:
    loaded = load(path)
    check_numbers(loaded)
    assert loaded.name == "example" and loaded.target == "cpu:host"
    assert set(loaded.constant()) == {"a", "b"}


def test_arguments_can_be_checked_without_a_call(data: bytes) -> None:
    loaded = loads(data)
    (x,) = loaded.identity.bind(x0=X.astype(">f4"))
    assert x.dtype == np.float32 and x.dtype.isnative and x.tolist() == X.tolist()
    with pytest.raises(ArgumentShapeError, match=r"x0 must be float32\[8\]; got float32\[3\]"):
        loaded.identity.bind(X[:3])


def test_results_do_not_change_with_arguments(data: bytes) -> None:
    x = X.copy()
    same = loads(data).identity(x)
    x[:] = -1
    np.testing.assert_array_equal(same, X)


def test_results_outlive_the_artifact(path: Path) -> None:
    """Constants may lie in the file itself."""
    constants, same = load(path).constant(), load(path).identity(X)
    path.unlink()
    gc.collect()
    np.testing.assert_array_equal(constants["a"], [1, 2, 3])
    np.testing.assert_array_equal(same, X)


def test_many_loads_and_threads(data: bytes) -> None:
    from concurrent.futures import ThreadPoolExecutor

    loaded = loads(data)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda i: loaded.add(X + i, X), range(200)):
            assert found[1] - found[0] == 2
        list(pool.map(lambda _: check_numbers(loads(data)), range(20)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks exist on POSIX systems")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_loads_again(data: bytes) -> None:
    loaded = loads(data)
    check_numbers(loaded)
    child = os.fork()
    if child == 0:
        try:
            check_numbers(loaded)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# Files that are not what was written. ---------------------------------------------------------------


def test_every_truncation_is_refused(data: bytes) -> None:
    for length in (*range(300), *range(300, len(data), 997), *range(len(data) - 300, len(data))):
        with pytest.raises(DamagedError):
            loads(data[:length])


def test_every_flipped_bit_of_the_seal_is_refused(data: bytes) -> None:
    for at in range(len(data) - 130, len(data)):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises((DamagedError, VersionError)):
            loads(bytes(changed))


@pytest.mark.parametrize("content", [b"", b"no artifact", b"PK\x03\x04" + bytes(500)])
def test_files_that_are_no_artifacts(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other.axir"
    path.write_bytes(content)
    with pytest.raises(DamagedError, match=re.escape(str(path)) + ": not an axir artifact"):
        load(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.axir")


def test_damage_is_told_from_another_version(data: bytes) -> None:
    changed = bytearray(data)
    changed[100] ^= 1
    with pytest.raises(DamagedError, match="its bytes differ from those that were written"):
        loads(bytes(changed))
    newer = re.sub(rb"axir-artifact 1 ", b"axir-artifact 2 ", data)
    with pytest.raises(VersionError, match="format version 2; this axir-runtime reads version 1"):
        loads(newer)


def _sealed(data: bytes, **changes: Any) -> bytes:
    form = axir_runtime.Archive(memoryview(data), "x").manifest
    return sealed(data, {**form, **changes})


def test_another_version_of_iree(data: bytes) -> None:
    with pytest.raises(VersionError, match=r"made with IREE 2\.9\.0; installed here is"):
        loads(_sealed(data, versions={"iree": "2.9.0"}))
    with pytest.raises(VersionError, match="made with IREE unknown"):
        loads(_sealed(data, versions={}))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": 3}, "manifest is not as its format says"),
        ({"functions": None}, "manifest is not as its format says"),
        ({"functions": [{"name": "add"}]}, "manifest is not as its format says"),
        ({"members": {}}, "lists no member 'modules/m.vmfb'"),
        ({"members": {"modules/m.vmfb": {"offset": 0, "size": 64, "blake2b": "0"}}}, "lists no member"),
        ({"targets": [variant("a", module="modules/x.vmfb")]}, "lists no member 'modules/x.vmfb'"),
        ({"parameters": {"scope": "x"}}, "manifest is not as its format says"),
    ],
)
def test_manifests_that_are_none(changes: dict[str, Any], message: str, data: bytes) -> None:
    with pytest.raises(DamagedError, match=message):
        loads(_sealed(data, **changes))


def _changed_function(data: bytes, **changes: Any) -> bytes:
    (add, *_) = manifest()["functions"]
    return _sealed(data, functions=[{**add, **changes}])


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"name": "subtract"}, RuntimeFailure, "no function 'subtract'"),
        ({"parameters": []}, DamagedError, "does not fit its module: add: the module has 2 arguments, not 0"),
        (
            {"results": {"tree": "*", "arrays": [{**F8, "shape": [9]}]}},
            DamagedError,
            "does not fit its module",
        ),
        ({"results": {"tree": "*", "arrays": [{**F8, "dtype": "int32"}]}}, DamagedError, "does not fit its"),
        ({"results": {"tree": {"tuple": ["*", "*"]}, "arrays": [F8]}}, DamagedError, "1 arrays for 2 leaves"),
        (
            {"results": {"tree": {"set": ["*"]}, "arrays": [F8]}},
            DamagedError,
            "a structure that there is not",
        ),
        ({"results": {"tree": "*", "arrays": [{**F8, "shape": [-1]}]}}, DamagedError, "an array of shape"),
    ],
)
def test_manifests_that_do_not_fit(
    changes: dict[str, Any], kind: type[Exception], message: str, data: bytes
) -> None:
    with pytest.raises(kind, match=message):
        loads(_changed_function(data, **changes))


# The machine. ---------------------------------------------------------------------------------------


def test_the_best_module_for_this_cpu_is_chosen(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    variants = [
        variant("old"),
        variant("newer", ("a", "b")),
        variant("new", ("a",)),
        variant("arm", arch="z80"),
    ]
    changed = _sealed(data, targets=variants)
    for features, expected in (("", "old"), ("a", "new"), ("ab", "newer"), ("abc", "newer")):
        monkeypatch.setattr(axir_runtime.manifest, "cpu_features", lambda f=features: frozenset(f))
        assert loads(changed).target == expected
    assert loads(changed, target="old").target == "old"
    with pytest.raises(PlatformError, match="no module for 'newest'; there are old, newer, new, arm"):
        loads(changed, target="newest")
    with pytest.raises(PlatformError, match="no module that runs here"):
        loads(changed, target="arm")


def test_other_machines_are_refused(data: bytes) -> None:
    with pytest.raises(CpuFeatureError, match="needs CPU features that this machine lacks: quantum"):
        loads(_sealed(data, targets=[variant("a", ("quantum",)), variant("b", ("quantum", "x", "y"))]))
    with pytest.raises(
        PlatformError, match=r"no module that runs here, on the CPU of a.*no metal device here"
    ):
        loads(_sealed(data, targets=[variant("gpu", platform="metal")]))
    with pytest.raises(PlatformError, match="no platform 'abacus'"):
        loads(_sealed(data, targets=[variant("gpu", platform="abacus")]))
    with pytest.raises(PlatformError, match="there are none"):
        loads(_sealed(data, targets=[]))


# Arguments. -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "kwargs", "kind", "message"),
    [
        ((X,), {}, ArgumentStructureError, r"add: takes 2 arguments \(x0, x1\); got 1"),
        ((X, X, X), {}, ArgumentStructureError, "takes 2 arguments"),
        ((X,), {"y": X}, ArgumentStructureError, "takes no argument 'y'; those with names are x0, x1"),
        ((X, X), {"x0": X}, ArgumentStructureError, "'x0' twice"),
        ((), {"x0": X}, ArgumentStructureError, "'x1' is missing"),
        ((X, X, X), {"x0": X}, ArgumentStructureError, "twice|takes 2"),
        ((X, [X]), {}, ArgumentStructureError, "add: x1 must be an array; got a list"),
        ((X, None), {}, ArgumentStructureError, "add: x1 must be an array; got None"),
        ((X, X.astype("f8")), {}, ArgumentDTypeError, r"x1 must be float32\[8\]; got float64\[8\]. Convert"),
        ((X, X.astype("i4")), {}, ArgumentDTypeError, "got int32"),
        ((X, X.astype(object)), {}, ArgumentDTypeError, "got object"),
        ((X, X.view("u4")), {}, ArgumentDTypeError, "got uint32"),
        ((X, np.ma.masked_array(X)), {}, ArgumentDTypeError, "masked array"),
        ((X, "text"), {}, ArgumentDTypeError, "got a str"),
        ((X, 1.0), {}, ArgumentShapeError, r"got float32\[\]"),
        ((X, True), {}, ArgumentDTypeError, "got the bool True"),
        ((X, X[:7]), {}, ArgumentShapeError, r"add: x1 must be float32\[8\]; got float32\[7\]"),
        ((X, X.reshape(8, 1)), {}, ArgumentShapeError, r"got float32\[8, 1\]"),
        ((X, X[:0]), {}, ArgumentShapeError, r"got float32\[0\]"),
    ],
)
def test_arguments_that_do_not_fit(
    args: tuple[Any, ...], kwargs: dict[str, Any], kind: type[Exception], message: str, data: bytes
) -> None:
    with pytest.raises(kind, match=message):
        loads(data).add(*args, **kwargs)


class Wrapped:
    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return X


def test_any_layout_of_memory_will_do(data: bytes) -> None:
    add, step = loads(data).add, np.arange(24, dtype=np.float32)
    read_only = X.copy()
    read_only.flags.writeable = False
    odd = np.frombuffer(b"_" + X.tobytes(), np.uint8)[1:].view(np.float32)
    given = [
        step[::3],
        X[::-1],
        X.astype(">f4"),
        np.broadcast_to(np.float32(3), 8),
        read_only,
        odd,
        Wrapped(),
    ]
    for x in given:
        np.testing.assert_array_equal(add(x, X), np.asarray(x, np.float32) + X)
    np.testing.assert_array_equal(add(x1=given[0], x0=given[1]), given[0] + given[1])


# Mutations. -----------------------------------------------------------------------------------------


def test_mutations_never_kill_the_process(path: Path) -> None:
    """More of them by ``make fuzz-artifacts``."""
    count = os.environ.get("AXIR_FUZZ_MUTATIONS", "900")
    script = Path(__file__).with_name("artifacts.py")
    done = subprocess.run(
        [sys.executable, str(script), str(path), count, "1"], capture_output=True, text=True, timeout=1800
    )
    assert done.returncode == 0, done.stderr[-3000:]
    ends = json.loads(done.stdout.replace("'", '"'))
    assert sum(ends.values()) == int(count)
    assert ends["DamagedError"] > int(count) // 2 and ends["works"] > 0, ends
    print(ends)


def test_the_fuzzer_notices_what_gets_through(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("artifacts.loads", lambda changed: None)
    with pytest.raises(AssertionError, match="damaged bytes were loaded"):
        attack(data, 1, 0)
