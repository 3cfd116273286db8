"""The ASGI application: an artifact's functions over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from axir_runtime.artifact import Function, Module, load
from axir_runtime.errors import RuntimeFailure
from axir_runtime.serve.batching import Plan, plan_of, rows_are_independent
from axir_runtime.serve.bodies import JSON, Codec, kind_of
from axir_runtime.serve.errors import RequestError
from axir_runtime.serve.metrics import Metrics
from axir_runtime.serve.settings import MIB, Settings
from axir_runtime.serve.workers import Batcher, Workers
from axir_runtime.signature import Spec

Array = np.ndarray[Any, Any]
_log = logging.getLogger("axir_runtime.serve")

_SMALL = 1 << 16
"""Bytes that are decoded at once; larger bodies are left to a thread, so that others need not wait."""
_DRAIN = 1.0
"""Seconds to read on when a request is refused: many clients look for an answer only when they have sent all."""


class Endpoint:
    """One function: its codec, its batcher, and what is told about it."""

    def __init__(self, function: Function, settings: Settings, workers: Workers, metrics: Metrics) -> None:
        self.function = function
        self.codec = Codec(function, int(settings.max_body_mib * MIB))
        self.reason = ""
        self._settings = settings
        self._workers = workers
        self._metrics = metrics
        self.batcher = self._batcher(None)

    async def prepare(self) -> None:
        """Find out whether requests can run together."""
        plan = plan_of(self.function.entry)
        if self._settings.max_batch == 1:
            self.reason = "switched off"
        elif isinstance(plan, str):
            self.reason = plan
        else:
            self.reason = await self._tried(plan)
            if not self.reason:
                self.batcher = self._batcher(plan)

    async def _tried(self, plan: Plan) -> str:
        """Empty if joined requests give the right results, else why they are not joined."""
        trial = asyncio.create_task(self._trial(plan))
        await asyncio.wait({trial}, timeout=self._settings.time_limit)
        return trial.result() if trial.done() else "to try it took too long"

    async def _trial(self, plan: Plan) -> str:
        async with self._workers.free:
            try:
                same = await self._workers.run(rows_are_independent, self._call, self.function.entry, plan)
            except Exception as error:  # whatever the function does with random numbers
                return f"to try it failed: {error}"
        return "" if same else "rows of the results depend on other rows of the arguments"

    def _batcher(self, plan: Plan | None) -> Batcher:
        return Batcher(
            self._workers,
            self._call,
            plan,
            limit=self._settings.max_batch,
            wait=self._settings.max_wait_ms / 1e3,
            observe=self._observe,
        )

    def _call(self, arrays: Sequence[Array]) -> list[Array]:
        return self.codec.results(self.function(*self.codec.arguments(arrays)))

    def _observe(self, requests: int, rows: int, seconds: float) -> None:
        name = self.function.entry.name
        self._metrics.run.observe(name, seconds)
        self._metrics.batch_requests.observe(name, requests)
        if self.batcher.plan:
            self._metrics.batch_rows.observe(name, rows)

    async def answer(self, request: Request) -> Response:
        """Read, run, write.

        Raises: RequestError.
        """
        kind = self.codec.writable(request.headers.get("accept", "*/*"))
        content_type = request.headers.get("content-type", "")
        seconds = self._settings.time_limit
        async with time_limit(seconds, 408, "the request did not arrive"):
            body = await self._body(request, content_type)
        async with time_limit(seconds, 504, f"{self.function.entry.name} was not done"):
            arrays, key = await _perhaps_on_thread(len(body), self._read, body, content_type)
            results = await self.batcher(arrays, key)
            size = sum(x.nbytes for x in results)
            answer = await _perhaps_on_thread(size, self.codec.write, results, kind)
        return Response(answer, media_type=kind)

    def _read(self, body: bytes, content_type: str) -> tuple[list[Array], Any]:
        arrays = self.codec.read(body, content_type)
        return arrays, self.batcher.key(arrays)

    async def _body(self, request: Request, content_type: str) -> bytes:
        if request.headers.get("content-encoding", "identity") != "identity":
            raise RequestError(415, "bodies are taken as they are, without Content-Encoding")
        limit = int(self._settings.max_body_mib * MIB)
        body = await read_body(request, limit)
        limit = min(limit, int(self._settings.max_json_mib * MIB))
        if len(body) > limit and kind_of(body[:8], content_type) == JSON:
            raise RequestError(
                413, f"a body in JSON has at most {limit} bytes; send larger arrays as npy or npz"
            )
        return body

    def description(self) -> dict[str, Any]:
        """The function, for people and programs."""
        entry, plan = self.function.entry, self.batcher.plan
        limit = min(self._settings.max_batch, plan.bounds.max) if plan else 1
        return {
            "url": f"/v1/{entry.name}",
            "signature": self.function.signature,
            "documentation": entry.documentation,
            "inputs": [_described(name, spec) for name, spec in self.codec.inputs],
            "outputs": [_described(name, spec) for name, spec in self.codec.outputs],
            "sizes": {name: {"min": b.min, "max": b.max} for name, b in entry.sizes.items()},
            "batching": {"size": plan.size, "rows": limit} if plan else {"none": self.reason},
        }


def _described(name: str, spec: Spec) -> dict[str, Any]:
    return {
        "name": name,
        "dtype": str(spec.dtype),
        "shape": [n if isinstance(n, int) else str(n) for n in spec.shape],
    }


@contextlib.asynccontextmanager
async def time_limit(seconds: float, status: int, message: str) -> AsyncIterator[None]:
    """A limit for what is awaited inside.

    Raises: RequestError with this status when the time is over.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise RequestError(status, f"{message} within the time limit of {seconds:g} s") from None


