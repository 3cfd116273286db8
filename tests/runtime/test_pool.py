"""Memory of results that is used again."""

from __future__ import annotations

import numpy as np

from axir_runtime.pool import Pool


def address(array: np.ndarray) -> int:
    return array.ctypes.data


def test_memory_is_used_again_when_its_last_view_is_gone() -> None:
    pool = Pool(limit=1 << 20, least=1 << 10)
    first = pool.empty(4096)
    where, view = address(first), first.view(np.float32).reshape(32, 32)[1:]
    assert (where % 64, first.nbytes, first.flags.writeable) == (0, 4096, True)
    del first
    assert address(pool.empty(4096)) != where
    del view
    assert pool.nbytes > 0
    found = [pool.empty(4096) for _ in range(3)]
    assert where in map(address, found)
    assert len(set(map(address, found))) == 3
    assert pool.nbytes == 0


def test_other_sizes_and_small_blocks_are_not_kept() -> None:
    pool = Pool(limit=1 << 20, least=1 << 10)
    block = pool.empty(2048)
    where = address(block)
    del block
    assert address(pool.empty(4096)) != where
    kept = pool.nbytes
    assert address(pool.empty(100)) % 64 == 0
    assert pool.empty(0).shape == (0,)
    assert pool.nbytes == kept


def test_what_was_not_used_for_the_longest_time_goes_first() -> None:
    pool = Pool(limit=4 * 5000, least=1 << 10)
    for size in (4000, 4200, 4400):
        pool.empty(size)
    pool.empty(4000)
    many = [pool.empty(4600) for _ in range(2)]
    del many
    assert list(pool._kept) == [4400, 4000, 4600]
    assert pool.nbytes == sum(raw.nbytes for blocks in pool._kept.values() for raw in blocks) <= 20000
    pool.empty(30000)
    assert 30000 not in pool._kept


def test_giving_back_never_waits() -> None:
    pool = Pool(limit=1 << 20, least=1 << 10)
    block = pool.empty(4096)
    with pool._lock:  # as when a garbage collection comes in between
        del block
        pool.empty(4096)
    assert pool.nbytes == 0
