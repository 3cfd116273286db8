"""The cache on disk and the one in memory."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from runtime_program import run_python

import axir_runtime.cache as cache_module
from axir_runtime import DiskCache, LruCache
from axir_runtime.cache import default_directory


@pytest.fixture
def cache(tmp_path: Path) -> DiskCache:
    return DiskCache(tmp_path / "cache")


def only_file(cache: DiskCache) -> Path:
    (entry,) = cache.entries()
    return entry.path


def age(path: Path, seconds: float) -> None:
    """Make a file look unused for so long."""
    then = time.time() - seconds
    os.utime(path, (then, then))


@pytest.mark.parametrize("blob", [b"", b"x", bytes(range(256)) * 200])
def test_stored_blobs_come_back(cache: DiskCache, blob: bytes) -> None:
    assert cache.get("key") is None
    assert cache.put("key", blob, {"target": "cpu", "features": ["avx2"]})
    assert cache.get("key") == blob
    assert cache.load("key") == (blob, {"target": "cpu", "features": ["avx2"]})
    assert cache.get("other") is None


def test_keys_are_any_text(cache: DiskCache) -> None:
    keys = ["", "a/b", "../up", "é" * 300, "\0"]
    for key in keys:
        assert cache.put(key, key.encode())
    assert [cache.get(key) for key in keys] == [key.encode() for key in keys]
    assert len(cache.entries()) == len(keys)


def test_a_later_blob_replaces_an_earlier_one(cache: DiskCache) -> None:
    cache.put("key", b"one")
    cache.put("key", b"two")
    assert cache.get("key") == b"two"
    assert len(cache.entries()) == 1


def test_every_damaged_byte_is_noticed(cache: DiskCache) -> None:
    cache.put("key", b"module", {"a": 1})
    path = only_file(cache)
    whole = path.read_bytes()
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1
        path.write_bytes(damaged)
        assert cache.get("key") is None, position
        assert not path.exists()


@pytest.mark.parametrize("size", [0, 1, 10, 40, 60])
def test_truncated_entries_are_removed(cache: DiskCache, size: int) -> None:
    cache.put("key", b"module" * 10)
    path = only_file(cache)
    path.write_bytes(path.read_bytes()[:size])
    assert cache.get("key") is None
    assert not path.exists()
    assert cache.put("key", b"again")
    assert cache.get("key") == b"again"


def test_an_entry_under_the_name_of_another_key_is_a_miss(cache: DiskCache) -> None:
    cache.put("one", b"1")
    content, path = only_file(cache).read_bytes(), only_file(cache)
    cache.put("two", b"2")
    other = next(entry.path for entry in cache.entries() if entry.path != path)
    other.write_bytes(content)
    assert cache.get("two") is None
    assert cache.get("one") == b"1"


def test_least_recently_used_entries_make_room(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, max_bytes=3500)
    for index in range(3):
        cache.put(str(index), bytes(1000))
        age(next(entry.path for entry in cache.entries() if entry.used > time.time() - 50), 1000 - index)
    assert cache.get("0") is not None  # thereby used
    cache.put("3", bytes(1000))
    assert [cache.get(key) is not None for key in "0123"] == [True, False, True, True]
    assert sum(entry.size for entry in cache.entries()) <= 3500


def test_blobs_beyond_the_limit_are_not_stored(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, max_bytes=1000)
    cache.put("small", bytes(500))
    assert not cache.put("large", bytes(1000))
    assert cache.get("small") == bytes(500)


def test_prune_removes_abandoned_temporary_files(cache: DiskCache) -> None:
    cache.put("key", b"kept")
    assert cache.directory is not None
    old, new = cache.directory / "a.tmp", cache.directory / "b.tmp"
    for path in (old, new):
        path.write_bytes(b"half")
    age(old, 7200)
    cache.prune()
    assert (old.exists(), new.exists(), cache.get("key")) == (False, True, b"kept")


def test_clear_and_remove(cache: DiskCache) -> None:
    for key in "abc":
        cache.put(key, key.encode())
    cache.remove("a")
    assert [cache.get(key) for key in "abc"] == [None, b"b", b"c"]
    cache.clear()
    assert cache.entries() == []
    cache.remove("a")  # nothing there: nothing happens


@pytest.mark.parametrize("obstacle", ["file", "parent is a file", "full"])
def test_an_unusable_directory_is_reported_once(
    obstacle: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocker = tmp_path / "file"
    blocker.write_bytes(b"")
    directories = {"file": blocker, "parent is a file": blocker / "sub", "full": tmp_path / "full"}
    directory = directories[obstacle]
    if obstacle == "full":

        def no_space(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(cache_module.os, "replace", no_space)
    cache = DiskCache(directory)
    with caplog.at_level(logging.WARNING, logger="axir_runtime.cache"):
        assert not cache.put("a", b"1")
        assert not cache.put("b", b"2")
        assert cache.get("a") is None
        assert cache.entries() == []
        cache.clear()
        cache.prune()
    assert len(caplog.records) == 1
    assert "AXIR_CACHE_DIR" in caplog.text
    if obstacle == "full":
        assert list(directory.iterdir()) == []  # no temporary files stay


def test_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AXIR_CACHE_MAX_BYTES", raising=False)
    monkeypatch.setenv("AXIR_CACHE_DIR", str(tmp_path))
    assert DiskCache.from_environment().directory == tmp_path
    monkeypatch.setenv("AXIR_CACHE_MAX_BYTES", "12345")
    assert DiskCache.from_environment().max_bytes == 12345
    for off in ("", "off", " off "):
        monkeypatch.setenv("AXIR_CACHE_DIR", off)
        cache = DiskCache.from_environment()
        assert cache.directory is None
        assert not cache.put("key", b"blob")
        assert cache.get("key") is None
        assert cache.entries() == []
    for bad in ("-1", "0", "1 GiB"):
        monkeypatch.setenv("AXIR_CACHE_MAX_BYTES", bad)
        with pytest.raises(ValueError, match="AXIR_CACHE_MAX_BYTES"):
            DiskCache.from_environment()


@pytest.mark.skipif(sys.platform != "linux", reason="where caches go differs by platform")
def test_default_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AXIR_CACHE_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert DiskCache.from_environment().directory == tmp_path / "xdg" / "axir"
    for ignored in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", ignored)
        assert default_directory() == tmp_path / ".cache" / "axir"


def test_processes_share_a_directory(tmp_path: Path) -> None:
    """Four processes write, read and evict the same keys; a read gives a whole blob or nothing."""
    code = """
    import random, sys
    from axir_runtime import DiskCache
    cache, rng = DiskCache(sys.argv[1], max_bytes=60_000), random.Random(int(sys.argv[2]))
    hits = 0
    for step in range(300):
        number = rng.randrange(20)
        blob = cache.get(f"key {number}")
        assert blob is None or blob == bytes([number]) * 5000
        hits += blob is not None
        if blob is None or rng.random() < 0.3:
            assert cache.put(f"key {number}", bytes([number]) * 5000)
    assert hits
    """
    import textwrap

    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)]
    running = [
        subprocess.Popen([*command, str(seed)], stderr=subprocess.PIPE, text=True) for seed in range(4)
    ]
    for process in running:
        said = process.communicate(timeout=60)[1]
        assert (process.returncode, said) == (0, "")
    cache = DiskCache(tmp_path, max_bytes=60_000)
    assert 0 < sum(entry.size for entry in cache.entries()) <= 60_000
    assert not list(tmp_path.glob("*.tmp"))


def test_a_warning_filter_cannot_make_it_raise(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_bytes(b"")
    code = """
    import sys, warnings, logging
    logging.disable()
    warnings.simplefilter("error")
    from axir_runtime import DiskCache
    print(DiskCache(sys.argv[1]).put("a", b"1"))
    """
    assert run_python(code, blocker).stdout == "False\n"


def test_limits_must_be_positive(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="max_bytes"):
        DiskCache(tmp_path, 0)
    with pytest.raises(ValueError, match="max_items"):
        LruCache(0)


def test_lru_cache() -> None:
    cache: LruCache[str, int] = LruCache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1  # thereby used
    cache.put("c", 3)
    assert (cache.get("a"), cache.get("b"), cache.get("c"), len(cache)) == (1, None, 3, 2)
    cache.put("a", 4)
    assert (cache.get("a"), len(cache)) == (4, 2)
    assert "a" in cache
    cache.clear()
    assert (len(cache), cache.get("a")) == (0, None)


def test_a_value_that_uses_the_cache_as_it_dies() -> None:
    cache: LruCache[int, object] = LruCache(1)
    seen: list[object] = []

    class Value:
        def __del__(self) -> None:
            seen.append(cache.get(0))

    cache.put(0, Value())
    cache.put(1, "next")
    assert seen == [None]
    cache.put(2, Value())
    cache.clear()
    assert seen == [None, None]
