"""One record after another, each with its length and checksum: whatever a crash tore off the end, every whole record comes back. Pure.

length   uint32 LE   of the body
crc32c   uint32 LE   Castagnoli, over length and body: a record cannot be read at a wrong place by chance
body     a Request as the contract encodes it; sealed where there is a key
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import google_crc32c

from protos.errors import InvalidRequest

_LENGTH = struct.Struct("<I")
_HEADER = struct.Struct("<II")
MAX_BODY_BYTES = 64 * 1024
"""Four times the longest message: a torn length is not taken for a huge record."""


def pack(body: bytes) -> bytes:
    """The record around `body`. Raises: InvalidRequest: empty, or longer than MAX_BODY_BYTES."""
    if not 0 < len(body) <= MAX_BODY_BYTES:
        raise InvalidRequest(f"a spool record has {len(body)} bytes, must have 1..{MAX_BODY_BYTES}")
    return _HEADER.pack(len(body), _checksum(body)) + body


def unpack(data: bytes) -> Iterator[bytes]:
    """The bodies of all whole records, up to the first that is torn or damaged: what follows it has no place to be found at."""
    start = 0
    while start + _HEADER.size <= len(data):
        length, checksum = _HEADER.unpack_from(data, start)
        end = start + _HEADER.size + length
        body = data[start + _HEADER.size : end]
        if not 0 < length <= MAX_BODY_BYTES or end > len(data) or _checksum(body) != checksum:
            return
        yield body
        start = end


def _checksum(body: bytes) -> int:
    checksum: int = google_crc32c.extend(google_crc32c.value(_LENGTH.pack(len(body))), body)
    return checksum
