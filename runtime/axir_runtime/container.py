"""The envelope of everything we store: a payload, what is known about it, and a hash over both.

Layout, little endian::

    4 bytes   magic "AXIR"
    2 bytes   version of this layout
    2 bytes   reserved, zero
    4 bytes   length of the metadata
    8 bytes   length of the payload
    20 bytes  BLAKE2b (RFC 7693) of all other bytes of the blob
    metadata  UTF-8 JSON object
    payload

IREE checks no sums in its module files: flipped bits load and compute wrong numbers.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from typing import Any

from axir_runtime.cpu import check_cpu, cpu_features
from axir_runtime.errors import DamagedError

_MAGIC = b"AXIR"
_VERSION = 1
_HEAD = struct.Struct("<4sHHIQ")
_DIGEST_SIZE = 20
PREFIX_SIZE = _HEAD.size + _DIGEST_SIZE


def pack(payload: bytes, meta: Mapping[str, Any]) -> bytes:
    """One self-checking blob out of a payload and JSON-compatible metadata."""
    text = json.dumps(dict(meta), sort_keys=True, separators=(",", ":")).encode()
    head = _HEAD.pack(_MAGIC, _VERSION, 0, len(text), len(payload))
    return b"".join((head, _digest(head, text, payload), text, payload))


def unpack(blob: bytes) -> tuple[bytes, dict[str, Any]]:
    """The payload and metadata of a blob.

    Raises: DamagedError if a single bit differs from what ``pack`` returned.
    """
    meta_size, payload_size = _sizes(blob)
    meta_end = PREFIX_SIZE + meta_size
    if len(blob) != meta_end + payload_size:
        raise DamagedError(
            f"stored blob has {len(blob)} bytes where its header says {meta_end + payload_size}"
        )
    text, payload = blob[PREFIX_SIZE:meta_end], blob[meta_end:]
    if _digest(blob[: _HEAD.size], text, payload) != blob[_HEAD.size : PREFIX_SIZE]:
        raise DamagedError("stored blob does not match its own hash")
    return payload, json.loads(text)


def pack_module(module: bytes, meta: Mapping[str, Any]) -> bytes:
    """``pack`` for a compiled CPU module: records the features it needs.

    ``meta["cpu_features"]`` are LLVM names; this machine's own unless given (empty: runs on any CPU of
    the architecture).
    """
    return pack(module, {"cpu_features": sorted(cpu_features()), **meta})


def unpack_module(blob: bytes) -> tuple[bytes, dict[str, Any]]:
    """``unpack`` for a compiled CPU module.

    Raises: DamagedError for a damaged blob or one without a record of features; CpuFeatureError if this
        CPU cannot run it.
    """
    module, meta = unpack(blob)
    features = meta.get("cpu_features")
    if not isinstance(features, list):
        raise DamagedError("stored blob does not say which CPU features its module needs")
    check_cpu(features)
    return module, meta


def _sizes(blob: bytes) -> tuple[int, int]:
    """Length of metadata and payload after checking magic and version."""
    if len(blob) < PREFIX_SIZE or blob[:4] != _MAGIC:
        raise DamagedError("not a blob written by axir")
    _, version, _, meta_size, payload_size = _HEAD.unpack_from(blob)
    if version != _VERSION:
        raise DamagedError(f"stored blob has layout version {version}; this axir reads version {_VERSION}")
    return meta_size, payload_size


def _digest(*parts: bytes) -> bytes:
    hasher = hashlib.blake2b(digest_size=_DIGEST_SIZE)
    for part in parts:
        hasher.update(part)
    return hasher.digest()
