"""Encrypted for those who trust the right CA, and with the newest certificate there is."""

from __future__ import annotations

import datetime as dt
import logging
import shutil
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from cloud_server.app import RunningServer, running_server
from cloud_server.config import Config
from cloud_server.security.certificates import LIFETIME, write_dev_certificates
from cloud_server.security.tls import TlsFiles, load
from protos.errors import ConfigurationError
from tests.cloud_server.conftest import STUB
from tests.cloud_server.security.conftest import Dial, Keys

NOW = dt.datetime.now(dt.UTC)


async def answers(channel: grpc.aio.Channel) -> bool:
    try:
        await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
    except grpc.aio.AioRpcError as error:
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        return False
    return True


async def test_only_tls_and_the_right_ca_are_answered(server: RunningServer, dial: Dial, tmp_path: Path) -> None:
    assert await answers(dial(server))
    write_dev_certificates(tmp_path / "others", (), NOW)
    assert not await answers(dial(server, certs=tmp_path / "others"))
    async with grpc.aio.insecure_channel(server.address) as plain:
        assert not await answers(plain)


async def test_mutual_tls_asks_for_a_certificate_of_its_ca(mutual: Config, dial: Dial, tmp_path: Path) -> None:
    write_dev_certificates(tmp_path / "others", (), NOW)
    async with running_server(mutual, STUB) as server:
        assert await answers(dial(server, with_certificate=True))
        assert not await answers(dial(server))
        stranger = grpc.ssl_channel_credentials(
            (tmp_path / "certs" / "ca.pem").read_bytes(), *((tmp_path / "others" / name).read_bytes() for name in ("client.key", "client.pem"))
        )
        async with grpc.aio.secure_channel(server.address, stranger) as channel:
            assert not await answers(channel)


async def test_a_renewed_certificate_is_used_without_a_restart_and_open_connections_stay(
    server: RunningServer, dial: Dial, keys: Keys, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = dial(server)
    assert await answers(before)
    old = tmp_path / "old"
    shutil.copytree(keys.certs, old)
    write_dev_certificates(tmp_path / "new", (), NOW)
    for name in ("server.pem", "server.key"):  # one by one, as certificate managers do
        shutil.copy(tmp_path / "new" / name, keys.certs / name)
        if name == "server.pem":
            caplog.set_level(logging.ERROR)
            assert await answers(dial(server, certs=old)), "half a renewal changes nothing"
            assert "is not the key of" in caplog.text
    assert await answers(dial(server, certs=tmp_path / "new"))
    assert not await answers(dial(server, certs=old))
    assert await answers(before)


def files(directory: Path) -> TlsFiles:
    return TlsFiles(directory / "server.pem", directory / "server.key", directory / "ca.pem")


def test_files_that_cannot_serve_are_named(keys: Keys, tmp_path: Path) -> None:
    load(files(keys.certs))
    write_dev_certificates(tmp_path / "past", (), NOW - LIFETIME - dt.timedelta(days=1))
    with pytest.raises(ConfigurationError, match=r"server\.pem expired on"):
        load(files(tmp_path / "past"))
    with pytest.raises(ConfigurationError, match=r"client\.key is not the key of .*server\.pem"):
        load(TlsFiles(keys.certs / "server.pem", keys.certs / "client.key"))
    with pytest.raises(ConfigurationError, match="No such file"):
        load(TlsFiles(tmp_path / "none.pem", keys.certs / "server.key"))
    (keys.certs / "ca.pem").write_text("nonsense")
    with pytest.raises(ConfigurationError, match=r"ca\.pem is no certificate"):
        load(files(keys.certs))
    (keys.certs / "server.key").write_text("nonsense")
    with pytest.raises(ConfigurationError, match=r"server\.key is no unencrypted private key"):
        load(files(keys.certs))
    (keys.certs / "server.key").chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        load(files(keys.certs))
