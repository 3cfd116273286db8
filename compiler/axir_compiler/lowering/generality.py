"""Whether programs are lowered for one size, or so that those for other sizes have the same form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["for_any_size", "is_for_any_size"]

_any_size: ContextVar[bool] = ContextVar("axir_any_size", default=False)


@contextmanager
def for_any_size() -> Iterator[None]:
    """Let rules that choose among algorithms by size take the one that suits large sizes."""
    token = _any_size.set(True)
    try:
        yield
    finally:
        _any_size.reset(token)


def is_for_any_size() -> bool:
    """Whether a rule must not choose by size."""
    return _any_size.get()
