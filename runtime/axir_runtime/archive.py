"""The file format of artifacts: a zip archive that carries a seal over all of its bytes.

An artifact is an ordinary zip archive of stored (not compressed) members, so that any tool can list and unpack it.
Each member starts at a multiple of its alignment, so that modules and parameters can be used where they are mapped.
``manifest.json`` is the last member and says where the others are. The comment of the archive is the *seal*::

    axir-artifact <format version> <offset of the manifest> <its size> <BLAKE2b-256 of all bytes before the comment>

with numbers of 16 and the hash of 64 hexadecimal digits. A reader checks the seal and needs nothing else of zip. The
hash tells damage; it proves nothing about who wrote the file, which holds machine code like any library.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from axir_runtime.errors import DamagedError, VersionError

if TYPE_CHECKING:
    import zipfile

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
_COMMENT = "axir-artifact {version} {offset:016x} {size:016x} {digest}"
_SEAL = re.compile(rb"axir-artifact ([1-9][0-9]*) ([0-9a-f]{16}) ([0-9a-f]{16}) ([0-9a-f]{64})\Z")
_LONGEST_SEAL = 160
_END = b"PK\x05\x06"  # signature of the zip record that the comment belongs to
_END_SIZE = 22
_ALIGNMENT = 64  # bytes; IREE uses modules and parameters in place from there
_LOCAL_HEADER_SIZE = 30  # without name and extra field
# An extra field of a zip member whose contents say nothing; its number is the one that Android's zipalign uses.
_PADDING_ID = 0xD935
_DATE = (1980, 1, 1, 0, 0, 0)  # equal contents make equal files


class Member(NamedTuple):
    """One file of an archive; its contents start at a multiple of ``alignment`` bytes."""

    name: str
    data: bytes
    alignment: int = _ALIGNMENT


def digest(data: Any) -> str:
    """BLAKE2b-256 (RFC 7693) of bytes, in hexadecimal."""
    return hashlib.blake2b(data, digest_size=32).hexdigest()


def write_archive(members: Iterable[Member], manifest: Mapping[str, Any]) -> bytes:
    """An artifact with these members and a manifest, which gets their offsets, sizes and hashes as ``members``."""
    import zipfile  # which takes long to import, and loading does without it

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        listed = {m.name: _append(archive, stream, m) for m in members}
        text = json.dumps({**manifest, "members": listed}, indent=1).encode()
        at = _append(archive, stream, Member(MANIFEST, text, 1))
        fields = {"version": FORMAT_VERSION, "offset": at["offset"], "size": at["size"]}
        archive.comment = _COMMENT.format(**fields, digest="0" * 64).encode()
        length = len(archive.comment)
    body = stream.getvalue()[:-length]
    return body + _COMMENT.format(**fields, digest=digest(body)).encode()


def _append(archive: zipfile.ZipFile, stream: io.BytesIO, member: Member) -> dict[str, Any]:
    """Append a member; gives its entry in the manifest."""
    from zipfile import ZipInfo

    info = ZipInfo(member.name, _DATE)
    info.external_attr = 0o644 << 16
    start = stream.tell() + _LOCAL_HEADER_SIZE + len(member.name.encode())
    missing = -(start + 4) % member.alignment
    if member.alignment > 1:
        info.extra = _PADDING_ID.to_bytes(2, "little") + missing.to_bytes(2, "little") + bytes(missing)
    archive.writestr(info, member.data)
    return {
        "offset": stream.tell() - len(member.data),
        "size": len(member.data),
        "blake2b": digest(member.data),
    }


class Archive:
    """An artifact that is whole: every byte was compared with the seal before anything else is read.

    Args:
        data: all bytes of the file; the members are slices of this memory.
        name: what to call the file in messages.

    Raises: DamagedError if it is no artifact, or not what was written; VersionError for another format version.
    """

    def __init__(self, data: memoryview, name: str) -> None:
        self.name = name
        self._data = data
        start, size = _checked_seal(data, name)
        self.manifest = _parsed(data[start : start + size], name)

    def member(self, name: str) -> memoryview:
        """The bytes of a member, at a multiple of 64 bytes.

        Raises: DamagedError if the manifest lists no such member, or another one lies where it should be.
        """
        try:
            entry = self.manifest["members"][name]
            offset, size, expected = entry["offset"], entry["size"], entry["blake2b"]
            if type(offset) is int and type(size) is int and 0 <= offset <= offset + size <= len(self._data):
                found = self._data[offset : offset + size]
                if offset % _ALIGNMENT == 0 and digest(found) == expected:
                    return found
        except (KeyError, TypeError):
            pass
        raise DamagedError(f"{self.name}: the manifest lists no member {name!r} as it is in the file")


def _checked_seal(data: memoryview, name: str) -> tuple[int, int]:
    """Offset and size of the manifest, after comparing the hash."""
    tail = bytes(data[-_LONGEST_SEAL:])
    found = _SEAL.search(tail)
    if found is None:
        raise DamagedError(
            f"{name}: not an axir artifact, or not all of one: the seal at its end is missing. "
            "Copy the file again, or export it again."
        )
    version = int(found[1])
    if version != FORMAT_VERSION:
        raise VersionError(
            f"{name}: the artifact has format version {version}; this axir-runtime reads version {FORMAT_VERSION}. "
            "Export it again, or install the axir-runtime that fits."
        )
    length = len(tail) - found.start()
    body = data[: len(data) - length]
    if digest(body) != found[4].decode() or not _ends_archive(bytes(body[-_END_SIZE:]), length):
        raise DamagedError(
            f"{name}: the artifact is damaged: its bytes differ from those that were written. "
            "Copy the file again, or export it again."
        )
    start, size = int(found[2], 16), int(found[3], 16)
    if start + size > len(body):
        raise DamagedError(f"{name}: the manifest lies outside the file")
    return start, size


def _ends_archive(record: bytes, length: int) -> bool:
    return record[:4] == _END and int.from_bytes(record[-2:], "little") == length


def _parsed(text: memoryview, name: str) -> dict[str, Any]:
    try:
        found = json.loads(bytes(text))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise DamagedError(f"{name}: the manifest is not a JSON object")
    return found
