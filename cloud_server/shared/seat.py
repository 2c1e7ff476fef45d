"""What a session's token opens in a store that others read too: names nobody can guess, values nobody else can read or make. Pure.

Everything follows from the resume token (192 random bits that only the session's client holds, and whatever server it comes to) and its tenant. The
store sees neither: whoever reads it learns no word, whoever writes to it can make values vanish, no more, and servers share no key that could leak.
"""

from __future__ import annotations

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX = "asr:"
"""Of every name, for the rights of the store's user."""
VERSION = b"\x01"
NONCE_BYTES = 12
NAME_BYTES = 16


class Corrupt(ValueError):
    """Not what this session's servers wrote under this name."""


class Seat:
    def __init__(self, token: str, tenant: str) -> None:
        self._secret, self._tenant = token.encode(), tenant.encode()
        self._cipher = AESGCM(self._hash(b"values"))

    @property
    def session_name(self) -> str:
        return self._name("session", b"")

    def answer_name(self, segment_id: int, crc32c: int) -> str:
        """Of a segment of this session, by its number and the checksum of its audio."""
        return self._name("answer", f"{segment_id}:{crc32c}".encode())

    def seal(self, name: str, content: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return VERSION + nonce + self._cipher.encrypt(nonce, content, VERSION + name.encode())

    def open(self, name: str, value: bytes) -> bytes:
        """Raises: Corrupt: another version, cut short, changed, or written under another name or token."""
        version, nonce, sealed = value[:1], value[1 : 1 + NONCE_BYTES], value[1 + NONCE_BYTES :]
        if version != VERSION or len(nonce) < NONCE_BYTES:
            raise Corrupt(f"version {version!r}, {len(value)} bytes; expected {VERSION!r}")
        try:
            return self._cipher.decrypt(nonce, sealed, VERSION + name.encode())
        except InvalidTag as error:
            raise Corrupt(f"{len(value)} bytes do not fit their seal") from error

    def _name(self, kind: str, what: bytes) -> str:
        # The tenant as a hash: a name may hold any character, and its number of sessions is nobody's business.
        tenant = hashlib.sha256(self._tenant).hexdigest()[:NAME_BYTES]
        return f"{PREFIX}{kind}:{tenant}:{self._hash(b'names', kind.encode(), what)[:NAME_BYTES].hex()}"

    def _hash(self, *parts: bytes) -> bytes:
        """Parts cannot run into each other: each is hashed by itself first."""
        message = b"".join(hashlib.sha256(part).digest() for part in (b"harken", VERSION, self._tenant, *parts))
        return hmac.digest(self._secret, message, "sha256")
