"""Each way in which TLS fails, and the sentence a person reads instead of a client that tries for ever."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from cloud_server.security.certificates import LIFETIME, write_dev_certificates
from edge_client import doctor
from edge_client.access import Access
from edge_client.config import TransportConfig
from edge_client.handshake import hopeless
from edge_client.transport import Transport
from protos import messages as m
from protos.errors import Unauthenticated, Unreachable
from tests.edge_client.conftest import FakeServer, serve

NOW = dt.datetime.now(dt.UTC)
TIMEOUT_S = 20.0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("certs")
    for name, made in (("ours", NOW), ("others", NOW), ("past", NOW - LIFETIME - dt.timedelta(days=1))):
        write_dev_certificates(base / name, (), made)
    return base


def credentials(certs: Path, *, mutual: bool = False) -> grpc.ServerCredentials:
    pair = (certs / "server.key").read_bytes(), (certs / "server.pem").read_bytes()
    return grpc.ssl_server_credentials([pair], (certs / "ca.pem").read_bytes() if mutual else None, require_client_auth=mutual)


@asynccontextmanager
async def serving(with_credentials: grpc.ServerCredentials | None, host: str = "127.0.0.1") -> AsyncIterator[FakeServer]:
    fake = FakeServer()
    server = await serve(fake, credentials=with_credentials, host=host)
    yield fake
    await server.stop(0)


def access(certs: Path, own: Path | None = None) -> Access:
    return Access(ca=certs / "ca.pem", certificate=own and own / "client.pem", key=own and own / "client.key")


@dataclass(frozen=True)
class Case:
    """Directories of certificates, by name; empty: none."""

    server: str
    client_trusts: str
    words: str
    client_shows: str = ""
    mutual: bool = False


CASES = {
    "another CA": Case("others", "ours", "certificate is not to be trusted: unable to get"),
    "expired": Case("past", "past", "certificate is not to be trusted: certificate has expired"),
    "plain client": Case("ours", "", "speaks TLS and this client does not: give --tls-ca"),
    "plain client, mutual": Case("ours", "", "speaks TLS and this client does not", mutual=True),
    "plain server": Case("", "ours", "the server does not speak TLS"),
    "no certificate": Case("ours", "ours", "asks for a client certificate: give --tls-cert", mutual=True),
    "a stranger's": Case("ours", "ours", "does not accept this client's certificate", "others", mutual=True),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_what_cannot_work_stops_at_once_with_what_to_do(site: Path, case: Case) -> None:
    own = site / case.client_shows if case.client_shows else None
    way_in = access(site / case.client_trusts, own) if case.client_trusts else Access()
    async with serving(credentials(site / case.server, mutual=case.mutual) if case.server else None) as fake:
        config = TransportConfig(fake.address, connect_timeout_s=TIMEOUT_S, access=way_in)
        transport = Transport(config, m.StreamingConfig())
        transport.end_input()
        with pytest.raises(Unauthenticated, match=case.words):
            await anext(transport.responses())
        check = await doctor.check_server(config)
        assert not check.ok
        assert case.words in check.detail


def refuse_one(listener: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    with connection, pytest.raises(ssl.SSLError):
        context.wrap_socket(connection, server_side=True)


@pytest.mark.parametrize(("shown", "words"), [("", "asks for a client certificate"), ("others", "does not accept this client's certificate")])
async def test_a_server_that_says_why_is_understood_too(site: Path, shown: str, words: str) -> None:
    """OpenSSL sends the alert that gRPC leaves out."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(site / "ours" / "server.pem", site / "ours" / "server.key")
    context.load_verify_locations(site / "ours" / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as listener:
        refusing = asyncio.create_task(asyncio.to_thread(refuse_one, listener, context))
        found = await hopeless(f"127.0.0.1:{listener.getsockname()[1]}", access(site / "ours", site / shown if shown else None))
        await refusing
    assert words in found
    assert "alert" in found


async def test_a_name_the_certificate_does_not_have_is_named(site: Path) -> None:
    async with serving(credentials(site / "ours"), "127.0.0.2") as fake:
        assert "not valid for '127.0.0.2'" in await hopeless(fake.address, access(site / "ours"))


@pytest.mark.parametrize("own", [False, True])
async def test_what_works_works(site: Path, own: bool) -> None:
    async with serving(credentials(site / "ours", mutual=own)) as fake:
        transport = Transport(TransportConfig(fake.address, access=access(site / "ours", site / "ours" if own else None)), m.StreamingConfig())
        transport.end_input()
        assert [type(response) async for response in transport.responses()] == [m.Session]


async def test_a_server_that_is_not_there_may_come_and_is_waited_for(site: Path) -> None:
    for way_in in (Access(), access(site / "ours")):
        assert await hopeless("127.0.0.1:1", way_in) == ""
        transport = Transport(TransportConfig("127.0.0.1:1", connect_timeout_s=0.2, access=way_in), m.StreamingConfig())
        with pytest.raises(Unreachable):
            await anext(transport.responses())


async def test_files_of_this_client_that_cannot_be_used_are_named(site: Path, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nonsense")
    async with serving(credentials(site / "ours")) as fake:
        assert "certificates of this client cannot be used" in await hopeless(fake.address, Access(ca=tmp_path / "ca.pem"))
