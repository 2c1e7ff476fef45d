"""What a server must have before it may be reached from beyond this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cloud_server.security.gate import Gate, OpenGate
from cloud_server.security.secret_files import default_dir
from cloud_server.security.tls import TlsFiles
from protos.errors import ConfigurationError

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
PLAINTEXT_VARIABLE = "HARKEN_SERVER_ALLOW_PLAINTEXT"
PLAINTEXT_CONSENT = "private-network"


def default_token_key() -> Path:
    return default_dir() / "token.key"


def default_api_keys() -> Path:
    return default_dir() / "api-keys.jsonl"


@dataclass(frozen=True, slots=True)
class Security:
    tls: TlsFiles | None = None
    """None: plain text."""
    require_token: bool = False
    token_key: Path = field(default_factory=default_token_key)
    api_keys: Path = field(default_factory=default_api_keys)

    def gate(self) -> Gate | OpenGate:
        """Raises: ConfigurationError: tokens are required and no key can verify one."""
        return Gate(self.token_key, self.api_keys) if self.require_token else OpenGate()


def tls_files(certificate: Path | None, key: Path | None, client_ca: Path | None) -> TlsFiles | None:
    """Raises: ConfigurationError: one without the other."""
    if certificate is None and key is None and client_ca is None:
        return None
    if certificate is None or key is None:
        raise ConfigurationError("TLS needs both a certificate (--tls-cert) and its key (--tls-key)")
    return TlsFiles(certificate, key, client_ca)


def settle(host: str, metrics_host: str, wanted: Security, environment: Mapping[str, str]) -> Security:
    """On loopback what was asked for. Beyond it TLS and a token for every call, or the operator's word that the network is private.

    Raises: ConfigurationError: speech would cross a network in plain text, or metrics would.
    """
    vouched = environment.get(PLAINTEXT_VARIABLE) == PLAINTEXT_CONSENT
    if metrics_host not in LOOPBACK_HOSTS and not vouched:
        raise ConfigurationError(
            f"metrics host {metrics_host} is not a loopback address, and /metrics has neither TLS nor a token: bind 127.0.0.1, "
            f"or set {PLAINTEXT_VARIABLE}={PLAINTEXT_CONSENT} if only trusted machines can reach this address"
        )
    if host in LOOPBACK_HOSTS:
        return wanted
    if wanted.tls is None and not vouched:
        raise ConfigurationError(
            f"host {host} is not a loopback address, and speech must not cross a network in plain text: give --tls-cert and --tls-key, "
            f"bind 127.0.0.1, or set {PLAINTEXT_VARIABLE}={PLAINTEXT_CONSENT} if only trusted containers can reach this address"
        )
    # Whoever vouches for a plain network vouches for who is in it; whoever has TLS asks who is there.
    return wanted if wanted.tls is None else replace(wanted, require_token=True)
