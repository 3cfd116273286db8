"""Which compiler this is, for cache keys: another source gives other code for the same program."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

__all__ = ["source_hash"]


@functools.cache
def source_hash() -> str:
    """Hash of all source files of the compiler, in hexadecimal."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