async def _perhaps_on_thread(size: int, function: Callable[..., Any], *args: Any) -> Any:
    return function(*args) if size <= _SMALL else await asyncio.to_thread(function, *args)


async def read_body(request: Request, limit: int) -> bytes:
    """The body of a request.

    Raises: RequestError if it is larger than ``limit`` bytes, or the client goes away.
    """
    length = request.headers.get("content-length", "")
    too_large = RequestError(413, f"a body has at most {limit} bytes")
    if length.isdecimal() and (len(length) > 18 or int(length) > limit):
        raise too_large
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise too_large
            parts.append(part)
    except ClientDisconnect:
        raise RequestError(400, "the client has gone") from None
    return b"".join(parts)


class Service:
    """What the routes of one application share."""

    def __init__(self, artifact: str | os.PathLike[str] | Module, settings: Settings) -> None:
        self.settings = settings
        module = artifact if isinstance(artifact, Module) else load(artifact, target=settings.target or None)
        self.module = module
        self.workers = Workers(settings.workers, settings.max_queue)
        self.in_flight = 0
        self.metrics = Metrics(lambda: self.in_flight, lambda: self.workers.waiting)
        self.endpoints = {
            name: Endpoint(function, settings, self.workers, self.metrics)
            for name, function in module.functions.items()
        }

    @contextlib.asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Before the first and after the last request."""
        for endpoint in self.endpoints.values():
            await endpoint.prepare()
        yield
        self.workers.close()

    async def call(self, request: Request) -> Response:
        """``POST /v1/FUNCTION``."""
        start = time.perf_counter()
        name = request.path_params["function"]
        self.in_flight += 1
        try:
            response = await self._answer(name, request)
        except RequestError as error:
            response = _error(error)
            await _drain(request, int(self.settings.max_body_mib * MIB))
        except RuntimeFailure as error:
            _log.error("%s: %s %s", name, error, error.details)
            response = _error(RequestError(500, str(error)))
        except Exception:
            _log.exception("%s failed", name)
            response = _error(RequestError(500, "the server failed; its log says more"))
        finally:
            self.in_flight -= 1
        self._count(name if name in self.endpoints else "", response.status_code, start)
        return response

    def _count(self, name: str, status: int, start: float) -> None:
        self.metrics.requests.add(function=name, status=str(status))
        if status >= 400:
            self.metrics.errors.add(function=name, status=str(status))
        if name:
            self.metrics.latency.observe(name, time.perf_counter() - start)

    async def _answer(self, name: str, request: Request) -> Response:
        endpoint = self.endpoints.get(name)
        if endpoint is None:
            known = ", ".join(self.endpoints) or "none"
            raise RequestError(404, f"there is no function {name[:80]!r}; there are {known}")
        if self.in_flight > self.settings.max_requests:
            raise RequestError(503, "too many requests at once; try again later", Retry_After="1")
        return await endpoint.answer(request)

    async def functions(self, _: Request) -> Response:
        """``GET /``."""
        return JSONResponse(
            {
                "name": self.module.name,
                "target": self.module.target,
                "functions": {name: e.description() for name, e in self.endpoints.items()},
            }
        )

    async def health(self, _: Request) -> Response:
        """``GET /health``."""
        return JSONResponse(
            {"status": "ok", "running": self.workers.running, "waiting": self.workers.waiting}
        )

    async def show_metrics(self, _: Request) -> Response:
        """``GET /metrics``."""
        return PlainTextResponse(self.metrics.text(), media_type="text/plain; version=0.0.4")


async def _drain(request: Request, budget: int) -> None:
    """Read and drop what still comes, if anything does."""
    with contextlib.suppress(TimeoutError, ClientDisconnect, RuntimeError):
        async with asyncio.timeout(_DRAIN):
            async for part in request.stream():
                budget -= len(part)
                if budget < 0:
                    return


def _error(error: RequestError) -> Response:
    return JSONResponse({"error": str(error)}, error.status, error.headers)


async def _http_error(request: Request, error: Exception) -> Response:
    """What the router refuses."""
    assert isinstance(error, HTTPException)
    message = {
        404: f"there is no {request.url.path[:80]!r}; there are /, /v1/FUNCTION, /health and /metrics",
        405: f"{request.method} is not for {request.url.path[:80]!r}",
    }.get(error.status_code, error.detail)
    return JSONResponse({"error": message}, error.status_code, error.headers)


def application(artifact: str | os.PathLike[str] | Module, settings: Settings | None = None) -> Starlette:
    """An ASGI application with the functions of an artifact, for any ASGI server.

    Args:
        artifact: the ``.axir`` file, or what ``axir_runtime.load`` gives.
        settings: limits and batching; the address in it is the server's business.

    Raises: the errors of ``axir_runtime.load``.
    """
    service = Service(artifact, settings or Settings())
    routes: list[tuple[str, Callable[[Request], Awaitable[Response]], str]] = [
        ("/", service.functions, "GET"),
        ("/functions", service.functions, "GET"),
        ("/health", service.health, "GET"),
        ("/metrics", service.show_metrics, "GET"),
        ("/v1/{function}", service.call, "POST"),
    ]
    app = Starlette(
        routes=[Route(path, handler, methods=[method]) for path, handler, method in routes],
        exception_handlers={HTTPException: _http_error},
        lifespan=service.lifespan,
    )
    app.state.service = service
    return app
