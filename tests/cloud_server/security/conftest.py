"""A real server that asks for TLS and a token, and real clients with good and bad ones."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud_server.app import RunningServer, running_server
from cloud_server.config import Config
from cloud_server.security.certificates import write_dev_certificates
from cloud_server.security.exposure import Security
from cloud_server.security.principal import Scope
from cloud_server.security.tls import TlsFiles
from cloud_server.security.tokens import mint, signing_key
from tests.cloud_server.conftest import STUB, catalogue

__all__ = ["catalogue"]


@dataclass(frozen=True)
class Keys:
    """What an operator has on disk."""

    certs: Path
    token_key: Path
    api_keys: Path
    signing: Ed25519PrivateKey

    def token(self, *scopes: Scope, tenant: str = "kitchen", age_s: float = 0.0, lifetime_s: float = 600.0) -> str:
        return mint(self.signing, tenant, frozenset(scopes or Scope), lifetime_s, time.time() - age_s)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    write_dev_certificates(tmp_path / "certs", (), dt.datetime.now(dt.UTC))
    return Keys(tmp_path / "certs", tmp_path / "token.key", tmp_path / "api-keys.jsonl", signing_key(tmp_path / "token.key"))


@pytest.fixture
def config(keys: Keys, catalogue: Path) -> Config:
    tls = TlsFiles(keys.certs / "server.pem", keys.certs / "server.key")
    security = Security(tls, require_token=True, token_key=keys.token_key, api_keys=keys.api_keys)
    return Config(port=0, metrics_port=0, workers=1, catalogues=(catalogue,), first_message_s=2.0, security=security)


@pytest.fixture
async def server(config: Config) -> AsyncIterator[RunningServer]:
    async with running_server(config, STUB) as running:
        yield running


@pytest.fixture
def mutual(config: Config, keys: Keys) -> Config:
    tls = config.security.tls
    assert tls is not None
    return replace(config, security=replace(config.security, tls=replace(tls, client_ca=keys.certs / "ca.pem")))


Dial = Callable[..., grpc.aio.Channel]


@pytest.fixture
async def dial(keys: Keys) -> AsyncIterator[Dial]:
    """A channel to a server with the development CA, with or without the client certificate."""
    channels = []

    def open_(server: RunningServer, *, with_certificate: bool = False, certs: Path = keys.certs) -> grpc.aio.Channel:
        own = [(certs / name).read_bytes() for name in ("client.key", "client.pem")] if with_certificate else [None, None]
        channel = grpc.aio.secure_channel(server.address, grpc.ssl_channel_credentials((certs / "ca.pem").read_bytes(), *own))
        channels.append(channel)
        return channel

    yield open_
    for channel in channels:
        await channel.close()


def bearer(credential: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {credential}"),)
