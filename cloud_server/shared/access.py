"""How to reach Redis, as an operator says it: an address, and a password that is in no flag. Opens nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from cloud_server.security.exposure import LOOPBACK_HOSTS, PLAINTEXT_CONSENT, PLAINTEXT_VARIABLE
from cloud_server.security.secret_files import read_secret
from protos.errors import ConfigurationError

PASSWORD_VARIABLE = "HARKEN_SERVER_REDIS_PASSWORD"  # noqa: S105 - where one is, not what it is
SCHEMES = ("redis", "rediss", "unix")
DEFAULT_PORT = 6379
FORM = "redis://[USER@]HOST[:PORT][/DATABASE], rediss://... for TLS, or unix:///PATH"


@dataclass(frozen=True, slots=True)
class RedisAccess:
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    database: int = 0
    user: str = ""
    tls: bool = False
    ca: Path | None = None
    """Whose certificates are good; None: the machine's."""
    socket: str = ""
    """Path of a Unix socket, in the place of host and port."""
    password_file: Path | None = None
    """Read anew for every connection, so that a new password needs no restart."""
    password: str = field(default="", repr=False)
    # redis-py by itself waits four seconds for a Redis that is down, and for ever for one that hangs (measured).
    operation_s: float = 0.05
    """Anything that is asked of it, connecting included."""
    hurried_s: float = 0.02
    """What an answer waits for: after that a repeat is recognised again, which takes about as long."""
    check_every_s: float = 5.0
    """Whether it is back after it failed, and whether sessions went on elsewhere."""

    @property
    def place(self) -> str:
        """For people; without a secret."""
        return self.socket or f"{self.host}:{self.port}"

    def credentials(self) -> tuple[str] | tuple[str, str] | None:
        """(password) or (user, password); None: Redis asks for none. Raises: ConfigurationError: the file cannot be used."""
        password = self.password if self.password_file is None else read_secret(self.password_file).decode(errors="replace").strip()
        if not password:
            return None
        return (self.user, password) if self.user else (password,)


def redis_access(url: str | None, password_file: Path | None, ca: Path | None, environment: Mapping[str, str]) -> RedisAccess | None:
    """None, where there is no url: answers and sessions stay in this server. Raises: ConfigurationError: it makes no sense, or tells secrets."""
    password = environment.get(PASSWORD_VARIABLE, "")
    if not url:
        if password_file is not None or ca is not None:
            raise ConfigurationError("--redis-password-file and --redis-ca say how to reach --redis, which is not given")
        return None
    address = _parsed(url)
    if password and password_file is not None:
        raise ConfigurationError(f"give the password of Redis once: in --redis-password-file or in {PASSWORD_VARIABLE}")
    access = RedisAccess(
        address.hostname or "127.0.0.1",
        address.port or DEFAULT_PORT,
        0 if address.scheme == "unix" else _database(address.path),
        unquote(address.username or ""),
        address.scheme == "rediss",
        ca,
        address.path if address.scheme == "unix" else "",
        password_file,
        password,
    )
    _check(access, environment)
    return access


def _parsed(url: str) -> SplitResult:
    try:
        address = urlsplit(url)
        _ = address.port
    except ValueError as error:
        raise ConfigurationError(f"--redis is no address ({error}), must be {FORM}") from error
    if address.password is not None:
        # It is not repeated here: this sentence ends in logs.
        raise ConfigurationError(
            f"--redis must not hold a password, which every process could read: use --redis-password-file or {PASSWORD_VARIABLE}"
        )
    if address.scheme not in SCHEMES or (address.scheme == "unix") != (not address.netloc) or address.query or address.fragment:
        raise ConfigurationError(f"--redis is {url!r}, must be {FORM}")
    return address


def _database(path: str) -> int:
    number = path.strip("/")
    if number and not (number.isascii() and number.isdecimal()):
        raise ConfigurationError(f"--redis names database {number!r}, must be a number")
    return int(number or 0)


def _check(access: RedisAccess, environment: Mapping[str, str]) -> None:
    has_password = access.credentials() is not None
    if access.user and not has_password:
        raise ConfigurationError(f"--redis names the user {access.user!r}, whose password is missing: --redis-password-file or {PASSWORD_VARIABLE}")
    if access.password_file is not None and not has_password:
        raise ConfigurationError(f"{access.password_file} is empty, must hold the password of Redis")
    if access.ca is not None and not access.tls:
        raise ConfigurationError("--redis-ca is for TLS: use rediss://")
    if access.ca is not None and not access.ca.is_file():
        raise ConfigurationError(f"{access.ca}: no such file")
    is_near = access.socket or access.host in LOOPBACK_HOSTS
    if not is_near and not access.tls and environment.get(PLAINTEXT_VARIABLE) != PLAINTEXT_CONSENT:
        raise ConfigurationError(
            f"Redis at {access.host} is beyond this machine, and its password must not cross a network in plain text: use rediss://, "
            f"or set {PLAINTEXT_VARIABLE}={PLAINTEXT_CONSENT} if only trusted machines share that network"
        )
