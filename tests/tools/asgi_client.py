"""Requests to an ASGI application in this process, many at once, without a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any, NamedTuple

from starlette.applications import Starlette


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body, parse_constant=lambda name: 1 / 0)

    @property
    def error(self) -> str:
        """The message of an error; there is nothing else in the answer."""
        assert self.status >= 400 and list(self.json) == ["error"], self
        return self.json["error"]


class Client:
    """Starts an application, and sends it requests; ``with`` ends it."""

    def __init__(self, app: Starlette) -> None:
        self.app = app
        self.runner = asyncio.Runner()
        self._lifespan = app.router.lifespan_context(app)

    def __enter__(self) -> Client:
        self.runner.run(self._lifespan.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.run(self._lifespan.__aexit__(None, None, None))
        self.runner.close()

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """``POST``: bytes as they are, other values as JSON."""
        return self.runner.run(self.sent(path, body, **headers))

    def get(self, path: str, method: str = "GET") -> Answer:
        return self.runner.run(self.request(method, path, [b""], {}))

    async def sent(self, path: str, body: Any = None, **headers: str) -> Answer:
        """As ``post``, for several at once."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("content_type", "application/json")
        return await self.request("POST", path, [body], headers)

    async def request(
        self,
        method: str,
        path: str,
        parts: Iterable[bytes] | AsyncIterator[bytes],
        headers: dict[str, str],
    ) -> Answer:
        """A request whose body comes in parts."""
        start: dict[str, Any] = {}
        found: list[bytes] = []
        messages = _messages(parts)

        async def receive() -> dict[str, Any]:
            return await anext(messages)

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                found.append(message.get("body", b""))

        named = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": named,
            "client": ("client", 1),
            "server": ("server", 80),
        }
        await self.app(scope, receive, send)
        return Answer(start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, b"".join(found))


async def _messages(parts: Iterable[bytes] | AsyncIterator[bytes]) -> AsyncIterator[dict[str, Any]]:
    if isinstance(parts, AsyncIterator):
        async for part in parts:
            yield {"type": "http.request", "body": part, "more_body": True}
    else:
        for part in parts:
            yield {"type": "http.request", "body": part, "more_body": True}
    yield {"type": "http.request", "body": b"", "more_body": False}
    while True:
        await asyncio.sleep(3600)
