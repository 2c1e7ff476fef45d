"""AES-256-GCM for what lies on the edge's disk. The key comes from a file, never from a flag: flags are seen by every process."""

from __future__ import annotations

import secrets
import stat
from pathlib import Path
from typing import Protocol

from protos.errors import ConfigurationError

KEY_BYTES = 32
NONCE_BYTES = 12


class Seal(Protocol):
    def close(self, body: bytes, place: bytes) -> bytes:
        """Sealed; opens only at the same place, so that records cannot be swapped."""
        ...

    def open(self, sealed: bytes, place: bytes) -> bytes | None:
        """None: another key, another place, or changed."""
        ...


class NoSeal:
    """Bodies as they are."""

    def close(self, body: bytes, place: bytes) -> bytes:  # noqa: ARG002 - the protocol's
        return body

    def open(self, sealed: bytes, place: bytes) -> bytes | None:  # noqa: ARG002 - the protocol's
        return sealed


class AesGcm:
    """A random nonce for each record: safe for 2^32 records of one key, which are 27 years of speech without a pause."""

    def __init__(self, key: bytes) -> None:
        """Raises: ConfigurationError: not 32 bytes, or the package `cryptography` is not installed."""
        if len(key) != KEY_BYTES:
            raise ConfigurationError(f"the spool key has {len(key)} bytes, must have {KEY_BYTES}")
        try:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - an optional extra
        except ImportError as error:
            raise ConfigurationError("an encrypted spool needs the package `cryptography`") from error
        self._cipher = AESGCM(key)

    def close(self, body: bytes, place: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, body, place)

    def open(self, sealed: bytes, place: bytes) -> bytes | None:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - an optional extra

        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
        except (InvalidTag, ValueError):
            return None


def read_key(path: Path) -> bytes:
    """32 raw bytes. Raises: ConfigurationError: it cannot be read, has another length, or others than its owner may read it."""
    try:
        mode, key = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigurationError(f"{path} has mode {stat.S_IMODE(mode):o}, must be 600: nobody else may read a key")
    if len(key) != KEY_BYTES:
        raise ConfigurationError(f"{path} has {len(key)} bytes, must have {KEY_BYTES}; make one with `head -c 32 /dev/urandom`")
    return key
