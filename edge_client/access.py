"""What lets this client in: whom it trusts, its own certificate, its token. Secrets come from files or the environment; no text of ours has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from protos.errors import ConfigurationError

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


def is_loopback(server: str) -> bool:
    """HOST:PORT names this machine."""
    return server.rpartition(":")[0] in LOOPBACK_HOSTS


@dataclass(frozen=True, slots=True)
class Access:
    tls: bool = False
    """With the CAs everybody knows, where `ca` names none."""
    ca: Path | None = None
    """PEM; implies TLS."""
    certificate: Path | None = None
    """PEM, this client's own, for servers that want to see one."""
    key: Path | None = None
    """PEM, the certificate's."""
    token: str = field(default="", repr=False)
    """From the environment."""
    token_file: Path | None = None
    """Read again for each connection and while one lasts: whoever renews tokens writes a new one there."""

    def __post_init__(self) -> None:
        """Raises: ConfigurationError."""
        if (self.certificate is None) != (self.key is None):
            raise ConfigurationError("a client certificate (--tls-cert) needs its key (--tls-key), and the other way round")
        if self.certificate is not None and not self.is_encrypted:
            raise ConfigurationError("a client certificate (--tls-cert) is of use with TLS only: give --tls-ca or --tls")
        if self.token and self.token_file is not None:
            raise ConfigurationError("give a token (HARKEN_EDGE_TOKEN) or a token file (--token-file), not both")

    @property
    def is_encrypted(self) -> bool:
        return self.tls or self.ca is not None

    def current_token(self) -> str:
        """Empty: none. Raises: ConfigurationError: its file cannot be read."""
        return self.token if self.token_file is None else _read(self.token_file).decode(errors="replace").strip()

    def metadata(self, server: str) -> tuple[tuple[str, str], ...]:
        """What a call to HOST:PORT carries. Raises: ConfigurationError: no token may cross a network in plain text."""
        token = self.current_token()
        if not token:
            return ()
        if not self.is_encrypted and not is_loopback(server):
            raise ConfigurationError(f"a token must not cross the network to {server} in plain text: give --tls-ca or --tls")
        if not token.isascii() or not token.isprintable() or " " in token:
            raise ConfigurationError("the token is no single word of ASCII characters")
        return (("authorization", f"Bearer {token}"),)

    def pems(self) -> tuple[bytes | None, bytes | None, bytes | None]:
        """CA, key and certificate, as far as they are named. Raises: ConfigurationError: a file cannot be read."""
        ca, key, certificate = (None if path is None else _read(path) for path in (self.ca, self.key, self.certificate))
        return ca, key, certificate


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error
