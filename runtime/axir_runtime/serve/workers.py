"""The threads that calls run on, and the requests that wait for them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import numpy as np

from axir_runtime.serve.batching import Plan
from axir_runtime.serve.errors import RequestError

Array = np.ndarray[Any, Any]
Call = Callable[[Sequence[Array]], Sequence[Array]]


class Workers:
    """Threads, and a count of what waits for them.

    Args:
        threads: calls at once.
        max_queue: requests that may wait for a thread.
    """

    def __init__(self, threads: int, max_queue: int) -> None:
        self._pool = ThreadPoolExecutor(threads, "axir-serve")
        self.free = asyncio.Semaphore(threads)
        self._threads = threads
        self._max_queue = max_queue
        self.waiting = 0
        self.running = 0
        """Calls that are on a thread, those included for which nobody waits any more."""
        self._lock = threading.Lock()

    def enqueue(self) -> None:
        """Count a request that waits.

        Raises: RequestError if too many do.
        """
        idle = self._threads - self.running  # for those that came first and have not started yet
        if self.waiting >= self._max_queue + idle:
            raise RequestError(503, f"{self.waiting} requests wait already; try again later", Retry_After="1")
        self.waiting += 1

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function on a thread; to be called with ``free`` held. It runs to its end, whoever still waits."""
        with self._lock:
            self.running += 1
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._counted, function, *args)

    def _counted(self, function: Callable[..., Any], *args: Any) -> Any:
        try:
            return function(*args)
        finally:
            with self._lock:
                self.running -= 1

    def close(self) -> None:
        """Take no more work."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class _Request:
    """One request in a group."""

    def __init__(self, arrays: Sequence[Array], rows: int) -> None:
        self.arrays = arrays
        self.rows = rows
        self.answer: asyncio.Future[list[Array]] = asyncio.get_running_loop().create_future()


class _Group:
    """Requests that will run together."""

    def __init__(self) -> None:
        self.requests: list[_Request] = []
        self.full = asyncio.Event()

    @property
    def rows(self) -> int:
        return sum(r.rows for r in self.requests)


class Batcher:
    """Runs the requests of one function, together where that is allowed.

    A group of requests is open until it is full or a thread takes it, which is at the earliest after ``wait`` seconds:
    while all threads are busy, requests collect by themselves.

    Args:
        call: the function, from arrays to arrays.
        plan: how to join requests; None to run each by itself.
        limit: the most rows of a group.
        observe: told requests, rows and seconds of each run.
    """

    def __init__(
        self,
        workers: Workers,
        call: Call,
        plan: Plan | None,
        *,
        limit: int,
        wait: float,
        observe: Callable[[int, int, float], None],
    ) -> None:
        self._workers = workers
        self._call = call
        self.plan = plan if limit > 1 else None
        self._limit = min(limit, plan.bounds.max) if plan else 1
        self._wait = wait
        self._observe = observe
        self._open: dict[Hashable, _Group] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def key(self, arrays: Sequence[Array]) -> Hashable:
        """Equal for requests that may run together."""
        return None if self.plan is None else self.plan.key(arrays)

    async def __call__(self, arrays: Sequence[Array], key: Hashable) -> list[Array]:
        """The results of a request.

        Raises: RequestError if too many requests wait; what the function raises.
        """
        self._workers.enqueue()
        request = _Request(arrays, self.plan.rows(arrays) if self.plan else 1)
        group = self._open.get(key) if self.plan else None
        if group is None or group.rows + request.rows > self._limit:
            if group is not None:
                group.full.set()
            group = self._open[key] = self._start(key)
        group.requests.append(request)
        if group.rows >= self._limit:
            group.full.set()
        return await request.answer

    def _start(self, key: Hashable) -> _Group:
        group = _Group()
        task = asyncio.get_running_loop().create_task(self._run(key, group))
        self._tasks.add(task)  # the loop itself keeps no reference
        task.add_done_callback(self._tasks.discard)
        return group

    async def _run(self, key: Hashable, group: _Group) -> None:
        if self.plan and self._wait:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._wait):
                    await group.full.wait()
        async with self._workers.free:
            if self._open.get(key) is group:
                del self._open[key]
            self._workers.waiting -= len(group.requests)
            # Those whose time is over have been answered.
            requests = [r for r in group.requests if not r.answer.done()]
            if requests:
                await self._answer(requests)

    async def _answer(self, requests: list[_Request]) -> None:
        start = time.perf_counter()
        try:
            answers = await self._workers.run(self._together, requests)
        except Exception as error:
            if len(requests) == 1:
                _fail(requests[0], error)
                return
            # Whichever of them is at fault, the others are not.
            for request in requests:
                await self._answer([request])
            return
        self._observe(len(requests), sum(r.rows for r in requests), time.perf_counter() - start)
        for request, answer in zip(requests, answers, strict=True):
            if not request.answer.done():
                request.answer.set_result(answer)

    def _together(self, requests: list[_Request]) -> list[list[Array]]:
        if self.plan is None or len(requests) == 1:
            return [list(self._call(r.arrays)) for r in requests]
        results = self._call(self.plan.joined([r.arrays for r in requests]))
        return self.plan.divided(results, [r.rows for r in requests])


def _fail(request: _Request, error: Exception) -> None:
    if not request.answer.done():
        request.answer.set_exception(error)
