"""What depends on the machine: devices, CPU features, threads; and the envelope that records features."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from axir_runtime import (
    X86_LEVELS,
    CpuFeatureError,
    DamagedError,
    PlatformError,
    RuntimeFailure,
    check_cpu,
    cpu_features,
    devices,
    pack,
    pack_module,
    unpack,
    unpack_module,
)
from axir_runtime.cpu import parse_cpuinfo
from axir_runtime.errors import status_reason
from axir_runtime.threads import cgroup_cpus, physical_cores, worker_count

HASWELL = """\
processor\t: 0
flags\t\t: fpu cx8 cmov mmx fxsr sse sse2 pni pclmulqdq ssse3 fma cx16 sse4_1 sse4_2 movbe popcnt aes xsave \
avx f16c rdrand lahf_lm abm bmi1 avx2 bmi2 erms
processor\t: 1
flags\t\t: fpu cx8 cmov mmx fxsr sse sse2 pni pclmulqdq ssse3 fma cx16 sse4_1 sse4_2 movbe popcnt xsave avx \
f16c rdrand lahf_lm abm bmi1 avx2 bmi2 erms
"""


def test_devices() -> None:
    (cpu,) = devices("cpu")
    assert devices() == [cpu]
    assert (cpu.platform, cpu.id, repr(cpu)) == ("cpu", 0, "CpuDevice(id=0)")
    assert devices("cpu")[0] is cpu
    assert pickle.loads(pickle.dumps(cpu)) is cpu
    assert cpu.queue() is cpu.queue(parallel=False)
    assert cpu.queue() is not cpu.queue(parallel=True)


@pytest.mark.parametrize("name", ["tpu", "CPU", ""])
def test_unknown_platforms(name: str) -> None:
    with pytest.raises(PlatformError, match="Name one of cpu, cuda") as raised:
        devices(name)
    assert isinstance(raised.value, (RuntimeFailure, ValueError))


def test_features_of_an_x86_processor() -> None:
    features = parse_cpuinfo(HASWELL)
    assert X86_LEVELS["x86-64"] | X86_LEVELS["x86-64-v2"] | X86_LEVELS["x86-64-v3"] <= features
    assert not X86_LEVELS["x86-64-v4"] <= features
    assert "aes" not in features  # one of the processors lacks it
    assert features.isdisjoint({"fpu", "erms", "pni", "abm"})  # LLVM's names only


def test_features_of_an_arm_processor() -> None:
    text = "processor\t: 0\nFeatures\t: fp asimd aes atomics asimddp sve bti\n"
    assert parse_cpuinfo(text) == {"fp-armv8", "neon", "aes", "lse", "dotprod", "sve"}


def test_levels_include_the_ones_below() -> None:
    assert X86_LEVELS["x86-64-v2"] < X86_LEVELS["x86-64-v3"] < X86_LEVELS["x86-64-v4"]


def test_this_machine() -> None:
    assert cpu_features()
    check_cpu(cpu_features())
    check_cpu([])


def test_missing_features_are_named() -> None:
    check_cpu(["avx2"], available=["avx2", "fma"])
    with pytest.raises(CpuFeatureError, match=r"lacks: amx-tile, avx10\.9"):
        check_cpu(["avx10.9", "amx-tile", "fma"], available=["fma"])


def test_packed_blobs_come_back() -> None:
    for payload in (b"", b"module", bytes(range(256))):
        assert unpack(pack(payload, {"a": [1, "x"]})) == (payload, {"a": [1, "x"]})


def test_every_changed_byte_is_noticed() -> None:
    blob = pack(b"payload", {"key": "value"})
    for position in range(len(blob)):
        changed = bytearray(blob)
        changed[position] ^= 0x80
        with pytest.raises(DamagedError):
            unpack(bytes(changed))
    for other in (b"", blob[:-1], blob[:20], blob + b"\0", b"ELF" * 100):
        with pytest.raises(DamagedError):
            unpack(other)


def test_modules_carry_the_features_they_need() -> None:
    module, meta = unpack_module(pack_module(b"code", {"target": "host"}))
    assert (module, meta["target"]) == (b"code", "host")
    assert set(meta["cpu_features"]) == cpu_features()
    assert unpack_module(pack_module(b"code", {"cpu_features": []}))[0] == b"code"
    with pytest.raises(CpuFeatureError, match="avx99"):
        unpack_module(pack_module(b"code", {"cpu_features": ["avx99"]}))
    with pytest.raises(DamagedError, match="CPU features"):
        unpack_module(pack(b"code", {}))


def test_worker_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AXIR_NUM_THREADS", raising=False)
    assert 1 <= worker_count() <= 64
    for asked, count in (("3", 3), ("1", 1), ("1000", 64)):
        monkeypatch.setenv("AXIR_NUM_THREADS", asked)
        assert worker_count() == count
    for bad in ("0", "-2", "two", "1.5"):
        monkeypatch.setenv("AXIR_NUM_THREADS", bad)
        with pytest.raises(ValueError, match="AXIR_NUM_THREADS must be"):
            worker_count()


def test_hyperthreads_count_once(tmp_path: Path) -> None:
    for cpu, siblings in enumerate(["0,2", "1,3", "0,2", "1,3"]):
        folder = tmp_path / f"cpu{cpu}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(siblings + "\n")
    assert physical_cores(range(4), tmp_path) == 2
    assert physical_cores([0, 2], tmp_path) == 1
    assert physical_cores(range(4), tmp_path / "nowhere") == 4


@pytest.mark.parametrize(("text", "cpus"), [("200000 100000", 2), ("150000 100000", 2), ("1000 100000", 1)])
def test_container_quota(text: str, cpus: int, tmp_path: Path) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(text + "\n")
    assert cgroup_cpus(file) == cpus
    file.write_text("max 100000\n")
    assert cgroup_cpus(file) == 64
    assert cgroup_cpus(tmp_path / "nothing") == 64


def test_reasons_are_found_in_status_messages() -> None:
    text = "Error invoking function: c/x.c:12: OUT_OF_RANGE; index 7 is too large; while calling; \n[ 0] a"
    assert status_reason(ValueError(text)) == "index 7 is too large"
    assert status_reason(ValueError("c/x.c:1: FAILED_PRECONDITION; ")) == "failed precondition"
    assert status_reason(ValueError("plain words\nmore")) == "plain words"
    assert status_reason(ValueError()) == "ValueError"
