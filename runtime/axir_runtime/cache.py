"""Caches: one on disk that processes share, one in memory for this process. Both are bounded."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sys
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from axir_runtime.container import pack, unpack
from axir_runtime.errors import DamagedError

_log = logging.getLogger("axir_runtime.cache")

DEFAULT_MAX_BYTES = 1 << 30
_SUFFIX = ".axc"
_TEMPORARY = ".tmp"
_STALE_SECONDS = 3600  # a temporary file this old has lost its writer
_TOUCH_SECONDS = 60  # precision of "recently used"; spares a write per read

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Entry(NamedTuple):
    """What ``DiskCache.entries`` tells about one file."""

    path: Path
    size: int  # bytes on disk
    used: float  # seconds since the epoch, to about a minute


class DiskCache:
    """Content-addressed blobs in a directory, least recently used ones dropped first.

    Each entry is one file that appears all at once (written aside, then renamed) and carries its own
    hash, so processes need no lock: a reader sees a whole entry or none. Nothing here raises because
    of the disk: a directory that cannot be written leaves a cache that is always empty, and the log
    (``axir_runtime.cache``) says so once.

    Args:
        directory: where entries live; None for a cache that stores nothing.
        max_bytes: total size of all entries that ``put`` maintains.
    """

    def __init__(self, directory: str | os.PathLike[str] | None, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        if max_bytes <= 0:
            raise ValueError(f"DiskCache: max_bytes must be positive; got {max_bytes}")
        self.directory = None if directory is None else Path(directory).expanduser()
        self.max_bytes = max_bytes
        self._warned = False

    @staticmethod
    def from_environment() -> DiskCache:
        """The user's cache: ``AXIR_CACHE_DIR`` (``off`` or empty: none) and ``AXIR_CACHE_MAX_BYTES``."""
        limit = os.environ.get("AXIR_CACHE_MAX_BYTES", "").strip() or str(DEFAULT_MAX_BYTES)
        if not limit.isdecimal() or int(limit) == 0:
            raise ValueError(f"AXIR_CACHE_MAX_BYTES must be a positive number of bytes; got {limit!r}")
        directory = os.environ.get("AXIR_CACHE_DIR")
        if directory is None:
            return DiskCache(default_directory(), int(limit))
        return DiskCache(None if directory.strip() in ("", "off") else directory, int(limit))

    def __repr__(self) -> str:
        return f"DiskCache({str(self.directory) if self.directory else None!r}, max_bytes={self.max_bytes})"

    def get(self, key: str) -> bytes | None:
        """The blob stored under ``key``, or None."""
        found = self.load(key)
        return None if found is None else found[0]

    def load(self, key: str) -> tuple[bytes, dict[str, Any]] | None:
        """The blob and the metadata stored under ``key``, or None; damaged entries are removed."""
        if self.directory is None:
            return None
        path = self._path(key)
        try:
            with open(path, "rb") as file:
                blob = file.read()
                used = os.fstat(file.fileno()).st_mtime
        except OSError:
            return None
        try:
            payload, meta = unpack(blob)
        except DamagedError:
            _remove(path)
            return None
        if meta.pop("key", None) != key:  # two keys with one file name: the newer entry wins
            return None
        if time.time() - used > _TOUCH_SECONDS:
            _touch(path)
        return payload, meta

    def put(self, key: str, blob: bytes, meta: Mapping[str, Any] | None = None) -> bool:
        """Store ``blob`` with JSON-compatible ``meta``; whether it could be stored."""
        if self.directory is None:
            return False
        packed = pack(blob, {**(meta or {}), "key": key})
        if len(packed) > self.max_bytes:
            return False
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_atomically(self._path(key), packed)
        except OSError as error:
            self._warn(error)
            return False
        self.prune()
        return True

    def remove(self, key: str) -> None:
        """Forget one entry, for instance because the module in it does not load."""
        if self.directory is not None:
            _remove(self._path(key))

    def entries(self) -> list[Entry]:
        """All entries, least recently used first."""
        return sorted(self._files(_SUFFIX), key=lambda entry: entry.used)

    def prune(self) -> int:
        """Drop the least recently used entries beyond ``max_bytes``; the number of bytes freed."""
        oldest = time.time() - _STALE_SECONDS
        for stray in self._files(_TEMPORARY):
            if stray.used < oldest:
                _remove(stray.path)
        entries = self.entries()
        excess = sum(entry.size for entry in entries) - self.max_bytes
        freed = 0
        for entry in entries:
            if freed >= excess:
                break
            _remove(entry.path)
            freed += entry.size
        return freed

    def clear(self) -> None:
        """Drop every entry."""
        for entry in self.entries():
            _remove(entry.path)

    def _path(self, key: str) -> Path:
        assert self.directory is not None
        # Hashed, because keys are any text and file names are not.
        return self.directory / (hashlib.blake2b(key.encode(), digest_size=20).hexdigest() + _SUFFIX)

    def _files(self, suffix: str) -> list[Entry]:
        found: list[Entry] = []
        if self.directory is None:
            return found
        try:
            with os.scandir(self.directory) as listing:
                for item in listing:
                    if item.name.endswith(suffix):
                        found.extend(_entry(item))
        except OSError:  # no directory yet, or one that we may not read: nothing in it
            pass
        return found

    def _warn(self, error: OSError) -> None:
        if not self._warned:
            self._warned = True
            _log.warning(
                "compiled programs are not kept on disk: %s cannot be written (%s). "
                "Set AXIR_CACHE_DIR to a directory that can, or to 'off'.",
                self.directory,
                error.strerror or error,
            )


def default_directory() -> Path:
    """The platform's place for caches of this user (XDG base directory specification on Linux)."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
        base = base if os.path.isabs(base) else "~/.cache"  # the specification ignores relative paths
    return Path(base).expanduser() / "axir"


def _entry(item: os.DirEntry[str]) -> list[Entry]:
    """The entry for a file, or nothing if another process has just removed it."""
    try:
        status = item.stat()
    except OSError:
        return []
    return [Entry(Path(item.path), status.st_size, status.st_mtime)]


def _write_atomically(path: Path, content: bytes) -> None:
    """Readers see the old file or the new one, never a part. A crash of the machine may leave a short
    file, which its hash gives away."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=_TEMPORARY)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        _remove(Path(temporary))
        raise


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):  # already gone, or not ours to remove
        path.unlink()


def _touch(path: Path) -> None:
    with contextlib.suppress(OSError):
        os.utime(path)


class LruCache(Generic[K, V]):
    """A dictionary with room for ``max_items``; the one unused for longest makes room. Thread-safe."""

    def __init__(self, max_items: int) -> None:
        if max_items <= 0:
            raise ValueError(f"LruCache: max_items must be positive; got {max_items}")
        self.max_items = max_items
        self._items: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """The value under ``key``, which thereby counts as used; None if there is none."""
        with self._lock:
            value = self._items.get(key)
            if value is not None:
                self._items.move_to_end(key)
            return value

    def put(self, key: K, value: V) -> None:
        """Store a value, dropping the least recently used one if there is no room."""
        dropped = None
        with self._lock:
            self._items[key] = value
            self._items.move_to_end(key)
            if len(self._items) > self.max_items:
                dropped = self._items.popitem(last=False)
        del dropped  # outside the lock: its destructor may come back here

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            items, self._items = self._items, OrderedDict()
        items.clear()

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: object) -> bool:
        return key in self._items
