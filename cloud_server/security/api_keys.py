"""Static API keys, for machines that cannot fetch tokens: 256 random bits, kept as SHA-256, compared in constant time.

A plain hash is enough, and a slow one (bcrypt, Argon2) would be wrong: slow hashes protect what people choose and others can guess. Nobody guesses
256 random bits, and a hash that takes 100 ms on every call is a way to stop the server.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from cloud_server.security.principal import Principal, Scope, parse_scopes
from cloud_server.security.refusal import Refused
from cloud_server.security.secret_files import read_secret, write_secret
from protos.errors import ConfigurationError

PREFIX = "hk_"


@dataclass(frozen=True, slots=True)
class ApiKey:
    tenant: str
    sha256: str
    """Of the key's text, in hex."""
    scopes: frozenset[Scope]


def find(keys: tuple[ApiKey, ...], presented: str) -> Principal:
    """Compares with every key, so that time tells nothing. Raises: Refused."""
    digest, found = _digest(presented), None
    for key in keys:
        if hmac.compare_digest(key.sha256, digest):
            found = key
    if found is None:
        raise Refused("unknown_key")
    return Principal(found.tenant, found.scopes)


def new_key(path: Path, tenant: str, scopes: frozenset[Scope]) -> str:
    """Add a key to the file and return its text, which nothing keeps. Raises: ConfigurationError."""
    if not tenant or not scopes:
        raise ConfigurationError("a key needs a tenant and at least one scope")
    text = PREFIX + secrets.token_urlsafe(32)
    keys = (*(load_keys(path) if path.exists() else ()), ApiKey(tenant, _digest(text), scopes))
    write_secret(path, "".join(_line(key) for key in keys).encode(), replace=True)
    return text


def load_keys(path: Path) -> tuple[ApiKey, ...]:
    """One JSON object a line: tenant, sha256, scopes. Raises: ConfigurationError: names the line."""
    keys = []
    for number, line in enumerate(read_secret(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            key = ApiKey(row["tenant"], row["sha256"], parse_scopes(row["scopes"]))
            if not key.tenant or len(bytes.fromhex(key.sha256)) != hashlib.sha256().digest_size:
                raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"{path}:{number} is no object with tenant, sha256 and scopes") from error
        keys.append(key)
    return tuple(keys)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _line(key: ApiKey) -> str:
    return json.dumps({"tenant": key.tenant, "sha256": key.sha256, "scopes": " ".join(sorted(key.scopes))}) + "\n"
