"""What goes wrong with a request."""

from __future__ import annotations


class RequestError(Exception):
    """A request that is not answered with results: the HTTP status, and what the client is told."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
