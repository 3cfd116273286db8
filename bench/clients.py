"""Clients of an HTTP server: each sends a request, waits for the answer, and sends the next. For ``bench.serve``.

$ python -m bench.clients PORT PATH CONTENT_TYPE CLIENTS SECONDS < body
"""

from __future__ import annotations

import asyncio
import json
import sys
import time


async def client(port: int, message: bytes, until: float) -> list[float]:
    """Seconds that each request took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = []
    while (start := time.perf_counter()) < until:
        writer.write(message)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"the server answered {head!r}")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        found.append(time.perf_counter() - start)
    writer.close()
    return found


async def clients(port: int, path: str, kind: str, count: int, seconds: float, body: bytes) -> list[float]:
    """Seconds of all requests of several clients."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nAccept: {kind}\r\n"
    message = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    until = time.perf_counter() + seconds
    each = await asyncio.gather(*(client(port, message, until) for _ in range(count)))
    return [time_ for one in each for time_ in one]


def main(words: list[str]) -> None:
    """Print the seconds of all requests as JSON."""
    port, path, kind, count, seconds = words
    body = sys.stdin.buffer.read()
    print(json.dumps(asyncio.run(clients(int(port), path, kind, int(count), float(seconds), body))))


if __name__ == "__main__":
    main(sys.argv[1:])
