"""From what a call sends along to who is calling. Files are read again when they change, so a key can be added or taken back without a restart."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cloud_server.security.api_keys import PREFIX, ApiKey, find, load_keys
from cloud_server.security.methods import OPEN, check
from cloud_server.security.principal import LOCAL, Principal
from cloud_server.security.refusal import Refused
from cloud_server.security.secret_files import Reloaded
from cloud_server.security.tokens import load_signing_key, verify
from protos.errors import ConfigurationError

log = logging.getLogger(__name__)

HEADER = "authorization"
SCHEME = "bearer "
Metadata = Iterable[tuple[str, str | bytes]]


class OpenGate:
    """Asks nobody: for loopback, and for networks whose operator has vouched for them."""

    requires_token = False

    def enter(self, _method: str, _metadata: Metadata) -> None:
        pass

    def identify(self, _metadata: Metadata) -> tuple[Principal, str]:
        return LOCAL, ""

    def verify(self, _credential: str) -> Principal:
        return LOCAL


class Gate:
    """Asks everybody."""

    requires_token = True

    def __init__(self, token_key: Path, api_keys: Path, clock: Callable[[], float] = time.time) -> None:
        """clock: wall clock. Raises: ConfigurationError: neither file exists, or one cannot be used."""
        if not token_key.exists() and not api_keys.exists():
            raise ConfigurationError(
                f"tokens are required, but there is neither a token key ({token_key}) nor an API key ({api_keys}); "
                "make one with `harken-server token new` or `harken-server key new`"
            )
        self._clock = clock
        self._key: Reloaded[Ed25519PublicKey | None] = Reloaded((token_key,), lambda: _public_key(token_key), _keep_old)
        self._keys: Reloaded[tuple[ApiKey, ...]] = Reloaded((api_keys,), lambda: load_keys(api_keys) if api_keys.exists() else (), _keep_old)

    def enter(self, method: str, metadata: Metadata) -> None:
        """Raises: Refused, PermissionDenied."""
        if method not in OPEN:
            check(method, self.identify(metadata)[0])

    def identify(self, metadata: Metadata) -> tuple[Principal, str]:
        """Who is calling, and the credential that says so, to be verified again later. Raises: Refused."""
        sent = [value for name, value in metadata if name == HEADER]
        if not sent:
            raise Refused("missing")
        (first, *more) = sent
        if more or not isinstance(first, str) or first[: len(SCHEME)].lower() != SCHEME:
            raise Refused("malformed")
        credential = first[len(SCHEME) :].strip()
        return self.verify(credential), credential

    def verify(self, credential: str) -> Principal:
        """Raises: Refused."""
        if credential.startswith(PREFIX):
            return find(self._keys.get(), credential)
        key = self._key.get()
        if key is None:
            raise Refused("signature")
        return verify(credential, key, self._clock())


def _public_key(path: Path) -> Ed25519PublicKey | None:
    return load_signing_key(path).public_key() if path.exists() else None


def _keep_old(error: ConfigurationError) -> None:
    log.error("a changed key file cannot be used, the former one stays: %s", error)
