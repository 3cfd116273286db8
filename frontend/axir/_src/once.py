"""A cache that makes each value once, also when several threads ask for it at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from axir_runtime import LruCache

__all__ = ["Once"]

V = TypeVar("V")


class Once(Generic[V]):
    """Values by keys, with room for ``size`` of them."""

    def __init__(self, size: int) -> None:
        self._known: LruCache[Hashable, V] = LruCache(size)
        self._locks: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The value of a key; where there is none yet, one thread makes it and the others wait."""
        found = self._known.get(key)
        if found is not None:
            return found
        with self._locks.setdefault(key, threading.Lock()):
            found = self._known.get(key)
            if found is None:
                found = make()
                self._known.put(key, found)
        self._locks.pop(key, None)
        return found

    def __len__(self) -> int:
        return len(self._known)
